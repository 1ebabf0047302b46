"""Being there: checked in by the code that hangs at the post, or by whoever supervises it."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotYours
from fangxian.kernel.ledger import record, record_many
from fangxian.protocol.errors import NoPackInForce
from fangxian.protocol.queries import Rules
from fangxian.rosters import events, telling
from fangxian.rosters.asking import figures_at
from fangxian.rosters.errors import (
    AtAnotherPostNow,
    HandedOverBefore,
    NobodyToHandTo,
    NoMember,
    NoSuchTurn,
    NotAtThisPost,
    NotOnThisPost,
    NotYourTurn,
    PostIsClosed,
    PostStands,
    ShiftIsFull,
)
from fangxian.rosters.fitness import Ground, Wanted
from fangxian.rosters.models import HandOver, Post, Shift, Tenure, Turn
from fangxian.rosters.queries import get_post, get_turn, post_by_code
from fangxian.rosters.turns import make_turn, of_turn, store
from fangxian.workforce import queries as workforce

_NO_TIME = timedelta()
_MOST_COUNTED = 20  # kinds of things on one hand-over


@transaction.atomic
def check_in_at_post(
    actor: Actor,
    code: str = "",
    *,
    post_id: UUID | None = None,
    member_id: UUID | None = None,
    at: datetime | None = None,
) -> Turn:
    """Say that somebody is at a post: oneself by its code, or, as its supervisor, anybody.

    Who is not on the roster, where somebody is missing, stands in, if rules of rest allow it.
    Saying it again changes nothing. `at` may lie in the past: a phone without a network said it.
    """
    moment = min(at or now(), now())
    post, who, way = _asked(actor, code, post_id, member_id)
    if post.standing:
        raise PostStands(post.code)
    figures = figures_at(post.area_path)
    early = figures.early_by.length if figures else _NO_TIME
    late = figures.late_after.length if figures else _NO_TIME
    turn = _turn_at(post, who, moment, early)
    if turn is not None and turn.state in {Turn.State.THERE, Turn.State.DONE}:
        return turn
    _must_not_be_elsewhere(who, post, moment)
    if turn is None:
        turn = _stand_in(actor, post, who, moment, early)
    elif turn.state == Turn.State.MISSING:
        _must_still_be_wanted(turn, moment, late)
    turn.state, turn.reason = Turn.State.THERE, ""
    turn.arrived_at, turn.arrived_by = moment, way
    turn.save(update_fields=["state", "reason", "arrived_at", "arrived_by", "starts_at"])
    record(events.ArrivedAtPost(**of_turn(turn), way=way), actor=actor)
    telling.tell(actor, [turn.shift])
    return turn


@transaction.atomic
def call_the_roll(
    actor: Actor, area_path: str, *, post_id: UUID | None = None, missing: Collection[UUID] = ()
) -> int:
    """Everybody who is due now at the posts of an area, or at one of them, is there, says who
    keeps the roster; `missing` are not. Those who were checked in stay as they are. How many are
    new.
    """
    actor.must(Duty.KEEP_ROSTER, at=area_path)
    moment = now()
    due = Turn.objects.filter(
        shift__area_path__startswith=area_path,
        shift__cancelled_at=None,
        state=Turn.State.PLANNED,
        starts_at__lte=moment,
        ends_at__gt=moment,
    )
    if post_id is not None:
        due = due.filter(shift__post=post_id)
    elsewhere = Turn.objects.filter(state=Turn.State.THERE, ends_at__gt=moment).values("member")
    turns = list(
        due.exclude(member__in=missing)
        .exclude(member__in=elsewhere)
        .select_for_update(of=("self",))
        .select_related("shift__post")
        .order_by("id")
    )
    Turn.objects.filter(id__in=[turn.id for turn in turns]).update(
        state=Turn.State.THERE, reason="", arrived_at=moment, arrived_by=Turn.Way.SUPERVISOR
    )
    record_many(
        [events.ArrivedAtPost(**of_turn(turn), way=Turn.Way.SUPERVISOR) for turn in turns],
        actor=actor,
    )
    telling.tell(actor, {turn.shift_id: turn.shift for turn in turns}.values())
    return len(turns)


@transaction.atomic
def check_out_at_post(
    actor: Actor,
    code: str = "",
    *,
    post_id: UUID | None = None,
    member_id: UUID | None = None,
    at: datetime | None = None,
) -> Turn:
    """Say that somebody leaves a post. Leaving early bares it from then on, and that is told."""
    moment = min(at or now(), now())
    post, who, way = _asked(actor, code, post_id, member_id)
    turn = (
        Turn.objects.select_for_update(of=("self",))
        .select_related("shift__post")
        .filter(member=who, shift__post=post, state__in=(Turn.State.THERE, Turn.State.DONE))
        .filter(arrived_at__lte=moment)
        .order_by("-starts_at")
        .first()
    )
    if turn is None:
        raise NotAtThisPost(post.code)
    if turn.state == Turn.State.DONE:
        return turn
    figures = figures_at(post.area_path)
    grace = figures.late_after.length if figures else _NO_TIME
    if turn.starts_at < moment < turn.ends_at - grace:
        turn.ends_at = moment
    turn.state, turn.left_at = Turn.State.DONE, moment
    turn.save(update_fields=["state", "left_at", "ends_at"])
    worked = min(moment, turn.ends_at) - max(turn.arrived_at or moment, turn.starts_at)
    minutes = max(0, int(worked.total_seconds() // 60))
    record(events.LeftPost(**of_turn(turn), way=way, minutes=minutes), actor=actor)
    telling.tell(actor, [turn.shift])
    return turn


def _asked(
    actor: Actor, code: str, post_id: UUID | None, member_id: UUID | None
) -> tuple[Post, UUID, str]:
    """Which post, who, and how they say it. Whoever holds a code may use it wherever they live."""
    me = workforce.member_of(actor)
    own = member_id is None or (me is not None and me.id == member_id)
    if own:
        post = post_by_code(PLAYBOOK, code) if code else get_post(actor, post_id or actor.id)
    else:
        post = post_by_code(actor, code) if code else get_post(actor, post_id or actor.id)
    if post.closed_at is not None:
        raise PostIsClosed(post.code)
    if own and code:
        if me is None:
            raise NoMember
        return post, me.id, Turn.Way.CODE
    must_supervise(actor, post)
    if member_id is None:
        raise NoMember
    return post, member_id, Turn.Way.SUPERVISOR


def must_supervise(actor: Actor, post: Post) -> None:
    """Who keeps the roster there, or leads the point that the post belongs to."""
    if actor.may(Duty.KEEP_ROSTER, at=post.area_path):
        return
    me = workforce.member_of(actor)
    leads = (
        me is not None
        and post.site_id is not None
        and Tenure.objects.filter(member=me.id, until=None, post__site=post.site_id).exists()
    )
    if not leads:
        raise NotYours(str(Duty.KEEP_ROSTER.label))


def _turn_at(post: Post, who: UUID, moment: datetime, early: timedelta) -> Turn | None:
    """The turn that somebody means who says at this moment that they are there."""
    states = (Turn.State.PLANNED, Turn.State.THERE, Turn.State.DONE, Turn.State.MISSING)
    return (
        Turn.objects.select_for_update(of=("self",))
        .select_related("shift__post")
        .filter(member=who, shift__post=post, state__in=states, shift__cancelled_at=None)
        .filter(starts_at__lte=moment + early, ends_at__gt=moment)
        .order_by("starts_at")
        .first()
    )


def _must_not_be_elsewhere(who: UUID, post: Post, moment: datetime) -> None:
    other = (
        Turn.objects.select_related("shift__post")
        .filter(member=who, state=Turn.State.THERE, ends_at__gt=moment)
        .exclude(shift__post=post)
        .first()
    )
    if other is not None:
        raise AtAnotherPostNow(other.shift.post.code)


def _stand_in(actor: Actor, post: Post, who: UUID, moment: datetime, early: timedelta) -> Turn:
    """A turn for somebody who is there without one, from now to the end of a bare shift."""
    shifts = (
        Shift.objects.select_for_update(of=("self",))
        .select_related("post")
        .filter(post=post, starts_at__lte=moment + early, ends_at__gt=moment, cancelled_at=None)
        .order_by("starts_at", "id")
    )
    for shift in shifts:
        begin = max(moment, shift.starts_at)
        one = Wanted(shift, who, begin, shift.ends_at)
        ground = Ground(PLAYBOOK, [one])
        refusal = ground.refusal(one, past=True)
        if refusal is None:
            turn = make_turn(ground, one)
            store([turn])
            return turn
        if not isinstance(refusal, ShiftIsFull):
            raise refusal
    raise NotOnThisPost(post.code)


def _must_still_be_wanted(turn: Turn, moment: datetime, late: timedelta) -> None:
    """Somebody who did not come in time has come: if nobody stands in for them by now."""
    begin = max(turn.starts_at, moment) if moment > turn.starts_at + late else turn.starts_at
    one = Wanted(turn.shift, turn.member_id, begin, turn.ends_at)
    if refusal := Ground(PLAYBOOK, [one]).refusal(one, past=True):
        raise refusal
    turn.starts_at = begin


@transaction.atomic
def note_missing(actor: Actor) -> int:
    """Say of everybody who should have come by now that they did not; how many.

    Their post is bare from then on, and that is told. Whoever comes later still checks in.
    """
    if actor != PLAYBOOK:
        actor.must(Duty.KEEP_ROSTER, at=actor.within)
    at, rules = now(), Rules()
    turns = (
        Turn.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("shift__post")
        .filter(
            state=Turn.State.PLANNED,
            starts_at__lte=at,
            shift__area_path__startswith=actor.within,
        )
        .order_by("starts_at", "id")
    )
    late = []
    for turn in turns:
        try:
            figures = rules.in_force(at, turn.shift.area_path).rosters
        except NoPackInForce:
            continue
        if figures is not None and turn.starts_at + figures.late_after.length <= at:
            late.append(turn)
    Turn.objects.filter(id__in=[turn.id for turn in late]).update(state=Turn.State.MISSING)
    for turn in late:
        record(events.DidNotCome(**of_turn(turn)), actor=actor)
    telling.tell(actor, list({turn.shift_id: turn.shift for turn in late}.values()))
    return len(late)


# Hand-over


@transaction.atomic
def hand_over(
    actor: Actor, turn_id: UUID, *, note: str, counts: Sequence[tuple[str, int]] = ()
) -> HandOver:
    """Leave a note and what was counted to whoever comes next. Write nobody's name."""
    turn = get_turn(actor, turn_id, for_change=True)
    _must_be_mine_or_supervised(actor, turn)
    if turn.state not in {Turn.State.THERE, Turn.State.DONE}:
        raise NotAtThisPost(turn.shift.post.code)
    if HandOver.objects.filter(given=turn).exists():
        raise HandedOverBefore
    made = HandOver.objects.create(
        post=turn.shift.post,
        given=turn,
        note=note.strip()[:500],
        counts=[[what.strip()[:30], int(many)] for what, many in counts[:_MOST_COUNTED]],
    )
    record(events.PostHandedOver(**of_turn(turn), things=len(made.counts)), actor=actor)
    return made


@transaction.atomic
def take_over(actor: Actor, hand_over_id: UUID) -> HandOver:
    """Say that one has read what the turn before left, and compared the counts."""
    made = (
        HandOver.objects.select_for_update(of=("self",))
        .select_related("post")
        .filter(id=hand_over_id)
        .first()
    )
    me = workforce.member_of(actor)
    if made is None or me is None:
        raise NoSuchTurn(hand_over_id) if made is None else NoMember
    if made.taken_id is not None:
        return made
    turn = (
        Turn.objects.select_related("shift__post")
        .filter(Q(state=Turn.State.THERE), member=me.id, shift__post=made.post)
        .exclude(id=made.given_id)
        .order_by("-starts_at")
        .first()
    )
    if turn is None:
        raise NobodyToHandTo
    made.taken, made.taken_at = turn, now()
    made.save(update_fields=["taken", "taken_at"])
    record(events.PostTakenOver(**of_turn(turn)), actor=actor)
    return made


def _must_be_mine_or_supervised(actor: Actor, turn: Turn) -> None:
    me = workforce.member_of(actor)
    if me is not None and me.id == turn.member_id:
        return
    try:
        must_supervise(actor, turn.shift.post)
    except NotYours:
        raise NotYourTurn from None
