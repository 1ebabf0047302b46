"""How a request is kept from being forgotten, until whoever made it says that it is done.

    a request went to units                                requests.dispatch_request
      the unit that leads sees to it, by the stage's time  dispatch.open_task
    … to another unit, or it came back
      the first unit need not see to it any more           dispatch.close_tasks_about
    a request is late in its stage                         requests.escalate_overdue (job)
      the next level finds out why, at once                dispatch.open_task
    a request was done                                     requests.finish_request
      nobody need see to it or chase it                    dispatch.close_tasks_about
      those who have no page are called back               dispatch.open_task
    it was confirmed, scored or given up                   requests.call_back, confirm_done
      nobody calls back any more                           dispatch.close_tasks_about
    it was opened again                                    requests.reopen
      the unit has it again, the level above is told       dispatch.open_task
    a thousand people asked the same
      one of them is seen to; each is told and asked       requests.raising, closing

An emergency is no request any more: it became a transfer to care when it was said.
"""

from fangxian.dispatch.actions import close_tasks_about, open_task
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.playbook.tasks import ask
from fangxian.requests.events import (
    RequestClosed,
    RequestDispatched,
    RequestDone,
    RequestHandedBack,
    RequestOverdue,
    RequestReopened,
)


def on_request_dispatched(fact: RequestDispatched, event: Event) -> None:
    """What the level above was to find out is found out: it is with a unit (again)."""
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.SEE_TO_REQUEST, because=event)
    open_task(
        PLAYBOOK,
        TaskKind.SEE_TO_REQUEST,
        duty=Duty.CARRY_OUT,
        area_path=fact.area_path,
        about_id=fact.subject_id,
        due_at=fact.due_at or now(),
        team=fact.lead_id,
        facts={"code": fact.code},
        because=event,
    )


def on_request_handed_back(fact: RequestHandedBack, event: Event) -> None:
    if fact.lead:
        close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.SEE_TO_REQUEST, because=event)


def on_request_overdue(fact: RequestOverdue, event: Event) -> None:
    ask(TaskKind.CHASE_REQUEST, Duty.DISPATCH, fact, event, due_at=now(), code=fact.code)


def on_request_done(fact: RequestDone, event: Event) -> None:
    """One task for everybody who is to be called; those on the page confirm there."""
    about = fact.subject_id
    close_tasks_about(PLAYBOOK, about, TaskKind.SEE_TO_REQUEST, because=event, done=True)
    close_tasks_about(PLAYBOOK, about, TaskKind.CHASE_REQUEST, because=event, done=True)
    if fact.channel == "page" and fact.people == 1:
        return
    ask(
        TaskKind.CALL_BACK,
        Duty.ANSWER_CALLS,
        fact,
        event,
        due_at=fact.due_at or now(),
        code=fact.code,
        people=fact.people,
    )


def on_request_closed(fact: RequestClosed, event: Event) -> None:
    about = fact.subject_id
    close_tasks_about(PLAYBOOK, about, TaskKind.CALL_BACK, because=event, done=True)
    for kind in (TaskKind.SEE_TO_REQUEST, TaskKind.CHASE_REQUEST):
        close_tasks_about(PLAYBOOK, about, kind, because=event)


def on_request_reopened(fact: RequestReopened, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.CALL_BACK, because=event, done=True)
    ask(TaskKind.CHASE_REQUEST, Duty.DISPATCH, fact, event, due_at=now(), code=fact.code)


on(RequestDispatched, on_request_dispatched)
on(RequestHandedBack, on_request_handed_back)
on(RequestOverdue, on_request_overdue)
on(RequestDone, on_request_done)
on(RequestClosed, on_request_closed)
on(RequestReopened, on_request_reopened)
