"""The list on the phone, one task, the board."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fangxian.dispatch.actions import refuse_task, take_task
from fangxian.dispatch.models import Task
from fangxian.dispatch.tests import make
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Account, Event
from fangxian.kernel.tests.make import sheet_of

pytestmark = pytest.mark.django_db


def signed_in(account: Account) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(account)
    return client


def statements(client: Client, address: str) -> int:
    client.get(address)  # the first visit also writes the session
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def test_a_grid_worker_reads_what_to_do_where_and_by_when() -> None:
    make.places()
    client = signed_in(make.grid_worker())
    make.task(due_at=now() - timedelta(hours=1))

    page = client.get("/tasks/").content.decode()

    assert "Serve the order" in page
    assert "朝阳" in page
    assert "O000001X" in page
    assert "overdue" in page


def test_a_task_is_taken_and_finished_with_ordinary_forms() -> None:
    worker = make.grid_worker()
    client, task = signed_in(worker), make.task()

    taken = client.post(f"/tasks/{task.id}/take")
    done = client.post(f"/tasks/{task.id}/finish", {"note": ""})

    assert taken.status_code == done.status_code == 302
    assert Task.objects.get(id=task.id).state == "done"
    assert "Done: Serve the order" in client.get("/tasks/").content.decode()


def test_with_scripts_only_the_card_is_exchanged() -> None:
    client, task = signed_in(make.grid_worker()), make.task()

    card = client.post(f"/tasks/{task.id}/take", headers={"HX-Request": "true"})

    text = card.content.decode().strip()
    assert text.startswith(f'<li id="task-{task.id}"')
    assert "Take it on" not in text


def test_a_note_that_is_missing_is_asked_for_where_it_is_written() -> None:
    client = signed_in(make.grid_worker())
    task = make.task(Task.Kind.EMERGENCY_TRIP)

    answer = client.post(f"/tasks/{task.id}/finish", {"note": " "})

    assert answer.status_code == 422
    assert "This field is required" in answer.content.decode()


def test_giving_back_needs_a_reason_and_keeps_it() -> None:
    worker = make.grid_worker()
    client = signed_in(worker)
    task = take_task(worker.actor, make.task().id)

    without = client.post(f"/tasks/{task.id}/refuse", {"reason": ""})
    said = client.post(f"/tasks/{task.id}/refuse", {"reason": "the gate is locked"})

    assert (without.status_code, said.status_code) == (422, 302)
    shown = signed_in(make.community_head()).get(f"/tasks/{task.id}/").content.decode()
    assert "the gate is locked" in shown


def test_the_dispatcher_gives_a_task_to_a_name() -> None:
    head, worker = make.community_head(), make.grid_worker()
    client, task = signed_in(head), make.task()

    wrong = client.post(f"/tasks/{task.id}/assign", {"to": str(uuid4())})
    given = client.post(f"/tasks/{task.id}/assign", {"to": str(worker.id)})

    assert (wrong.status_code, given.status_code) == (422, 302)
    assert Task.objects.get(id=task.id).owner == worker


def test_nobody_without_duty_or_area_finds_a_task() -> None:
    task = make.task()
    neighbour = signed_in(make.grid_worker(within=make.NEXT_GRID))
    sampler = signed_in(make.account("采", Duty.COLLECT_SAMPLES))

    for client in (neighbour, sampler):
        assert client.get(f"/tasks/{task.id}/").status_code == 404
        assert client.post(f"/tasks/{task.id}/take").status_code == 404


def test_the_board_is_not_for_those_who_only_carry_out() -> None:
    assert signed_in(make.grid_worker()).get("/tasks/board/").status_code == 403


def test_the_board_leads_from_numbers_to_lists() -> None:
    make.places()
    make.grid_worker()
    client = signed_in(make.command_post())
    make.task(due_at=now() - timedelta(hours=1))
    make.task(Task.Kind.TEST_PERSON)

    everything = client.get("/tasks/board/").content.decode()
    late = client.get("/tasks/board/?late=on").content.decode()
    elsewhere = client.get("/tasks/board/?area=1/2/3/9/").content.decode()

    assert "Take the sample that is due" in everything
    assert "Take the sample that is due" not in late
    assert "Serve the order" in late
    assert "Nothing is pending here" in elsewhere


def test_the_board_is_exported_as_narrowed_and_on_record() -> None:
    make.places()
    client, worker = signed_in(make.command_post()), make.grid_worker("=1+1")
    take_task(worker.actor, make.task(due_at=now() - timedelta(hours=1)).id)
    make.task(Task.Kind.TEST_PERSON)

    rows = sheet_of(client.get(f"/tasks/board/?late=on&area={make.GRID}&export=xlsx"))

    assert rows[0][:3] == ["Task", "Place", "About"]
    assert [[row[0], row[4], row[5]] for row in rows[1:]] == [
        ["Serve the order", "overdue", "'=1+1"]
    ]
    event = Event.objects.get(kind="kernel.list_exported")
    assert (event.area_path, event.facts) == (make.GRID, {"list": "tasks", "rows": 1})


def test_ones_own_tasks_are_exported_and_on_record() -> None:
    make.places()
    worker = make.grid_worker()
    make.task()

    header, *rows = sheet_of(signed_in(worker).get("/tasks/?export=xlsx"))

    assert header[0] == "Task"
    assert [row[0] for row in rows] == ["Serve the order"]
    assert Event.objects.get(kind="kernel.list_exported").facts == {"list": "tasks", "rows": 1}


def test_lists_cost_the_same_number_of_statements_for_any_length() -> None:
    make.places()
    worker, chief = make.grid_worker(), make.command_post()
    make.tasks(2)
    lists = [(signed_in(worker), "/tasks/"), (signed_in(chief), "/tasks/board/")]
    few = [statements(client, address) for client, address in lists]

    for task in make.tasks(60)[:20]:
        take_task(worker.actor, task.id)
    for task in make.tasks(3):
        refuse_task(worker.actor, task.id, reason="no time")

    assert [statements(client, address) for client, address in lists] == few
    assert max(few) <= 16


def test_a_long_list_is_paged_in_the_same_order() -> None:
    client = signed_in(make.grid_worker())
    make.tasks(60)

    first = client.get("/tasks/?sort=due_at")
    second = client.get("/tasks/", {"sort": "due_at", "mark": first.context["page"].after})

    shown = [card.task.id for page in (first, second) for card in page.context["cards"]]
    assert shown == list(Task.objects.order_by("due_at", "id").values_list("id", flat=True))


def test_the_page_of_a_task_costs_few_statements() -> None:
    client, task = signed_in(make.community_head()), make.task()

    assert statements(client, f"/tasks/{task.id}/") <= 10
