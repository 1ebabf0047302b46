"""How an order reaches the person: in which way and language, taken by whom, and what proves it."""

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import transaction

from fangxian.kernel.access import Actor
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.measures.deciding import IN_THE_FIELD, must_one_of
from fangxian.measures.errors import NoSuchWay, OrderIsOver, ServiceNeedsProof
from fangxian.measures.events import OrderServed
from fangxian.measures.models import Order, Service
from fangxian.measures.orders import of_order
from fangxian.measures.queries import get_order, orders_not_served


@transaction.atomic
def serve_order(
    actor: Actor,
    order_id: UUID,
    *,
    how: str = Service.How.PERSON,
    note: str = "",
    language: str = "",
    to_whom: str = Service.ToWhom.PERSON,
) -> Order:
    """The person has the order in hand. Serving again in the same way changes nothing.

    note   what proves it: needed for a message, and where somebody else took it
    """
    order = get_order(actor, order_id, for_change=True)
    must_one_of(actor, IN_THE_FIELD, order.area_path)
    service = _service(actor, how=how, note=note, language=language, to_whom=to_whom)
    if order.services.filter(how=service.how, language=service.language).exists():
        return order
    if order.state != Order.State.IN_FORCE:
        raise OrderIsOver(order.code)
    _serve([order], service)
    _tell(actor, [order], service)
    return order


@transaction.atomic
def serve_orders_at(
    actor: Actor,
    area_path: str,
    *,
    how: str = Service.How.PAPER,
    note: str = "",
    language: str = "",
) -> int:
    """Every door of a place was told: all orders there that nobody had served yet. How many."""
    must_one_of(actor, IN_THE_FIELD, area_path)
    service = _service(actor, how=how, note=note, language=language, to_whom="person")
    waiting = orders_not_served(actor).filter(area_path__startswith=area_path)
    orders = list(waiting.select_for_update().order_by("id"))
    _serve(orders, service)
    _tell(actor, orders, service)
    return len(orders)


def _service(actor: Actor, *, how: str, note: str, language: str, to_whom: str) -> Service:
    if how not in Service.How.values:
        raise NoSuchWay(how)
    if to_whom not in Service.ToWhom.values:
        raise NoSuchWay(to_whom)
    known = dict(settings.LANGUAGES)
    service = Service(
        how=how,
        language=language if language in known else settings.LANGUAGE_CODE,
        to_whom=to_whom,
        proof=note.strip(),
        by_id=actor.id,
    )
    if not service.proof and (how == Service.How.MESSAGE or to_whom != Service.ToWhom.PERSON):
        raise ServiceNeedsProof
    return service


def _serve(orders: Sequence[Order], service: Service) -> None:
    at = now()
    for order in orders:
        order.served_at = order.served_at or at
    Order.objects.bulk_update(orders, ["served_at"], batch_size=1000)
    Service.objects.bulk_create(
        [
            Service(
                order=order,
                how=service.how,
                language=service.language,
                to_whom=service.to_whom,
                proof=service.proof,
                by_id=service.by_id,
                at=at,
            )
            for order in orders
        ],
        batch_size=1000,
    )


def _tell(actor: Actor, orders: Sequence[Order], service: Service) -> None:
    last = {
        event.subject_id: event
        for event in Event.objects.filter(subject_id__in=[order.id for order in orders])
        .order_by("subject_id", "-seq")
        .distinct("subject_id")
    }
    for order in orders:
        fact = OrderServed(
            **of_order(order),
            how=service.how,
            to_whom=service.to_whom,
            language=service.language,
        )
        record(fact, actor=actor, because=last.get(order.id))
