"""The whole way to care: nobody is refused, and nobody waits without somebody being called.

    somebody is to be brought to care                      care.request_transfer
      somebody decides how, within minutes                 dispatch.open_task
    it is more urgent than was said                        care.request_transfer
      the same, at once
    somebody has decided                                   care.triage
      a car of the street: it is sent                      dispatch.open_task
      a medic: one goes                                    dispatch.open_task
    120 cannot come                                        care.say_no_ambulance
      the street sends a car at once                       dispatch.open_task
    the next step is overdue                               care.climb_overdue
      120 has named no vehicle: the street sends a car     dispatch.open_task
      nobody has looked at it: asked again                 dispatch.open_task
    the person is on the way                               care.depart
      what had to be done before is done                   dispatch.close_tasks_about
    a hospital did not take the person                     care.turn_away
      somebody finds the one that does                     dispatch.open_task
    the hospital has taken over                            care.hand_over
      every task is done                                   dispatch.close_tasks_about
    the person is on the way back                          care.begin_return
      a pass for the gates, of the same day                gates.issue_pass
      somebody receives them at home                       dispatch.open_task
    the loop is complete                                   care.close
      the record of the exit is complete                   measures.clear_exit
      who no longer wanted it is called by a medic         dispatch.open_task

    an emergency exit was recorded without a journey       measures.leave_for_emergency_care
      a journey, for the same story                        care.request_transfer, care.join_exit
    it was handed over, or the person returned             measures.hand_over_patient
      the same for the journey                             care.hand_over, care.close
    somebody unknown was let through at a gate             gates.let_through_emergency
      a journey for somebody unknown                       care.request_transfer
    a reading is an emergency                              quarantine.record_reading
      a journey                                            care.request_transfer

    a ride to a treatment is ahead, or late                care.prepare_rides
      a car is sent; somebody finds out                    dispatch.open_task
    people are to be looked in on                          care.plan_visits
      a task for each, on the list of the grid             dispatch.open_tasks
    somebody was looked in on                              care.visit_done
      the task is done                                     dispatch.close_tasks_about
    its task was ticked off without saying more            dispatch.finish_task
      the person was looked in on                          care.visit_done
    an emergency was found there                           care.visit_done
      a journey                                            care.request_transfer
    nobody opened                                          care.visit_done
      somebody finds out why                               dispatch.open_task

What goes wrong here is logged and stops nothing: an exit and a journey stand without each other.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext_noop

from fangxian.care.actions import close, hand_over, join_exit, request_transfer, visit_done
from fangxian.care.asking import within
from fangxian.care.events import (
    CareClimbed,
    CareClosed,
    CareDeparted,
    CareHandedOver,
    CareHasNoAmbulance,
    CareRequested,
    CareReturning,
    CareTriaged,
    CareTurnedAway,
    CareVehicleNamed,
    CareWorsened,
    RideBooked,
    RideMissed,
    VisitDone,
    VisitNotNeeded,
    VisitsPlanned,
)
from fangxian.care.queries import transfer_of_exit, visits_visible_to
from fangxian.dispatch.actions import NewTask, close_tasks_about, open_tasks
from fangxian.dispatch.events import TaskFinished
from fangxian.dispatch.kinds import TaskKind
from fangxian.gates.actions import issue_pass
from fangxian.gates.events import EmergencyLetThrough
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import Fact
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.measures.actions import clear_exit
from fangxian.measures.events import (
    EmergencyExitHandedOver,
    EmergencyExitReturned,
    EmergencyExitStarted,
)
from fangxian.people.queries import homes_of
from fangxian.playbook.tasks import ask
from fangxian.quarantine.events import ReadingAlarmed

_log = logging.getLogger("fangxian.playbook")
_BEFORE = (TaskKind.TRIAGE_CARE, TaskKind.SEND_CARE_CAR, TaskKind.CARE_MEDIC)
_ALL = (*_BEFORE, TaskKind.FIND_HOSPITAL, TaskKind.RECEIVE_FROM_CARE)
BACK_FROM_CARE = gettext_noop("back from care")


def _whatever_happens(step: Callable[[], object]) -> None:
    try:
        with transaction.atomic():
            step()
    except Exception:  # noqa: BLE001 - an exit, a passage and a reading stand without it
        _log.exception("a journey to care did not follow")


# The journey


def on_requested(fact: CareRequested, event: Event) -> None:
    due_at = now() + within(fact.area_path, "triage_within")
    ask(TaskKind.TRIAGE_CARE, Duty.DISPATCH, fact, event, due_at=due_at, code=fact.code)


def on_worsened(fact: CareWorsened, event: Event) -> None:
    ask(TaskKind.TRIAGE_CARE, Duty.DISPATCH, fact, event, due_at=now(), code=fact.code)


def on_triaged(fact: CareTriaged, event: Event) -> None:
    _done(fact, event, TaskKind.TRIAGE_CARE)
    asked = {"street_car": TaskKind.SEND_CARE_CAR, "community_medic": TaskKind.CARE_MEDIC}
    for means, kind in asked.items():
        if fact.means != means:
            close_tasks_about(PLAYBOOK, fact.subject_id, kind, because=event)
    if fact.means in asked:
        limit = "car_within" if fact.means == "street_car" else "call_back_within"
        due_at = now() + within(fact.area_path, limit)
        ask(asked[fact.means], Duty.CARRY_OUT, fact, event, due_at=due_at, code=fact.code)


def on_no_ambulance(fact: CareHasNoAmbulance, event: Event) -> None:
    _done(fact, event, TaskKind.TRIAGE_CARE)
    ask(TaskKind.SEND_CARE_CAR, Duty.CARRY_OUT, fact, event, due_at=now(), code=fact.code)


def on_vehicle_named(fact: CareVehicleNamed, event: Event) -> None:
    _done(fact, event, TaskKind.TRIAGE_CARE)


def on_climbed(fact: CareClimbed, event: Event) -> None:
    if fact.state == "requested":
        ask(TaskKind.TRIAGE_CARE, Duty.DISPATCH, fact, event, due_at=now(), code=fact.code)
    elif fact.state == "triaged" and fact.means in {"ambulance", "street_car"}:
        ask(TaskKind.SEND_CARE_CAR, Duty.CARRY_OUT, fact, event, due_at=now(), code=fact.code)


def on_departed(fact: CareDeparted, event: Event) -> None:
    _done(fact, event, *_BEFORE)


def on_turned_away(fact: CareTurnedAway, event: Event) -> None:
    ask(TaskKind.FIND_HOSPITAL, Duty.DISPATCH, fact, event, due_at=now(), code=fact.code)


def on_handed_over(fact: CareHandedOver, event: Event) -> None:
    _done(fact, event, *_ALL)


def on_returning(fact: CareReturning, event: Event) -> None:
    due_at = now() + within(fact.area_path, "home_within")
    ask(TaskKind.RECEIVE_FROM_CARE, Duty.CARRY_OUT, fact, event, due_at=due_at, code=fact.code)
    resident_id = fact.resident_id
    if resident_id is not None:
        home = homes_of(PLAYBOOK, [resident_id]).get(resident_id, fact.area_path)
        _whatever_happens(
            lambda: issue_pass(
                PLAYBOOK,
                kind="medical",
                area_path=home,
                valid_from=now(),
                valid_to=now() + timedelta(days=1),
                resident_id=resident_id,
                purpose=f"{BACK_FROM_CARE} {fact.code}",
                because=event,
            )
        )


def on_closed(fact: CareClosed, event: Event) -> None:
    _done(fact, event, *_ALL)
    exit_id = fact.exit_id
    if exit_id is not None and fact.outcome == "home":
        _whatever_happens(lambda: clear_exit(PLAYBOOK, exit_id))
    if fact.outcome == "not_wanted" and fact.what != "regular_treatment":
        due_at = now() + within(fact.area_path, "call_back_within")
        ask(TaskKind.CALL_BACK_CARE, Duty.DISPATCH, fact, event, due_at=due_at, code=fact.code)


def _done(fact: Fact, event: Event, *kinds: TaskKind) -> None:
    for kind in kinds:
        close_tasks_about(PLAYBOOK, fact.subject_id, kind, because=event, done=True)


# What begins elsewhere


def on_exit_started(fact: EmergencyExitStarted, event: Event) -> None:
    def follow() -> None:
        if join_exit(PLAYBOOK, fact.resident_id, fact.subject_id, because=event) is None:
            request_transfer(
                PLAYBOOK,
                fact.resident_id,
                area_path=fact.area_path,
                what=fact.exit_kind,
                channel=_channel(event),
                because=event,
            )
            join_exit(PLAYBOOK, fact.resident_id, fact.subject_id, because=event)

    _whatever_happens(follow)


def _channel(event: Event) -> str:
    """Where an emergency exit came from: a gate, if that let somebody through, else a page."""
    cause = Event.objects.filter(id=event.because_id).first() if event.because_id else None
    return "gate" if cause is not None and cause.kind.startswith("gates.") else "page"


def on_exit_handed_over(fact: EmergencyExitHandedOver, event: Event) -> None:
    found = transfer_of_exit(PLAYBOOK, fact.subject_id)
    if found is not None:
        _whatever_happens(lambda: hand_over(PLAYBOOK, found.id, because=event))


def on_exit_returned(fact: EmergencyExitReturned, event: Event) -> None:
    found = transfer_of_exit(PLAYBOOK, fact.subject_id)
    if found is not None:
        _whatever_happens(lambda: close(PLAYBOOK, found.id, outcome="home", because=event))


def on_let_through(fact: EmergencyLetThrough, event: Event) -> None:
    """Whoever is known has an emergency exit by now, and with it a journey."""
    if fact.resident_id is None:
        _whatever_happens(
            lambda: request_transfer(
                PLAYBOOK,
                None,
                area_path=fact.area_path,
                what="other_care",
                channel="gate",
                because=event,
            )
        )


def on_reading_alarmed(fact: ReadingAlarmed, event: Event) -> None:
    if fact.alarm == "emergency":
        _whatever_happens(
            lambda: request_transfer(
                PLAYBOOK,
                fact.resident_id,
                area_path=fact.area_path,
                what="life_threatening",
                channel="monitoring",
                because=event,
            )
        )


# Treatments and visits


def on_ride_booked(fact: RideBooked, event: Event) -> None:
    leaves_at = fact.wanted_at - within(fact.area_path, "lead")
    due_at = max(leaves_at, now())
    ask(TaskKind.SEND_CARE_CAR, Duty.CARRY_OUT, fact, event, due_at=due_at, code=fact.code)


def on_ride_missed(fact: RideMissed, event: Event) -> None:
    ask(TaskKind.TRIAGE_CARE, Duty.DISPATCH, fact, event, due_at=now(), code=fact.code)


def on_visits_planned(fact: VisitsPlanned, event: Event) -> None:
    planned = visits_visible_to(PLAYBOOK).filter(id__in=fact.visits)
    tasks = [
        NewTask(
            kind=TaskKind.LOOK_IN_ON,
            duty=Duty.CARRY_OUT,
            area_path=visit.area_path,
            about_id=visit.id,
            due_at=visit.due_at,
            facts={"resident": str(visit.resident_id)},
        )
        for visit in planned.order_by("area_path", "id")
    ]
    open_tasks(PLAYBOOK, tasks, because=event)


def on_visit_done(fact: VisitDone, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.LOOK_IN_ON, because=event, done=True)
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.LOOK_FOR_PERSON, because=event, done=True)
    if fact.found == "emergency":
        request_transfer(
            PLAYBOOK,
            fact.resident_id,
            area_path=fact.area_path,
            what="life_threatening",
            channel="visit",
            because=event,
        )
    elif fact.found == "nobody":
        due_at = now() + within(fact.area_path, "call_back_within")
        ask(TaskKind.LOOK_FOR_PERSON, Duty.DISPATCH, fact, event, due_at=due_at)


def on_task_finished(fact: TaskFinished, event: Event) -> None:
    """Ticked off on the list of tasks, without saying how: seen, as far as anybody has said."""
    if fact.task != TaskKind.LOOK_IN_ON or event.actor_id == PLAYBOOK.id:
        return
    visit = visits_visible_to(PLAYBOOK).filter(id=fact.about_id, state="due").first()
    if visit is not None:
        who = replace(PLAYBOOK, id=event.actor_id)
        visit_done(who, visit.id, how="seen", found="well", note=fact.note)


def on_visit_not_needed(fact: VisitNotNeeded, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, because=event)


on(CareRequested, on_requested)
on(CareWorsened, on_worsened)
on(CareTriaged, on_triaged)
on(CareHasNoAmbulance, on_no_ambulance)
on(CareVehicleNamed, on_vehicle_named)
on(CareClimbed, on_climbed)
on(CareDeparted, on_departed)
on(CareTurnedAway, on_turned_away)
on(CareHandedOver, on_handed_over)
on(CareReturning, on_returning)
on(CareClosed, on_closed)
on(EmergencyExitStarted, on_exit_started)
on(EmergencyExitHandedOver, on_exit_handed_over)
on(EmergencyExitReturned, on_exit_returned)
on(EmergencyLetThrough, on_let_through)
on(ReadingAlarmed, on_reading_alarmed)
on(RideBooked, on_ride_booked)
on(RideMissed, on_ride_missed)
on(VisitsPlanned, on_visits_planned)
on(VisitDone, on_visit_done)
on(TaskFinished, on_task_finished)
on(VisitNotNeeded, on_visit_not_needed)
