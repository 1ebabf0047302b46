"""Opening, taking, giving back and finishing tasks."""

from datetime import UTC, datetime, timedelta

import pytest

from fangxian.dispatch import errors
from fangxian.dispatch.actions import (
    assign_task,
    close_tasks_about,
    escalate_overdue,
    finish_task,
    open_task,
    refuse_task,
    take_task,
)
from fangxian.dispatch.models import Task
from fangxian.dispatch.queries import (
    counts,
    counts_by_area,
    done_in,
    get_task,
    my_count,
    my_tasks,
    overdue,
    pending_here,
    tasks_about,
    who_may_take,
)
from fangxian.dispatch.tests import make
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now, playing
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event

pytestmark = pytest.mark.django_db

NOON = datetime(2022, 9, 2, 4, tzinfo=UTC)


# Opening


def test_the_same_task_while_it_is_pending_is_one_task() -> None:
    order = new_id()

    first = make.task(about_id=order)
    again = make.task(about_id=order, due_at=now())

    assert first == again
    assert again.due_at == first.due_at
    assert Event.objects.filter(kind="dispatch.task_opened").count() == 1


def test_a_task_that_was_done_can_be_given_again() -> None:
    worker, order = make.grid_worker().actor, new_id()
    finish_task(worker, make.task(about_id=order).id)

    again = make.task(about_id=order)

    assert again.state == "open"
    assert tasks_about(PLAYBOOK, order).count() == 2


def test_a_task_starts_with_the_nearest_people_who_can_do_it() -> None:
    make.grid_worker()
    make.community_head()
    make.command_post()

    at_the_door = make.task()
    where_no_grid_worker_is = make.task(area_path=make.NEXT_GRID)
    for_the_command_post = make.task(Task.Kind.DECIDE_RISK_AREA, duty=Duty.DECIDE_MEASURES)
    for_nobody = make.task(Task.Kind.RESOLVE_RESULTS, duty=Duty.ENTER_RESULTS)

    levels = [
        task.level
        for task in (at_the_door, where_no_grid_worker_is, for_the_command_post, for_nobody)
    ]
    assert levels == [0, 1, 3, 3]


def test_a_task_keeps_its_cause() -> None:
    cause = Event.objects.get(subject_id=make.task().id)

    task = open_task(
        PLAYBOOK,
        Task.Kind.TEST_PERSON,
        duty=Duty.COLLECT_SAMPLES,
        area_path=make.HOME,
        about_id=new_id(),
        due_at=now(),
        because=cause,
    )

    assert task.because_id == cause.id
    assert Event.objects.get(subject_id=task.id).because_id == cause.id


def test_people_give_tasks_only_with_the_duty_and_in_their_area() -> None:
    with pytest.raises(NotYours):
        open_task(
            make.grid_worker().actor,
            Task.Kind.SERVE_ORDER,
            duty=Duty.CARRY_OUT,
            area_path=make.HOME,
            about_id=new_id(),
            due_at=now(),
        )


# Taking and giving


def test_the_first_to_take_a_task_has_it() -> None:
    quick, slow = make.grid_worker("快").actor, make.grid_worker("慢").actor
    task = make.task()

    taken = take_task(quick, task.id)
    take_task(quick, task.id)

    assert (taken.state, taken.owner_id) == ("taken", quick.id)
    with pytest.raises(errors.TaskIsTaken, match="another"):
        take_task(slow, task.id)
    assert Event.objects.filter(kind="dispatch.task_taken").count() == 1


def test_a_task_outside_ones_area_or_duty_does_not_exist() -> None:
    task = make.task()
    neighbour = make.grid_worker(within=make.NEXT_GRID).actor
    sampler = make.account("采", Duty.COLLECT_SAMPLES).actor

    for stranger in (neighbour, sampler):
        with pytest.raises(NotFound):
            take_task(stranger, task.id)


def test_an_overseer_without_the_duty_does_not_take_it() -> None:
    task = make.task()

    with pytest.raises(NotYours):
        take_task(make.command_post().actor, task.id)


def test_the_dispatcher_gives_a_task_to_somebody_who_can_do_it() -> None:
    head, worker = make.community_head().actor, make.grid_worker()
    task = make.task()

    given = assign_task(head, task.id, to=worker.id)
    assign_task(head, task.id, to=worker.id)

    assert (given.state, given.owner) == ("taken", worker)
    assert list(my_tasks(worker.actor)) == [task]
    assert Event.objects.filter(kind="dispatch.task_assigned").count() == 1
    assert [one.display_name for one in who_may_take(head, task.id)] == ["小马", "刘主任"]


def test_a_task_is_not_given_to_somebody_without_its_duty_or_to_nobody() -> None:
    head = make.community_head().actor
    task = make.task()

    with pytest.raises(errors.NotTheirDuty, match="Carry out tasks"):
        assign_task(head, task.id, to=make.account("采", Duty.COLLECT_SAMPLES).id)
    with pytest.raises(NotFound, match="account"):
        assign_task(head, task.id, to=new_id())
    with pytest.raises(NotYours):
        assign_task(make.grid_worker().actor, task.id, to=make.grid_worker().id)


# Finishing


def test_a_task_is_finished_once() -> None:
    worker = make.grid_worker().actor
    task = make.task()

    finish_task(worker, task.id, note="served at the door")
    done = finish_task(worker, task.id)

    assert (done.state, done.owner_id, done.note) == ("done", worker.id, "served at the door")
    assert Event.objects.filter(kind="dispatch.task_finished").count() == 1


def test_some_tasks_are_done_only_when_it_is_written_down_how() -> None:
    worker = make.grid_worker().actor
    task = make.task(Task.Kind.EMERGENCY_TRIP)

    with pytest.raises(errors.NoteMissing, match="handed over"):
        finish_task(worker, task.id, note=" ")
    finish_task(worker, task.id, note="handed over at the emergency room, 14:20")


def test_nobody_finishes_or_refuses_what_another_has_taken() -> None:
    mine, other = make.grid_worker("甲").actor, make.grid_worker("乙").actor
    task = take_task(mine, make.task().id)

    with pytest.raises(errors.TaskIsTaken):
        finish_task(other, task.id)
    with pytest.raises(errors.TaskIsTaken):
        refuse_task(other, task.id, reason="not mine")


def test_who_oversees_tasks_may_tick_off_anybodys() -> None:
    task = take_task(make.grid_worker().actor, make.task().id)

    assert finish_task(make.community_head().actor, task.id).state == "done"


def test_a_closed_task_is_not_taken_or_refused() -> None:
    worker = make.grid_worker().actor
    task = finish_task(worker, make.task().id)

    with pytest.raises(errors.TaskIsClosed, match="done"):
        take_task(worker, task.id)
    with pytest.raises(errors.TaskIsClosed, match="done"):
        refuse_task(worker, task.id, reason="late")


def test_a_needless_task_leaves_everybodys_list() -> None:
    worker, order = make.grid_worker().actor, new_id()
    task = take_task(worker, make.task(about_id=order).id)
    other = make.task(Task.Kind.TEST_PERSON, about_id=order)

    close_tasks_about(PLAYBOOK, order, Task.Kind.SERVE_ORDER, because=None)

    assert get_task(worker, task.id).state == "cancelled"
    assert get_task(worker, other.id).state == "open"
    with pytest.raises(errors.TaskIsClosed):
        finish_task(worker, task.id)


def test_what_happened_by_itself_is_ticked_off() -> None:
    order = new_id()
    task = make.task(about_id=order)

    closed = close_tasks_about(PLAYBOOK, order, because=None, done=True)

    assert closed == [task]
    assert closed[0].state == "done"
    assert close_tasks_about(PLAYBOOK, order, because=None) == []
    assert done_in(PLAYBOOK, make.DISTRICT).done == 1


# Refusing


def test_a_refused_task_is_open_again_one_level_up_with_its_reason() -> None:
    worker, head = make.grid_worker().actor, make.community_head().actor
    task = take_task(worker, make.task().id)
    assert task not in my_tasks(head)

    refuse_task(worker, task.id, reason="the gate is locked")

    seen = my_tasks(head).get()
    assert (seen.state, seen.level, seen.owner_id) == ("open", 1, None)
    assert (seen.refusal, seen.refused_by_id) == ("the gate is locked", worker.id)
    told = Event.objects.get(kind="dispatch.task_refused")
    assert told.facts["reason"] == "the gate is locked"


def test_refusing_needs_a_reason() -> None:
    with pytest.raises(errors.ReasonMissing, match="why"):
        refuse_task(make.grid_worker().actor, make.task().id, reason=" ")


def test_a_task_refused_by_the_district_stays_with_the_district() -> None:
    chief = make.command_post().actor
    task = make.task(Task.Kind.DECIDE_RISK_AREA, duty=Duty.DECIDE_MEASURES)

    refused = refuse_task(chief, task.id, reason="not our area")

    assert refused.level == 3


# Escalation


def test_an_overdue_task_goes_up_level_by_level_each_with_as_long_as_the_first() -> None:
    make.grid_worker()
    with playing(NOON) as clock:
        task = make.task(due_at=NOON + timedelta(hours=2))
        levels = []
        for _hour in range(8):
            escalate_overdue(PLAYBOOK)
            levels.append(Task.objects.get(id=task.id).level)
            clock.forward(hours=1)

    assert levels == [0, 0, 1, 1, 2, 2, 3, 3]
    told = Event.objects.filter(kind="dispatch.tasks_escalated").order_by("seq")
    assert [(event.facts["number"], event.facts["seen_by"]) for event in told] == [
        (1, "community"),
        (1, "subdistrict"),
        (1, "district"),
    ]


def test_many_overdue_tasks_are_one_fact_a_level() -> None:
    make.grid_worker()
    make.tasks(5)
    make.tasks(3, area_path=make.NEXT_GRID)

    with playing(now() + timedelta(hours=1)):
        risen = escalate_overdue(PLAYBOOK)

    assert risen == 5  # where there is no grid worker they stand with the district already
    told = Event.objects.get(kind="dispatch.tasks_escalated")
    assert (told.facts["number"], told.area_path) == (5, make.HOME)


def test_a_task_that_was_escalated_is_still_on_its_owners_list_and_seen_above() -> None:
    worker, head = make.grid_worker().actor, make.community_head().actor
    task = take_task(worker, make.task(due_at=now() - timedelta(minutes=1)).id)

    escalate_overdue(PLAYBOOK)

    assert list(my_tasks(worker)) == [task]
    assert list(overdue(head)) == [task]


# Lists


def test_my_list_has_what_is_overdue_first_and_what_is_mine_or_waits_for_my_like() -> None:
    worker, colleague = make.grid_worker("甲").actor, make.grid_worker("乙").actor
    later = make.task(due_at=now() + timedelta(hours=3))
    late = make.task(due_at=now() - timedelta(hours=1))
    mine = take_task(worker, make.task().id)
    take_task(colleague, make.task().id)
    make.task(area_path=make.NEXT_GRID)
    make.task(Task.Kind.TEST_PERSON, duty=Duty.COLLECT_SAMPLES)

    assert list(my_tasks(worker)) == [late, mine, later]
    assert (my_count(worker).pending, my_count(worker).overdue) == (3, 1)


def test_the_district_is_not_shown_what_the_grid_can_do() -> None:
    make.grid_worker()
    everywhere = make.account("区", Duty.CARRY_OUT, within=make.DISTRICT).actor
    make.task()

    assert list(my_tasks(everywhere)) == []


def test_the_board_counts_by_area() -> None:
    worker, chief = make.grid_worker().actor, make.command_post().actor
    take_task(worker, make.task(due_at=now() - timedelta(minutes=5)).id)
    make.task()
    make.task(area_path=make.NEXT_GRID)

    by_area = counts_by_area(chief, steps=6)

    assert {path: (one.pending, one.overdue) for path, one in by_area.items()} == {
        make.GRID: (2, 1),
        make.NEXT_GRID: (1, 0),
    }
    assert (counts(chief).pending, counts(chief).taken, counts(chief).on_time) == (3, 1, 2)
    assert list(counts_by_area(chief, steps=3)) == [make.DISTRICT]


def test_the_board_is_for_those_who_oversee_tasks() -> None:
    worker = make.grid_worker().actor

    with pytest.raises(NotYours):
        pending_here(worker)
    with pytest.raises(NotYours):
        counts_by_area(worker, steps=6)
