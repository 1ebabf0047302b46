"""Evidence that somebody under an order was near a new infection where they are kept."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.measures import guards
from fangxian.measures.errors import CountedFromTheFuture, OrderIsOver
from fangxian.measures.events import ExposureNoted
from fangxian.measures.models import Order
from fangxian.measures.queries import get_order


@transaction.atomic
def note_exposure(
    actor: Actor, order_id: UUID, *, exposed_at: datetime, because: Event | UUID
) -> Event:
    """Note that a new infection was found near the person; noting the same one again changes
    nothing. It extends nothing: upon it somebody who decides measures may extend the order.

    because   the infection, which may be another person's
    """
    order = get_order(PLAYBOOK, order_id, for_change=True)
    if not any(
        actor.may(duty, at=order.area_path)
        for duty in (Duty.DECIDE_MEASURES, Duty.INVESTIGATE, Duty.COMMAND)
    ):
        actor.must(Duty.INVESTIGATE, at=order.area_path)
    attempt = guards.Attempt(actor=actor, about=order.id, area_path=order.area_path)
    cause = guards.there_is_a_cause(attempt, because)
    guards.clock_restarts_by_infection_only(attempt, cause)
    if order.state != Order.State.IN_FORCE:
        raise OrderIsOver(order.code)
    if exposed_at > now():
        raise CountedFromTheFuture(exposed_at)
    known = Event.objects.filter(
        kind=ExposureNoted.kind(), subject_id=order.id, because_id=cause.id
    ).first()
    return known or record(
        ExposureNoted(
            subject_id=order.id,
            area_path=order.area_path,
            pack=order.pack,
            code=order.code,
            resident_id=order.resident_id,
            exposed_at=exposed_at,
        ),
        actor=actor,
        because=cause,
    )
