"""How evidence changes what somebody's code shows.

an order is issued, moved or ends                      measures.issue_order, …
a case is reported, classified anew, closed, withdrawn cases.report_case, …
  the person's code is derived anew                    status.derive_statuses
a risk area is declared, lowered or lifted             measures.approve_risk_area, …
  the codes of the people who live there               status.derive_statuses
other rules come into force                            protocol.adopt_pack
  every code of the area                               status.derive_statuses
somebody objects to a code                             status.object_to_status
  an officer decides                                   dispatch.open_task
one officer upholds it, and the rules want two         status.decide_status_objection
  a second officer decides                             dispatch.open_task
the objection was decided                              status.decide_status_objection
  the task is done                                     dispatch.close_tasks_about
"""

from fangxian.cases.events import (
    CaseClosed,
    CaseReclassified,
    CaseReported,
    CaseWithdrawn,
)
from fangxian.cases.queries import get_case
from fangxian.dispatch.actions import close_tasks_about
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.measures.events import (
    OrderEnded,
    OrderExtended,
    OrderIssued,
    OrderShortened,
    RiskAreaDeclared,
    RiskAreaLifted,
    RiskAreaLowered,
)
from fangxian.measures.queries import get_order, get_risk_area
from fangxian.playbook.tasks import ask
from fangxian.protocol.events import PackAdopted
from fangxian.status.actions import derive_statuses
from fangxian.status.events import (
    StatusObjectionDecided,
    StatusObjectionFiled,
    StatusObjectionHalfDecided,
)


def on_order_changed(fact: OrderIssued | OrderEnded, event: Event) -> None:
    if isinstance(fact, OrderIssued) and fact.subject == "high_risk_resident":
        return  # with everybody of their area, at its declaration
    derive_statuses(PLAYBOOK, residents=[fact.resident_id], because=event)


def on_order_moved(fact: OrderExtended | OrderShortened, event: Event) -> None:
    resident = get_order(PLAYBOOK, fact.subject_id).resident_id
    derive_statuses(PLAYBOOK, residents=[resident], because=event)


def on_case_changed(
    fact: CaseReported | CaseReclassified | CaseClosed | CaseWithdrawn, event: Event
) -> None:
    resident = get_case(PLAYBOOK, fact.subject_id).resident_id
    derive_statuses(PLAYBOOK, residents=[resident], because=event)


def on_risk_area_changed(
    fact: RiskAreaDeclared | RiskAreaLowered | RiskAreaLifted, event: Event
) -> None:
    places = get_risk_area(PLAYBOOK, fact.subject_id).places
    derive_statuses(PLAYBOOK, places=places, because=event)


def on_pack_adopted(fact: PackAdopted, event: Event) -> None:
    derive_statuses(PLAYBOOK, places=[fact.area_path], because=event)


def on_objection_filed(fact: StatusObjectionFiled, event: Event) -> None:
    ask(TaskKind.DECIDE_OBJECTION, Duty.DECIDE_MEASURES, fact, event, due_at=fact.due_at)


def on_objection_half_decided(fact: StatusObjectionHalfDecided, event: Event) -> None:
    close_tasks_about(
        PLAYBOOK, fact.subject_id, TaskKind.DECIDE_OBJECTION, because=event, done=True
    )
    ask(TaskKind.DECIDE_OBJECTION, Duty.DECIDE_MEASURES, fact, event, due_at=now())


def on_objection_decided(fact: StatusObjectionDecided, event: Event) -> None:
    close_tasks_about(
        PLAYBOOK, fact.subject_id, TaskKind.DECIDE_OBJECTION, because=event, done=True
    )


for fact_type in (OrderIssued, OrderEnded):
    on(fact_type, on_order_changed)
for moved_fact in (OrderExtended, OrderShortened):
    on(moved_fact, on_order_moved)
for case_fact in (CaseReported, CaseReclassified, CaseClosed, CaseWithdrawn):
    on(case_fact, on_case_changed)
for area_fact in (RiskAreaDeclared, RiskAreaLowered, RiskAreaLifted):
    on(area_fact, on_risk_area_changed)
on(PackAdopted, on_pack_adopted)
on(StatusObjectionFiled, on_objection_filed)
on(StatusObjectionHalfDecided, on_objection_half_decided)
on(StatusObjectionDecided, on_objection_decided)
