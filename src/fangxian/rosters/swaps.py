"""Turns offered to somebody else: accepted by them, approved by whoever keeps the roster."""

from uuid import UUID

from django.db import transaction

from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import Refusal
from fangxian.kernel.ledger import record
from fangxian.rosters import events, telling
from fangxian.rosters.errors import (
    NotYourTurn,
    ReasonNeeded,
    SwapIsSettled,
    SwapLeavesBare,
    SwapUnderWay,
    TurnIsOver,
)
from fangxian.rosters.fitness import Ground, Wanted
from fangxian.rosters.models import Shift, Swap, Turn
from fangxian.rosters.queries import OPEN, get_swap, get_turn
from fangxian.rosters.turns import locked, make_turn, store
from fangxian.workforce import queries as workforce


@transaction.atomic
def offer_swap(
    actor: Actor, turn_id: UUID, to: UUID, *, in_return: UUID | None = None, reason: str = ""
) -> Swap:
    """Ask somebody to take one's turn, for one of theirs or for nothing.

    Refused at once where the other could not stand there: the post would be bare.
    """
    turn = get_turn(actor, turn_id, for_change=True)
    _must_be_theirs(actor, turn.member_id, turn.shift.area_path)
    _must_be_planned(turn)
    other = workforce.get_colleague(actor, to)
    back = get_turn(PLAYBOOK, in_return) if in_return else None
    if back is not None:
        if back.member_id != other.id:
            raise NotYourTurn
        _must_be_planned(back)
    if Swap.objects.filter(turn=turn, state__in=OPEN).exists():
        raise SwapUnderWay
    swap = Swap(
        turn=turn,
        to_id=other.id,
        in_return=back,
        area_path=turn.shift.area_path,
        reason=reason.strip()[:200],
    )
    _possible(actor, swap)
    swap.save(force_insert=True)
    record(
        events.SwapOffered(
            subject_id=swap.id,
            area_path=swap.area_path,
            code=turn.shift.post.code,
            turn_id=turn.id,
            to_id=other.id,
        ),
        actor=actor,
    )
    return swap


@transaction.atomic
def answer_swap(actor: Actor, swap_id: UUID, *, accept: bool) -> Swap:
    """The other says whether they take the turn. Saying the same again changes nothing."""
    swap = get_swap(actor, swap_id, for_change=True)
    _must_be_theirs(actor, swap.to_id, swap.area_path)
    becomes = Swap.State.ACCEPTED if accept else Swap.State.DECLINED
    if swap.state == becomes:
        return swap
    _must_be(swap, Swap.State.OFFERED)
    if accept:
        _possible(actor, swap)
    return _move(actor, swap, becomes)


@transaction.atomic
def withdraw_swap(actor: Actor, swap_id: UUID) -> Swap:
    """Take an offer back before it is approved."""
    swap = get_swap(actor, swap_id, for_change=True)
    _must_be_theirs(actor, swap.turn.member_id, swap.area_path)
    if swap.state == Swap.State.WITHDRAWN:
        return swap
    _must_be(swap, *OPEN)
    return _move(actor, swap, Swap.State.WITHDRAWN)


@transaction.atomic
def approve_swap(actor: Actor, swap_id: UUID) -> Swap:
    """Change the roster as two people agreed. Refused, with advice, if it leaves a post bare."""
    swap = get_swap(actor, swap_id, for_change=True)
    actor.must(Duty.KEEP_ROSTER, at=swap.area_path)
    if swap.in_return is not None:
        actor.must(Duty.KEEP_ROSTER, at=swap.in_return.shift.area_path)
    if swap.state == Swap.State.APPROVED:
        return swap
    _must_be(swap, Swap.State.ACCEPTED)
    ground, wanted = _possible(actor, swap)
    for turn in (swap.turn, swap.in_return):
        if turn is not None:
            turn.state, turn.reason = Turn.State.OFF, "swapped"
            turn.save(update_fields=["state", "reason"])
    store([make_turn(ground, one) for one in wanted])
    swap.decided_at = now()
    _move(actor, swap, Swap.State.APPROVED)
    telling.tell(actor, [one.shift for one in wanted])
    return swap


@transaction.atomic
def refuse_swap(actor: Actor, swap_id: UUID, *, reason: str) -> Swap:
    """The roster stays as it is; both read why."""
    swap = get_swap(actor, swap_id, for_change=True)
    actor.must(Duty.KEEP_ROSTER, at=swap.area_path)
    if not reason.strip():
        raise ReasonNeeded
    if swap.state == Swap.State.REFUSED:
        return swap
    _must_be(swap, *OPEN)
    swap.refusal, swap.decided_at = reason.strip()[:200], now()
    return _move(actor, swap, Swap.State.REFUSED)


def _possible(actor: Actor, swap: Swap) -> tuple[Ground, list[Wanted]]:
    """What the roster would say after the swap; `SwapLeavesBare` where it may not say so."""
    for turn in (swap.turn, swap.in_return):
        if turn is not None:
            _must_be_planned(turn)
    gone = [turn for turn in (swap.turn, swap.in_return) if turn is not None]
    shifts = locked({turn.shift_id for turn in gone})
    wanted = [_instead(shifts[swap.turn.shift_id], swap.turn, swap.to_id)]
    if swap.in_return is not None:
        back = swap.in_return
        wanted.append(_instead(shifts[back.shift_id], back, swap.turn.member_id))
    ground = Ground(actor, wanted, without=gone)
    for one in wanted:
        if refusal := ground.refusal(one):
            raise _bare(one, refusal)
        ground.take(one)
    return ground, wanted


def _instead(shift: Shift, turn: Turn, member_id: UUID) -> Wanted:
    return Wanted(shift, member_id, turn.starts_at, turn.ends_at)


def _bare(one: Wanted, refusal: Refusal) -> SwapLeavesBare:
    return SwapLeavesBare(one.shift.post.code, refusal.message)


def _must_be_theirs(actor: Actor, member_id: UUID, area_path: str) -> None:
    """Their own, or said for them by whoever keeps the roster there."""
    me = workforce.member_of(actor)
    if (me is None or me.id != member_id) and not actor.may(Duty.KEEP_ROSTER, at=area_path):
        raise NotYourTurn


def _must_be_planned(turn: Turn) -> None:
    if turn.state != Turn.State.PLANNED or turn.starts_at <= now():
        raise TurnIsOver(str(turn.get_state_display()))


def _must_be(swap: Swap, *states: str) -> None:
    if swap.state not in states:
        raise SwapIsSettled(str(swap.get_state_display()))


def _move(actor: Actor, swap: Swap, becomes: Swap.State) -> Swap:
    swap.state = becomes
    if becomes in {Swap.State.ACCEPTED, Swap.State.DECLINED, Swap.State.WITHDRAWN}:
        swap.answered_at = now()
    swap.save(update_fields=["state", "answered_at", "decided_at", "refusal"])
    record(
        events.SwapAnswered(
            subject_id=swap.id,
            area_path=swap.area_path,
            code=swap.turn.shift.post.code,
            turn_id=swap.turn_id,
            answer=becomes,
        ),
        actor=actor,
    )
    return swap
