"""What residents read and do on their own pages, and what the pages keep from them."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from fangxian.areas.models import Area
from fangxian.care.queries import transfers_visible_to
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now, playing
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.measures.actions import approve_risk_area
from fangxian.measures.models import Objection
from fangxian.measures.tests import make as measures
from fangxian.people.actions import end_proxy
from fangxian.people.models import PersonalCode, Resident
from fangxian.people.tests import make as people
from fangxian.requests.actions import accept_request, finish_request
from fangxian.requests.queries import requests_visible_to
from fangxian.requests.tests import make as requests
from fangxian.resident import actions, errors, queries
from fangxian.resident.tests import make
from fangxian.responsibility.tests import make as responsibility
from fangxian.sampling.actions import add_swab, open_tube, report_tube_result, seal_tube
from fangxian.workforce.queries import wanted_visible_to

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules()


# What stands on the page


def test_whoever_is_bound_reads_what_why_by_which_rule_until_when_and_whom_to_call() -> None:
    wang = make.resident()
    order = measures.order(wang)
    community = Area.objects.get(path="/".join(wang.area_path.split("/")[:5]) + "/")
    responsibility.held(
        responsibility.member("马晓云", at=community, duty_phone="09715550001"), "branch", community
    )

    page = make.browser(wang).get("/my/").text

    assert order.code in page
    assert "quarantine in a designated facility" in page
    assert order.pack in page
    assert order.rule in page
    assert "Open the door only to staff" in page or "open the door only to staff" in page
    assert f"/my/object/order/{order.id}" in page
    assert "马晓云" in page
    assert 'href="tel:09715550001"' in page
    assert page.index('href="/my/emergency"') < page.index(order.code)


def test_whoever_is_free_reads_that_nothing_binds_them() -> None:
    page = make.browser(make.resident()).get("/my/").text

    assert "Nothing binds you" in page
    assert "This is wrong" not in page


def test_a_risk_area_around_the_home_is_told_with_its_level_and_review() -> None:
    area = measures.risk_area()
    wang = make.resident(at=measures.door(Area.objects.get(path=area.places[0]), "103"))

    page = make.browser(wang).get("/my/").text

    assert area.name in page
    assert area.code in page
    assert "reviewed from" in page


def test_of_whose_infection_it_is_nothing_is_told_but_the_community() -> None:
    building = measures.estate()[0]
    sick = measures.resident(at=measures.door(building, "502"))
    measures.order(sick)
    area = measures.proposal([building], unit="building", because=measures.case(sick))
    area = approve_risk_area(measures.COMMANDER_CHEN, area.id)
    wang = make.resident(at=measures.door(building, "103"))

    page = make.browser(wang).get("/my/").text

    assert area.code in page
    assert "502" not in page
    assert str(sick.name) not in page.replace(str(wang.name), "")


def test_tests_are_told_and_of_a_positive_pool_only_that_it_will_be_explained() -> None:
    wang, li = make.resident(), make.resident(name="李静")
    measures.negative(wang)
    tube = open_tube(PLAYBOOK, area_path=wang.area_path, purpose="round")
    for who in (wang, li):
        add_swab(PLAYBOOK, tube.id, who.id, taken_at=now() - timedelta(minutes=9))
    seal_tube(PLAYBOOK, tube.id, sealed_at=now() - timedelta(minutes=5))
    report_tube_result(PLAYBOOK, tube.id, "positive", measured_at=now())

    page = make.browser(wang).get("/my/tests").text

    assert "negative" in page
    assert "shared sample positive, to be explained" in page


def test_one_sheet_of_paper_says_it_too_and_that_it_was_made_is_recorded() -> None:
    wang = make.resident()
    measures.order(wang)
    browser = make.browser(wang)

    for language in ("en", "zh-hans"):
        sheet = browser.get("/my/sheet.pdf", headers={"accept-language": language})
        assert sheet.content[:5] == b"%PDF-"

    made = Event.objects.filter(kind="resident.own_sheet_made", subject_id=wang.id)
    assert made.count() == 2


def test_own_code_is_drawn_on_asking_and_never_on_looking() -> None:
    wang = make.resident()
    browser = make.browser(wang)

    browser.get("/my/code")
    assert not PersonalCode.objects.exists()
    page = browser.post("/my/code").text

    assert "Number to say" in page
    assert PersonalCode.objects.get().resident_id == wang.id
    assert Event.objects.get(kind="people.code_issued").actor_id == wang.id


def test_who_looked_and_what_is_kept_is_told_by_post_not_by_private_name() -> None:
    wang = make.resident()
    office = make.office(Duty.SEE_REGISTER)
    office.get(f"/person/{wang.id}")

    page = make.browser(wang).get("/my/data").text

    assert "opened the record" in page
    assert "30 d" in page or "30 days" in page
    assert "signed in" in page


def test_nothing_of_these_pages_is_kept_on_the_way() -> None:
    browser = make.browser(make.resident())

    for path in ("/my/", "/my/tests", "/my/data", "/my/code", "/my/ask/help", "/my/emergency"):
        page = browser.get(path)
        assert "no-store" in page["Cache-Control"], path
        assert page["X-Robots-Tag"] == "noindex"
    assert "no-store" in Client().get("/my/sign-in")["Cache-Control"]


@pytest.mark.parametrize("path", ["", "tests", "data", "code", "sheet.pdf", "ask/help"])
def test_without_signing_in_every_own_page_leads_to_the_door_and_back(path: str) -> None:
    answer = Client().get(f"/my/{path}")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/my/sign-in?next=%2Fmy%2F")


def test_large_type_and_contrast_need_no_script_and_stay_on_the_device() -> None:
    browser = make.browser(make.resident())

    browser.post("/my/looks", {"look": "large", "next": "/my/"})
    browser.post("/my/looks", {"look": "contrast", "next": "/my/"})
    page = browser.get("/my/").text
    browser.post("/my/looks", {"look": "large", "next": "/my/"})

    assert 'data-size="large"' in page
    assert 'data-contrast="more"' in page
    assert 'data-size="large"' not in browser.get("/my/").text


# Asking, confirming, objecting


def test_a_request_is_made_done_scored_and_opened_again_by_its_owner() -> None:
    wang = make.resident()
    browser = make.browser(wang)
    sent = browser.post(
        "/my/ask/help", {"category": "supplies", "words": "两袋大米", "id": str(new_id())}
    )
    request = requests_visible_to(PLAYBOOK).get()
    operator = requests.operator()

    page = browser.get(sent["Location"]).text
    accept_request(operator, request.id)
    finish_request(operator, request.id, answer="delivered at 3 pm")
    done = browser.get(f"/my/requests/{request.id}").text
    browser.post(f"/my/requests/{request.id}/confirm", {"score": "4", "words": "late"})
    request.refresh_from_db()

    assert request.code in page
    assert "Next step by" in page
    assert "delivered at 3 pm" in done
    assert (request.state, request.score, request.close_reason) == ("closed", 4, "confirmed")

    browser.post(f"/my/requests/{request.id}/reopen", {"words": "only one bag came"})
    request.refresh_from_db()
    assert request.state != "closed"
    assert request.reopened == 1


def test_a_request_that_is_sent_twice_is_one() -> None:
    browser = make.browser(make.resident())
    form = {"category": "supplies", "words": "两袋大米", "id": str(new_id())}

    first = browser.post("/my/ask/help", form)
    again = browser.post("/my/ask/help", form)

    assert first["Location"] == again["Location"]
    assert requests_visible_to(PLAYBOOK).count() == 1


def test_a_wish_goes_on_the_board_of_the_community_without_a_name() -> None:
    wang = make.resident()
    browser = make.browser(wang)
    browser.post("/my/ask/help", {"category": "supplies", "words": "formula milk", "board": "on"})

    [wanted] = wanted_visible_to(PLAYBOOK)

    assert wanted.kind == "wish"
    assert wanted.about == requests_visible_to(PLAYBOOK).get().id
    assert wang.area_path.startswith(wanted.area_path)
    assert wanted.area_path != wang.area_path


def test_a_request_can_be_withdrawn() -> None:
    browser = make.browser(make.resident())
    browser.post("/my/ask/ask", {"category": "policy", "words": "may I go out?"})
    request = requests_visible_to(PLAYBOOK).get()

    browser.post(f"/my/requests/{request.id}/withdraw")

    request.refresh_from_db()
    assert request.close_reason == "withdrawn"


def test_another_households_request_does_not_exist() -> None:
    wang, li = make.resident(), make.resident(name="李静")
    mine, theirs = make.browser(wang), make.browser(li)
    mine.post("/my/ask/help", {"category": "medical", "words": "insulin"})
    request = requests_visible_to(PLAYBOOK).get()

    for way, path in (
        ("get", ""),
        ("post", "/confirm"),
        ("post", "/reopen"),
        ("post", "/withdraw"),
    ):
        answer = getattr(theirs, way)(
            f"/my/requests/{request.id}{path}", {"score": "1", "words": "x"}
        )
        assert answer.status_code == 404, path
        assert "insulin" not in answer.text
    request.refresh_from_db()
    assert request.state == "raised"


def test_another_of_the_same_household_does_not_see_a_request_either() -> None:
    home = people.dwelling()
    wang = make.resident(at=home)
    wife = make.resident(at=home, name="李静")
    Resident.objects.filter(id=wife.id).update(household=wang.household_id)
    make.browser(wang).post("/my/ask/help", {"category": "medical", "words": "insulin"})
    request = requests_visible_to(PLAYBOOK).get()

    theirs = make.browser(wife)

    assert theirs.get(f"/my/requests/{request.id}").status_code == 404
    assert request.code not in theirs.get("/my/").text


def test_an_objection_is_filed_by_the_person_and_stands_on_the_page() -> None:
    wang = make.resident()
    order = measures.order(wang)
    browser = make.browser(wang)

    sent = browser.post(f"/my/object/order/{order.id}", {"text": "was not there"})
    page = browser.get(sent["Location"]).text

    objection = Objection.objects.get()
    assert objection.filed_by == wang.id
    assert "waits for a decision" in page
    assert "This is wrong: object" not in page


def test_nobody_objects_to_what_binds_another() -> None:
    order = measures.order(make.resident())
    browser = make.browser(make.resident(name="李静"))

    answer = browser.post(f"/my/object/order/{order.id}", {"text": "x"})

    assert answer.status_code == 404
    assert not Objection.objects.exists()


def test_a_wrong_form_comes_back_with_what_was_typed() -> None:
    browser = make.browser(make.resident())

    answer = browser.post("/my/ask/help", {"words": "two bags of rice"})

    assert answer.status_code == 422
    assert "two bags of rice" in answer.text


# Whose page


def test_who_acts_for_somebody_opens_their_page_and_they_can_see_it() -> None:
    mother = people.resident("王奶奶", phone="", identity=people.identity(date(1941, 3, 7)))
    order = measures.order(mother)
    daughter = make.resident(name="王丽")
    make.acts_for(mother, daughter)
    browser = make.browser(daughter)

    browser.post("/my/person", {"person": str(mother.id)})
    page = browser.get("/my/").text
    browser.post("/my/ask/help", {"category": "medical", "words": "her pills"})

    assert order.code in page
    assert "you act for this person" in page
    request = requests_visible_to(PLAYBOOK).get()
    assert (request.resident_id, request.raised_by) == (mother.id, daughter.id)
    opened = Event.objects.get(kind="resident.opened_on_behalf")
    assert (opened.subject_id, opened.actor_id) == (mother.id, daughter.id)
    looks = queries.who_looked(make.actor(mother), mother.id)
    assert [one.what for one in looks] == ["opened this page"]


def test_who_acts_no_longer_is_back_on_their_own_page_at_once() -> None:
    mother = people.resident("王奶奶", phone="", identity=people.identity(date(1941, 3, 7)))
    daughter = make.resident(name="王丽")
    make.acts_for(mother, daughter)
    browser = make.browser(daughter)
    browser.post("/my/person", {"person": str(mother.id)})

    end_proxy(people.KEEPER, mother.id, daughter.id)
    page = browser.get("/my/").text

    assert "you act for this person" not in page
    assert browser.post("/my/person", {"person": str(mother.id)}).status_code == 404


def test_a_grown_up_opens_the_pages_of_the_children_and_no_other() -> None:
    home = people.dwelling()
    wang = make.resident(at=home)
    wife = make.resident(at=home, name="李静")
    Resident.objects.filter(id=wife.id).update(household=wang.household_id)
    kid = make.child(wang)
    neighbour = make.child(make.resident(name="赵强"))
    browser = make.browser(wang)

    assert [one.why for one in queries.people_of(make.actor(wang), wang.id)] == ["self", "child"]
    assert browser.post("/my/person", {"person": str(kid.id)}).status_code == 302
    for other in (wife, neighbour):
        assert browser.post("/my/person", {"person": str(other.id)}).status_code == 404


def test_a_child_opens_nobody_elses_page_and_one_who_is_eighteen_is_none() -> None:
    wang = make.resident()
    kid = make.child(wang)

    assert [one.id for one in queries.people_of(make.actor(kid), kid.id)] == [kid.id]
    with playing(now() + timedelta(days=366 * 18)):
        assert kid.id not in {one.id for one in queries.people_of(make.actor(wang), wang.id)}


def test_nothing_stands_on_ones_page_about_others_of_the_household() -> None:
    home = people.dwelling()
    wang = make.resident(at=home)
    wife = make.resident(at=home, name="欧阳静")
    Resident.objects.filter(id=wife.id).update(household=wang.household_id)
    order = measures.order(wife)
    measures.negative(wife)

    browser = make.browser(wang)
    pages = "".join(browser.get(f"/my/{path}").text for path in ("", "tests", "data"))

    assert order.code not in pages
    assert str(wife.name) not in pages


# Emergency


def test_anybody_calls_for_care_without_signing_in_and_is_never_refused() -> None:
    community = people.community()
    form = {
        "what": "life_threatening",
        "whom": "other",
        "phone": "13900001111",
        "community": community.path,
        "words": "3号楼 502，老人昏迷",
    }

    page = Client(headers={"accept-language": "en"}).post("/my/emergency", form)

    [transfer] = transfers_visible_to(PLAYBOOK)
    assert page.status_code == 200
    assert transfer.code in page.text
    assert 'href="tel:120"' in page.text
    assert (transfer.what, transfer.area_path) == ("life_threatening", community.path)
    assert transfer.resident_id is None
    assert transfer.said.reveal() == "3号楼 502，老人昏迷"


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"what": "nonsense", "community": "9/9/9/", "id": "no id", "phone": "x" * 400},
        {"words": "w" * 5000},
        {"what": "labour", "whom": "me", "phone": "not a phone"},
    ],
    ids=["empty", "nonsense", "too long", "no phone"],
)
def test_whatever_is_filled_in_is_taken_down(form: dict[str, str]) -> None:
    people.community()

    page = Client(headers={"accept-language": "en"}).post("/my/emergency", form)

    assert page.status_code == 200
    assert transfers_visible_to(PLAYBOOK).count() == 1


def test_a_caller_by_their_own_phone_is_known_and_the_page_does_not_say_so() -> None:
    wang = make.resident()
    form = {"what": "labour", "whom": "me"}
    browser = Client(headers={"accept-language": "en"})

    known = browser.post("/my/emergency", form | {"phone": make.phone_of(wang)}).text
    unknown = browser.post("/my/emergency", form | {"phone": "13800000000"}).text

    by_person = {one.resident_id: one for one in transfers_visible_to(PLAYBOOK)}
    assert set(by_person) == {wang.id, None}
    assert by_person[wang.id].area_path == wang.area_path
    assert bare(known) == bare(unknown)


def bare(page: str) -> list[str]:
    """Without the number, which differs each time."""
    return [one for one in page.splitlines() if "csrf" not in one and "bignum" not in one]


def test_who_is_signed_in_calls_for_whoevers_page_is_open() -> None:
    mother = people.resident("王奶奶", phone="", identity=people.identity(date(1941, 3, 7)))
    daughter = make.resident(name="王丽")
    make.acts_for(mother, daughter)
    browser = make.browser(daughter)
    browser.post("/my/person", {"person": str(mother.id)})

    browser.post("/my/emergency", {"what": "life_threatening"})

    [transfer] = transfers_visible_to(PLAYBOOK)
    assert (transfer.resident_id, transfer.asked_by) == (mother.id, daughter.id)
    assert transfer.code in browser.get("/my/").text


def test_an_emergency_that_is_sent_twice_is_one() -> None:
    people.community()
    browser = Client()
    form = {"what": "labour", "id": str(new_id())}

    for _ in range(2):
        browser.post("/my/emergency", form)

    assert transfers_visible_to(PLAYBOOK).count() == 1


# On the line


def test_an_operator_reads_the_same_to_a_caller_and_nobody_else_may() -> None:
    wang = make.resident()
    order = measures.order(wang)

    page = make.office(Duty.ANSWER_CALLS).get(f"/my/brief/{wang.id}")

    assert page.status_code == 200
    assert order.code in page.text
    assert make.office(Duty.GUARD).get(f"/my/brief/{wang.id}").status_code == 403
    elsewhere = make.office(Duty.ANSWER_CALLS, within=people.community("别处").path)
    assert elsewhere.get(f"/my/brief/{wang.id}").status_code == 404
    assert Client().get(f"/my/brief/{wang.id}").status_code == 302
    assert make.browser(wang).get(f"/my/brief/{wang.id}").status_code == 302


def test_a_residents_session_opens_no_page_of_the_staff() -> None:
    browser = make.browser(make.resident())

    for path in ("/", "/people/", "/requests/", "/tasks/"):
        assert browser.get(path)["Location"].startswith("/accounts/login/"), path


def test_an_account_opens_no_residents_page() -> None:
    assert make.office(Duty.SEE_REGISTER).get("/my/")["Location"].startswith("/my/sign-in")


def test_an_own_page_costs_the_same_however_much_stands_on_it(
    django_assert_max_num_queries: object,
) -> None:
    wang = make.resident()
    for _ in range(3):
        measures.negative(wang)
        measures.order(wang, about_id=uuid4())
    browser = make.browser(wang)
    browser.get("/my/")

    with django_assert_max_num_queries(95):  # type: ignore[operator]
        browser.get("/my/")


def test_what_is_not_ones_own_cannot_be_judged_by_its_id() -> None:
    wang, li = make.resident(), make.resident(name="李静")
    made = actions.ask_for_help(make.actor(wang), wang.id, words="rice", category="supplies")

    with pytest.raises(errors.NobodyHere):
        actions.judge_request(make.actor(li), li.id, made, stars=1)
