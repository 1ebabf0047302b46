"""How people who come back from a place of risk are found, asked and, where the rules say so, kept.

a list was taken in, or a building is asked             screening.take_in_list, begin_campaign
  each grid that has people to reach is told            dispatch.open_task
  those who can be sent one get a text message          screening.queue_messages
nobody is left to reach in a grid                       screening.note_attempt, declare
  its task is done                                      dispatch.close_tasks_about
somebody cannot be reached by phone                     screening.note_attempt
  go to the door                                        dispatch.open_task
somebody said where they were, and it was a place of risk
  a worker heard it, and the pack asks for no more      screening.confirm_stay
  otherwise somebody confirms or dismisses it           dispatch.open_task
the stay is confirmed                                   screening.confirm_stay
  the measure that the pack names for such people       measures.issue_order
    it is ordered: followed up until it ends            screening.put_under_measure
    its days are over, or there is none: closed         screening.close_follow_up
the order ends, and no other follows                    measures.end_order, advance_order
  the person is closed                                  screening.close_follow_up
somebody is handed over, or another district asks       screening.hand_over, take_over
  the receipt, or our answer, by its time               dispatch.open_task
a place becomes one of risk, here or elsewhere          measures.approve_risk_area,
  everybody's answers are compared anew                 screening.match_again
two records were one person                             people.merge_residents
  so they are one in every campaign                     screening.join_residents

A list alone restricts nobody: it is a reason to ask. The declaration, or what was told, is the
cause of the order; the rule is the pack's; days are counted from leaving the place.
"""

from dataclasses import replace

from fangxian.dispatch.actions import close_tasks_about, open_task
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.measures.actions import issue_order
from fangxian.measures.events import (
    OrderEnded,
    OrderIssued,
    RiskAreaDeclared,
    RiskAreaLifted,
    RiskAreaLowered,
)
from fangxian.measures.queries import get_order, orders_about
from fangxian.people.events import ResidentsMerged
from fangxian.people.queries import homes_of
from fangxian.playbook.tasks import ask, by
from fangxian.protocol.queries import in_force
from fangxian.screening.actions import (
    close_follow_up,
    confirm_stay,
    join_residents,
    match_again,
    put_under_measure,
)
from fangxian.screening.events import (
    CallsInVain,
    EverybodyReached,
    FollowUpClosed,
    HandedOver,
    HandOverAsked,
    HandOverReceived,
    HandOverRefused,
    PeopleToReach,
    PersonReached,
    RiskElsewhereNoted,
    StayAtRiskFound,
    StayConfirmed,
    StayDismissed,
)
from fangxian.screening.messages import queue_messages
from fangxian.screening.queries import campaigns_visible_to, follow_up_about


def on_people_to_reach(fact: PeopleToReach, event: Event) -> None:
    ask(
        TaskKind.REACH_PEOPLE,
        Duty.CARRY_OUT,
        fact,
        event,
        due_at=fact.due_at,
        code=fact.code,
        people=fact.number,
    )
    queue_messages(PLAYBOOK, fact.subject_id, because=event)


def on_everybody_reached(fact: EverybodyReached, event: Event) -> None:
    here = replace(PLAYBOOK, within=fact.area_path)
    close_tasks_about(here, fact.subject_id, TaskKind.REACH_PEOPLE, because=event, done=True)


def on_calls_in_vain(fact: CallsInVain, event: Event) -> None:
    ask(TaskKind.VISIT_PERSON, Duty.CARRY_OUT, fact, event, due_at=fact.due_at, code=fact.code)


def on_person_reached(fact: PersonReached, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.VISIT_PERSON, because=event, done=True)


def on_stay_at_risk_found(fact: StayAtRiskFound, event: Event) -> None:
    if fact.at_once:
        confirm_stay(PLAYBOOK, fact.subject_id, because=event)
        return
    ask(
        TaskKind.CONFIRM_RISK,
        Duty.DECIDE_MEASURES,
        fact,
        event,
        due_at=by("coordination.controlled", fact.area_path),
        code=fact.code,
    )


def on_stay_confirmed(fact: StayConfirmed, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.CONFIRM_RISK, because=event, done=True)
    home = homes_of(PLAYBOOK, [fact.resident_id]).get(fact.resident_id, fact.area_path)
    asked = in_force(now(), home).measure(fact.subject)
    order = asked and issue_order(
        PLAYBOOK,
        resident_id=fact.resident_id,
        area_path=home,
        subject=fact.subject,
        about_id=fact.subject_id,
        counted_from=fact.left_at,
        because=event,
    )
    if order:
        put_under_measure(PLAYBOOK, fact.subject_id, order_id=order.id, because=event)
    else:
        reason = "days_over" if asked else "no_measure"
        close_follow_up(PLAYBOOK, fact.subject_id, reason=reason, because=event)


def on_stay_dismissed(fact: StayDismissed, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.CONFIRM_RISK, because=event, done=True)


def on_follow_up_closed(fact: FollowUpClosed, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, because=event)


def on_order_issued(fact: OrderIssued, event: Event) -> None:
    """Also the next stage, which comes after the end of the one before."""
    if fact.subject != "high_risk_resident" and follow_up_about(PLAYBOOK, fact.about_id):
        put_under_measure(PLAYBOOK, fact.about_id, order_id=fact.subject_id, because=event)


def on_order_ended(fact: OrderEnded, event: Event) -> None:
    ground = get_order(PLAYBOOK, fact.subject_id).about_id
    followed = follow_up_about(PLAYBOOK, ground)
    if followed is None or followed.state != "under_measure":
        return
    if not orders_about(PLAYBOOK, ground).filter(state="in_force").exists():
        close_follow_up(PLAYBOOK, followed.id, reason="released", because=event)


def on_handed_over(fact: HandedOver, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.VISIT_PERSON, because=event)
    _ask_for_answer(TaskKind.CHASE_RECEIPT, fact, event)


def on_hand_over_asked(fact: HandOverAsked, event: Event) -> None:
    _ask_for_answer(TaskKind.ANSWER_HAND_OVER, fact, event)


def _ask_for_answer(kind: TaskKind, fact: HandedOver | HandOverAsked, event: Event) -> None:
    open_task(
        PLAYBOOK,
        kind,
        duty=Duty.INVESTIGATE,
        area_path=fact.area_path,
        about_id=fact.subject_id,
        due_at=fact.due_at,
        facts={"code": fact.letter},
        because=event,
    )


def on_hand_over_answered(fact: HandOverReceived | HandOverRefused, event: Event) -> None:
    for kind in (TaskKind.CHASE_RECEIPT, TaskKind.ANSWER_HAND_OVER):
        close_tasks_about(PLAYBOOK, fact.subject_id, kind, because=event, done=True)


def on_risk_history_changed(
    fact: RiskElsewhereNoted | RiskAreaDeclared | RiskAreaLowered | RiskAreaLifted, event: Event
) -> None:
    for campaign in campaigns_visible_to(PLAYBOOK).filter(ended_at=None):
        here = not isinstance(fact, RiskElsewhereNoted)
        match_again(PLAYBOOK, campaign.id, here=here, because=event)


def on_residents_merged(fact: ResidentsMerged, event: Event) -> None:
    join_residents(PLAYBOOK, fact.subject_id, fact.dropped_id, because=event)


on(PeopleToReach, on_people_to_reach)
on(EverybodyReached, on_everybody_reached)
on(CallsInVain, on_calls_in_vain)
on(PersonReached, on_person_reached)
on(StayAtRiskFound, on_stay_at_risk_found)
on(StayConfirmed, on_stay_confirmed)
on(StayDismissed, on_stay_dismissed)
on(FollowUpClosed, on_follow_up_closed)
on(OrderIssued, on_order_issued)
on(OrderEnded, on_order_ended)
on(HandedOver, on_handed_over)
on(HandOverAsked, on_hand_over_asked)
on(HandOverReceived, on_hand_over_answered)
on(HandOverRefused, on_hand_over_answered)
on(RiskElsewhereNoted, on_risk_history_changed)
on(RiskAreaDeclared, on_risk_history_changed)
on(RiskAreaLowered, on_risk_history_changed)
on(RiskAreaLifted, on_risk_history_changed)
on(ResidentsMerged, on_residents_merged)
