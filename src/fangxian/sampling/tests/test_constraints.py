"""What the database itself refuses, whoever writes to it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F, Model

from fangxian.areas.models import Site
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.sampling.actions import start_shift
from fangxian.sampling.models import (
    Box,
    BoxTube,
    HandOver,
    LabelBatch,
    Report,
    Round,
    Shift,
    Swab,
    TestCall,
    Tube,
    Turnout,
    Untested,
)
from fangxian.sampling.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules_in_force()


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("tube_barcode_is_a_t_and_seven_signs", {"barcode": "X000001"}),
        ("tube_barcode_is_a_t_and_seven_signs", {"barcode": "T00000IL"}),
        ("tube_not_overfull", {"swabs": 11}),
        ("tube_open_or_sealed_with_swabs", {"sealed_at": None}),
        ("tube_open_or_sealed_with_swabs", {"swabs": 0}),
        ("tube_open_or_sealed_with_swabs", {"state": "open"}),
        ("tube_result_has_a_time", {"state": "positive"}),
        ("tube_result_has_a_time", {"result_at": now()}),
        (
            "tube_result_has_a_time",
            {"state": "negative", "result_at": F("sealed_at") - timedelta(minutes=1)},
        ),
        ("tube_void_says_why", {"state": "void"}),
        ("tube_retest_is_single", {"purpose": "retest"}),
        ("tube_stands_on_a_table_of_a_point", {"table": 1}),
    ],
)
def test_the_database_itself_refuses_impossible_tubes(
    constraint: str, change: dict[str, object]
) -> None:
    refused(Tube, make.tube(), constraint, change)


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("round_ends_after_it_starts", {"deadline": F("starts_at")}),
        ("round_moves_on_at_a_time", {"opened_at": None}),
        ("round_moves_on_at_a_time", {"state": "closed"}),
        ("round_moves_on_at_a_time", {"state": "planned"}),
    ],
)
def test_the_database_itself_refuses_impossible_rounds(
    constraint: str, change: dict[str, object]
) -> None:
    refused(Round, make.round_of_testing(), constraint, change)


def test_the_database_itself_refuses_a_taken_test_without_its_tube() -> None:
    call = make.call(make.resident())

    refused(TestCall, call, "test_call_taken_names_its_tube", {"state": "taken"})


def test_the_database_itself_refuses_what_is_there_already() -> None:
    tube = make.tube(swabs=1)
    swab = Swab.objects.get()
    call = make.call(make.resident())
    round_ = make.round_of_testing()
    said = {"tube": tube, "finding": "negative", "measured_at": now(), "reported_by": new_id()}
    Report.objects.create(**said, standing="decided")
    Turnout.objects.create(round=round_, resident_id=swab.resident_id)

    again: list[tuple[str, Model]] = [
        (
            "swab_once_in_a_tube",
            Swab(tube=tube, resident_id=swab.resident_id, taken_at=now()),
        ),
        ("report_one_decides", Report(**said, standing="decided")),
        ("turnout_is_counted_once_a_round", Turnout(round=round_, resident_id=swab.resident_id)),
        (
            "test_call_is_made_once",
            TestCall(
                resident_id=call.resident_id,
                about_id=call.about_id,
                reason="retest",
                due_at=now(),
            ),
        ),
    ]
    for constraint, row in again:
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            row.save(force_insert=True)


def refused(
    model: type[Tube | Round | TestCall | Shift | Box],
    row: Tube | Round | TestCall | Shift | Box,
    constraint: str,
    change: dict[str, object],
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        model._default_manager.filter(id=row.id).update(**change)


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("shift_tables_are_numbered_from_one", {"table": 0}),
        ("shift_ends_after_it_begins_with_a_count", {"ended_at": now()}),
        ("shift_ends_after_it_begins_with_a_count", {"swabs": 1}),
        (
            "shift_ends_after_it_begins_with_a_count",
            {"ended_at": F("began_at") - timedelta(hours=1), "swabs": 1, "tubes": 1},
        ),
    ],
)
def test_the_database_itself_refuses_impossible_shifts(
    constraint: str, change: dict[str, object]
) -> None:
    make.places()
    point = make.sampling_point()
    shift = start_shift(make.SAMPLER_WANG, site_id=point.id, table=1, at=now())

    refused(Shift, shift, constraint, change)


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("box_barcode_is_a_b_and_seven_signs", {"barcode": "T0000007"}),
        ("box_received_at_a_time_by_somebody", {"state": "received"}),
        ("box_received_at_a_time_by_somebody", {"received_at": now()}),
    ],
)
def test_the_database_itself_refuses_impossible_boxes(
    constraint: str, change: dict[str, object]
) -> None:
    refused(Box, a_box(), constraint, change)


def test_a_tube_lies_in_one_box_once() -> None:
    box, other, tube = a_box(), a_box(), make.tube()
    BoxTube.objects.create(box=box, tube=tube)

    with pytest.raises(IntegrityError, match="box_tube_stands_once_in_a_box"), transaction.atomic():
        BoxTube.objects.create(box=box, tube=tube, outcome="extra")
    with pytest.raises(IntegrityError, match="box_tube_is_packed_into"), transaction.atomic():
        BoxTube.objects.create(box=other, tube=tube)
    BoxTube.objects.create(box=other, tube=tube, outcome="extra")


def test_a_box_is_as_warm_as_a_sample_can_be() -> None:
    box = a_box()

    with pytest.raises(IntegrityError, match="hand_over_temperature"), transaction.atomic():
        HandOver.objects.create(box=box, by_id=new_id(), to="courier", at=now(), temperature=99)


def test_somebody_has_one_reason_a_round_for_not_being_tested() -> None:
    round_, person = make.round_of_testing(), make.resident()
    said = {
        "round": round_,
        "resident_id": person.id,
        "reason": "away",
        "noted_at": now(),
        "noted_by": new_id(),
    }
    Untested.objects.create(**said)

    with pytest.raises(IntegrityError, match="untested_has_one_reason"), transaction.atomic():
        Untested.objects.create(**said)


def test_labels_run_upwards_and_are_printed_once() -> None:
    LabelBatch.objects.create(kind="T", first=100, last=199, printed_by=new_id())

    for first, last, constraint in ((9, 8, "label_batch_runs"), (199, 200, "numbers_are_printed")):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            LabelBatch.objects.create(kind="B", first=first, last=last, printed_by=new_id())


def a_box() -> Box:
    point = Site.objects.filter(kind="sampling_point").first()
    if point is None:
        make.places()
        point = make.sampling_point()
    return Box.objects.create(
        barcode=make.label("B"),
        site=point,
        area_path=point.area_path,
        counted=1,
        packed_at=now(),
        packed_by=new_id(),
    )
