"""Who stays in which room: families together, everybody else alone, no child alone."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from fangxian.areas.models import Site
from fangxian.areas.queries import sites_of_kind
from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.measures import guards
from fangxian.measures.queries import get_order, last_event_of, orders_visible_to
from fangxian.people import queries as people
from fangxian.protocol.queries import in_force
from fangxian.quarantine import rules
from fangxian.quarantine.asking import child_below
from fangxian.quarantine.errors import (
    ChildAlone,
    FacilityIsNotOpen,
    FloorIsExposed,
    NoOrderInForce,
    NotStaying,
    OrderStillInForce,
    PlacedAlready,
    RoomIsFull,
    RoomIsNotForGuests,
    RoomIsNotReady,
    SiteIsFull,
    StrangersInOneRoom,
)
from fangxian.quarantine.events import (
    BedKept,
    PersonIsBack,
    PersonLeft,
    PersonMoved,
    PersonPlaced,
    PlacementCancelled,
    TransferAsked,
    TransferCancelled,
)
from fangxian.quarantine.models import Facility, Placement, Room, Transfer, Watch, Zone
from fangxian.quarantine.queries import (
    HERE,
    UNDER_WAY,
    floor_is_exposed,
    free_rooms,
    get_facility,
    get_placement,
    get_room,
    in_quarantine,
    occupancy,
)
from fangxian.quarantine.sites import STAFF, must_one_of

_ADVISED = 6  # names of rooms or sites in a piece of advice

Because = Event | UUID | None


def told(placement: Placement) -> dict[str, Any]:
    """What every fact of a placement says."""
    return {
        "subject_id": placement.id,
        "area_path": placement.area_path,
        "resident_id": placement.resident_id,
        "order_id": placement.order_id,
        "order": placement.order.code,
        "site_id": placement.room.facility_id,
        "room": placement.room.name,
    }


def told_of_journey(transfer: Transfer, *, area_path: str = "") -> dict[str, Any]:
    return {
        "subject_id": transfer.id,
        "area_path": area_path or transfer.from_path,
        "pack": transfer.pack,
        "code": transfer.code,
        "resident_id": transfer.resident_id,
        "order_id": transfer.order_id,
        "way": transfer.way,
    }


def cause_of(thing: UUID, because: Because) -> Event | UUID | None:
    return because or last_event_of(PLAYBOOK, thing)


def _number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('quarantine_transfer_number')")
        number: int = cursor.fetchone()[0]
    return number


# Into a room


@transaction.atomic
def place_people(
    actor: Actor, room_id: UUID, residents: Sequence[UUID], *, knowing: bool = False
) -> list[Placement]:
    """Keep a room for one person or a family, and ask for them to be fetched. All or nobody.

    Everybody needs an order for a designated facility in force. Asking again changes nothing.

    knowing   the people were told that a new infection near this floor may count their days anew
    """
    room = get_room(actor, room_id)
    facility = get_facility(actor, room.facility_id, for_change=True)
    must_one_of(actor, STAFF, facility.area_path)
    kept = [people.get_resident(PLAYBOOK, one).id for one in dict.fromkeys(residents)]
    orders = {one: _order_of(actor, one, facility.area_path) for one in dict.fromkeys(kept)}
    there = list(Placement.objects.filter(room=room, state__in=HERE).select_related("order"))
    known = {placement.resident_id: placement for placement in there}
    coming = [one for one in orders if one not in known]
    for one in coming:
        _is_nowhere_else(one)
    if coming:
        _may_stay(room, facility, [*known, *coming], coming, knowing=knowing)
    for one in coming:
        known[one] = _place(actor, room, orders[one], one, knowing=knowing)
    _say_who_shares(room)
    return [known[one] for one in orders]


def _order_of(actor: Actor, resident_id: UUID, area_path: str) -> Any:
    order = (
        orders_visible_to(PLAYBOOK)
        .filter(resident=resident_id, kind="central_quarantine", state="in_force")
        .order_by("-ends_at", "-id")
        .first()
    )
    if order is None:
        attempt = guards.Attempt(actor=actor, about=resident_id, area_path=area_path)
        guards.refuse(attempt, NoOrderInForce())
    return order


def _is_nowhere_else(resident_id: UUID) -> None:
    elsewhere = in_quarantine(PLAYBOOK, resident_id)
    if elsewhere is not None:
        raise PlacedAlready(elsewhere.room.facility.site.name, elsewhere.room.name)


def _may_stay(
    room: Room,
    facility: Facility,
    everybody: Sequence[UUID],
    coming: Sequence[UUID],
    *,
    knowing: bool,
) -> None:
    """Every rule of a room, the plainest first."""
    site = facility.site
    if facility.state != Facility.State.OPEN:
        raise FacilityIsNotOpen(site.name)
    if room.zone != Zone.GUESTS:
        raise RoomIsNotForGuests(room.name, str(room.get_zone_display()))
    if room.state != Room.State.READY:
        raise RoomIsNotReady(room.name, str(room.get_state_display()))
    free = [one.name for one in free_rooms(PLAYBOOK, site.id).exclude(id=room.id)[:_ADVISED]]
    guests = _guests(everybody)
    if rules.strangers(guests):
        if not free:
            raise SiteIsFull(site.name, _elsewhere(site))
        raise StrangersInOneRoom(room.name, free)
    if len(everybody) > room.beds:
        if not free:
            raise SiteIsFull(site.name, _elsewhere(site))
        raise RoomIsFull(room.name, room.beds, free)
    below = child_below(facility.area_path)
    if set(rules.children_alone(guests, below=below)) & set(coming):
        raise ChildAlone(int(below))
    if not knowing and floor_is_exposed(PLAYBOOK, room):
        raise FloorIsExposed(room.floor)


def _guests(residents: Iterable[UUID]) -> list[rules.Guest]:
    ids = list(residents)
    persons = people.brief(PLAYBOOK, ids)
    found = []
    for one in ids:
        resident = people.get_resident(PLAYBOOK, one)
        carers = people.proxies_of(PLAYBOOK, one).values_list("acts", flat=True)
        found.append(
            rules.Guest(
                id=one,
                household=resident.household_id,
                age=persons[one].age if one in persons else None,
                cared_by=frozenset(carers),
            )
        )
    return found


def _elsewhere(site: Site) -> list[tuple[str, int]]:
    """Other sites with free rooms, the emptiest first: whoever is turned away is told where to."""
    sites = [
        other for other in sites_of_kind(PLAYBOOK, Site.Kind.QUARANTINE_SITE) if other.id != site.id
    ]
    open_ones = set(
        Facility.objects.filter(site__in=sites, state=Facility.State.OPEN).values_list(
            "site", flat=True
        )
    )
    full = occupancy(PLAYBOOK, sites)
    found = [
        (other.name, full[other.id].free)
        for other in sites
        if other.id in open_ones and other.id in full and full[other.id].free
    ]
    return sorted(found, key=lambda one: -one[1])[:_ADVISED]


def _place(actor: Actor, room: Room, order: Any, resident_id: UUID, *, knowing: bool) -> Placement:
    placement = Placement.objects.create(
        resident_id=resident_id,
        order=order,
        room=room,
        area_path=room.facility.area_path,
        home_path=order.area_path,
        knowing=knowing,
        reserved_by=actor.id,
    )
    due_at, stamp = _fetched_by(order)
    event = record(
        PersonPlaced(**told(placement), due_at=due_at),
        actor=actor,
        because=last_event_of(PLAYBOOK, order.id),
    )
    ask_journey(
        actor,
        placement,
        way=Transfer.Way.TO_SITE,
        to_path=placement.area_path,
        from_path=order.area_path,
        due_at=due_at,
        stamp=stamp,
        because=event,
    )
    return placement


def _fetched_by(order: Any) -> tuple[datetime, str]:
    """The pack's limit for such a person, from when the order was issued."""
    pack = in_force(now(), order.area_path)
    limits = pack.time_limits
    span = limits.get(f"transfer.{order.subject}") or limits.get("transfer.close_contact")
    return (order.issued_at + span.length if span else now()), pack.stamp


def ask_journey(
    actor: Actor,
    placement: Placement,
    *,
    way: str,
    from_path: str,
    to_path: str,
    due_at: datetime,
    stamp: str,
    because: Because,
) -> Transfer:
    transfer = Transfer.objects.create(
        number=_number(),
        resident_id=placement.resident_id,
        order_id=placement.order_id,
        placement=placement,
        way=way,
        from_path=from_path,
        to_path=to_path,
        due_at=due_at,
        pack=stamp,
    )
    record(
        TransferAsked(
            **told_of_journey(transfer), due_at=due_at, from_path=from_path, to_path=to_path
        ),
        actor=actor,
        because=because,
    )
    return transfer


def _say_who_shares(room: Room) -> None:
    there = list(Placement.objects.filter(room=room, state__in=HERE))
    guests = _guests([one.resident_id for one in there])
    for placement, guest in zip(there, guests, strict=True):
        why = rules.shares(guest, guests)
        if why and why != placement.shares:
            Placement.objects.filter(id=placement.id).update(shares=why)
            placement.shares = why


@transaction.atomic
def change_room(
    actor: Actor, placement_id: UUID, room_id: UUID, *, knowing: bool = False
) -> Placement:
    """Another room of the same site, or a room of another one, which is a journey.

    By the same rules as a first room. Moving to where somebody is already changes nothing.
    """
    placement = get_placement(actor, placement_id, for_change=True)
    must_one_of(actor, STAFF, placement.area_path)
    room = get_room(PLAYBOOK, room_id)
    if placement.room_id == room.id:
        return placement
    if placement.state not in {Placement.State.STAYING, Placement.State.EXPECTED}:
        raise NotStaying(str(placement.get_state_display()))
    order = _order_of(actor, placement.resident_id, placement.area_path)
    facility = get_facility(PLAYBOOK, room.facility_id, for_change=True)
    there = Placement.objects.filter(room=room, state__in=HERE).values_list("resident", flat=True)
    coming = placement.resident_id
    _may_stay(room, facility, [*there, coming], [coming], knowing=knowing)
    old = placement.room
    if facility.site_id != old.facility_id:
        return _move_to_other_site(actor, placement, room, order, knowing=knowing)
    placement.room, placement.knowing = room, knowing
    placement.save(update_fields=["room", "knowing"])
    record(PersonMoved(**told(placement)), actor=actor, because=cause_of(placement.id, None))
    _say_who_shares(room)
    if placement.state == Placement.State.STAYING:
        vacate(old)
    return placement


def _move_to_other_site(
    actor: Actor, placement: Placement, room: Room, order: Any, *, knowing: bool
) -> Placement:
    if placement.state == Placement.State.EXPECTED:
        _cancel(actor, placement, cause_of(placement.id, None))
        return _place(actor, room, order, placement.resident_id, knowing=knowing)
    if placement.transfers.filter(state__in=UNDER_WAY).exists():
        raise NotStaying(str(Transfer.State.ON_THE_WAY.label))
    following = Placement.objects.create(
        resident_id=placement.resident_id,
        order=order,
        room=room,
        area_path=room.facility.area_path,
        home_path=placement.home_path,
        knowing=knowing,
        reserved_by=actor.id,
    )
    due_at, stamp = _fetched_by(order)
    due_at = max(due_at, now())
    event = record(
        PersonPlaced(**told(following), due_at=due_at),
        actor=actor,
        because=cause_of(placement.id, None),
    )
    ask_journey(
        actor,
        following,
        way=Transfer.Way.BETWEEN,
        from_path=placement.area_path,
        to_path=following.area_path,
        due_at=due_at,
        stamp=stamp,
        because=event,
    )
    return following


@transaction.atomic
def cancel_placement(actor: Actor, placement_id: UUID, *, because: Because = None) -> Placement:
    """The person does not come: the room is free again. Cancelling again changes nothing."""
    placement = get_placement(actor, placement_id, for_change=True)
    must_one_of(actor, STAFF, placement.area_path)
    if placement.state == Placement.State.CANCELLED:
        return placement
    if placement.state != Placement.State.EXPECTED:
        raise NotStaying(str(placement.get_state_display()))
    _cancel(actor, placement, cause_of(placement.id, because))
    return placement


def _cancel(actor: Actor, placement: Placement, cause: Because) -> None:
    placement.state = Placement.State.CANCELLED
    placement.save(update_fields=["state"])
    event = record(PlacementCancelled(**told(placement)), actor=actor, because=cause)
    for transfer in placement.transfers.select_for_update().filter(state=Transfer.State.ASKED):
        transfer.state = Transfer.State.CANCELLED
        transfer.save(update_fields=["state"])
        record(TransferCancelled(**told_of_journey(transfer)), actor=actor, because=event)


# To hospital and back: the bed is kept


@transaction.atomic
def keep_bed(actor: Actor, resident_id: UUID, *, because: Because = None) -> Placement | None:
    """Somebody left for care: nothing is asked, their bed is kept. None if they have none."""
    return _in_and_out(
        actor,
        resident_id,
        was=Placement.State.STAYING,
        becomes=Placement.State.IN_HOSPITAL,
        fact=BedKept,
        because=because,
    )


@transaction.atomic
def take_back(actor: Actor, resident_id: UUID, *, because: Because = None) -> Placement | None:
    """Back from care, into the bed that was kept."""
    return _in_and_out(
        actor,
        resident_id,
        was=Placement.State.IN_HOSPITAL,
        becomes=Placement.State.STAYING,
        fact=PersonIsBack,
        because=because,
    )


def _in_and_out(
    actor: Actor,
    resident_id: UUID,
    *,
    was: Placement.State,
    becomes: Placement.State,
    fact: type[BedKept | PersonIsBack],
    because: Because,
) -> Placement | None:
    found = _here(resident_id, was)
    if found is None:
        return None
    must_one_of(actor, STAFF, found.area_path)
    found.state = becomes
    found.save(update_fields=["state"])
    record(fact(**told(found)), actor=actor, because=cause_of(found.id, because))
    return found


def _here(resident_id: UUID, *states: Placement.State) -> Placement | None:
    return (
        Placement.objects.select_for_update(of=("self",))
        .select_related("room__facility__site", "order")
        .filter(resident=resident_id, state__in=states)
        .first()
    )


# Out of a room


@transaction.atomic
def arrange_way_home(
    actor: Actor, resident_id: UUID, *, because: Because = None
) -> Transfer | None:
    """An order ended: whoever is still here goes home, at once, and the community receipts it.

    Another order for a designated facility in force keeps the room. Who had not come need not;
    who was on the way is driven home. None where there is nothing to arrange. Safe to repeat.
    """
    other = (
        orders_visible_to(PLAYBOOK)
        .filter(resident=resident_id, kind="central_quarantine", state="in_force")
        .order_by("-ends_at", "-id")
        .first()
    )
    rows = Placement.objects.select_for_update(of=("self",)).select_related(
        "room__facility__site", "order"
    )
    transfer = None
    for placement in rows.filter(resident=resident_id, state__in=HERE).order_by("reserved_at"):
        must_one_of(actor, STAFF, placement.area_path)
        if other is not None:
            Placement.objects.filter(id=placement.id).update(order=other.id)
            continue
        cause = cause_of(placement.id, because)
        if placement.state == Placement.State.EXPECTED:
            transfer = _turn_round(actor, placement, cause) or transfer
        else:
            transfer = _go_home(actor, placement, cause)
    return transfer


def _turn_round(actor: Actor, placement: Placement, cause: Because) -> Transfer | None:
    """Somebody under way to a site that may no longer keep them."""
    moving = placement.transfers.select_for_update().filter(state=Transfer.State.ON_THE_WAY).first()
    _cancel(actor, placement, cause)
    if moving is None:
        return None
    moving.way, moving.to_path = Transfer.Way.HOME, placement.home_path
    moving.save(update_fields=["way", "to_path"])
    record(
        TransferAsked(
            **told_of_journey(moving),
            due_at=moving.due_at,
            from_path=moving.from_path,
            to_path=moving.to_path,
        ),
        actor=actor,
        because=cause,
    )
    return moving


def _go_home(actor: Actor, placement: Placement, cause: Because) -> Transfer:
    going = placement.transfers.filter(way=Transfer.Way.HOME, state__in=UNDER_WAY).first()
    if going is not None:
        return going
    home = people.homes_of(PLAYBOOK, [placement.resident_id]).get(placement.resident_id)
    pack = in_force(now(), placement.area_path)
    within = pack.monitoring.home_within.length if pack.monitoring else None
    return ask_journey(
        actor,
        placement,
        way=Transfer.Way.HOME,
        from_path=placement.area_path,
        to_path=home or placement.home_path,
        due_at=now() + within if within else now(),
        stamp=pack.stamp,
        because=cause,
    )


@transaction.atomic
def leave_for_hospital(
    actor: Actor, resident_id: UUID, *, because: Because = None
) -> Placement | None:
    """An infected guest was brought to hospital for treatment: the room is given up."""
    found = _here(resident_id, Placement.State.STAYING, Placement.State.IN_HOSPITAL)
    if found is None:
        return None
    must_one_of(actor, STAFF, found.area_path)
    leave(actor, found, Placement.Left.HOSPITAL, cause_of(found.id, because))
    return found


@transaction.atomic
def give_up_room(actor: Actor, resident_id: UUID, *, because: Because = None) -> Placement | None:
    """Somebody has died: their room is given up, and nobody fetches them. Safe to repeat."""
    found = _here(resident_id, *HERE)
    if found is None:
        return None
    must_one_of(actor, STAFF, found.area_path)
    cause = cause_of(found.id, because)
    if found.state == Placement.State.EXPECTED:
        _cancel(actor, found, cause)
        return found
    for transfer in found.transfers.select_for_update().filter(state=Transfer.State.ASKED):
        transfer.state = Transfer.State.CANCELLED
        transfer.save(update_fields=["state"])
        record(TransferCancelled(**told_of_journey(transfer)), actor=actor, because=cause)
    leave(actor, found, Placement.Left.DIED, cause)
    return found


@transaction.atomic
def arrange_release(actor: Actor, placement_id: UUID) -> Transfer | None:
    """By hand, for a person whom no order binds any more: the way home."""
    placement = get_placement(actor, placement_id)
    must_one_of(actor, STAFF, placement.area_path)
    binding = (
        orders_visible_to(PLAYBOOK)
        .filter(resident=placement.resident_id, kind="central_quarantine", state="in_force")
        .first()
    )
    if binding is not None:
        raise OrderStillInForce(get_order(PLAYBOOK, binding.id).code)
    return arrange_way_home(actor, placement.resident_id)


def leave(actor: Actor, placement: Placement, how: str, cause: Because) -> None:
    placement.state, placement.left_at, placement.left_how = Placement.State.LEFT, now(), how
    placement.save(update_fields=["state", "left_at", "left_how"])
    Watch.objects.filter(resident=placement.resident_id, ended_at=None).update(
        facility=None, area_path=placement.home_path
    )
    record(PersonLeft(**told(placement), how=how), actor=actor, because=cause)
    vacate(placement.room)


def vacate(room: Room) -> None:
    """Whoever was in it has left: it is disinfected before anybody else comes."""
    if not Placement.objects.filter(room=room, state__in=HERE).exists():
        Room.objects.filter(id=room.id).update(state=Room.State.TO_DISINFECT)
