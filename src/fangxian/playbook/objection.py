"""How somebody who is restricted is heard.

    somebody objects to an order                           measures.object_to_order
      another officer decides, by the limit of the pack    dispatch.open_task
    somebody objects to a reason of a code                 status.object_to_status
      another officer decides, by the limit of the pack    dispatch.open_task
    one officer upholds it, and the rules want two         status.decide_status_objection
      a second officer decides                             dispatch.open_task
    it was decided, with reasons                           measures.decide_objection,
      the task is done                                       status.decide_status_objection
      upheld against an order: the order ends, and with
        it what waited because of it                       order_ending
      upheld against a reason: the code is derived anew
        without it                                         status.derive_statuses

Who filed it, issued the order or decided first never decides: the verbs refuse it.
"""

from datetime import datetime

from fangxian.dispatch.actions import close_tasks_about
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import Fact
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.measures.events import ObjectionDecided, ObjectionFiled
from fangxian.playbook.tasks import ask, by
from fangxian.status.events import (
    StatusObjectionDecided,
    StatusObjectionFiled,
    StatusObjectionHalfDecided,
)


def on_objection_to_order(fact: ObjectionFiled, event: Event) -> None:
    _somebody_decides(fact, event, by("hotline.epidemic_item", fact.area_path), code=fact.code)


def on_objection_to_code(fact: StatusObjectionFiled, event: Event) -> None:
    _somebody_decides(fact, event, fact.due_at)


def on_half_decided(fact: StatusObjectionHalfDecided, event: Event) -> None:
    _decided(fact, event)
    _somebody_decides(fact, event, now())


def on_decided(fact: ObjectionDecided | StatusObjectionDecided, event: Event) -> None:
    _decided(fact, event)


def _somebody_decides(fact: Fact, event: Event, due_at: datetime, **codes: str) -> None:
    ask(TaskKind.DECIDE_OBJECTION, Duty.DECIDE_MEASURES, fact, event, due_at=due_at, **codes)


def _decided(fact: Fact, event: Event) -> None:
    close_tasks_about(
        PLAYBOOK, fact.subject_id, TaskKind.DECIDE_OBJECTION, because=event, done=True
    )


on(ObjectionFiled, on_objection_to_order)
on(StatusObjectionFiled, on_objection_to_code)
on(StatusObjectionHalfDecided, on_half_decided)
on(ObjectionDecided, on_decided)
on(StatusObjectionDecided, on_decided)
