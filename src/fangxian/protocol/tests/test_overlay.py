"""How one table is laid over another, and where its keys stand."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from fangxian.protocol import overlay
from fangxian.protocol.overlay import Table, laid_over, lines_of

words = st.sampled_from(["a", "b", "c", "release", "zones"])
numbers = st.builds(
    lambda value, note: {"value": value, "unit": "d", "source": "n", "grade": "A"} | note,
    st.integers(),
    st.sampled_from([{}, {"note": {"zh": "一", "en": "one"}}, {"also": [{"value": 1}]}]),
)
leaves = st.one_of(numbers, st.booleans(), st.text(max_size=3), st.lists(st.integers()))
tables: st.SearchStrategy[Table] = st.recursive(
    st.dictionaries(words, leaves),
    lambda inner: st.dictionaries(words, st.one_of(leaves, inner)),
    max_leaves=8,
)


@given(table=tables)
def test_nothing_laid_over_changes_nothing(table: Table) -> None:
    assert laid_over(table, {}) == table
    assert laid_over({}, table) == table


@given(table=tables)
def test_laying_a_table_over_itself_changes_nothing(table: Table) -> None:
    assert laid_over(table, table) == table


@given(one=tables, two=tables, three=tables)
def test_it_does_not_matter_which_two_are_laid_first(one: Table, two: Table, three: Table) -> None:
    """Holds where tables meet tables: a word in the way of a table cuts off what lies beneath."""
    one, two, three = ({"t": number_free(table)} for table in (one, two, three))

    assert laid_over(laid_over(one, two), three) == laid_over(one, laid_over(two, three))


def number_free(table: Table, depth: int = 0) -> Table:
    """The same keys are tables in all, down to depth 1; leaves below."""
    return {
        f"{word}{depth}t" if isinstance(value, dict) else f"{word}{depth}": (
            number_free(value, depth + 1)
            if isinstance(value, dict) and not overlay.is_number(value)
            else value
        )
        for word, value in table.items()
        if word != "release" and not (isinstance(value, dict) and overlay.is_number(value))
    }


@given(beneath=numbers, above=numbers)
def test_a_number_is_replaced_whole(beneath: Table, above: Table) -> None:
    assert laid_over({"days": beneath}, {"days": above}) == {"days": above}


@given(beneath=tables, above=tables)
def test_every_key_of_the_upper_table_speaks_last(beneath: Table, above: Table) -> None:
    laid = laid_over(beneath, above)

    for key, value in above.items():
        if not isinstance(value, dict) or overlay.is_number(value):
            assert laid[key] == value
    assert set(laid) == set(beneath) | set(above)


@given(beneath=tables, above=tables)
def test_neither_table_is_changed(beneath: Table, above: Table) -> None:
    before = repr((beneath, above))

    laid_over(beneath, above)

    assert repr((beneath, above)) == before


def test_words_that_stay_keep_who_said_them() -> None:
    beneath = {"source": "nine", "grade": "A", "determine": True, "secondary": True}
    above = {"source": "twenty", "grade": "B", "secondary": False}

    laid = laid_over(beneath, above)

    assert laid["inherited"] == {"determine": {"source": "nine", "grade": "A"}}
    again = laid_over(laid, {"source": "ten", "grade": "A", "determine": False})
    assert again["inherited"] == {"secondary": {"source": "twenty", "grade": "B"}}


TEXT = '''\
# a comment with [brackets] and = signs
[pack]
id = "x"  # "quoted"
title = { zh = "一", en = "a, b = { c }" }

[time_limits]
"report.case" = { value = 2, unit = "h" }
long = """
[not.a.table]
key = 1
"""

[zones.high.release]
days = { value = 7, also = [
    { value = 10 },
    # not counted
    { value = 4, on = [1, 2] },
] }
stages = [
    { kind = "a", days = { value = 1 } },

    { kind = "b" },
]
a.b = 'c'

[[many]]
x = 1
[[many]]
x = 2
'''


def test_the_line_of_every_key() -> None:
    lines = lines_of(TEXT)

    assert lines["pack", "title", "en"] == 4
    assert lines["time_limits", "report.case", "unit"] == 7
    assert ("not", "a", "table") not in lines
    assert lines["zones", "high", "release"] == 13
    assert lines["zones", "high", "release", "days", "also", 1, "on"] == 17
    assert lines["zones", "high", "release", "stages", 1, "kind"] == 22
    assert lines["zones", "high", "release", "a", "b"] == 24
    assert lines["many", 0, "x"] == 27
    assert lines["many", 1, "x"] == 29


def test_every_key_of_every_shipped_pack_is_found() -> None:
    def keys(value: object, at: overlay.Key = ()) -> set[overlay.Key]:
        parts = (
            list(value.items())
            if isinstance(value, dict)
            else list(enumerate(value))
            if isinstance(value, list)
            else []
        )
        return {at}.union(*(keys(part, (*at, key)) for key, part in parts))

    for path in overlay.files_in([overlay.SHIPPED]):
        text = path.read_text(encoding="utf-8")
        assert keys(tomllib.loads(text)) <= set(lines_of(text)), path.name
