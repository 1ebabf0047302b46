"""How a community that calls for help gets it, and how silence climbs.

    a community blows the whistle                          requests.blow_whistle
      each unit that is called goes there, in time         dispatch.open_task
    a unit says that it cannot come                        requests.answer_whistle
      it need not go                                       dispatch.close_tasks_about
    a unit is there, as the community sees                 requests.note_unit_there
      its way is done, and nobody looks for others         dispatch.close_tasks_about
    nobody answers in time, nobody comes in time,
    or everybody says no                                   requests.climb_unanswered (job)
      the next level finds somebody, at once               dispatch.open_task
    the community says that it is done, and scores         requests.end_whistle
      whatever waited is no longer needed                  dispatch.close_tasks_about

Only the community ends it: a unit that has come stays until it is done.
"""

from fangxian.dispatch.actions import close_tasks_about, open_task
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.playbook.tasks import ask
from fangxian.requests.events import (
    UnitAnswered,
    UnitArrived,
    UnitCalled,
    WhistleClimbed,
    WhistleEnded,
)
from fangxian.requests.queries import responses_of


def on_unit_called(fact: UnitCalled, event: Event) -> None:
    open_task(
        PLAYBOOK,
        TaskKind.GO_TO_WHISTLE,
        duty=Duty.CARRY_OUT,
        area_path=fact.area_path,
        about_id=fact.subject_id,
        due_at=fact.due_at or now(),
        team=fact.unit_id,
        facts={"code": fact.code, "people": fact.people},
        because=event,
    )


def on_unit_answered(fact: UnitAnswered, event: Event) -> None:
    """Who comes is on the way until the community sees them; who cannot need not be asked again."""
    if fact.says == "cannot":
        close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.GO_TO_WHISTLE, because=event)


def on_unit_arrived(fact: UnitArrived, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.GO_TO_WHISTLE, because=event, done=True)
    close_tasks_about(PLAYBOOK, fact.whistle_id, TaskKind.CHASE_WHISTLE, because=event, done=True)


def on_whistle_climbed(fact: WhistleClimbed, event: Event) -> None:
    ask(TaskKind.CHASE_WHISTLE, Duty.DISPATCH, fact, event, due_at=now(), code=fact.code)


def on_whistle_ended(fact: WhistleEnded, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.CHASE_WHISTLE, because=event)
    for one in responses_of(PLAYBOOK, fact.subject_id):
        close_tasks_about(PLAYBOOK, one.id, TaskKind.GO_TO_WHISTLE, because=event)


on(UnitCalled, on_unit_called)
on(UnitAnswered, on_unit_answered)
on(UnitArrived, on_unit_arrived)
on(WhistleClimbed, on_whistle_climbed)
on(WhistleEnded, on_whistle_ended)
