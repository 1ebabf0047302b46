"""How a sample that cannot be measured is taken again, and who goes to those who cannot come.

Read from top to bottom. Nothing outside this file reacts to boxes, counts and people not tested.

    a box is opened at the laboratory                      sampling.receive_box
      a tube is broken: it is void                         sampling.void_tube
      a tube is missing: its people are tested again       sampling.call_for_tests
        send somebody to them                              dispatch.open_task
      tubes nobody listed, or too long on the way          dispatch.open_task
    a tube is void: its people are tested again            sampling.void_tube
        send somebody to them                              dispatch.open_task
    a tube has another number of swabs than was counted    sampling.seal_tube
        somebody finds out who is in it                    dispatch.open_task
    those people are swabbed                               sampling.seal_tube
        the last of them: nobody need go any more          dispatch.close_tasks_about
    a tube that was missing is measured after all          sampling.report_tube_result
        nobody owes that test any more                     sampling.cancel_tests
    somebody cannot leave their bed                        sampling.note_untested
        a sampler goes to their door                       dispatch.open_task
        their swab is in a sealed tube: it is done         dispatch.close_tasks_about

By when comes from the pack in force (`time_limits`).
"""

from uuid import UUID

from fangxian.dispatch.actions import close_tasks_about
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.ledger import Fact
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.people.queries import homes_of
from fangxian.playbook.tasks import ask, by
from fangxian.sampling.actions import call_for_tests, cancel_tests, void_tube
from fangxian.sampling.events import (
    BoxReceived,
    NotTested,
    TubeBroken,
    TubeCountDiffers,
    TubeFoundNegative,
    TubeMissing,
    TubeSealed,
    TubesOverTime,
    TubeVoided,
)
from fangxian.sampling.queries import calls_about, get_tube, members_of, settled_by
from fangxian.sampling.rules import Call

_LIMIT = "result.single"  # a single test, from the swab to the answer


def on_tube_broken(fact: TubeBroken, event: Event) -> None:
    tube = get_tube(PLAYBOOK, fact.subject_id)
    if tube.result_at is None:
        void_tube(PLAYBOOK, tube.id, reason=tube.Broken.ON_THE_WAY, because=event)


def on_tube_missing(fact: TubeMissing, event: Event) -> None:
    if get_tube(PLAYBOOK, fact.subject_id).result_at is None:
        _test_again(fact, fact.barcode, fact.swabs, event)


def on_tube_voided(fact: TubeVoided, event: Event) -> None:
    if fact.swabs:
        _test_again(fact, fact.barcode, fact.swabs, event)


def _test_again(fact: Fact, barcode: str, swabs: int, event: Event) -> None:
    due_at = by(_LIMIT, fact.area_path)
    homes = homes_of(PLAYBOOK, members_of(PLAYBOOK, fact.subject_id))
    calls = [
        Call(
            resident_id=resident_id,
            area_path=home,
            reason="lost",
            about_id=fact.subject_id,
            due_at=due_at,
            group="general",
        )
        for resident_id, home in homes.items()
    ]
    call_for_tests(PLAYBOOK, calls, because=event)
    ask(
        TaskKind.SWAB_AGAIN,
        Duty.COLLECT_SAMPLES,
        fact,
        event,
        due_at=due_at,
        barcode=barcode,
        swabs=swabs,
    )


def on_tube_sealed(fact: TubeSealed, event: Event) -> None:
    settled = settled_by(PLAYBOOK, fact.subject_id)
    for lost in settled.lost:
        _settle(lost, event)
    for person in settled.visited:
        close_tasks_about(PLAYBOOK, person, TaskKind.SWAB_AT_THE_DOOR, because=event, done=True)


def _settle(lost: UUID, event: Event) -> None:
    """Once everybody of a lost tube was swabbed again, nobody is sent to them any longer."""
    if not calls_about(PLAYBOOK, lost).filter(state="due").exists():
        close_tasks_about(PLAYBOOK, lost, TaskKind.SWAB_AGAIN, because=event, done=True)


def on_tube_found_negative(fact: TubeFoundNegative, event: Event) -> None:
    """What was missing has turned up, and clears its people after all."""
    if calls_about(PLAYBOOK, fact.subject_id).filter(reason="lost").exists():
        cancel_tests(PLAYBOOK, fact.subject_id, because=event)
        close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.SWAB_AGAIN, because=event)


def on_tube_count_differs(fact: TubeCountDiffers, event: Event) -> None:
    _check(fact, event, barcode=fact.barcode, swabs=fact.counted)


def on_box_received(fact: BoxReceived, event: Event) -> None:
    if fact.extra or fact.unknown:
        _check(fact, event, barcode=fact.barcode)


def on_tubes_over_time(fact: TubesOverTime, event: Event) -> None:
    _check(fact, event, barcode=fact.barcode)


def _check(fact: Fact, event: Event, **codes: str | int) -> None:
    duty = Duty.COLLECT_SAMPLES if isinstance(fact, TubeCountDiffers) else Duty.ENTER_RESULTS
    due_at = by("sample.to_lab", fact.area_path)
    ask(TaskKind.CHECK_SAMPLES, duty, fact, event, due_at=due_at, **codes)


def on_not_tested(fact: NotTested, event: Event) -> None:
    if fact.reason == "bed_bound":
        due_at = by("result.pooled", fact.area_path)
        ask(TaskKind.SWAB_AT_THE_DOOR, Duty.COLLECT_SAMPLES, fact, event, due_at=due_at)


on(TubeBroken, on_tube_broken)
on(TubeMissing, on_tube_missing)
on(TubeVoided, on_tube_voided)
on(TubeSealed, on_tube_sealed)
on(TubeFoundNegative, on_tube_found_negative)
on(TubeCountDiffers, on_tube_count_differs)
on(BoxReceived, on_box_received)
on(TubesOverTime, on_tubes_over_time)
on(NotTested, on_not_tested)
