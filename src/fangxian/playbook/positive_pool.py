"""How a positive tube leads to a case, or to nothing.

Read from top to bottom. Nothing outside this file reacts to what is found in a tube.

    a tube is positive                                     sampling.report_tube_result
      several swabs: any of them may be it
        hold its members where they are                    measures.hold_people
        hold their neighbours too, if the pack says so     measures.hold_place
        call every member for a single retest              sampling.call_for_tests
        send a squad                                       dispatch.open_task
        tell the community                                 dispatch.open_task
      one swab: it is this person
        report the case                                    cases.report_case
    a single retest is negative                            sampling.report_tube_result
        end this person's hold                             measures.end_orders_about
        the last of them: end the neighbours' hold         measures.end_hold_of_place
    a tube is invalid                                      sampling.report_tube_result
        take the sample of its members again               dispatch.open_task
    two laboratories disagree                              sampling.report_tube_result
        somebody resolves it; the first finding stands     dispatch.open_task
    it is resolved                                         sampling.correct_tube_result
        the task is done                                   dispatch.close_tasks_about

Who is held, for how long, and when the retest is due, comes from the pack in force
(`positive_pool`); this file holds only the order of things.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext_noop

from fangxian.cases.actions import report_case
from fangxian.dispatch.actions import close_tasks_about
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.measures.actions import (
    end_hold_of_place,
    end_orders_about,
    hold_people,
    hold_place,
)
from fangxian.measures.queries import is_restricted
from fangxian.people.queries import homes_of
from fangxian.playbook.tasks import ask, by
from fangxian.protocol.queries import in_force
from fangxian.sampling.actions import call_for_tests
from fangxian.sampling.events import (
    DisagreementSettled,
    LaboratoriesDisagree,
    TubeFoundInvalid,
    TubeFoundNegative,
    TubeFoundPositive,
)
from fangxian.sampling.queries import calls_about, members_of, swabs_in
from fangxian.sampling.rules import Call


def on_tube_found_positive(fact: TubeFoundPositive, event: Event) -> None:
    if fact.swabs > 1:
        _suspect_everyone_in_the_tube(fact, event)
    elif fact.resident_id is not None:
        _report_the_person(fact, fact.resident_id, event)


def _suspect_everyone_in_the_tube(fact: TubeFoundPositive, event: Event) -> None:
    pool = in_force(now(), fact.area_path).positive_pool
    due_at = now() + pool.retest_due.length
    homes = homes_of(PLAYBOOK, members_of(PLAYBOOK, fact.subject_id))
    hold_people(PLAYBOOK, list(homes.items()), about_id=fact.subject_id, because=event)
    if pool.neighbours_held:
        for home in sorted(set(homes.values())):
            hold_place(PLAYBOOK, home, about_id=fact.subject_id, because=event)
    calls = [
        Call(
            resident_id=resident_id,
            area_path=home,
            reason="retest",
            about_id=fact.subject_id,
            day=None,
            due_at=due_at,
        )
        for resident_id, home in homes.items()
    ]
    call_for_tests(PLAYBOOK, calls, because=event)
    for kind, duty in (
        (TaskKind.RETEST_MEMBERS, Duty.COLLECT_SAMPLES),
        (TaskKind.DELIVER_NOTICE, Duty.CARRY_OUT),
    ):
        ask(kind, duty, fact, event, due_at=due_at, barcode=fact.barcode, swabs=fact.swabs)


def _report_the_person(fact: TubeFoundPositive, resident_id: UUID, event: Event) -> None:
    first = _first_specimen(fact)
    report_case(
        PLAYBOOK,
        resident_id=resident_id,
        classification="asymptomatic",  # until an interview finds an onset
        specimen_at=first,
        found_by="screening",
        under_control=is_restricted(PLAYBOOK, resident_id, before=first),
        because=event,
    )
    if fact.retest_of_id:
        _settle_pool(fact.retest_of_id, event)


def _first_specimen(fact: TubeFoundPositive) -> datetime:
    """Of the pool, for a retest only confirms it: the person was infected, and free, by then."""
    if fact.retest_of_id is None:
        return fact.specimen_at
    taken = swabs_in(PLAYBOOK, fact.retest_of_id).aggregate(last=Max("taken_at"))["last"]
    return taken or fact.specimen_at


def on_tube_found_negative(fact: TubeFoundNegative, event: Event) -> None:
    if fact.retest_of_id is None or fact.resident_id is None:
        return
    end_orders_about(
        PLAYBOOK,
        fact.retest_of_id,
        resident_id=fact.resident_id,
        reason=gettext_noop("single retest negative"),
        because=event,
    )
    _settle_pool(fact.retest_of_id, event)


def _settle_pool(pool_id: UUID, event: Event) -> None:
    """Once every member of a pool is explained, nobody waits for it any longer."""
    calls = calls_about(PLAYBOOK, pool_id)
    if calls.filter(state__in=["due", "taken"]).exists():
        return
    close_tasks_about(PLAYBOOK, pool_id, TaskKind.RETEST_MEMBERS, because=event, done=True)
    if not calls.filter(state="positive").exists():
        close_tasks_about(PLAYBOOK, pool_id, TaskKind.DELIVER_NOTICE, because=event)
    end_hold_of_place(
        PLAYBOOK, pool_id, reason=gettext_noop("every member is explained"), because=event
    )


def on_tube_found_invalid(fact: TubeFoundInvalid, event: Event) -> None:
    ask(
        TaskKind.TEST_PERSON,
        Duty.COLLECT_SAMPLES,
        fact,
        event,
        due_at=by("result.single", fact.area_path),
        barcode=fact.barcode,
        swabs=fact.swabs,
    )


def on_disagreement_settled(fact: DisagreementSettled, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.RESOLVE_RESULTS, because=event, done=True)


def on_laboratories_disagree(fact: LaboratoriesDisagree, event: Event) -> None:
    ask(
        TaskKind.RESOLVE_RESULTS,
        Duty.ENTER_RESULTS,
        fact,
        event,
        due_at=by("report.cdc_review", fact.area_path),
        barcode=fact.barcode,
    )


on(TubeFoundPositive, on_tube_found_positive)
on(TubeFoundNegative, on_tube_found_negative)
on(TubeFoundInvalid, on_tube_found_invalid)
on(LaboratoriesDisagree, on_laboratories_disagree)
on(DisagreementSettled, on_disagreement_settled)
