"""Plans that the engine proposes: out of the roster and back. The engine's own rules are tested
beside it.
"""

from datetime import timedelta

import pytest

from fangxian.kernel.clock import today
from fangxian.kernel.models import Event
from fangxian.rosters.actions import accept_proposal, assign, make_pair
from fangxian.rosters.errors import DaysWrong
from fangxian.rosters.models import Proposal, Turn
from fangxian.rosters.staffing import propose_plan
from fangxian.rosters.tests import make
from fangxian.rosters.tests.make import MIN
from fangxian.workforce.actions import set_state

pytestmark = pytest.mark.django_db


def propose(kind: str = "fill", days: int = 1) -> Proposal:
    first = today() + timedelta(days=1)
    last = first + timedelta(days=days - 1)
    return propose_plan(MIN, area_path="", from_day=first, until_day=last, kind=kind, seconds=5)


def test_a_plan_fills_what_is_bare_and_puts_nobody_anywhere_until_accepted() -> None:
    shift = make.shift()
    who = make.member()

    plan = propose()

    assert plan.rows == [[str(shift.id), str(who.id)]]
    assert (plan.places, plan.filled) == (1, 1)
    assert Event.objects.filter(kind="rosters.plan_proposed", subject_id=plan.id).exists()
    assert not Turn.objects.exists()

    accept_proposal(MIN, plan.id)

    assert Turn.objects.get().member_id == who.id


def test_a_skill_is_asked_for_and_what_nobody_can_do_stays_bare() -> None:
    post = make.post(needs=(make.need(skill="driving"), make.need(make.EVENING, skill="medicine")))
    shift = make.shift(post)
    make.member()
    driver = make.member(skills=("driving",))

    plan = propose()

    assert plan.rows == [[str(shift.id), str(driver.id)]]
    assert (plan.places, plan.filled) == (2, 1)


def test_a_plan_that_fills_leaves_those_who_have_turns_where_they_are() -> None:
    turn = make.turn()
    make.shift()

    plan = propose()

    assert plan.off == []
    assert [str(turn.shift_id), str(turn.member_id)] not in plan.rows


def test_when_somebody_falls_ill_another_takes_their_turn_and_the_rest_stays() -> None:
    shift, other = make.shift(), make.shift()
    ill, well, spare = make.member(), make.member(), make.member()
    assign(MIN, shift.id, ill.id)
    assign(MIN, other.id, well.id)
    set_state(make.force.KEEPER_MIN, ill.id, "ill", why="fever")

    plan = propose("repair")

    assert plan.rows == [[str(shift.id), str(spare.id)]]


def test_two_who_work_together_come_together_or_not_at_all() -> None:
    make.shift(make.post(needs=(make.need(headcount=2),)))
    alone = make.shift()
    first, second, third = make.member(), make.member(), make.member()
    make_pair(MIN, first.id, second.id)

    plan = propose()

    assert len(plan.rows) == 3
    assert [str(alone.id), str(third.id)] in plan.rows


def test_a_plan_is_for_a_week_at_most() -> None:
    with pytest.raises(DaysWrong):
        propose(days=8)
    with pytest.raises(DaysWrong):
        propose(days=0)
