"""Chains counted and laid out, against chains small enough to count by hand."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from fangxian.linelists.rules import (
    Chain,
    Onset,
    clusters,
    drawn,
    figures,
    generations,
    path_between,
)


def on(day: int) -> Onset:
    return Onset(date(2020, 1, day), date(2020, 1, day))


FAMILY = Chain(
    {"a": on(1), "b": on(5), "c": on(6), "d": on(4), "e": Onset(), "f": on(9)},
    [("a", "b"), ("a", "c"), ("b", "d"), ("c", "e")],
)


def test_generations_count_from_whom_nobody_infected() -> None:
    assert generations(FAMILY) == {"a": 0, "b": 1, "c": 1, "d": 2, "e": 2, "f": 0}


def test_a_chain_in_numbers() -> None:
    found = figures(FAMILY)

    assert (found.people, found.linked, found.links) == (6, 5, 4)
    assert found.clusters == (5,)
    assert found.generations == (1, 2, 2)
    assert found.serial_intervals == (-1, 4, 5)
    assert (found.negative, found.median_interval, found.largest) == (1, 4, 2)


def test_a_link_that_would_close_a_circle_names_the_way() -> None:
    assert path_between(FAMILY.links, "a", "d") == ["a", "b", "d"]
    assert path_between(FAMILY.links, "d", "a") == []
    assert path_between([], "a", "a") == ["a"]


def test_everybody_with_a_link_stands_on_a_line_of_their_own() -> None:
    places = drawn(FAMILY)

    assert [(one.key, one.day, one.line) for one in places] == [
        ("a", 0, 0),
        ("b", 4, 1),
        ("d", 3, 2),
        ("c", 5, 3),
        ("e", None, 4),
    ]


def test_a_circle_is_drawn_too() -> None:
    ring = Chain({1: on(1), 2: on(2)}, [(1, 2), (2, 1)])

    assert [one.key for one in drawn(ring)] == [1, 2]
    assert generations(ring) == {}


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60))
def test_nobody_is_lost_or_drawn_twice(links: list[tuple[int, int]]) -> None:
    apart = [(a, b) for a, b in links if a != b]
    chain = Chain({one: on(1 + one % 28) for one in range(31)}, apart)

    linked = {one for link in apart for one in link}
    places = drawn(chain)

    assert sorted(one.key for one in places) == sorted(linked)
    assert [one.line for one in places] == list(range(len(places)))
    assert sum(len(one) for one in clusters(chain)) == len(linked)
