"""How somebody under an order is looked after, day by day, at a site or at home.

    an order asks for daily monitoring                     measures.issue_order
      readings are awaited from now on                     quarantine.begin_watch
    a reading did not come                                 quarantine.note_missed_readings (job)
      somebody asks for it, at the door or by telephone    dispatch.open_task
    a reading came                                         quarantine.record_reading
      nobody need ask any more                             dispatch.close_tasks_about
    a reading shows fever or a symptom                     quarantine.record_reading
      a medic looks, at once                               dispatch.open_task
    a reading shows an emergency
      a vehicle and a companion, at once                   dispatch.open_task
    the person needs something                             quarantine.ask_for
      somebody brings it; a medic calls at once            dispatch.open_task
    the order ended, and no other asks for readings        measures.end_order
      no reading is awaited                                quarantine.end_watch
      whatever waited is no longer needed                  dispatch.close_tasks_about

A reading makes nobody a case: only a positive test does. It never stands in the way of care.
"""

from fangxian.dispatch.actions import close_tasks_about
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.measures.events import OrderEnded, OrderIssued
from fangxian.playbook.tasks import ask
from fangxian.protocol.queries import in_force
from fangxian.quarantine.actions import begin_watch, end_watch
from fangxian.quarantine.events import (
    ReadingAlarmed,
    ReadingMissed,
    ReadingTaken,
    WatchEnded,
    WishAsked,
    WishMet,
)
from fangxian.quarantine.queries import WATCHED


def on_order_issued(fact: OrderIssued, event: Event) -> None:
    """Who only lives in a risk area is tested with it, not asked for readings one by one."""
    if fact.measure in WATCHED and fact.subject != "high_risk_resident":
        begin_watch(PLAYBOOK, fact.subject_id, because=event)


def on_order_ended(fact: OrderEnded, event: Event) -> None:
    if fact.measure in WATCHED:
        end_watch(PLAYBOOK, fact.resident_id, because=event)


def on_reading_missed(fact: ReadingMissed, event: Event) -> None:
    daily = in_force(now(), fact.area_path).monitoring
    within = daily.visit_within.length if daily else None
    ask(
        TaskKind.TAKE_READING,
        Duty.CARRY_OUT,
        fact,
        event,
        due_at=now() + within if within else now(),
        code=fact.order,
    )


def on_reading_taken(fact: ReadingTaken, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.TAKE_READING, because=event, done=True)


def on_reading_alarmed(fact: ReadingAlarmed, event: Event) -> None:
    emergency = fact.alarm == "emergency"
    kind = TaskKind.EMERGENCY_TRIP if emergency else TaskKind.MEDICAL_CHECK
    ask(kind, Duty.CARRY_OUT, fact, event, due_at=now(), code=fact.order)


def on_wish_asked(fact: WishAsked, event: Event) -> None:
    if fact.wish == "medic":
        ask(TaskKind.MEDICAL_CHECK, Duty.CARRY_OUT, fact, event, due_at=now(), code=fact.order)
        return
    daily = in_force(now(), fact.area_path).monitoring
    within = daily.visit_within.length if daily else None
    ask(
        TaskKind.MEET_WISH,
        Duty.CARRY_OUT,
        fact,
        event,
        due_at=now() + within if within else now(),
        code=fact.order,
    )


def on_wish_met(fact: WishMet, event: Event) -> None:
    if fact.wish == "medic":
        close_tasks_about(
            PLAYBOOK, fact.subject_id, TaskKind.MEDICAL_CHECK, because=event, done=True
        )
    elif fact.wishes_left == 0:
        close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.MEET_WISH, because=event, done=True)


def on_watch_ended(fact: WatchEnded, event: Event) -> None:
    """Whoever was to see a medic still does: an order's end is no reason to look away."""
    for kind in (TaskKind.TAKE_READING, TaskKind.MEET_WISH):
        close_tasks_about(PLAYBOOK, fact.subject_id, kind, because=event)


on(OrderIssued, on_order_issued)
on(OrderEnded, on_order_ended)
on(ReadingMissed, on_reading_missed)
on(ReadingTaken, on_reading_taken)
on(ReadingAlarmed, on_reading_alarmed)
on(WishAsked, on_wish_asked)
on(WishMet, on_wish_met)
on(WatchEnded, on_watch_ended)
