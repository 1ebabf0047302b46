"""Many tubes at once, calls for tests, and rounds."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.sampling import errors, queries
from fangxian.sampling.actions import (
    add_swab,
    call_for_tests,
    cancel_tests,
    close_round,
    open_round,
    open_tube,
    register_tubes,
    report_tube_result,
)
from fangxian.sampling.models import Swab, TestCall, Tube
from fangxian.sampling.rules import Call, SealedTube
from fangxian.sampling.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules_in_force()


# Many tubes at once


def test_a_batch_is_registered_with_everybody_in_it() -> None:
    rows = [make.sealed_row(*make.residents(10)), make.sealed_row(*make.residents(3))]

    answers = register_tubes(make.SAMPLER_WANG, rows)

    assert [one.outcome for one in answers] == ["registered", "registered"]
    tube = queries.tube_by_barcode(make.SAMPLER_WANG, answers[0].barcode)
    assert (tube.id, tube.state, tube.swabs, tube.capacity) == (rows[0].id, "sealed", 10, 10)
    assert len(queries.members_of(make.SAMPLER_WANG, tube.id)) == 10
    told = Event.objects.get(kind="sampling.tubes_registered")
    assert told.facts == {"tubes": 2, "swabs": 13}


def test_a_batch_sent_again_changes_nothing() -> None:
    rows = [make.sealed_row(*make.residents(2))]
    first = register_tubes(make.SAMPLER_WANG, rows)

    again = register_tubes(make.SAMPLER_WANG, rows)

    assert (again[0].outcome, again[0].barcode) == ("known", first[0].barcode)
    assert (Tube.objects.count(), Swab.objects.count()) == (1, 2)
    assert Event.objects.filter(kind="sampling.tubes_registered").count() == 1


def test_a_row_that_is_refused_does_not_hold_up_the_others() -> None:
    twice, owes = make.resident(), make.resident()
    make.call(owes)
    rows = [
        make.sealed_row(make.resident()),
        make.sealed_row(*make.residents(11)),
        make.sealed_row(),
        make.sealed_row(twice, twice),
        make.sealed_row(owes),
        make.sealed_row(make.resident(), sealed_at=now() + timedelta(hours=1)),
        make.sealed_row(make.resident(), sealed_at=now() - timedelta(hours=3)),
        make.sealed_row(
            make.resident(),
            members=[(make.resident().id, now() - timedelta(days=9))],
        ),
        make.sealed_row(make.resident(), area_path=make.NEXT_COMMUNITY),
        make.sealed_row(make.resident(), members=[(new_id(), now() - timedelta(hours=2))]),
        make.sealed_row(make.resident()),
    ]

    answers = register_tubes(make.SAMPLER_WANG, rows)

    assert [one.code or one.outcome for one in answers] == [
        "registered",
        "tube_is_full",
        "tube_is_empty",
        "swabbed_twice_in_one_tube",
        "must_not_be_pooled",
        "time_in_the_future",
        "sealed_before_swabbed",
        "before_the_incident",
        "not_found",
        "not_found",
        "registered",
    ]
    assert Tube.objects.filter(state="sealed").count() == 2
    assert "tube of their own" in answers[4].message


def test_a_single_tube_of_a_batch_takes_the_test_that_is_owed() -> None:
    pool, person = make.tube(), make.resident()
    call = make.call(person, about_id=pool.id)
    row = make.sealed_row(person, purpose="order")

    register_tubes(make.SAMPLER_WANG, [row])

    call.refresh_from_db()
    assert (call.state, call.tube_id) == ("taken", row.id)
    assert queries.get_tube(PLAYBOOK, row.id).retest_of_id == pool.id


def test_of_two_swabs_in_one_batch_the_first_takes_the_test() -> None:
    person = make.resident()
    call = make.call(person)
    rows = [make.sealed_row(person, purpose="order") for _ in range(2)]

    register_tubes(make.SAMPLER_WANG, rows)

    call.refresh_from_db()
    assert (call.state, call.tube_id) == ("taken", rows[0].id)


def test_a_batch_costs_the_same_number_of_statements_for_any_size() -> None:
    def statements(rows: list[SealedTube]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            register_tubes(make.SAMPLER_WANG, rows)
        return len(asked)

    few = statements([make.sealed_row(*make.residents(2))])
    many = statements([make.sealed_row(*make.residents(10)) for _ in range(20)])

    assert many == few


def test_registering_needs_the_duty() -> None:
    answers = register_tubes(make.LAB_CLERK_LI, [make.sealed_row(make.resident())])

    assert answers[0].code == "not_your_duty"


# Calls for tests


def test_tests_are_called_for_once_and_told_once() -> None:
    pool, people = make.tube(), make.residents(3)
    due_at = now() + timedelta(hours=6)
    calls = [
        Call(
            resident_id=person.id,
            area_path=person.area_path,
            reason="retest",
            about_id=pool.id,
            due_at=due_at,
        )
        for person in people
    ]

    made = call_for_tests(PLAYBOOK, calls)
    again = call_for_tests(PLAYBOOK, calls)

    assert (len(made), again) == (3, [])
    told = Event.objects.get(kind="sampling.tests_called")
    assert (told.subject_id, told.area_path) == (pool.id, make.COMMUNITY)
    assert told.facts["number"] == 3
    assert queries.calls_of(PLAYBOOK, people[0].id).get().about_id == pool.id


def test_tests_that_are_no_longer_needed_are_owed_by_nobody_until_called_for_again() -> None:
    person, order = make.resident(), new_id()
    for day in (1, 3):
        make.call(person, reason="order", about_id=order, day=day)

    assert cancel_tests(PLAYBOOK, order) == 2
    assert cancel_tests(PLAYBOOK, order) == 0
    make.call(person, reason="order", about_id=order, day=3)

    states = list(queries.calls_about(PLAYBOOK, order).values_list("day", "state"))
    assert sorted(states) == [(1, "cancelled"), (3, "due")]
    assert Event.objects.filter(kind="sampling.tests_cancelled").count() == 1


def test_a_swab_on_its_way_is_measured_although_the_test_is_no_longer_needed() -> None:
    person, order = make.resident(), new_id()
    make.call(person, reason="order", about_id=order, day=1, due_at=now())
    tube = make.tube(people=[person], purpose="order")

    cancel_tests(PLAYBOOK, order)
    report_tube_result(make.LAB_CLERK_LI, tube.id, "negative", measured_at=now())

    assert queries.calls_about(PLAYBOOK, order).get().state == "negative"


def test_calling_for_tests_needs_the_duty() -> None:
    person = make.resident()
    call = Call(
        resident_id=person.id,
        area_path=person.area_path,
        reason="order",
        about_id=new_id(),
        due_at=now(),
    )

    with pytest.raises(NotYours):
        call_for_tests(make.SAMPLER_WANG, [call])
    make.call(person, reason="order", about_id=call.about_id, day=1)
    with pytest.raises(NotYours):
        cancel_tests(make.SAMPLER_WANG, call.about_id)


def test_what_is_due_is_listed_first_what_is_due_first() -> None:
    soon, later = make.resident(), make.resident()
    make.call(later, due_at=now() + timedelta(hours=9))
    first = make.call(soon, due_at=now() + timedelta(hours=1))

    due = queries.calls_due(make.INVESTIGATOR_ZHAO, until=now() + timedelta(hours=6))

    assert list(due) == [first]
    assert TestCall.objects.count() == 2


# Rounds


def test_a_person_swabbed_twice_in_a_round_is_counted_once_where_they_live() -> None:
    make.places()
    round_ = make.round_of_testing(people=6)
    here, there = make.residents(4), make.residents(2, area_path=make.NEXT_COMMUNITY + "z/")
    rows = [
        make.sealed_row(here[0], here[1], there[0]),
        make.sealed_row(here[0]),
    ]

    register_tubes(make.SAMPLER_WANG, rows, round_id=round_.id)

    shares = queries.tested_share(make.PLANNER_SUN, round_.id, "community")
    assert [(one.area_path, one.tested, one.people) for one in shares] == [
        (make.COMMUNITY, 2, 4),
        (make.NEXT_COMMUNITY, 1, 2),
    ]
    assert [one.percent for one in shares] == [50, 50]
    whole = queries.round_share(make.PLANNER_SUN, round_.id)
    assert (whole.tested, whole.people) == (3, 6)
    progress = queries.round_progress(make.PLANNER_SUN, round_.id)
    assert (progress.total, progress.swabs) == (2, 4)


def test_a_round_begins_and_ends_once() -> None:
    planned = make.round_of_testing(begun=False)
    with pytest.raises(errors.RoundIsNotOpen):
        close_round(make.PLANNER_SUN, planned.id)

    open_round(make.PLANNER_SUN, planned.id)
    open_round(make.PLANNER_SUN, planned.id)
    assert queries.round_under_way(make.SAMPLER_WANG) == planned
    close_round(make.PLANNER_SUN, planned.id)
    closed = close_round(make.PLANNER_SUN, planned.id)

    assert closed.state == "closed"
    kinds = Event.objects.filter(subject_id=planned.id).order_by("seq")
    assert list(kinds.values_list("kind", flat=True)) == [
        "sampling.round_opened",
        "sampling.round_closed",
    ]
    with pytest.raises(errors.RoundIsOver, match="new round"):
        open_round(make.PLANNER_SUN, planned.id)
    with pytest.raises(errors.RoundIsNotOpen):
        register_tubes(make.SAMPLER_WANG, [], round_id=planned.id)


def test_rounds_are_seen_from_inside_their_area_and_begun_by_planners() -> None:
    planned = make.round_of_testing(begun=False)

    assert queries.get_round(make.SAMPLER_WANG, planned.id) == planned
    with pytest.raises(NotYours):
        open_round(make.SAMPLER_WANG, planned.id)
    with pytest.raises(NotFound, match="round"):
        queries.get_round(make.SAMPLER_WANG, new_id())


def test_a_swab_of_a_round_counts_its_person() -> None:
    round_ = make.round_of_testing()
    person = make.resident()
    tube = open_tube(make.SAMPLER_WANG, area_path=make.COMMUNITY, round_id=round_.id)

    add_swab(make.SAMPLER_WANG, tube.id, person.id, taken_at=now())

    assert queries.round_share(make.SAMPLER_WANG, round_.id).tested == 1
