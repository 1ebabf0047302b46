"""The story of an order's end, and of how it reaches the person."""

import pytest

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands
from fangxian.measures.actions import (
    end_order,
    propose_due_releases,
    serve_order,
)
from fangxian.measures.models import Order
from fangxian.measures.queries import orders_past_end
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import GRID_WORKER_WANG, OFFICER_DENG, measures
from fangxian.sampling.queries import calls_about

pytestmark = pytest.mark.django_db


def home_order() -> Order:
    """Home quarantine of a close contact under the ten items."""
    make.rules("cn-10")
    who = make.resident(at=make.door(make.estate()[0]))
    return measures.order(who)


def test_an_order_is_brought_to_the_door() -> None:
    order = home_order()

    assert make.kinds_of_tasks(order.id) == {"serve_order"}
    serve_order(GRID_WORKER_WANG, order.id)
    assert make.kinds_of_tasks(order.id) == set()


def test_an_order_past_its_end_waits_for_a_decision_and_is_never_forgotten(noon: Hands) -> None:
    order = home_order()
    noon.to(order.ends_at)
    noon.forward(minutes=1)

    assert orders_past_end(PLAYBOOK).get().id == order.id
    for call in calls_about(PLAYBOOK, order.id):
        call.__class__.objects.filter(id=call.id).update(state="cancelled")
    propose_due_releases(PLAYBOOK)

    assert "decide_release" in make.kinds_of_tasks(order.id)
    assert orders_past_end(PLAYBOOK).get().id == order.id


def test_ending_an_order_takes_its_tests_and_tasks_with_it() -> None:
    order = home_order()
    assert calls_about(PLAYBOOK, order.id).filter(state="due").exists()

    end_order(OFFICER_DENG, order.id, reason="issued by mistake")

    assert not calls_about(PLAYBOOK, order.id).filter(state="due").exists()
    assert make.kinds_of_tasks(order.id) == set()
