"""The pages of quarantine: what they say, to whom, and at what cost."""

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import Hands
from fangxian.kernel.tests.make import account, sheet_of
from fangxian.measures.actions import end_order
from fangxian.quarantine.actions import arrange_way_home, ask_for, depart, propose_restart
from fangxian.quarantine.models import DoorVisit, Placement, Reading, Room, Transfer, Wish
from fangxian.quarantine.tests import make

pytestmark = pytest.mark.django_db

OFFICE = (Duty.DISPATCH, Duty.DECIDE_MEASURES, Duty.CARRY_OUT, Duty.COMMAND)


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules()
    caches["pages"].clear()


@pytest.fixture
def office(client: Client) -> Client:
    return signed_in(client, *OFFICE)


def signed_in(client: Client, *duties: Duty, within: str = "") -> Client:
    client.force_login(account(f"ye{len(duties)}", duties=duties, within=within))
    client.cookies["django_language"] = "en"
    return client


def read(client: Client, name: str, *args: object, status: int = 200, **query: str) -> str:
    response = client.get(reverse(f"quarantine:{name}", args=args), query)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def send(client: Client, name: str, *args: object, status: int = 302, **said: object) -> str:
    response = client.post(reverse(f"quarantine:{name}", args=args), said)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.headers.get("Location", "") or response.content.decode("utf-8", "replace")


def test_a_site_is_prepared_opened_and_filled_on_its_page(office: Client) -> None:
    site, order = make.bare_site(), make.ordered()
    assert "9 more things" in read(office, "site", site.id)

    send(office, "add_rooms", site.id, floor=3, first="301", how_many=4, beds=2, zone="guests")
    send(office, "set_checks", site.id, checks=make.EVERY_CHECK, phone="0971-5500000")
    send(office, "open", site.id)
    send(office, "place", site.id, orders=order.code.lower(), room=make.room(site, "303").id)

    page = read(office, "site", site.id)
    assert Room.objects.filter(facility=site.id).count() == 4
    assert "王**" in page
    assert "Who comes and who goes" in page
    assert "301" in read(office, "sites") or site.name in read(office, "sites")


def test_a_code_that_is_none_is_named(office: Client) -> None:
    site = make.site()

    page = send(office, "place", site.id, orders="O1234567", room=make.room(site).id, status=422)

    assert "“O1234567” is no code of an order" in page


def test_whoever_is_kept_without_an_order_is_the_first_thing_on_the_page(office: Client) -> None:
    site = make.site()
    stay = make.staying(at=site)
    end_order(make.OFFICER_DENG, stay.order_id, reason="no contact after all")

    page = read(office, "site", site.id)

    first = page.index("no order binds this person any more")
    assert first < page.index('id="day-heading"')
    send(office, "release", stay.id)
    journey = Transfer.objects.get(way="home")
    send(office, "depart", journey.id, own_way="on")
    assert "not yet receipted at home" in read(office, "sites")
    send(office, "receive", journey.id)
    assert "not yet receipted at home" not in read(office, "sites")
    assert Placement.objects.get().left_how == "home"


def test_a_page_of_a_site_costs_the_same_for_one_guest_and_for_eight(office: Client) -> None:
    site = make.site(rooms=4)
    make.staying(at=site, name="201")
    read(office, "site", site.id)

    with CaptureQueriesContext(connection) as few:
        read(office, "site", site.id)
    for name in ("202", "203", "301", "302", "303", "401", "402"):
        make.staying(at=site, name=name)
    with CaptureQueriesContext(connection) as many:
        read(office, "site", site.id)

    # Each of these guests lives in a district of their own, and rules are asked for by district.
    assert len(many) - len(few) <= 2
    assert len(many) <= 45


def test_the_community_sees_who_is_to_be_read_off(client: Client) -> None:
    watch = make.watch()
    worker = signed_in(client, Duty.CARRY_OUT, within=watch.area_path)

    page = read(worker, "home")
    assert "missing" in page
    assert "王**" in page
    send(worker, "record_reading", watch.id, temperature="37，6", way="phone", symptoms=["fatigue"])

    reading = Reading.objects.get()
    assert (str(reading.temperature), reading.way, reading.alarm) == ("37.6", "phone", "alarming")
    assert "calls for a medic" in read(worker, "watch", watch.id)
    sheet = client.get(reverse("quarantine:home"), {"export": "xlsx"})
    assert sheet_of(sheet)[1][0] == "王**"


def test_63_degrees_stay_in_the_form_with_advice(office: Client) -> None:
    watch = make.watch()

    page = send(office, "record_reading", watch.id, temperature="63", way="phone", status=422)

    assert "Did you mean 36.3?" in page


def test_a_visit_at_the_door_is_noted_and_a_blocked_door_refused(office: Client) -> None:
    watch = make.watch()
    send(
        office,
        "visit_door",
        watch.id,
        purpose="seal",
        found="at_home",
        names_nobody="on",
        door_opens="on",
    )
    assert "there is a seal" in read(office, "watch", watch.id)
    assert "put a paper seal" in read(office, "watch", watch.id)
    assert DoorVisit.objects.count() == 1


def test_needs_are_asked_for_and_met(office: Client) -> None:
    watch = make.watch()

    send(office, "note_wish", watch.id, kind="medicine")
    send(office, "meet_wish", watch.id, "medicine")

    assert Wish.objects.get().met_at is not None


def test_an_officer_decides_on_the_page_of_the_proposal(office: Client, noon: Hands) -> None:
    site = make.site()
    infected = make.staying(at=site, name="301")
    make.staying(at=site, name="401")
    noon.forward(hours=40)
    proposed = propose_restart(
        PLAYBOOK, infected.resident_id, because=make.measures.case(infected.resident)
    )
    assert proposed is not None
    assert "waits for a decision" in read(office, "site", site.id)
    assert "Floor 4" in read(office, "restart", proposed.id)

    send(office, "restart", proposed.id, reason="301 is infected", decision="apply")

    assert "301 is infected" in read(office, "restart", proposed.id)


def test_the_lists_can_be_taken_away(office: Client) -> None:
    site = make.site()
    stay = make.staying(at=site)
    end_order(make.OFFICER_DENG, stay.order_id, reason="all days are over")
    journey = arrange_way_home(PLAYBOOK, stay.resident_id)
    assert journey is not None

    guests = sheet_of(office.get(reverse("quarantine:site", args=[site.id]), {"export": "xlsx"}))
    journeys = sheet_of(office.get(reverse("quarantine:journeys"), {"export": "xlsx"}))

    assert guests[1][:3] == ["301", "3", "王**"] or guests[1][2] == "王**"
    assert journeys[1][0] == journey.code
    depart(make.HEAD_MA, journey.id, own_way=True)
    assert journey.code in read(office, "journey", journey.id)


def test_moving_and_freeing_a_room_on_the_page_of_the_stay(office: Client) -> None:
    site = make.site()
    stay = make.expected(at=site)

    send(office, "move", stay.id, room=make.room(site, "402").id)
    assert "402" in read(office, "placement", stay.id)
    send(office, "cancel", stay.id)
    send(office, "close", site.id)

    assert "closed" in read(office, "site", site.id)


def test_whoever_has_no_duty_there_sees_nothing(client: Client) -> None:
    site, watch = make.site(), make.watch()
    guard = signed_in(client, Duty.GUARD)

    read(guard, "sites", status=403)
    read(guard, "site", site.id, status=403)
    read(guard, "watch", watch.id, status=403)
    read(guard, "home", status=403)
    read(guard, "journeys", status=403)


# The person's own page


def test_a_person_tells_their_reading_without_an_account_and_without_a_name(
    client: Client,
) -> None:
    watch = make.watch()
    client.cookies["django_language"] = "en"

    where = send(client, "enter_code", code=f" {watch.code.lower()} ")
    assert where == reverse("quarantine:own_reading", args=[watch.token])
    page = read(client, "own_reading", watch.token)
    assert "王" not in page
    told = send(client, "own_reading", watch.token, temperature="36.6", status=200)

    assert "Thank you. Nothing unusual." in told
    assert Reading.objects.get().way == "own"


def test_breathlessness_says_120_first_and_that_nobody_may_stop_them(client: Client) -> None:
    watch = make.watch()
    client.cookies["django_language"] = "en"

    told = send(
        client,
        "own_reading",
        watch.token,
        temperature="36.6",
        symptoms=["breathing_difficulty"],
        status=200,
    )

    assert "Call 120 now. You may leave for care at once; nobody may stop you." in told


def test_the_page_speaks_both_languages(client: Client) -> None:
    watch = make.watch()

    assert "您今天感觉怎么样？" in read(client, "own_reading", watch.token, lang="zh-hans")
    assert "How are you today?" in read(client, "own_reading", watch.token, lang="en")


def test_needs_are_told_on_the_own_page(client: Client) -> None:
    watch = make.watch()

    send(client, "own_wish", watch.token, kind="food")
    send(client, "own_wish", watch.token, kind="a pony")

    assert Wish.objects.get().kind == "food"


def test_wrong_codes_are_counted(client: Client) -> None:
    make.watch()
    for _once in range(20):
        send(client, "enter_code", code="W0000000", status=404)

    send(client, "enter_code", code="W0000000", status=429)


def test_a_page_is_gone_when_nothing_is_awaited_any_more(client: Client) -> None:
    watch = make.watch()
    ask_for(PLAYBOOK, watch.token, kind="food")
    type(watch).objects.update(ended_at=watch.begun_at)

    read(client, "own_reading", watch.token, status=404)
