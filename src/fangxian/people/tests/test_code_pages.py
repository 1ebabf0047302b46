"""Codes as the office meets them: a card in a hand, a voice on the phone, a building to supply."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fangxian.areas.models import Area
from fangxian.kernel import paper
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.people import actions, codes, queries
from fangxian.people.models import PersonalCode
from fangxian.people.rules import Provisional
from fangxian.people.tests import make
from fangxian.people.tests.test_pages import signed_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules_hold() -> None:
    make.rules_in_force()


def building_of(door: Area) -> Area:
    assert door.parent
    assert door.parent.parent
    return door.parent.parent


def kinds() -> list[str]:
    return list(Event.objects.order_by("seq").values_list("kind", flat=True))


def test_a_card_held_under_the_scanner_leads_to_the_persons_code() -> None:
    wang = make.resident("王建国")
    given = actions.issue_code(make.KEEPER, wang.id)
    desk = signed_in()

    for shown in (
        wang.identity.reveal(),
        codes.texts([given])[given.id],
        codes.spoken(given),
        wang.phone.reveal(),
    ):
        answer = desk.get("/people/codes", {"q": shown})
        assert answer.status_code == 302, shown
        assert answer["Location"] == f"/people/{wang.id}/code"


def test_several_of_one_name_are_told_apart_without_their_names() -> None:
    for _ in range(2):
        make.resident("王建国")

    page = text(signed_in().get("/people/codes", {"q": "王建国"}))

    assert page.count("王**") == 2
    assert "王建国" not in page.replace('value="王建国"', "")


def test_nobody_found_is_said(client: Any) -> None:
    page = text(signed_in().get("/people/codes", {"q": "13900000000"}))

    assert "Nobody in your area" in page


def test_who_was_met_and_is_not_registered_yet_is_listed_and_becomes_a_resident() -> None:
    home = make.dwelling("501")
    make.resident("王建国", at=home)
    guest = Provisional(id=new_id(), name="李小小", area_path=home.path, met_at=now())
    actions.register_provisional(make.KEEPER, [guest])
    desk = signed_in()

    page = text(desk.get("/people/", {"record": "met"}))
    assert "李**" in page
    assert "王**" not in page

    actions.move_stay(make.KEEPER, guest.id, home.id)
    assert "李**" not in text(desk.get("/people/", {"record": "met"}))


def test_a_code_on_the_screen_is_drawn_and_recorded() -> None:
    wang = make.resident("王建国")

    page = text(signed_in().post(f"/people/{wang.id}/code/show", {"way": "screen"}))

    assert '<svg xmlns="http://www.w3.org/2000/svg"' in page
    assert "style=" not in page[page.index('class="qr"') : page.index("</svg>")]
    assert "王**" in page
    assert codes.spoken(PersonalCode.objects.get()) in page
    assert kinds()[-1] == "people.code_issued"


def test_on_the_phone_the_number_is_read_out() -> None:
    wang = make.resident("王建国")
    desk = signed_in()

    first = text(desk.post(f"/people/{wang.id}/code/show", {"way": "phone"}))
    again = text(desk.post(f"/people/{wang.id}/code/show", {"way": "phone"}))

    number = codes.spoken(PersonalCode.objects.get())
    assert re.fullmatch(r"C[0-9A-Z]{3} [0-9A-Z]{4}", number)
    assert number in first
    assert number in again
    assert kinds()[-1] == "people.code_shown"


def test_whoever_acts_is_given_the_code_of_the_other() -> None:
    home = make.dwelling()
    mother, child = make.resident("马兰", at=home), make.resident("马小兰", at=home)
    desk = signed_in()

    refused = desk.post(f"/people/{child.id}/code/show", {"way": "proxy"})
    actions.name_proxy(make.KEEPER, child.id, mother.id, relation="mother")
    given = desk.post(f"/people/{child.id}/code/show", {"way": "proxy"})
    cards = desk.post(f"/people/{mother.id}/code/card", {"family": "1"})

    assert refused.status_code == 409
    assert given.status_code == 200
    assert cards.content.startswith(b"%PDF-")
    assert set(PersonalCode.objects.values_list("resident", "way")) == {
        (child.id, "proxy"),
        (mother.id, "card"),
    }


def test_a_lost_card_is_withdrawn_for_a_reason() -> None:
    wang = make.resident("王建国")
    given = actions.issue_code(make.KEEPER, wang.id, way="card")
    desk = signed_in()

    without = desk.post(f"/people/codes/{given.id}/revoke", {"reason": ""})
    withdrawn = desk.post(f"/people/codes/{given.id}/revoke", {"reason": "lost in the lift"})

    assert without.status_code == 422
    assert withdrawn.status_code == 302
    assert "lost in the lift" in text(desk.get(f"/people/{wang.id}/code"))
    given.refresh_from_db()
    assert given.revoked_at


def test_a_building_is_printed_in_the_order_of_its_doors() -> None:
    community = make.community("朝阳社区")
    doors = [make.dwelling(door, within=community) for door in ("101", "102")]
    people = [
        make.resident(name, at=at) for name, at in zip(("王一一", "李二二"), doors, strict=True)
    ]
    building = building_of(doors[0])
    desk = signed_in()

    page = text(desk.get("/people/codes/cards", {"area": community.path}))
    sheet = desk.post("/people/codes/cards/print", {"area": building.path})

    assert "1号楼" in page
    assert sheet["Content-Type"] == "application/pdf"
    assert "no-store" in sheet["Cache-Control"]
    assert sheet.content.startswith(b"%PDF-")
    assert set(PersonalCode.objects.values_list("resident", flat=True)) == {p.id for p in people}
    assert kinds().count("people.cards_printed") == 1
    assert kinds().count("people.code_issued") == 2


def test_printing_a_building_again_prints_the_same_codes() -> None:
    person = make.resident()
    building = person.area_path.rsplit("/", 3)[0] + "/"

    first = actions.issue_codes(make.KEEPER, building)
    again = actions.issue_codes(make.KEEPER, building)
    renewed = actions.issue_codes(make.KEEPER, building, renew=True)

    assert [c.id for c in first] == [c.id for c in again]
    assert [c.id for c in renewed] != [c.id for c in first]
    assert kinds().count("people.code_shown") == 1


def test_a_building_takes_as_many_statements_as_one_person() -> None:
    community = make.community("朝阳社区")
    one = make.resident(at=make.dwelling("101", within=community))
    with CaptureQueriesContext(connection) as alone:
        codes.texts(actions.issue_codes(make.KEEPER, one.area_path))
    for door in range(102, 114):
        make.resident(at=make.dwelling(str(door), within=community))

    with CaptureQueriesContext(connection) as together:
        given = actions.issue_codes(make.KEEPER, community.path)
        codes.texts(given)

    assert len(given) == 13
    assert len(together) <= len(alone)


def test_an_empty_building_prints_nothing() -> None:
    building = building_of(make.dwelling())

    answer = signed_in().post("/people/codes/cards/print", {"area": building.path})

    assert answer.status_code == 404


def test_an_area_that_is_not_there_prints_nothing() -> None:
    answer = signed_in().post("/people/codes/cards/print", {"area": "7/7/7/"})

    assert answer.status_code == 404


@pytest.mark.parametrize("duty", [Duty.COLLECT_SAMPLES, Duty.GUARD, Duty.SEE_REGISTER])
def test_who_samples_or_guards_gives_no_codes_out(duty: Duty) -> None:
    wang = make.resident("王建国")
    stranger = signed_in(duty)

    answers = [
        stranger.get("/people/codes"),
        stranger.get(f"/people/{wang.id}/code"),
        stranger.get("/people/codes/cards"),
        stranger.post(f"/people/{wang.id}/code/show"),
        stranger.post(f"/people/{wang.id}/code/card"),
        stranger.post("/people/codes/cards/print", {"area": wang.area_path}),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert not PersonalCode.objects.exists()


def test_codes_of_another_area_do_not_exist() -> None:
    wang = make.resident("王建国")
    given = actions.issue_code(make.KEEPER, wang.id)
    elsewhere = make.community("新世纪社区").path
    stranger = signed_in(Duty.KEEP_REGISTER, within=elsewhere)

    answers = [
        stranger.post(f"/people/{wang.id}/code/show"),
        stranger.post(f"/people/codes/{given.id}/revoke", {"reason": "-"}),
    ]

    assert {answer.status_code for answer in answers} == {404}


def test_the_person_may_ask_who_gave_their_code_out() -> None:
    wang = make.resident("王建国")
    signed_in().post(f"/people/{wang.id}/code/show", {"way": "phone"})

    [look] = queries.who_looked_at(make.KEEPER, wang.id)

    assert (look.reader, look.said) == ("马丽", "issued a code")


def test_the_pages_speak_chinese() -> None:
    wang = make.resident("王建国")
    desk = signed_in(language="zh-hans")

    assert "个人码" in text(desk.get("/people/codes"))
    assert "打印" in text(desk.get(f"/people/{wang.id}/code"))


def test_a_card_bears_no_name_and_no_number_of_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []

    def looked_at(template: str, data: Any) -> bytes:
        shown.append(data)
        return b"%PDF-"

    monkeypatch.setattr(paper, "page", looked_at)
    wang = make.resident("王建国", at=make.dwelling("501"))

    signed_in().post(f"/people/{wang.id}/code/card")

    said = str(shown[0])
    assert "王**" in said
    assert "501" in shown[0]["cards"][0]["door"]
    for hidden in ("王建国", wang.identity.reveal(), wang.phone.reveal(), str(wang.id)):
        assert hidden not in said
    assert shown[0]["cards"][0]["until"] in said
