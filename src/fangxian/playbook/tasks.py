"""How a page of the playbook asks somebody to do something, and by when."""

from datetime import datetime

from fangxian.dispatch.actions import open_task
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import Fact
from fangxian.kernel.models import Event
from fangxian.protocol.queries import in_force


def ask(
    kind: TaskKind,
    duty: Duty,
    fact: Fact,
    because: Event,
    *,
    due_at: datetime,
    **codes: str | int,
) -> None:
    """Open a task about what the fact is about, where it happened.

    codes   codes and numbers for the task's sentence, never names
    """
    open_task(
        PLAYBOOK,
        kind,
        duty=duty,
        area_path=fact.area_path,
        about_id=fact.subject_id,
        due_at=due_at,
        facts=codes,
        because=because,
    )


def by(limit: str, area_path: str) -> datetime:
    """The moment by which a limit of the pack, such as "transfer.close_contact", is reached.

    A pack without that limit leaves no time: the task is due now.
    """
    moment = now()
    span = in_force(moment, area_path).time_limits.get(limit)
    return moment + span.length if span else moment
