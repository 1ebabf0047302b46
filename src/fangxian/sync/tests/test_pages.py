"""The office's pages about phones."""

import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fangxian.kernel.access import Duty
from fangxian.kernel.models import Account, Event
from fangxian.kernel.tests.make import sheet_of
from fangxian.sync.models import Device, Held
from fangxian.sync.tests import make
from fangxian.sync.tests.make import command

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_follows")]


def signed_in(account: Account, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(account)
    return client


@pytest.fixture
def supervisor() -> Client:
    return signed_in(make.account(Duty.DISPATCH, name="he", within=make.DISTRICT))


def refused(phone: make.Phone, **body: Any) -> Held:
    phone.send(command("sampling.void_tube", {"tube": "nonsense", **body}))
    return Held.objects.latest("received_at")


def test_a_supervisor_shows_a_code_and_a_phone_enrols_with_it(supervisor: Client) -> None:
    owner = make.account()

    form = supervisor.get("/sync/invite/").content.decode()
    page = supervisor.post(
        "/sync/invite/", {"account_id": str(owner.id), "modes": ["desk", "tasks"], "days": 7}
    )
    text = page.content.decode()

    assert "Sampling desk" in form
    assert "no-store" in page.headers["Cache-Control"]
    assert "data:image/svg+xml" in text
    token = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", text)
    assert token is not None
    said = {"token": token.group(), "name": "红米", "platform": "x", "pin_set": True}
    assert make.post("enrol", said).status == 200
    assert "红米" in supervisor.get("/sync/").content.decode()
    _header, row = sheet_of(supervisor.get("/sync/?export=xlsx"))
    assert row[0] == "红米"


def test_an_invitation_without_a_mode_is_asked_for_again(supervisor: Client) -> None:
    owner = make.account()

    page = supervisor.post("/sync/invite/", {"account_id": str(owner.id), "days": 7})

    assert page.status_code == 422
    assert "Please correct" in page.content.decode()


def test_inviting_is_refused_to_others() -> None:
    page = signed_in(make.account()).get("/sync/invite/")

    assert page.status_code == 403


def test_a_lost_phone_is_taken_out_of_service(supervisor: Client) -> None:
    phone = make.phone()

    blank = supervisor.post(f"/sync/{phone.device.id}/revoke", {"reason": ""})
    done = supervisor.post(f"/sync/{phone.device.id}/revoke", {"reason": "lost"}, follow=True)

    assert blank.status_code == 422
    assert "out of service" in done.content.decode()
    assert Device.objects.get().state == "revoked"


def test_the_office_reads_what_was_refused_and_why_with_people_masked(supervisor: Client) -> None:
    phone = make.phone()
    refused(phone, person={"identity": "63010519830101123X"}, reason="leaked")

    page = supervisor.get("/sync/refused/").content.decode()

    assert "Tube made void" in page
    assert "cannot be read (tube)" in page
    assert "leaked" in page
    assert "630105********123X" in page
    assert "63010519830101123X" not in page


def test_what_cannot_be_entered_still_says_why_and_may_be_set_aside(supervisor: Client) -> None:
    phone = make.phone()
    one = refused(phone)

    again = supervisor.post(f"/sync/refused/{one.command_id}/apply")
    mute = supervisor.post(f"/sync/refused/{one.command_id}/set-aside", {"note": ""})
    aside = supervisor.post(
        f"/sync/refused/{one.command_id}/set-aside", {"note": "on paper"}, follow=True
    )

    assert again.status_code == 409
    assert "cannot be entered yet" in again.content.decode()
    assert mute.status_code == 422
    assert "Nothing was refused" in aside.content.decode()


def test_what_was_refused_is_exported_with_people_masked_and_on_record(
    supervisor: Client,
) -> None:
    held = refused(make.phone(), person={"name": "王建国"}, barcode="T0000123")

    _header, row = sheet_of(supervisor.get("/sync/refused/?export=xlsx"))

    assert row[2] == held.message
    assert row[-1] == "tube T0000123 · 王**"
    assert Event.objects.get(kind="kernel.list_exported").facts["list"] == "refused"


def test_the_list_of_phones_says_how_much_waits_to_be_put_right(supervisor: Client) -> None:
    assert "Enrol one: its owner scans a code" in supervisor.get("/sync/").content.decode()

    refused(make.phone())

    assert "Refused entries (1)" in supervisor.get("/sync/").content.decode()


@pytest.mark.parametrize(
    ("skew", "words"),
    [(420_000, "7 minutes ahead"), (-420_000, "7 minutes behind")],
)
def test_a_phones_wrong_clock_is_told_in_words(supervisor: Client, skew: int, words: str) -> None:
    phone = make.phone()
    Device.objects.filter(id=phone.device.id).update(skew_ms=skew)

    assert words in supervisor.get(f"/sync/{phone.device.id}/").content.decode()


def test_an_owner_sees_the_own_phone_and_no_other() -> None:
    owner = make.account()
    mine, other = make.phone(owner), make.phone()
    client = signed_in(owner)

    page = client.get("/sync/").content.decode()

    assert str(mine.device.id) in page
    assert str(other.device.id) not in page
    assert client.get(f"/sync/{other.device.id}/").status_code == 404


def test_a_phones_own_page_tells_of_its_clock_and_its_end(supervisor: Client) -> None:
    phone = make.phone()
    Device.objects.update(skew_ms=3 * 3600 * 1000)

    page = supervisor.get(f"/sync/{phone.device.id}/").content.decode()

    assert "180 minutes ahead" in page
    assert "Sampling desk" in page


def test_a_file_that_is_no_outbox_is_told_so(supervisor: Client) -> None:
    file = SimpleUploadedFile("x.json", json.dumps({"fangxian": "song"}).encode())

    page = supervisor.post("/sync/import/", {"file": file})

    assert page.status_code == 422
    assert "not an outbox" in page.content.decode()


@pytest.mark.parametrize("address", ["/sync/", "/sync/refused/"])
def test_a_list_costs_the_same_statements_whatever_its_length(
    supervisor: Client, address: str
) -> None:
    refused(make.phone())
    supervisor.get(address)
    with CaptureQueriesContext(connection) as few:
        supervisor.get(address)
    for _ in range(5):
        refused(make.phone())

    with CaptureQueriesContext(connection) as many:
        supervisor.get(address)

    assert len(many) == len(few)


@pytest.mark.parametrize("address", ["/sync/", "/sync/invite/", "/sync/import/", "/sync/refused/"])
def test_every_page_is_there_in_chinese(address: str) -> None:
    make.phone()
    client = signed_in(make.account(Duty.DISPATCH, within=make.DISTRICT), "zh-CN")

    page = client.get(address)

    assert page.status_code == 200
    assert 'lang="zh-hans"' in page.content.decode().lower()
