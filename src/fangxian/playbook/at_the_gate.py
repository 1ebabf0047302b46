"""What follows from what happens at gates and doors.

somebody in an emergency is let through                gates.let_through_emergency
  it is known who: care, and the record afterwards     measures.leave_for_emergency_care
  it is not known: somebody finds out                  dispatch.open_task
an incident is reported                                gates.report_incident
  somebody sees to it                                  dispatch.open_task
the incident is settled                                gates.settle_incident
  the task is done                                     dispatch.close_tasks_about
venues are to have codes                               gates.begin_sign_up_drive
  each community sees to its own                       dispatch.open_tasks
every venue of a community has one                     gates.sign_up_venue
  its task is done                                     dispatch.close_tasks_about

Nothing follows from a scan, from a difference between two verdicts, or from a question about two
scans: people look at those, and decide.
"""

from dataclasses import replace

from fangxian.dispatch.actions import NewTask, close_tasks_about, open_tasks
from fangxian.dispatch.kinds import TaskKind
from fangxian.gates.events import (
    CommunityIsCovered,
    EmergencyLetThrough,
    EmergencyLetThroughAlone,
    IncidentReported,
    IncidentSettled,
    SignUpDriveBegun,
)
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.measures.actions import leave_for_emergency_care
from fangxian.playbook.tasks import ask


def on_emergency(fact: EmergencyLetThrough, event: Event) -> None:
    if fact.resident_id is None:
        _find_out_who(fact, event)
    else:
        leave_for_emergency_care(PLAYBOOK, fact.resident_id, kind="other_care", because=event)


def on_emergency_alone(fact: EmergencyLetThroughAlone, event: Event) -> None:
    """What should have followed failed once: a person sees to it, by a way that needs less."""
    _find_out_who(fact, event)


def _find_out_who(fact: EmergencyLetThrough | EmergencyLetThroughAlone, event: Event) -> None:
    ask(TaskKind.FOLLOW_EMERGENCY, Duty.DISPATCH, fact, event, due_at=now())


def on_incident(fact: IncidentReported, event: Event) -> None:
    ask(TaskKind.SETTLE_INCIDENT, Duty.DISPATCH, fact, event, due_at=now())


def on_incident_settled(fact: IncidentSettled, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.SETTLE_INCIDENT, because=event, done=True)


def on_drive_begun(fact: SignUpDriveBegun, event: Event) -> None:
    tasks = [
        NewTask(
            kind=TaskKind.SIGN_UP_VENUES,
            duty=Duty.CARRY_OUT,
            area_path=path,
            about_id=fact.subject_id,
            due_at=fact.due_at,
        )
        for path in fact.communities
    ]
    open_tasks(PLAYBOOK, tasks, because=event)


def on_community_covered(fact: CommunityIsCovered, event: Event) -> None:
    there = replace(PLAYBOOK, within=fact.area_path)
    close_tasks_about(there, fact.subject_id, TaskKind.SIGN_UP_VENUES, because=event, done=True)


on(EmergencyLetThrough, on_emergency)
on(EmergencyLetThroughAlone, on_emergency_alone)
on(IncidentReported, on_incident)
on(IncidentSettled, on_incident_settled)
on(SignUpDriveBegun, on_drive_begun)
on(CommunityIsCovered, on_community_covered)
