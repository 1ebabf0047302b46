"""What follows from a person's need alone. Plain values: no tables, no clock."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

URGENCY = ("life_threatening", "labour", "other_care", "regular_treatment", "not_urgent")
"""Most urgent first."""

_HIGHEST = 3  # the district


def more_urgent(one: str, other: str) -> bool:
    return URGENCY.index(one) < URGENCY.index(other)


def in_danger(what: str) -> bool:
    """Whoever is in danger is driven: nobody may decide to send a medic instead."""
    return what in URGENCY[:2]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the rules propose, for a person to decide.

    because   special needs that were looked at
    """

    means: str
    otherwise: str
    escort: str
    protection: str
    because: tuple[str, ...] = ()


def suggest(
    what: str,
    needs: Collection[str],
    *,
    triage: Mapping[str, tuple[str, str]],
    escort_for: Collection[str] = (),
    sealed: bool = False,
    crew: tuple[str, str] = ("level_1", "level_2"),
    no_ambulance: bool = False,
) -> Suggestion:
    """
    triage         means and what comes in their place, by kind of care
    sealed         the person may not leave where they are
    crew           protection elsewhere, and where people may not leave
    no_ambulance   120 has said that it cannot come

    Without a rule somebody is driven by the street, and by 120 where they are in danger.
    """
    means, otherwise = triage.get(
        what, ("ambulance", "street_car") if in_danger(what) else ("street_car", "ambulance")
    )
    if no_ambulance and means == "ambulance":
        means, otherwise = otherwise, means
    alone = sorted(set(needs) & set(escort_for))
    escort = "nobody"
    if in_danger(what):
        escort = "medic"
    elif alone:
        escort = "community" if "child_alone" in alone else "relative"
    return Suggestion(means, otherwise, escort, crew[sealed], tuple(alone))


def climbed(due_at: datetime, climbed_at: datetime | None, span: timedelta, at: datetime) -> bool:
    """Whether an overdue step goes one level up: when it is due, and again each time as long."""
    return at >= (due_at if climbed_at is None else climbed_at + span)


def next_level(level: int) -> int:
    return min(level + 1, _HIGHEST)


def treated_on(
    day: date,
    *,
    first: date,
    last: date,
    weekdays: Collection[int] = (),
    every_days: int | None = None,
) -> bool:
    """Whether a series has a treatment on a day; Monday is 1."""
    if not first <= day <= last:
        return False
    if every_days:
        return (day - first).days % every_days == 0
    return day.isoweekday() in weekdays
