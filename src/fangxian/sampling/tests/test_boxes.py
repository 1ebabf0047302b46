"""Tubes on their way: packed, handed over, received, and held against what was packed."""

from datetime import timedelta

import pytest

from fangxian.areas.models import Site
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound, NotYours, Refusal
from fangxian.kernel.ids import code, new_id, read_code
from fangxian.kernel.models import Event
from fangxian.people.rules import PersonRef
from fangxian.sampling import errors, queries, rules
from fangxian.sampling.actions import (
    hand_over_box,
    note_untested,
    open_tube,
    pack_box,
    print_labels,
    receive_box,
    report_tube_result,
    seal_tube,
    take_swabs,
    void_tube,
)
from fangxian.sampling.models import Box, BoxTube, HandOver, LabelBatch, Tube, Untested
from fangxian.sampling.tests import make

pytestmark = pytest.mark.django_db

COURIER_FENG = make._actor("冯", Duty.CARRY_OUT, within=make.COMMUNITY)


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules_in_force()


@pytest.fixture
def point() -> Site:
    make.places()
    return make.sampling_point("广场", tables=3)


def sealed(point: Site, *, swabs: int = 2, hours_ago: float = 1) -> Tube:
    at = now() - timedelta(hours=hours_ago)
    tube = make.desk_tube(point, at=at)
    take_swabs(PLAYBOOK, [make.swab_row(tube, who, taken_at=at) for who in make.residents(swabs)])
    return seal_tube(make.SAMPLER_WANG, tube.id, sealed_at=at)


def packed(point: Site, *tubes: Tube, **unusual: object) -> Box:
    known: dict[str, object] = {
        "barcode": make.label("B"),
        "site_id": point.id,
        "tubes": [tube.barcode for tube in tubes],
        "counted": len(tubes),
        "at": now() - timedelta(minutes=30),
    }
    return pack_box(make.SAMPLER_WANG, **{**known, **unusual})  # type: ignore[arg-type]


def outcomes(box: Box) -> dict[str, str]:
    return dict(BoxTube.objects.filter(box=box).values_list("tube__barcode", "outcome"))


def told(kind: str) -> list[dict[str, object]]:
    return list(Event.objects.filter(kind=f"sampling.{kind}").values_list("facts", flat=True))


# Packing


def test_sealed_tubes_of_a_point_go_into_a_box(point: Site) -> None:
    tubes = [sealed(point) for _ in range(3)]
    assert list(queries.unpacked_at(make.SAMPLER_WANG, point.id)) == tubes

    box = packed(point, *tubes)

    assert (box.state, box.counted) == ("packed", 3)
    assert set(outcomes(box).values()) == {"packed"}
    assert not queries.unpacked_at(make.SAMPLER_WANG, point.id)


def test_a_box_packed_twice_by_one_command_is_one_box(point: Site) -> None:
    tube, mine = sealed(point), new_id()

    first = packed(point, tube, box_id=mine)
    again = packed(point, tube, box_id=mine)

    assert first == again
    assert Box.objects.count() == 1


def test_tubes_on_the_table_must_be_tubes_in_the_system(point: Site) -> None:
    tubes = [sealed(point) for _ in range(2)]

    with pytest.raises(errors.BoxCountDiffers, match="3 tubes were counted, 2 were scanned"):
        packed(point, *tubes, counted=3)
    with pytest.raises(errors.BoxCountDiffers):
        packed(point)
    with pytest.raises(errors.BoxCountDiffers):  # the same one scanned twice is one
        packed(point, tubes[0], tubes[0])


def test_what_is_not_sealed_here_or_lies_in_another_box_is_named(point: Site) -> None:
    good, boxed, void = sealed(point), sealed(point), sealed(point)
    opened = make.desk_tube(point)
    packed(point, boxed)
    void_tube(make.SAMPLER_WANG, void.id, reason="it leaked")
    stranger = make.label()

    with pytest.raises(errors.TubesNotReady) as refused:
        packed(
            point,
            tubes=[good.barcode, boxed.barcode, void.barcode, opened.barcode, stranger],
            counted=5,
        )

    assert set(refused.value.facts["tubes"]) == {  # type: ignore[call-overload]
        boxed.barcode,
        void.barcode,
        opened.barcode,
        stranger,
    }


def test_a_label_is_on_one_box_and_is_a_label_of_a_box(point: Site) -> None:
    box = packed(point, sealed(point))

    with pytest.raises(errors.BoxIsKnownOtherwise, match="new label"):
        packed(point, sealed(point), barcode=box.barcode)
    with pytest.raises(errors.NoLabel):
        packed(point, sealed(point), barcode=make.label("T"))


# On the way


def test_a_box_is_handed_over_with_time_and_temperature(point: Site) -> None:
    box, mine = packed(point, sealed(point)), new_id()

    for _ in range(2):
        hand_over_box(
            COURIER_FENG, box.id, to="courier", at=now(), temperature=5.25, hand_over_id=mine
        )

    [handed] = HandOver.objects.filter(box=box)
    assert (handed.to, float(handed.temperature or 0), handed.by_id) == (
        "courier",
        5.2,
        COURIER_FENG.id,
    )
    assert Box.objects.get(id=box.id).state == "under_way"
    assert told("box_handed_over") == [
        {"barcode": box.barcode, "to": "courier", "temperature": 5.25}
    ]


def test_a_box_is_handed_to_a_courier_or_a_laboratory_at_a_warmth_that_can_be(point: Site) -> None:
    box = packed(point, sealed(point))

    with pytest.raises(errors.NoSuchReason):
        hand_over_box(COURIER_FENG, box.id, to="grandma", at=now())
    with pytest.raises(errors.NotACount):
        hand_over_box(COURIER_FENG, box.id, to="courier", at=now(), temperature=100)
    with pytest.raises(NotFound):
        hand_over_box(make.SAMPLER_NEXT_DOOR, box.id, to="courier", at=now())


# Receipt


def test_a_whole_box_is_received_and_nothing_more_is_told(point: Site) -> None:
    tubes = [sealed(point) for _ in range(2)]
    box = packed(point, *tubes)

    for _ in range(2):
        receive_box(
            make.LAB_CLERK_LI,
            box.barcode.lower(),
            tubes=[tube.barcode for tube in tubes],
            at=now(),
            temperature=6,
        )

    box.refresh_from_db()
    assert (box.state, box.received_by) == ("received", make.LAB_CLERK_LI.id)
    assert set(outcomes(box).values()) == {"received"}
    assert told("box_received") == [
        {
            "barcode": box.barcode,
            "tubes": 2,
            "missing": 0,
            "broken": 0,
            "extra": 0,
            "unknown": 0,
        }
    ]
    assert not told("tubes_over_time")
    with pytest.raises(errors.BoxWasReceived):
        hand_over_box(COURIER_FENG, box.id, to="courier", at=now())


def test_missing_broken_and_surplus_tubes_are_told_one_by_one(point: Site) -> None:
    whole, broken, missing, stray = (sealed(point) for _ in range(4))
    box = packed(point, whole, broken, missing)

    receive_box(
        make.LAB_CLERK_LI,
        box.barcode,
        tubes=[whole.barcode, stray.barcode, "6901234567892"],
        broken=[broken.barcode],
        at=now(),
    )

    assert outcomes(box) == {
        whole.barcode: "received",
        broken.barcode: "broken",
        missing.barcode: "missing",
        stray.barcode: "extra",
    }
    box.refresh_from_db()
    assert box.unknown == ["6901234567892"]
    assert told("tube_missing") == [{"barcode": missing.barcode, "box": box.barcode, "swabs": 2}]
    assert told("tube_broken") == [{"barcode": broken.barcode, "box": box.barcode, "swabs": 2}]
    because = Event.objects.get(kind="sampling.tube_missing").because_id
    assert because == Event.objects.get(kind="sampling.box_received").id


def test_a_missing_tube_may_come_in_another_box(point: Site) -> None:
    whole, late = sealed(point), sealed(point)
    first = packed(point, whole, late)
    receive_box(make.LAB_CLERK_LI, first.barcode, tubes=[whole.barcode], at=now())

    assert list(queries.unpacked_at(make.SAMPLER_WANG, point.id)) == [late]
    second = packed(point, late)
    receive_box(make.LAB_CLERK_LI, second.barcode, tubes=[late.barcode], at=now())

    assert outcomes(second) == {late.barcode: "received"}


@pytest.mark.parametrize(
    ("hours", "temperature", "over"),
    [
        (3.5, None, False),
        (4.5, None, True),
        (4.5, 20, True),
        (4.5, 5, False),
        (25, 5, True),
    ],
)
def test_a_sample_keeps_four_hours_warm_and_a_day_cold(
    point: Site, hours: float, temperature: float | None, over: bool
) -> None:
    tube = sealed(point, hours_ago=hours)
    box = packed(point, tube)

    receive_box(
        make.LAB_CLERK_LI, box.barcode, tubes=[tube.barcode], at=now(), temperature=temperature
    )

    assert bool(told("tubes_over_time")) is over
    if over:
        [fact] = told("tubes_over_time")
        assert fact["tubes"] == 1
        assert fact["limit"] == (24 if temperature == 5 else 4)


def test_only_a_laboratory_receives_and_only_a_box_that_is_there(point: Site) -> None:
    box = packed(point, sealed(point))

    with pytest.raises(NotYours):
        receive_box(make.SAMPLER_WANG, box.barcode, tubes=[], at=now())
    with pytest.raises(NotFound):
        receive_box(make.LAB_CLERK_LI, make.label("B"), tubes=[], at=now())
    with pytest.raises(NotFound):
        receive_box(make.LAB_CLERK_LI, "garbage", tubes=[], at=now())


def test_a_void_tube_awaits_no_result_and_says_so(point: Site) -> None:
    tube = sealed(point)
    void_tube(make.SAMPLER_WANG, tube.id, reason="it leaked")

    with pytest.raises(errors.TubeAwaitsNoResult, match="must be swabbed again"):
        report_tube_result(make.LAB_CLERK_LI, tube.id, "negative", measured_at=now())


def test_reconciling_is_a_matter_of_sets() -> None:
    found = rules.reconcile(["a", "b", "c"], ["a", "x", "c"], ["c"])

    assert (found.received, found.broken, found.missing, found.extra) == (
        ["a"],
        ["c"],
        ["b"],
        ["x"],
    )
    assert not found.is_whole
    assert rules.reconcile(["a"], ["a"], []).is_whole


# Labels


def test_no_two_sheets_share_a_number_and_no_tube_is_given_one() -> None:
    tubes = print_labels(make.SAMPLER_WANG, kind="T", count=100)
    boxes = print_labels(make.SAMPLER_WANG, kind="B", count=10)

    assert (tubes.number, boxes.number) == (100, 10)
    assert boxes.first == tubes.last + 1
    assert make.empty_tube().number < tubes.first
    [first, _second] = told("labels_printed")
    assert first["number"] == 100
    assert read_code("T", str(first["first"])) == tubes.first


def test_a_sheet_asked_for_twice_is_the_same_sheet() -> None:
    mine = new_id()

    first = print_labels(make.SAMPLER_WANG, kind="T", count=10, batch_id=mine)
    again = print_labels(make.SAMPLER_WANG, kind="T", count=10, batch_id=mine)

    assert (first.first, first.last) == (again.first, again.last)
    assert LabelBatch.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "count", "refusal"),
    [
        ("T", 0, errors.TooManyLabels),
        ("T", 100_000, errors.TooManyLabels),
        ("X", 1, errors.NoLabel),
    ],
)
def test_only_so_many_labels_of_two_kinds_are_printed(
    kind: str, count: int, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        print_labels(make.SAMPLER_WANG, kind=kind, count=count)


def test_printing_labels_needs_a_duty() -> None:
    with pytest.raises(NotYours):
        print_labels(make.GUARD_QIAN, kind="T", count=1)


# Who is not tested


def test_why_somebody_is_not_tested_is_noted_and_the_latest_reason_holds() -> None:
    round_, person = make.round_of_testing(), make.resident()

    for reason in ("away", "away", "bed_bound"):
        note_untested(
            make.SAMPLER_WANG,
            person=PersonRef(resident=person.id),
            round_id=round_.id,
            reason=reason,
            at=now(),
        )

    assert Untested.objects.get().reason == "bed_bound"
    assert [fact["reason"] for fact in told("not_tested")] == ["away", "bed_bound"]


def test_a_reason_is_one_of_the_list_for_somebody_known_who_was_not_swabbed() -> None:
    round_, person, swabbed = make.round_of_testing(), make.resident(), make.resident()
    tube = open_tube(make.SAMPLER_WANG, area_path=make.COMMUNITY, round_id=round_.id)
    take_swabs(PLAYBOOK, [make.swab_row(tube, swabbed)])

    def note(ref: PersonRef, reason: str = "away") -> None:
        note_untested(make.SAMPLER_WANG, person=ref, round_id=round_.id, reason=reason, at=now())

    with pytest.raises(errors.NoSuchReason):
        note(PersonRef(resident=person.id), "lazy")
    with pytest.raises(errors.PersonNotKnown):
        note(PersonRef(resident=new_id()))
    with pytest.raises(errors.SwabbedInThisRound):
        note(PersonRef(resident=swabbed.id))
    with pytest.raises(NotFound):
        note(PersonRef(resident=make.resident(area_path=make.NEXT_COMMUNITY).id))


def test_labels_read_as_they_are_printed() -> None:
    batch = print_labels(make.SAMPLER_WANG, kind="T", count=3)

    assert queries.labels_of(make.SAMPLER_WANG, batch.id) == [
        code("T", number) for number in range(batch.first, batch.last + 1)
    ]
