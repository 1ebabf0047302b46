"""How nobody is left without a name: places whose people are away, and key persons.

    somebody at work is away                               workforce.set_state
      whatever they answer for is announced                responsibility.tell_vacant
        somebody names a stand-in                          dispatch.open_task
    a stand-in is named, or the other one is back          responsibility.name_stand_in, take_back
      the task is done                                     dispatch.close_tasks_about
    somebody stays at home under an order                  measures.issue_order
      five look after the person: name them                responsibility.name_key_person
    the order ended                                        measures.end_order
      the team is released                                 responsibility.end_key_persons_about

Until a stand-in is named, whoever answers for what lies above is the one to call.
"""

from fangxian.dispatch.actions import close_tasks_about
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.measures.events import OrderEnded, OrderIssued
from fangxian.playbook.tasks import ask, by
from fangxian.responsibility.actions import (
    end_key_persons_about,
    name_key_person,
    take_back,
    tell_vacant,
)
from fangxian.responsibility.events import (
    KeyPersonEnded,
    KeyPersonNamed,
    ResponsibilityEnded,
    ResponsibilityEntrusted,
    ResponsibilityVacant,
    StandInNamed,
)
from fangxian.responsibility.queries import key_persons_of, of_member, teams_of
from fangxian.responsibility.rules import missing
from fangxian.workforce.events import MemberStateChanged

_LIMIT = "coordination.controlled"


def on_member_state_changed(fact: MemberStateChanged, event: Event) -> None:
    if fact.state != "ready":
        tell_vacant(PLAYBOOK, fact.member_id, because=event)
        return
    take_back(PLAYBOOK, fact.member_id)
    for held in of_member(PLAYBOOK, fact.member_id):
        close_tasks_about(PLAYBOOK, held.id, TaskKind.NAME_STAND_IN, because=event)


def on_vacant(fact: ResponsibilityVacant, event: Event) -> None:
    due_at = by(_LIMIT, fact.area_path)
    ask(TaskKind.NAME_STAND_IN, Duty.DISPATCH, fact, event, due_at=due_at)


def on_stand_in_named(fact: StandInNamed, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.NAME_STAND_IN, because=event, done=True)


def on_ended(fact: ResponsibilityEnded, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.NAME_STAND_IN, because=event)


def on_order_issued(fact: OrderIssued, event: Event) -> None:
    """Whole risk areas have their grid worker; a team is for one behind a door alone."""
    if fact.measure == "home_quarantine" and fact.subject != "high_risk_resident":
        name_key_person(
            PLAYBOOK, fact.resident_id, ground="order", about_id=fact.subject_id, because=event
        )


def on_key_person_named(fact: KeyPersonNamed, event: Event) -> None:
    ask(
        TaskKind.NAME_TEAM,
        Duty.DISPATCH,
        fact,
        event,
        due_at=by(_LIMIT, fact.area_path),
    )


def on_entrusted(fact: ResponsibilityEntrusted, event: Event) -> None:
    if fact.resident_id is None:
        return
    team = teams_of(PLAYBOOK, [fact.resident_id])[fact.resident_id]
    if missing(row.role for row in team):
        return
    for key in key_persons_of(PLAYBOOK, fact.resident_id):
        close_tasks_about(PLAYBOOK, key.id, TaskKind.NAME_TEAM, because=event, done=True)


def on_order_ended(fact: OrderEnded, event: Event) -> None:
    end_key_persons_about(PLAYBOOK, fact.subject_id, because=event)


def on_key_person_ended(fact: KeyPersonEnded, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.NAME_TEAM, because=event)


on(MemberStateChanged, on_member_state_changed)
on(ResponsibilityVacant, on_vacant)
on(StandInNamed, on_stand_in_named)
on(ResponsibilityEnded, on_ended)
on(OrderIssued, on_order_issued)
on(KeyPersonNamed, on_key_person_named)
on(ResponsibilityEntrusted, on_entrusted)
on(OrderEnded, on_order_ended)
on(KeyPersonEnded, on_key_person_ended)
