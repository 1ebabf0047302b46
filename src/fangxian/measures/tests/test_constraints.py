"""What the database itself refuses, whoever writes to it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.measures.actions import hold_place, object_to_order, restart_clock
from fangxian.measures.models import (
    ClockRestart,
    EmergencyExit,
    Extension,
    Objection,
    Order,
    PlaceHold,
    RiskArea,
)
from fangxian.measures.tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def refused(name: str, model: Any, thing: Any, **broken: object) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        model.objects.filter(id=thing.id).update(**broken)


@pytest.mark.parametrize(
    ("constraint", "broken"),
    [
        ("order_ends_after_it_starts", {"ends_at": make.NOON - timedelta(days=1)}),
        ("order_names_its_rule", {"rule": ""}),
        ("order_names_its_rule", {"pack": ""}),
        ("order_ended_has_a_time_and_a_reason", {"state": "ended"}),
        (
            "order_ended_has_a_time_and_a_reason",
            {"state": "ended", "ended_at": make.NOON, "end_reason": ""},
        ),
        ("order_ended_has_a_time_and_a_reason", {"ended_at": make.NOON}),
        ("because_id", {"because_id": None}),
        ("ends_at", {"ends_at": None}),
    ],
)
def test_an_order_has_cause_rule_and_end(constraint: str, broken: dict[str, object]) -> None:
    make.rules()

    refused(constraint, Order, make.order(), **broken)


def test_an_order_is_issued_once_a_ground() -> None:
    make.rules()
    person = make.resident()
    first, second = make.order(person), make.order(person)

    refused("order_is_issued_once_a_ground", Order, second, about_id=first.about_id)


def test_an_extension_is_longer_and_says_why() -> None:
    make.rules()
    order = make.order()
    extension = Extension.objects.create(
        order=order, was=now(), becomes=now() + timedelta(days=1), reason="why", by_id=new_id()
    )

    refused("extension_says_why", Extension, extension, reason="")
    refused("extension_is_longer", Extension, extension, becomes=now())


def test_an_objection_is_open_once_and_decided_by_another_with_reasons() -> None:
    make.rules()
    order = make.order()
    objection = object_to_order(make.GRID_WORKER_WANG, order.id, text="I was not there.")
    name = "objection_decided_by_a_second_officer_with_reasons"
    decided = {"state": "upheld", "decided_at": now(), "reasons": "right"}

    refused(name, Objection, objection, **decided, decided_by=objection.filed_by)
    refused(name, Objection, objection, **{**decided, "reasons": ""}, decided_by=new_id())
    refused(name, Objection, objection, decided_at=now())
    with pytest.raises(IntegrityError, match="objection_is_open_once_an_order"):
        Objection.objects.create(order=order, text="again", filed_by=new_id())


@pytest.mark.parametrize(
    ("constraint", "broken"),
    [
        ("risk_area_in_force_has_start_clock_and_review", {"clock_origin": None}),
        ("risk_area_in_force_has_start_clock_and_review", {"review_at": None}),
        ("risk_area_in_force_has_start_clock_and_review", {"decided_by": None}),
        ("risk_area_ended_says_when_and_why", {"state": "lifted"}),
        ("risk_area_ended_says_when_and_why", {"lifted_at": make.NOON}),
        ("risk_area_names_its_rule", {"rule": ""}),
    ],
)
def test_a_risk_area_has_clock_review_and_reasons(
    constraint: str, broken: dict[str, object]
) -> None:
    make.rules()

    refused(constraint, RiskArea, make.risk_area(), **broken)


def test_a_risk_area_is_declared_once_a_ground() -> None:
    make.rules()
    first, second = make.risk_area(), make.risk_area()

    refused(
        "risk_area_is_declared_once_a_ground",
        RiskArea,
        second,
        about_id=first.about_id,
        places=first.places,
    )


def test_a_clock_restart_moves_forward() -> None:
    make.rules()
    area = make.risk_area()
    restart = ClockRestart.objects.create(
        risk_area=area, because_id=new_id(), was=now(), becomes=now() + timedelta(days=1)
    )

    refused("clock_restart_moves_forward", ClockRestart, restart, becomes=now())
    restart_clock(PLAYBOOK, area.id, from_at=now(), because=make.case(make.resident()))
    assert area.restarts.count() == 1


def test_the_hold_of_a_place_has_rule_end_and_reason() -> None:
    make.rules()
    home, pool = make.door(make.estate()[0]), new_id()
    cause = make.case(make.resident(at=home))
    hold = hold_place(PLAYBOOK, home.path, about_id=pool, because=cause)
    assert hold is not None

    refused("place_hold_ends_after_it_starts", PlaceHold, hold, ends_at=hold.starts_at)
    refused("place_hold_names_its_rule", PlaceHold, hold, rule="")
    refused("place_hold_ended_says_why", PlaceHold, hold, ended_at=now())
    hold.id = new_id()
    with pytest.raises(IntegrityError, match="place_is_held_once_a_ground"):
        hold.save(force_insert=True)


@pytest.mark.parametrize(
    ("constraint", "broken"),
    [
        ("emergency_exit_is_never_refused", {"state": "refused"}),
        ("emergency_exit_times_follow_its_state", {"state": "handed_over"}),
        ("emergency_exit_times_follow_its_state", {"returned_at": make.NOON}),
    ],
)
def test_an_exit_is_never_refused(constraint: str, broken: dict[str, object]) -> None:
    refused(constraint, EmergencyExit, make.exit_(), **broken)
