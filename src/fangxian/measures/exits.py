"""The verbs of emergency exits. None of them refuses anything on epidemic grounds."""

import logging
from typing import Any
from uuid import UUID

from django.db import transaction

from fangxian.areas.models import Site
from fangxian.kernel.access import Actor
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import record
from fangxian.measures import rules
from fangxian.measures.deciding import (
    IN_THE_FIELD,
    Because,
    cause_or_last,
    must_one_of,
    next_numbers,
    one_at_a_time,
)
from fangxian.measures.events import (
    EmergencyExitCleared,
    EmergencyExitHandedOver,
    EmergencyExitReturned,
    EmergencyExitStarted,
    EmergencyExitStartedAlone,
)
from fangxian.measures.models import (
    EmergencyExit,
    Order,
    RiskArea,
)
from fangxian.measures.queries import (
    get_exit,
)
from fangxian.people.queries import get_resident

_log = logging.getLogger("fangxian.measures")


@transaction.atomic
def leave_for_emergency_care(
    actor: Actor,
    resident_id: UUID,
    *,
    kind: str,
    hospital_id: UUID | None = None,
    because: Because = None,
) -> EmergencyExit:
    """A person leaves for care. This is recorded; it is not asked for, and nobody can refuse it.

    Anybody signed in who sees the person may say so. No colour, order, risk area, missing test or
    duty is looked at; what applied is noted for the hospital. An unknown kind or hospital is
    recorded as such. Somebody already on the way is not sent a second time.
    """
    resident = get_resident(actor, resident_id)
    one_at_a_time(resident.id)
    on_the_way = EmergencyExit.objects.filter(
        resident=resident.id, state=EmergencyExit.State.LEFT
    ).first()
    if on_the_way is not None:
        return on_the_way
    orders = Order.objects.filter(resident=resident.id, state=Order.State.IN_FORCE)
    risk_areas = RiskArea.objects.filter(
        state=RiskArea.State.IN_FORCE, places__overlap=rules.above(resident.area_path)
    ).exclude(unit=RiskArea.Unit.DISTRICT)
    exit_ = EmergencyExit.objects.create(
        number=next_numbers("exit_number", 1)[0],
        resident_id=resident.id,
        area_path=resident.area_path,
        kind=kind if kind in EmergencyExit.Kind.values else EmergencyExit.Kind.OTHER_CARE,
        hospital=_hospital(hospital_id),
        reported_by=actor.id,
        orders=list(orders.order_by("starts_at").values_list("id", flat=True)),
        risk_areas=list(risk_areas.order_by("-rank").values_list("id", flat=True)),
    )
    facts: dict[str, Any] = {
        **_of_exit(exit_),
        "resident_id": resident.id,
        "exit_kind": exit_.kind,
        "orders": len(exit_.orders),
        "risk_areas": len(exit_.risk_areas),
    }
    try:
        with transaction.atomic():
            record(EmergencyExitStarted(**facts), actor=actor, because=because)
    except Exception:  # noqa: BLE001 - whatever goes wrong in what follows, the person leaves
        _log.exception("nothing followed from an emergency exit", extra={"exit": str(exit_.id)})
        record(EmergencyExitStartedAlone(**facts), actor=actor, because=because)
    return exit_


def _hospital(hospital_id: UUID | None) -> Site | None:
    if hospital_id is None:
        return None
    return Site.objects.filter(id=hospital_id, kind=Site.Kind.HOSPITAL).first()


def _of_exit(exit_: EmergencyExit) -> dict[str, Any]:
    return {"subject_id": exit_.id, "area_path": exit_.area_path, "code": exit_.code}


@transaction.atomic
def hand_over_patient(
    actor: Actor, exit_id: UUID, *, hospital_id: UUID | None = None
) -> EmergencyExit:
    """The hospital has taken over. Safe to repeat."""
    exit_ = get_exit(actor, exit_id, for_change=True)
    if exit_.state != EmergencyExit.State.LEFT:
        return exit_
    exit_.state, exit_.handed_over_at = EmergencyExit.State.HANDED_OVER, now()
    exit_.hospital = _hospital(hospital_id) or exit_.hospital
    exit_.save(update_fields=["state", "handed_over_at", "hospital"])
    record(
        EmergencyExitHandedOver(**_of_exit(exit_)),
        actor=actor,
        because=cause_or_last(exit_.id, None),
    )
    return exit_


@transaction.atomic
def return_from_care(actor: Actor, exit_id: UUID) -> EmergencyExit:
    """The person is back home, by the same closed loop. Nobody can refuse this. Safe to repeat."""
    exit_ = get_exit(actor, exit_id, for_change=True)
    if exit_.state == EmergencyExit.State.RETURNED:
        return exit_
    exit_.state, exit_.returned_at = EmergencyExit.State.RETURNED, now()
    exit_.save(update_fields=["state", "returned_at"])
    record(
        EmergencyExitReturned(**_of_exit(exit_)), actor=actor, because=cause_or_last(exit_.id, None)
    )
    return exit_


@transaction.atomic
def clear_exit(actor: Actor, exit_id: UUID, *, note: str = "") -> EmergencyExit:
    """The record is complete: who drove, which hospital, what is to follow. Safe to repeat."""
    exit_ = get_exit(actor, exit_id, for_change=True)
    must_one_of(actor, IN_THE_FIELD, exit_.area_path)
    if exit_.cleared_at is not None:
        return exit_
    exit_.cleared_at, exit_.note = now(), note.strip()
    exit_.save(update_fields=["cleared_at", "note"])
    record(
        EmergencyExitCleared(**_of_exit(exit_)), actor=actor, because=cause_or_last(exit_.id, None)
    )
    return exit_
