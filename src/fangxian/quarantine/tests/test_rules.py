"""Rules hold for every input."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from fangxian.quarantine import rules
from fangxian.quarantine.rules import Guest

XINING = ZoneInfo("Asia/Shanghai")
ids = st.uuids(version=4)
floors = st.sets(st.integers(-2, 40), min_size=1, max_size=30)
moments = st.integers(0, 1000 * 24 * 60).map(
    lambda minutes: datetime(2021, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def test_where_there_is_no_fourth_floor_the_fifth_is_directly_above_the_third() -> None:
    assert rules.floors_touched(3, either_side=1, existing={1, 2, 3, 5, 6}) == [2, 3, 5]
    assert rules.floors_touched(1, either_side=1, existing={1, 2, 3}) == [1, 2]


@given(existing=floors, either_side=st.integers(0, 3), data=st.data())
def test_the_floors_touched_exist_and_hold_that_of_the_infection(
    existing: set[int], either_side: int, data: st.DataObject
) -> None:
    floor = data.draw(st.sampled_from(sorted(existing)))

    touched = rules.floors_touched(floor, either_side=either_side, existing=existing)

    assert floor in touched
    assert set(touched) <= existing
    assert len(touched) <= 2 * either_side + 1


@given(one=ids, other=ids, home=ids, other_home=ids)
def test_strangers_never_share_and_a_family_always_may(
    one: UUID, other: UUID, home: UUID, other_home: UUID
) -> None:
    family = [Guest(id=one, household=home, age=40), Guest(id=other, household=home, age=8)]
    strangers = [Guest(id=one, household=home, age=40), Guest(id=other, household=None, age=8)]

    if one != other:
        assert rules.strangers(family) == []
        assert set(rules.strangers(strangers)) == {one, other}
    assert rules.shares(family[0], []) == "alone"


def test_two_without_a_household_are_strangers() -> None:
    nobody = [Guest(id=UUID(int=n), household=None, age=30) for n in (1, 2)]

    assert len(rules.strangers(nobody)) == 2


def test_children_are_alone_unless_somebody_grown_up_is_there() -> None:
    child, grown = (
        Guest(id=UUID(int=1), household=None, age=13),
        Guest(id=UUID(int=2), household=None, age=14),
    )

    assert rules.children_alone([child], below=14) == [child.id]
    assert rules.children_alone([child, grown], below=14) == []


@given(moment=moments, parts=st.integers(1, 4))
def test_every_moment_belongs_to_one_part_of_its_local_day(moment: datetime, parts: int) -> None:
    day, turn = rules.turn_at(moment, parts, XINING)

    assert day == moment.astimezone(XINING).date()
    assert 0 <= turn < parts


@given(at=moments, since=moments)
def test_what_is_due_is_past_and_of_after_the_beginning(at: datetime, since: datetime) -> None:
    for turn in rules.turns_due(since, (10, 18), at=at, zone=XINING):
        assert turn.due_at <= at
        assert rules.part_begins(turn, 2, XINING) >= since


def test_the_morning_is_due_at_ten_and_the_evening_at_six() -> None:
    morning, evening = rules.turns_of(date(2022, 9, 2), (10, 18), XINING)

    assert morning.due_at == datetime(2022, 9, 2, 2, tzinfo=UTC)
    assert evening.due_at - morning.due_at == timedelta(hours=8)


@given(said=st.decimals(-100, 1000, places=1))
def test_what_was_probably_meant_is_always_plausible(said: Decimal) -> None:
    meant = rules.slip_of(said, low=34, high=43)

    assert meant is None or 34 <= meant <= 43


@given(people=st.integers(0, 10_000_000), norm=st.integers(0, 100))
def test_a_norm_is_met_by_as_many_rooms_as_it_needs_and_by_no_fewer(people: int, norm: int) -> None:
    needed = rules.rooms_needed(people, norm)

    assert needed * 10_000 >= people * norm
    assert needed == 0 or (needed - 1) * 10_000 < people * norm
