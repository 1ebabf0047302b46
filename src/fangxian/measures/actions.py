"""The verbs of measures, each in the file of its noun. What follows is in the playbook."""

from fangxian.measures.deciding import (
    AREA_OVER,
    CONDITIONS_HOLD,
    NEXT_STAGE,
    OBJECTION_UPHELD,
    REPLACED,
)
from fangxian.measures.exits import (
    clear_exit,
    hand_over_patient,
    leave_for_emergency_care,
    return_from_care,
)
from fangxian.measures.exposures import note_exposure
from fangxian.measures.holds import end_hold_of_place, hold_people, hold_person, hold_place
from fangxian.measures.objections import decide_objection, object_to_order
from fangxian.measures.orders import (
    advance_order,
    end_order,
    end_orders_about,
    end_orders_of,
    extend_order,
    extend_orders_about,
    issue_order,
    issue_orders,
)
from fangxian.measures.pack_changes import apply_pack_change
from fangxian.measures.releases import propose_due_releases, propose_release
from fangxian.measures.risk_areas import (
    approve_risk_area,
    follow_the_clock,
    lift_risk_area,
    lower_risk_area,
    propose_risk_area,
    reject_risk_area,
    restart_clock,
    restrict_residents,
)
from fangxian.measures.serving import serve_order, serve_orders_at

__all__ = [
    "AREA_OVER",
    "CONDITIONS_HOLD",
    "NEXT_STAGE",
    "OBJECTION_UPHELD",
    "REPLACED",
    "advance_order",
    "apply_pack_change",
    "approve_risk_area",
    "clear_exit",
    "decide_objection",
    "end_hold_of_place",
    "end_order",
    "end_orders_about",
    "end_orders_of",
    "extend_order",
    "extend_orders_about",
    "follow_the_clock",
    "hand_over_patient",
    "hold_people",
    "hold_person",
    "hold_place",
    "issue_order",
    "issue_orders",
    "leave_for_emergency_care",
    "lift_risk_area",
    "lower_risk_area",
    "note_exposure",
    "object_to_order",
    "propose_due_releases",
    "propose_release",
    "propose_risk_area",
    "reject_risk_area",
    "restart_clock",
    "restrict_residents",
    "return_from_care",
    "serve_order",
    "serve_orders_at",
]
