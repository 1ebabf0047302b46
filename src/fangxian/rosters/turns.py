"""Shifts opened from needs, and who has which turn: by hand, by list, by relief."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.errors import Refusal
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.rosters import events, rules, telling
from fangxian.rosters.asking import limits_at
from fangxian.rosters.covering import HELD, bare_parts, hours_of
from fangxian.rosters.errors import (
    AtAnotherPost,
    DaysWrong,
    NoRostersRules,
    NoSuchShift,
    ReasonNeeded,
    TimeWrong,
    TooFewToRotate,
    TurnIsOver,
)
from fangxian.rosters.fitness import Ground, Wanted
from fangxian.rosters.models import HotDay, Need, Post, Shift, Tenure, Turn
from fangxian.rosters.queries import get_shift, get_turn, shifts_visible_to, turns_of

_MOST_DAYS = 31  # a roster is not opened further ahead, or a slip of the pen fills the table


@transaction.atomic
def open_shifts(actor: Actor, *, from_day: date, until_day: date, area_path: str = "") -> int:
    """Open the shifts that the needs of an area ask for on these days, both included.

    Shifts that are open stay as they are, so it is safe to repeat. Returns how many are new.
    """
    path = area_path or actor.within
    actor.must(Duty.KEEP_ROSTER, at=path)
    if not (today() - timedelta(days=1) <= from_day <= until_day) or (
        until_day - from_day >= timedelta(days=_MOST_DAYS)
    ):
        raise DaysWrong(_MOST_DAYS)
    days = [from_day + timedelta(days=n) for n in range((until_day - from_day).days + 1)]
    needs = Need.objects.filter(
        Q(until_day=None) | Q(until_day__gte=from_day),
        from_day__lte=until_day,
        post__area_path__startswith=path,
        post__closed_at=None,
    ).select_related("post")
    known = set(
        Shift.objects.filter(day__in=days, area_path__startswith=path).values_list("need", "day")
    )
    fresh = [
        _shift(need, day)
        for need in needs
        for day in days
        if need.from_day <= day <= (need.until_day or day) and (need.id, day) not in known
    ]
    Shift.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=1000)
    if fresh:
        record(
            events.ShiftsOpened(
                subject_id=fresh[0].id,
                area_path=path,
                shifts=len(fresh),
                from_day=from_day,
                until_day=until_day,
            ),
            actor=actor,
        )
    return len(fresh)


def _shift(need: Need, day: date) -> Shift:
    starts_at, ends_at = hours_of(need, day)
    return Shift(
        id=new_id(),
        post=need.post,
        need=need,
        area_path=need.post.area_path,
        day=day,
        skill=need.skill,
        headcount=need.headcount,
        starts_at=starts_at,
        ends_at=ends_at,
    )


# Who has which turn


@dataclass(frozen=True, slots=True)
class Filling:
    shift_id: UUID
    member_id: UUID


@dataclass(frozen=True, slots=True)
class NotFilled:
    """A row that was not taken, in the place it had, and why."""

    row: int
    filling: Filling
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Filled:
    taken: int
    people: int
    refused: tuple[NotFilled, ...]


@transaction.atomic
def fill_shifts(
    actor: Actor, rows: Sequence[Filling], *, because: Event | UUID | None = None
) -> Filled:
    """Put people on shifts, as many as there are rows, in a handful of statements.

    A row against a rule is refused by itself, with its reason; the others are taken. A row that
    says what the roster says already counts as taken.
    """
    shifts = _locked(actor, {row.shift_id for row in rows})
    for path in {shift.area_path for shift in shifts.values()}:
        actor.must(Duty.KEEP_ROSTER, at=path)
    have = set(Turn.objects.filter(shift__in=shifts, state__in=HELD).values_list("shift", "member"))
    wanted = [
        Wanted.whole(shifts[row.shift_id], row.member_id) for row in rows if row.shift_id in shifts
    ]
    ground = Ground(actor, wanted)
    turns: list[Turn] = []
    refused: list[NotFilled] = []
    for number, row in enumerate(rows):
        if (row.shift_id, row.member_id) in have:
            continue
        shift = shifts.get(row.shift_id)
        one = Wanted.whole(shift, row.member_id) if shift else None
        refusal = ground.refusal(one) if one else NoSuchShift(row.shift_id)
        if refusal is not None or one is None:
            refused.append(NotFilled(number, row, refusal or NoSuchShift(row.shift_id)))
            continue
        ground.take(one)
        turns.append(make_turn(ground, one))
    store(turns)
    _told_of(actor, turns, because)
    telling.tell(actor, shifts.values(), because=because)
    return Filled(len(rows) - len(refused), len({turn.member_id for turn in turns}), tuple(refused))


def _told_of(actor: Actor, turns: Sequence[Turn], because: Event | UUID | None) -> None:
    if len(turns) == 1:
        record(events.ShiftTaken(**of_turn(turns[0])), actor=actor, because=because)
    elif turns:
        record(
            events.ShiftsFilled(
                subject_id=turns[0].shift_id,
                area_path=actor.within,
                turns=len(turns),
                people=len({turn.member_id for turn in turns}),
            ),
            actor=actor,
            because=because,
        )


def assign(
    actor: Actor, shift_id: UUID, member_id: UUID, *, because: Event | UUID | None = None
) -> Turn:
    """Put one person on a shift. Refused if they are not at work, not able, or not rested."""
    get_shift(actor, shift_id)
    filled = fill_shifts(actor, [Filling(shift_id, member_id)], because=because)
    if filled.refused:
        raise filled.refused[0].refusal
    return Turn.objects.get(shift=shift_id, member=member_id, state__in=HELD)


@transaction.atomic
def take_claimed(
    actor: Actor, about: UUID, member_id: UUID, *, because: Event | UUID | None = None
) -> Turn | None:
    """Somebody claimed a shift, or a post: they have it, or its next bare shift.

    None where what they claimed is neither. Refused as by hand, so that a claim never tires anyone.
    """
    at = now()
    shifts = shifts_visible_to(actor).filter(Q(id=about) | Q(post=about), ends_at__gt=at)
    bare = bare_parts(list(shifts.select_related("post").order_by("starts_at", "id")), since=at)
    if not bare:
        return None
    return assign(actor, next(iter(bare)).id, member_id, because=because)


@transaction.atomic
def rotate(actor: Actor, shift_id: UUID, member_ids: Sequence[UUID]) -> list[Turn]:
    """Have people relieve each other through a shift, each for as long as the heat allows."""
    shift = _locked(actor, {shift_id}).get(shift_id)
    if shift is None:
        raise NoSuchShift(shift_id)
    actor.must(Duty.KEEP_ROSTER, at=shift.area_path)
    limits = limits_at(shift.area_path)
    if limits is None:
        raise NoRostersRules
    people = list(dict.fromkeys(member_ids))
    if len(people) < shift.headcount * 2:
        raise TooFewToRotate(shift.headcount * 2)
    plan = rules.rotation(shift.starts_at, shift.ends_at, limits.hot, len(people), shift.headcount)
    wanted = [Wanted(shift, people[who], begin, end) for who, begin, end in plan]
    ground = Ground(actor, wanted)
    turns = []
    for one in wanted:
        if refusal := ground.refusal(one):
            raise refusal
        ground.take(one)
        turns.append(make_turn(ground, one))
    store(turns)
    _told_of(actor, turns, None)
    telling.tell(actor, [shift])
    return turns


@transaction.atomic
def take_off(
    actor: Actor, turn_id: UUID, *, reason: str, because: Event | UUID | None = None
) -> Turn:
    """Take somebody off a shift, or send them home from it. What is bare then is told at once."""
    turn = get_turn(actor, turn_id, for_change=True)
    shift = turn.shift
    actor.must(Duty.KEEP_ROSTER, at=shift.area_path)
    if not reason.strip():
        raise ReasonNeeded
    if turn.state == Turn.State.OFF:
        return turn
    _must_be_running(turn)
    _end(turn, reason, now())
    record(events.TurnTakenOff(**of_turn(turn), reason=turn.reason), actor=actor, because=because)
    telling.tell(actor, [shift], because=because)
    return turn


def _must_be_running(turn: Turn) -> None:
    if turn.state not in {Turn.State.PLANNED, Turn.State.THERE}:
        raise TurnIsOver(str(turn.get_state_display()))


def _end(turn: Turn, reason: str, at: datetime) -> None:
    """Of somebody who is there, what they worked stays."""
    turn.reason = reason.strip()[:200]
    if turn.state == Turn.State.THERE and at > turn.starts_at:
        turn.state, turn.ends_at, turn.left_at = Turn.State.DONE, min(at, turn.ends_at), at
    else:
        turn.state = Turn.State.OFF
        turn.arrived_at, turn.arrived_by = None, ""
    turn.save(update_fields=["state", "ends_at", "left_at", "reason", "arrived_at", "arrived_by"])


@transaction.atomic
def release_member(
    actor: Actor, member_id: UUID, *, reason: str, because: Event | UUID | None = None
) -> int:
    """Take somebody off every turn to come and every standing post: ill, locked in, called back.

    Returns how many turns and posts they leave. Each that is bare then is told at once.
    """
    if actor != PLAYBOOK:
        actor.must(Duty.KEEP_ROSTER, at=actor.within)
    at = now()
    turns = list(
        Turn.objects.select_for_update(of=("self",))
        .select_related("shift__post")
        .filter(
            member=member_id,
            ends_at__gt=at,
            state__in=(Turn.State.PLANNED, Turn.State.THERE),
            shift__area_path__startswith=actor.within,
        )
        .order_by("starts_at", "id")
    )
    for turn in turns:
        _end(turn, reason, at)
        record(
            events.TurnTakenOff(**of_turn(turn), reason=turn.reason), actor=actor, because=because
        )
    telling.tell(actor, [turn.shift for turn in turns], because=because)
    held = list(
        Tenure.objects.select_related("post").filter(
            member=member_id, until=None, post__area_path__startswith=actor.within
        )
    )
    for tenure in held:
        tenure.until = at
        tenure.save(update_fields=["until"])
        record(
            events.PostLeft(
                subject_id=tenure.post_id,
                area_path=tenure.post.area_path,
                code=tenure.post.code,
                member_id=member_id,
                reason=reason.strip()[:200],
            ),
            actor=actor,
            because=because,
        )
    telling.tell_standing(actor, [tenure.post for tenure in held], [], because=because)
    return len(turns) + len(held)


@transaction.atomic
def relieve(
    actor: Actor, turn_id: UUID, by: UUID, *, reason: str, at: datetime | None = None
) -> Turn:
    """Somebody else takes over in the middle of a turn; returns the other's turn.

    at   from when on; now if it is not said
    """
    turn = get_turn(actor, turn_id, for_change=True)
    shift = _locked(actor, {turn.shift_id}).get(turn.shift_id)
    if shift is None:
        raise NoSuchShift(turn.shift_id)
    actor.must(Duty.KEEP_ROSTER, at=shift.area_path)
    if not reason.strip():
        raise ReasonNeeded
    _must_be_running(turn)
    moment = max(at or now(), turn.starts_at)
    if moment >= turn.ends_at:
        raise TimeWrong(turn.starts_at, turn.ends_at)
    rest = Wanted(shift, by, moment, turn.ends_at)
    ground = Ground(actor, [rest], without=[turn])
    if moment > turn.starts_at:  # what was worked still covers, and still tires
        ground.take(Wanted(shift, turn.member_id, turn.starts_at, moment))
    if refusal := ground.refusal(rest):
        raise refusal
    new = make_turn(ground, rest)
    new.relieves = turn
    _cut(turn, moment, reason)
    store([new])
    record(
        events.TurnRelieved(**of_turn(turn), by_id=by, at=moment, reason=reason.strip()[:200]),
        actor=actor,
    )
    telling.tell(actor, [shift])
    return new


def _cut(turn: Turn, at: datetime, reason: str) -> None:
    turn.reason = reason.strip()[:200]
    if at <= turn.starts_at:
        turn.state = Turn.State.OFF
        turn.arrived_at, turn.arrived_by = None, ""
    else:
        turn.ends_at = at
        if turn.state == Turn.State.THERE and at <= now():
            turn.state, turn.left_at = Turn.State.DONE, at
    turn.save(update_fields=["state", "ends_at", "left_at", "reason", "arrived_at", "arrived_by"])


@transaction.atomic
def say_hot_day(actor: Actor, day: date, *, area_path: str = "") -> list[Turn]:
    """It is going to be hot: samplers are relieved by the hour. Safe to repeat.

    Returns the turns on the roster that are too long for it; they stay until somebody cuts them.
    """
    path = area_path or actor.within
    actor.must(Duty.KEEP_ROSTER, at=path)
    said, fresh = HotDay.objects.get_or_create(day=day, area_path=path)
    if fresh:
        record(events.HotDaySaid(subject_id=said.id, area_path=path, day=day), actor=actor)
    return too_hot(actor, day, path)


def too_hot(actor: Actor, day: date, area_path: str) -> list[Turn]:
    """Turns of samplers on a day that are longer than heat allows."""
    limits = limits_at(area_path)
    if limits is None:
        return []
    shifts = shifts_visible_to(actor).filter(
        day=day, area_path__startswith=area_path, post__kind=Post.Kind.SAMPLER
    )
    found = turns_of(actor, shifts.select_related("post"))
    return [
        turn
        for turns in found.values()
        for turn in turns
        if turn.state in HELD and turn.ends_at - turn.starts_at > limits.hot
    ]


def _locked(actor: Actor, ids: set[UUID]) -> dict[UUID, Shift]:
    """These shifts, as far as the actor sees them, so that nobody else fills them meanwhile."""
    return {id_: shift for id_, shift in locked(ids).items() if actor.sees(shift.area_path)}


def locked(ids: set[UUID]) -> dict[UUID, Shift]:
    rows = Shift.objects.filter(cancelled_at=None).select_for_update(of=("self",))
    found = rows.select_related("post").filter(id__in=ids).order_by("id")
    return {shift.id: shift for shift in found}


def make_turn(ground: Ground, one: Wanted) -> Turn:
    return Turn(
        id=new_id(),
        shift=one.shift,
        member_id=one.member_id,
        member_number=ground.members[one.member_id].number,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
    )


def store(turns: Sequence[Turn]) -> None:
    try:
        with transaction.atomic():
            Turn.objects.bulk_create(turns, batch_size=2000)
    except IntegrityError as error:
        if "turn_of_a_person_is_one_at_a_time" in str(error):
            raise AtAnotherPost from None
        raise


def of_turn(turn: Turn) -> dict[str, Any]:
    """What every fact about a turn tells."""
    shift = turn.shift
    return {
        "subject_id": shift.id,
        "area_path": shift.area_path,
        "turn_id": turn.id,
        "post_id": shift.post_id,
        "code": shift.post.code,
        "member_id": turn.member_id,
        "starts_at": turn.starts_at,
        "ends_at": turn.ends_at,
    }


def week_of(day: date) -> tuple[date, date]:
    """Monday and Sunday of the week in which a day lies."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)
