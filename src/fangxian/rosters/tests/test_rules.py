"""The limits of work and rest, as plain values."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from fangxian.rosters.rules import (
    Bare,
    Limits,
    Spell,
    bare,
    changes,
    fault,
    meals_within,
    rotation,
)

HOUR = timedelta(hours=1)
LIMITS = Limits(shift=8 * HOUR, rest=11 * HOUR, days=3, hot=HOUR)
MIDNIGHT = datetime(2022, 9, 2, tzinfo=UTC)


def spell(begin: int, hours: int, *, hot: bool = False) -> Spell:
    """`begin` in hours from midnight of the first day."""
    starts_at = MIDNIGHT + begin * HOUR
    return Spell(starts_at, starts_at + hours * HOUR, starts_at.date(), hot)


@pytest.mark.parametrize(
    ("spells", "found"),
    [
        ([spell(8, 8)], None),
        ([spell(8, 4), spell(13, 4)], None),  # a break within a duty
        ([spell(8, 8), spell(15, 2)], "double"),
        ([spell(8, 9)], "too_long"),
        ([spell(8, 6), spell(16, 4)], "too_long"),
        ([spell(16, 8), spell(32, 8)], "too_little_rest"),
        ([spell(8, 8), spell(32, 8), spell(56, 8)], None),
        ([spell(8, 8), spell(32, 8), spell(56, 8), spell(80, 8)], "too_many_days"),
        ([spell(8, 8), spell(32, 8), spell(80, 8), spell(104, 8)], None),
        ([spell(8, 2, hot=True)], "too_hot"),
        ([spell(8, 1, hot=True), spell(9, 1, hot=True)], "too_hot"),
        ([spell(8, 1, hot=True), spell(10, 1, hot=True)], None),
    ],
)
def test_what_is_wrong_with_somebodys_time(spells: list[Spell], found: str | None) -> None:
    assert fault(spells, LIMITS) == found


def test_without_a_rule_only_two_places_at_once_are_refused() -> None:
    assert fault([spell(0, 40)], None) is None
    assert fault([spell(0, 4), spell(2, 4)], None) == "double"


def moment(hours: int) -> datetime:
    return MIDNIGHT + hours * HOUR


def test_what_is_bare_of_a_shift() -> None:
    covers = [(moment(8), moment(12)), (moment(10), moment(16))]

    assert bare(moment(8), moment(16), 1, covers) == []
    assert bare(moment(8), moment(16), 2, covers) == [
        Bare(1, moment(8), moment(10)),
        Bare(1, moment(12), moment(16)),
    ]
    assert bare(moment(8), moment(16), 2, []) == [Bare(2, moment(8), moment(16))]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    some.integers(1, 5),
    some.lists(some.tuples(some.integers(0, 24), some.integers(1, 12)), max_size=8),
)
def test_at_every_hour_the_bare_part_says_how_many_are_missing(
    headcount: int, covers: list[tuple[int, int]]
) -> None:
    times = [(moment(begin), moment(begin + length)) for begin, length in covers]

    parts = bare(moment(4), moment(20), headcount, times)

    for hour in range(4, 20):
        at = moment(hour) + HOUR / 2
        there = sum(begin <= at < end for begin, end in times)
        said = sum(part.missing for part in parts if part.starts_at <= at < part.ends_at)
        assert said == max(0, headcount - there)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(some.integers(1, 3), some.integers(1, 9))
def test_who_relieves_whom_leaves_nothing_bare_and_nobody_without_rest(
    at_once: int, hours: int
) -> None:
    people = 2 * at_once

    turns = rotation(moment(0), moment(hours), HOUR, people, at_once)

    covers = [(begin, end) for _who, begin, end in turns]
    assert bare(moment(0), moment(hours), at_once, covers) == []
    for who in range(people):
        mine = [
            Spell(begin, end, begin.date(), hot=True) for one, begin, end in turns if one == who
        ]
        assert fault(mine, LIMITS) is None


def test_meals_fall_to_whoever_is_on_duty_then() -> None:
    assert meals_within(moment(8), moment(16), [7, 12, 18]) == [(date(2022, 9, 2), 12)]
    assert meals_within(moment(16), moment(25), [0, 18]) == [
        (date(2022, 9, 2), 18),
        (date(2022, 9, 3), 0),
    ]


@pytest.mark.parametrize(("hours", "masks"), [(1, 1), (4, 1), (5, 2), (8, 2), (9, 3)])
def test_a_mask_is_changed_in_time(hours: int, masks: int) -> None:
    assert changes(hours * HOUR, 4 * HOUR) == masks
