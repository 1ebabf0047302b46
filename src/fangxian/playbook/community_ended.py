"""How people of a community that no longer exists are found a place again.

an area ends while people still live in it             areas.end_area, an edition's decision
  somebody re-places them                              dispatch.open_task
"""

from fangxian.areas.events import AreaEnded
from fangxian.dispatch.actions import open_task
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.people.queries import population


def on_area_ended(fact: AreaEnded, event: Event) -> None:
    people = population(PLAYBOOK, [fact.area_path]).get(fact.area_path, 0)
    if people:
        open_task(
            PLAYBOOK,
            TaskKind.REPLACE_RESIDENTS,
            duty=Duty.KEEP_REGISTER,
            area_path=fact.area_path,
            about_id=fact.subject_id,
            due_at=now(),
            facts={"people": people},
            because=event,
        )


on(AreaEnded, on_area_ended)
