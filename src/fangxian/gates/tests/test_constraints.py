"""What the database itself refuses, whoever asks."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model

from fangxian.gates.models import (
    AlertSet,
    Checkpoint,
    Incident,
    Pass,
    PrintedList,
    Question,
    QueueNote,
    Scan,
    Shift,
    SignUpDrive,
    Venue,
)
from fangxian.gates.tests import make
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Account
from fangxian.people.models import Resident

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def refused(model: type[Model], constraint: str, **values: Any) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        model.objects.create(**values)  # type: ignore[attr-defined]


def _scan(**unusual: Any) -> dict[str, Any]:
    known = {
        "site": 1,
        "by_id": new_id(),
        "direction": "out",
        "shown": "code",
        "verdict": "pass",
        "at": now(),
    }
    return {**known, **unusual}


@pytest.mark.parametrize(
    ("constraint", "unusual"),
    [
        ("scan_turned_back_names_rule_and_reason", {"verdict": "turn_back", "rule": "interval"}),
        ("scan_turned_back_names_rule_and_reason", {"verdict": "turn_back", "reason": "…"}),
        ("scan_says_in_or_out", {"direction": "up"}),
        ("scan_shows_a_known_thing", {"shown": "face"}),
        ("scan_has_a_known_verdict", {"verdict": "arrest"}),
        ("scan_temperature_is_that_of_a_living_person", {"temperature": 50.0}),
        ("scan_plate_comes_with_its_index", {"plate_index": bytes(16)}),
    ],
)
def test_no_scan_is_half_told(constraint: str, unusual: dict[str, Any]) -> None:
    refused(Scan, constraint, **_scan(**unusual))


def test_no_checkpoint_asks_for_what_nobody_knows() -> None:
    gate = make.gate()

    refused(
        Checkpoint,
        "checkpoint_demands_are_known_words",
        site=gate,
        area_path=gate.area_path,
        demands=["mood"],
        set_by=new_id(),
    )


def test_no_shift_ends_without_its_counts_or_before_it_began() -> None:
    gate, guard = make.gate(), make.guard()
    known = {
        "site": gate,
        "area_path": gate.area_path,
        "account": Account.objects.get(id=guard.id),
        "began_at": now(),
    }
    counts = {"passed": 1, "referred": 0, "turned_back": 0, "emergencies": 0}
    name = "gate_shift_ends_after_it_began_with_counts"

    refused(Shift, name, **known, ended_at=now() + HOUR)
    refused(Shift, name, **known, ended_at=now() - HOUR, **counts)
    refused(Shift, name, **known, ended_at=now() + HOUR, **{**counts, "passed": -1})
    refused(Shift, name, **known, **counts)


def _pass(person: Resident, **unusual: Any) -> dict[str, Any]:
    known = {
        "number": 9_000,
        "kind": "medical",
        "resident": person,
        "area_path": make.COMMUNITY,
        "valid_from": now(),
        "valid_to": now() + HOUR,
        "pack": "cn-v9@1",
        "issued_by": new_id(),
    }
    return {**known, **unusual}


@pytest.mark.parametrize(
    ("constraint", "unusual"),
    [
        ("pass_ends_after_it_begins", {"valid_to": now() - timedelta(days=400)}),
        ("pass_is_for_what_its_kind_says", {"kind": "entry_exit"}),
        ("pass_is_for_what_its_kind_says", {"kind": "vehicle"}),
        ("pass_is_for_what_its_kind_says", {"resident": None}),
        ("pass_revoked_says_when_and_why", {"state": "revoked"}),
        ("pass_revoked_says_when_and_why", {"revoked_because": "…"}),
    ],
)
def test_no_pass_is_for_nobody_or_for_ever(constraint: str, unusual: dict[str, Any]) -> None:
    refused(Pass, constraint, **_pass(make.resident(), **unusual))


def test_a_household_goes_out_on_one_pass() -> None:
    one, other = make.household()
    make.entry_exit_pass(one)

    refused(
        Pass,
        "pass_for_a_household_is_valid_once",
        **_pass(other, kind="entry_exit", household=other.household, resident=None),
    )


def test_no_venue_closes_or_is_printed_before_it_has_a_code() -> None:
    site = make.venue()
    known = {
        "site": site,
        "area_path": site.area_path,
        "kind": "shop",
        "signed_up_at": now(),
        "signed_up_by": new_id(),
    }

    refused(Venue, "venue_closes_after_it_signed_up", **known, closed_at=now() - HOUR)
    refused(
        Venue,
        "venue_poster_is_printed_after_it_signed_up",
        **known,
        poster_printed_at=now() - HOUR,
    )


def test_no_drive_is_due_before_it_began_or_runs_twice() -> None:
    known = {"area_path": make.DISTRICT, "begun_by": new_id(), "venues": 1}

    refused(SignUpDrive, "drive_is_due_after_it_began", **known, due_at=now() - HOUR)
    SignUpDrive.objects.create(**known, due_at=now() + HOUR)
    refused(SignUpDrive, "drive_is_under_way_once_an_area", **known, due_at=now() + HOUR)


def test_no_incident_is_settled_by_nobody() -> None:
    gate = make.gate()

    refused(
        Incident,
        "incident_settled_says_who_and_how",
        site=gate,
        area_path=gate.area_path,
        kind="crowd",
        at=now(),
        by_id=new_id(),
        settled_at=now(),
    )


def test_a_queue_is_noted_once_a_moment() -> None:
    gate, moment = make.gate(), now()
    known = {"site": gate, "waiting": 3, "at": moment, "by_id": new_id()}
    QueueNote.objects.create(**known)

    refused(QueueNote, "queue_is_noted_once_a_moment", **known)


def test_a_question_is_asked_once_and_answered_by_somebody() -> None:
    known = {"kind": "two_gates", "one": new_id(), "one_at": now()}

    refused(Question, "question_answered_says_who_and_what", **known, answered_at=now())
    Question.objects.create(**known)
    refused(Question, "question_is_asked_once", **known)


def test_no_alert_set_holds_fewer_than_nobody() -> None:
    refused(
        AlertSet,
        "alert_set_count_is_not_negative",
        day=now().date(),
        salt=bytes(16),
        count=-1,
        hashes="",
        built_at=now(),
    )


def test_no_printed_list_is_good_for_no_time() -> None:
    gate = make.gate()

    refused(
        PrintedList,
        "printed_list_is_good_for_some_time",
        site=gate,
        area_path=gate.area_path,
        lines=1,
        digest=bytes(32),
        good_until=now() - HOUR,
        printed_by=new_id(),
    )
