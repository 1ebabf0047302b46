"""A plan for whoever is free: out of the roster, through the engine, back as a proposal.

The engine runs in a process of its own, so that a worker can do other things meanwhile and the
memory is given back. What it proposes binds nobody until a person accepts it
(`accept_proposal`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from multiprocessing import get_context
from uuid import UUID

from django.db import transaction

from fangxian import __version__
from fangxian.areas.models import Area
from fangxian.areas.rules import paths_to
from fangxian.engines.planning import staffing as engine
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import record
from fangxian.protocol.packs import Rosters
from fangxian.rosters import events, rules
from fangxian.rosters.asking import figures_at, limits_of, moment, stamp_at
from fangxian.rosters.covering import HELD, is_hot
from fangxian.rosters.errors import DaysWrong, NoRostersRules
from fangxian.rosters.models import Pair, Proposal, Shift, Turn
from fangxian.rosters.queries import hot_days, shifts_between, spells_of
from fangxian.workforce import queries as workforce
from fangxian.workforce.about import home_of

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_WEEK = 7
_BANDS = 4
"""Kinds of shifts of a day that the engine tells apart; more are taken together."""
_SECONDS = 240.0
_Degrees = tuple[float | None, float | None]


@transaction.atomic
def ask_for_plan(
    actor: Actor, *, area_path: str, from_day: date, until_day: date, kind: str = Proposal.Kind.FILL
) -> None:
    """Have the worker propose who fills the shifts of at most seven days."""
    from fangxian.rosters.jobs import plan_staff  # noqa: PLC0415 - jobs call this module

    actor.must(Duty.KEEP_ROSTER, at=area_path)
    _days(from_day, until_day)
    if figures_at(area_path) is None:
        raise NoRostersRules
    plan_staff.defer(
        account=str(actor.id),
        area_path=area_path,
        from_day=from_day.isoformat(),
        until_day=until_day.isoformat(),
        kind=str(kind),
    )


def propose_plan(
    actor: Actor,
    *,
    area_path: str,
    from_day: date,
    until_day: date,
    kind: str = Proposal.Kind.FILL,
    seconds: float = _SECONDS,
) -> Proposal:
    """Look for a plan and keep it as a proposal. Takes minutes for a district.

    kind   `fill` gives people to what is bare and leaves everybody else; `repair` may move others,
           but as few as possible, after somebody fell out
    """
    actor.must(Duty.KEEP_ROSTER, at=area_path)
    figures = figures_at(area_path)
    if figures is None:
        raise NoRostersRules
    days = _days(from_day, until_day)
    gathered = _gather(actor, figures, area_path, days, repair=kind == Proposal.Kind.REPAIR)
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as beside:
        plan = beside.submit(
            engine.plan_staff, gathered.problem, before=gathered.before, seconds=seconds
        ).result()
    return _keep(actor, plan, gathered, area_path, days, kind)


def _days(from_day: date, until_day: date) -> list[date]:
    days = [from_day + n * _DAY for n in range((until_day - from_day).days + 1)]
    if not 0 < len(days) <= _WEEK:
        raise DaysWrong(_WEEK)
    return days


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    """The engine's problem, and what its words mean here."""

    problem: engine.Problem
    before: tuple[engine.Turn, ...]
    shifts: Mapping[tuple[str, int], Shift]  # (id of its post for the engine, day)
    held: Mapping[tuple[UUID, UUID], Turn]  # (shift, member): turns that may still change
    spells: Mapping[UUID, list[rules.Spell]]
    limits: rules.Limits
    hot: Mapping[date, list[str]]


def _gather(
    actor: Actor, figures: Rosters, area_path: str, days: Sequence[date], *, repair: bool
) -> _Gathered:
    limits = limits_of(figures)
    if limits is None:
        raise NoRostersRules
    at = now()
    shifts = [
        shift
        for shift in shifts_between(actor, days[0], days[-1], area_path=area_path).select_related(
            "post__site"
        )
        if shift.starts_at > at and shift.ends_at - shift.starts_at <= limits.shift
    ]
    bands = _bands(shifts)
    members, busy = _people(actor, area_path, days, bands)
    held = {
        (turn.shift_id, turn.member_id): turn
        for turn in Turn.objects.filter(shift__in=shifts, state__in=HELD)
    }
    movable = {
        key: turn
        for key, turn in held.items()
        if repair and turn.state == Turn.State.PLANNED and (key[1] in members)
    }
    gone = {
        key: turn
        for key, turn in held.items()
        if repair and turn.state == Turn.State.PLANNED and key[1] not in members
    }
    around = timedelta(days=limits.days + 1)
    hot = hot_days(PLAYBOOK, days[0] - around, days[-1] + around)
    spells = spells_of(PLAYBOOK, members, days[0] - around, days[-1] + around)
    for (_shift, member), turn in movable.items():
        spells[member] = [
            one
            for one in spells[member]
            if (one.starts_at, one.ends_at) != (turn.starts_at, turn.ends_at)
        ]
    fixed: dict[UUID, int] = defaultdict(int)
    for shift_id, member in held:
        if (shift_id, member) not in movable and (shift_id, member) not in gone:
            fixed[shift_id] += 1
    posts, where = _posts(shifts, bands, fixed, days, limits, hot)
    people = _engine_people(members, busy, spells, days, bands, limits)
    band_of = {shift.id: bands[_hours(shift)].id for shift in shifts}
    before = tuple(
        engine.Turn(
            str(member),
            (turn_shift.day - days[0]).days,
            band_of[turn_shift.id],
            str(turn_shift.need_id),
        )
        for turn_shift, member in (
            (shift, member) for shift in shifts for (of, member) in movable if of == shift.id
        )
    )
    return _Gathered(
        problem=engine.Problem(
            days=len(days),
            shifts=_distinct(bands),
            posts=posts,
            people=people,
            limits=engine.Limits(
                shifts=figures.week_shifts.whole,
                nights=figures.week_nights.whole,
                days=limits.days,
                rest=limits.rest // _MINUTE,
                metres=figures.reach.whole,
            ),
        ),
        before=before,
        shifts=where,
        held={**movable, **gone},
        spells=spells,
        limits=limits,
        hot=hot,
    )


_Hours = tuple[int, int]


def _hours(shift: Shift) -> _Hours:
    """Minutes after midnight of its day, where the district is."""
    midnight = moment(shift.day, datetime.min.time())
    return (shift.starts_at - midnight) // _MINUTE, (shift.ends_at - midnight) // _MINUTE


def _bands(shifts: Iterable[Shift]) -> dict[_Hours, engine.Shift]:
    """Shifts of nearly the same hours count as one, as long as the longest of them together.

    What the engine then allows is allowed by the hours of each.
    """
    groups = [[hours] for hours in sorted({_hours(shift) for shift in shifts})]
    while len(groups) > _BANDS:
        nearest = min(range(len(groups) - 1), key=lambda i: groups[i + 1][-1][0] - groups[i][0][0])
        groups[nearest : nearest + 2] = [groups[nearest] + groups[nearest + 1]]
    found: dict[_Hours, engine.Shift] = {}
    for group in groups:
        begins, ends = group[0][0], max(hours[1] for hours in group)
        night = ends > _DAY // _MINUTE
        band = engine.Shift(id=f"{begins}-{ends}", begins=begins, ends=ends, night=night)
        found |= dict.fromkeys(group, band)
    return found


def _distinct(bands: Mapping[_Hours, engine.Shift]) -> list[engine.Shift]:
    return sorted(set(bands.values()), key=lambda band: (band.begins, band.ends))


@dataclass(frozen=True, slots=True)
class _Somebody:
    id: UUID
    home: str
    skills: frozenset[str]
    together: str


def _people(
    actor: Actor, area_path: str, days: Sequence[date], bands: Mapping[_Hours, engine.Shift]
) -> tuple[dict[UUID, _Somebody], dict[UUID, set[int]]]:
    """Whoever can come on one of the days, and the days on which they cannot."""
    free: dict[UUID, set[int]] = defaultdict(set)
    homes: dict[UUID, str] = {}
    for number, day in enumerate(days):
        rows = workforce.available(actor, area_path, day=day).select_related("resident")
        for member in rows:
            free[member.id].add(number)
            homes[member.id] = home_of(member)
    skills = workforce.skills_of(actor, free, day=days[-1])
    pairs = {}
    for first, second in Pair.objects.filter(until=None).values_list("first", "second"):
        for one, other in ((first, second), (second, first)):
            if one in free and other in free:
                pairs[one] = str(min(one, other))
    members = {
        one: _Somebody(one, homes[one], skills.get(one, frozenset()), pairs.get(one, ""))
        for one in sorted(free)
    }
    return members, {one: set(range(len(days))) - free[one] for one in members}


def _posts(
    shifts: Sequence[Shift],
    bands: Mapping[_Hours, engine.Shift],
    fixed: Mapping[UUID, int],
    days: Sequence[date],
    limits: rules.Limits,
    hot: Mapping[date, list[str]],
) -> tuple[list[engine.Post], dict[tuple[str, int], Shift]]:
    """Each need of a post is one for the engine: one skill, one hour of the day."""
    needs: dict[UUID, dict[tuple[int, str], int]] = defaultdict(dict)
    first: dict[UUID, Shift] = {}
    where: dict[tuple[str, int], Shift] = {}
    for shift in shifts:
        in_heat = is_hot(shift.post.kind, shift.day, shift.area_path, dict(hot))
        if in_heat and shift.ends_at - shift.starts_at > limits.hot:
            continue  # in the heat people relieve each other: `rotate`, by hand
        day = (shift.day - days[0]).days
        first.setdefault(shift.need_id, shift)
        where[str(shift.need_id), day] = shift
        missing = max(0, shift.headcount - fixed.get(shift.id, 0))
        needs[shift.need_id][day, bands[_hours(shift)].id] = missing
    at = _places([shift.area_path for shift in first.values()])
    posts = []
    for need, shift in first.items():
        lat, lon = at[shift.area_path]
        site = shift.post.site
        if site is not None and site.lat is not None:
            lat, lon = site.lat, site.lon
        posts.append(
            engine.Post(
                id=str(need),
                needs=needs[need],
                lat=lat,
                lon=lon,
                place=str(shift.post_id),
                skill=shift.skill,
            )
        )
    return posts, where


def _engine_people(
    members: Mapping[UUID, _Somebody],
    busy: Mapping[UUID, set[int]],
    spells: Mapping[UUID, list[rules.Spell]],
    days: Sequence[date],
    bands: Mapping[_Hours, engine.Shift],
    limits: rules.Limits,
) -> list[engine.Person]:
    at = _places([one.home for one in members.values()])
    distinct = _distinct(bands)
    found = []
    for one in members.values():
        mine = spells.get(one.id, [])
        closed = {
            (day, band.id)
            for day in range(len(days))
            for band in distinct
            if day in busy[one.id] or (mine and _clashes(mine, days[day], band, limits))
        }
        worked = {spell.day for spell in mine}
        run = 0
        while days[0] - (run + 1) * _DAY in worked:
            run += 1
        inside = [spell for spell in mine if days[0] <= spell.day <= days[-1]]
        lat, lon = at[one.home]
        found.append(
            engine.Person(
                id=str(one.id),
                lat=lat,
                lon=lon,
                skills=one.skills,
                busy=frozenset(closed),
                together=one.together,
                shifts=len(inside),
                nights=sum(
                    spell.ends_at > moment(spell.day + _DAY, datetime.min.time())
                    for spell in inside
                ),
                run=run,
                load=float(len(mine) - len(inside)),
            )
        )
    return found


def _clashes(
    mine: Sequence[rules.Spell], day: date, band: engine.Shift, limits: rules.Limits
) -> bool:
    """Whether a turn there goes with what somebody has already."""
    midnight = moment(day, datetime.min.time())
    turn = rules.Spell(midnight + band.begins * _MINUTE, midnight + band.ends * _MINUTE, day)
    return any(one.day == day for one in mine) or rules.fault([*mine, turn], limits) in {
        "double",
        "too_little_rest",
        "too_many_days",
    }


def _places(paths: Iterable[str]) -> dict[str, _Degrees]:
    """Where each area lies, or else the nearest one around it of which that is known."""
    asked = set(paths)
    steps = {step for path in asked for step in paths_to(path)}
    rows = Area.objects.filter(path__in=steps, lat__isnull=False).values_list("path", "lat", "lon")
    known: dict[str, _Degrees] = {path: (lat, lon) for path, lat, lon in rows}
    return {
        path: next(
            (known[step] for step in reversed(paths_to(path)) if step in known), (None, None)
        )
        for path in asked
    }


@transaction.atomic
def _keep(
    actor: Actor,
    plan: engine.Plan,
    gathered: _Gathered,
    area_path: str,
    days: Sequence[date],
    kind: str,
) -> Proposal:
    rows, kept = [], set()
    spells = {member: list(mine) for member, mine in gathered.spells.items()}
    for turn in sorted(plan.turns, key=lambda one: (one.person, one.day)):
        shift, member = gathered.shifts[turn.post, turn.day], UUID(turn.person)
        hot = is_hot(shift.post.kind, shift.day, shift.area_path, dict(gathered.hot))
        spell = rules.Spell(shift.starts_at, shift.ends_at, shift.day, hot)
        mine = [*spells.get(member, []), spell]
        if rules.fault(mine, gathered.limits) is not None:
            continue  # together with what they have outside these days
        spells[member] = mine
        if (shift.id, member) in gathered.held:
            kept.add((shift.id, member))
        else:
            rows.append([str(shift.id), str(member)])
    off = [str(turn.id) for key, turn in gathered.held.items() if key not in kept]
    proposal = Proposal.objects.create(
        kind=kind,
        area_path=area_path,
        from_day=days[0],
        until_day=days[-1],
        rows=rows,
        off=off,
        places=plan.needed - len(kept),
        filled=len(rows),
        gap=100 * plan.gap,
        seconds=plan.seconds,
        version=__version__,
        pack=stamp_at(area_path),
        facts={
            "cost": round(plan.cost, 1),
            "at_least": round(plan.at_least, 1),
            "kilometres": round(plan.kilometres, 1),
            "missing": plan.missing,
            "moved": plan.moved,
        },
    )
    record(
        events.PlanProposed(
            subject_id=proposal.id,
            area_path=area_path,
            filled=proposal.filled,
            places=proposal.places,
        ),
        actor=actor,
    )
    return proposal
