"""Ten thousand tasks at once, and one list however many there are."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fangxian.areas.models import Area
from fangxian.dispatch import errors
from fangxian.dispatch.actions import assign_tasks, take_task
from fangxian.dispatch.assigning import Chosen
from fangxian.dispatch.models import Task
from fangxian.dispatch.owners import Whose
from fangxian.dispatch.queries import my_tasks
from fangxian.dispatch.tests import make
from fangxian.dispatch.todo import Wish, kinds_waiting, listed, routes, total
from fangxian.kernel.clock import now
from fangxian.kernel.errors import Malformed, NotYours
from fangxian.kernel.models import Event

pytestmark = pytest.mark.django_db


def test_chosen_tasks_are_given_to_a_team_at_once() -> None:
    make.places()
    head, worker = make.community_head(), make.grid_worker()
    team = make.team(worker)
    make.tasks(5)
    other = make.task()

    done = assign_tasks(
        head.actor, Chosen(kind="deliver_notice"), to=Whose(kind="team", id=team.id)
    )

    assert (done.given, done.left) == (5, 0)
    assert Task.objects.filter(team=team, offered=False).count() == 5
    assert Task.objects.get(id=other.id).team is None
    assert Event.objects.filter(kind="dispatch.task_given_to").count() == 5


def test_shared_out_everybody_gets_a_stretch_of_the_way() -> None:
    make.places()
    head, first, second = make.community_head(), make.grid_worker("甲"), make.grid_worker("乙")
    team = make.team(first, second)
    grid = Area.objects.get(path=make.GRID)
    for number in range(20, 24):
        Area.objects.create(
            number=number, level="building", name=f"{number}号楼", path=f"{make.GRID}k{number}/",
            parent=grid,
        )  # fmt: skip
        make.task(area_path=f"{make.GRID}k{number}/")

    assign_tasks(head.actor, Chosen(), to=Whose(kind="team", id=team.id), spread=True)

    owners = list(Task.objects.order_by("route").values_list("owner__display_name", flat=True))
    assert owners in (["乙", "乙", "甲", "甲"], ["甲", "甲", "乙", "乙"])


def test_by_place_each_goes_to_whoever_is_responsible_and_the_rest_stays() -> None:
    make.places()
    head, near = make.community_head(), make.grid_worker()
    make.responsible(near, at=make.HOME)
    make.tasks(3)
    make.task(area_path=make.NEXT_GRID)

    done = assign_tasks(head.actor, Chosen(), to=Whose(kind="responsible"))

    assert (done.given, done.left) == (3, 1)
    assert Task.objects.filter(owner=near, owner_kind="responsible").count() == 3


def test_what_cannot_be_given_is_refused_as_a_whole() -> None:
    make.places()
    head = make.community_head().actor

    with pytest.raises(errors.NothingChosen):
        assign_tasks(head, Chosen(), to=Whose(kind="responsible"))
    make.tasks(2)
    empty = make.team()
    with pytest.raises(errors.NobodyInTeam):
        assign_tasks(head, Chosen(), to=Whose(kind="team", id=empty.id), spread=True)
    with pytest.raises(NotYours):
        assign_tasks(make.grid_worker().actor, Chosen(), to=Whose(kind="responsible"))


def test_ten_thousand_are_given_in_less_than_ten_seconds() -> None:
    make.places()
    head, near = make.community_head(), make.grid_worker()
    make.responsible(near, at=make.HOME)
    make.tasks(10_000)

    started = time.process_time()
    done = assign_tasks(head.actor, Chosen(), to=Whose(kind="responsible"))
    seconds = time.process_time() - started

    assert done.given == 10_000
    assert seconds < 10  # of our own work; benchmarks/tasks.py measures all of it


def test_many_cost_as_many_statements_as_few() -> None:
    make.places()
    head, near = make.community_head(), make.grid_worker()
    make.responsible(near, at=make.HOME)

    def statements(number: int) -> int:
        make.tasks(number)
        with CaptureQueriesContext(connection) as asked:
            assign_tasks(head.actor, Chosen(), to=Whose(kind="responsible"))
        return len(asked)

    assert statements(300) == statements(3)


# One list


def test_the_list_follows_the_way_one_walks() -> None:
    make.places()
    worker = make.grid_worker().actor
    grid = Area.objects.get(path=make.GRID)
    for number, name in ((30, "10号楼"), (31, "2号楼")):
        Area.objects.create(
            number=number, level="building", name=name, path=f"{make.GRID}z{number}/", parent=grid
        )
    ten, two = make.task(area_path=f"{make.GRID}z30/"), make.task(area_path=f"{make.GRID}z31/")
    three = make.task()
    Task.objects.update(route="")
    for path, route in routes([ten.area_path, two.area_path, three.area_path]).items():
        Task.objects.filter(area_path=path).update(route=route)

    assert [task.id for task in listed(worker, order="route").rows] == [three.id, ten.id, two.id]


def test_the_bounded_list_holds_what_the_plain_question_finds() -> None:
    make.places()
    worker, other = make.grid_worker("甲"), make.grid_worker("乙")
    make.tasks(40)
    make.task(team=make.team(worker).id)
    make.task(team=make.team(other, name="别的队").id)
    take_task(worker.actor, Task.objects.order_by("id")[0].id)
    take_task(other.actor, Task.objects.order_by("id")[1].id)

    for order in ("route", "due_at"):
        shown, mark = [], ""
        for _page in range(9):
            page = listed(worker.actor, order=order, mark=mark, size=7)
            shown += [task.id for task in page.rows]
            if not (mark := page.after):
                break
        back = listed(worker.actor, order=order, mark=page.before, size=7)

        assert len(shown) == len(set(shown))
        assert set(shown) == {task.id for task in my_tasks(worker.actor)}
        assert [task.id for task in back.rows] == shown[-len(page.rows) - 7 : -len(page.rows)]
    assert total(worker.actor).number == my_tasks(worker.actor).count() == 40


def test_a_list_is_narrowed_by_kind_by_place_and_to_ones_own() -> None:
    make.places()
    worker = make.grid_worker()
    late = make.task(due_at=now() - timedelta(hours=1))
    own = take_task(worker.actor, make.task(Task.Kind.TEST_PERSON).id)

    def shown(**wish: object) -> list[object]:
        rows = listed(worker.actor, order="due_at", wish=Wish(**wish)).rows  # type: ignore[arg-type]
        return [task.id for task in rows]

    assert shown(kind="test_person") == [own.id]
    assert shown(mine=True) == [own.id]
    assert shown(late=True) == [late.id]
    assert shown(late=False) == [own.id]
    assert shown(place=make.NEXT_GRID) == []
    assert kinds_waiting(worker.actor) == {"serve_order": 1, "test_person": 1}


def test_a_damaged_page_mark_is_refused() -> None:
    with pytest.raises(Malformed, match="damaged"):
        listed(make.grid_worker().actor, order="due_at", mark=">abc")
