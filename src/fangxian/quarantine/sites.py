"""Sites and rooms: prepared, opened, closed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotYours
from fangxian.kernel.ledger import record
from fangxian.measures import guards
from fangxian.measures.queries import last_event_of
from fangxian.protocol.vocabulary import between_words
from fangxian.quarantine.errors import (
    ChecksAreMissing,
    DoorMustOpen,
    GuestsAreStillHere,
    NoRooms,
    RoomIsEnteredTwice,
    RoomIsInUse,
)
from fangxian.quarantine.events import FacilityClosed, FacilityOpened, RoomsAdded
from fangxian.quarantine.models import Check, Facility, Placement, Room, Zone
from fangxian.quarantine.queries import HERE, checks_missing, get_facility, get_room, site_at

MANAGERS = (Duty.DISPATCH, Duty.DECIDE_MEASURES, Duty.COMMAND)
STAFF = (Duty.CARRY_OUT, *MANAGERS)


def must_one_of(actor: Actor, duties: Iterable[Duty], at: str) -> None:
    wanted = list(duties)
    if not any(actor.may(duty, at=at) for duty in wanted):
        raise NotYours(str(wanted[0].label))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRoom:
    floor: int
    name: str
    beds: int = 1
    zone: str = Zone.GUESTS


def _begin(actor: Actor, site_id: UUID) -> Facility:
    """The site's row, made when somebody first prepares it."""
    site = site_at(actor, site_id)
    Facility.objects.get_or_create(site=site, defaults={"area_path": site.area_path})
    return get_facility(actor, site_id, for_change=True)


@transaction.atomic
def add_rooms(actor: Actor, site_id: UUID, rooms: Sequence[NewRoom]) -> list[Room]:
    """Enter rooms; all of them, or none where a name is there already."""
    facility = _begin(actor, site_id)
    must_one_of(actor, MANAGERS, facility.area_path)
    names = [room.name.strip() for room in rooms]
    known = set(facility.rooms.filter(name__in=names).values_list("name", flat=True))
    twice = sorted(known | {name for name in names if names.count(name) > 1})
    if twice:
        raise RoomIsEnteredTwice(twice)
    made = Room.objects.bulk_create(
        Room(
            facility=facility,
            floor=room.floor,
            name=room.name.strip(),
            beds=room.beds,
            zone=room.zone,
        )
        for room in rooms
    )
    if made:
        record(
            RoomsAdded(subject_id=facility.site_id, area_path=facility.area_path, rooms=len(made)),
            actor=actor,
            because=last_event_of(PLAYBOOK, facility.site_id),
        )
    return made


@transaction.atomic
def set_checks(actor: Actor, site_id: UUID, *, checks: Iterable[str], phone: str = "") -> Facility:
    """Note what somebody has seen to be so. An open site loses none of them: it would close."""
    facility = _begin(actor, site_id)
    must_one_of(actor, STAFF, facility.area_path)
    seen = [check.value for check in Check if check.value in set(checks)]
    missing = [check for check in Check if check.value not in seen]
    if facility.state == Facility.State.OPEN and missing:
        _refuse(actor, facility, missing)
    facility.checks, facility.phone = seen, phone.strip() or facility.phone
    facility.save(update_fields=["checks", "phone"])
    return facility


@transaction.atomic
def open_facility(actor: Actor, site_id: UUID) -> Facility:
    """Let guests be placed here, once every check holds. Opening again changes nothing."""
    facility = _begin(actor, site_id)
    must_one_of(actor, MANAGERS, facility.area_path)
    if facility.state == Facility.State.OPEN:
        return facility
    if missing := checks_missing(actor, facility):
        _refuse(actor, facility, missing)
    guests = facility.rooms.filter(zone=Zone.GUESTS).count()
    if not guests:
        raise NoRooms
    facility.state, facility.closed_at = Facility.State.OPEN, None
    facility.opened_at, facility.opened_by = now(), actor.id
    facility.save(update_fields=["state", "opened_at", "opened_by", "closed_at"])
    record(
        FacilityOpened(subject_id=facility.site_id, area_path=facility.area_path, rooms=guests),
        actor=actor,
        because=last_event_of(PLAYBOOK, facility.site_id),
    )
    return facility


_DOORS = frozenset({Check.DOORS_OPEN, Check.WAYS_OUT_FREE})


def _refuse(actor: Actor, facility: Facility, missing: Sequence[Check]) -> None:
    """Doors are a guard of their own, which records that somebody tried."""
    if all(check in _DOORS for check in missing):
        attempt = guards.Attempt(actor=actor, about=facility.site_id, area_path=facility.area_path)
        guards.refuse(attempt, DoorMustOpen())
    labels = between_words().join(str(check.label) for check in missing)
    raise ChecksAreMissing([check.value for check in missing], labels)


@transaction.atomic
def close_facility(actor: Actor, site_id: UUID) -> Facility:
    """Nobody is placed here any more. Refused while somebody is here or expected."""
    facility = get_facility(actor, site_id, for_change=True)
    must_one_of(actor, MANAGERS, facility.area_path)
    if facility.state == Facility.State.CLOSED:
        return facility
    guests = Placement.objects.filter(room__facility=facility, state__in=HERE).count()
    if guests:
        raise GuestsAreStillHere(guests)
    facility.state, facility.closed_at = Facility.State.CLOSED, now()
    facility.save(update_fields=["state", "closed_at"])
    record(
        FacilityClosed(subject_id=facility.site_id, area_path=facility.area_path),
        actor=actor,
        because=last_event_of(PLAYBOOK, facility.site_id),
    )
    return facility


@transaction.atomic
def set_room_state(actor: Actor, room_id: UUID, *, state: str) -> Room:
    """Disinfected and ready again, or out of use; not while somebody is in it or expected."""
    room = get_room(actor, room_id)
    must_one_of(actor, STAFF, room.facility.area_path)
    changes: dict[str, Any] = {"state": Room.State(state)}
    taken = Placement.objects.filter(room=room, state__in=HERE).exists()
    if taken and room.state != changes["state"]:
        raise RoomIsInUse(room.name)
    room.state = changes["state"]
    room.save(update_fields=["state"])
    return room
