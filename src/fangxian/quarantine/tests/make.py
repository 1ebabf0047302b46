"""Ordinary sites, guests and readings for tests. Say only what is unusual.

It is noon of 2 September 2022 in Xining; cn-v9 is in force.
"""

from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING

from fangxian.areas.models import Area, Site
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.measures.models import Order
from fangxian.measures.tests import make as measures
from fangxian.measures.tests.make import NOON, actor, rules
from fangxian.people.actions import name_proxy
from fangxian.people.models import Resident
from fangxian.people.tests import make as people
from fangxian.quarantine.actions import (
    NewRoom,
    add_rooms,
    begin_watch,
    depart,
    open_facility,
    place_people,
    receive,
    record_reading,
    set_checks,
)
from fangxian.quarantine.models import Check, Placement, Reading, Room, Watch, Zone

if TYPE_CHECKING:
    from uuid import UUID

__all__ = ["NOON", "actor", "measures", "people", "rules"]

HEAD_MA = actor(Duty.DISPATCH, Duty.CARRY_OUT, Duty.SEE_REGISTER, name="Ma")
NURSE_YE = actor(Duty.CARRY_OUT, name="Ye")
OFFICER_DENG = actor(Duty.DECIDE_MEASURES, Duty.COMMAND, Duty.SEE_REGISTER, name="Deng")
OFFICER_HAN = actor(Duty.DECIDE_MEASURES, name="Han")

EVERY_CHECK = [check.value for check in Check]

_serial = count(1)


def staff(site: Site) -> Actor:
    """Somebody whose area is the site's own, far from where the guests live."""
    return actor(Duty.CARRY_OUT, within=site.area_path, name="Qiao")


def bare_site(name: str = "朝阳隔离点", *, within: Area | None = None) -> Site:
    place = within or people.community()
    return Site.objects.create(
        number=800_000 + next(_serial),
        kind=Site.Kind.QUARANTINE_SITE,
        name=name,
        area=place,
        area_path=place.path,
    )


def site(
    name: str = "朝阳隔离点",
    *,
    floors: tuple[int, ...] = (2, 3, 4, 5),
    rooms: int = 3,
    beds: int = 2,
    within: Area | None = None,
) -> Site:
    """An open site with three rooms of two beds on each of four floors."""
    made = bare_site(name, within=within)
    add_rooms(
        HEAD_MA,
        made.id,
        [
            NewRoom(floor=floor, name=f"{floor}0{number}", beds=beds)
            for floor in floors
            for number in range(1, rooms + 1)
        ]
        + [NewRoom(floor=1, name="A1", zone=Zone.CLEAN)],
    )
    set_checks(HEAD_MA, made.id, checks=EVERY_CHECK, phone="0971-5500000")
    open_facility(HEAD_MA, made.id)
    return made


def room(at: Site, name: str = "301") -> Room:
    return Room.objects.get(facility=at.id, name=name)


def family(*, child: bool = False) -> list[Resident]:
    """Two people of one household; with a child of seven, three."""
    home = people.dwelling()
    members = [people.resident(at=home), people.resident("李梅", at=home)]
    if child:
        members.append(child_at(home))
    return members


def child_at(home: Area) -> Resident:
    born = date(2015, 5, 1)
    return people.resident("王小明", at=home, identity=people.identity(born), birth_date=born)


def carer_of(who: Resident, carer: Resident) -> None:
    name_proxy(people.KEEPER, who.id, carer.id, relation="grandmother")


def ordered(who: Resident | None = None, **unusual: object) -> Order:
    """Seven days of quarantine in a designated facility."""
    return measures.order(who, **unusual)  # type: ignore[arg-type]


def at_home(who: Resident | None = None) -> Order:
    """Seven days of quarantine at home, as the contact of a contact."""
    return measures.order(who, subject="secondary_contact")


def watch(order: Order | None = None) -> Watch:
    """Somebody monitored at home since two days ago."""
    found = begin_watch(PLAYBOOK, (order or at_home()).id)
    assert found is not None
    Watch.objects.filter(id=found.id).update(begun_at=found.begun_at - timedelta(days=2))
    found.refresh_from_db()
    return found


def expected(
    who: Resident | None = None, *, at: Site | None = None, name: str = "301"
) -> Placement:
    """A room is kept for a close contact."""
    order = ordered(who)
    found = place_people(HEAD_MA, room(at or site(), name).id, [order.resident_id])
    return found[0]


def staying(who: Resident | None = None, *, at: Site | None = None, name: str = "301") -> Placement:
    """The same, arrived."""
    return arrived(expected(who, at=at, name=name))


def arrived(placement: Placement) -> Placement:
    journey = placement.transfers.get()
    depart(HEAD_MA, journey.id, vehicle="青A12345")
    receive(HEAD_MA, journey.id)
    placement.refresh_from_db()
    return placement


def reading(who: "UUID", degrees: str = "36.5", *symptoms: str, **unusual: object) -> Reading:
    return record_reading(
        HEAD_MA,
        who,
        temperature=Decimal(degrees),
        symptoms=symptoms,
        **unusual,  # type: ignore[arg-type]
    )
