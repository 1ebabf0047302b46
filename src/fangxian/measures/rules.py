"""Counting days, comparing places, judging release conditions. Plain values in and out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Any, Protocol

# From the mildest to the strictest.
STRICTNESS = (
    "self_monitoring",
    "home_monitoring",
    "home_quarantine",
    "hold",
    "central_quarantine",
    "hospital",
)
ISOLATING = frozenset(STRICTNESS[2:])
KEEPS_PEOPLE_IN = frozenset({"area_closed", "stay_home", "no_leaving_area"})
UNITS = ("household", "floor", "unit", "building", "compound", "area", "district")
DAY = timedelta(days=1)
MOMENT = timedelta(seconds=1)
DOUBLE = 2
"""Two swabs, two laboratories or reagents: what the word of a double test means."""


def stricter(kind: str, than: str) -> bool:
    return STRICTNESS.index(kind) > STRICTNESS.index(than)


def wider(unit: str, than: str) -> bool:
    return UNITS.index(unit) > UNITS.index(than)


# Days of a measure


class Length(Protocol):
    @property
    def length(self) -> timedelta: ...


class Stage(Protocol):
    """What is read of a pack's stage. `days` is None where its end is a review."""

    @property
    def kind(self) -> str: ...
    @property
    def days(self) -> Length | None: ...
    @property
    def span(self) -> Length: ...
    @property
    def tests(self) -> tuple[int, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TestDay:
    __test__ = False

    day: int
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One stage laid on the calendar. `tests` are those not yet past."""

    stage: int
    kind: str
    ends_at: datetime
    is_review: bool
    tests: tuple[TestDay, ...]


def plan_stage(
    stages: Sequence[Stage], counted_from: datetime, *, at: datetime, first: int = 0, zone: tzinfo
) -> Plan | None:
    """The first stage, from `first` on, whose days are not over at `at`; None if all are.

    Days are counted from one moment through all stages, so days already passed are not served
    again. A stage that ends by review begins when the order is given.
    """
    starts_at = counted_from
    for number, stage in enumerate(stages):
        if stage.days is None:
            starts_at = max(starts_at, at)
        ends_at = starts_at + stage.span.length
        if number >= first and ends_at > at:
            return Plan(
                stage=number,
                kind=stage.kind,
                ends_at=ends_at,
                is_review=stage.days is None,
                tests=tuple(
                    TestDay(day=day, due_at=due)
                    for day in stage.tests
                    if (due := min(end_of_day(starts_at, day, zone), ends_at)) > at
                ),
            )
        starts_at = ends_at
    return None


def latest_end(
    stages: Sequence[Stage],
    number: int,
    counted_from: datetime,
    *,
    at: datetime,
    evidence_at: datetime | None,
) -> datetime | None:
    """How late stage `number` may end; None where there is no such stage.

    A stage that ends by review may run until the next one. Otherwise only evidence of infection,
    from which the days are then counted, moves the end beyond the days of the rules.
    """
    if number >= len(stages):
        return None
    stage = stages[number]
    if stage.days is None:
        return at + stage.span.length
    if evidence_at is not None:
        return evidence_at + stage.span.length
    return counted_from + sum((one.span.length for one in stages[: number + 1]), timedelta())


def until(stages: Sequence[Stage], number: int, ends_at: datetime) -> datetime:
    """The end of everything for an order of stage `number` that ends at `ends_at`."""
    return ends_at + sum((one.span.length for one in stages[number + 1 :]), timedelta())


def milder_of(kind: str, other: str) -> str:
    return min(kind, other, key=STRICTNESS.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What other rules would make of a restriction.

    word     "ends", "milder" (another measure), "shorter", "same", or "longer", which is never done
    until    the end of everything, all later stages included; None where it ends now
    """

    word: str
    kind: str
    stage: int
    ends_at: datetime
    was_until: datetime
    until: datetime | None
    tests: tuple[TestDay, ...] = ()


def change(
    kind: str,
    ends_at: datetime,
    *,
    was_until: datetime,
    stages: Sequence[Stage],
    counted_from: datetime,
    at: datetime,
    zone: tzinfo,
) -> Change:
    """What `stages` would make of a measure of this kind that ends at `ends_at`.

    Whatever would be stricter or later than what applies is left as it is: at no moment does
    anybody come under more than before.
    """
    plan = plan_stage(stages, counted_from, at=at, zone=zone)
    if plan is None:
        # When a patient leaves hospital is for the doctors, whatever number of days has passed.
        stays = kind == "hospital" and bool(stages)
        return Change(
            word="same" if stays else "ends",
            kind=kind,
            stage=0,
            ends_at=ends_at,
            was_until=was_until,
            until=was_until if stays else None,
        )
    ahead = until(stages, plan.stage, plan.ends_at)
    reviewed = any(stage.days is None for stage in stages)
    as_before = Change(
        word="same",
        kind=kind,
        stage=plan.stage,
        ends_at=ends_at,
        was_until=was_until,
        until=was_until,
    )
    if kind == plan.kind and plan.is_review:
        return as_before
    if stricter(kind, than=plan.kind):
        limit = plan.ends_at if reviewed or kind == "hospital" else min(plan.ends_at, was_until)
        return Change(
            word="milder",
            kind=plan.kind,
            stage=plan.stage,
            ends_at=limit,
            was_until=was_until,
            until=max(limit, min(ahead, was_until)) if kind != "hospital" else ahead,
            tests=plan.tests,
        )
    end = min(ends_at, plan.ends_at if plan.kind == kind else ahead)
    if end < ends_at or (plan.kind == kind and ahead < was_until):
        return Change(
            word="shorter",
            kind=kind,
            stage=plan.stage,
            ends_at=end,
            was_until=was_until,
            until=min(ahead, was_until),
            tests=tuple(test for test in plan.tests if test.due_at <= end),
        )
    if ahead > was_until or stricter(plan.kind, than=kind):
        return Change(
            word="longer",
            kind=plan.kind,
            stage=plan.stage,
            ends_at=plan.ends_at,
            was_until=was_until,
            until=ahead,
        )
    return as_before


def start_of_day(origin: datetime, day: int, zone: tzinfo) -> datetime:
    """When the `day`-th local day begins; day 1 is the one that `origin` falls on."""
    date = origin.astimezone(zone).date() + (day - 1) * DAY
    return datetime.combine(date, time.min, zone)


def end_of_day(origin: datetime, day: int, zone: tzinfo) -> datetime:
    return start_of_day(origin, day + 1, zone) - timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that must hold before release: what is needed, and how it stands now.

    unit   "d" (days), "people" or "areas"
    """

    word: str
    needed: int
    now: int
    unit: str
    met: bool


def order_conditions(
    ends_at: datetime,
    tests: Sequence[str],
    *,
    at: datetime,
    awaited: int = 0,
    double: int | None = None,
    ct_passed: int | None = None,
) -> list[Condition]:
    """May this order's release be proposed? `tests` are the states of its test calls.

    awaited     swabs of the person whose result is not known yet
    double      swabs of the last days found negative, each by another laboratory or reagent; None
                where the pack asks for no double test
    ct_passed   test days negative or at the pack's Ct or above, where that is what releases
    """
    owed = [state for state in tests if state != "cancelled"]
    negative = owed.count("negative")
    left = max((ends_at - at) // DAY + 1, 1) if ends_at > at else 0
    found = [
        Condition(word="end_reached", needed=0, now=left, unit="d", met=ends_at <= at),
        Condition(
            word="tests_negative" if ct_passed is None else "tests_at_ct",
            needed=len(owed),
            now=negative if ct_passed is None else ct_passed,
            unit="tests",
            met=(negative if ct_passed is None else ct_passed) == len(owed),
        ),
        Condition(word="results_known", needed=0, now=awaited, unit="tests", met=awaited == 0),
    ]
    if double is not None:
        found.append(
            Condition(
                word="double_test",
                needed=DOUBLE,
                now=min(double, DOUBLE),
                unit="tests",
                met=double >= DOUBLE,
            )
        )
    return found


def told_apart(findings: Iterable[tuple[object, object]]) -> int:
    """How many pairs of swab and laboratory share neither: one swab measured twice, or two swabs
    measured by one laboratory, count once."""
    pairs = set(findings)
    return min(len({swab for swab, _ in pairs}), len({measured for _, measured in pairs}))


# Places


def above(path: str) -> list[str]:
    """The place itself and everything around it, widest first."""
    steps = path.split("/")[:-1]
    return ["".join(f"{step}/" for step in steps[:n]) for n in range(1, len(steps) + 1)]


def covers(places: Iterable[str], others: Iterable[str]) -> bool:
    """Whether every one of `others` lies inside one of `places`."""
    outer = tuple(places)
    return all(other.startswith(outer) for other in others)


def around(places: Sequence[str]) -> str:
    """The smallest area that contains all the places."""
    common = ""
    for steps in zip(*(path.split("/")[:-1] for path in places), strict=False):
        if len(set(steps)) > 1:
            break
        common += f"{steps[0]}/"
    return common


# Release of a risk area


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """How things stand in a risk area.

    residents         people who live inside
    screened          of these, negative since the screening was due; `positive` likewise
    last_contact_at   when a contact of its case was last exposed; None: there is none
    stricter          stricter areas still in force in the same district
    """

    residents: int = 0
    screened: int = 0
    positive: int = 0
    last_contact_at: datetime | None = None
    stricter: int = 0


def release_data(release: Any) -> dict[str, Any]:
    """A pack's release conditions as they are now, each number with the text it comes from."""
    data: dict[str, Any] = {"to": release.to}
    for word in ("days_without_new", "screening_on_day", "screening_within", "last_contact_away"):
        if (number := getattr(release, word)) is not None:
            data[word] = {
                "value": number.value,
                "unit": number.unit,
                "source": str(number.source),
                "grade": number.grade,
            }
    for word in ("all_negative", "when_others_lifted", "at_once"):
        if getattr(release, word):
            data[word] = True
    return data


def span(part: Mapping[str, Any]) -> timedelta:
    word = {"min": "minutes", "h": "hours", "d": "days"}[part["unit"]]
    return timedelta(**{word: part["value"]})


def screening_since(
    release: Mapping[str, Any], origin: datetime, *, at: datetime, zone: tzinfo
) -> datetime | None:
    """From when a negative test counts towards the release; None where no screening is asked."""
    if day := release.get("screening_on_day"):
        return start_of_day(origin, int(day["value"]), zone)
    if within := release.get("screening_within"):
        return at - span(within)
    return None


def review_at(release: Mapping[str, Any], origin: datetime, *, otherwise: datetime) -> datetime:
    """When the conditions can hold at the earliest."""
    days = release.get("days_without_new")
    return origin + span(days) if days else otherwise


def area_conditions(
    release: Mapping[str, Any], origin: datetime, seen: Observed, *, at: datetime
) -> list[Condition]:
    """Every condition of the pack for this area, in the pack's order."""
    found = []
    if days := release.get("days_without_new"):
        found.append(_passed("days_without_new", span(days), at - origin))
    if release.get("screening_on_day") or release.get("screening_within"):
        found.append(
            Condition(
                word="everybody_screened",
                needed=seen.residents,
                now=seen.screened + seen.positive,
                unit="people",
                met=seen.screened + seen.positive >= seen.residents,
            )
        )
    if release.get("all_negative"):
        found.append(
            Condition(
                word="all_negative",
                needed=0,
                now=seen.positive,
                unit="people",
                met=seen.positive == 0,
            )
        )
    if away := release.get("last_contact_away"):
        gone = at - (seen.last_contact_at or origin)
        found.append(_passed("last_contact_away", span(away), gone))
    if release.get("when_others_lifted"):
        found.append(
            Condition(
                word="others_lifted",
                needed=0,
                now=seen.stricter,
                unit="areas",
                met=seen.stricter == 0,
            )
        )
    return found


def _passed(word: str, needed: timedelta, gone: timedelta) -> Condition:
    """Whole days are shown; the comparison is exact."""
    return Condition(
        word=word,
        needed=needed // DAY,
        now=max(gone // DAY, 0),
        unit="d",
        met=gone >= needed,
    )
