"""Who is looked in on, planned from the register, proved, and noticed if missed."""

import pytest
from django.db import IntegrityError, transaction

from fangxian.care.actions import note_missed_visits, plan_visits, visit_done
from fangxian.care.errors import HowWasIt
from fangxian.care.models import Visit
from fangxian.care.queries import visit_counts, visits_by_community, visits_due, visits_missed
from fangxian.care.tests import make
from fangxian.care.tests.make import DRIVER_HE, HEAD_MA, NEIGHBOUR
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands
from fangxian.kernel.errors import NotYours
from fangxian.kernel.models import Event
from fangxian.people.actions import end_need, note_need
from fangxian.people.models import Resident

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules()


def in_need(need: str = "child_alone") -> Resident:
    """A child alone is looked in on every day."""
    who = make.resident()
    note_need(make.people.KEEPER, who.id, need)
    return who


def planned(who: Resident | None = None) -> Visit:
    child = who or in_need()
    plan_visits(PLAYBOOK)
    return Visit.objects.get(resident=child.id, state="due")


def test_the_plan_comes_from_the_register_and_nobody_is_planned_twice() -> None:
    child = in_need()
    make.resident()

    first, again = plan_visits(PLAYBOOK), plan_visits(PLAYBOOK)

    assert (first, again) == (1, 0)
    assert [visit.resident_id for visit in visits_due(HEAD_MA)] == [child.id]
    assert Event.objects.filter(kind="care.visits_planned").count() == 1


def test_who_is_seldom_visited_gets_a_day_within_the_interval(noon: Hands) -> None:
    seldom = in_need("pregnancy")  # every seven days
    days = []

    for _day in range(7):
        plan_visits(PLAYBOOK)
        days.append(Visit.objects.filter(resident=seldom.id).count())
        noon.forward(days=1)

    assert days[-1] == 1


def test_who_may_not_leave_is_visited_more_often(noon: Hands) -> None:
    seldom = in_need("pregnancy")
    make.measures.order(seldom)

    for _day in range(2):
        plan_visits(PLAYBOOK)
        noon.forward(days=1)

    assert Visit.objects.filter(resident=seldom.id).count() == 1


def test_after_a_visit_the_next_is_planned_when_its_time_has_come(noon: Hands) -> None:
    child = in_need()
    visit_done(DRIVER_HE, planned(child).id, how="seen", found="well")

    today_again = plan_visits(PLAYBOOK)
    noon.forward(days=1)

    assert (today_again, plan_visits(PLAYBOOK)) == (0, 1)


def test_a_visit_in_vain_is_none(noon: Hands) -> None:
    child = in_need()
    visit_done(DRIVER_HE, planned(child).id, how="seen", found="nobody")
    noon.forward(days=1)

    assert plan_visits(PLAYBOOK) == 1


def test_what_was_missed_stands_first_and_stays(noon: Hands) -> None:
    missed = planned()
    noon.forward(hours=6)  # six in the evening

    found, again = note_missed_visits(PLAYBOOK), note_missed_visits(PLAYBOOK)
    noon.forward(hours=10)
    in_need()
    plan_visits(PLAYBOOK)

    assert (found, again) == (1, 0)
    assert next(iter(visits_due(HEAD_MA))) == missed
    assert list(visits_missed(HEAD_MA)) == [missed]
    assert visit_counts(HEAD_MA).missed == 1
    assert sum(one.missed for one in visits_by_community(HEAD_MA)) == 1


def test_what_nobody_needs_any_more_is_taken_off() -> None:
    child = in_need()
    visit = planned(child)
    end_need(make.people.KEEPER, child.id, "child_alone")

    plan_visits(PLAYBOOK)

    visit.refresh_from_db()
    assert visit.state == "not_needed"


def test_a_visit_has_its_proof_and_told_twice_counts_once() -> None:
    visit = planned()

    with pytest.raises(HowWasIt):
        visit_done(DRIVER_HE, visit.id, how="", found="well")
    first = visit_done(DRIVER_HE, visit.id, how="seen", found="well", note="needs rice")
    again = visit_done(DRIVER_HE, visit.id, how="called", found="nobody")

    assert (again.how, again.found, again.done_at) == ("seen", "well", first.done_at)
    assert again.note is not None
    assert str(again.note) == "***"


def test_only_who_carries_out_tasks_there_may_say_so() -> None:
    visit = planned()

    with pytest.raises(NotYours):
        visit_done(NEIGHBOUR, visit.id, how="seen", found="well")
    with pytest.raises(NotYours):
        list(visits_due(NEIGHBOUR))


def test_the_table_itself_holds() -> None:
    visit = planned()

    with pytest.raises(IntegrityError, match="visit_done_has_its_proof"), transaction.atomic():
        Visit.objects.filter(id=visit.id).update(state="done")
    with pytest.raises(IntegrityError, match="planned_once_a_day"), transaction.atomic():
        Visit.objects.create(
            resident_id=visit.resident_id,
            area_path=visit.area_path,
            need="dialysis",
            day=visit.day,
            due_at=visit.due_at,
        )
