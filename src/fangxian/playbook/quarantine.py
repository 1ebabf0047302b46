"""How an order for a designated facility is carried out, from the door to the door.

    an order for a designated facility is issued           measures.issue_order
      bring the person there                               dispatch.open_task (order_issued)
    a room is kept                                         quarantine.place_people
      the site's staff receives the person                 dispatch.open_task
    the person arrived, receipted by the site              quarantine.receive
      both tasks are done                                  dispatch.close_tasks_about
    the person leaves for care                             measures.leave_for_emergency_care
      the bed is kept                                      quarantine.keep_bed
    the person is back                                     measures.return_from_care
      into the same bed                                    quarantine.take_back
    a guest is found infected                              cases.report_case
      whose days near them may be counted anew             quarantine.propose_restart
        an officer decides                                 dispatch.open_task
    the infected guest was brought to hospital             dispatch.finish_task
      the room is given up                                 quarantine.leave_for_hospital
    an order ended                                         measures.end_order, advance_order
      the way home, at once                                quarantine.arrange_way_home
        the site sees them off                             dispatch.open_task
        the community receives them, with a receipt        dispatch.open_task
      a seal on a door is taken off                        dispatch.open_task
    somebody was at the door                               quarantine.visit_door
      the notice was handed over: the order is served      measures.serve_order
      the seal is off: the task is done                    dispatch.close_tasks_about

A hand-back without a receipt stays a task, and stands on the pages of both ends. Nothing here can
hold anybody: a room, a journey and a proposal bind nobody, only an order in force does.
"""

from fangxian.cases.events import CaseReclassified, CaseReported
from fangxian.dispatch.actions import close_tasks_about, open_task
from fangxian.dispatch.events import TaskFinished
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.measures.actions import serve_order
from fangxian.measures.events import EmergencyExitReturned, EmergencyExitStarted, OrderEnded
from fangxian.measures.queries import get_exit, get_order
from fangxian.playbook.tasks import ask
from fangxian.quarantine.actions import (
    arrange_way_home,
    keep_bed,
    leave_for_hospital,
    propose_restart,
    take_back,
)
from fangxian.quarantine.events import (
    DoorVisited,
    PersonArrived,
    PersonPlaced,
    PlacementCancelled,
    RestartDecided,
    RestartProposed,
    TransferArrived,
    TransferAsked,
    TransferCancelled,
    TransferDeparted,
)
from fangxian.quarantine.queries import sealed_under

_FETCHING = {"home": TaskKind.BRING_HOME, "between": TaskKind.MOVE_PERSON}


def on_person_placed(fact: PersonPlaced, event: Event) -> None:
    ask(
        TaskKind.RECEIVE_PERSON,
        Duty.CARRY_OUT,
        fact,
        event,
        due_at=fact.due_at,
        code=fact.order,
    )


def on_person_arrived(fact: PersonArrived, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.RECEIVE_PERSON, because=event, done=True)
    close_tasks_about(PLAYBOOK, fact.order_id, TaskKind.TRANSFER_PERSON, because=event, done=True)


def on_placement_cancelled(fact: PlacementCancelled, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.RECEIVE_PERSON, because=event)


def on_transfer_asked(fact: TransferAsked, event: Event) -> None:
    """The journey to the site has the order's own task; these are the others."""
    kind = _FETCHING.get(fact.way)
    if kind is None:
        return
    ask(kind, Duty.CARRY_OUT, fact, event, due_at=now(), code=fact.code)
    if kind == TaskKind.BRING_HOME:
        open_task(
            PLAYBOOK,
            TaskKind.RECEIVE_HOME,
            duty=Duty.CARRY_OUT,
            area_path=fact.to_path,
            about_id=fact.subject_id,
            due_at=fact.due_at,
            facts={"code": fact.code},
            because=event,
        )


def on_transfer_departed(fact: TransferDeparted, event: Event) -> None:
    for kind in _FETCHING.values():
        close_tasks_about(PLAYBOOK, fact.subject_id, kind, because=event, done=True)


def on_transfer_arrived(fact: TransferArrived, event: Event) -> None:
    for kind in (*_FETCHING.values(), TaskKind.RECEIVE_HOME):
        close_tasks_about(PLAYBOOK, fact.subject_id, kind, because=event, done=True)


def on_transfer_cancelled(fact: TransferCancelled, event: Event) -> None:
    for kind in (*_FETCHING.values(), TaskKind.RECEIVE_HOME):
        close_tasks_about(PLAYBOOK, fact.subject_id, kind, because=event)


def on_exit_started(fact: EmergencyExitStarted, event: Event) -> None:
    keep_bed(PLAYBOOK, fact.resident_id, because=event)


def on_exit_returned(fact: EmergencyExitReturned, event: Event) -> None:
    resident_id = get_exit(PLAYBOOK, fact.subject_id).resident_id
    back = take_back(PLAYBOOK, resident_id, because=event)
    if back is not None:
        # The order may have ended meanwhile: then nothing keeps the person here.
        arrange_way_home(PLAYBOOK, resident_id, because=event)


def on_case_reported(fact: CaseReported | CaseReclassified, event: Event) -> None:
    if isinstance(fact, CaseReclassified):
        if fact.was == "suspected":
            propose_restart(PLAYBOOK, fact.resident_id, because=event)
    elif fact.classification != "suspected":
        propose_restart(PLAYBOOK, fact.resident_id, because=event)


def on_restart_proposed(fact: RestartProposed, event: Event) -> None:
    ask(
        TaskKind.DECIDE_RESTART,
        Duty.DECIDE_MEASURES,
        fact,
        event,
        due_at=now(),
        people=fact.people,
    )


def on_restart_decided(fact: RestartDecided, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.DECIDE_RESTART, because=event, done=True)


def on_task_finished(fact: TaskFinished, event: Event) -> None:
    """The driver says that the patient is at the hospital: that is an order's task."""
    if fact.task == TaskKind.TRANSFER_PATIENT:
        order = get_order(PLAYBOOK, fact.about_id)
        leave_for_hospital(PLAYBOOK, order.resident_id, because=event)


def on_order_ended(fact: OrderEnded, event: Event) -> None:
    if fact.measure == "central_quarantine":
        arrange_way_home(PLAYBOOK, fact.resident_id, because=event)
    sealed = sealed_under(PLAYBOOK, fact.resident_id)
    if sealed is not None and sealed.order_id == fact.subject_id:
        ask(TaskKind.UNSEAL_DOOR, Duty.CARRY_OUT, fact, event, due_at=now(), code=fact.code)


def on_door_visited(fact: DoorVisited, event: Event) -> None:
    if fact.purpose == "notice" and fact.found == "at_home":
        serve_order(PLAYBOOK, fact.order_id)
    if fact.purpose == "unseal":
        close_tasks_about(PLAYBOOK, fact.order_id, TaskKind.UNSEAL_DOOR, because=event, done=True)


on(PersonPlaced, on_person_placed)
on(PersonArrived, on_person_arrived)
on(PlacementCancelled, on_placement_cancelled)
on(TransferAsked, on_transfer_asked)
on(TransferDeparted, on_transfer_departed)
on(TransferArrived, on_transfer_arrived)
on(TransferCancelled, on_transfer_cancelled)
on(EmergencyExitStarted, on_exit_started)
on(EmergencyExitReturned, on_exit_returned)
on(CaseReported, on_case_reported)
on(CaseReclassified, on_case_reported)
on(RestartProposed, on_restart_proposed)
on(RestartDecided, on_restart_decided)
on(TaskFinished, on_task_finished)
on(OrderEnded, on_order_ended)
on(DoorVisited, on_door_visited)
