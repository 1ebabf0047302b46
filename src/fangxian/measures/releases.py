"""The verbs of releases: proposed when the conditions hold, decided by a person."""

from uuid import UUID

from django.db import transaction

from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.measures.deciding import (
    CONDITIONS_HOLD,
    IN_THE_FIELD,
    Because,
    cause_or_last,
    must_one_of,
)
from fangxian.measures.errors import (
    NotYetReleasable,
    OrderIsOver,
)
from fangxian.measures.events import (
    ReleaseProposed,
    RiskAreaReleaseProposed,
)
from fangxian.measures.models import (
    Order,
    RiskArea,
)
from fangxian.measures.orders import of_order
from fangxian.measures.queries import (
    get_order,
    order_conditions,
    orders_ready_for_release,
    release_conditions,
    risk_areas_in_force,
)
from fangxian.measures.risk_areas import lift, told_of

_AT_ONCE = 500


@transaction.atomic
def propose_release(actor: Actor, order_id: UUID, *, because: Because = None) -> Order:
    """The end is reached and every test negative: somebody is to decide. Safe to repeat."""
    order = get_order(actor, order_id, for_change=True)
    must_one_of(actor, IN_THE_FIELD, order.area_path)
    if order.state != Order.State.IN_FORCE:
        raise OrderIsOver(order.code)
    if order.release_proposed_at is not None:
        return order
    if not all(condition.met for condition in order_conditions(PLAYBOOK, order.id)):
        raise NotYetReleasable(order.code)
    _propose(actor, order, cause_or_last(order.id, because))
    return order


@transaction.atomic
def propose_due_releases(actor: Actor) -> int:
    """Propose every release and lifting whose conditions hold by now; how many. Safe to repeat."""
    must_one_of(actor, IN_THE_FIELD, actor.within)
    orders = orders_ready_for_release(actor, at_most=_AT_ONCE)
    causes = {
        event.subject_id: event
        for event in Event.objects.filter(subject_id__in=[order.id for order in orders])
        .order_by("subject_id", "-seq")
        .distinct("subject_id")
    }
    for order in orders:
        _propose(actor, order, causes.get(order.id))
    return len(orders) + _propose_liftings(actor)


def _propose(actor: Actor, order: Order, cause: Because) -> None:
    """Claimed by a conditional update, so that two workers never propose the same twice."""
    at = now()
    claimed = Order.objects.filter(
        id=order.id, state=Order.State.IN_FORCE, release_proposed_at=None
    ).update(release_proposed_at=at)
    if not claimed:
        return
    order.release_proposed_at = at
    record(
        ReleaseProposed(
            **of_order(order),
            resident_id=order.resident_id,
            measure=order.kind,
        ),
        actor=actor,
        because=cause,
    )


def _propose_liftings(actor: Actor) -> int:
    due = risk_areas_in_force(actor).filter(release_proposed_at=None, review_at__lte=now())
    proposed = 0
    for area in due[:_AT_ONCE]:
        if not all(condition.met for condition in release_conditions(PLAYBOOK, area.id)):
            continue
        claimed = RiskArea.objects.filter(
            id=area.id, state=RiskArea.State.IN_FORCE, release_proposed_at=None
        ).update(release_proposed_at=now())
        if claimed and _by_itself(area):
            area.refresh_from_db()
            lift(PLAYBOOK, area, reason=CONDITIONS_HOLD, cause=cause_or_last(area.id, None))
        elif claimed:
            record(
                RiskAreaReleaseProposed(**told_of(area)),
                actor=actor,
                because=cause_or_last(area.id, None),
            )
        proposed += claimed
    return proposed


def _by_itself(area: RiskArea) -> bool:
    """What the rules release at once, or the system declared, waits for nobody."""
    lasting = area.release.get("to")
    return not lasting and (bool(area.release.get("at_once")) or area.decided_by == PLAYBOOK.id)
