"""The story of an objection: somebody else decides, by a time, with reasons, and it is undone."""

import pytest

from fangxian.dispatch.queries import tasks_about
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.measures.actions import decide_objection, object_to_order
from fangxian.measures.errors import SecondOfficerNeeded
from fangxian.measures.models import Order
from fangxian.measures.queries import get_order
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import GRID_WORKER_WANG, OFFICER_DENG, measures
from fangxian.status.actions import decide_status_objection, object_to_status
from fangxian.status.queries import status_of

pytestmark = pytest.mark.django_db


def home_order() -> Order:
    """Home quarantine of a close contact under the ten items."""
    make.rules("cn-10")
    return measures.order(make.resident(at=make.door(make.estate()[0])))


def test_another_officer_decides_by_the_limit_of_the_pack() -> None:
    order = home_order()

    objection = object_to_order(OFFICER_DENG, order.id, text="The person was not there.")

    (task,) = tasks_about(PLAYBOOK, objection.id)
    assert (task.kind, task.duty) == ("decide_objection", "decide_measures")
    assert task.due_at > now()
    assert task.because_id == Event.objects.get(kind="measures.objection_filed").id
    with pytest.raises(SecondOfficerNeeded):
        decide_objection(OFFICER_DENG, objection.id, outcome="rejected", reasons="no")


def test_an_objection_that_is_upheld_ends_the_order_and_what_waited_for_it() -> None:
    order = home_order()
    objection = object_to_order(GRID_WORKER_WANG, order.id, text="I was not there.")

    decide_objection(OFFICER_DENG, objection.id, outcome="upheld", reasons="the scan was another's")

    assert get_order(PLAYBOOK, order.id).state == "withdrawn"
    assert make.kinds_of_tasks(objection.id) == set()
    assert make.kinds_of_tasks(order.id) == set()
    assert status_of(PLAYBOOK, order.resident_id).colour == "green"


def test_an_objection_that_is_rejected_leaves_the_order_as_it_was() -> None:
    order = home_order()
    objection = object_to_order(GRID_WORKER_WANG, order.id, text="I was not there.")

    decide_objection(OFFICER_DENG, objection.id, outcome="rejected", reasons="seen by two")

    assert get_order(PLAYBOOK, order.id).state == "in_force"
    assert make.kinds_of_tasks(objection.id) == set()
    assert "serve_order" in make.kinds_of_tasks(order.id)


def test_an_objection_to_a_code_is_decided_by_two_and_asked_of_each() -> None:
    make.rules("local-4day")
    home = make.estate()[0]
    who = make.resident(at=make.door(home))
    area = measures.risk_area([home], unit="building")
    assert area.id in {one.ground for one in status_of(PLAYBOOK, who.id).reasons}

    objection = object_to_status(GRID_WORKER_WANG, who.id, area.id, text="moved out")
    assert make.kinds_of_tasks(objection.id) == {"decide_objection"}

    decide_status_objection(OFFICER_DENG, objection.id, uphold=True, reasons="lease seen")
    assert make.kinds_of_tasks(objection.id) == {"decide_objection"}
    decide_status_objection(measures.OFFICER_HAN, objection.id, uphold=True, reasons="yes")

    assert make.kinds_of_tasks(objection.id) == set()
    assert area.id not in {one.ground for one in status_of(PLAYBOOK, who.id).reasons}
