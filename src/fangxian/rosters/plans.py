"""Plans that a machine proposes and a person accepts, and people who work together."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.forgetting import Gone, delete_all
from fangxian.kernel.ledger import record
from fangxian.rosters import events
from fangxian.rosters.errors import NoSuchPerson, PairWrong, PlanIsDecided
from fangxian.rosters.models import HandOver, Pair, Proposal, Swap, Tenure, Turn
from fangxian.rosters.queries import get_proposal
from fangxian.rosters.turns import Filled, Filling, fill_shifts, take_off
from fangxian.workforce import queries as workforce


@transaction.atomic
def accept_proposal(actor: Actor, plan_id: UUID) -> Filled:
    """Put on the roster what the machine proposed.

    What has become impossible since (somebody fell ill, somebody was quicker) is left out and told
    by row; the rest is taken.
    """
    plan = get_proposal(actor, plan_id, for_change=True)
    actor.must(Duty.KEEP_ROSTER, at=plan.area_path)
    if plan.state != Proposal.State.PROPOSED:
        raise PlanIsDecided(str(plan.get_state_display()))
    leaving = Turn.objects.filter(
        id__in=plan.off, state=Turn.State.PLANNED, starts_at__gt=now()
    ).values_list("id", flat=True)
    for turn_id in leaving:
        take_off(actor, turn_id, reason="re-planned")
    filled = fill_shifts(actor, [Filling(UUID(shift), UUID(member)) for shift, member in plan.rows])
    _decide(actor, plan, Proposal.State.ACCEPTED, filled.taken)
    return filled


@transaction.atomic
def drop_proposal(actor: Actor, plan_id: UUID) -> Proposal:
    """The roster stays as it is."""
    plan = get_proposal(actor, plan_id, for_change=True)
    actor.must(Duty.KEEP_ROSTER, at=plan.area_path)
    if plan.state == Proposal.State.DROPPED:
        return plan
    if plan.state != Proposal.State.PROPOSED:
        raise PlanIsDecided(str(plan.get_state_display()))
    return _decide(actor, plan, Proposal.State.DROPPED, 0)


def _decide(actor: Actor, plan: Proposal, becomes: Proposal.State, turns: int) -> Proposal:
    plan.state, plan.decided_at = becomes, now()
    plan.save(update_fields=["state", "decided_at"])
    record(
        events.PlanDecided(
            subject_id=plan.id,
            area_path=plan.area_path,
            pack=plan.pack,
            decision=becomes,
            turns=turns,
        ),
        actor=actor,
    )
    return plan


# Pairs


@transaction.atomic
def make_pair(actor: Actor, first: UUID, second: UUID) -> Pair:
    """Two people who are to have their turns at the same post and hours."""
    one, other = (workforce.get_colleague(actor, member) for member in (first, second))
    actor.must(Duty.KEEP_ROSTER, at=one.area_path)
    both = [one.id, other.id]
    taken = Pair.objects.filter(Q(first__in=both) | Q(second__in=both), until=None)
    if one.id == other.id or taken.exists():
        raise PairWrong
    try:
        with transaction.atomic():
            pair = Pair.objects.create(first_id=one.id, second_id=other.id, area_path=one.area_path)
    except IntegrityError:
        raise PairWrong from None
    record(events.PairMade(subject_id=pair.id, area_path=pair.area_path), actor=actor)
    return pair


@transaction.atomic
def end_pair(actor: Actor, pair_id: UUID) -> Pair:
    pair = (
        Pair.objects.select_for_update()
        .filter(id=pair_id, area_path__startswith=actor.within)
        .first()
    )
    if pair is None:
        raise NoSuchPerson(pair_id)
    actor.must(Duty.KEEP_ROSTER, at=pair.area_path)
    if pair.until is None:
        pair.until = now()
        pair.save(update_fields=["until"])
        record(events.PairEnded(subject_id=pair.id, area_path=pair.area_path), actor=actor)
    return pair


# What is not kept


def forget_turns(actor: Actor, before: datetime) -> Gone:
    """Delete who stood where in turns that ended before that moment, and what they agreed on.

    Shifts stay, as numbers: how many were needed and when.
    """
    actor.must(Duty.OPERATE)
    old = Turn.objects.filter(ends_at__lt=before)
    Turn.objects.filter(relieves__in=old).update(relieves=None)
    gone = delete_all(Swap.objects.filter(Q(turn__in=old) | Q(in_return__in=old)))
    gone = gone.and_then(delete_all(HandOver.objects.filter(Q(given__in=old) | Q(taken__in=old))))
    gone = gone.and_then(delete_all(Tenure.objects.filter(until__lt=before)))
    gone = gone.and_then(delete_all(Proposal.objects.filter(made_at__lt=before)))
    return gone.and_then(delete_all(old))
