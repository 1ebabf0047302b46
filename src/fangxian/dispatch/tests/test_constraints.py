"""What the database itself refuses, whoever writes to it."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from fangxian.dispatch.directives import acknowledge_directive
from fangxian.dispatch.models import Directive, DirectiveItem, Receipt, Task
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


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("task_names_its_team_or_its_post_and_nothing_else", {"owner_kind": "team"}),
        ("task_names_its_team_or_its_post_and_nothing_else", {"owner_kind": "post"}),
        ("task_for_nobody_in_particular_is_offered_to_all", {"offered": False}),
    ],
)
def test_the_database_itself_refuses_a_team_without_a_name(
    constraint: str, change: dict[str, object]
) -> None:
    task = make.task()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Task.objects.filter(id=task.id).update(**change)


def test_the_database_itself_refuses_impossible_directives() -> None:
    make.more_places()
    chen = make.command_post()
    first = make.notice(chen)
    broken: dict[str, dict[str, Any]] = {
        "directive_ends_after_it_begins": {"effective_until": F("effective_from")},
        "directive_in_force_was_issued": {"state": "in_force"},
        "directive_ended_has_a_time": {"ended_at": now()},
        "directive_does_not_replace_itself": {"supersedes": first.id},
    }
    for constraint, change in broken.items():
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Directive.objects.filter(id=first.id).update(**change)

    second = make.notice(chen, version=2)
    with (
        pytest.raises(IntegrityError, match="directive_of_an_issuer_is_registered_once"),
        transaction.atomic(),
    ):
        Directive.objects.filter(id=second.id).update(version=1)


def test_the_database_itself_refuses_impossible_points() -> None:
    make.more_places()
    directive = make.notice(make.command_post(), items=2)
    broken: dict[str, dict[str, Any]] = {
        "directive_item_has_a_place_of_its_own": {"position": 1},
        "directive_item_says_what_to_do": {"text": ""},
        "directive_item_names_whom_it_is_for": {"owner_kind": "team"},
    }

    for constraint, change in broken.items():
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            DirectiveItem.objects.filter(directive=directive, position=2).update(**change)


def test_the_database_itself_refuses_impossible_receipts() -> None:
    make.more_places()
    chen, head = make.command_post(), make.community_head()
    receipt = make.receipt(make.issued(chen), make.COMMUNITY)
    acknowledge_directive(head.actor, receipt.id)
    broken: dict[str, dict[str, Any]] = {
        "receipt_is_one_for_each_place": {"area_path": make.SUBDISTRICT},
        "receipt_acknowledged_has_a_time_and_a_name": {"acknowledged_at": None},
        "receipt_done_has_a_time": {"state": "done"},
        "receipt_verified_has_a_time_and_a_name": {"state": "verified", "done_at": now()},
        "receipt_is_not_verified_by_who_acknowledged_it": {"verified_by": head},
    }

    for constraint, change in broken.items():
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Receipt.objects.filter(id=receipt.id).update(**change)
