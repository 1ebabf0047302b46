"""The pages: what they say, to whom, and at what cost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fangxian.areas.models import Area
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import Hands, now
from fangxian.kernel.http import PAGE
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.kernel.tests.make import account, sheet_of
from fangxian.measures.actions import (
    hold_place,
    lower_risk_area,
    object_to_order,
    restart_clock,
)
from fangxian.measures.models import EmergencyExit, Objection, Order, RiskArea
from fangxian.measures.tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

OFFICER = (Duty.DECIDE_MEASURES, Duty.COMMAND, Duty.SEE_REGISTER, Duty.CARRY_OUT)


@pytest.fixture(autouse=True)
def _rules(noon: Hands) -> None:
    make.rules("cn-v9")


@pytest.fixture
def officer(client: Client) -> Client:
    return signed_in(client, *OFFICER)


def signed_in(client: Client, *duties: Duty, within: str = "", language: str = "en") -> Client:
    client.force_login(account(f"li{len(duties)}", duties=duties, within=within))
    client.cookies["django_language"] = language
    return client


def read(client: Client, name: str, *args: object, status: int = 200, **query: str) -> str:
    response = client.get(reverse(f"measures:{name}", args=args), query)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def send(client: Client, name: str, *args: object, status: int = 302, **said: object) -> str:
    response = client.post(reverse(f"measures:{name}", args=args), said)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.headers.get("Location", "") or response.content.decode()


# Orders


def test_orders_past_their_end_stand_first(officer: Client, noon: Hands) -> None:
    past = make.order()
    noon.forward(days=9)
    current = make.order()

    page = read(officer, "orders")

    assert "1 order is past its end without a decision" in page
    assert page.index(past.code) < page.index("All orders") < page.index(current.code)
    assert "王**" in page or "王*" in page  # masked
    assert "王建国" not in page


def test_the_list_of_orders_is_narrowed(officer: Client) -> None:
    quarantine, hold = make.order(), make.hold()

    assert hold.code not in read(officer, "orders", kind="central_quarantine")
    assert quarantine.code in read(officer, "orders", search=quarantine.code)
    assert "No orders here." in read(officer, "orders", state="withdrawn")
    assert quarantine.code in read(officer, "orders", kind="no such kind")


def test_every_list_is_exported_as_narrowed_masked_and_on_record(officer: Client) -> None:
    hold, area, left = make.hold(), make.risk_area(), make.exit_()
    make.order()

    def exported(name: str, **query: str) -> list[list[str]]:
        return sheet_of(officer.get(reverse(f"measures:{name}"), {**query, "export": "xlsx"}))

    orders = exported("orders", kind=str(hold.kind))
    areas = exported("risk_areas", level="high")
    exits = exported("exits")

    assert [row[:2] for row in orders] == [["Number", "Name"], [hold.code, "王**"]]
    assert orders[1][-1] == "in force, not served yet"
    assert [row[1] for row in areas] == ["Number", area.code]
    assert exits[1][:3] == [left.code, "王**", "labour"]
    assert exits[1][-1].endswith("record to be completed")
    events = Event.objects.filter(kind="kernel.list_exported").order_by("seq")
    assert [event.facts["list"] for event in events] == ["orders", "risk_areas", "exits"]


def test_more_orders_cost_no_more_queries(officer: Client) -> None:
    def cost(name: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            read(officer, name)
        return len(asked)

    for _ in range(2):
        object_to_order(make.OFFICER_HAN, make.order().id, text="I was not there.")
        make.proposal()
        make.exit_()
    read(officer, "orders")  # the first page of a session writes the session
    few = {name: cost(name) for name in ("orders", "risk_areas", "exits")}
    for _ in range(6):
        object_to_order(make.OFFICER_HAN, make.order().id, text="I was not there.")
        make.proposal()
        make.exit_()

    many = {name: cost(name) for name in few}

    assert many == few
    assert max(many.values()) <= 14


def test_orders_are_paged_by_key(officer: Client) -> None:
    person = make.resident()
    codes = {make.order(person).code for _ in range(PAGE + 1)}

    first = officer.get(reverse("measures:orders")).content.decode()
    mark = first.split("mark=")[1].split('"')[0]
    second = officer.get(reverse("measures:orders") + f"?mark={mark}").content.decode()

    on_first, on_second = ({code for code in codes if code in page} for page in (first, second))
    assert (len(on_first), on_first | on_second) == (PAGE, codes)
    assert not on_first & on_second


def test_an_order_says_what_why_by_which_rule_and_until_when(officer: Client) -> None:
    order = make.order()
    hold = make.hold()

    page = read(officer, "order", order.id)

    assert "quarantine in a designated facility" in page
    assert "close contact" in page
    assert "A contact of case C0000017 was confirmed" in page
    assert "measures.close_contact" in page
    assert "7 days" in page
    assert "第九版防控方案要点" in page  # where the number was read
    assert "the last contact" in page
    assert reverse("why", args=[order.id]) in page
    assert "day 7" in page
    assert "stay in place until the retest" in read(officer, "order", hold.id)


def test_a_pack_no_longer_at_hand_does_not_hide_the_order(officer: Client) -> None:
    order, area = make.order(), make.risk_area()
    Order.objects.update(pack="gone@1")
    RiskArea.objects.update(pack="gone@1")

    assert "gone@1" in read(officer, "order", order.id)
    assert "gone@1" in read(officer, "risk_area", area.id)


def test_whoever_may_not_decide_sees_no_buttons_to_decide(client: Client) -> None:
    order = make.order()

    page = read(signed_in(client, Duty.CARRY_OUT), "order", order.id)

    assert "The order was served" in page
    assert "Extend the order" not in page
    assert "File the objection" in page
    send(client, "end", order.id, reason="because I like to", status=403)


def test_a_paper_in_both_languages(officer: Client) -> None:
    order = make.order()

    english, chinese = (read(officer, "notice", order.id, lang=one) for one in ("en", "zh-hans"))

    assert "Nobody may refuse this" in english
    assert "任何人不得拒绝" in chinese
    assert "data-print" in english
    assert "Nobody may refuse this" in read(officer, "notice", order.id, lang="xx")


def test_an_order_is_served_extended_proposed_and_ended_from_its_page(
    officer: Client, noon: Hands
) -> None:
    person = make.resident()
    order = make.order(person, ends_at=now() + timedelta(hours=3))

    send(officer, "serve", order.id, how="person", language="en", to_whom="person")
    noon.forward(hours=1)
    evidence = make.case(person)
    assert "Case C0000025 was reported" in read(officer, "order", order.id)
    send(
        officer,
        "extend",
        order.id,
        until=f"{now() + timedelta(hours=20):%Y-%m-%dT%H:%M}",
        reason="infected at home",
        because=str(evidence.id),
    )
    assert "infected at home" in read(officer, "order", order.id)
    make.negative(person)
    noon.forward(days=9)
    assert "This order is past its end" in read(officer, "order", order.id)
    send(officer, "propose", order.id)
    assert "proposed" in read(officer, "order", order.id)
    send(officer, "end", order.id, reason="discharged")
    assert "discharged" in read(officer, "order", order.id)


def test_a_form_that_is_not_filled_in_comes_back_with_the_page(officer: Client) -> None:
    order, area, exit_ = make.order(), make.proposal(), make.exit_()
    objection = object_to_order(make.OFFICER_HAN, order.id, text="I was not there.")

    for name, thing in (
        ("extend", order),
        ("end", order),
        ("object", make.order()),
        ("decide", objection),
        ("reject", area),
    ):
        page = send(officer, name, thing.id, status=422)
        assert "This field is required." in page, name
    assert "500" in send(officer, "clear", exit_.id, note="x" * 501, status=422)
    assert "200" in send(officer, "lift", area.id, reason="x" * 201, status=422)
    assert "200" in send(officer, "lower", area.id, reason="x" * 201, status=422)


@pytest.mark.django_db(transaction=True)
def test_a_guard_answers_in_plain_words(officer: Client) -> None:
    order = make.order()

    page = send(
        officer,
        "extend",
        order.id,
        until=f"{order.ends_at + timedelta(days=9):%Y-%m-%dT%H:%M}",
        reason="to be sure",
        status=403,
    )

    assert "fifth of the nine prohibitions" in page


def test_the_next_stage_opens_with_its_own_page(officer: Client, noon: Hands) -> None:
    order = make.order(days_ago=0)
    noon.forward(days=7, hours=1)

    assert "200" in send(officer, "advance", order.id, reason="x" * 201, status=422)
    where = send(officer, "advance", order.id, reason="results on paper")

    following = Order.objects.get(follows=order)
    assert where == reverse("measures:order", args=[following.id])
    assert order.code in read(officer, "order", following.id)


def test_an_objection_is_filed_and_decided(officer: Client) -> None:
    order = make.order()
    object_to_order(make.OFFICER_HAN, order.id, text="I was not there.")
    objection = Objection.objects.get()

    assert "I was not there." in read(officer, "order", order.id)
    assert "Objections that wait" in read(officer, "orders")
    send(officer, "decide", objection.id, outcome="upheld", reasons="It was her sister.")

    assert "An objection was upheld." in read(officer, "order", order.id)
    assert "File the objection" not in read(officer, "order", order.id)


def test_filing_says_that_somebody_else_decides(officer: Client) -> None:
    order = make.order()

    send(officer, "object", order.id, text="I was not there.")

    assert "Another officer decides on it." in read(officer, "order", order.id)


# Risk areas


def test_proposals_wait_first_and_are_approved(officer: Client) -> None:
    area, standing = make.proposal(), make.risk_area()

    page = read(officer, "risk_areas")
    assert page.index("Waiting for a decision") < page.index(area.name)
    assert "High-risk area" in page
    assert standing.code in read(officer, "risk_areas", state="in_force")
    assert "Approve: in force at once" in read(officer, "risk_area", area.id)
    send(officer, "approve", area.id)

    assert "Released when all of these hold" in read(officer, "risk_area", area.id)


def test_a_risk_area_tells_its_conditions_and_its_clock(officer: Client, noon: Hands) -> None:
    area = make.risk_area()
    noon.forward(days=2)
    restart_clock(PLAYBOOK, area.id, from_at=now(), because=make.case(make.resident()))

    page = read(officer, "risk_area", area.id)

    for said in (
        "7 days without a new infection",
        "0 days so far",
        "Everybody inside tested",
        "not yet",
        "stay at home",
        "People inside",
        "A new infection",
        "Lower by one level",
        "第九版",
    ):
        assert said in page, said


@pytest.mark.parametrize("pack", ["cn-v8", "cn-20", "cn-10"])
def test_a_risk_area_of_any_pack_has_a_page(officer: Client, noon: Hands, pack: str) -> None:
    with make.moved_to(pack):
        level = "lockdown" if pack == "cn-v8" else "high"
        unit = "building"
        area = make.risk_area([make.estate()[0]], unit=unit, level=level, reason="open stairs")
        order = make.order()

    assert area.code in read(officer, "risk_area", area.id)
    assert area.code in read(officer, "risk_areas")
    assert order.code in read(officer, "order", order.id)


def test_a_risk_area_is_lowered_and_lifted_from_its_page(officer: Client) -> None:
    area = make.risk_area()

    send(officer, "lower", area.id, status=422)  # no reason, and the conditions do not hold
    send(officer, "lower", area.id, reason="the result was corrected")
    medium = RiskArea.objects.get(follows=area)
    assert medium.code in read(officer, "risk_area", area.id)
    assert area.code in read(officer, "risk_area", medium.id)
    low = lower_risk_area(PLAYBOOK, medium.id, reason="the result was corrected")
    assert "All stricter areas inside are lifted" in read(officer, "risk_area", low.id)
    send(officer, "lift", low.id)

    assert "All release conditions of the rules hold." in read(officer, "risk_area", low.id)


def test_a_proposal_is_rejected_from_its_page(officer: Client) -> None:
    area = make.proposal()

    send(officer, "reject", area.id, reason="all contacts are known")

    assert "all contacts are known" in read(officer, "risk_area", area.id)


def test_a_place_found_by_investigation_is_proposed_by_hand(officer: Client) -> None:
    home = make.door(make.estate()[0])
    cause = make.case(make.resident(at=home))
    where = reverse("measures:propose_area") + f"?at={home.path}&about={cause.subject_id}"

    assert "Propose a risk area" in officer.get(where).content.decode()
    assert officer.post(where, {"level": "high"}).status_code == 422
    sent = officer.post(where, {"level": "high", "unit": "compound"})

    area = RiskArea.objects.get()
    assert sent.headers["Location"] == reverse("measures:risk_area", args=[area.id])
    assert area.because_id == cause.id
    assert len(area.places) == 2
    assert officer.get(reverse("measures:propose_area"), {"at": home.path}).status_code == 422


def test_a_risk_area_is_drawn_from_buildings_and_stairwells(officer: Client) -> None:
    first, second, third = make.estate(buildings=3)
    home = make.door(first)
    stairwell = Area.objects.get(parent=second, level="unit")
    cause = make.case(make.resident(at=home))
    where = reverse("measures:propose_set") + f"?at={home.path}&about={cause.subject_id}"

    page = officer.get(where).content.decode()
    assert f'value="{first.path}" checked' in page
    assert f'value="{third.path}">' in page
    assert "Tick at least one" in officer.post(where, {"level": "high", "reason": "x"}).text
    sent = officer.post(
        where,
        {
            "level": "high",
            "reason": "the same canteen",
            # The stairwell says nothing beside its building.
            "places": [
                first.path,
                Area.objects.get(parent=first, level="unit").path,
                stairwell.path,
            ],
        },
    )

    area = RiskArea.objects.get()
    assert sent.headers["Location"] == reverse("measures:risk_area", args=[area.id])
    assert area.places == sorted([first.path, stairwell.path])
    assert area.unit == "building"
    outside = officer.post(where, {"level": "high", "reason": "x", "places": ["1/"]})
    assert outside.status_code == 422


def test_held_places_are_shown_with_their_end(officer: Client, noon: Hands) -> None:
    home = make.door(make.estate("安泰花园")[0])
    cause = make.case(make.resident(at=home))
    hold_place(PLAYBOOK, home.path, about_id=new_id(), because=cause)

    assert "安泰花园" in read(officer, "risk_areas")
    noon.forward(days=2)
    assert "past its end" in read(officer, "risk_areas")


# Emergency care


def test_whoever_stands_at_the_gate_finds_the_person_and_lets_them_go(client: Client) -> None:
    who = make.resident()
    make.order(who)
    hospital = make.hospital()
    guard = signed_in(client)  # not a single duty

    found = read(guard, "exits", search="王建国")
    assert "Nobody may refuse this" in found
    assert str(who.id) in found
    where = send(guard, "leave", resident=who.id, kind="labour", hospital=hospital.id)

    left = EmergencyExit.objects.get()
    assert where == reverse("measures:exit", args=[left.id])
    page = read(guard, "exit", left.id)
    assert "Never grounds to refuse" in page
    assert hospital.name in page
    send(guard, "hand_over", left.id, hospital="")
    send(guard, "come_back", left.id)
    assert "back home" in read(guard, "exit", left.id)
    send(guard, "clear", left.id, status=403)


def test_a_person_named_in_the_address_is_ready_to_go(client: Client) -> None:
    who = make.resident()

    page = read(signed_in(client), "exits", resident=str(who.id))

    assert "Leaves now" in page
    assert read(client, "exits", resident="nobody")


def test_somebody_unknown_is_let_go_all_the_same(client: Client) -> None:
    page = read(signed_in(client), "exits", search="陌生人")

    assert "Let the person go" in page


def test_nothing_typed_wrongly_stands_in_the_way(client: Client) -> None:
    who = make.resident()
    guard = signed_in(client)

    send(guard, "leave", resident=who.id, kind="", hospital="the nearest one")
    send(guard, "leave", resident="", status=422)

    assert EmergencyExit.objects.get().kind == "other_care"


def test_the_record_is_completed_by_the_field(officer: Client) -> None:
    left = make.exit_()

    assert "record to be completed" in read(officer, "exits")
    send(officer, "clear", left.id, note="driver Zhao, car 3")

    assert "driver Zhao, car 3" in read(officer, "exit", left.id)
    assert left.code in read(officer, "exits")


# Both languages


def test_every_page_reads_in_chinese(client: Client, noon: Hands) -> None:
    officer = signed_in(client, *OFFICER, language="zh-hans")
    person = make.resident()
    order, area, exit_ = make.order(person), make.risk_area(), make.exit_(person)
    make.proposal()
    object_to_order(make.OFFICER_HAN, order.id, text="我没有去过。")
    noon.forward(days=9)

    for page, word in (
        (read(officer, "orders"), "超期未作决定"),
        (read(officer, "order", order.id), "集中隔离"),
        (read(officer, "notice", order.id), "任何人不得拒绝"),
        (read(officer, "risk_areas"), "等待决定"),
        (read(officer, "risk_area", area.id), "全部条件"),
        (read(officer, "exits"), "任何人不得拒绝"),
        (read(officer, "exit", exit_.id), "不得作为拒绝的理由"),
    ):
        assert word in page


def test_pages_of_another_area_do_not_exist(client: Client) -> None:
    order, area, exit_ = make.order(), make.risk_area(), make.exit_()
    elsewhere = signed_in(client, *OFFICER, within="99/")

    for name, thing in (("order", order), ("risk_area", area), ("exit", exit_)):
        read(elsewhere, name, thing.id, status=404)
