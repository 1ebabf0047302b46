"""How people at work who may not leave home are known, and help where they live.

    an order keeps a member at home, or takes them away     measures.issue_order
      they are locked in, or apart; not ready               workforce.set_state
    a place is closed with its people                       measures.declare_risk_area
      every member who lives there is locked in             workforce.set_state
    the order ended, the place was opened                   measures.end_order, lift_risk_area
      nothing else keeps them: they are ready again         workforce.set_state

Whoever is locked in stands on the page of check-in, offered to the grid they live in. What they
had to do elsewhere is given to others by people_gone.py, looked_after.py and post_unfilled.py.
"""

from django.utils.translation import gettext as _

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.measures.events import (
    OrderEnded,
    OrderIssued,
    RiskAreaDeclared,
    RiskAreaLifted,
    RiskAreaLowered,
)
from fangxian.measures.queries import (
    get_risk_area,
    keeps_people_in,
    orders_in_force,
    places_kept_in,
)
from fangxian.workforce.about import home_of
from fangxian.workforce.actions import set_state
from fangxian.workforce.queries import living_at, member_who_is

_STATES = {
    "hold": "locked_in",
    "home_quarantine": "locked_in",
    "home_monitoring": "locked_in",
    "central_quarantine": "apart",
    "hospital": "apart",
}


def on_order_issued(fact: OrderIssued, event: Event) -> None:
    """Residents of a whole area are found by where they live, not one by one."""
    state = _STATES.get(fact.measure)
    if state is None or fact.subject == "high_risk_resident":
        return
    member = member_who_is(PLAYBOOK, fact.resident_id)
    if member is not None and member.state in {"ready", "locked_in"}:
        why = _("order %(code)s") % {"code": fact.code}
        set_state(PLAYBOOK, member.id, state, why=why, because=event)


def on_order_ended(fact: OrderEnded, event: Event) -> None:
    member = member_who_is(PLAYBOOK, fact.resident_id)
    if member is None or member.state not in {"locked_in", "apart"}:
        return
    others = orders_in_force(PLAYBOOK).filter(resident=fact.resident_id, kind__in=list(_STATES))
    if not others.exists() and not home_of(member).startswith(tuple(places_kept_in(PLAYBOOK))):
        set_state(PLAYBOOK, member.id, "ready", because=event)


def on_declared(fact: RiskAreaDeclared, event: Event) -> None:
    if not keeps_people_in(PLAYBOOK, fact.subject_id):
        return
    places = get_risk_area(PLAYBOOK, fact.subject_id).places
    for member in living_at(PLAYBOOK, places).filter(state="ready"):
        why = _("risk area %(code)s") % {"code": fact.code}
        set_state(PLAYBOOK, member.id, "locked_in", why=why, because=event)


def on_over(fact: RiskAreaLifted | RiskAreaLowered, event: Event) -> None:
    places = get_risk_area(PLAYBOOK, fact.subject_id).places
    still = tuple(places_kept_in(PLAYBOOK))
    asked = orders_in_force(PLAYBOOK).filter(kind__in=list(_STATES))
    for member in living_at(PLAYBOOK, places).filter(state="locked_in"):
        if home_of(member).startswith(still):
            continue
        if member.resident_id is None or not asked.filter(resident=member.resident_id).exists():
            set_state(PLAYBOOK, member.id, "ready", because=event)


on(OrderIssued, on_order_issued)
on(OrderEnded, on_order_ended)
on(RiskAreaDeclared, on_declared)
on(RiskAreaLifted, on_over)
on(RiskAreaLowered, on_over)
