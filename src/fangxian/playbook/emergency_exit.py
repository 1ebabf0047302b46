"""How somebody reaches care from behind a sealed door.

    a resident leaves for care                             measures.leave_for_emergency_care
      a vehicle and a companion, at once                   dispatch.open_task
      the record is completed afterwards                   dispatch.open_task
    the hospital has taken over                            measures.hand_over_patient
      the trip is done                                     dispatch.close_tasks_about
    the person is back                                     measures.return_from_care
      whatever applied before applies again: nothing new
    the record is complete                                 measures.clear_exit
      the task is done                                     dispatch.close_tasks_about

Nothing on this page, or anywhere else, can refuse. Colour, order, missing test: facts for the
hospital, never grounds.
"""

from fangxian.dispatch.actions import close_tasks_about
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.measures.events import (
    EmergencyExitCleared,
    EmergencyExitHandedOver,
    EmergencyExitStarted,
)
from fangxian.playbook.tasks import ask, by


def on_exit_started(fact: EmergencyExitStarted, event: Event) -> None:
    for kind, due_at in (
        (TaskKind.EMERGENCY_TRIP, now()),
        (TaskKind.CLEAR_EXIT, by("investigation.first_report", fact.area_path)),
    ):
        ask(kind, Duty.CARRY_OUT, fact, event, due_at=due_at, code=fact.code)


def on_exit_handed_over(fact: EmergencyExitHandedOver, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.EMERGENCY_TRIP, because=event, done=True)


def on_exit_cleared(fact: EmergencyExitCleared, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.EMERGENCY_TRIP, because=event, done=True)
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.CLEAR_EXIT, because=event, done=True)


on(EmergencyExitStarted, on_exit_started)
on(EmergencyExitHandedOver, on_exit_handed_over)
on(EmergencyExitCleared, on_exit_cleared)
