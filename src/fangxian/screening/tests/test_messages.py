"""Text messages: who gets one, once; a gateway that is not there; a file and an address."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from pytest_django import Settings

from fangxian.kernel.access import PLAYBOOK
from fangxian.people import gateway
from fangxian.screening import messages, queries
from fangxian.screening.models import Campaign, TextMessage
from fangxian.screening.tests import make

pytestmark = pytest.mark.django_db
CHANNELS = ["message", "phone"]


@pytest.fixture
def campaign() -> Campaign:
    found = make.campaign(channels=CHANNELS)
    make.inbound(found, make.row(), make.row("李静"), make.row("赵强", phone=""))
    return found


def test_each_gets_one_message_in_both_languages_marked_as_exercise(
    campaign: Campaign, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "out" / "sms.jsonl"
    settings.SMS_GATEWAY = f"file:{file}"

    assert messages.queue_messages(PLAYBOOK, campaign.id) == 3
    assert messages.queue_messages(PLAYBOOK, campaign.id) == 0
    assert messages.send_messages(PLAYBOOK) == 2
    assert messages.send_messages(PLAYBOOK) == 0

    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert len(lines) == 2
    assert "EXERCISE" in lines[0]["words"]
    assert campaign.code in lines[0]["words"]
    assert queries.messages_by_state(make.INVESTIGATOR_ZHAO, campaign) == {"sent": 2, "failed": 1}
    assert TextMessage.objects.get(state="failed").trouble == messages.NO_PHONE


def test_a_campaign_that_does_not_ask_by_message_sends_none() -> None:
    campaign = make.campaign()
    make.inbound(campaign, make.row())

    assert messages.queue_messages(PLAYBOOK, campaign.id) == 0


def test_a_house_without_a_gateway_says_so(campaign: Campaign, settings: Settings) -> None:
    settings.SMS_GATEWAY = ""
    messages.queue_messages(PLAYBOOK, campaign.id)

    assert messages.send_messages(PLAYBOOK) == 0

    assert TextMessage.objects.filter(trouble=messages.NO_GATEWAY).count() == 3


def test_a_gateway_that_is_not_there_loses_no_message(
    campaign: Campaign, settings: Settings
) -> None:
    settings.SMS_GATEWAY = "http://127.0.0.1:9/"
    messages.queue_messages(PLAYBOOK, campaign.id)

    with pytest.raises(gateway.Unreachable):
        messages.send_messages(PLAYBOOK)

    assert TextMessage.objects.filter(state="waiting", claimed_at=None).count() == 3


@pytest.fixture
def provider() -> Iterator[tuple[str, list[dict[str, object]]]]:
    """A provider that accepts all but the first."""
    heard: list[dict[str, object]] = []

    class Provider(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.append({"token": self.headers["Authorization"], **said})
            answer = json.dumps({"refused": {said["messages"][0]["id"]: "no such number"}})
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_said: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", heard
    server.shutdown()
    server.server_close()


def test_an_address_says_which_numbers_it_refused(
    campaign: Campaign,
    settings: Settings,
    provider: tuple[str, list[dict[str, object]]],
) -> None:
    settings.SMS_GATEWAY, heard = provider
    settings.SMS_TOKEN = "hush"
    messages.queue_messages(PLAYBOOK, campaign.id)

    assert messages.send_messages(PLAYBOOK) == 1

    assert heard[0]["token"] == "Bearer hush"
    assert TextMessage.objects.filter(trouble="no such number").count() == 1


def test_any_other_address_is_refused(settings: Settings) -> None:
    settings.SMS_GATEWAY = "http://example.org/"

    with pytest.raises(ValueError, match="FANGXIAN_SMS"):
        gateway.chosen()
