"""From the first look to the door at home. Every step may be said by whoever sees it happen.

No duty is asked for on the way, and no step waits for the one before it: somebody who has already
left is recorded as having left. What is refused is a word that would keep a person from care.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from fangxian.areas.models import Site
from fangxian.care import asking, rules
from fangxian.care.errors import (
    AnotherVehicle,
    JourneyToCareIsOver,
    MustBeDriven,
    SayWhatBecameOfThem,
    StillOnTheWay,
    VehicleNotNamed,
    WhoSaidSo,
)
from fangxian.care.events import (
    CareClimbed,
    CareClosed,
    CareDeparted,
    CareHandedOver,
    CareHasNoAmbulance,
    CareIdentified,
    CareReturning,
    CareStepAlone,
    CareTriaged,
    CareTurnedAway,
    CareVehicleDisinfected,
    CareVehicleNamed,
    RideMissed,
)
from fangxian.care.models import MOVES, CareTransfer, Escort, Means, Step, What
from fangxian.care.queries import get_transfer, suggestion_for
from fangxian.care.requesting import (
    Because,
    add_step,
    one_at_a_time,
    said_plainly,
    tell,
    told,
    under_way,
    worsen,
)
from fangxian.dispatch.kinds import TaskLevel
from fangxian.kernel.access import Actor
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import Fact
from fangxian.measures.actions import (
    hand_over_patient,
    leave_for_emergency_care,
    return_from_care,
)
from fangxian.people.queries import get_resident

_log = logging.getLogger("fangxian.care")
State = CareTransfer.State
BEFORE = (State.REQUESTED, State.TRIAGED, State.VEHICLE_ASSIGNED)
"""The person has not left yet, as far as anybody has said."""
_LIMITS: dict[str, str] = {
    State.REQUESTED: "triage_within",
    State.TRIAGED: "car_within",
    State.VEHICLE_ASSIGNED: "depart_within",
    State.DEPARTED: "hand_over_within",
    State.RETURNING: "home_within",
}


def limit_of(transfer: CareTransfer) -> str:
    """Which limit of the rules the next step has; "" where nothing is waited for."""
    if transfer.state == State.TRIAGED:
        if transfer.means == Means.AMBULANCE:
            return "ambulance_within"
        if transfer.means == Means.COMMUNITY_MEDIC:
            return "call_back_within"
    return _LIMITS.get(transfer.state, "")


def _due(transfer: CareTransfer) -> datetime | None:
    limit = limit_of(transfer)
    if not limit:
        return None
    if transfer.wanted_at is not None and transfer.state in BEFORE:
        lead = asking.within(transfer.area_path, "lead")
        if transfer.state == State.VEHICLE_ASSIGNED:
            lead -= asking.within(transfer.area_path, "grace")
        else:
            lead += asking.within(transfer.area_path, "car_within")
        return max(transfer.wanted_at - lead, now())
    return now() + asking.within(transfer.area_path, limit)


def _move(transfer: CareTransfer, state: str, *fields: str) -> None:
    transfer.state = state
    transfer.due_at, transfer.climbed_at = _due(transfer), None
    transfer.save(update_fields=["state", "due_at", "climbed_at", *fields])


def _open(actor: Actor, transfer_id: UUID) -> CareTransfer:
    transfer = get_transfer(actor, transfer_id, for_change=True)
    if transfer.state == State.DONE:
        raise JourneyToCareIsOver(transfer.code)
    return transfer


def _say(actor: Actor, transfer: CareTransfer, fact: Fact, step: Step.Kind, cause: Because) -> None:
    alone = CareStepAlone(**told(transfer), step=step)
    tell(fact, alone, actor, cause)


# Before the person leaves


@transaction.atomic
def triage(
    actor: Actor,
    transfer_id: UUID,
    *,
    means: str,
    what: str = "",
    hospital_id: UUID | None = None,
    escort: str = "",
    note: str = "",
    because: Because = None,
) -> CareTransfer:
    """Somebody has looked at it and says how the person is brought. Decided anew until they leave.

    Whoever is in danger or in labour is driven: a medic may come too, never instead. Looking at it
    again with the same words changes nothing.
    """
    transfer = _open(actor, transfer_id)
    if what in What.values and what != transfer.what and transfer.state in BEFORE:
        if rules.more_urgent(what, transfer.what):
            worsen(actor, transfer, what, because=because)
        else:
            transfer.what = what
    chosen = means if means in Means.values else suggestion_for(actor, transfer).means
    if rules.in_danger(transfer.what) and chosen not in MOVES:
        raise MustBeDriven(str(What(transfer.what).label))
    if transfer.state not in BEFORE:
        return transfer
    hospital = _hospital(hospital_id) or transfer.hospital
    proposed = suggestion_for(actor, transfer)
    wanted_escort = escort if escort in Escort.values else transfer.escort or proposed.escort
    known = (transfer.means, transfer.hospital_id, transfer.escort)
    if transfer.state != State.REQUESTED and known == (
        chosen,
        hospital.id if hospital else None,
        wanted_escort,
    ):
        return transfer
    transfer.means, transfer.hospital = chosen, hospital
    transfer.suggested = proposed.means
    transfer.escort, transfer.protection = wanted_escort, proposed.protection
    transfer.triaged_at = transfer.triaged_at or now()
    _move(
        transfer,
        State.TRIAGED,
        "what",
        "means",
        "hospital",
        "suggested",
        "escort",
        "protection",
        "triaged_at",
    )
    add_step(actor, transfer, Step.Kind.TRIAGED, detail=chosen, note=note)
    _say(
        actor,
        transfer,
        CareTriaged(
            **told(transfer), what=transfer.what, means=chosen, suggested=transfer.suggested
        ),
        Step.Kind.TRIAGED,
        because,
    )
    return transfer


def _hospital(hospital_id: UUID | None) -> Site | None:
    if hospital_id is None:
        return None
    return Site.objects.filter(id=hospital_id, kind=Site.Kind.HOSPITAL).first()


@transaction.atomic
def say_no_ambulance(actor: Actor, transfer_id: UUID, *, because: Because = None) -> CareTransfer:
    """120 cannot come, or not soon: the street sends a car at once. Safe to repeat."""
    transfer = _open(actor, transfer_id)
    if transfer.state not in BEFORE:
        return transfer
    if transfer.no_ambulance_at is not None and transfer.means == Means.STREET_CAR:
        return transfer
    transfer.no_ambulance_at = now()
    transfer.means, transfer.vehicle, transfer.assigned_at = Means.STREET_CAR, "", None
    transfer.triaged_at = transfer.triaged_at or now()
    _move(
        transfer,
        State.TRIAGED,
        "no_ambulance_at",
        "means",
        "vehicle",
        "assigned_at",
        "triaged_at",
    )
    add_step(actor, transfer, Step.Kind.NO_AMBULANCE)
    _say(
        actor,
        transfer,
        CareHasNoAmbulance(**told(transfer)),
        Step.Kind.NO_AMBULANCE,
        because,
    )
    return transfer


@transaction.atomic
def assign_vehicle(
    actor: Actor,
    transfer_id: UUID,
    *,
    vehicle: str,
    driver_phone: str = "",
    means: str = "",
    shared_because: str = "",
    because: Because = None,
) -> CareTransfer:
    """Name the vehicle. One vehicle carries one patient, and one escort where that is needed.

    shared_because   two patients belong together, as a mother and her newborn
    """
    transfer = _open(actor, transfer_id)
    plate = plain_plate(vehicle)
    if transfer.state not in BEFORE or (transfer.vehicle == plate and plate):
        return transfer
    drives = means if means in MOVES else transfer.means
    drives = drives if drives in MOVES else Means.STREET_CAR
    if not plate and drives != Means.AMBULANCE:
        raise VehicleNotNamed
    transfer.vehicle, transfer.driver_phone = plate, driver_phone.strip()[:20]
    transfer.shared_because, transfer.means = shared_because.strip()[:200], drives
    transfer.assigned_at = now()
    transfer.triaged_at = transfer.triaged_at or now()
    if not transfer.protection:
        transfer.protection = suggestion_for(actor, transfer).protection
    try:
        with transaction.atomic():
            _move(
                transfer,
                State.VEHICLE_ASSIGNED,
                "vehicle",
                "driver_phone",
                "shared_because",
                "means",
                "assigned_at",
                "triaged_at",
                "protection",
            )
    except IntegrityError as error:
        raise AnotherVehicle(plate) from error
    add_step(actor, transfer, Step.Kind.ASSIGNED, detail=plate or str(drives))
    _say(
        actor,
        transfer,
        CareVehicleNamed(**told(transfer), means=drives),
        Step.Kind.ASSIGNED,
        because,
    )
    return transfer


def plain_plate(text: str) -> str:
    return "".join(text.split()).replace("·", "").upper()[:12]


@transaction.atomic
def identify(actor: Actor, transfer_id: UUID, resident_id: UUID) -> CareTransfer:
    """It is known who it is. Safe to repeat; somebody else's name is not put over a known one."""
    transfer = get_transfer(actor, transfer_id, for_change=True)
    resident = get_resident(replace(actor, within=""), resident_id)
    if transfer.resident_id is not None:
        return transfer
    one_at_a_time(resident.id)
    transfer.resident = resident
    transfer.save(update_fields=["resident"])
    add_step(actor, transfer, Step.Kind.IDENTIFIED)
    if transfer.departed_at is not None and transfer.state != State.DONE:
        _open_gates(actor, transfer)
    _say(
        actor,
        transfer,
        CareIdentified(**told(transfer), resident_id=resident.id),
        Step.Kind.IDENTIFIED,
        None,
    )
    return transfer


# On the way


@transaction.atomic
def depart(actor: Actor, transfer_id: UUID, *, because: Because = None) -> CareTransfer:
    """The person is on the way, with or without a vehicle of ours; gates let them through.

    Whatever was not decided before is taken as it went. Safe to repeat.
    """
    transfer = _open(actor, transfer_id)
    if transfer.state not in BEFORE:
        return transfer
    if transfer.means not in MOVES:
        transfer.means = Means.OWN_CAR
    transfer.triaged_at = transfer.triaged_at or now()
    transfer.departed_at = now()
    _move(transfer, State.DEPARTED, "means", "triaged_at", "departed_at")
    add_step(actor, transfer, Step.Kind.DEPARTED, detail=transfer.vehicle or transfer.means)
    _open_gates(actor, transfer)
    _say(
        actor,
        transfer,
        CareDeparted(**told(transfer), means=transfer.means),
        Step.Kind.DEPARTED,
        because,
    )
    return transfer


def _open_gates(actor: Actor, transfer: CareTransfer) -> None:
    """The emergency exit, by which every gate knows. Trouble there stops nobody."""
    if transfer.resident_id is None or transfer.exit_id is not None:
        return
    everywhere = replace(actor, within="")
    resident_id, hospital_id, what = transfer.resident_id, transfer.hospital_id, transfer.what

    def leave() -> None:
        left = leave_for_emergency_care(everywhere, resident_id, kind=what, hospital_id=hospital_id)
        transfer.exit = left
        transfer.save(update_fields=["exit"])

    _whatever_happens(transfer, leave)


def _whatever_happens(transfer: CareTransfer, step: Callable[[], object]) -> None:
    try:
        with transaction.atomic():
            step()
    except Exception:  # noqa: BLE001 - whatever goes wrong beside it, the journey goes on
        _log.exception("the emergency exit did not follow", extra={"transfer": str(transfer.id)})


@transaction.atomic
def turn_away(
    actor: Actor, transfer_id: UUID, *, hospital_id: UUID | None = None, note: str = ""
) -> CareTransfer:
    """A hospital does not take the person: they are brought to another, and it is looked into.

    hospital_id   where to instead; the next paired one where nobody says
    """
    transfer = _open(actor, transfer_id)
    was = transfer.hospital_id
    transfer.hospital = _hospital(hospital_id)
    transfer.turned_away += 1
    transfer.due_at = _due(transfer)
    transfer.save(update_fields=["hospital", "turned_away", "due_at"])
    add_step(actor, transfer, Step.Kind.TURNED_AWAY, note=note)
    _say(
        actor,
        transfer,
        CareTurnedAway(**told(transfer), hospital_id=was, times=transfer.turned_away),
        Step.Kind.TURNED_AWAY,
        None,
    )
    return transfer


@transaction.atomic
def hand_over(
    actor: Actor,
    transfer_id: UUID,
    *,
    hospital_id: UUID | None = None,
    received_by: str = "",
    because: Because = None,
) -> CareTransfer:
    """The hospital has taken over; `received_by` signed for it. Safe to repeat."""
    transfer = get_transfer(actor, transfer_id, for_change=True)
    if transfer.state in {State.HANDED_OVER, State.RETURNING, State.DONE}:
        return transfer
    if transfer.departed_at is None:
        transfer = depart(actor, transfer_id, because=because)
    transfer.handed_over_at = now()
    transfer.hospital = _hospital(hospital_id) or transfer.hospital
    transfer.received_by = said_plainly(received_by)[:60] or None
    _move(transfer, State.HANDED_OVER, "handed_over_at", "hospital", "received_by")
    add_step(actor, transfer, Step.Kind.HANDED_OVER)
    if transfer.exit_id is not None:
        exit_id, everywhere = transfer.exit_id, replace(actor, within="")
        _whatever_happens(
            transfer,
            lambda: hand_over_patient(everywhere, exit_id, hospital_id=transfer.hospital_id),
        )
    _say(
        actor,
        transfer,
        CareHandedOver(**told(transfer), receipted=transfer.received_by is not None),
        Step.Kind.HANDED_OVER,
        because,
    )
    return transfer


# Back


@transaction.atomic
def begin_return(
    actor: Actor,
    transfer_id: UUID,
    *,
    means: str = "",
    vehicle: str = "",
    because: Because = None,
) -> CareTransfer:
    """The hospital has discharged the person: back by the same closed loop. Safe to repeat."""
    transfer = _open(actor, transfer_id)
    if transfer.state == State.RETURNING:
        return transfer
    if transfer.handed_over_at is None:
        transfer = hand_over(actor, transfer_id, because=because)
    transfer.returning_at = now()
    if means in MOVES:
        transfer.means = means
    transfer.vehicle, transfer.disinfected_at = plain_plate(vehicle), None
    try:
        with transaction.atomic():
            _move(transfer, State.RETURNING, "returning_at", "means", "vehicle", "disinfected_at")
    except IntegrityError as error:
        raise AnotherVehicle(transfer.vehicle) from error
    add_step(actor, transfer, Step.Kind.RETURNING, detail=transfer.vehicle)
    _say(
        actor,
        transfer,
        CareReturning(**told(transfer), resident_id=transfer.resident_id),
        Step.Kind.RETURNING,
        because,
    )
    return transfer


@transaction.atomic
def note_disinfected(actor: Actor, transfer_id: UUID) -> CareTransfer:
    """The vehicle was disinfected after the ride. Safe to repeat."""
    transfer = get_transfer(actor, transfer_id, for_change=True)
    if transfer.disinfected_at is None:
        transfer.disinfected_at = now()
        transfer.save(update_fields=["disinfected_at"])
        add_step(actor, transfer, Step.Kind.DISINFECTED, detail=transfer.vehicle)
        _say(
            actor,
            transfer,
            CareVehicleDisinfected(**told(transfer)),
            Step.Kind.DISINFECTED,
            None,
        )
    return transfer


@transaction.atomic
def close(
    actor: Actor, transfer_id: UUID, *, outcome: str, note: str = "", because: Because = None
) -> CareTransfer:
    """What became of the person. Closing it again changes nothing.

    Treated where they were, or no longer wanted: only before they have left, and never decided for
    them: `note` says who of them or theirs said so.
    """
    transfer = get_transfer(actor, transfer_id, for_change=True)
    if transfer.state == State.DONE:
        return transfer
    if outcome not in CareTransfer.Outcome.values:
        raise SayWhatBecameOfThem
    said = said_plainly(note)
    on_the_spot = {CareTransfer.Outcome.TREATED, CareTransfer.Outcome.NOT_WANTED}
    if outcome in on_the_spot:
        if transfer.departed_at is not None:
            raise StillOnTheWay(transfer.code)
        if not said and because is None:
            raise WhoSaidSo
    transfer.outcome, transfer.done_at = outcome, now()
    _move(transfer, State.DONE, "outcome", "done_at")
    add_step(actor, transfer, Step.Kind.DONE, detail=outcome, note=said)
    if transfer.exit_id is not None and outcome == CareTransfer.Outcome.HOME:
        exit_id, everywhere = transfer.exit_id, replace(actor, within="")
        _whatever_happens(transfer, lambda: return_from_care(everywhere, exit_id))
    _say(
        actor,
        transfer,
        CareClosed(
            **told(transfer),
            resident_id=transfer.resident_id,
            exit_id=transfer.exit_id,
            outcome=outcome,
            what=transfer.what,
        ),
        Step.Kind.DONE,
        because,
    )
    return transfer


# Emergency exits, which may have begun without a journey


@transaction.atomic
def join_exit(
    actor: Actor, resident_id: UUID, exit_id: UUID, *, because: Because = None
) -> CareTransfer | None:
    """An emergency exit was recorded for somebody who is waited for already: one story from here.

    None where nobody waits for them.
    """
    one_at_a_time(resident_id)
    known = CareTransfer.objects.filter(exit=exit_id).first()
    if known is not None:
        return known
    found = under_way(resident_id)
    if found is None:
        return None
    transfer = CareTransfer.objects.select_for_update().get(id=found.id)
    transfer.exit_id = exit_id
    transfer.came_without_us = transfer.departed_at is None
    transfer.save(update_fields=["exit", "came_without_us"])
    if transfer.came_without_us:
        add_step(actor, transfer, Step.Kind.LET_THROUGH)
    return transfer


# What is late


@transaction.atomic
def climb_overdue(actor: Actor) -> int:
    """Let the next level see each journey whose next step is overdue; how many went up.

    Each level has as long as the step had; at the district it stays, and is seen to be late.
    """
    at = now()
    late = CareTransfer.objects.select_for_update(skip_locked=True).filter(
        due_at__lte=at, level__lt=_DISTRICT, area_path__startswith=actor.within
    )
    risen = 0
    for transfer in late.order_by("due_at", "id"):
        limit = limit_of(transfer)
        span = asking.within(transfer.area_path, limit) if limit else timedelta()
        due = transfer.due_at
        if due is None or not rules.climbed(due, transfer.climbed_at, span, at):
            continue
        transfer.level = rules.next_level(transfer.level)
        transfer.climbed_at = at
        transfer.save(update_fields=["level", "climbed_at"])
        add_step(actor, transfer, Step.Kind.CLIMBED, detail=str(transfer.level))
        _say(
            actor,
            transfer,
            CareClimbed(
                **told(transfer),
                state=transfer.state,
                means=transfer.means,
                seen_by=TaskLevel.at(transfer.level),
            ),
            Step.Kind.CLIMBED,
            None,
        )
        risen += 1
    return risen


@transaction.atomic
def note_missed_rides(actor: Actor) -> int:
    """Notice, once, each booked ride that should have left and has not; how many are new."""
    at, found = now(), 0
    ahead = CareTransfer.objects.select_for_update(skip_locked=True).filter(
        wanted_at__lte=at + _LONGEST_LEAD,
        missed_at=None,
        state__in=BEFORE,
        area_path__startswith=actor.within,
    )
    for transfer in ahead.order_by("wanted_at", "id"):
        lead, grace = (asking.within(transfer.area_path, one) for one in ("lead", "grace"))
        if transfer.wanted_at is None or at < transfer.wanted_at - lead + grace:
            continue
        transfer.missed_at = at
        transfer.save(update_fields=["missed_at"])
        add_step(actor, transfer, Step.Kind.MISSED)
        _say(
            actor,
            transfer,
            RideMissed(**told(transfer), resident_id=transfer.resident_id),
            Step.Kind.MISSED,
            None,
        )
        found += 1
    return found


_DISTRICT = 3
_LONGEST_LEAD = timedelta(hours=24)  # beyond what any rule asks for; only narrows the search
