"""A person becomes a case: once, with a window by the rules, and with a clear word when not."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from fangxian.cases.actions import (
    close_case,
    find_contacts,
    note_onset,
    report_case,
    withdraw_case,
)
from fangxian.cases.errors import (
    CaseIsOver,
    ContactsAwaitDecision,
    NoSymptomsNoOnset,
    ReasonIsMissing,
    TimeIsBeforeTheIncident,
    TimeIsInTheFuture,
)
from fangxian.cases.models import Case, Contact
from fangxian.cases.queries import cases_of, get_case, open_case_of
from fangxian.cases.tests import make
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import Hands
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.models import Event
from fangxian.people.tests import make as people
from fangxian.protocol.errors import NoPackInForce

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def events(case: Case) -> list[str]:
    rows = Event.objects.filter(subject_id=case.id).order_by("seq")
    return [event.kind.removeprefix("cases.") for event in rows]


def test_an_asymptomatic_case_has_a_window_from_two_days_before_the_specimen_until_now() -> None:
    make.rules("cn-v9")

    case = make.case(specimen_at=make.NOON - timedelta(hours=6))

    assert case.infectious_from == make.NOON - timedelta(hours=6, days=2)
    assert case.infectious_until == make.NOON
    assert case.pack == "cn-v9@1"
    assert events(case) == ["case_reported"]


def test_a_case_with_symptoms_has_a_window_from_two_days_before_its_onset() -> None:
    make.rules("cn-v9")

    case = make.case(classification="confirmed", onset_on=date(2022, 8, 31))

    midnight_in_xining = datetime(2022, 8, 30, 16, tzinfo=UTC)
    assert case.infectious_from == midnight_in_xining - timedelta(days=2)


def test_where_the_district_widened_the_window_it_is_four_days() -> None:
    make.rules("local-4day", from_at=make.NOON - timedelta(days=10))

    case = make.case(specimen_at=make.NOON - timedelta(hours=6))

    assert case.infectious_from == make.NOON - timedelta(hours=6, days=4)


def test_whoever_was_isolated_before_the_window_could_infect_nobody() -> None:
    make.rules()

    case = make.case(
        under_control=True, found_by="contact", isolated_at=make.NOON - timedelta(days=5)
    )

    assert case.infectious_until == case.infectious_from
    assert find_contacts(make.MA, case.id) == []


def test_reporting_the_same_person_twice_leaves_one_case_and_one_fact() -> None:
    make.rules()
    wang = people.resident()

    first, second = make.case(wang), make.case(wang)

    assert first == second
    assert events(first) == ["case_reported"]


def test_a_stronger_finding_raises_the_classification_and_says_so() -> None:
    make.rules()
    wang = people.resident()
    case = make.case(wang, classification="suspected")

    again = make.case(wang, classification="confirmed", onset_on=date(2022, 9, 1))

    assert again.id == case.id
    assert again.classification == "confirmed"
    assert again.onset_on == date(2022, 9, 1)
    assert events(case) == ["case_reported", "case_reclassified"]


def test_a_weaker_finding_changes_nothing() -> None:
    make.rules()
    wang = people.resident()
    make.case(wang, classification="confirmed")

    again = make.case(wang, classification="suspected")

    assert again.classification == "confirmed"
    assert events(again) == ["case_reported"]


def test_a_person_without_an_identity_number_is_accepted_and_the_lack_is_recorded() -> None:
    make.rules()
    unknown = people.resident("某女士", identity="")

    case = make.case(unknown)

    assert events(case) == ["case_reported", "case_lacks_identity"]
    reported, lacks = Event.objects.filter(subject_id=case.id).order_by("seq")
    assert lacks.because_id == reported.id
    assert lacks.facts["resident_id"] == str(unknown.id)


def test_after_a_case_is_closed_a_new_infection_is_a_new_case(noon: Hands) -> None:
    make.rules()
    wang = people.resident()
    first = make.case(wang)
    close_case(make.MA, first.id)
    noon.forward(days=30)

    second = make.case(wang)

    assert second.id != first.id
    assert list(cases_of(make.MA, wang.id)) == [second, first]
    assert open_case_of(make.MA, wang.id) == second


@pytest.mark.parametrize(
    "times",
    [
        {"specimen_at": make.NOON + timedelta(minutes=1)},
        {"classification": "confirmed", "onset_on": date(2022, 9, 3)},
        {"isolated_at": make.NOON + timedelta(minutes=1)},
    ],
)
def test_a_time_in_the_future_is_refused(times: dict[str, Any]) -> None:
    make.rules()

    with pytest.raises(TimeIsInTheFuture, match="future"):
        make.case(**times)

    assert not Case.objects.exists()


@pytest.mark.parametrize(
    "times",
    [
        {"specimen_at": make.ADOPTED - timedelta(minutes=1)},
        {"classification": "confirmed", "onset_on": date(2022, 6, 1)},
    ],
)
def test_a_time_before_the_incident_is_refused(times: dict[str, Any]) -> None:
    make.rules()

    with pytest.raises(TimeIsBeforeTheIncident, match="before this incident"):
        make.case(**times)


def test_without_rules_in_force_there_is_no_case() -> None:
    with pytest.raises(NoPackInForce):
        make.case()


def test_somebody_without_symptoms_has_no_day_of_onset() -> None:
    make.rules()

    with pytest.raises(NoSymptomsNoOnset):
        make.case(classification="asymptomatic", onset_on=date(2022, 9, 1))


def test_only_an_investigator_of_the_area_reports_cases() -> None:
    make.rules()
    wang, elsewhere = people.resident(), people.community("别处")

    with pytest.raises(NotYours):
        make.case(wang, by=make.investigator(Duty.CARRY_OUT))
    with pytest.raises(NotFound):
        make.case(wang, by=make.investigator(within=elsewhere.path))


def test_a_case_elsewhere_does_not_exist() -> None:
    make.rules()
    case, elsewhere = make.case(), people.community("别处")

    with pytest.raises(NotFound):
        get_case(make.investigator(within=elsewhere.path), case.id)


def test_when_the_onset_becomes_known_the_window_moves() -> None:
    make.rules()
    case = make.case()

    note_onset(make.MA, case.id, onset_on=date(2022, 8, 30))
    note_onset(make.MA, case.id, onset_on=date(2022, 8, 30))

    case.refresh_from_db()
    assert case.classification == "confirmed"
    assert case.infectious_from == datetime(2022, 8, 27, 16, tzinfo=UTC)
    assert events(case) == ["case_reported", "onset_noted"]


def test_a_case_is_not_closed_while_close_contacts_are_undecided() -> None:
    make.rules()
    contact = make.proposed(people.resident("李红"))

    with pytest.raises(ContactsAwaitDecision, match="1 of its contacts"):
        close_case(make.MA, contact.case_id)

    contact.case.refresh_from_db()
    assert contact.case.state == "open"


def test_closing_twice_is_one_closing() -> None:
    make.rules()
    case = make.case()

    close_case(make.MA, case.id)
    close_case(make.MA, case.id)

    assert events(case) == ["case_reported", "case_closed"]


def test_a_withdrawn_case_takes_its_contacts_along() -> None:
    make.rules()
    contact = make.proposed(people.resident("李红"))

    withdraw_case(make.MA, contact.case_id, reason="result corrected")
    withdraw_case(make.MA, contact.case_id, reason="result corrected")

    contact.refresh_from_db()
    assert contact.state == Contact.State.DISCARDED
    assert events(contact.case)[-1] == "case_withdrawn"
    told = Event.objects.get(subject_id=contact.id)
    assert told.kind == "cases.contact_discarded"
    assert told.facts["was"] == "proposed"


def test_a_case_is_not_withdrawn_without_a_reason() -> None:
    make.rules()
    case = make.case()

    with pytest.raises(ReasonIsMissing):
        withdraw_case(make.MA, case.id, reason=" ")


def test_nothing_about_a_closed_case_can_be_changed() -> None:
    make.rules()
    case = make.case()
    close_case(make.MA, case.id)

    with pytest.raises(CaseIsOver, match="closed"):
        find_contacts(make.MA, case.id)
    with pytest.raises(CaseIsOver):
        note_onset(make.MA, case.id, onset_on=date(2022, 9, 1))
    with pytest.raises(CaseIsOver):
        withdraw_case(make.MA, case.id, reason="no")


def test_a_withdrawn_case_is_not_closed() -> None:
    make.rules()
    case = make.case()
    withdraw_case(make.MA, case.id, reason="result corrected")

    with pytest.raises(CaseIsOver, match="withdrawn"):
        close_case(make.MA, case.id)


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        (
            "case_window_does_not_end_before_it_begins",
            {"infectious_until": make.NOON - timedelta(days=90)},
        ),
        ("case_without_symptoms_has_no_onset", {"onset_on": date(2022, 9, 1)}),
        ("case_that_is_over_has_a_time", {"state": "closed"}),
        ("case_that_is_over_has_a_time", {"closed_at": make.NOON}),
        (
            "case_is_reported_after_its_specimen",
            {"specimen_at": make.NOON + timedelta(minutes=1)},
        ),
    ],
)
def test_the_database_itself_refuses_impossible_cases(
    constraint: str, change: dict[str, object]
) -> None:
    make.rules()
    case = make.case()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Case.objects.filter(id=case.id).update(**change)


def test_the_database_itself_refuses_a_second_open_case() -> None:
    make.rules()
    case = make.case()

    with (
        pytest.raises(IntegrityError, match="case_is_open_once_a_person"),
        transaction.atomic(),
    ):
        Case.objects.create(
            **{
                field.attname: getattr(case, field.attname)
                for field in Case._meta.fields
                if field.name not in {"id", "number"}
            },
            number=case.number + 1,
        )


def test_a_report_in_a_language_reads_well() -> None:
    make.rules()

    with pytest.raises(TimeIsInTheFuture) as refusal:
        report_case(
            make.MA,
            resident_id=people.resident().id,
            classification="confirmed",
            specimen_at=make.NOON + timedelta(days=1),
            found_by="clinic",
            under_control=False,
        )

    assert refusal.value.message.endswith("enter it again.")
