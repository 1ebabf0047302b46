"""A visitor of the demonstration takes a phone and finds something to scan."""

import pytest
from django.test import Client

from fangxian.engines.codes import BadCode, read
from fangxian.exercise.cast import BUILDER, PARTS
from fangxian.kernel import signing
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import read_code
from fangxian.kernel.models import Account
from fangxian.kernel.tests.make import account
from fangxian.people.queries import by_phone
from fangxian.people.tests import make
from fangxian.requests.queries import calls_visible_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor(client: Client) -> Client:
    """Signed in, in a district with the cast and some people."""
    make.rules_in_force()
    home = make.dwelling()
    for name in ("王建国", "李红", "张伟"):
        make.resident(name, at=home)
    for part in PARTS:
        Account.objects.create(
            username=part.username,
            display_name=part.name,
            area_path="/".join(home.path.split("/")[:3]) + "/",
            duties=[str(duty) for duty in part.duties],
        )
    client.force_login(account("visitor", duties=(Duty.CARRY_OUT,)))
    return client


def test_a_sampler_gets_a_phone_labels_and_residents(visitor: Client) -> None:
    page = visitor.post("/exercise/phone/take", {"role": "sampler"}, follow=True)

    text = page.content.decode()
    assert "/field/#enrol=" in text
    things = [thing.text for thing in page.context["things"]]
    assert sum(read_code("T", one) is not None for one in things) == 4
    assert sum(read_code("B", one) is not None for one in things) == 1
    assert text.count("data:image/svg+xml") == len(things) + 1


def test_of_the_codes_to_be_scanned_two_are_no_good(visitor: Client) -> None:
    page = visitor.post("/exercise/phone/take", {"role": "guard"}, follow=True)

    troubles = []
    for thing in page.context["things"]:
        try:
            read(thing.text, signing.trust_list(), now())
        except BadCode as bad:
            troubles.append(bad.trouble)
    assert len(page.context["things"]) == 5
    assert sorted(troubles) == ["expired", "forged"]


def test_before_a_phone_was_taken_there_is_nothing_to_scan(visitor: Client) -> None:
    page = visitor.get("/exercise/phone")

    assert page.status_code == 200
    assert "things" not in page.context
    assert visitor.post("/exercise/phone/take", {"role": "chief"}).status_code == 404


def test_a_visitor_is_a_resident_and_rings_the_hotline(visitor: Client) -> None:
    shown = visitor.get("/exercise/resident").context
    [resident] = by_phone(BUILDER, shown["phone"])
    assert resident.birth_date is not None
    assert shown["born"] == resident.birth_date.isoformat()

    rang = visitor.post("/exercise/resident/ring", follow=True)
    assert rang.status_code == 200
    [call] = calls_visible_to(BUILDER)
    assert (call.state, call.resident_id) == ("waiting", resident.id)
