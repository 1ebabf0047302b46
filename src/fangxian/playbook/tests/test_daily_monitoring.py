"""The story of somebody's days under an order: readings, what is missing, what is needed."""

import pytest

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands
from fangxian.kernel.models import Event
from fangxian.measures.actions import advance_order, end_order
from fangxian.measures.models import Order
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import OFFICER_DENG
from fangxian.quarantine.actions import (
    ask_for,
    meet_wish,
    note_missed_readings,
    tell_own_reading,
)
from fangxian.quarantine.models import Watch
from fangxian.quarantine.queries import watch_of
from fangxian.quarantine.tests import make as days

pytestmark = pytest.mark.django_db


def at_home() -> tuple[Order, Watch]:
    """The contact of a contact, seven days at home under the ninth edition."""
    make.rules("cn-v9")
    order = make.measures.order(
        make.resident(at=make.door(make.estate()[0])), subject="secondary_contact"
    )
    watch = watch_of(PLAYBOOK, order.resident_id)
    assert watch is not None
    return order, watch


def test_readings_are_awaited_from_the_order_on() -> None:
    order, watch = at_home()

    assert watch.order_id == order.id
    assert watch.area_path == order.area_path


def test_a_reading_that_does_not_come_is_asked_for_until_one_comes(noon: Hands) -> None:
    _order, watch = at_home()
    noon.forward(hours=24)  # the evening's and the next morning's were due by then

    assert note_missed_readings(PLAYBOOK) == 2
    assert make.kinds_of_tasks(watch.id) == {"take_reading"}

    tell_own_reading(PLAYBOOK, watch.code, temperature="36.6")  # type: ignore[arg-type]
    assert make.kinds_of_tasks(watch.id) == set()


def test_a_fever_calls_a_medic_at_once_and_makes_nobody_a_case() -> None:
    order, watch = at_home()

    days.reading(order.resident_id, "38.2")

    assert make.kinds_of_tasks(watch.id) == {"medical_check"}
    assert not Event.objects.filter(kind="cases.case_reported").exists()


def test_breathlessness_sends_a_vehicle_at_once() -> None:
    order, watch = at_home()

    days.reading(order.resident_id, "36.8", "breathing_difficulty")

    assert make.kinds_of_tasks(watch.id) == {"emergency_trip"}


def test_what_somebody_needs_is_brought() -> None:
    _order, watch = at_home()

    ask_for(PLAYBOOK, watch.token, kind="medicine")
    ask_for(PLAYBOOK, watch.token, kind="medic")
    assert make.kinds_of_tasks(watch.id) == {"meet_wish", "medical_check"}

    meet_wish(days.HEAD_MA, watch.id, kind="medicine")
    assert make.kinds_of_tasks(watch.id) == {"medical_check"}
    meet_wish(days.HEAD_MA, watch.id, kind="medic")
    assert make.kinds_of_tasks(watch.id) == set()


def test_the_end_of_the_order_ends_it_and_a_medic_still_comes() -> None:
    order, watch = at_home()
    ask_for(PLAYBOOK, watch.token, kind="food")
    days.reading(order.resident_id, "38.2")

    end_order(OFFICER_DENG, order.id, reason="no contact after all")

    assert watch_of(PLAYBOOK, order.resident_id) is None
    assert make.kinds_of_tasks(watch.id) == {"medical_check"}


def test_the_next_stage_is_watched_under_the_same_code() -> None:
    make.rules("cn-v9")
    order = make.measures.order(make.resident(at=make.door(make.estate()[0])))
    before = watch_of(PLAYBOOK, order.resident_id)
    assert before is not None

    following = advance_order(OFFICER_DENG, order.id, reason="the rooms are needed")

    after = watch_of(PLAYBOOK, order.resident_id)
    assert following.kind == "home_monitoring"
    assert after is not None
    assert (after.id, after.code, after.order_id) == (before.id, before.code, following.id)
