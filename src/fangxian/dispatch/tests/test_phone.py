"""What a phone is told of its owner's tasks."""

from datetime import UTC, datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from fangxian.dispatch.queries import tasks_for
from fangxian.dispatch.tests import make
from fangxian.kernel.access import Duty
from fangxian.people.tests import make as people

pytestmark = pytest.mark.django_db

DUE = datetime(2022, 9, 2, 4, tzinfo=UTC)


def test_a_phone_is_told_what_to_do_where_by_when_and_for_whom() -> None:
    make.places()
    resident = people.resident(area_path=make.HOME)
    task = make.task("test_person", about_id=resident.id, due_at=DUE)

    (told,) = tasks_for(make.grid_worker().actor)

    assert told == {
        "id": str(task.id),
        "kind": "test_person",
        "title": {"zh": "上门采集到期样本", "en": "Take the sample that is due"},
        "place": told["place"],
        "route": f"{make.GRID}0003号楼",
        "due_at": "2022-09-02T04:00:00+00:00",
        "state": "open",
        "proof": "",
        "text": "",
        "whose": "",
        "people": [
            {
                "resident": str(resident.id),
                "name": str(resident.name),
                "age": told["people"][0]["age"],
            }
        ],
        "steps": [],
    }
    assert "3号楼" in told["place"]
    assert "*" in told["people"][0]["name"]


def test_a_phone_is_not_told_of_other_peoples_tasks() -> None:
    make.places()
    make.task(area_path=make.NEXT_GRID)
    make.task(duty=Duty.COLLECT_SAMPLES)

    assert tasks_for(make.grid_worker().actor) == []


def test_a_phone_is_told_in_a_fixed_number_of_questions(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make.places()
    make.tasks(12)
    worker = make.grid_worker().actor

    with django_assert_num_queries(6):
        assert len(tasks_for(worker)) == 12
