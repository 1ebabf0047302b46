"""Scans at gates: what the server decides again, keeps, refuses, and never loses."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fangxian.gates import actions
from fangxian.gates.models import Question, Scan
from fangxian.gates.rules import ScanRow, Unreadable
from fangxian.gates.tests import make
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.people.actions import revoke_code
from fangxian.people.codes import texts
from fangxian.people.models import PersonalCode
from fangxian.people.rules import PersonRef

pytestmark = pytest.mark.django_db


def test_somebody_with_a_good_code_passes_and_nothing_enters_the_ledger() -> None:
    gate, guard, person = make.gate(), make.guard(), make.resident()
    said = make.shown(person)
    before = Event.objects.count()

    answer = make.scanned(gate, guard, said)

    assert (answer.outcome, dict(answer.facts)) == ("applied", {})
    stored = Scan.objects.get()
    assert (stored.site, stored.person, stored.verdict) == (gate.number, person.number, "pass")
    assert (stored.checked, stored.area_path) == ("", make.COMMUNITY)
    assert Event.objects.count() == before


def test_the_servers_verdict_is_kept_beside_the_guards_where_they_differ() -> None:
    gate, guard, person = make.gate("pass"), make.guard(), make.resident()

    answer = make.scanned(gate, guard, make.shown(person))

    assert answer.facts == {"verdict": "turn_back", "rule": "pass_missing"}
    stored = Scan.objects.get()
    assert (stored.verdict, stored.rule) == ("pass", "all_met")
    assert (stored.checked, stored.checked_rule) == ("turn_back", "pass_missing")


def test_a_scan_sent_again_changes_nothing() -> None:
    gate, guard, person = make.gate(), make.guard(), make.resident()
    row = make.scan(gate, guard, make.shown(person))
    actions.record_scans(guard, [row])

    again = actions.record_scans(guard, [row])

    assert again[0].outcome == "known"
    assert Scan.objects.count() == 1


def test_another_scan_under_the_same_id_is_a_conflict_and_changes_nothing() -> None:
    gate, guard, person = make.gate(), make.guard(), make.resident()
    row = make.scan(gate, guard, make.shown(person))
    actions.record_scans(guard, [row])
    other = make.scan(gate, guard, make.shown(person), id=row.id, direction="in")

    answer = actions.record_scans(guard, [other])[0]

    assert (answer.outcome, answer.code) == ("refused", "scan_id_is_taken")
    assert Scan.objects.get().direction == "out"


def test_one_bad_row_never_fails_its_neighbours() -> None:
    gate, guard = make.gate(), make.guard()
    stranger = make.guard(within=make.NEXT_COMMUNITY)
    rows = [
        make.scan(gate, guard, make.shown(make.resident())),
        make.scan(gate, guard, verdict="turn_back", rule="", reason=""),
        make.scan(gate, stranger, make.shown(make.resident())),
        make.scan(gate, guard, make.shown(make.resident())),
    ]

    answers = actions.record_scans(guard, rows)

    assert [one.outcome for one in answers] == ["applied", "refused", "refused", "applied"]
    assert [answers[1].code, answers[2].code] == ["turned_back_without_reason", "not_your_duty"]
    assert Scan.objects.count() == 2


def test_whoever_is_turned_back_is_so_by_a_rule_and_on_record() -> None:
    gate, guard, person = make.gate("pass"), make.guard(), make.resident()

    answer = make.scanned(
        gate,
        guard,
        make.shown(person),
        verdict="turn_back",
        rule="pass_missing",
        reason="没有出入证",
    )

    assert answer.outcome == "applied"
    told = Event.objects.get(kind="gates.turned_back")
    assert told.facts["rule"] == "pass_missing"
    assert str(person.id) not in str(told.facts)


# What bad codes get


def _trouble(person: PersonRef, **unusual: object) -> Scan:
    gate, guard = make.gate(), make.guard()
    assert make.scanned(gate, guard, person, **unusual).outcome == "applied"
    return Scan.objects.get()


def test_a_forged_code_goes_to_the_table() -> None:
    code = make.code_of(make.resident())
    forged = code[:-6] + ("AAAAAA" if not code.endswith("AAAAAA") else "BBBBBB")

    stored = _trouble(PersonRef(code=forged))

    assert (stored.checked, stored.checked_rule) == ("refer", "code_forged")
    assert stored.person is None


def test_a_truncated_code_goes_to_the_table() -> None:
    code = make.code_of(make.resident())

    stored = _trouble(PersonRef(code=code[: len(code) // 2]))

    assert (stored.checked, stored.checked_rule) == ("refer", "code_forged")


def test_an_expired_code_still_names_its_person() -> None:
    person = make.resident()
    make.code_of(person)
    PersonalCode.objects.update(issued_at=now() - timedelta(days=500))
    PersonalCode.objects.update(expires_at=now() - timedelta(days=100))
    row = PersonalCode.objects.select_related("resident").get()
    code = next(iter(texts([row]).values()))
    stored = _trouble(PersonRef(code=code))

    assert (stored.checked, stored.checked_rule) == ("refer", "code_expired")
    assert stored.person == person.number


def test_a_code_from_the_future_goes_to_the_table() -> None:
    person = make.resident()
    make.code_of(person)
    row = PersonalCode.objects.select_related("resident").get()
    row.issued_at = now() + timedelta(days=1)
    code = next(iter(texts([row]).values()))

    stored = _trouble(PersonRef(code=code))

    assert (stored.checked, stored.checked_rule) == ("refer", "code_not_yet_valid")


def test_a_revoked_code_goes_to_the_table() -> None:
    person = make.resident()
    code = make.code_of(person)
    revoke_code(PLAYBOOK, PersonalCode.objects.get().id, reason="手机丢失")

    stored = _trouble(PersonRef(code=code))

    assert (stored.checked, stored.checked_rule) == ("refer", "code_revoked")


def test_a_code_shown_at_two_gates_at_once_is_a_question_and_restricts_nobody() -> None:
    east, west = make.gate(), make.gate(area_path=make.NEXT_COMMUNITY, name="山川路口")
    guard, other = make.guard(), make.guard(within=make.NEXT_COMMUNITY)
    code = make.shown(make.resident())
    make.scanned(east, guard, code, at=now() - timedelta(minutes=3))

    answer = make.scanned(west, other, code)

    assert (answer.outcome, dict(answer.facts)) == ("applied", {})
    question = Question.objects.get()
    assert (question.kind, question.site, question.elsewhere) == (
        "two_gates",
        west.number,
        east.number,
    )


def test_two_gates_of_one_community_are_no_question() -> None:
    east, west, guard = make.gate(), make.gate(name="西门"), make.guard()
    code = make.shown(make.resident())
    make.scanned(east, guard, code, at=now() - timedelta(minutes=3))

    make.scanned(west, guard, code)

    assert not Question.objects.exists()


# Phones and time


def test_a_phone_whose_post_no_longer_exists_loses_nothing() -> None:
    gate, guard, person = make.gate(), make.guard(), make.resident()
    gate.closed_at = now() - timedelta(days=2)
    gate.save()

    closed = make.scanned(gate, guard, make.shown(person), at=now() - timedelta(days=3))
    unknown = actions.record_scans(
        guard, [make.scan(gate, guard, make.listed(person), site=new_id())]
    )[0]

    assert (closed.outcome, unknown.outcome) == ("applied", "applied")
    assert Scan.objects.filter(site=None).get().area_path == make.COMMUNITY


def test_a_clock_that_runs_ahead_gives_the_time_of_arrival() -> None:
    gate, guard = make.gate(), make.guard()
    row = make.scan(gate, guard, at=now() + timedelta(hours=7))

    actions.record_scans(guard, [row])
    again = actions.record_scans(guard, [row])

    assert Scan.objects.get().at <= now()
    assert again[0].outcome == "known"


def test_somebody_met_at_the_gate_and_not_known_is_taken_in_once() -> None:
    gate, guard = make.gate(), make.guard()
    ref = PersonRef(provisional=new_id(), name="李访客", kind="visitor")

    first = make.scanned(gate, guard, ref, shown="word")
    second = make.scanned(gate, guard, ref, shown="word")

    assert (first.outcome, second.outcome) == ("applied", "applied")
    assert len(set(Scan.objects.values_list("person", flat=True))) == 1


def test_a_plate_is_kept_masked_and_can_be_found_again() -> None:
    gate, guard = make.gate(), make.guard()

    make.scanned(gate, guard, plate="青A·12345", party=new_id())
    make.scanned(gate, guard, plate="青a12345", party=new_id())

    plates = Scan.objects.values_list("plate", "plate_index")
    assert {plate for plate, _index in plates} == {"青A***45"}
    assert len({bytes(index or b"") for _plate, index in plates}) == 1


def test_what_is_no_scan_says_which_field_is_wrong() -> None:
    body = {
        "scan": str(new_id()),
        "site": str(new_id()),
        "direction": "sideways",
        "shown": "code",
        "verdict": "pass",
    }

    with pytest.raises(Unreadable, match="direction"):
        ScanRow.from_json(body, by=PLAYBOOK, at=now())


def test_a_hundred_scans_cost_a_handful_of_statements() -> None:
    gate, guard = make.gate("pass", "test", "interval", "most_a_day"), make.guard()
    rows = [make.scan(gate, guard, make.shown(make.resident())) for _one in range(30)]

    actions.record_scans(guard, rows[:1])  # which reads the keys

    with CaptureQueriesContext(connection) as few:
        actions.record_scans(guard, rows[1:3])
    with CaptureQueriesContext(connection) as many:
        actions.record_scans(guard, rows[3:])

    assert len(many) == len(few)
    assert len(many) <= 22
