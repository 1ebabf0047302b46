"""Seats, rooms, and whom a close contact met: what the search proposes beyond minutes."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from fangxian.areas.models import Site
from fangxian.cases.actions import confirm_contacts, find_contacts, forget_visits
from fangxian.cases.errors import PlaceIsNotKnown
from fangxian.cases.models import Case, Contact, Seat
from fangxian.cases.queries import meetings_behind
from fangxian.cases.seats import divide_place, seat_people
from fangxian.cases.tests import make
from fangxian.engines.tracing.seats import Layout, Spot
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import Hands
from fangxian.people.models import Resident
from fangxian.people.tests import make as people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture(autouse=True)
def _rules(noon: Hands) -> None:
    make.rules()


def _found(case: Case) -> dict[str, Contact]:
    return {str(contact.resident_id): contact for contact in find_contacts(make.MA, case.id)}


def _aboard(layout: Layout, *riders: tuple[Resident, Spot], minutes: float = 5) -> None:
    """One ride of all of them, too short for minutes to count."""
    vehicle = make.site("西宁—大通客车")
    divide_place(make.MA, vehicle.number, layout)
    seat_people(make.MA, vehicle.number, {rider.number: spot for rider, spot in riders})
    for rider, _spot in riders:
        make.visit(rider, vehicle, minutes=minutes)


def test_rows_before_and_behind_in_a_plane_are_close_and_the_rest_is_not() -> None:
    ill, beside, far, steward, unseated = (people.resident() for _ in range(5))
    _aboard(
        Layout.PLANE,
        (ill, Spot(row=12)),
        (beside, Spot(row=15)),
        (far, Spot(row=20)),
        (steward, Spot(crew=True)),
        (unseated, Spot()),
        minutes=150,
    )
    case = make.case(ill)

    found = _found(case)

    assert {str(one.id): found[str(one.id)].kind for one in (beside, far, steward, unseated)} == {
        str(beside.id): "close",
        str(far.id): "general",  # two and a half hours in one cabin, and not near
        str(steward.id): "close",
        str(unseated.id): "close",  # where the seat is not known nobody is left out
    }
    assert found[str(beside.id)].how == Contact.How.VEHICLE
    assert found[str(unseated.id)].how == Contact.How.CO_PRESENCE


def test_everybody_in_a_sealed_coach_is_close_after_five_minutes() -> None:
    ill, other = people.resident(), people.resident()
    _aboard(Layout.COACH_SEALED, (ill, Spot(row=1)), (other, Spot(row=12)))

    contact = _found(make.case(ill))[str(other.id)]

    assert (contact.kind, contact.how, contact.minutes) == ("close", "vehicle", 5)


def test_colleagues_in_the_same_room_are_close_and_those_next_door_are_not() -> None:
    ill, same, next_door = (people.resident() for _ in range(3))
    _aboard(
        Layout.ROOMS,
        (ill, Spot(room="302")),
        (same, Spot(room="302")),
        (next_door, Spot(room="303")),
        minutes=480,
    )

    found = _found(make.case(ill))

    assert (found[str(same.id)].kind, found[str(same.id)].how) == ("close", "room")
    assert (found[str(next_door.id)].kind, found[str(next_door.id)].minutes) == ("general", 480)


def test_far_apart_in_a_train_but_an_hour_together_at_lunch_is_close() -> None:
    ill, other = people.resident(), people.resident()
    _aboard(Layout.TRAIN_CARRIAGE, (ill, Spot(room="3")), (other, Spot(room="9")), minutes=200)
    canteen = make.site()
    for one in (ill, other):
        make.visit(one, canteen, hours_ago=10, minutes=60)

    contact = _found(make.case(ill))[str(other.id)]

    assert (contact.kind, contact.how) == ("close", "co_presence")


def test_seats_said_again_change_nothing_and_corrected_ones_replace() -> None:
    rider, coach = people.resident(), make.site()

    assert seat_people(make.MA, coach.number, {rider.number: Spot(row=3)}) == 1
    assert seat_people(make.MA, coach.number, {rider.number: Spot(row=3), 10**8: Spot(row=1)}) == 0
    assert seat_people(make.MA, coach.number, {rider.number: Spot(row=4)}) == 1
    assert list(Seat.objects.values_list("person", "row")) == [(rider.number, 4)]


def test_a_place_that_is_not_known_has_no_seats() -> None:
    with pytest.raises(PlaceIsNotKnown):
        divide_place(make.MA, 77, Layout.SHIP)
    with pytest.raises(PlaceIsNotKnown):
        seat_people(make.MA, 77, {1: Spot(row=1)})


@pytest.mark.parametrize(
    ("said", "constraint"),
    [
        ({"row": 0}, "seat_row_counts_from_one"),
        ({}, "seat_says_something"),
    ],
)
def test_what_a_seat_may_not_be(said: dict[str, int], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Seat.objects.create(person=1, place=1, **said)


def test_a_person_has_one_seat_at_a_place() -> None:
    Seat.objects.create(person=1, place=1, row=1)
    with pytest.raises(IntegrityError, match="seat_is_one_a_person"), transaction.atomic():
        Seat.objects.create(person=1, place=1, row=2)


# Contacts of contacts


def test_whom_a_close_contact_met_since_is_proposed_once_the_contact_is_confirmed() -> None:
    ill, close, before, after, passing = (people.resident() for _ in range(5))
    market, canteen = make.site(), make.site("食堂")
    make.visit(close, canteen, hours_ago=40, minutes=60)
    make.visit(before, canteen, hours_ago=40, minutes=60)
    make.visit(ill, market, hours_ago=20, minutes=60)
    make.visit(close, market, hours_ago=20, minutes=60)
    make.visit(close, canteen, hours_ago=10, minutes=60)
    make.visit(after, canteen, hours_ago=10, minutes=45)
    make.visit(passing, canteen, hours_ago=9.1, minutes=30)  # six minutes together
    case = make.case(ill)
    contact = _found(case)[str(close.id)]

    confirm_contacts(make.MA, [contact.id])

    (second,) = case.contacts.filter(kind=Contact.Kind.SECONDARY)
    assert second.resident_id == after.id
    assert (second.how, second.minutes, second.place) == ("co_presence", 45, canteen.number)
    assert (second.through, second.evidence) == (contact, "rotating")
    (meeting,) = meetings_behind(make.MA, second.id)
    assert (meeting.place, meeting.together) == (canteen.number, timedelta(minutes=45))


def test_rules_without_contacts_of_contacts_go_no_second_step(noon: Hands) -> None:
    make.rules("cn-20", from_at=make.ADOPTED + timedelta(days=1))
    ill, close, after = (people.resident() for _ in range(3))
    market, canteen = make.site(), make.site("食堂")
    for one in (ill, close):
        make.visit(one, market, hours_ago=20)
    for one in (close, after):
        make.visit(one, canteen, hours_ago=10)
    case = make.case(ill)

    confirm_contacts(make.MA, [_found(case)[str(close.id)].id])

    assert not case.contacts.filter(kind=Contact.Kind.SECONDARY).exists()


def test_a_seat_is_forgotten_with_the_last_visit_to_its_place() -> None:
    one, other = people.resident(), people.resident()
    _aboard(Layout.COACH_SEALED, (one, Spot(row=1)), (other, Spot(row=2)))
    make.visit(other, Site.objects.get(name="西宁—大通客车"), hours_ago=2)
    operator = make.investigator(Duty.OPERATE)

    forget_visits(operator, make.NOON - timedelta(hours=3))

    assert list(Seat.objects.values_list("person", flat=True)) == [other.number]
