"""How people of a community that no longer exists are found a place again.

an area ends while people still live in it             areas.end_area, an edition's decision
  somebody re-places them                              dispatch.open_task
"""

from fangxian.areas.events import AreaEnded
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.people.queries import population
from fangxian.playbook.tasks import ask


def on_area_ended(fact: AreaEnded, event: Event) -> None:
    people = population(PLAYBOOK, [fact.area_path]).get(fact.area_path, 0)
    if people:
        ask(
            TaskKind.REPLACE_RESIDENTS, Duty.KEEP_REGISTER, fact, event, due_at=now(), people=people
        )


on(AreaEnded, on_area_ended)
