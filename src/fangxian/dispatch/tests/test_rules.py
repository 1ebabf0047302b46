from hypothesis import given
from hypothesis import strategies as st

from fangxian.dispatch import rules

paths = st.lists(st.sampled_from("abc"), max_size=8).map(
    lambda steps: "".join(f"{step}/" for step in steps)
)


def test_levels_are_those_of_the_tree() -> None:
    tree = ["", "1/", "1/2/3/", "1/2/3/4/", "1/2/3/4/5/", "1/2/3/4/5/6/", "1/2/3/4/5/6/7/"]

    assert [rules.level_of(within) for within in tree] == [3, 3, 3, 2, 1, 0, 0]


@given(within=paths, step=st.sampled_from("abc"))
def test_whoever_has_the_smaller_area_is_never_on_a_higher_level(within: str, step: str) -> None:
    assert rules.level_of(f"{within}{step}/") <= rules.level_of(within)


@given(level=st.integers(0, 3))
def test_the_next_level_is_one_up_and_never_beyond_the_district(level: int) -> None:
    assert rules.next_level(level) == min(3, level + 1)


@given(st.lists(paths, min_size=1))
def test_the_common_area_holds_every_path_and_is_the_deepest_that_does(found: list[str]) -> None:
    shared = rules.common_path(found)

    assert all(path.startswith(shared) for path in found)
    assert not any(all(path.startswith(f"{shared}{step}/") for path in found) for step in "abc")
