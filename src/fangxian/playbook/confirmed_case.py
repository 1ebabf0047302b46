"""How a case leads to treatment, to its contacts and to risk areas.

    a case is reported                                     cases.report_case
      investigate the case                                 dispatch.open_task
    it is infected: reported so, or classified so later    cases.report_case
      bring the patient to hospital                        measures.issue_order, by order_issued
      what held the person as a suspect ends               measures.end_orders_about
      a risk area over the home counts from the start      measures.restart_clock
      propose the home's surroundings as a risk area       measures.propose_risk_area
      find whom the case met, and let a person decide      cases.find_contacts
    it is withdrawn                                        cases.withdraw_case
      orders that rest on it or on its contacts end        measures.end_orders_about
      an officer takes back what binds a place             dispatch.open_task
    contacts are proposed                                  cases.find_contacts
      somebody confirms or discards each                   dispatch.open_task
    the case has no identity number                        cases.report_case
      somebody finds it out                                dispatch.open_task

What follows from a risk area stands in risk_area_raised.py and risk_area_lifted.py. Its level and
size come from the pack in force (`zone_for_case`). Whether the system may
declare it by itself, or a person decides, is the pack's word too (`declared_by`).
"""

from django.utils.translation import gettext_noop

from fangxian.areas.queries import enclosing
from fangxian.cases.actions import find_contacts
from fangxian.cases.events import (
    CaseLacksIdentity,
    CaseReclassified,
    CaseReported,
    CaseWithdrawn,
    ContactsProposed,
)
from fangxian.cases.queries import contacts_of
from fangxian.dispatch.actions import close_tasks_about, open_task
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.measures.actions import (
    end_orders_about,
    issue_order,
    propose_risk_area,
    reject_risk_area,
    restart_clock,
)
from fangxian.measures.queries import holds_of, risk_areas_about, risk_areas_over
from fangxian.playbook.tasks import ask, by
from fangxian.protocol.queries import in_force


def on_case_reported(fact: CaseReported, event: Event) -> None:
    if fact.classification != "suspected":
        _infected(fact, event)
    ask(
        TaskKind.INVESTIGATE_CASE,
        Duty.INVESTIGATE,
        fact,
        event,
        due_at=by("investigation.core_tracks", fact.area_path),
        code=fact.code,
    )


def on_case_reclassified(fact: CaseReclassified, event: Event) -> None:
    if fact.was == "suspected":
        _infected(fact, event)


def _infected(fact: CaseReported | CaseReclassified, event: Event) -> None:
    for hold in holds_of(PLAYBOOK, fact.resident_id):
        end_orders_about(
            PLAYBOOK,
            hold.about_id,
            resident_id=fact.resident_id,
            reason=gettext_noop("the person is a case"),
            because=event,
        )
    issue_order(
        PLAYBOOK,
        resident_id=fact.resident_id,
        area_path=fact.area_path,
        subject="infected",
        about_id=fact.subject_id,
        counted_from=fact.specimen_at,
        because=event,
    )
    for standing in risk_areas_over(PLAYBOOK, fact.area_path):
        restart_clock(PLAYBOOK, standing.id, from_at=fact.specimen_at, because=event)
    _propose_risk_area(fact, event)
    find_contacts(PLAYBOOK, fact.subject_id, because=event)


def on_case_withdrawn(fact: CaseWithdrawn, event: Event) -> None:
    """The ground is gone: orders end at once; what binds a whole place, an officer takes back."""
    reason = gettext_noop("the case was withdrawn")
    grounds = [
        fact.subject_id,
        *contacts_of(PLAYBOOK, fact.subject_id).values_list("id", flat=True),
    ]
    for ground in grounds:
        end_orders_about(PLAYBOOK, ground, reason=reason, because=event)
    for area in risk_areas_about(PLAYBOOK, fact.subject_id):
        if area.state == "proposed":
            reject_risk_area(PLAYBOOK, area.id, reason=reason)
        elif area.state == "in_force":
            open_task(
                PLAYBOOK,
                TaskKind.DECIDE_RELEASE,
                duty=Duty.DECIDE_MEASURES,
                area_path=area.area_path,
                about_id=area.id,
                due_at=now(),
                facts={"code": area.code},
                because=event,
            )
    for kind in (TaskKind.INVESTIGATE_CASE, TaskKind.CONFIRM_CONTACTS, TaskKind.COMPLETE_IDENTITY):
        close_tasks_about(PLAYBOOK, fact.subject_id, kind, because=event)


def _propose_risk_area(fact: CaseReported | CaseReclassified, event: Event) -> None:
    """Around the home, if it is known to the door. Other places a person finds and proposes."""
    rule = in_force(now(), fact.area_path).zone_for_case
    if not (rule.residence_level and rule.residence_unit):
        return
    if places := enclosing(PLAYBOOK, fact.area_path, rule.residence_unit):
        propose_risk_area(
            PLAYBOOK,
            places=places,
            unit=rule.residence_unit,
            level=rule.residence_level,
            about_id=fact.subject_id,
            because=event,
        )


def on_contacts_proposed(fact: ContactsProposed, event: Event) -> None:
    if not fact.close + fact.secondary:
        return
    ask(
        TaskKind.CONFIRM_CONTACTS,
        Duty.INVESTIGATE,
        fact,
        event,
        due_at=by("investigation.core_tracks", fact.area_path),
        code=fact.code,
        close=fact.close,
        general=fact.general,
    )


def on_case_lacks_identity(fact: CaseLacksIdentity, event: Event) -> None:
    ask(
        TaskKind.COMPLETE_IDENTITY,
        Duty.INVESTIGATE,
        fact,
        event,
        due_at=by("investigation.basic_case_info", fact.area_path),
        code=fact.code,
    )


on(CaseReported, on_case_reported)
on(CaseReclassified, on_case_reclassified)
on(CaseWithdrawn, on_case_withdrawn)
on(CaseLacksIdentity, on_case_lacks_identity)
on(ContactsProposed, on_contacts_proposed)
