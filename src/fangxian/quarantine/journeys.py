"""Between home and a room: a vehicle, and somebody who hands over and somebody who receives."""

from uuid import UUID

from django.db import transaction

from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import record
from fangxian.quarantine.errors import (
    JourneyIsOver,
    NotByOwnWay,
    NotDeparted,
    StillInHospital,
    VehicleOrOwnWay,
)
from fangxian.quarantine.events import PersonArrived, TransferArrived, TransferDeparted
from fangxian.quarantine.models import Placement, Transfer, Watch
from fangxian.quarantine.placing import cause_of, leave, told, told_of_journey
from fangxian.quarantine.queries import get_transfer
from fangxian.quarantine.sites import STAFF, must_one_of


@transaction.atomic
def depart(
    actor: Actor, transfer_id: UUID, *, vehicle: str = "", own_way: bool = False
) -> Transfer:
    """Hand the person over to a vehicle, or, once nothing binds them, let them go by themselves.

    Said at the end where the journey begins. Saying it again changes nothing.
    """
    transfer = get_transfer(actor, transfer_id, for_change=True)
    must_one_of(actor, STAFF, transfer.from_path)
    if transfer.state == Transfer.State.ON_THE_WAY:
        return transfer
    if transfer.state != Transfer.State.ASKED:
        raise JourneyIsOver(transfer.code, str(transfer.get_state_display()))
    if not own_way and not vehicle.strip():
        raise VehicleOrOwnWay
    if own_way and transfer.way != Transfer.Way.HOME:
        raise NotByOwnWay
    left = _left_behind(transfer)
    if left is not None and left.state == Placement.State.IN_HOSPITAL:
        raise StillInHospital
    transfer.state, transfer.departed_at = Transfer.State.ON_THE_WAY, now()
    transfer.vehicle, transfer.own_way = "" if own_way else vehicle.strip().upper(), own_way
    transfer.handed_by = actor.id
    transfer.save(update_fields=["state", "departed_at", "vehicle", "own_way", "handed_by"])
    event = record(
        TransferDeparted(**told_of_journey(transfer)),
        actor=actor,
        because=cause_of(transfer.id, None),
    )
    if left is not None:
        home = transfer.way == Transfer.Way.HOME
        leave(actor, left, Placement.Left.HOME if home else Placement.Left.OTHER_SITE, event)
    return transfer


def _left_behind(transfer: Transfer) -> Placement | None:
    """The room that somebody leaves with this journey."""
    if transfer.way == Transfer.Way.TO_SITE:
        return None
    rows = Placement.objects.select_for_update(of=("self",)).select_related(
        "room__facility__site", "order"
    )
    return rows.filter(
        resident=transfer.resident_id,
        state__in=[Placement.State.STAYING, Placement.State.IN_HOSPITAL],
    ).first()


@transaction.atomic
def receive(actor: Actor, transfer_id: UUID) -> Transfer:
    """Receipt the person at the other end: the site's staff, or the community at home.

    Receipting again changes nothing.
    """
    transfer = get_transfer(actor, transfer_id, for_change=True)
    must_one_of(actor, STAFF, transfer.to_path)
    if transfer.state == Transfer.State.ARRIVED:
        return transfer
    if transfer.state == Transfer.State.CANCELLED:
        raise JourneyIsOver(transfer.code, str(transfer.get_state_display()))
    if transfer.state == Transfer.State.ASKED:
        raise NotDeparted(transfer.code)
    transfer.state, transfer.arrived_at = Transfer.State.ARRIVED, now()
    transfer.received_by = actor.id
    transfer.save(update_fields=["state", "arrived_at", "received_by"])
    event = record(
        TransferArrived(**told_of_journey(transfer, area_path=transfer.to_path)),
        actor=actor,
        because=cause_of(transfer.id, None),
    )
    placement = transfer.placement
    if placement.state == Placement.State.EXPECTED and transfer.way != Transfer.Way.HOME:
        placement.state, placement.arrived_at = Placement.State.STAYING, now()
        placement.save(update_fields=["state", "arrived_at"])
        Watch.objects.filter(resident=placement.resident_id, ended_at=None).update(
            facility=placement.room.facility, area_path=placement.area_path
        )
        record(PersonArrived(**told(placement)), actor=PLAYBOOK, because=event)
    return transfer
