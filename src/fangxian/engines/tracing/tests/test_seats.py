"""The table of vehicles: who counts as near, row by row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangxian.engines.tracing.seats import Layout, Spot, near

spots = st.builds(
    Spot,
    room=st.sampled_from(["", "3", "4"]),
    row=st.one_of(st.none(), st.integers(1, 12)),
    crew=st.booleans(),
)


def at(row: int | None = None, room: str = "", *, crew: bool = False) -> Spot:
    return Spot(room=room, row=row, crew=crew)


@pytest.mark.parametrize(
    ("layout", "one", "other", "expected"),
    [
        (Layout.PLANE, at(10), at(10), True),
        (Layout.PLANE, at(10), at(13), True),
        (Layout.PLANE, at(10), at(7), True),
        (Layout.PLANE, at(10), at(14), False),
        (Layout.PLANE, at(10), at(crew=True), True),
        (Layout.PLANE, at(10), at(), None),
        (Layout.TRAIN_CARRIAGE, at(1, "5"), at(18, "5"), True),
        (Layout.TRAIN_CARRIAGE, at(1, "5"), at(1, "6"), False),
        (Layout.TRAIN_CARRIAGE, at(1, "5"), at(room="5", crew=True), True),
        (Layout.TRAIN_CARRIAGE, at(1, "5"), at(room="6", crew=True), False),
        (Layout.TRAIN_CARRIAGE, at(1, "5"), at(1), None),
        (Layout.TRAIN_COMPARTMENT, at(room="5-2"), at(room="5-2"), True),
        (Layout.TRAIN_COMPARTMENT, at(room="5-2"), at(room="5-3"), False),
        (Layout.TRAIN_OPEN, at(4, "5"), at(5, "5"), True),
        (Layout.TRAIN_OPEN, at(4, "5"), at(6, "5"), False),
        (Layout.TRAIN_OPEN, at(4, "5"), at(4, "6"), False),
        (Layout.COACH_SEALED, at(), at(), True),
        (Layout.COACH_SEALED, at(1), at(12), True),
        (Layout.COACH_VENTILATED, at(2), at(5), True),
        (Layout.COACH_VENTILATED, at(2), at(6), False),
        (Layout.COACH_VENTILATED, at(2), at(crew=True), True),
        (Layout.SHIP, at(room="A1"), at(room="A1"), True),
        (Layout.SHIP, at(room="A1"), at(room="A2"), False),
        (Layout.ROOMS, at(room="302"), at(room="302"), True),
        (Layout.ROOMS, at(room="302"), at(room="303"), False),
        (Layout.ROOMS, at(room="302"), at(), None),
    ],
)
def test_the_table_of_vehicles(
    layout: Layout, one: Spot, other: Spot, expected: bool | None
) -> None:
    assert near(layout, one, other, rows=3) is expected


@given(layout=st.sampled_from(Layout), one=spots, other=spots, rows=st.integers(0, 5))
def test_nearness_holds_for_both_and_grows_with_the_rows(
    layout: Layout, one: Spot, other: Spot, rows: int
) -> None:
    found = near(layout, one, other, rows=rows)

    assert near(layout, other, one, rows=rows) is found
    if found:
        assert near(layout, one, other, rows=rows + 1)
