"""Who may share a room, what a reading says, whom a new infection touches. Plain values."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Literal
from uuid import UUID

CALM: Literal["calm"] = "calm"
_DAY_HOURS = 24


# Rooms


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """What deciding on a room needs to know of a person.

    age       in years; None if nobody knows
    cared_by  people named as acting for them
    """

    id: UUID
    household: UUID | None
    age: int | None
    cared_by: frozenset[UUID] = frozenset()


def is_child(guest: Guest, *, below: float) -> bool:
    return guest.age is not None and guest.age < below


def shares(guest: Guest, others: Iterable[Guest]) -> str:
    """Why the guest may be in one room with these: "alone", "family", "care"; "" if a stranger."""
    with_whom = [other for other in others if other.id != guest.id]
    if not with_whom:
        return "alone"
    if all(guest.household is not None and guest.household == one.household for one in with_whom):
        return "family"
    if all(
        (guest.household is not None and guest.household == one.household)
        or one.id in guest.cared_by
        or guest.id in one.cared_by
        for one in with_whom
    ):
        return "care"
    return ""


def strangers(room: Sequence[Guest]) -> list[UUID]:
    """Who in this room shares it with somebody they have nothing to do with."""
    return [guest.id for guest in room if not shares(guest, room)]


def children_alone(room: Sequence[Guest], *, below: float) -> list[UUID]:
    """Children in this room without a grown-up."""
    children = [guest.id for guest in room if is_child(guest, below=below)]
    return children if len(children) == len(room) else []


def floors_touched(floor: int, *, either_side: int, existing: Collection[int]) -> list[int]:
    """The floor of a new infection and the nearest floors above and below it that exist.

    Floors are counted as they lie over one another: where there is no fourth floor, the fifth is
    directly above the third.
    """
    order = sorted({*existing, floor})
    at = order.index(floor)
    return order[max(0, at - either_side) : at + either_side + 1]


# Readings


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One reading of a day: which, and by when it is due."""

    day: date
    number: int
    due_at: datetime


def turns_of(day: date, hours: Sequence[float], zone: tzinfo) -> list[Turn]:
    """The readings of a day, each due by its hour of local time."""
    midnight = datetime.combine(day, time.min, zone)
    return [
        Turn(day=day, number=number, due_at=midnight + timedelta(hours=hour))
        for number, hour in enumerate(hours)
    ]


def turn_at(moment: datetime, parts: int, zone: tzinfo) -> tuple[date, int]:
    """To which reading of which day one taken at this moment belongs."""
    local = moment.astimezone(zone)
    hour = local.hour + local.minute / 60
    return local.date(), min(int(hour * max(parts, 1) / _DAY_HOURS), max(parts, 1) - 1)


def turns_due(since: datetime, hours: Sequence[float], *, at: datetime, zone: tzinfo) -> list[Turn]:
    """Readings due by now whose part of the day began when the person was watched already.

    Of today and yesterday: what was missed before has long had its task.
    """
    today = at.astimezone(zone).date()
    return [
        turn
        for day in (today - timedelta(days=1), today)
        for turn in turns_of(day, hours, zone)
        if turn.due_at <= at and since <= part_begins(turn, len(hours), zone)
    ]


def part_begins(turn: Turn, parts: int, zone: tzinfo) -> datetime:
    """When the part of the day begins that a reading belongs to."""
    midnight = datetime.combine(turn.day, time.min, zone)
    return midnight + turn.number * timedelta(hours=_DAY_HOURS / parts)


def judge(
    temperature: Decimal,
    symptoms: Collection[str],
    *,
    fever_from: float,
    emergencies: Collection[str],
) -> str:
    """ "calm", "alarming": a medic is to look at once, or "emergency"."""
    if set(symptoms) & set(emergencies):
        return "emergency"
    if symptoms or temperature >= Decimal(str(fever_from)):
        return "alarming"
    return CALM


def slip_of(temperature: Decimal, *, low: float, high: float) -> Decimal | None:
    """What was probably meant by a temperature that nobody has: 63 for 36.3, 365 for 36.5."""
    digits = str(abs(int(temperature)))
    swapped = digits[::-1]
    guess = f"{swapped}.{digits[-1]}" if len(digits) == 2 else f"{digits[:2]}.{digits[2:] or 0}"  # noqa: PLR2004
    return Decimal(guess) if low <= float(guess) <= high else None


# Reserve


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """Rooms against the norm: how many there must be, are, are taken, and are free."""

    needed: int
    rooms: int
    taken: int
    free: int

    @property
    def missing(self) -> int:
        return max(0, self.needed - self.rooms)


def rooms_needed(people: int, per_10000: float) -> int:
    """Rounded up: a fraction of a room is a room."""
    return -int(-people * per_10000 // 10_000)
