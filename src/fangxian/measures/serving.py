"""How an order reaches the person."""

from uuid import UUID

from django.db import transaction

from fangxian.kernel.access import Actor
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import record
from fangxian.measures.deciding import IN_THE_FIELD, cause_or_last, must_one_of
from fangxian.measures.errors import (
    OrderIsOver,
)
from fangxian.measures.events import (
    OrderServed,
)
from fangxian.measures.models import (
    Order,
)
from fangxian.measures.orders import of_order
from fangxian.measures.queries import (
    get_order,
)


@transaction.atomic
def serve_order(actor: Actor, order_id: UUID) -> Order:
    """The person has the order in hand. Serving again changes nothing."""
    order = get_order(actor, order_id, for_change=True)
    must_one_of(actor, IN_THE_FIELD, order.area_path)
    if order.served_at is not None:
        return order
    if order.state != Order.State.IN_FORCE:
        raise OrderIsOver(order.code)
    order.served_at = now()
    order.save(update_fields=["served_at"])
    record(
        OrderServed(
            **of_order(order),
        ),
        actor=actor,
        because=cause_or_last(order.id, None),
    )
    return order
