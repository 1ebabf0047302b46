"""Passes, shifts and what is forgotten: the promises of the single verbs."""

from datetime import timedelta

import pytest

from fangxian.gates import actions, errors, queries
from fangxian.gates.models import Pass, Question, QueueNote, Scan
from fangxian.gates.tests import make
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event

pytestmark = pytest.mark.django_db


def test_a_household_pass_names_the_household_and_nobody_in_it() -> None:
    one, _other = make.household()

    held = make.entry_exit_pass(one)

    assert (held.household_id, held.resident_id, held.pack) == (one.household_id, None, "cn-v9@1")
    told = Event.objects.get(kind="gates.pass_issued")
    assert told.facts["code"] == held.code
    assert str(one.id) not in str(told.facts)


def test_a_pass_that_ran_out_makes_room_for_the_next() -> None:
    one, _other = make.household()
    old = make.entry_exit_pass(one)
    Pass.objects.filter(id=old.id).update(valid_to=now() - timedelta(hours=1))

    new = make.entry_exit_pass(one)

    old.refresh_from_db()
    assert (old.state, new.state) == ("revoked", "valid")


def test_a_second_good_pass_for_a_household_is_refused() -> None:
    one, other = make.household()
    make.entry_exit_pass(one)

    with pytest.raises(errors.HouseholdHasAPass):
        make.entry_exit_pass(other)


@pytest.mark.parametrize(("kind", "plate"), [("entry_exit", ""), ("vehicle", ""), ("nonsense", "")])
def test_a_pass_for_nobody_is_refused(kind: str, plate: str) -> None:
    alone = make.resident()

    with pytest.raises(errors.PassForWhom):
        make.entry_exit_pass(alone, kind=kind, plate=plate)


def test_a_pass_that_is_over_before_it_begins_is_refused() -> None:
    with pytest.raises(errors.PassOutOfTime):
        make.entry_exit_pass(make.resident(), kind="work", valid_to=now() - timedelta(hours=1))


def test_only_who_serves_there_issues_and_revokes() -> None:
    person = make.resident()
    held = make.entry_exit_pass(person, kind="work")
    neighbour = make.community_worker(within=make.NEXT_COMMUNITY)

    with pytest.raises(NotFound):
        actions.revoke_pass(neighbour, held.id, reason="…")
    with pytest.raises(NotYours):
        actions.revoke_pass(make.guard(), held.id, reason="…")


def test_revoking_says_why_and_again_changes_nothing() -> None:
    held = make.entry_exit_pass(make.resident(), kind="work")

    with pytest.raises(errors.ReasonNeeded):
        actions.revoke_pass(PLAYBOOK, held.id, reason="  ")
    actions.revoke_pass(PLAYBOOK, held.id, reason="工期结束")
    actions.revoke_pass(PLAYBOOK, held.id, reason="另一个理由")

    held.refresh_from_db()
    assert held.revoked_because == "工期结束"
    assert Event.objects.filter(kind="gates.pass_revoked").count() == 1


def test_the_use_of_a_pass_is_what_its_household_did() -> None:
    gate, guard = make.gate("pass"), make.guard()
    one, _other = make.household()
    held = make.entry_exit_pass(one)

    assert queries.use_of(guard, held).again_at is None
    make.scanned(gate, guard, make.listed(one), at=now() - timedelta(hours=3))

    use = queries.use_of(guard, held)
    assert (use.limit, len(use.times)) == (1, 1)
    assert use.again_at == use.times[0] + timedelta(days=2)


# Shifts


def test_a_shift_begins_and_ends_once() -> None:
    gate, guard, shift = make.gate(), make.guard(), new_id()
    began = now() - timedelta(hours=8)
    counts = {"passed": 5, "referred": 1, "turned_back": 0, "emergencies": 0}

    actions.start_shift(guard, shift, gate.id, at=began)
    actions.start_shift(guard, shift, gate.id, at=began)
    actions.end_shift(guard, shift, at=now(), **counts)
    ended = actions.end_shift(guard, shift, at=now(), **{**counts, "passed": 99})

    assert ended.passed == 5
    kinds = list(Event.objects.values_list("kind", flat=True))
    assert kinds.count("gates.gate_shift_begun") == 1
    assert kinds.count("gates.gate_shift_handed_over") == 1


def test_a_shift_belongs_to_who_began_it() -> None:
    gate, guard, shift = make.gate(), make.guard(), new_id()
    actions.start_shift(guard, shift, gate.id, at=now())

    with pytest.raises(errors.ShiftIsAnothers):
        actions.start_shift(make.guard(), shift, gate.id, at=now())
    with pytest.raises(errors.ShiftIsAnothers):
        actions.end_shift(
            make.guard(), shift, at=now(), passed=0, referred=0, turned_back=0, emergencies=0
        )


def test_a_shift_at_a_place_outside_ones_area_is_refused() -> None:
    gate = make.gate(area_path=make.NEXT_COMMUNITY)

    with pytest.raises(NotFound):
        actions.start_shift(make.guard(), new_id(), gate.id, at=now())


# Queues, questions, forgetting


def test_a_queue_is_a_glance_and_no_fact() -> None:
    gate, guard, moment = make.gate(), make.guard(), now()

    actions.note_queue(guard, gate.id, waiting=12, at=moment)
    actions.note_queue(guard, gate.id, waiting=12, at=moment)

    assert QueueNote.objects.get().waiting == 12
    assert not Event.objects.filter(kind__startswith="gates.").exists()


def test_scans_forget_the_person_after_the_packs_days_and_keep_their_counts() -> None:
    gate, guard, person = make.gate(), make.guard(), make.resident()
    make.scanned(gate, guard, make.shown(person), plate="青A12345", at=now() - timedelta(days=15))
    make.scanned(gate, guard, make.shown(person), at=now() - timedelta(days=13))

    assert actions.forget_persons(PLAYBOOK) == 1
    assert actions.forget_persons(PLAYBOOK) == 0

    old, new = Scan.objects.order_by("at")
    assert (old.person, old.seen, old.plate, old.plate_index, old.pass_number) == (
        None,
        None,
        "",
        None,
        None,
    )
    assert (old.site, old.verdict) == (gate.number, "pass")
    assert new.person == person.number


def test_a_question_forgets_with_its_scans() -> None:
    east, west = make.gate(), make.gate(area_path=make.NEXT_COMMUNITY)
    guard, other = make.guard(), make.guard(within=make.NEXT_COMMUNITY)
    code, then = make.shown(make.resident()), now() - timedelta(days=15)
    make.scanned(east, guard, code, at=then)
    make.scanned(west, other, code, at=then + timedelta(minutes=2))

    actions.forget_persons(PLAYBOOK)

    assert Question.objects.get().person is None


def test_nobody_reads_somebodys_scans_without_a_purpose_or_the_duty() -> None:
    person = make.resident()
    since = now() - timedelta(days=1)

    with pytest.raises(errors.ReasonNeeded):
        actions.read_scans(make.investigator(), person.id, since=since, until=now(), purpose=" ")
    with pytest.raises(NotYours):
        actions.read_scans(
            make.actor("陈", Duty.COMMAND), person.id, since=since, until=now(), purpose="…"
        )
