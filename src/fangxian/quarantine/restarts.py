"""A new infection among guests: whose days may be counted anew, for somebody to decide."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.measures.actions import extend_order
from fangxian.measures.exposures import note_exposure
from fangxian.measures.queries import get_order
from fangxian.protocol.packs import Pack
from fangxian.quarantine import rules
from fangxian.quarantine.asking import pack_at
from fangxian.quarantine.errors import DecisionNeedsReason, RestartIsDecided
from fangxian.quarantine.events import RestartDecided, RestartProposed
from fangxian.quarantine.models import Placement, Restart, RestartLine, Room, Zone
from fangxian.quarantine.placing import cause_of
from fangxian.quarantine.queries import get_restart
from fangxian.quarantine.sites import STAFF, must_one_of

_STAYS = (Placement.State.STAYING, Placement.State.IN_HOSPITAL)


@transaction.atomic
def propose_restart(actor: Actor, resident_id: UUID, *, because: Event | UUID) -> Restart | None:
    """Whom a new infection among the guests concerns, by the floors that the pack names.

    Nobody stays longer by this: it is a proposal, with until when each would stay. None where the
    infected person is no guest, the pack names no floors, or nobody would stay longer. Safe to
    repeat.
    """
    infected = (
        Placement.objects.select_related("room__facility__site", "order")
        .filter(resident=resident_id, state__in=_STAYS)
        .first()
    )
    if infected is None:
        return None
    must_one_of(actor, STAFF, infected.area_path)
    facility, room = infected.room.facility, infected.room
    cause = because.id if isinstance(because, Event) else because
    known = Restart.objects.filter(facility=facility, because_id=cause).first()
    pack = pack_at(infected.area_path)
    if known is not None or pack is None or pack.quarantine_site is None:
        return known
    floors = rules.floors_touched(
        room.floor,
        either_side=pack.quarantine_site.restart_floors.whole,
        existing=set(
            Room.objects.filter(facility=facility, zone=Zone.GUESTS).values_list("floor", flat=True)
        ),
    )
    exposed_at = now()
    touched = _touched(infected, floors, pack, exposed_at)
    if not touched:
        return None
    restart = Restart.objects.create(
        facility=facility,
        area_path=facility.area_path,
        placement=infected,
        because_id=cause,
        pack=pack.stamp,
        floors=floors,
        exposed_at=exposed_at,
    )
    RestartLine.objects.bulk_create(
        RestartLine(
            restart=restart,
            placement=placement,
            order_id=placement.order_id,
            because_id=note_exposure(
                PLAYBOOK, placement.order_id, exposed_at=exposed_at, because=because
            ).id,
            was=placement.order.ends_at,
            becomes=becomes,
        )
        for placement, becomes in touched
    )
    record(
        RestartProposed(
            subject_id=restart.id,
            area_path=restart.area_path,
            pack=restart.pack,
            site_id=facility.site_id,
            people=len(touched),
        ),
        actor=actor,
        because=because,
    )
    return restart


def _touched(
    infected: Placement, floors: list[int], pack: Pack, exposed_at: datetime
) -> list[tuple[Placement, datetime]]:
    """Guests on these floors whose order would end later if its days were counted from then."""
    rows = (
        Placement.objects.select_related("order")
        .filter(
            room__facility=infected.room.facility_id,
            room__floor__in=floors,
            state__in=_STAYS,
            order__state="in_force",
        )
        .exclude(resident=infected.resident_id)
        .order_by("room__floor", "room__name", "id")
    )
    found = []
    for placement in rows:
        becomes = _counted_anew(placement.order, pack, exposed_at)
        if becomes is not None and becomes > placement.order.ends_at:
            found.append((placement, becomes))
    return found


def _counted_anew(order: Any, pack: Pack, exposed_at: datetime) -> datetime | None:
    measure = pack.measure(order.subject)
    if measure is None or order.stage >= len(measure.stages):
        return None
    becomes: datetime = exposed_at + measure.stages[order.stage].span.length
    return becomes


@transaction.atomic
def decide_restart(actor: Actor, restart_id: UUID, *, apply: bool, reason: str) -> Restart:
    """Extend the orders of everybody named, each by the evidence about them, or leave them be.

    All or none. An order that ended meanwhile is left alone. The reason is theirs to read.
    """
    restart = get_restart(actor, restart_id, for_change=True)
    actor.must(Duty.DECIDE_MEASURES, at=restart.area_path)
    wanted = Restart.State.APPLIED if apply else Restart.State.DECLINED
    if restart.state != Restart.State.PROPOSED:
        if restart.state == wanted:
            return restart
        raise RestartIsDecided(str(restart.get_state_display()))
    if not reason.strip():
        raise DecisionNeedsReason
    extended = 0
    for line in restart.lines.order_by("id") if apply else ():
        order = get_order(actor, line.order_id)
        if order.state != "in_force" or line.becomes <= order.ends_at:
            continue
        extend_order(
            actor, order.id, until=line.becomes, reason=reason.strip(), because=line.because_id
        )
        extended += 1
    restart.state, restart.reason = wanted, reason.strip()
    restart.decided_at, restart.decided_by = now(), actor.id
    restart.save(update_fields=["state", "reason", "decided_at", "decided_by"])
    record(
        RestartDecided(
            subject_id=restart.id,
            area_path=restart.area_path,
            pack=restart.pack,
            site_id=restart.facility_id,
            decision=restart.state,
            people=extended,
        ),
        actor=actor,
        because=cause_of(restart.id, None),
    )
    return restart
