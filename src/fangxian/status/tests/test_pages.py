"""What the pages of this room show, and to whom."""

import pytest
from django.test import Client

from fangxian.areas.models import Area
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.models import Account
from fangxian.measures.tests import make
from fangxian.people.actions import issue_code
from fangxian.people.codes import texts
from fangxian.people.models import Resident
from fangxian.status.actions import derive_statuses, object_to_status
from fangxian.status.models import Objection

pytestmark = pytest.mark.django_db


def signed_in(*duties: Duty) -> Client:
    account = Account.objects.create(
        username=f"u{Account.objects.count()}", display_name="Deng", duties=[str(d) for d in duties]
    )
    client = Client(headers={"accept-language": "en"})
    client.force_login(account)
    return client


def test_the_list_shows_who_is_not_green_and_the_person_every_reason() -> None:
    make.rules("local-4day")
    area = make.risk_area()
    who = make.resident(at=make.door(Area.objects.get(path=area.places[0]), "103"))
    order = make.order(who)
    derive_statuses(PLAYBOOK)
    officer = signed_in(Duty.DECIDE_MEASURES, Duty.SEE_REGISTER, Duty.AUDIT)

    listed = officer.get("/status/?colour=red").text
    page = officer.get(f"/status/person/{who.id}").text

    assert f"/status/person/{who.id}" in listed
    assert order.code in page
    assert area.name in page
    assert "in central quarantine" in page
    assert "cn-v9" in page or "local-4day" in page


def test_an_objection_is_filed_and_decided_on_its_page() -> None:
    make.rules("local-4day")
    area = make.risk_area()
    who = make.resident(at=make.door(Area.objects.get(path=area.places[0]), "103"))
    derive_statuses(PLAYBOOK)
    clerk, first, second = (signed_in(Duty.DECIDE_MEASURES) for _ in range(3))

    sent = clerk.post(
        f"/status/person/{who.id}/object", {"ground": str(area.id), "text": "moved out"}
    )
    page = f"{sent['Location']}/decide"
    assert clerk.post(page, {"uphold": "yes", "reasons": "mine"}).status_code == 403
    for officer in (first, second):
        officer.post(page, {"uphold": "yes", "reasons": "lease seen"})

    assert Objection.objects.get().state == "upheld"
    assert "Every code here is green" not in clerk.get("/status/").text


def test_a_wrong_form_comes_back_with_what_was_typed() -> None:
    make.rules("local-4day")
    area = make.risk_area()
    who = make.resident(at=make.door(Area.objects.get(path=area.places[0]), "103"))
    derive_statuses(PLAYBOOK)
    objection = object_to_status(make.GRID_WORKER_WANG, who.id, area.id, text="moved out")
    officer = signed_in(Duty.DECIDE_MEASURES)

    answer = officer.post(f"/status/objections/{objection.id}/decide", {"reasons": "lease seen"})

    assert answer.status_code == 422
    assert "lease seen" in answer.text
    assert officer.post(f"/status/person/{who.id}/object", {"text": "x"}).status_code == 422


def test_anybody_sees_their_own_with_code_and_four_signs() -> None:
    make.rules()
    order = make.order()
    derive_statuses(PLAYBOOK)
    resident = Resident.objects.get(id=order.resident_id)
    code = issue_code(PLAYBOOK, resident.id)
    text = texts([code])[code.id]
    last_four = resident.identity.reveal()[-4:]
    anybody = Client(headers={"accept-language": "en"})

    assert "Show my status" in anybody.get("/status/own").text
    own = anybody.post("/status/own", {"code": text, "last_four": last_four})
    wrong = anybody.post("/status/own", {"code": text, "last_four": "0000"})

    assert order.code in own.text
    assert "no-store" in own["Cache-Control"]
    assert order.code not in wrong.text
    assert "do not belong together" in wrong.text


def test_whoever_guesses_is_stopped() -> None:
    make.rules()
    anybody = Client(headers={"accept-language": "en"})

    answers = [
        anybody.post("/status/own", {"code": "X12345", "last_four": "0000"}).text
        for _try in range(7)
    ]

    assert "Too many tries" in answers[-1]
    assert "Too many tries" not in answers[0]


def test_the_list_leaves_as_a_file() -> None:
    make.rules()
    make.order()
    derive_statuses(PLAYBOOK)

    answer = signed_in(Duty.DECIDE_MEASURES, Duty.SEE_REGISTER).get("/status/?export=xlsx")

    assert answer.status_code == 200
    assert b"".join(answer.streaming_content)[:2] == b"PK"  # type: ignore[attr-defined]
