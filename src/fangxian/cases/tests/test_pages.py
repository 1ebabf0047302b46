"""The pages of cases, as an investigator, a commander and a stranger meet them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from fangxian.areas.models import Area
from fangxian.cases.actions import confirm_contacts
from fangxian.cases.models import Case, Contact
from fangxian.cases.tests import make
from fangxian.kernel.access import Duty
from fangxian.kernel.models import Account, Event
from fangxian.kernel.tests.make import sheet_of
from fangxian.people.models import Resident
from fangxian.people.tests import make as people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

INVESTIGATOR = (Duty.INVESTIGATE, Duty.SEE_REGISTER)


def signed_in(
    client: Client, *duties: Duty, within: str = "", language: str = "en", name: str = "ma"
) -> Client:
    account = Account.objects.create(
        username=name, display_name="马丽", area_path=within, duties=list(duties or INVESTIGATOR)
    )
    client.force_login(account)
    client.cookies["django_language"] = language
    return client


def text(response: Any) -> str:
    return str(response.content.decode())


def lately(who: Resident | None = None) -> Case:
    return make.case(who)


# The list


def test_the_list_shows_masked_names_and_how_far_the_decisions_are(client: Client) -> None:
    make.rules()
    contact = make.proposed(people.resident("李红"))
    confirm_contacts(make.MA, [contact.id])

    page = text(signed_in(client).get("/cases/"))

    assert contact.case.code in page
    assert "王**" in page
    assert "王建国" not in page
    assert "100 %" in page


def test_the_list_speaks_chinese(client: Client) -> None:
    make.rules()
    lately()

    page = text(signed_in(client, language="zh-hans").get("/cases/"))

    assert "病例" in page
    assert "无症状感染者" in page


def test_the_list_asks_as_many_questions_for_many_cases_as_for_one(
    client: Client, django_assert_num_queries: Any
) -> None:
    make.rules()
    signed_in(client)
    make.proposed(people.resident("李芳"))
    client.get("/cases/")
    with django_assert_num_queries(12):
        client.get("/cases/")
    for name in "红梅兰竹菊荷":
        make.proposed(people.resident(f"李{name}"), of=lately(people.resident(f"王{name}")))

    with django_assert_num_queries(12):
        page = text(client.get("/cases/"))

    assert page.count('<th scope="row">') == 7


def test_the_list_is_narrowed_by_what_is_chosen(client: Client) -> None:
    make.rules()
    wang, li = people.resident("王建国"), people.resident("李红")
    first, second = make.case(wang), make.case(li, classification="confirmed")
    signed_in(client)

    def shown(query: str) -> set[str]:
        page = text(client.get(f"/cases/?{query}"))
        return {case.code for case in (first, second) if case.code in page}

    assert shown("") == {first.code, second.code}
    assert shown("classification=confirmed") == {second.code}
    assert shown("state=closed") == set()
    assert shown("day=2022-09-02") == {first.code, second.code}
    assert shown("day=2022-09-01") == set()
    assert shown("classification=nonsense") == {first.code, second.code}
    subdistrict = "/".join(first.area_path.split("/")[:4]) + "/"
    assert shown(f"area={subdistrict}") == {first.code}


def test_the_list_is_exported_as_narrowed_masked_and_on_record(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    make.rules()
    li = people.resident("李红")
    make.case(people.resident("王建国"))
    case = make.case(li, classification="confirmed")
    signed_in(client)
    page = text(client.get("/cases/?classification=confirmed"))
    sheet_of(client.get("/cases/?classification=confirmed&export=xlsx"))

    with django_assert_max_num_queries(14):
        answer = client.get("/cases/?classification=confirmed&export=xlsx")

    assert "?classification=confirmed&amp;export=xlsx" in page
    header, *rows = sheet_of(answer)
    assert header[:4] == ["Case", "Name", "Age", "Place"]
    assert [row[:2] for row in rows] == [[case.code, "李**"]]
    assert isinstance(rows[0][2], float)
    events = Event.objects.filter(kind="kernel.list_exported")
    assert [event.facts for event in events] == [{"list": "cases", "rows": 1}] * 2


def test_the_contacts_of_a_case_are_exported_masked_and_on_record(client: Client) -> None:
    make.rules()
    case = make.case(people.resident("王建国"))
    make.proposed(people.resident("李红"), of=case, minutes=75)
    signed_in(client)

    header, *rows = sheet_of(client.get(f"/cases/{case.id}?export=xlsx"))

    assert header[:2] == ["Kind", "Person"]
    assert ["close contact", "李**"] in [row[:2] for row in rows]
    told = Event.objects.get(kind="kernel.list_exported").facts
    assert told == {"list": "contacts", "rows": len(rows)}


def test_no_cell_of_the_list_is_run_by_a_spreadsheet(client: Client) -> None:
    make.rules()
    case = make.case()
    Area.objects.filter(level="subdistrict").update(name="=1+1")

    rows = sheet_of(signed_in(client).get("/cases/?export=xlsx"))

    assert [row[0] for row in rows[1:]] == [case.code]
    assert rows[1][3].startswith("'=1+1")


def test_a_case_code_leads_straight_to_the_case(client: Client) -> None:
    make.rules()
    case = lately()

    answer = signed_in(client).get("/cases/", {"q": case.code.lower()})

    assert answer.status_code == 302
    assert answer["Location"] == f"/cases/{case.id}"


def test_the_list_is_for_those_who_investigate_or_command(client: Client) -> None:
    signed_in(client, Duty.CARRY_OUT)

    assert client.get("/cases/").status_code == 403


def test_a_commander_sees_cases_and_cannot_decide(client: Client) -> None:
    make.rules()
    contact = make.proposed(people.resident("李红"))
    signed_in(client, Duty.COMMAND)

    page = text(client.get(f"/cases/{contact.case_id}"))

    assert contact.case.code in page
    assert "Look for contacts" not in page
    assert 'name="contact"' not in page
    assert client.post(f"/cases/{contact.case_id}/trace").status_code == 403


# One case


def test_the_case_page_tells_window_rule_clocks_way_and_contacts(client: Client) -> None:
    make.rules()
    contact = make.proposed(people.resident("李红"))

    page = text(signed_in(client).get(f"/cases/{contact.case_id}"))

    assert "2 days before the specimen until kept apart, by cn-v9@1" in page.replace(
        "48 hours", "2 days"
    )
    assert "Core tracks searched for contacts" in page
    assert "朝阳菜市场" in page
    assert "60 minutes" in page or "1 hour" in page
    assert f"Case {contact.case.code} was reported in" in page
    assert "李**" in page or "李*" in page
    assert "李红" not in page


def test_the_case_page_asks_as_many_questions_for_many_contacts_as_for_one(
    client: Client, django_assert_max_num_queries: Any, django_assert_num_queries: Any
) -> None:
    make.rules()
    case = lately()
    make.proposed(people.resident("李红"), of=case)
    signed_in(client)
    client.get(f"/cases/{case.id}")
    with django_assert_max_num_queries(26) as asked:
        client.get(f"/cases/{case.id}")
    for name in "梅兰竹菊荷":
        make.proposed(people.resident(f"李{name}"), of=case)

    with django_assert_num_queries(len(asked)):
        client.get(f"/cases/{case.id}")


def test_under_rules_without_contacts_the_page_says_so(client: Client) -> None:
    make.rules("cn-bb")
    case = lately()
    signed_in(client)

    client.post(f"/cases/{case.id}/trace")

    assert "The rules in force determine no contacts" in text(client.get(f"/cases/{case.id}"))


def test_a_case_elsewhere_is_not_found(client: Client) -> None:
    make.rules()
    case, elsewhere = lately(), people.community("别处")
    signed_in(client, within=elsewhere.path)

    assert client.get(f"/cases/{case.id}").status_code == 404


def test_ticked_contacts_are_confirmed_with_and_without_a_script(client: Client) -> None:
    make.rules()
    case = lately()
    one = make.proposed(people.resident("李红"), of=case)
    two = make.proposed(people.resident("赵梅"), of=case)
    signed_in(client)

    plain = client.post(f"/cases/{case.id}/confirm", {"contact": [str(one.id)], "kind": "close"})
    swapped = client.post(
        f"/cases/{case.id}/confirm",
        {"contact": [str(two.id), "nonsense"], "kind": "close"},
        headers={"HX-Request": "true"},
    )

    assert plain.status_code == 302
    assert plain["Location"].endswith("?kind=close#contacts")
    assert 'id="contacts"' in text(swapped)
    assert "<html" not in text(swapped)
    assert set(Contact.objects.values_list("state", flat=True)) == {"confirmed"}


def test_all_proposed_contacts_are_confirmed_at_once(client: Client) -> None:
    make.rules()
    case = lately()
    for name in "梅兰竹":
        make.proposed(people.resident(f"李{name}"), of=case)

    signed_in(client).post(f"/cases/{case.id}/confirm", {"all": "1", "kind": "close"})

    assert Contact.objects.filter(state="confirmed").count() == 3


def test_a_low_risk_contact_is_confirmed_as_close(client: Client) -> None:
    make.rules()
    contact = make.proposed(people.resident("李红"), minutes=5)

    signed_in(client).post(
        f"/cases/{contact.case_id}/confirm",
        {"contact": str(contact.id), "kind": "general", "as_close": "1"},
    )

    contact.refresh_from_db()
    assert (contact.kind, contact.state) == ("close", "confirmed")


def test_a_contact_is_discarded_with_a_reason(client: Client) -> None:
    make.rules()
    contact = make.proposed(people.resident("李红"))
    signed_in(client)
    address = f"/cases/contacts/{contact.id}/discard"

    refused = client.post(address, {"reason": ""}, headers={"HX-Request": "true"})
    swapped = client.post(
        address, {"reason": "glass between", "kind": "close"}, headers={"HX-Request": "true"}
    )

    assert refused.status_code == 422
    assert refused["HX-Retarget"] == "#refusals"
    assert "glass between" in text(swapped)
    assert client.post(address, {"reason": "again"}).status_code == 302


def test_a_tab_shows_another_kind_of_contact(client: Client) -> None:
    make.rules()
    contact = make.proposed(people.resident("李红"), minutes=5)
    signed_in(client)

    plain = text(client.get(f"/cases/{contact.case_id}?kind=close"))
    part = client.get(f"/cases/{contact.case_id}?kind=general", headers={"HX-Request": "true"})

    assert "No contacts of this kind are known." in plain
    assert "李*" in text(part)
    assert "<html" not in text(part)


def test_every_meeting_behind_a_contact_is_shown(client: Client) -> None:
    make.rules()
    contact = make.proposed(people.resident("李红"))

    page = text(signed_in(client).get(f"/cases/contacts/{contact.id}"))

    assert "How do we know?" in page
    assert "朝阳菜市场" in page
    assert "rotating code" in page


def test_the_onset_is_noted_and_the_case_closed_or_withdrawn(client: Client) -> None:
    make.rules()
    case, other = lately(), lately(people.resident("马强"))
    signed_in(client)

    client.post(f"/cases/{case.id}/onset", {"onset_on": "2022-09-01"})
    client.post(f"/cases/{case.id}/onset", {"onset_on": "yesterday"})
    client.post(f"/cases/{case.id}/close")
    client.post(f"/cases/{other.id}/withdraw", {"reason": "result corrected"})

    case.refresh_from_db()
    other.refresh_from_db()
    assert (case.onset_on and case.onset_on.isoformat(), case.state) == ("2022-09-01", "closed")
    assert other.state == "withdrawn"
    assert "was withdrawn: result corrected" in text(client.get(f"/cases/{other.id}"))


# Reporting


def test_a_case_is_reported_for_somebody_found_by_name(client: Client) -> None:
    make.rules()
    wang = people.resident("王建国")
    signed_in(client)

    found = text(client.post("/cases/new", {"q": "王建国"}))
    form = text(client.get(f"/cases/new/{wang.id}"))
    answer = client.post(
        f"/cases/new/{wang.id}",
        {
            "classification": "confirmed",
            "found_by": "clinic",
            "specimen_at": "2022-09-02T08:00",
            "onset_on": "2022-09-01",
        },
    )

    assert f"/cases/new/{wang.id}" in found
    assert "王建国" not in form
    case = Case.objects.get()
    assert answer["Location"] == f"/cases/{case.id}"
    assert (case.classification, case.found_by, case.under_control) == (
        "confirmed",
        "clinic",
        False,
    )
    assert case.specimen_at == make.NOON - timedelta(hours=4)


@pytest.mark.parametrize("asked", ["phone", "identity"])
def test_people_are_found_by_what_they_carry(client: Client, asked: str) -> None:
    phone, identity = people.phone(), people.identity()
    wang = people.resident(phone=phone, identity=identity)
    carried = {"phone": phone, "identity": identity}[asked]

    page = text(signed_in(client).post("/cases/new", {"q": carried}))

    assert str(wang.id) in page
    assert page.count(carried) == 1  # in the field where it was typed


def test_nobody_found_is_said_with_advice(client: Client) -> None:
    page = text(signed_in(client).post("/cases/new", {"q": "没有人"}))

    assert "Nobody in your area has this number or name." in page


def test_a_form_half_filled_is_shown_again(client: Client) -> None:
    make.rules()
    wang = people.resident()

    answer = signed_in(client).post(f"/cases/new/{wang.id}", {"classification": "confirmed"})

    assert answer.status_code == 422
    assert not Case.objects.exists()


def test_somebody_without_papers_is_entered_at_their_door_and_reported(client: Client) -> None:
    make.rules()
    door = people.dwelling()
    signed_in(client, Duty.INVESTIGATE, Duty.SEE_REGISTER, Duty.KEEP_REGISTER)
    assert door.parent is not None

    above = text(client.get("/cases/new/unregistered", {"area": str(door.parent.id)}))
    answer = client.post(
        f"/cases/new/unregistered?area={door.id}",
        {"name": "某女士", "birth_date": "1970-01-01", "sex": "female"},
    )

    assert f"area={door.id}" in above
    person = UUID(answer["Location"].rsplit("/", 1)[1])
    assert "The identity number is not known." in text(client.get(f"/cases/new/{person}"))


def test_only_those_who_keep_the_register_enter_people(client: Client) -> None:
    signed_in(client)

    assert client.get("/cases/new/unregistered").status_code == 403
    assert "keeps the register" in text(client.get("/cases/new"))


def test_a_contact_is_named_from_the_interview(client: Client) -> None:
    make.rules()
    case, li = lately(), people.resident("李红")
    signed_in(client)

    found = text(client.post(f"/cases/{case.id}/name", {"q": "李红"}))
    assert client.get(f"/cases/{case.id}/name/{li.id}").status_code == 200
    answer = client.post(
        f"/cases/{case.id}/name/{li.id}", {"kind": "close", "last_at": "2022-09-01T20:00"}
    )

    assert f"/cases/{case.id}/name/{li.id}" in found
    assert answer["Location"].endswith("?kind=close#contacts")
    assert Contact.objects.get().how == "named"
