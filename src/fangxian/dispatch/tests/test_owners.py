"""Whose a task is: a person's, a team's, a post's, or of whoever is responsible for the place."""

from datetime import timedelta

import pytest

from fangxian.dispatch import errors
from fangxian.dispatch.actions import (
    escalate_overdue,
    finish_task,
    give_back_tasks_of,
    open_task,
    refuse_task,
    reroute_task,
    return_tasks_of_team,
    take_task,
)
from fangxian.dispatch.models import Task
from fangxian.dispatch.owners import Whose
from fangxian.dispatch.queries import get_task, my_tasks
from fangxian.dispatch.tests import make
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now, playing
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.workforce.actions import dissolve_organisation
from fangxian.workforce.tests.make import KEEPER_MIN, NOON

pytestmark = pytest.mark.django_db


def test_a_task_for_a_person_is_theirs_at_once() -> None:
    worker = make.grid_worker()

    task = make.task(owner=worker.id)

    assert (task.state, task.owner, task.owner_kind) == ("taken", worker, "person")
    assert Event.objects.get(kind="dispatch.task_assigned").facts["to_id"] == str(worker.id)


def test_a_member_of_staff_is_found_by_their_account() -> None:
    worker = make.grid_worker()
    record = make.member(worker)

    assert make.task(owner=record.id).owner == worker


def test_a_task_for_a_team_waits_for_its_people_alone() -> None:
    make.places()
    of_the_team, beside = make.grid_worker("队员"), make.grid_worker("旁人")
    team = make.team(of_the_team)

    task = make.task(team=team.id)

    assert (task.state, task.team_id, task.offered) == ("open", team.id, False)
    assert list(my_tasks(of_the_team.actor)) == [task]
    assert list(my_tasks(beside.actor)) == []
    with pytest.raises(errors.GivenToOthers, match="team or a post"):
        take_task(beside.actor, task.id)
    assert take_task(of_the_team.actor, task.id).owner == of_the_team


def test_whoever_is_in_the_team_needs_no_duty_besides() -> None:
    make.places()
    guard = make.account("门卫", Duty.GUARD)
    task = make.task(team=make.team(guard).id)

    assert finish_task(guard.actor, task.id).state == "done"


def test_a_task_for_a_post_waits_for_whoever_stands_there() -> None:
    make.places()
    at_the_post, beside = make.grid_worker("在岗"), make.grid_worker("旁人")

    task = make.task(post=make.post_of(at_the_post).id)

    assert list(my_tasks(at_the_post.actor)) == [task]
    assert list(my_tasks(beside.actor)) == []


def test_a_task_by_place_goes_to_the_nearest_who_answers_for_it() -> None:
    make.places()
    head, nearer = make.community_head(), make.grid_worker("楼长")
    make.responsible(head, at=make.COMMUNITY, role="branch")
    make.responsible(nearer, at=make.HOME)

    task = make.task(responsible=True)
    beside = make.task(area_path=make.NEXT_GRID, responsible=True)

    assert (task.owner, task.owner_kind) == (nearer, "responsible")
    assert beside.owner == head


def test_where_nobody_answers_for_a_place_whoever_has_the_duty_may_take_it() -> None:
    make.places()

    task = make.task(responsible=True)

    assert (task.state, task.owner_kind, task.offered) == ("open", "anybody", True)


def test_a_task_has_one_owner_of_one_kind() -> None:
    with pytest.raises(ValueError, match="one person, one team"):
        make.task(team=new_id(), owner=new_id())


def test_a_deadline_in_the_past_is_refused_with_advice() -> None:
    with pytest.raises(errors.DueInThePast, match="some minutes from now"):
        open_task(
            make.community_head().actor,
            Task.Kind.SERVE_ORDER,
            duty=Duty.CARRY_OUT,
            area_path=make.HOME,
            about_id=new_id(),
            due_at=now() - timedelta(minutes=1),
        )


# Nobody there any more


def test_a_person_is_told_that_a_team_is_dissolved() -> None:
    make.places()
    team = make.team(make.grid_worker())
    task = make.task()
    dissolve_organisation(KEEPER_MIN, team.id)

    with pytest.raises(errors.TeamIsDissolved, match="another team"):
        reroute_task(make.community_head().actor, task.id, to=Whose(kind="team", id=team.id))


def test_what_the_rules_give_to_a_dissolved_team_goes_up_with_a_word() -> None:
    make.places()
    make.grid_worker()
    team = make.team(make.grid_worker())
    dissolve_organisation(KEEPER_MIN, team.id)

    task = make.task(team=team.id)

    assert (task.owner_kind, task.offered, task.level) == ("anybody", True, 1)
    assert "dissolved" in task.refusal


def test_a_dissolved_teams_tasks_go_up_and_what_was_begun_stays() -> None:
    make.places()
    worker = make.grid_worker()
    team = make.team(worker)
    waiting, begun = make.task(team=team.id), make.task(team=team.id)
    take_task(worker.actor, begun.id)

    assert return_tasks_of_team(PLAYBOOK, team.id, because=None) == 1

    waiting.refresh_from_db()
    begun.refresh_from_db()
    assert (waiting.state, waiting.offered, waiting.level) == ("open", True, 1)
    assert (begun.state, begun.owner, begun.team_id) == ("taken", worker, None)
    assert Event.objects.get(kind="dispatch.task_returned").facts["why"] == "team_dissolved"


def test_what_somebody_had_taken_is_open_again_when_they_are_gone() -> None:
    worker = make.grid_worker()
    task = take_task(worker.actor, make.task().id)

    give_back_tasks_of(PLAYBOOK, worker.id, because=None)

    task.refresh_from_db()
    assert (task.state, task.owner, task.level) == ("open", None, 1)


# Another way


def test_a_refused_task_of_a_team_is_offered_to_whoever_has_the_duty() -> None:
    make.places()
    of_the_team, beside = make.grid_worker("队员"), make.grid_worker("旁人")
    task = make.task(team=make.team(of_the_team).id)

    refuse_task(of_the_team.actor, task.id, reason="人手不够")

    assert list(my_tasks(beside.actor)) == [task]


def test_a_late_task_of_a_team_is_offered_to_whoever_has_the_duty() -> None:
    make.places()
    of_the_team, beside = make.grid_worker("队员"), make.grid_worker("旁人")
    with playing(NOON) as hands:
        task = make.task(team=make.team(of_the_team).id)
        hands.forward(hours=3)

        assert escalate_overdue(PLAYBOOK) == 1

        assert list(my_tasks(beside.actor)) == [task]


def test_a_task_is_sent_to_another_person_team_or_level() -> None:
    make.places()
    head, worker = make.community_head(), make.grid_worker()
    task, team = make.task(), make.team(worker)

    to_team = reroute_task(head.actor, task.id, to=Whose(kind="team", id=team.id), reason="近")
    to_person = reroute_task(head.actor, task.id, to=Whose(kind="person", id=worker.id))
    up = reroute_task(head.actor, task.id, level=2)

    assert (to_team.state, to_team.team_id) == ("open", team.id)
    assert (to_person.state, to_person.owner_id, to_person.team_id) == ("taken", worker.id, None)
    assert (up.state, up.owner_id, up.level) == ("open", None, 2)
    assert Event.objects.filter(kind="dispatch.task_rerouted").count() == 3
    with pytest.raises(NotYours):
        reroute_task(worker.actor, task.id, level=3)


def test_a_closed_post_or_an_unknown_person_is_refused() -> None:
    head = make.community_head().actor
    task = make.task()

    for kind in ("person", "post", "team"):
        with pytest.raises(errors.NoSuchOwner, match="Choose"):
            reroute_task(head, task.id, to=Whose(kind=kind, id=new_id()))


def test_the_task_of_a_team_elsewhere_does_not_exist() -> None:
    make.places()
    worker = make.grid_worker(within=make.NEXT_GRID)
    task = make.task(team=make.team(worker).id)

    with pytest.raises(NotFound):
        get_task(worker.actor, task.id)


# Proof


def test_a_task_is_done_with_the_proof_that_was_asked_for() -> None:
    worker = make.grid_worker().actor
    noted, counted = make.task(proof="note"), make.task(proof="count")
    scanned = make.task(proof="scan", facts={"scan": "G000001Y"})

    with pytest.raises(errors.NoteMissing):
        finish_task(worker, noted.id)
    with pytest.raises(errors.CountMissing, match="0 also"):
        finish_task(worker, counted.id, note="都送到了")
    with pytest.raises(errors.ScanMissing, match="somebody was there"):
        finish_task(worker, scanned.id)
    with pytest.raises(errors.AnotherCode, match="another place"):
        finish_task(worker, scanned.id, scanned="G000002W")

    assert finish_task(worker, noted.id, note="本人签收").note == "本人签收"
    assert finish_task(worker, counted.id, counted=0).counted == 0
    assert finish_task(worker, scanned.id, scanned=" g000001y ").scanned == "G000001Y"
