"""How evidence changes what somebody's code shows.

an order is issued, moved or ends                      measures.issue_order, …
a case is reported, classified anew, closed, withdrawn cases.report_case, …
  the person's code is derived anew                    status.derive_statuses
a risk area is declared, lowered or lifted             measures.approve_risk_area, …
  the codes of the people who live there               status.derive_statuses
other rules come into force                            protocol.adopt_pack
  every code of the area                               status.derive_statuses

An upheld objection derives the code anew by itself: objection.py says who is asked.
"""

from fangxian.cases.events import (
    CaseClosed,
    CaseReclassified,
    CaseReported,
    CaseWithdrawn,
)
from fangxian.cases.queries import get_case
from fangxian.kernel.access import PLAYBOOK
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
from fangxian.protocol.events import PackAdopted
from fangxian.status.actions import derive_statuses


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


for fact_type in (OrderIssued, OrderEnded):
    on(fact_type, on_order_changed)
for moved_fact in (OrderExtended, OrderShortened):
    on(moved_fact, on_order_moved)
for case_fact in (CaseReported, CaseReclassified, CaseClosed, CaseWithdrawn):
    on(case_fact, on_case_changed)
for area_fact in (RiskAreaDeclared, RiskAreaLowered, RiskAreaLifted):
    on(area_fact, on_risk_area_changed)
on(PackAdopted, on_pack_adopted)
