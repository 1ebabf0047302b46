"""Sites open with every check, and rooms hold whom they may hold."""

import pytest

from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import Hands
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.ids import new_id
from fangxian.measures.actions import end_order
from fangxian.measures.queries import refusals_by_guards
from fangxian.people.actions import merge_residents
from fangxian.quarantine import queries
from fangxian.quarantine.actions import (
    NewRoom,
    add_rooms,
    cancel_placement,
    change_room,
    close_facility,
    open_facility,
    place_people,
    propose_restart,
    set_checks,
    set_room_state,
)
from fangxian.quarantine.errors import (
    ChecksAreMissing,
    ChildAlone,
    DoorMustOpen,
    FacilityIsNotOpen,
    FloorIsExposed,
    GuestsAreStillHere,
    NoOrderInForce,
    NoRooms,
    PlacedAlready,
    RoomIsEnteredTwice,
    RoomIsFull,
    RoomIsInUse,
    RoomIsNotForGuests,
    RoomIsNotReady,
    SiteIsFull,
    StrangersInOneRoom,
)
from fangxian.quarantine.tests import make
from fangxian.quarantine.tests.make import EVERY_CHECK, HEAD_MA, NURSE_YE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules()


# Opening


def test_a_site_opens_once_three_zones_two_passages_and_every_door_were_seen() -> None:
    site = make.bare_site()
    add_rooms(HEAD_MA, site.id, [NewRoom(floor=2, name="201")])
    set_checks(HEAD_MA, site.id, checks=EVERY_CHECK[:4])

    with pytest.raises(ChecksAreMissing, match="a passage for guests that staff never use"):
        open_facility(HEAD_MA, site.id)

    set_checks(HEAD_MA, site.id, checks=EVERY_CHECK)
    assert open_facility(HEAD_MA, site.id).state == "open"
    assert open_facility(HEAD_MA, site.id).state == "open"


@pytest.mark.django_db(transaction=True)
def test_a_site_whose_doors_do_not_open_from_inside_never_opens_and_the_attempt_is_kept() -> None:
    site = make.bare_site()
    add_rooms(HEAD_MA, site.id, [NewRoom(floor=2, name="201")])
    set_checks(HEAD_MA, site.id, checks=[one for one in EVERY_CHECK if one != "doors_open"])

    with pytest.raises(DoorMustOpen, match="never locked or blocked"):
        open_facility(HEAD_MA, site.id)

    refused = refusals_by_guards(make.OFFICER_DENG).get()
    assert refused.facts == {"guard": "door_must_open"}


@pytest.mark.django_db(transaction=True)
def test_an_open_site_cannot_lose_its_doors() -> None:
    site = make.site()

    with pytest.raises(DoorMustOpen):
        set_checks(HEAD_MA, site.id, checks=[c for c in EVERY_CHECK if c != "ways_out_free"])


def test_a_site_without_a_room_for_guests_does_not_open() -> None:
    site = make.bare_site()
    add_rooms(HEAD_MA, site.id, [NewRoom(floor=1, name="101", zone="clean")])
    set_checks(HEAD_MA, site.id, checks=EVERY_CHECK)

    with pytest.raises(NoRooms):
        open_facility(HEAD_MA, site.id)


def test_a_room_entered_twice_enters_none() -> None:
    site = make.site(floors=(2,))

    with pytest.raises(RoomIsEnteredTwice, match="201"):
        add_rooms(HEAD_MA, site.id, [NewRoom(floor=2, name="209"), NewRoom(floor=2, name="201")])

    assert not queries.rooms_of(HEAD_MA, site.id).filter(name="209").exists()


def test_a_site_closes_when_nobody_is_there_any_more() -> None:
    site = make.site()
    placement = make.expected(at=site)

    with pytest.raises(GuestsAreStillHere):
        close_facility(HEAD_MA, site.id)

    cancel_placement(HEAD_MA, placement.id)
    assert close_facility(HEAD_MA, site.id).state == "closed"
    with pytest.raises(FacilityIsNotOpen):
        make.expected(at=site)


def test_who_works_at_the_site_sees_guests_from_far_away_and_nobody_elsewhere() -> None:
    site, other = make.site(), make.site("另一隔离点")
    make.staying(at=site)
    qiao = make.staff(site)

    seen = queries.site_now(qiao, site.id)

    assert [guest.person.name for guest in seen.guests if guest.person] == ["王**"]
    with pytest.raises(NotFound):
        queries.site_now(qiao, other.id)
    with pytest.raises(NotYours):
        queries.site_now(make.actor(Duty.GUARD), site.id)


# Placing


def test_one_person_gets_a_room_alone_and_is_to_be_fetched_in_the_packs_time() -> None:
    order = make.ordered()

    [placement] = place_people(HEAD_MA, make.room(make.site()).id, [order.resident_id])

    assert placement.state == "expected"
    assert placement.shares == "alone"
    journey = placement.transfers.get()
    assert journey.way == "to_site"
    assert (journey.due_at - order.issued_at).total_seconds() == 8 * 3600
    again = place_people(HEAD_MA, placement.room_id, [order.resident_id])
    assert [one.id for one in again] == [placement.id]


def test_a_family_stays_together() -> None:
    members = make.family(child=True)
    for one in members:
        make.ordered(one)
    room = make.room(make.site(beds=3))

    placed = place_people(HEAD_MA, room.id, [one.id for one in members])

    for placement in placed:
        placement.refresh_from_db()
    assert {placement.shares for placement in placed} == {"family"}


def test_two_strangers_in_one_room_are_refused_with_the_rooms_that_are_free() -> None:
    site = make.site(floors=(3,))
    make.expected(at=site, name="301")
    stranger = make.ordered()

    with pytest.raises(StrangersInOneRoom, match="Free single rooms here: 302, 303") as refusal:
        place_people(HEAD_MA, make.room(site, "301").id, [stranger.resident_id])

    assert refusal.value.facts == {"free": ["302", "303"]}


def test_who_cares_for_somebody_may_share_their_room() -> None:
    old, carer = make.people.resident(), make.people.resident("李梅")
    make.carer_of(old, carer)
    for one in (old, carer):
        make.ordered(one)

    placed = place_people(HEAD_MA, make.room(make.site()).id, [old.id, carer.id])

    for placement in placed:
        placement.refresh_from_db()
    assert {placement.shares for placement in placed} == {"care"}


def test_a_child_is_never_alone() -> None:
    child = make.child_at(make.people.dwelling())
    make.ordered(child)

    with pytest.raises(ChildAlone, match="14"):
        place_people(HEAD_MA, make.room(make.site()).id, [child.id])


def test_a_family_needs_a_bed_each() -> None:
    members = make.family(child=True)
    for one in members:
        make.ordered(one)
    site = make.site(beds=2)

    with pytest.raises(RoomIsFull, match="2 beds"):
        place_people(HEAD_MA, make.room(site).id, [one.id for one in members])


@pytest.mark.django_db(transaction=True)
def test_nobody_is_placed_without_an_order_in_force_and_the_attempt_is_kept() -> None:
    free = make.people.resident()
    at_home = make.at_home()
    room = make.room(make.site())

    for one in (free.id, at_home.resident_id):
        with pytest.raises(NoOrderInForce):
            place_people(HEAD_MA, room.id, [one])

    kept = refusals_by_guards(make.OFFICER_DENG)
    assert {event.facts["guard"] for event in kept} == {"placed_without_order"}


@pytest.mark.django_db(transaction=True)
def test_who_has_died_is_under_no_order_and_gets_no_room() -> None:
    order = make.ordered()
    end_order(make.OFFICER_DENG, order.id, reason="the person has died")

    with pytest.raises(NoOrderInForce):
        place_people(HEAD_MA, make.room(make.site()).id, [order.resident_id])


def test_a_merged_record_means_the_one_that_was_kept() -> None:
    home = make.people.dwelling()
    kept, twin = make.people.resident(at=home), make.people.resident(at=home, identity="")
    make.ordered(kept)
    merge_residents(make.people.KEEPER, kept.id, twin.id)

    [placement] = place_people(HEAD_MA, make.room(make.site()).id, [twin.id])

    assert placement.resident_id == kept.id


def test_a_person_nobody_knows_is_not_placed() -> None:
    with pytest.raises(NotFound):
        place_people(HEAD_MA, make.room(make.site()).id, [new_id()])


def test_nobody_has_two_rooms() -> None:
    site = make.site()
    placement = make.expected(at=site, name="301")

    with pytest.raises(PlacedAlready, match="朝阳隔离点, 301"):
        place_people(HEAD_MA, make.room(site, "302").id, [placement.resident_id])


def test_a_full_site_says_where_there_is_room() -> None:
    full = make.site(floors=(3,), rooms=1)
    make.site("大堡子隔离点", floors=(3,), rooms=2)
    make.expected(at=full)

    with pytest.raises(SiteIsFull, match=r"大堡子隔离点 \(2\)"):
        make.expected(at=full)


def test_guests_stay_in_the_guests_zone_in_rooms_that_are_ready() -> None:
    site = make.site()
    order = make.ordered()
    set_room_state(HEAD_MA, make.room(site, "301").id, state="out_of_use")

    with pytest.raises(RoomIsNotForGuests):
        place_people(HEAD_MA, make.room(site, "A1").id, [order.resident_id])
    with pytest.raises(RoomIsNotReady):
        place_people(HEAD_MA, make.room(site, "301").id, [order.resident_id])


def test_a_room_with_somebody_in_it_is_not_taken_out_of_use() -> None:
    placement = make.expected()

    with pytest.raises(RoomIsInUse):
        set_room_state(HEAD_MA, placement.room_id, state="out_of_use")


def test_moving_within_the_site_leaves_a_room_to_be_disinfected() -> None:
    site = make.site()
    placement = make.staying(at=site, name="301")

    moved = change_room(HEAD_MA, placement.id, make.room(site, "401").id)

    assert moved.room.name == "401"
    assert make.room(site, "301").state == "to_disinfect"
    assert change_room(HEAD_MA, placement.id, make.room(site, "401").id).id == placement.id


def test_near_a_new_infection_nobody_moves_in_without_being_told(noon: Hands) -> None:
    site = make.site()
    infected = make.staying(at=site, name="301")
    make.staying(at=site, name="401")
    noon.forward(hours=20)
    propose_restart(PLAYBOOK, infected.resident_id, because=make.measures.case(infected.resident))
    order = make.ordered()

    with pytest.raises(FloorIsExposed, match="floor 2"):
        place_people(HEAD_MA, make.room(site, "202").id, [order.resident_id])
    [far] = place_people(HEAD_MA, make.room(site, "502").id, [order.resident_id])
    assert far.knowing is False
    other = make.ordered()
    [told] = place_people(HEAD_MA, make.room(site, "202").id, [other.resident_id], knowing=True)
    assert told.knowing is True


def test_a_nurse_places_people_but_does_not_open_sites() -> None:
    site = make.bare_site()

    with pytest.raises(NotYours):
        add_rooms(NURSE_YE, site.id, [NewRoom(floor=2, name="201")])


# Reserve


def test_rooms_are_counted_against_the_norm_of_the_pack() -> None:
    district = make.people.district()
    community = make.people.community(within=district)
    make.site(within=community, floors=(2,), rooms=2)
    for _one in range(3):
        make.people.resident(at=make.people.dwelling(f"{_one + 101}", within=community))
    make.expected(at=make.site("第二隔离点", within=community, floors=(2,), rooms=1), name="201")

    norm = queries.norm(HEAD_MA)

    assert norm is not None
    assert norm.per_10000 == 20
    assert norm.grade == "A"
    assert norm.also == ((40, "unverified"),)
    assert norm.reserve.rooms == 3
    assert norm.reserve.taken == 1
    assert norm.reserve.free == 2
    assert norm.reserve.needed == 1
