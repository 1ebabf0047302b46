"""The pages: what stands first, what is hidden from whom, and that every form reaches its verb."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from fangxian.care.actions import (
    book_series,
    climb_overdue,
    pair_hospital,
    plan_visits,
    request_transfer,
)
from fangxian.care.models import CareTransfer, Hospital, Series, Visit
from fangxian.care.queries import subdistrict_of
from fangxian.care.tests import make
from fangxian.dispatch.tests.make import account
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import Hands, now, today
from fangxian.people.actions import note_need

pytestmark = pytest.mark.django_db


@pytest.fixture
def head() -> Client:
    return signed_in(Duty.DISPATCH, Duty.CARRY_OUT, Duty.SEE_REGISTER)


def signed_in(*duties: Duty, within: str = "") -> Client:
    client = Client(headers={"accept-language": "en", "accept": "text/html"})
    client.force_login(account("Ma", *duties, within=within))
    return client


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules()


def page(client: Client, name: str, *args: Any, ask: str = "") -> str:
    answer = client.get(reverse(name, args=args) + ask)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def said(client: Client, name: str, *args: Any, status: int = 302, **form: Any) -> Any:
    answer = client.post(reverse(name, args=args), form)
    assert answer.status_code == status, answer.content.decode()[:3000]
    return answer


def test_somebody_without_any_duty_asks_for_whom_nobody_knows() -> None:
    guard = signed_in(within=make.resident().area_path)
    assert "No colour" in page(guard, "care:new")

    answer = said(guard, "care:request", what="labour", words="at the east gate", by_phone="139")

    [asked] = CareTransfer.objects.all()
    assert answer["Location"] == reverse("care:transfer", args=[asked.id])
    assert "at the east gate" in page(guard, "care:transfer", asked.id)


def test_an_empty_form_is_a_request_too() -> None:
    said(signed_in(), "care:request")

    assert CareTransfer.objects.get().what == "other_care"


def test_what_rings_stands_first_and_the_page_asks_again(head: Client, noon: Hands) -> None:
    late, calm = make.requested(what="labour"), make.requested(what="not_urgent")
    noon.forward(minutes=6)
    CareTransfer.objects.filter(id=calm.id).update(due_at=now() + timedelta(minutes=5))
    climb_overdue(PLAYBOOK)

    seen = page(head, "care:clock")

    assert seen.index(late.code) < seen.index(calm.code)
    assert "Ringing" in seen
    assert "seen by the subdistrict" in seen
    assert 'id="live"' in seen


def test_an_exit_without_a_journey_stands_on_the_clock(head: Client) -> None:
    left = make.measures.exit_()

    assert left.code in page(head, "care:clock")


def test_a_journey_is_led_through_by_its_page(head: Client) -> None:
    hospital = make.hospital()
    asked = make.requested(what="labour")
    pair_hospital(
        make.HEAD_MA,
        hospital.id,
        area_path=subdistrict_of(PLAYBOOK, asked.area_path),
        contact="Sun",
        phone="0971-5500001",
    )
    assert "0971-5500001" in page(head, "care:transfer", asked.id)

    said(
        head,
        "care:triage",
        asked.id,
        what="labour",
        means="ambulance",
        hospital=hospital.id,
        escort="relative",
    )
    said(head, "care:no_ambulance", asked.id)
    said(head, "care:vehicle", asked.id, means="street_car", vehicle="青A11111")
    said(head, "care:depart", asked.id)
    said(head, "care:turn_away", asked.id, note="no test")
    said(head, "care:hand_over", asked.id, hospital=hospital.id, received_by="Dr Sun")
    assert "Dr Sun" in page(head, "care:transfer", asked.id)
    said(head, "care:begin_return", asked.id, means="own_car")
    said(head, "care:disinfected", asked.id)
    said(head, "care:close", asked.id, outcome="home")

    seen = page(head, "care:transfer", asked.id)
    assert "back home" in seen
    assert CareTransfer.objects.get(id=asked.id).steps.count() == 10


def test_what_a_form_says_wrongly_is_said_and_nothing_is_lost(head: Client) -> None:
    asked = make.requested(what="labour")

    refused = said(
        head,
        "care:triage",
        asked.id,
        status=409,
        what="labour",
        means="community_medic",
        escort="nobody",
    )
    unread = said(head, "care:triage", asked.id, status=422, means="broomstick")

    assert "always driven" in refused.content.decode()
    assert "So it is done" in unread.content.decode()
    assert CareTransfer.objects.get(id=asked.id).state == "requested"


def test_who_it_is_can_be_said_later(head: Client) -> None:
    known = make.resident()
    asked = request_transfer(
        make.NEIGHBOUR, None, area_path=known.area_path, what="labour", channel="gate"
    )

    assert "Who is it?" in page(head, "care:transfer", asked.id)
    said(head, "care:identify", asked.id, resident=known.id)

    assert CareTransfer.objects.get(id=asked.id).resident_id == known.id


def test_what_was_said_is_read_by_who_acts_on_it_alone() -> None:
    asked = request_transfer(
        make.NEIGHBOUR,
        None,
        area_path=make.resident().area_path,
        what="labour",
        channel="hotline",
        words="waters broke",
        by_phone="13900001111",
    )

    for duties, reads in (((Duty.DISPATCH,), True), ((Duty.AUDIT,), False)):
        seen = page(signed_in(*duties), "care:transfer", asked.id)
        assert ("waters broke" in seen) is reads
        assert ("13900001111" in seen) is reads


def test_another_area_does_not_see_it() -> None:
    asked = make.requested()

    answer = signed_in(Duty.DISPATCH, within="zz/").get(reverse("care:transfer", args=[asked.id]))

    assert answer.status_code == 404


def test_the_list_is_narrowed_and_can_be_taken_away(head: Client) -> None:
    one, other = make.requested(what="labour"), make.requested(what="not_urgent")

    seen = page(head, "care:transfers", ask="?what=labour")
    file = head.get(reverse("care:transfers") + "?export=xlsx")

    assert one.code in seen
    assert other.code not in seen
    assert file.status_code == 200
    assert "spreadsheet" in file["Content-Type"]
    file.close()


def test_hospitals_and_cars_are_entered_on_their_page(head: Client) -> None:
    place, hospital = subdistrict_of(PLAYBOOK, make.resident().area_path), make.hospital()
    said(
        head,
        "care:pair",
        site=hospital.id,
        area_path=place,
        contact="Sun",
        phone="120",
        wards=["birth", "dialysis"],
        first="on",
    )
    said(head, "care:keep_car", area_path=place, plate="青A11111", driver="He", phone="139")

    seen = page(head, "care:ready")

    assert "birth" in seen
    assert "青A11111" in seen
    said(head, "care:unpair", Hospital.objects.get().id)
    said(head, "care:pair", status=422, site=hospital.id, area_path=place)


def test_treatments_are_booked_and_ended_on_their_pages(head: Client) -> None:
    patient, hospital = make.resident(), make.hospital()
    assert "Which days" in page(head, "care:book", patient.id)

    said(
        head,
        "care:book",
        patient.id,
        kind="dialysis",
        hospital=hospital.id,
        weekdays=["1", "3", "5"],
        at="16:00",
        first_day=today().isoformat(),
        last_day=(today() + timedelta(days=20)).isoformat(),
        means="street_car",
        escort="nobody",
    )
    said(head, "care:book", patient.id, status=422, kind="dialysis")

    series = Series.objects.get()
    assert hospital.name in page(head, "care:treatments")
    assert "Mon, Wed, Fri" in page(head, "care:series", series.id)
    said(head, "care:end_series", series.id)
    assert "ended" in page(head, "care:series", series.id)


def test_visits_are_read_and_proved_on_their_pages(head: Client) -> None:
    child = make.resident()
    note_need(make.people.KEEPER, child.id, "child_alone")
    plan_visits(PLAYBOOK)
    [visit] = Visit.objects.all()

    assert "child alone" in page(head, "care:visits")
    assert "child alone" in page(head, "care:visit", visit.id)
    said(head, "care:visit_done", visit.id, status=422)
    said(head, "care:visit_done", visit.id, how="seen", found="well", note="rice")

    assert "rice" in page(head, "care:visit", visit.id)
    file = head.get(reverse("care:visits") + "?export=xlsx")
    assert file.status_code == 200
    file.close()


def test_the_clock_costs_the_same_for_one_and_for_many(
    head: Client, django_assert_max_num_queries: Any
) -> None:
    for _person in range(12):
        make.requested()

    with django_assert_max_num_queries(22):
        page(head, "care:clock")


def test_a_series_of_somebody_elsewhere_is_not_there(head: Client) -> None:
    series = book_series(
        make.HEAD_MA,
        make.resident().id,
        kind="dialysis",
        hospital_id=make.hospital().id,
        at=now().time(),
        first_day=today(),
        last_day=today(),
        every_days=1,
    )
    elsewhere = signed_in(Duty.DISPATCH, within="zz/")

    assert elsewhere.get(reverse("care:series", args=[series.id])).status_code == 404
    assert elsewhere.get(reverse("care:visit", args=[UUID(int=1)])).status_code == 404
