"""The story of a sample that got lost, and of those who cannot come to be swabbed."""

from datetime import timedelta

import pytest

from fangxian.areas.models import Area, Site
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import code
from fangxian.kernel.models import Event
from fangxian.people.rules import PersonRef
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import found, kinds_of_tasks, neighbours, sealed_tube
from fangxian.sampling.actions import (
    add_swab,
    note_untested,
    open_round,
    open_tube,
    pack_box,
    receive_box,
    seal_tube,
    void_tube,
)
from fangxian.sampling.models import Box, Round, Tube
from fangxian.sampling.queries import calls_about, get_tube

pytestmark = pytest.mark.django_db

PLANNER = make.actor(Duty.PLAN_ROUNDS, name="Sun")


def point(tube: Tube) -> Site:
    area = Area.objects.filter(level="community").first()
    assert area is not None
    return Site.objects.create(
        number=9001,
        kind="sampling_point",
        name="广场",
        area=area,
        area_path=area.path,
        capacity=2,
    )


def packed(*tubes: Tube) -> Box:
    return pack_box(
        make.SAMPLER_MA,
        barcode=code("B", 600_000_001),
        site_id=point(tubes[0]).id,
        tubes=[tube.barcode for tube in tubes],
        counted=len(tubes),
        at=now() - timedelta(hours=1),
    )


def received(box: Box, *there: Tube, broken: tuple[Tube, ...] = ()) -> None:
    receive_box(
        make.LAB_CLERK_LI,
        box.barcode,
        tubes=[tube.barcode for tube in there],
        broken=[tube.barcode for tube in broken],
        at=now(),
    )


def test_the_people_of_a_missing_tube_are_swabbed_again() -> None:
    make.rules("cn-v9")
    whole, lost = sealed_tube(neighbours(2)), sealed_tube(people := neighbours(3))

    received(packed(whole, lost), whole)

    calls = calls_about(PLAYBOOK, lost.id)
    assert {(call.reason, call.state) for call in calls} == {("lost", "due")}
    assert {call.resident_id for call in calls} == {one.id for one in people}
    assert kinds_of_tasks(lost.id) == {"swab_again"}
    assert kinds_of_tasks(whole.id) == set()
    assert get_tube(PLAYBOOK, lost.id).state == "sealed"  # it may turn up


def test_a_broken_tube_is_void_and_its_people_are_swabbed_again() -> None:
    make.rules("cn-v9")
    whole, broken = sealed_tube(neighbours(2)), sealed_tube(neighbours(3))

    received(packed(whole, broken), whole, broken=(broken,))

    tube = get_tube(PLAYBOOK, broken.id)
    assert (tube.state, tube.void_reason) == ("void", "broken on the way")
    assert calls_about(PLAYBOOK, broken.id).filter(state="due").count() == 3
    assert kinds_of_tasks(broken.id) == {"swab_again"}
    voided = Event.objects.get(kind="sampling.tube_voided")
    because = Event.objects.filter(id=voided.because_id or voided.id)
    assert [cause.kind for cause in because] == ["sampling.tube_broken"]


def test_once_the_last_of_them_is_swabbed_again_nobody_is_sent_any_more() -> None:
    make.rules("cn-v9")
    lost = sealed_tube(people := neighbours(3))
    void_tube(make.SAMPLER_MA, lost.id, reason="it leaked")

    for some in (people[:2], people[2:]):
        assert kinds_of_tasks(lost.id) == {"swab_again"}
        again = open_tube(make.SAMPLER_MA, area_path=people[0].area_path)
        for one in some:
            add_swab(make.SAMPLER_MA, again.id, one.id, taken_at=now())
        seal_tube(make.SAMPLER_MA, again.id, sealed_at=now())

    assert kinds_of_tasks(lost.id) == set()


def test_a_tube_that_turns_up_negative_clears_its_people_after_all() -> None:
    make.rules("cn-v9")
    whole, lost = sealed_tube(neighbours(2)), sealed_tube(neighbours(3))
    received(packed(whole, lost), whole)

    found(lost, "negative")

    assert set(calls_about(PLAYBOOK, lost.id).values_list("state", flat=True)) == {"cancelled"}
    assert kinds_of_tasks(lost.id) == set()


def test_a_tube_that_turns_up_positive_has_its_people_retested_singly() -> None:
    make.rules("cn-v9")
    whole, lost = sealed_tube(neighbours(2)), sealed_tube(neighbours(3))
    received(packed(whole, lost), whole)

    found(lost, "positive")

    calls = calls_about(PLAYBOOK, lost.id)
    assert {(call.reason, call.state) for call in calls} == {("retest", "due")}


def test_a_tube_whose_result_came_by_another_way_is_not_missed() -> None:
    make.rules("cn-v9")
    whole, early = sealed_tube(neighbours(2)), sealed_tube(neighbours(3))
    box = packed(whole, early)
    found(early, "negative")

    received(box, whole)

    assert not calls_about(PLAYBOOK, early.id).exists()


def test_an_empty_tube_that_is_void_calls_nobody() -> None:
    make.rules("cn-v9")
    [someone] = neighbours(1)
    tube = open_tube(make.SAMPLER_MA, area_path=someone.area_path)

    void_tube(make.SAMPLER_MA, tube.id, reason="the cap was cracked")

    assert kinds_of_tasks(tube.id) == set()


def test_a_tube_that_nobody_listed_is_looked_into() -> None:
    make.rules("cn-v9")
    whole, stray = sealed_tube(neighbours(2)), sealed_tube(neighbours(1))
    box = packed(whole)

    received(box, whole, stray)

    assert kinds_of_tasks(box.id) == {"check_samples"}


def test_another_count_by_hand_is_looked_into() -> None:
    make.rules("cn-v9")
    people = neighbours(2)
    tube = open_tube(make.SAMPLER_MA, area_path=people[0].area_path)
    for one in people:
        add_swab(make.SAMPLER_MA, tube.id, one.id, taken_at=now())

    seal_tube(make.SAMPLER_MA, tube.id, sealed_at=now(), counted=3)

    assert kinds_of_tasks(tube.id) == {"check_samples"}


@pytest.mark.parametrize(
    ("reason", "tasks"), [("bed_bound", {"swab_at_the_door"}), ("away", set()), ("refused", set())]
)
def test_a_sampler_goes_to_whoever_cannot_leave_their_bed(reason: str, tasks: set[str]) -> None:
    make.rules("cn-v9")
    [someone] = neighbours(1)
    round_ = Round.objects.create(
        name="第一轮",
        area_path="",
        pack="cn-v9@1",
        people=1,
        starts_at=now(),
        deadline=now() + timedelta(days=1),
    )
    open_round(PLANNER, round_.id)

    note_untested(
        make.SAMPLER_MA,
        person=PersonRef(resident=someone.id),
        round_id=round_.id,
        reason=reason,
        at=now(),
    )

    assert kinds_of_tasks(someone.id) == tasks


def test_whoever_was_swabbed_in_bed_is_no_longer_waited_for() -> None:
    make.rules("cn-v9")
    [someone] = neighbours(1)
    round_ = Round.objects.create(
        name="第一轮",
        area_path="",
        pack="cn-v9@1",
        people=1,
        starts_at=now(),
        deadline=now() + timedelta(days=1),
    )
    open_round(PLANNER, round_.id)
    note_untested(
        make.SAMPLER_MA,
        person=PersonRef(resident=someone.id),
        round_id=round_.id,
        reason="bed_bound",
        at=now(),
    )

    tube = open_tube(make.SAMPLER_MA, area_path=someone.area_path, round_id=round_.id)
    add_swab(make.SAMPLER_MA, tube.id, someone.id, taken_at=now())
    seal_tube(make.SAMPLER_MA, tube.id, sealed_at=now())

    assert kinds_of_tasks(someone.id) == set()
