"""The story of somebody who offers to help, and is screened by what is known of them."""

from datetime import date

import pytest

from fangxian.kernel.access import PLAYBOOK
from fangxian.people.tests import make as people
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import measures
from fangxian.workforce.actions import Help, offer_help
from fangxian.workforce.models import VolunteerOffer

pytestmark = pytest.mark.django_db


def offer(identity: str, area_path: str) -> VolunteerOffer:
    said = Help(
        name="陆敏",
        phone="13900000001",
        born=date(1995, 5, 5),
        area_path=area_path,
        identity=identity,
        well=True,
        on_duty=False,
    )
    made = offer_help(PLAYBOOK, said)
    return VolunteerOffer.objects.get(id=made.id)


def test_who_is_under_an_order_is_thanked_and_declined_with_the_reason() -> None:
    make.rules("cn-v9")
    number = people.identity(date(1995, 5, 5))
    person = people.resident("陆敏", identity=number)
    measures.order(person)

    declined = offer(number, person.area_path)

    assert declined.state == "declined"
    assert declined.why


def test_whoever_is_green_waits_for_a_person_who_looks() -> None:
    make.rules("cn-v9")
    number = people.identity(date(1995, 5, 5))
    person = people.resident("陆敏", identity=number)

    assert offer(number, person.area_path).state == "offered"
