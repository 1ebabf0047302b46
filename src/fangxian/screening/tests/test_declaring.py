"""What residents declare themselves: evidence that nobody checked, and nothing of the register."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from fangxian.kernel.access import PLAYBOOK
from fangxian.people.models import Resident
from fangxian.screening import declaring, errors
from fangxian.screening.models import FollowUp, Mention
from fangxian.screening.tests import make

pytestmark = pytest.mark.django_db


def said(**unusual: str) -> dict[str, str]:
    return {
        "name": "王建国",
        "identity": make.identity(),
        "was_there": "yes",
        "place_1": "西安市雁塔区",
        "from_1": "2022-08-28",
        "until_1": "2022-08-30",
        **unusual,
    }


def test_the_page_asks_without_sign_in_and_says_what_is_done_with_the_answer(
    client: Client,
) -> None:
    campaign = make.campaign()

    response = client.get(reverse("screening:declare", args=[campaign.code]), {"lang": "en"})

    page = response.content.decode()
    assert response.status_code == 200
    assert "Were you in 西安 since 2022-08-20?" in page
    assert "deleted after 14 days" in page
    assert "<script" not in page
    assert response["Cache-Control"] == "private, no-store"


def test_an_answer_gets_a_receipt_and_the_same_again_the_same(client: Client) -> None:
    campaign = make.campaign()
    where = reverse("screening:declare", args=[campaign.code])
    answer = said()

    first = client.post(where, answer).content.decode()
    again = client.post(where, answer).content.decode()

    one = FollowUp.objects.get(campaign=campaign)
    assert one.code in first
    assert one.code in again
    assert one.times == 1
    assert Mention.objects.get().kind == "declared"


def test_the_page_tells_nobody_whether_the_register_knows_them(client: Client) -> None:
    campaign = make.campaign()
    known = make.people.resident()
    where = reverse("screening:declare", args=[campaign.code])

    for identity in (known.identity.reveal(), make.identity()):
        page = client.post(where, said(identity=identity, was_there="no")).content.decode()
        assert "Thank you" in page or "谢谢" in page or "感谢" in page
        assert known.area_path not in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"identity": "630105198301011239"},
        {"identity": "", "phone": ""},
        {"until_1": "2022-09-05"},
        {"from_1": "2022-08-31"},
        {"place_1": "", "from_1": "", "until_1": ""},
        {"name": "7"},
        {"was_there": ""},
    ],
)
def test_what_cannot_be_right_is_said_and_nothing_is_kept(
    client: Client, wrong: dict[str, str]
) -> None:
    campaign = make.campaign()

    response = client.post(reverse("screening:declare", args=[campaign.code]), said(**wrong))

    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert not FollowUp.objects.exists()
    assert not Resident.objects.exists()


def test_a_household_has_a_link_of_its_own_that_cannot_be_guessed(client: Client) -> None:
    place = make.community()
    door = make.people.dwelling(within=place)
    campaign = make.campaign(place)
    link = declaring.link_to(campaign, door)
    token = link.rpartition("/")[2]

    assert declaring.open_link(campaign.code, token).door == door
    with pytest.raises(errors.LinkUnknown):
        declaring.open_link(campaign.code, token[:-1] + ("0" if token[-1] != "0" else "1"))
    client.post(reverse("screening:declare_at", args=[campaign.code, token]), said())
    assert FollowUp.objects.get().area_path == door.path


def test_a_campaign_that_ended_or_does_not_ask_this_way_has_no_page(client: Client) -> None:
    silent = make.campaign(channels=["phone"])

    assert client.get(reverse("screening:declare", args=[silent.code])).status_code == 404
    assert client.get(reverse("screening:declare", args=["S0000000"])).status_code == 404


def test_a_flood_from_one_address_is_slowed(client: Client) -> None:
    campaign = make.campaign()
    where = reverse("screening:declare", args=[campaign.code])
    for _time in range(30):
        declaring.refuse_floods("127.0.0.1")

    response = client.post(where, said())

    assert response.status_code == 429
    assert "王建国" in response.content.decode()  # what was typed is not lost
    assert not FollowUp.objects.exists()


def test_a_declaration_alone_is_judged_and_nothing_ordered() -> None:
    make.risk()
    campaign = make.campaign()

    declaring.declare(
        PLAYBOOK,
        declaring.open_link(campaign.code),
        name="王建国",
        phone=make.phone(),
        was_there=True,
        stays=[make.one_day(date(2022, 8, 30))],
    )

    assert make.only(campaign).state == "at_risk"


def test_sheets_and_the_poster_are_paper() -> None:
    place = make.community()
    make.people.dwelling(within=place)
    campaign = make.campaign(place)

    assert declaring.print_poster(make.GRID_WORKER_WANG, campaign.id).startswith(b"%PDF")
    assert declaring.print_sheets(make.GRID_WORKER_WANG, campaign.id, place.path).startswith(
        b"%PDF"
    )
    with pytest.raises(errors.TooManySheets):
        declaring.print_sheets(make.GRID_WORKER_WANG, campaign.id, place.path + "zz/")
