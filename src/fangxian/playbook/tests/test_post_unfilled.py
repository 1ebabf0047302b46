"""The story of a post without a name, and of who falls ill the evening before."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from fangxian.dispatch.queries import tasks_about
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands, playing
from fangxian.kernel.ledger import chain_to
from fangxian.kernel.models import Event
from fangxian.playbook.tests.make import kinds_of_tasks
from fangxian.rosters import queries
from fangxian.rosters.actions import (
    assign,
    check_in_at_post,
    check_out_at_post,
    name_holder,
    note_missing,
    take_off,
    tell_gaps,
)
from fangxian.rosters.errors import TooTired
from fangxian.rosters.tests import make
from fangxian.rosters.tests.make import MIN
from fangxian.workforce.about import services_of
from fangxian.workforce.actions import claim, put_on_board, set_state

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon() -> Iterator[Hands]:
    with playing(make.NOON) as hands:
        make.rules("cn-v9")
        yield hands


def test_a_post_that_nobody_has_tomorrow_is_somebodys_task_today() -> None:
    shift = make.shift()

    tell_gaps(PLAYBOOK)

    [task] = tasks_about(PLAYBOOK, shift.id)
    assert (task.kind, task.duty, task.due_at) == ("fill_post", "keep_roster", shift.starts_at)
    assert task.facts == {"code": shift.post.code, "people": 1}

    make.turn(shift)
    task.refresh_from_db()
    assert task.state == "done"


def test_who_falls_ill_is_taken_off_and_somebody_is_looked_for_at_once() -> None:
    turn = make.turn()

    set_state(make.force.KEEPER_MIN, turn.member_id, "ill")

    turn.refresh_from_db()
    assert (turn.state, turn.reason) == ("off", "ill")
    assert kinds_of_tasks(turn.shift_id) == {"fill_post"}
    [task] = tasks_about(PLAYBOOK, turn.shift_id)
    chain = chain_to(Event.objects.get(kind="dispatch.task_opened", subject_id=task.id))
    assert [cause.kind for cause in chain] == [
        "dispatch.task_opened",
        "rosters.post_unfilled",
        "workforce.member_state_changed",
    ]


def test_who_is_well_again_is_not_put_back_on_a_post_that_has_another_name() -> None:
    turn = make.turn()
    set_state(make.force.KEEPER_MIN, turn.member_id, "ill")
    other = make.member(at=turn.shift.area_path)
    assign(MIN, turn.shift_id, other.id)

    set_state(make.force.KEEPER_MIN, turn.member_id, "ready")

    [on] = queries.who_is_on(MIN, turn.shift.post_id, turn.starts_at)
    assert on.member_id == other.id
    assert kinds_of_tasks(turn.shift_id) == set()


def test_a_point_whose_lead_is_locked_in_is_not_ready_until_another_is_named() -> None:
    point = make.point()
    post = make.post(kind="point_lead", at=point.area_path, site_id=point.id)
    lead = make.lead(post)
    assert queries.ready(PLAYBOOK, point.id, make.NOON)

    set_state(make.force.KEEPER_MIN, lead.id, "locked_in")
    assert not queries.ready(PLAYBOOK, point.id, make.NOON + timedelta(minutes=1))
    assert kinds_of_tasks(post.id) == {"fill_post"}

    name_holder(MIN, post.id, make.member(at=point.area_path).id)
    assert kinds_of_tasks(post.id) == set()


def test_who_does_not_come_is_looked_for_until_they_are_there(noon: Hands) -> None:
    turn = make.turn()
    me = make.colleague(turn.member)
    noon.to(turn.starts_at + timedelta(minutes=20))
    note_missing(PLAYBOOK)
    assert kinds_of_tasks(turn.shift_id) == {"fill_post"}

    check_in_at_post(me, turn.shift.post.code)

    assert kinds_of_tasks(turn.shift_id) == set()


def test_the_time_at_a_post_is_put_to_the_record_once(noon: Hands) -> None:
    turn = make.turn()
    me = make.colleague(turn.member)
    noon.to(turn.starts_at)
    check_in_at_post(me, turn.shift.post.code)
    noon.forward(hours=8)

    for _again in range(2):
        check_out_at_post(me, turn.shift.post.code)

    served = services_of(turn.member)
    assert [(one.day, one.minutes) for one in served] == [(turn.shift.day, 480)]


def test_whoever_claims_a_shift_on_the_board_has_it() -> None:
    shift = make.shift()
    tell_gaps(PLAYBOOK)
    volunteer = make.member(at=shift.area_path)
    wanted = put_on_board(
        make.force.KEEPER_MIN,
        kind="post",
        words="明早东门",
        area_path=shift.area_path,
        about=shift.id,
    )

    claim(make.colleague(volunteer), wanted.id)

    [on] = queries.who_is_on(MIN, shift.post_id, shift.starts_at)
    assert on.member_id == volunteer.id
    assert kinds_of_tasks(shift.id) == set()


def test_a_claim_that_would_tire_somebody_is_refused() -> None:
    turn = make.turn()
    shift = make.shift()
    wanted = put_on_board(
        make.force.KEEPER_MIN,
        kind="post",
        words="明早东门",
        area_path=shift.area_path,
        about=shift.id,
    )

    with pytest.raises(TooTired):
        claim(make.colleague(turn.member, within=shift.area_path), wanted.id)


def test_a_gap_that_opens_again_is_a_task_again() -> None:
    turn = make.turn()
    for _again in range(2):
        take_off(MIN, turn.id, reason="needed elsewhere")
        assert kinds_of_tasks(turn.shift_id) == {"fill_post"}
        turn = make.turn(turn.shift)
        assert kinds_of_tasks(turn.shift_id) == set()
