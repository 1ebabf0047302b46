"""How everything that a risk area brought is undone.

    a risk area is lifted, lowered or not approved         measures.lift_risk_area, ...
      the orders of its residents end                      measures.end_orders_about
      tests not yet taken are cancelled                    sampling.cancel_tests
      whatever waited because of it is no longer needed    dispatch.close_tasks_about
      it had kept people in, and nothing else keeps them
        take the posts away, and tell every household      dispatch.open_task

The area of a lower level, or the stricter one that takes its place, brings its own by
risk_area_raised.py.
"""

from fangxian.dispatch.actions import close_tasks_about
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.measures.actions import AREA_OVER, end_orders_about
from fangxian.measures.events import RiskAreaLifted, RiskAreaLowered, RiskAreaRejected
from fangxian.measures.queries import keeps_people_in, level_keeps_people_in, still_kept_in
from fangxian.playbook.tasks import ask
from fangxian.sampling.actions import cancel_tests

_WAITING = (
    TaskKind.DECIDE_RISK_AREA,
    TaskKind.DELIVER_NOTICE,
    TaskKind.SET_POSTS,
    TaskKind.SUPPLY_AREA,
    TaskKind.DECIDE_RELEASE,
)


def on_over(fact: RiskAreaLifted | RiskAreaLowered | RiskAreaRejected, event: Event) -> None:
    end_orders_about(PLAYBOOK, fact.subject_id, reason=AREA_OVER, because=event)
    cancel_tests(PLAYBOOK, fact.subject_id, because=event)
    for kind in _WAITING:
        close_tasks_about(PLAYBOOK, fact.subject_id, kind, because=event)
    if not isinstance(fact, RiskAreaRejected) and _opens(fact):
        ask(TaskKind.OPEN_AREA, Duty.CARRY_OUT, fact, event, due_at=now(), code=fact.code)


def _opens(fact: RiskAreaLifted | RiskAreaLowered) -> bool:
    """People were kept in, and neither the level that follows nor another area keeps them."""
    if isinstance(fact, RiskAreaLowered) and level_keeps_people_in(
        PLAYBOOK, str(fact.pack), fact.becomes
    ):
        return False
    area_id = fact.subject_id
    return keeps_people_in(PLAYBOOK, area_id) and not still_kept_in(PLAYBOOK, area_id)


for ending in (RiskAreaLifted, RiskAreaLowered, RiskAreaRejected):
    on(ending, on_over)
