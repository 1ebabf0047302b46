"""The verbs of objections: anybody may file one, a second officer decides."""

from uuid import UUID

from django.db import transaction

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import record
from fangxian.measures.deciding import OBJECTION_UPHELD, cause_or_last
from fangxian.measures.errors import (
    ObjectionIsDecided,
    ObjectionNeedsText,
    OrderIsOver,
    ReasonNeeded,
    SecondOfficerNeeded,
)
from fangxian.measures.events import (
    ObjectionDecided,
    ObjectionFiled,
)
from fangxian.measures.models import (
    Objection,
    Order,
)
from fangxian.measures.orders import end_all
from fangxian.measures.queries import (
    get_objection,
    get_order,
)


@transaction.atomic
def object_to_order(actor: Actor, order_id: UUID, *, text: str) -> Objection:
    """File an objection by the person or on their behalf; one is open at a time."""
    order = get_order(actor, order_id, for_change=True)
    if order.state != Order.State.IN_FORCE:
        raise OrderIsOver(order.code)
    if not text.strip():
        raise ObjectionNeedsText
    open_one = order.objections.filter(state=Objection.State.OPEN).first()
    if open_one is not None:
        return open_one
    objection = Objection.objects.create(order=order, text=text.strip(), filed_by=actor.id)
    record(
        ObjectionFiled(
            subject_id=objection.id,
            area_path=order.area_path,
            pack=order.pack,
            code=order.code,
            order_id=order.id,
        ),
        actor=actor,
        because=cause_or_last(order.id, None),
    )
    return objection


@transaction.atomic
def decide_objection(actor: Actor, objection_id: UUID, *, outcome: str, reasons: str) -> Objection:
    """Uphold or reject, with reasons, by somebody else than filed it or issued the order.

    An objection upheld ends the order.
    """
    objection = get_objection(actor, objection_id, for_change=True)
    order = get_order(actor, objection.order_id, for_change=True)
    actor.must(Duty.DECIDE_MEASURES, at=order.area_path)
    if objection.state != Objection.State.OPEN:
        if objection.state == outcome:
            return objection
        raise ObjectionIsDecided
    if actor.id in {objection.filed_by, order.issued_by}:
        raise SecondOfficerNeeded
    if not reasons.strip():
        raise ReasonNeeded
    objection.state = Objection.State(outcome)
    objection.decided_at, objection.decided_by = now(), actor.id
    objection.reasons = reasons.strip()
    objection.save(update_fields=["state", "decided_at", "decided_by", "reasons"])
    event = record(
        ObjectionDecided(
            subject_id=objection.id,
            area_path=order.area_path,
            pack=order.pack,
            code=order.code,
            order_id=order.id,
            outcome=outcome,
        ),
        actor=actor,
        because=cause_or_last(objection.id, None),
    )
    if objection.state == Objection.State.UPHELD and order.state == Order.State.IN_FORCE:
        end_all(actor, [order], reason=OBJECTION_UPHELD, cause=event, state=Order.State.WITHDRAWN)
    return objection
