"""What the database itself refuses, whoever writes to it."""

import pytest
from django.db import IntegrityError, transaction

from fangxian.dispatch.models import Task
from fangxian.dispatch.tests import make
from fangxian.kernel.clock import now

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("task_taken_has_an_owner", {"state": "taken"}),
        ("task_closed_has_a_time", {"state": "done"}),
        ("task_closed_has_a_time", {"closed_at": now()}),
        ("task_escalates_to_the_district_at_most", {"level": 4}),
    ],
)
def test_the_database_itself_refuses_impossible_tasks(
    constraint: str, change: dict[str, object]
) -> None:
    task = make.task()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Task.objects.filter(id=task.id).update(**change)


@pytest.mark.parametrize(
    ("constraint", "field"),
    [("task_open_has_no_owner", "owner"), ("task_refused_says_why", "refused_by")],
)
def test_the_database_itself_refuses_people_where_they_do_not_belong(
    constraint: str, field: str
) -> None:
    task, worker = make.task(), make.grid_worker()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Task.objects.filter(id=task.id).update(**{field: worker})


def test_the_database_itself_refuses_the_same_task_twice() -> None:
    first = make.task()

    with pytest.raises(IntegrityError, match="task_is_pending_once"), transaction.atomic():
        Task.objects.create(
            kind=first.kind,
            duty=first.duty,
            area_path=first.area_path,
            about_id=first.about_id,
            due_at=first.due_at,
        )
