"""How long somebody may work, and when a shift is bare. Plain values; no tables, no clock."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal

Fault = Literal["double", "too_long", "too_little_rest", "too_many_days", "too_hot"]


@dataclass(frozen=True, slots=True)
class Limits:
    """As the pack in force says. None of them: no rule, nothing is refused but two at once."""

    shift: timedelta
    rest: timedelta
    days: int
    hot: timedelta


@dataclass(frozen=True, slots=True, order=True)
class Spell:
    """Somebody's time at one post.

    day   on which it begins, where the district is
    hot   in a suit on a hot day
    """

    starts_at: datetime
    ends_at: datetime
    day: date
    hot: bool = False

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at


def fault(spells: Iterable[Spell], limits: Limits | None) -> Fault | None:
    """What is wrong with one person's spells taken together; None if nothing is.

    Spells with less than a rest between them are one duty, and a duty is no longer than a shift.
    """
    mine = sorted(spells)
    if any(after.starts_at < before.ends_at for before, after in _pairs(mine)):
        return "double"
    if limits is None:
        return None
    for duty in _grouped(mine, limits.rest):
        if sum((one.length for one in duty), timedelta()) > limits.shift:
            return "too_little_rest" if duty[0].day != duty[-1].day else "too_long"
    if _longest_run({one.day for one in mine}) > limits.days:
        return "too_many_days"
    hot = [one for one in mine if one.hot]
    for stretch in _grouped(hot, limits.hot):
        if sum((one.length for one in stretch), timedelta()) > limits.hot:
            return "too_hot"
    return None


def _pairs(spells: Sequence[Spell]) -> Iterator[tuple[Spell, Spell]]:
    return pairwise(spells)


def _grouped(spells: Sequence[Spell], apart: timedelta) -> Iterator[list[Spell]]:
    """Spells with less than `apart` between them belong together."""
    group: list[Spell] = []
    for one in spells:
        if group and one.starts_at - group[-1].ends_at >= apart:
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _longest_run(days: Iterable[date]) -> int:
    """How many days in a row."""
    longest = run = 0
    before: date | None = None
    for day in sorted(days):
        run = run + 1 if before and day - before == timedelta(days=1) else 1
        longest, before = max(longest, run), day
    return longest


@dataclass(frozen=True, slots=True)
class Bare:
    """A part of a shift in which `missing` people are not there, or not found."""

    missing: int
    starts_at: datetime
    ends_at: datetime


def bare(
    starts_at: datetime,
    ends_at: datetime,
    headcount: int,
    covers: Iterable[tuple[datetime, datetime]],
) -> list[Bare]:
    """The parts of a shift that too few people cover, in order; parts alike are one."""
    inside = [
        (max(begin, starts_at), min(end, ends_at))
        for begin, end in covers
        if begin < ends_at and end > starts_at
    ]
    moments = sorted({starts_at, ends_at, *(one for cover in inside for one in cover)})
    found: list[Bare] = []
    for begin, end in pairwise(moments):
        there = sum(cover[0] <= begin and cover[1] >= end for cover in inside)
        if (missing := headcount - there) <= 0:
            continue
        if found and (found[-1].missing, found[-1].ends_at) == (missing, begin):
            found[-1] = Bare(missing, found[-1].starts_at, end)
        else:
            found.append(Bare(missing, begin, end))
    return found


def rotation(
    starts_at: datetime, ends_at: datetime, stretch: timedelta, people: int, at_once: int
) -> list[tuple[int, datetime, datetime]]:
    """Who of so many stands when, so that each rests as long as they stood: (index, from, to).

    With twice as many people as are needed at once, everybody has every other stretch.
    """
    turns: list[tuple[int, datetime, datetime]] = []
    begin, following = starts_at, 0
    while begin < ends_at:
        end = min(begin + stretch, ends_at)
        for _place in range(at_once):
            turns.append((following % people, begin, end))
            following += 1
        begin = end
    return turns


def meals_within(
    starts_at: datetime, ends_at: datetime, hours: Sequence[float]
) -> list[tuple[date, float]]:
    """Which meals fall into somebody's time, as (day, hour); both times local."""
    first, last = starts_at.date(), ends_at.date()
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [
        (day, hour)
        for day in days
        for hour in hours
        if starts_at
        <= datetime.combine(day, datetime.min.time(), starts_at.tzinfo) + timedelta(hours=hour)
        < ends_at
    ]


def changes(length: timedelta, every: timedelta) -> int:
    """How many masks a time takes when each is worn no longer than `every`."""
    return max(1, -(-length // every))
