"""One function per published figure. The dashboard, a briefing and an export all ask here.

Persons and person-times are different numbers: a name says which of the two it counts, and no
function adds one to the other. Days are the district's own (Asia/Shanghai), not UTC's.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import caches
from django.db.models import Count, Model, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils.timezone import get_default_timezone, localtime

from fangxian.areas.queries import areas_of_level
from fangxian.cases.queries import cases_visible_to, contacts_visible_to
from fangxian.dispatch import queries as dispatch
from fangxian.kernel.access import Actor
from fangxian.kernel.clock import now
from fangxian.measures import queries as measures
from fangxian.sampling import queries as sampling

M = TypeVar("M", bound=Model)
WEEK = 7
CURVE_DAYS = 21
_AN_HOUR = timedelta(hours=1)
_HIGHEST = 3  # levels of the map: 0 routine, 1 low, 2 medium, 3 high


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its day before and the days that led to it, oldest first.

    of   what it is a part of, None if it is a whole
    """

    value: int
    before: int | None = None
    of: int | None = None
    days: tuple[int, ...] = ()


def today() -> date:
    return localtime(now()).date()


def beginning_of(day: date) -> datetime:
    return datetime.combine(day, time.min, get_default_timezone())


def _days_until_today(number: int) -> list[date]:
    return [today() - timedelta(days=back) for back in reversed(range(number))]


def _by_day(rows: QuerySet[M], moment: str, *also: str) -> list[tuple[Any, ...]]:
    """How many rows on each of the district's days, and by `also`. Counted in the database."""
    day = TruncDate(moment, tzinfo=get_default_timezone())
    counted = rows.order_by().annotate(day_=day).values("day_", *also).annotate(n_=Count("id"))
    return list(counted.values_list("day_", *also, "n_"))


def _per_day(counted: Iterable[tuple[date, int]], days: Sequence[date]) -> tuple[int, ...]:
    on = Counter[date]()
    for day, number in counted:
        on[day] += number
    return tuple(on[day] for day in days)


def cases_found(viewer: Actor) -> Figure:
    """Cases reported today (persons); `of` counts those found outside any restriction."""
    days = _days_until_today(WEEK)
    rows = _cases_by_day(viewer, days[0])
    per_day = _per_day([(day, number) for day, _, number in rows], days)
    outside = sum(number for day, under, number in rows if not under and day == days[-1])
    return Figure(per_day[-1], per_day[-2], outside, per_day)


def _cases_by_day(viewer: Actor, first: date) -> list[tuple[Any, ...]]:
    """Day, whether found under control, and how many."""
    rows = cases_visible_to(viewer).exclude(state="withdrawn")
    return _by_day(
        rows.filter(reported_at__gte=beginning_of(first)), "reported_at", "under_control"
    )


def contacts_to_decide(viewer: Actor) -> Figure:
    """Proposed contacts nobody has decided on; `of` counts all contacts found in the week."""
    days = _days_until_today(WEEK)
    found = contacts_visible_to(viewer)
    lately = _by_day(found.filter(found_at__gte=beginning_of(days[0])), "found_at")
    waiting = found.filter(state="proposed").count()
    in_all = sum(number for _, number in lately)
    return Figure(waiting, None, in_all, _per_day([(day, n) for day, n in lately], days))


@dataclass(frozen=True, slots=True)
class _RoundSoFar:
    """What is counted through a whole round: every tube of it, and everybody who came.

    coverage   percent of each grid's people, by its path
    sealed     swabs by hour of sealing
    """

    name: str
    starts_at: datetime
    deadline: datetime
    tested: int
    people: int
    coverage: dict[str, float | None]
    sealed: list[tuple[datetime, int]]


def _round_so_far(viewer: Actor) -> _RoundSoFar | None:
    """As it was at most `ROUND_HOLD_SECONDS` ago: at half a million swabs a count takes a while."""
    visible = sampling.rounds_visible_to(viewer)
    key = f"round:{viewer.within}"
    held: _RoundSoFar | None = caches["pages"].get(key)
    if held is None and (under_way := visible.filter(state="open").first()):
        share = sampling.round_share(viewer, under_way.id)
        grids = sampling.tested_share(viewer, under_way.id, "grid")
        held = _RoundSoFar(
            name=under_way.name,
            starts_at=under_way.starts_at,
            deadline=under_way.deadline,
            tested=share.tested,
            people=share.people,
            coverage={grid.area_path: grid.percent for grid in grids},
            sealed=sampling.swabs_by_hour(viewer, under_way.id),
        )
        caches["pages"].set(key, held, settings.ROUND_HOLD_SECONDS)
    return held


def persons_tested(viewer: Actor) -> Figure:
    """Persons tested in the round under way, each once; `of` is everybody it is for."""
    so_far = _round_so_far(viewer)
    return Figure(so_far.tested, None, so_far.people) if so_far else Figure(0)


def persons_in_central_quarantine(viewer: Actor) -> Figure:
    """Persons in a designated facility; `of` counts all persons under any order."""
    found = (
        measures.orders_in_force(viewer)
        .order_by()
        .aggregate(
            all=Count("resident", distinct=True),
            central=Count("resident", distinct=True, filter=Q(kind="central_quarantine")),
        )
    )
    return Figure(found["central"], None, found["all"])


def tasks_overdue(viewer: Actor) -> Figure:
    """Tasks past their time; `of` counts all that are still to be done."""
    counts = dispatch.counts(viewer)
    return Figure(counts.overdue, None, counts.pending)


def decisions_awaited(viewer: Actor) -> Figure:
    """Orders past their end and risk areas proposed; `of` counts the risk areas among them."""
    orders = measures.orders_past_end(viewer).count()
    proposed = measures.risk_areas_proposed(viewer).count()
    return Figure(orders + proposed, None, proposed)


@dataclass(frozen=True, slots=True)
class Curve:
    """Cases by day of report (persons), found outside and inside restrictions."""

    days: tuple[date, ...]
    outside: tuple[int, ...]
    inside: tuple[int, ...]


def epidemic_curve(viewer: Actor) -> Curve:
    days = _days_until_today(CURVE_DAYS)
    rows = _cases_by_day(viewer, days[0])
    return Curve(
        tuple(days),
        _per_day([(day, number) for day, under, number in rows if not under], days),
        _per_day([(day, number) for day, under, number in rows if under], days),
    )


@dataclass(frozen=True, slots=True)
class GridRow:
    """One grid, by its own name.

    level      of the strictest risk area in it, 0 if none
    coverage   percent or None
    """

    path: str
    number: int
    name: str
    level: int
    cases7: int
    coverage: float | None
    trend: tuple[int, ...]
    pending: int
    overdue: int


def grids(viewer: Actor) -> list[GridRow]:
    """Every grid the viewer sees; those that need attention most come first."""
    found = list(areas_of_level(viewer, "grid"))
    if not found:
        return []
    depth = found[0].path.count("/")
    days = _days_until_today(2 * WEEK)
    cases: dict[str, list[tuple[date, int]]] = {}
    reported = cases_visible_to(viewer).exclude(state="withdrawn")
    reported = reported.filter(reported_at__gte=beginning_of(days[0]))
    for day, path, number in _by_day(reported, "reported_at", "area_path"):
        cases.setdefault(above(path, depth), []).append((day, number))
    levels: dict[str, int] = {}
    for area in measures.risk_areas_in_force(viewer):
        for place in area.places:
            grid = above(place, depth)
            levels[grid] = max(levels.get(grid, 0), min(area.rank, _HIGHEST))
    so_far = _round_so_far(viewer)
    coverage = so_far.coverage if so_far else {}
    tasks = dispatch.counts_by_area(viewer, steps=depth)
    rows = []
    for one in found:
        trend = _per_day(cases.get(one.path, []), days)
        work = tasks.get(one.path)
        rows.append(
            GridRow(
                path=one.path,
                number=one.number,
                name=one.name,
                level=levels.get(one.path, 0),
                cases7=sum(trend[-WEEK:]),
                coverage=coverage.get(one.path),
                trend=trend,
                pending=work.pending if work else 0,
                overdue=work.overdue if work else 0,
            )
        )
    rows.sort(key=lambda row: (-row.level, -row.cases7, -row.overdue, -row.pending, row.path))
    return rows


def above(path: str, depth: int) -> str:
    """The ancestor of a path at a depth; the path itself if it is not that deep."""
    steps = path.split("/", depth)
    return path if len(steps) <= depth else "/".join(steps[:depth]) + "/"


@dataclass(frozen=True, slots=True)
class RoundProgress:
    """Swabs taken (person-times) by each hour so far, and persons the deadline asks for by then.

    taken   None for hours still to come
    """

    name: str
    hours: tuple[datetime, ...]
    taken: tuple[int | None, ...]
    asked: tuple[int, ...]


def round_progress(viewer: Actor) -> RoundProgress | None:
    so_far = _round_so_far(viewer)
    if so_far is None:
        return None
    length = so_far.deadline - so_far.starts_at
    hours = [
        so_far.starts_at + timedelta(hours=hour)
        for hour in range(int(length / timedelta(hours=1)) + 1)
    ]
    asked = tuple(round(so_far.people * (hour - so_far.starts_at) / length) for hour in hours)
    at_most = now() + _AN_HOUR
    taken = tuple(
        sum(swabs for at, swabs in so_far.sealed if at < hour) if hour <= at_most else None
        for hour in hours
    )
    return RoundProgress(so_far.name, tuple(hours), taken, asked)
