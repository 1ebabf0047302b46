"""The pages of screening: what they say, to whom, and at what cost."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fangxian.kernel.access import Duty
from fangxian.kernel.tests.make import account, sheet_of
from fangxian.screening import actions
from fangxian.screening.models import Campaign, FollowUp, HandOver, InboundList, RiskElsewhere
from fangxian.screening.tests import make

pytestmark = pytest.mark.django_db

OFFICE = (Duty.INVESTIGATE, Duty.CARRY_OUT, Duty.DISPATCH, Duty.DECIDE_MEASURES, Duty.SEE_REGISTER)


def signed_in(client: Client, *duties: Duty, within: str = "") -> Client:
    client.force_login(account(f"zhao{len(duties)}{within[:3]}", duties=duties, within=within))
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def office(client: Client) -> Client:
    return signed_in(client, *OFFICE)


def read(client: Client, name: str, *args: object, status: int = 200, **query: str) -> str:
    response = client.get(reverse(f"screening:{name}", args=args), query)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def send(client: Client, page: str, /, *args: object, status: int = 302, **said: object) -> str:
    response = client.post(reverse(f"screening:{page}", args=args), said)
    assert response.status_code == status, response.content.decode()[:3000]
    return response.headers.get("Location", "") or response.content.decode("utf-8", "replace")


def asked(*rows: list[object]) -> tuple[Campaign, FollowUp]:
    campaign = make.campaign(channels=["declaration", "message", "phone", "visit"])
    make.inbound(campaign, *(rows or (make.row(),)))
    first = FollowUp.objects.filter(campaign=campaign).order_by("number").first()
    assert first is not None
    return campaign, first


def test_not_yet_reached_stands_first(office: Client) -> None:
    campaign, _one = asked(make.row(), make.row("李静"))

    page = read(office, "campaign", campaign.id)

    assert page.index("Not yet reached") < page.index("Person-times")
    assert page.index('class="label">Not yet reached') < page.index('class="label">People')
    assert "2 people not yet reached" in read(office, "campaigns")


def test_a_campaign_is_begun_and_a_bad_one_says_what_to_correct(office: Client) -> None:
    place = make.people.district()
    said = {
        "name": "Back from Xi'an", "ground": "lists", "place_said": "西安", "since": "2022-08-20",
        "area": place.path, "channels": ["declaration", "phone"], "ends_at": "2022-09-20T12:00",
    }  # fmt: skip

    where = send(office, "new_campaign", **said)

    assert Campaign.objects.get().place_said == "西安"
    assert str(Campaign.objects.get().id) in where
    assert "Asked in" in read(office, "new_campaign")
    send(office, "new_campaign", status=422, **{**said, "since": "2023-01-01"})
    send(office, "new_campaign", status=422, **{**said, "ground": "building", "building": "?"})


def test_a_list_is_uploaded_and_shows_how_far_it_is(office: Client) -> None:
    campaign, _one = asked()
    data = make.sheet(make.row(), header=make.HEADER)

    where = send(
        office, "receive_list", campaign.id,
        file=SimpleUploadedFile("a.xlsx", data), sender="某厂", sender_kind="employer",
    )  # fmt: skip

    kept = InboundList.objects.get(sender="某厂")
    assert str(kept.id) in where
    assert 'hx-trigger="every 1s"' in read(office, "progress", kept.id)
    actions.take_in_list(make.INVESTIGATOR_ZHAO, kept.id)
    assert "every 1s" not in read(office, "list", kept.id)


def test_unknown_columns_are_asked_for(office: Client) -> None:
    campaign, _one = asked()
    data = make.sheet(["a", "b"], header=["旅客", "号"])
    send(
        office, "receive_list", campaign.id,
        file=SimpleUploadedFile("a.xlsx", data), sender="机场", sender_kind="station",
    )  # fmt: skip
    kept = InboundList.objects.get(sender="机场")

    assert "旅客" in read(office, "list", kept.id)
    send(office, "list", kept.id, column_0="name", column_1="identity")

    kept.refresh_from_db()
    assert kept.columns == {"旅客": "name", "号": "identity"}


def test_the_ledger_is_narrowed_masked_and_taken_away_on_record(office: Client) -> None:
    make.risk()
    campaign, one = asked()

    page = read(office, "ledger", campaign.id, state="to_reach", at_risk="on")
    assert one.code in page
    assert "王**" in page
    assert "王建国" not in page
    response = office.get(reverse("screening:ledger", args=[campaign.id]), {"export": "xlsx"})
    rows = sheet_of(response)
    assert rows[1][0] == one.code
    progress = office.get(reverse("screening:campaign", args=[campaign.id]), {"export": "xlsx"})
    assert sheet_of(progress)[0][1] == "Not yet reached"


def test_a_page_of_the_ledger_costs_the_same_for_one_and_for_ten(office: Client) -> None:
    campaign, _one = asked()
    read(office, "ledger", campaign.id)

    with CaptureQueriesContext(connection) as few:
        read(office, "ledger", campaign.id)
    make.inbound(campaign, *[make.row() for _row in range(10)], sender="more")
    with CaptureQueriesContext(connection) as many:
        read(office, "ledger", campaign.id)

    assert len(many) == len(few)
    assert len(many) <= 20


def test_a_grid_worker_sees_whom_to_reach_with_one_next_action(client: Client) -> None:
    campaign, one = asked()
    worker = signed_in(client, Duty.CARRY_OUT, within=one.area_path)

    page = read(worker, "mine")

    assert "王**" in page
    assert ">call<" in page.replace("</svg>", ">").replace("\n", "") or "call</a>" in page
    assert worker.get(reverse("screening:campaigns")).status_code == 302
    assert read(worker, "mine_of", campaign.id)


def test_an_answer_is_noted_on_the_page_of_the_person(office: Client) -> None:
    make.risk()
    _campaign, one = asked()
    said: dict[str, Any] = {"channel": "phone", "outcome": "reached"}

    send(office, "note_attempt", one.id, status=422, **said)
    send(
        office, "note_attempt", one.id, **said,
        was_there="yes", place_1="西安市雁塔区", from_1="2022-08-28", until_1="2022-08-30",
    )  # fmt: skip

    page = read(office, "follow_up", one.id)
    assert "was at a place of risk" in page
    assert "Confirm the stay" in page
    send(office, "confirm", one.id)
    send(office, "dismiss", one.id, status=422)
    send(office, "dismiss", one.id, reason="a namesake")


def test_a_person_is_taken_given_and_closed(office: Client) -> None:
    _campaign, one = asked()

    send(office, "take", one.id)
    one.refresh_from_db()
    assert one.owner is not None
    send(office, "assign", one.id, to=str(one.owner_id))
    send(office, "close", one.id, status=422, reason="dead")
    send(office, "close", one.id, reason="not_found", note="nobody of this name")

    assert "no such person can be found" in read(office, "follow_up", one.id)


def test_a_hand_over_is_written_answered_and_printed(office: Client) -> None:
    _campaign, one = asked()

    send(office, "hand_over", one.id, other="碑林区", why="lives there")
    letter = one.hand_overs.get()
    assert letter.code in read(office, "letters")
    assert "%PDF" in send(office, "letter_paper", letter.id, status=200)
    send(office, "answer", letter.id, receipt="No. 3")

    assert "another district has taken over" in read(office, "follow_up", one.id)


def test_another_district_asks(office: Client) -> None:
    campaign, _one = asked()

    assert "The clock of the rules begins now" in read(office, "take_over", campaign.id)
    send(
        office, "take_over", campaign.id, other="雁塔区", why="same train", name="李静",
        phone=make.phone(),
    )  # fmt: skip

    assert HandOver.objects.get().direction == "in"


def test_risk_elsewhere_is_noted(office: Client) -> None:
    make.people.district()
    said: dict[str, Any] = {
        "place": "西安 雁塔",
        "level": "high",
        "from_day": "2022-08-20",
        "source": "notice 12",
    }

    send(office, "risks", **said)

    assert RiskElsewhere.objects.get().place == "西安 雁塔"
    assert "西安 雁塔" in read(office, "risks")
    send(office, "risks", status=422, **{**said, "level": "?"})


def test_a_campaign_ends_on_its_page_once_everybody_is_reached(office: Client) -> None:
    campaign, one = asked()

    send(office, "end_campaign", campaign.id, status=409, reason="done")
    make.told(one)
    send(office, "end_campaign", campaign.id, reason="done")

    assert "This campaign has ended." in read(office, "campaign", campaign.id)


def test_paper_is_printed(office: Client) -> None:
    campaign, _one = asked()

    assert "%PDF" in office.get(reverse("screening:poster", args=[campaign.id])).content.decode(
        "utf-8", "replace"
    )


def test_who_has_nothing_to_do_with_it_is_sent_away(client: Client) -> None:
    campaign, one = asked()
    stranger = signed_in(client, Duty.GUARD)

    read(stranger, "campaign", campaign.id, status=403)
    read(stranger, "follow_up", one.id, status=403)
