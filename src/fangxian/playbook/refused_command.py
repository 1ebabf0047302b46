"""How an entry that a phone made in vain comes back to whoever made it.

Read from top to bottom. Nothing outside this file reacts to a refused entry.

    entries of a phone are refused                  sync.receive
      somebody puts them right, one task a phone    dispatch.open_task
      its owner, if it is theirs to do              dispatch.assign_task
    the last of them is settled                     sync.apply_held, sync.set_aside
      the task is done                              dispatch.close_tasks_about

The phone has said so by then, with the reason. The task is for what its owner did not see, or
cannot put right alone; until when, the pack says (`flow.task_dispatched`). What is only kept, for
the server is older than the phone, needs nobody: it is tried again by itself.
"""

from datetime import datetime

from fangxian.dispatch.actions import assign_task, close_tasks_about, open_task
from fangxian.dispatch.errors import NotTheirDuty
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.playbook.tasks import by
from fangxian.protocol.errors import NoPackInForce
from fangxian.sync.events import CommandSettled, CommandsRefused


def on_commands_refused(fact: CommandsRefused, event: Event) -> None:
    task = open_task(
        PLAYBOOK,
        TaskKind.MEND_ENTRIES,
        duty=Duty(fact.duty),
        area_path=fact.area_path,
        about_id=fact.subject_id,
        due_at=_due(fact.area_path),
        because=event,
    )
    if task.owner_id is None:
        try:
            assign_task(PLAYBOOK, task.id, to=fact.account_id)
        except (NotTheirDuty, NotFound):
            return  # it waits for whoever has the duty there


def _due(area_path: str) -> datetime:
    try:
        return by("flow.task_dispatched", area_path)
    except NoPackInForce:  # phones are also tried out before anything has begun
        return now()


def on_command_settled(fact: CommandSettled, event: Event) -> None:
    if fact.left == 0:
        close_tasks_about(
            PLAYBOOK, fact.subject_id, TaskKind.MEND_ENTRIES, because=event, done=True
        )


on(CommandsRefused, on_commands_refused)
on(CommandSettled, on_command_settled)
