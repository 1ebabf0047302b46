"""A quarantine site on the day: who is placed where, who comes, and how they are.

Only played under rules that take contacts to a designated facility.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import F

from fangxian.areas.queries import sites_of_kind
from fangxian.exercise.cast import BUILDER
from fangxian.exercise.scene import Scene
from fangxian.kernel import clock
from fangxian.kernel.access import PLAYBOOK
from fangxian.measures.queries import orders_in_force
from fangxian.people.queries import get_resident
from fangxian.protocol.queries import in_force
from fangxian.quarantine.actions import (
    NewRoom,
    add_rooms,
    depart,
    note_missed_readings,
    open_facility,
    place_people,
    receive,
    record_reading,
    set_checks,
    tell_own_reading,
)
from fangxian.quarantine.errors import ChildAlone
from fangxian.quarantine.queries import (
    checks_missing,
    free_rooms,
    in_quarantine,
    journeys_open,
    watch_of,
    watches_visible_to,
)

if TYPE_CHECKING:
    from fangxian.quarantine.models import Watch

FLOORS = (2, 3, 4)
ROOMS = ((1, 2), (2, 2), (3, 2), (4, 2), (5, 2), (6, 2), (7, 4), (8, 6))  # number and beds
HOUSEHOLDS = 5  # brought in one evening
RIDE = timedelta(minutes=25)
FEVER = Decimal("38.2")


def uses_sites(scene: Scene) -> bool:
    measure = in_force(clock.now(), scene.district).measure("close_contact")
    return bool(measure and any(one.kind == "central_quarantine" for one in measure.stages))


def open_the_site(scene: Scene, hands: clock.Hands) -> None:
    """Rooms on three floors; it opens when every check was seen to hold."""
    if not uses_sites(scene):
        return
    chen, ye = scene.actors["chen"], scene.actors["ye"]
    site = sites_of_kind(ye, "quarantine_site").first()
    if site is None:
        return
    rooms = [
        NewRoom(floor=floor, name=f"{floor}{number:02}", beds=beds)
        for floor in FLOORS
        for number, beds in ROOMS
    ]
    add_rooms(chen, site.id, [*rooms, NewRoom(floor=1, name="101", beds=1, zone="clean")])
    set_checks(
        ye,
        site.id,
        checks=[check.value for check in checks_missing(ye, None)],
        phone="0971-5500000",
    )
    open_facility(chen, site.id)
    scene.site = site.id


def bring_contacts(scene: Scene, hands: clock.Hands) -> None:
    """Rooms for some households, who are fetched; the others still wait at home."""
    if scene.site is None:
        return
    ye = scene.actors["ye"]
    for household in list(_waiting(scene))[:HOUSEHOLDS]:
        room = (
            free_rooms(ye, scene.site)
            .filter(beds__gte=len(household))
            .order_by("beds", "floor", "name")
            .first()
        )
        if room is None:
            continue
        try:
            place_people(ye, room.id, household)
        except ChildAlone:  # waits for somebody who may stay with it
            continue
    journeys = list(journeys_open(ye, site_id=scene.site).filter(state="asked"))
    for number, journey in enumerate(journeys):
        liu = scene.actors["liu"]
        sender = liu if liu.sees(journey.from_path) else scene.actors["chen"]
        depart(sender, journey.id, vehicle=f"青A1209{number % 10}")
    hands.forward(minutes=RIDE.seconds // 60)
    for journey in journeys:
        receive(ye, journey.id)


def _waiting(scene: Scene) -> Iterator[list[UUID]]:
    """Households with an order for a facility and no room yet, the oldest order first."""
    by_household: dict[UUID, list[UUID]] = defaultdict(list)
    orders = orders_in_force(BUILDER).filter(kind="central_quarantine").order_by("issued_at", "id")
    for one in orders.values_list("resident", flat=True):
        if in_quarantine(BUILDER, one) is None:
            by_household[get_resident(BUILDER, one).household_id or one].append(one)
    yield from by_household.values()


def read(scene: Scene, hands: clock.Hands) -> None:
    """The staff asks the guests; whoever is watched at home tells it on their own page."""
    _read(scene, _watched(scene))


def read_and_find_a_fever(scene: Scene, hands: clock.Hands) -> None:
    watched = _watched(scene)
    _read(scene, watched, feverish=watched[1:2])


def read_but_one(scene: Scene, hands: clock.Hands) -> None:
    """One guest's reading is forgotten; who was taken over is asked by telephone."""
    watched = _watched(scene)
    _read(scene, [one for one in watched[1:] if one.resident_id != scene.at_home])
    wang = scene.actors["wang"]
    if scene.at_home and watch_of(wang, scene.at_home):
        record_reading(wang, scene.at_home, temperature=Decimal("36.4"), way="phone")


def notice_what_is_missing(scene: Scene, hands: clock.Hands) -> None:
    note_missed_readings(PLAYBOOK)


def _watched(scene: Scene) -> "list[Watch]":
    """Guests of the site first."""
    watches = watches_visible_to(BUILDER).select_related("facility")
    return list(watches.order_by(F("facility").asc(nulls_last=True), "id"))


def _read(scene: Scene, watches: "Sequence[Watch]", *, feverish: "Sequence[Watch]" = ()) -> None:
    ye = scene.actors["ye"]
    cough = in_force(clock.now(), scene.district).people.symptoms[:1]
    for watch in watches:
        ill = watch in feverish
        degrees = FEVER if ill else Decimal(360 + scene.dice.randint(1, 8)) / 10
        symptoms = cough if ill else ()
        if watch.facility is None:
            tell_own_reading(PLAYBOOK, watch.code, temperature=degrees, symptoms=symptoms)
        else:
            record_reading(ye, watch.resident_id, temperature=degrees, symptoms=symptoms)
