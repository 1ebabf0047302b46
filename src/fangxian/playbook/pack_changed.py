"""What follows when other rules are put in force while people are under measures.

    a pack is put in force                                 protocol.adopt_pack
      something here stands under other rules: the command
        post sees what would change, and decides           dispatch.open_task
    the change is applied                                  measures.apply_pack_change
      the task is done                                     dispatch.close_tasks_about
    an order became shorter by it                          measures.apply_pack_change
      a proposal to release it is judged anew              dispatch.close_tasks_about

Nothing changes for anybody by itself: orders and areas stay under the rules they were issued under
until somebody has looked. Ends, new orders and risk areas are told on their own pages.
"""

from fangxian.dispatch.actions import close_tasks_about, open_task
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.measures.events import OrderShortened, PackChangeApplied
from fangxian.measures.queries import stands_under_others
from fangxian.protocol.events import PackAdopted


def on_pack_adopted(fact: PackAdopted, event: Event) -> None:
    if stands_under_others(PLAYBOOK, fact.area_path, str(fact.pack)):
        open_task(
            PLAYBOOK,
            TaskKind.DECIDE_PACK_CHANGE,
            duty=Duty.COMMAND,
            area_path=fact.area_path,
            about_id=fact.subject_id,
            due_at=fact.from_at,
            because=event,
        )


def on_change_applied(fact: PackChangeApplied, event: Event) -> None:
    close_tasks_about(
        PLAYBOOK, fact.subject_id, TaskKind.DECIDE_PACK_CHANGE, because=event, done=True
    )


def on_order_shortened(fact: OrderShortened, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.DECIDE_RELEASE, because=event)


on(PackAdopted, on_pack_adopted)
on(PackChangeApplied, on_change_applied)
on(OrderShortened, on_order_shortened)
