"""The story of somebody who died under measures: everything that was asked of them ends."""

from datetime import timedelta

import pytest

from fangxian.cases.tests import make as cases
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.models import Event
from fangxian.measures.queries import orders_in_force, orders_of
from fangxian.people.deaths import note_death
from fangxian.people.errors import PersonHasDied
from fangxian.people.models import Resident
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import measures
from fangxian.quarantine.models import Placement, Transfer
from fangxian.quarantine.tests import make as sites
from fangxian.sampling.actions import call_for_tests
from fangxian.sampling.queries import calls_of
from fangxian.sampling.rules import Call
from fangxian.screening.actions import note_attempt
from fangxian.screening.models import FollowUp
from fangxian.screening.tests import make as screening
from fangxian.status.queries import status_of

pytestmark = pytest.mark.django_db

CLERK_LIU = make.actor(Duty.KEEP_REGISTER, Duty.SEE_REGISTER, name="Liu")


def died(who: Resident) -> Resident:
    return note_death(CLERK_LIU, who.id, on=today(), source="hospital")


def test_orders_tests_tasks_and_colour_end_with_the_person() -> None:
    make.rules()
    who = make.resident(at=make.door(make.estate()[0]))
    order = measures.order(who)
    assert make.kinds_of_tasks(order.id)
    assert calls_of(PLAYBOOK, who.id).filter(state="due").exists()

    died(who)

    assert not orders_in_force(PLAYBOOK).filter(resident=who.id).exists()
    assert make.kinds_of_tasks(order.id) == set()
    assert not calls_of(PLAYBOOK, who.id).filter(state="due").exists()
    assert status_of(PLAYBOOK, who.id).colour == "green"
    ended = Event.objects.get(kind="measures.order_ended")
    assert ended.because_id == Event.objects.get(kind="people.resident_died").id
    assert ended.facts["reason"] == "The person has died."


def test_a_room_is_given_up_and_nobody_comes_to_fetch_them() -> None:
    make.rules()
    placement = sites.expected()

    died(Resident.objects.get(id=placement.resident_id))

    assert Placement.objects.get(id=placement.id).state == "cancelled"
    assert not Transfer.objects.filter(placement=placement, state="asked").exists()


def test_a_guest_who_dies_leaves_the_room_and_is_not_driven_home() -> None:
    make.rules()
    placement = sites.staying()

    died(Resident.objects.get(id=placement.resident_id))

    left = Placement.objects.get(id=placement.id)
    assert (left.state, left.left_how) == ("left", "died")
    assert not Transfer.objects.filter(placement=placement, way="home").exists()


def test_no_order_and_no_test_is_asked_of_somebody_who_has_died() -> None:
    make.rules()
    who = make.resident(at=make.door(make.estate()[0]))
    died(who)

    with pytest.raises(PersonHasDied):
        measures.order(who, by=make.OFFICER_DENG)
    call = Call(
        resident_id=who.id,
        area_path=who.area_path,
        reason="order",
        about_id=who.id,
        day=1,
        due_at=now() + timedelta(days=1),
    )
    assert call_for_tests(PLAYBOOK, [call]) == []


def test_a_case_that_has_died_is_a_case_without_an_order() -> None:
    make.rules()
    who = make.resident(at=make.door(make.estate()[0]))
    died(who)

    cases.case(who)

    assert not orders_of(PLAYBOOK, who.id).exists()
    assert Event.objects.filter(kind="measures.nobody_to_restrict").exists()
    assert status_of(PLAYBOOK, who.id).colour == "green"


def test_nobody_calls_somebody_who_has_died() -> None:
    make.rules()
    campaign = screening.campaign()
    screening.inbound(campaign, screening.row())
    follow_up = screening.only(campaign)

    died(Resident.objects.get(id=follow_up.resident_id))

    closed = FollowUp.objects.get(id=follow_up.id)
    assert (closed.state, closed.close_reason) == ("closed", "dead")
    with pytest.raises(PersonHasDied):
        note_attempt(screening.GRID_WORKER_WANG, follow_up.id, channel="phone", outcome="no_answer")
