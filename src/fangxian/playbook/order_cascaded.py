"""How a notice from above, or what a meeting decided, reaches the last community and comes back.

    a directive is issued                                  dispatch.issue_directive
      each subdistrict and community acknowledges it       dispatch.open_tasks
      what is to be done once is on somebody's list        dispatch.open_tasks_once
    a place acknowledges it, or ticks that task off        dispatch.acknowledge_directive
      its points become tasks of those who do them         dispatch.make_tasks
    a place does not acknowledge in time
      it is reminded, again and again                      dispatch.remind_late_places (job)
      the level above finds out why, from the first time   dispatch.open_task
    the last task of a place is done                       dispatch.finish_task
      the place has done it, then whatever it is a part of dispatch.settle_receipts
    a place has done it
      the level above verifies it: never who did it        dispatch.open_task
    it is sent back
      its points are tasks once more                       dispatch.make_tasks
    a point is added while it is in force                  dispatch.add_item
      places that have acknowledged have it on their list  dispatch.make_tasks
    it is withdrawn, or a later version replaces it
      what is pending of it is needed no longer            dispatch.close_tasks_about

issued → received → acknowledged → tasks made → done → verified, for each place by itself. Tasks
that are late go up level by level as all tasks do.
"""

from collections.abc import Iterable
from uuid import UUID

from fangxian.areas.rules import parent_path
from fangxian.dispatch import directive_queries as queries
from fangxian.dispatch.actions import NewTask, close_tasks_about, open_task, open_tasks
from fangxian.dispatch.directives import (
    acknowledge_directive,
    make_tasks,
    open_tasks_once,
    settle_receipts,
    verify_receipt,
)
from fangxian.dispatch.events import (
    DirectiveAcknowledged,
    DirectiveDone,
    DirectiveEnded,
    DirectiveIssued,
    DirectiveItemAdded,
    DirectiveReminded,
    DirectiveReturned,
    DirectiveVerified,
    OfReceipt,
    TaskCancelled,
    TaskFinished,
)
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.playbook.tasks import by


def on_issued(fact: DirectiveIssued, event: Event) -> None:
    directive = queries.get_directive(PLAYBOOK, fact.subject_id)
    open_tasks(
        PLAYBOOK,
        [
            NewTask(
                kind=TaskKind.READ_DIRECTIVE,
                duty=Duty.DISPATCH,
                area_path=receipt.area_path,
                about_id=receipt.id,
                due_at=receipt.due_at,
                facts={"code": directive.code},
            )
            for receipt in queries.receipts_of(PLAYBOOK, directive.id)
        ],
        because=event,
    )
    open_tasks_once(PLAYBOOK, directive.id, because=event)


def on_acknowledged(fact: DirectiveAcknowledged, event: Event) -> None:
    _done(fact, event, TaskKind.READ_DIRECTIVE, TaskKind.CHASE_DIRECTIVE)
    make_tasks(PLAYBOOK, fact.subject_id, because=event)


def on_reminded(fact: DirectiveReminded, event: Event) -> None:
    if fact.late:
        _ask_above(TaskKind.CHASE_DIRECTIVE, fact, event)


def on_done(fact: DirectiveDone, event: Event) -> None:
    _ask_above(TaskKind.VERIFY_DIRECTIVE, fact, event)


def on_verified(fact: DirectiveVerified, event: Event) -> None:
    _done(fact, event, TaskKind.VERIFY_DIRECTIVE)


def on_returned(fact: DirectiveReturned, event: Event) -> None:
    _done(fact, event, TaskKind.VERIFY_DIRECTIVE)
    make_tasks(PLAYBOOK, fact.subject_id, because=event)


def on_item_added(fact: DirectiveItemAdded, event: Event) -> None:
    open_tasks_once(PLAYBOOK, fact.subject_id, because=event)
    for receipt in queries.receipts_of(PLAYBOOK, fact.subject_id):
        heard = receipt.state in {*queries.UNDER_WAY, *queries.SETTLED}
        if heard and _meet(receipt.area_path, fact.area_path):
            make_tasks(PLAYBOOK, receipt.id, because=event)


def _meet(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def on_ended(fact: DirectiveEnded, event: Event) -> None:
    receipts = queries.receipts_of(PLAYBOOK, fact.subject_id).values_list("id", flat=True)
    items = queries.items_of(PLAYBOOK, fact.subject_id).values_list("id", flat=True)
    _needless([*receipts, *items], event)


def _needless(about: Iterable[UUID], event: Event) -> None:
    for one in about:
        close_tasks_about(PLAYBOOK, one, because=event)


def on_task_finished(fact: TaskFinished, event: Event) -> None:
    """Whoever ticks the task off has acknowledged, or verified, just as on the directive's page."""
    if event.actor_id == PLAYBOOK.id and fact.task != TaskKind.DO_DIRECTIVE:
        return
    if fact.task == TaskKind.READ_DIRECTIVE:
        acknowledge_directive(PLAYBOOK, fact.about_id, by=event.actor_id, because=event)
    elif fact.task == TaskKind.VERIFY_DIRECTIVE:
        verify_receipt(PLAYBOOK, fact.about_id, by=event.actor_id, because=event)
    elif fact.task == TaskKind.DO_DIRECTIVE:
        _settle(fact, event)


def on_task_cancelled(fact: TaskCancelled, event: Event) -> None:
    if fact.task == TaskKind.DO_DIRECTIVE:
        _settle(fact, event)


def _settle(fact: TaskFinished | TaskCancelled, event: Event) -> None:
    item = queries.get_item(PLAYBOOK, fact.about_id)
    settle_receipts(PLAYBOOK, item.directive_id, fact.area_path, because=event)


def _ask_above(kind: TaskKind, fact: OfReceipt, event: Event) -> None:
    open_task(
        PLAYBOOK,
        kind,
        duty=Duty.DISPATCH,
        area_path=parent_path(fact.area_path),
        about_id=fact.subject_id,
        due_at=by("flow.task_dispatched", fact.area_path),
        facts={"code": queries.get_directive(PLAYBOOK, fact.directive_id).code},
        because=event,
    )


def _done(fact: OfReceipt, event: Event, *kinds: TaskKind) -> None:
    for kind in kinds:
        close_tasks_about(PLAYBOOK, fact.subject_id, kind, because=event, done=True)


on(DirectiveIssued, on_issued)
on(DirectiveAcknowledged, on_acknowledged)
on(DirectiveReminded, on_reminded)
on(DirectiveDone, on_done)
on(DirectiveVerified, on_verified)
on(DirectiveReturned, on_returned)
on(DirectiveItemAdded, on_item_added)
on(DirectiveEnded, on_ended)
on(TaskFinished, on_task_finished)
on(TaskCancelled, on_task_cancelled)
