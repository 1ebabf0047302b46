"""What the database itself refuses, whoever writes to it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F, Model

from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.sampling.models import Report, Round, Swab, TestCall, Tube, Turnout
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
    model: type[Tube | Round | TestCall],
    row: Tube | Round | TestCall,
    constraint: str,
    change: dict[str, object],
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        model._default_manager.filter(id=row.id).update(**change)
