"""What laboratories say, say again, say against each other, and take back."""

from datetime import datetime, timedelta

import pytest

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound, NotYours, Refusal
from fangxian.kernel.ids import code, new_id
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.sampling import errors
from fangxian.sampling.actions import (
    call_for_tests,
    correct_tube_result,
    import_results,
    report_tube_result,
    void_tube,
)
from fangxian.sampling.events import TubeVoided
from fangxian.sampling.models import Tube
from fangxian.sampling.queries import (
    calls_about,
    get_tube,
    last_result_of,
    members_of,
    reports_on,
    tube_by_barcode,
    tubes_awaiting_result,
    tubes_disputed,
)
from fangxian.sampling.rules import Call
from fangxian.sampling.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules_in_force()


def report(tube: Tube, finding: str, **unusual: object) -> Tube:
    known: dict[str, object] = {"measured_at": now()}
    return report_tube_result(make.LAB_CLERK_LI, tube.id, finding, **{**known, **unusual})  # type: ignore[arg-type]


def correct(tube: Tube, finding: str, reason: str = "two tubes were swapped") -> Tube:
    return correct_tube_result(
        make.LAB_CLERK_LI, tube.id, finding, measured_at=now(), reason=reason
    )


def told(tube: Tube) -> list[str]:
    """What the ledger tells of a tube, without the room's name."""
    events = Event.objects.filter(subject_id=tube.id).order_by("seq")
    return [kind.removeprefix("sampling.") for kind in events.values_list("kind", flat=True)]


def standings(tube: Tube) -> list[tuple[str, str]]:
    return [(one.finding, one.standing) for one in reports_on(make.LAB_CLERK_LI, tube.id)]


def test_a_positive_pool_is_told_with_what_the_playbook_needs() -> None:
    pool = make.tube(swabs=10)

    report(pool, "positive")

    event = Event.objects.get(kind="sampling.tube_found_positive")
    assert event.facts["barcode"] == pool.barcode
    assert (event.facts["swabs"], event.facts["purpose"]) == (10, "round")
    assert (event.facts["resident_id"], event.facts["retest_of_id"]) == (None, None)
    assert event.area_path == make.COMMUNITY
    assert (event.pack, event.because_id) == ("cn-v9@1", None)


def test_the_result_of_a_single_tube_names_its_person_and_its_cause() -> None:
    pool, person = make.tube(), make.resident()
    cause = Event.objects.filter(subject_id=pool.id).get()
    call_for_tests(
        PLAYBOOK,
        [
            Call(
                resident_id=person.id,
                area_path=make.COMMUNITY,
                reason="retest",
                about_id=pool.id,
                due_at=now() + timedelta(hours=6),
            )
        ],
        because=cause,
    )
    single = make.tube(people=[person], purpose="order")

    report(single, "positive")

    event = Event.objects.get(kind="sampling.tube_found_positive")
    assert event.facts["resident_id"] == str(person.id)
    assert event.facts["retest_of_id"] == str(pool.id)
    assert event.because_id == cause.id
    assert calls_about(PLAYBOOK, pool.id).get().state == "positive"


def test_a_cause_that_is_given_is_kept() -> None:
    pool = make.tube()
    cause = record(
        TubeVoided(subject_id=pool.id, area_path="1/", barcode="T", swabs=1, reason="r"),
        actor=PLAYBOOK,
    )

    report(pool, "negative", because=cause)

    assert Event.objects.get(kind="sampling.tube_found_negative").because_id == cause.id


def test_a_finding_reported_again_changes_nothing() -> None:
    pool = make.tube()

    first = report(pool, "negative")
    again = report(pool, "negative", measured_at=now() + timedelta(minutes=1))

    assert first.result_at == again.result_at
    assert told(pool) == ["tube_sealed", "tube_found_negative"]
    assert len(standings(pool)) == 1


def test_another_finding_of_the_same_laboratory_is_sent_to_the_correction() -> None:
    pool = make.tube()
    report(pool, "negative")

    with pytest.raises(errors.TubeAlreadyReported, match="Correct the result") as refusal:
        report(pool, "positive")

    assert refusal.value.facts["advice"] == "correct_tube_result"
    assert get_tube(make.LAB_CLERK_LI, pool.id).state == "negative"
    assert standings(pool) == [("negative", "decided")]


def test_nothing_another_laboratory_says_is_lost() -> None:
    pool, second, third = make.tube(), make.laboratory(), make.laboratory()
    report(pool, "negative")

    report(pool, "positive", laboratory_id=second.id)
    report(pool, "positive", laboratory_id=second.id)
    report(pool, "negative", laboratory_id=third.id)

    assert get_tube(make.LAB_CLERK_LI, pool.id).state == "negative"
    assert standings(pool) == [
        ("negative", "decided"),
        ("positive", "disputed"),
        ("negative", "confirmed"),
    ]
    assert told(pool)[-1] == "laboratories_disagree"
    assert told(pool).count("laboratories_disagree") == 1
    assert list(tubes_disputed(make.LAB_CLERK_LI)) == [pool]


def test_a_laboratory_that_could_not_measure_disputes_nothing() -> None:
    pool = make.tube()
    report(pool, "positive")

    report(pool, "invalid", laboratory_id=make.laboratory().id)

    assert standings(pool)[-1] == ("invalid", "set_aside")
    assert "laboratories_disagree" not in told(pool)


def test_any_measurement_stands_before_an_invalid_one() -> None:
    pool = make.tube()
    report(pool, "invalid")

    measured = report(pool, "positive")

    assert measured.state == "positive"
    assert standings(pool) == [("invalid", "set_aside"), ("positive", "decided")]
    assert told(pool)[1:] == ["tube_found_invalid", "tube_found_positive"]


def test_a_corrected_finding_is_told_like_a_new_one() -> None:
    pool = make.tube()
    report(pool, "negative")

    correct(pool, "positive")

    assert told(pool)[-2:] == ["tube_result_corrected", "tube_found_positive"]
    correction = Event.objects.get(kind="sampling.tube_result_corrected")
    finding = Event.objects.get(kind="sampling.tube_found_positive")
    assert correction.facts["reason"] == "two tubes were swapped"
    assert finding.because_id == correction.id
    assert standings(pool) == [("negative", "corrected"), ("positive", "decided")]


def test_correcting_to_what_stands_already_changes_nothing() -> None:
    pool = make.tube()
    report(pool, "negative")

    correct(pool, "negative")

    assert told(pool) == ["tube_sealed", "tube_found_negative"]


def test_a_disagreement_is_settled_for_the_first_laboratory() -> None:
    pool = make.tube()
    report(pool, "negative")
    report(pool, "positive", laboratory_id=make.laboratory().id)

    correct(pool, "negative", reason="measured again by the reference laboratory")

    assert told(pool)[-1] == "disagreement_settled"
    assert standings(pool) == [("negative", "decided"), ("positive", "set_aside")]
    assert list(tubes_disputed(make.LAB_CLERK_LI)) == []


def test_a_disagreement_is_settled_for_the_second_laboratory() -> None:
    pool = make.tube()
    report(pool, "negative")
    report(pool, "positive", laboratory_id=make.laboratory().id)

    correct(pool, "positive", reason="measured again by the reference laboratory")

    assert told(pool)[-3:] == [
        "tube_result_corrected",
        "disagreement_settled",
        "tube_found_positive",
    ]
    assert [standing for _finding, standing in standings(pool)] == [
        "corrected",
        "confirmed",
        "decided",
    ]


def test_a_correction_needs_a_result_and_a_reason() -> None:
    pool = make.tube()

    with pytest.raises(errors.TubeHasNoResult, match="Report"):
        correct(pool, "negative")
    report(pool, "negative")
    with pytest.raises(errors.ReasonMissing, match="reason"):
        correct(pool, "positive", reason=" ")


# Tubes that can have no result


def test_an_unknown_tube_has_no_result() -> None:
    with pytest.raises(NotFound, match="Check the number"):
        report_tube_result(make.LAB_CLERK_LI, new_id(), "negative", measured_at=now())
    for typed in (code("T", 99), "T0000000", "hello", ""):
        with pytest.raises(NotFound, match="Check the number"):
            tube_by_barcode(make.LAB_CLERK_LI, typed)


def test_an_open_tube_has_no_result() -> None:
    with pytest.raises(errors.TubeAwaitsNoResult, match="must be sealed"):
        report(make.filled_tube(swabs=2), "negative")


def test_a_void_tube_has_no_result_and_a_tube_with_a_result_is_not_made_void() -> None:
    broken, measured = make.tube(swabs=1), make.tube(swabs=1)
    void_tube(make.SAMPLER_WANG, broken.id, reason="it broke")
    report(measured, "negative")

    with pytest.raises(errors.TubeAwaitsNoResult, match="swabbed again"):
        report(broken, "negative")
    with pytest.raises(errors.TubeHasResult, match="invalid"):
        void_tube(make.SAMPLER_WANG, measured.id, reason="mixed up")


@pytest.mark.parametrize(
    ("moment", "refusal"),
    [
        (timedelta(minutes=6), errors.TimeInTheFuture),
        (timedelta(hours=-3), errors.MeasuredBeforeSealed),
        (timedelta(days=-8), errors.BeforeTheIncident),
    ],
)
def test_a_tube_is_not_measured_at_an_impossible_time(
    moment: timedelta, refusal: type[Refusal]
) -> None:
    pool = make.tube()

    with pytest.raises(refusal):
        report(pool, "negative", measured_at=now() + moment)
    assert get_tube(make.LAB_CLERK_LI, pool.id).state == "sealed"


def test_a_finding_is_one_of_three_words() -> None:
    with pytest.raises(errors.NoSuchFinding, match="negative, positive or invalid"):
        report(make.tube(), "maybe")


def test_a_laboratory_is_one_of_the_district() -> None:
    with pytest.raises(NotFound, match="laboratory"):
        report(make.tube(), "negative", laboratory_id=new_id())


def test_entering_results_needs_the_duty() -> None:
    with pytest.raises(NotYours):
        report_tube_result(make.SAMPLER_WANG, make.tube().id, "negative", measured_at=now())


# What a finding says of one person


def test_a_negative_pool_clears_everybody_and_a_positive_one_nobody() -> None:
    clean, suspect = make.tube(swabs=2), make.tube(swabs=2)

    report(clean, "negative")
    report(suspect, "positive")

    for person in members_of(make.LAB_CLERK_LI, clean.id):
        known = last_result_of(make.LAB_CLERK_LI, person)
        assert known is not None
        assert known.finding == "negative"
    for person in members_of(make.LAB_CLERK_LI, suspect.id):
        assert last_result_of(make.LAB_CLERK_LI, person) is None


def test_an_invalid_tube_leaves_the_test_owed() -> None:
    person = make.resident()
    call = make.call(person)
    tube = make.tube(people=[person], purpose="order")

    report(tube, "invalid")

    call.refresh_from_db()
    assert call.state == "due"


def test_a_correction_reaches_the_test_that_was_owed() -> None:
    person = make.resident()
    call = make.call(person)
    tube = make.tube(people=[person], purpose="order")
    report(tube, "negative")
    call.refresh_from_db()
    assert call.state == "negative"

    correct(tube, "positive")

    call.refresh_from_db()
    assert call.state == "positive"


def test_the_longest_wait_stands_first() -> None:
    first, second = make.tube(swabs=1), make.tube(swabs=1)
    make.filled_tube(swabs=1)
    report(make.tube(swabs=1), "negative")

    assert list(tubes_awaiting_result(make.LAB_CLERK_LI)) == [first, second]


# Results from a file


def as_file(*lines: tuple[str, str, datetime | str]) -> str:
    rows = [
        f"{barcode},{finding},{at.isoformat() if isinstance(at, datetime) else at}"
        for barcode, finding, at in lines
    ]
    return "\n".join(["\ufeffbarcode,finding,measured_at", *rows])


def test_a_file_loads_what_it_can_and_names_the_other_lines() -> None:
    good, bad_time, open_one = make.tube(), make.tube(), make.filled_tube(swabs=1)
    text = as_file(
        (good.barcode, "阴性", now()),
        ("T9999999", "negative", now()),
        (bad_time.barcode, "positive", "yesterday"),
        (bad_time.barcode, "perhaps", now()),
        ("", "negative", now()),
        (open_one.barcode, "negative", now()),
    )

    outcome = import_results(make.LAB_CLERK_LI, text)

    assert outcome.loaded == 1
    assert [(one.line, one.reason.split(".")[0]) for one in outcome.bad] == [
        (3, "There is no such tube in your area"),
        (4, "The time of the measurement cannot be read"),
        (5, "The finding must be negative, positive or invalid"),
        (6, "There is no barcode in this line"),
        (7, f"Tube {open_one.barcode} is still open"),
    ]
    assert get_tube(make.LAB_CLERK_LI, good.id).state == "negative"


def test_the_same_file_again_changes_nothing() -> None:
    pool = make.tube()
    text = as_file((pool.barcode, "negative", now()))

    import_results(make.LAB_CLERK_LI, text)
    again = import_results(make.LAB_CLERK_LI, text)

    assert (again.loaded, again.bad) == (1, [])
    assert told(pool) == ["tube_sealed", "tube_found_negative"]


def test_a_file_without_the_columns_loads_nothing() -> None:
    outcome = import_results(make.LAB_CLERK_LI, "name,age\nLi,3")

    assert (outcome.loaded, outcome.bad[0].line) == (0, 1)
    assert "columns" in outcome.bad[0].reason
