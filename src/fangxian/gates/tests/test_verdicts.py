"""The rules of a gate with what only the server knows: tests, passes, other gates, the register."""

from datetime import timedelta

import pytest

from fangxian.gates import actions
from fangxian.gates.models import Question, Scan
from fangxian.gates.tests import make
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.measures.actions import hold_person, leave_for_emergency_care
from fangxian.people.models import Resident
from fangxian.people.rules import PersonRef
from fangxian.sampling.actions import add_swab, open_tube, report_tube_result, seal_tube

pytestmark = pytest.mark.django_db


def _rule() -> tuple[str, str]:
    """What the server said of the last scan."""
    last = Scan.objects.latest("id")
    return (last.checked or last.verdict, last.checked_rule or last.rule)


def _tested(person: Resident, *, hours_ago: int) -> None:
    at = now() - timedelta(hours=hours_ago)
    tube = open_tube(PLAYBOOK, area_path=make.COMMUNITY)
    add_swab(PLAYBOOK, tube.id, person.id, taken_at=at)
    seal_tube(PLAYBOOK, tube.id, sealed_at=at)
    report_tube_result(PLAYBOOK, tube.id, "negative", measured_at=now())


def test_a_negative_test_in_time_passes() -> None:
    gate, guard, person = make.gate("test"), make.guard(), make.resident()
    _tested(person, hours_ago=47)

    make.scanned(gate, guard, make.shown(person))

    assert _rule() == ("pass", "all_met")


@pytest.mark.parametrize("hours_ago", [None, 49])
def test_without_a_test_in_time_one_is_tested_at_the_table(hours_ago: int | None) -> None:
    gate, guard, person = make.gate("test"), make.guard(), make.resident()
    if hours_ago:
        _tested(person, hours_ago=hours_ago)

    make.scanned(gate, guard, make.shown(person))

    assert _rule() == ("refer", "test")


def test_fever_goes_to_the_table_where_temperature_is_asked() -> None:
    gate, guard = make.gate("temperature"), make.guard()

    make.scanned(gate, guard, make.shown(make.resident()), temperature=37.3)

    assert _rule() == ("refer", "temperature")


def test_somebody_without_a_mask_goes_to_the_table_where_there_are_masks() -> None:
    gate, guard = make.gate("mask"), make.guard()

    make.scanned(gate, guard, make.shown(make.resident()), mask=False)

    assert _rule() == ("refer", "mask")


def _held(person: Resident) -> None:
    """By a positive pool, as the playbook would have it."""
    tube = open_tube(PLAYBOOK, area_path=make.COMMUNITY)
    add_swab(PLAYBOOK, tube.id, person.id, taken_at=now() - timedelta(hours=2))
    seal_tube(PLAYBOOK, tube.id, sealed_at=now() - timedelta(hours=1))
    report_tube_result(PLAYBOOK, tube.id, "positive", measured_at=now())
    found = Event.objects.get(kind="sampling.tube_found_positive")
    hold_person(PLAYBOOK, person.id, area_path=person.area_path, about_id=tube.id, because=found)


def test_somebody_who_is_asked_to_stay_goes_to_the_table_and_nobody_reads_why() -> None:
    gate, guard, person = make.gate(), make.guard(), make.resident()
    _held(person)

    answer = make.scanned(gate, guard, make.shown(person))

    assert answer.facts == {"verdict": "refer", "rule": "alert"}
    assert "hold" not in str(answer)


def test_on_the_way_to_care_everything_else_is_silent() -> None:
    gate, guard, person = make.gate("pass", "test"), make.guard(), make.resident()
    _held(person)
    leave_for_emergency_care(PLAYBOOK, person.id, kind="labour")

    make.scanned(gate, guard, make.shown(person), temperature=39.0)

    assert _rule() == ("pass", "care")


# Passes


def test_the_pass_on_record_opens_the_gate_without_being_shown() -> None:
    gate, guard = make.gate("pass"), make.guard()
    one, _other = make.household()
    make.entry_exit_pass(one)

    make.scanned(gate, guard, make.shown(one))

    assert _rule() == ("pass", "all_met")


def test_one_of_a_household_every_two_days() -> None:
    gate, guard = make.gate("pass"), make.guard()
    one, other = make.household()
    text = make.pass_text(make.entry_exit_pass(one))
    make.scanned(gate, guard, make.shown(one), pass_text=text, at=now() - timedelta(hours=30))

    answer = make.scanned(gate, guard, make.shown(other), pass_text=text)

    assert answer.facts == {"verdict": "turn_back", "rule": "pass_quota"}
    assert Question.objects.get().kind == "over_quota"


def test_after_two_days_the_pass_opens_again() -> None:
    gate, guard = make.gate("pass"), make.guard()
    one, other = make.household()
    text = make.pass_text(make.entry_exit_pass(one))
    make.scanned(gate, guard, make.shown(one), pass_text=text, at=now() - timedelta(hours=49))

    make.scanned(gate, guard, make.shown(other), pass_text=text)

    assert _rule() == ("pass", "all_met")


def test_scanned_twice_at_one_passage_is_one_outing() -> None:
    gate, guard = make.gate("pass"), make.guard()
    one, _other = make.household()
    text = make.pass_text(make.entry_exit_pass(one))
    make.scanned(gate, guard, make.shown(one), pass_text=text, at=now() - timedelta(minutes=4))

    make.scanned(gate, guard, make.shown(one), pass_text=text)

    assert _rule() == ("pass", "all_met")
    assert not Question.objects.exists()


def test_nobody_is_kept_from_coming_home_by_a_used_up_pass() -> None:
    gate, guard = make.gate("pass"), make.guard()
    one, _other = make.household()
    text = make.pass_text(make.entry_exit_pass(one))
    make.scanned(gate, guard, make.shown(one), pass_text=text, at=now() - timedelta(hours=2))

    make.scanned(gate, guard, make.shown(one), pass_text=text, direction="in")

    assert _rule() == ("pass", "all_met")


def test_a_revoked_pass_is_looked_at_at_the_table() -> None:
    gate, guard = make.gate("pass"), make.guard()
    one, _other = make.household()
    held = make.entry_exit_pass(one)
    actions.revoke_pass(PLAYBOOK, held.id, reason="搬走")

    make.scanned(gate, guard, make.shown(one), pass_text=make.pass_text(held))

    assert _rule() == ("refer", "pass_invalid")


def test_a_pass_scanned_before_it_was_revoked_was_good() -> None:
    gate, guard = make.gate("pass"), make.guard()
    one, _other = make.household()
    held = make.entry_exit_pass(one)
    text, before = make.pass_text(held), now() - timedelta(minutes=1)
    actions.revoke_pass(PLAYBOOK, held.id, reason="搬走")

    make.scanned(gate, guard, make.shown(one), pass_text=text, at=before)

    assert _rule() == ("pass", "all_met")


@pytest.mark.parametrize("text", ["FX1:NONSENSE", "x" * 100])
def test_a_forged_pass_is_looked_at_at_the_table(text: str) -> None:
    gate, guard, person = make.gate("pass"), make.guard(), make.resident()

    make.scanned(gate, guard, make.shown(person), pass_text=text)

    assert _rule() == ("refer", "pass_invalid")


def test_a_pass_of_another_area_does_not_open() -> None:
    gate, guard = make.gate("pass"), make.guard()
    one, _other = make.household()
    held = make.entry_exit_pass(one, area_path=make.NEXT_COMMUNITY)

    make.scanned(gate, guard, make.shown(one), pass_text=make.pass_text(held))

    assert _rule() == ("refer", "pass_invalid")


def test_a_medical_pass_knows_no_quota() -> None:
    gate, guard, person = make.gate("pass", "most_a_day"), make.guard(), make.resident()
    make.entry_exit_pass(person, kind="medical")
    for hours in (8, 6, 4, 2):
        make.scanned(gate, guard, make.shown(person), at=now() - timedelta(hours=hours))

    make.scanned(gate, guard, make.shown(person))

    assert _rule() == ("pass", "all_met")


# How often


def test_too_soon_after_the_last_passage_is_turned_back() -> None:
    gate, guard, person = make.gate("interval"), make.guard(), make.resident()
    make.scanned(gate, guard, make.shown(person), at=now() - timedelta(minutes=20))

    make.scanned(gate, guard, make.shown(person))

    assert _rule() == ("turn_back", "interval")


def test_another_gate_counts_too() -> None:
    east, west, guard = make.gate("interval"), make.gate("interval", name="西门"), make.guard()
    person = make.resident()
    make.scanned(east, guard, make.shown(person), at=now() - timedelta(minutes=20))

    make.scanned(west, guard, make.shown(person))

    assert _rule() == ("turn_back", "interval")


def test_what_came_in_one_batch_counts_in_the_order_of_its_times() -> None:
    gate, guard, person = make.gate("interval"), make.guard(), make.resident()
    late = make.scan(gate, guard, make.listed(person))
    early = make.scan(gate, guard, make.listed(person), at=now() - timedelta(minutes=20))

    answers = actions.record_scans(guard, [late, early])

    assert [dict(one.facts).get("rule") for one in answers] == ["interval", None]


def test_whom_the_register_does_not_know_goes_to_the_table() -> None:
    gate, guard = make.gate(), make.guard()

    make.scanned(
        gate, guard, PersonRef(identity="630105198301011235"), shown="identity", rule="all_met"
    )

    assert _rule()[0] == "refer"
