"""Lists of passengers: who sat where, who was there, and what the page shows of it."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fangxian.areas.models import Site
from fangxian.cases.actions import find_contacts
from fangxian.cases.errors import EndsBeforeItBegan, PassengersUnread, PlaceIsNotKnown
from fangxian.cases.models import Seat, Visit
from fangxian.cases.passengers import take_passengers
from fangxian.cases.seats import divide_place
from fangxian.cases.tests import make
from fangxian.engines.tracing.seats import Layout
from fangxian.kernel.access import Duty
from fangxian.kernel.errors import NotYours
from fangxian.kernel.models import Account, Event
from fangxian.people.errors import FileRefused
from fangxian.people.models import Resident
from fangxian.people.tests import make as people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

HEADER = ["姓名", "身份证号", "手机号", "车厢", "座位号", "乘务"]
RIDE = {"began": make.NOON - timedelta(hours=20), "ended": make.NOON - timedelta(hours=18)}


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules()


def sheet(*rows: list[object]) -> bytes:
    return people.sheet(*rows, header=HEADER)


def row(
    who: Resident | None = None, seat: object = "12F", carriage: str = "5", crew: str = ""
) -> list[object]:
    """Somebody of the register by their card; nobody: a stranger by name and phone."""
    if who is None:
        return ["马明", "", people.phone(), carriage, seat, crew]
    assert who.identity is not None
    return [who.name.reveal(), who.identity.reveal(), "", carriage, seat, crew]


def train() -> Site:
    return make.site("G2095")


def test_a_list_seats_people_and_says_that_they_were_there() -> None:
    ride, one = train(), people.resident()

    taken = take_passengers(make.MA, ride.number, sheet(row(one), row(None, 13)), **RIDE)

    assert (taken.taken, taken.new, taken.visits, taken.faults) == (2, 1, 2, [])
    seat = Seat.objects.get(person=one.number)
    assert (seat.place, seat.room, seat.row, seat.crew) == (ride.number, "5", 12, False)
    visit = Visit.objects.get(person=one.number)
    assert (visit.start_at, visit.end_at, visit.source) == (*RIDE.values(), "attended")
    assert Resident.objects.get(provisional=True).area_path == ride.area_path
    fact = Event.objects.get(kind="cases.passengers_listed")
    assert fact.facts == {"taken": 2, "refused": 0}  # numbers, never who


def test_the_same_list_again_changes_nothing() -> None:
    ride, data = train(), sheet(row(people.resident()), row(None))
    take_passengers(make.MA, ride.number, data, **RIDE)

    again = take_passengers(make.MA, ride.number, data, **RIDE)

    assert (again.new, again.visits) == (0, 0)
    assert (Seat.objects.count(), Visit.objects.count()) == (2, 2)
    assert Resident.objects.filter(provisional=True).count() == 1


def test_rows_that_cannot_be_read_are_told_with_their_line_and_the_others_taken() -> None:
    ride = train()
    bad: list[list[object]] = [
        ["马明", "", "", "5", "12F", ""],
        ["马明", "", people.phone(), "5", "window", ""],
        ["", "", people.phone(), "5", "12F", ""],
        ["=1+1", "", people.phone(), "5", "12F", ""],
    ]

    taken = take_passengers(make.MA, ride.number, sheet(row(people.resident()), *bad), **RIDE)

    assert taken.taken == 1
    assert [line for line, _why in taken.faults] == [3, 4, 5, 6]
    assert "neither identity number nor phone" in taken.faults[0][1]
    assert "window" in taken.faults[1][1]


def test_without_times_only_seats_are_noted() -> None:
    ride = train()
    taken = take_passengers(make.MA, ride.number, sheet(row(people.resident())))

    assert (taken.taken, taken.visits) == (1, 0)
    assert not Visit.objects.exists()


def test_the_crew_is_known_by_its_word() -> None:
    ride, one = train(), people.resident()
    take_passengers(make.MA, ride.number, sheet(row(one, "", "", "乘务员")))
    assert Seat.objects.get(person=one.number).crew


def test_what_cannot_be_a_list_is_refused() -> None:
    ride = train()
    with pytest.raises(PassengersUnread):
        take_passengers(make.MA, ride.number, b"a,b,c\n1,2,3\n")
    with pytest.raises(FileRefused):
        take_passengers(make.MA, ride.number, b"")
    with pytest.raises(PlaceIsNotKnown):
        take_passengers(make.MA, 1, sheet(row()))
    with pytest.raises(EndsBeforeItBegan):
        take_passengers(
            make.MA, ride.number, sheet(row()), began=RIDE["ended"], ended=RIDE["began"]
        )
    with pytest.raises(NotYours):
        take_passengers(people.actor(Duty.GUARD), ride.number, sheet(row()))
    assert not Seat.objects.exists()


def test_who_sat_near_a_case_on_the_list_is_a_close_contact() -> None:
    ride, ill, beside, far = train(), people.resident(), people.resident(), people.resident()
    divide_place(make.MA, ride.number, Layout.TRAIN_CARRIAGE)
    rows = sheet(row(ill, "1A"), row(beside, "9F"), row(far, "1B", carriage="6"))
    take_passengers(make.MA, ride.number, rows, **RIDE)

    found = {one.resident_id: one.kind for one in find_contacts(make.MA, make.case(ill).id)}

    assert found == {beside.id: "close", far.id: "general"}


def test_the_page_takes_a_list_shows_the_map_and_who_is_near() -> None:
    ride, ill, beside = train(), people.resident(), people.resident()
    case = make.case(ill)
    Account.objects.create(username="ma", display_name="Ma", duties=["investigate", "see_register"])
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(Account.objects.get(username="ma"))
    page = f"/cases/places/{ride.number}/seats"

    assert "Nobody&#x27;s seat is known" in browser.get(page).text.replace("'", "&#x27;")
    browser.post(f"/cases/places/{ride.number}/divide", {"layout": "train_carriage"})
    data = sheet(row(ill, "1A"), row(beside, "2B"), ["马明", "", "", "5", "3C", ""])
    sent = browser.post(
        f"/cases/places/{ride.number}/passengers",
        {
            "file": SimpleUploadedFile("list.xlsx", data),
            "began": "2022-09-01T16:00",
            "ended": "2022-09-01T18:00",
        },
    )

    assert "Lines that were not taken" in sent.text
    shown = browser.get(page).text
    assert "everybody in the same carriage" in shown
    assert f"/cases/{case.id}" in shown
    assert "near a case" in shown
    assert "near there: everybody in the same carriage" in browser.get(f"/cases/{case.id}").text
    empty = browser.post(f"/cases/places/{ride.number}/passengers", {})
    assert empty.status_code == 422
