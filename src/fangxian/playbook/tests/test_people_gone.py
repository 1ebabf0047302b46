"""A team is dissolved, somebody falls ill: what they had to do does not get lost."""

import pytest

from fangxian.dispatch.actions import take_task
from fangxian.dispatch.tests import make
from fangxian.workforce.actions import dissolve_organisation, set_state
from fangxian.workforce.tests.make import KEEPER_MIN

pytestmark = pytest.mark.django_db


def test_a_task_of_a_dissolved_team_goes_up_with_a_word() -> None:
    make.places()
    team = make.team(make.grid_worker())
    task = make.task(team=team.id)

    dissolve_organisation(KEEPER_MIN, team.id)

    task.refresh_from_db()
    assert (task.owner_kind, task.offered, task.level) == ("anybody", True, 1)
    assert "dissolved" in task.refusal


def test_what_somebody_had_taken_is_open_again_when_they_fall_ill() -> None:
    make.places()
    worker = make.grid_worker()
    record = make.member(worker)
    task = take_task(worker.actor, make.task().id)

    set_state(KEEPER_MIN, record.id, "ill")

    task.refresh_from_db()
    assert (task.state, task.owner, task.level) == ("open", None, 1)
