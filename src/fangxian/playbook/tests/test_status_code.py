"""The story of a code: it follows the evidence, and nothing else."""

import pytest

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.models import Event
from fangxian.measures.actions import end_order
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import OFFICER_DENG, measures
from fangxian.status.queries import status_of

pytestmark = pytest.mark.django_db


def test_an_order_turns_the_code_red_and_its_end_turns_it_green() -> None:
    make.rules()
    order = measures.order()

    assert status_of(PLAYBOOK, order.resident_id).colour == "red"
    derived = Event.objects.get(kind="status.statuses_derived")
    assert derived.because_id == Event.objects.get(kind="measures.order_issued").id
    assert derived.facts == {"red": 1, "yellow": 0, "green": 0}  # numbers, never who

    end_order(OFFICER_DENG, order.id, reason="issued by mistake")

    assert status_of(PLAYBOOK, order.resident_id).colour == "green"


def test_other_rules_change_every_code_of_the_area() -> None:
    make.rules()
    order = measures.order()

    with measures.moved_to("cn-10"):
        assert status_of(PLAYBOOK, order.resident_id).colour == "green"
