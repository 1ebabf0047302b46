"""How an order reaches the person.

an order is issued                                     measures.issue_order, hold_person
  somebody tells the person, and notes how             dispatch.open_task
  the person goes elsewhere: bring the person there    dispatch.open_task
  it is one of a whole risk area: its notice is        risk_area_raised
    brought to every door there
an order was served                                    measures.serve_order
  the task is done                                     dispatch.close_tasks_about

Whoever objects is heard on the page objection.py.
"""

from fangxian.dispatch.actions import close_tasks_about
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.measures.events import OrderIssued, OrderServed
from fangxian.playbook.tasks import ask, by

_BRINGING = {
    "hospital": (TaskKind.TRANSFER_PATIENT, "transfer.infected_to_hospital"),
    "central_quarantine": (TaskKind.TRANSFER_PERSON, "transfer.close_contact"),
}


def on_order_issued(fact: OrderIssued, event: Event) -> None:
    if fact.subject == "high_risk_resident":
        return
    asked = [(TaskKind.SERVE_ORDER, "coordination.controlled")]
    if fact.measure in _BRINGING:
        asked.insert(0, _BRINGING[fact.measure])
    for kind, limit in asked:
        ask(kind, Duty.CARRY_OUT, fact, event, due_at=by(limit, fact.area_path), code=fact.code)


def on_order_served(fact: OrderServed, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.SERVE_ORDER, because=event, done=True)


on(OrderIssued, on_order_issued)
on(OrderServed, on_order_served)
