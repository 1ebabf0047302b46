"""Whom a case met: proposed by rule, decided by people."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from fangxian.cases.actions import (
    confirm_contacts,
    discard_contact,
    find_contacts,
    name_contact,
)
from fangxian.cases.errors import (
    CaseIsOver,
    ContactIsACase,
    ContactWasDiscarded,
    MeetingIsOutsideTheWindow,
    NoContactsByTheseRules,
    OneIsNotOnesOwnContact,
    ReasonIsMissing,
    TimeIsInTheFuture,
    TimesContradict,
)
from fangxian.cases.models import Case, Contact
from fangxian.cases.queries import (
    activity_places,
    contacts_of,
    contacts_of_resident,
    last_contact_of,
    meetings_behind,
    progress_of,
)
from fangxian.cases.tests import make
from fangxian.kernel.access import Duty
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.models import Event
from fangxian.people.actions import merge_residents
from fangxian.people.models import Resident
from fangxian.people.tests import make as people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def events(case: Case) -> list[str]:
    rows = Event.objects.filter(subject_id=case.id).order_by("seq")
    return [event.kind.removeprefix("cases.") for event in rows]


def of(contacts: list[Contact], who: Resident) -> Contact:
    return next(contact for contact in contacts if contact.resident_id == who.id)


def household(*names: str) -> list[Resident]:
    home = people.dwelling()
    first = people.resident(names[0], at=home)
    return [
        first,
        *(people.resident(name, at=home, household_id=first.household_id) for name in names[1:]),
    ]


# Proposing


def test_an_hour_in_the_same_market_makes_a_close_contact() -> None:
    make.rules()
    wang, li, market = people.resident(), people.resident("李红"), make.site()
    case = make.case(wang)
    make.visit(wang, market, hours_ago=20, minutes=60)
    make.visit(li, market, hours_ago=19.5, minutes=60)

    (contact,) = find_contacts(make.MA, case.id)

    assert contact.resident_id == li.id
    assert (contact.kind, contact.how, contact.state) == ("close", "co_presence", "proposed")
    assert (contact.minutes, contact.meetings, contact.evidence) == (30, 1, "rotating")
    assert contact.place == market.number
    assert contact.first_at == make.NOON - timedelta(hours=19.5)
    assert contact.last_at == make.NOON - timedelta(hours=19)
    assert contact.pack == "cn-v9@1"


def test_a_short_meeting_makes_a_low_risk_contact() -> None:
    make.rules()
    wang, li, market = people.resident(), people.resident("李红"), make.site()
    case = make.case(wang)
    make.visit(wang, market, minutes=14)
    make.visit(li, market, minutes=14)

    (contact,) = find_contacts(make.MA, case.id)

    assert (contact.kind, contact.minutes) == ("general", 14)


@pytest.mark.parametrize(("own", "other"), [("poster", "attended"), ("attended", "poster")])
def test_a_poster_scan_alone_never_makes_a_close_contact(own: str, other: str) -> None:
    make.rules()
    wang, li, market = people.resident(), people.resident("李红"), make.site()
    case = make.case(wang)
    make.visit(wang, market, minutes=240, source=own)
    make.visit(li, market, minutes=240, source=other)

    (contact,) = find_contacts(make.MA, case.id)

    assert (contact.kind, contact.evidence, contact.minutes) == ("general", "poster", 240)
    assert contact.state == "proposed"


def test_a_poster_scan_adds_nothing_to_a_surer_meeting() -> None:
    make.rules()
    wang, li = people.resident(), people.resident("李红")
    market, school = make.site(), make.site("学校")
    case = make.case(wang)
    for where, minutes, source in ((market, 10, "attended"), (school, 120, "poster")):
        make.visit(wang, where, minutes=minutes, source=source)
        make.visit(li, where, minutes=minutes, source=source)

    (contact,) = find_contacts(make.MA, case.id)

    assert (contact.kind, contact.minutes, contact.evidence) == ("general", 10, "attended")


def test_the_household_is_close_without_a_scan() -> None:
    make.rules()
    wang, child = household("王建国", "王小明")

    case = make.case(wang)
    (contact,) = find_contacts(make.MA, case.id)

    assert contact.resident_id == child.id
    assert (contact.kind, contact.how, contact.place) == ("close", "household", None)
    assert contact.last_at == case.infectious_until


def test_visits_outside_the_window_do_not_count() -> None:
    make.rules()
    wang, li, market = people.resident(), people.resident("李红"), make.site()
    case = make.case(wang)
    make.visit(wang, market, hours_ago=80)
    make.visit(li, market, hours_ago=80)

    assert find_contacts(make.MA, case.id) == []
    assert events(case) == ["case_reported", "contacts_proposed"]


def test_the_wider_window_of_a_district_finds_more() -> None:
    make.rules("local-4day", from_at=make.NOON - timedelta(days=30))
    wang, li, market = people.resident(), people.resident("李红"), make.site()
    case = make.case(wang)
    make.visit(wang, market, hours_ago=80)
    make.visit(li, market, hours_ago=80)

    assert len(find_contacts(make.MA, case.id)) == 1


def test_under_rules_that_determine_no_contacts_none_are_proposed_and_the_ledger_says_so() -> None:
    make.rules("cn-bb")
    wang, _child = household("王建国", "王小明")
    case = make.case(wang)

    first, second = find_contacts(make.MA, case.id), find_contacts(make.MA, case.id)

    assert first == second == []
    assert events(case) == ["case_reported", "contacts_not_determined"]


def test_looking_again_finds_what_came_in_later_and_repeats_nothing() -> None:
    make.rules()
    wang, li, market = people.resident(), people.resident("李红"), make.site()
    case = make.case(wang)
    make.visit(wang, market, minutes=60)
    make.visit(li, market, minutes=10)
    assert of(find_contacts(make.MA, case.id), li).kind == "general"
    make.visit(li, market, minutes=50)
    find_contacts(make.MA, case.id)

    (contact,) = find_contacts(make.MA, case.id)

    assert (contact.kind, contact.minutes) == ("close", 50)
    assert events(case) == ["case_reported", "contacts_proposed"]


def test_looking_again_leaves_decisions_as_they_are() -> None:
    make.rules()
    li = people.resident("李红")
    contact = make.proposed(li)
    discard_contact(make.MA, contact.id, reason="glass between them")

    (again,) = find_contacts(make.MA, contact.case_id)

    assert again.state == "discarded"


def test_another_open_case_is_not_proposed_as_a_contact() -> None:
    make.rules()
    wang, wife = household("王建国", "李红")
    make.case(wife)

    assert find_contacts(make.MA, make.case(wang).id) == []


def test_visits_under_a_merged_record_still_count() -> None:
    make.rules()
    wang, double = people.resident(), people.resident("王建国", identity="")
    li, market = people.resident("李红"), make.site()
    make.visit(double, market)
    make.visit(li, market)
    merge_residents(people.KEEPER, wang.id, double.id, reason="one person")

    (contact,) = find_contacts(make.MA, make.case(wang).id)

    assert contact.resident_id == li.id


def test_the_search_is_because_of_the_report() -> None:
    make.rules()
    contact = make.proposed(people.resident("李红"))

    reported, proposed = Event.objects.filter(subject_id=contact.case_id).order_by("seq")
    assert proposed.because_id == reported.id
    assert (proposed.facts["close"], proposed.facts["general"]) == (1, 0)


# Deciding


def test_confirmed_contacts_are_announced_each_because_of_the_search() -> None:
    make.rules()
    contact = make.proposed(people.resident("李红"))

    (confirmed,) = confirm_contacts(make.MA, [contact.id])
    confirm_contacts(make.MA, [contact.id])

    assert (confirmed.state, confirmed.decided_at) == ("confirmed", make.NOON)
    event = Event.objects.get(subject_id=contact.id)
    search = Event.objects.get(subject_id=contact.case_id, kind="cases.contacts_proposed")
    assert event.because_id == search.id
    assert event.pack == "cn-v9@1"
    assert event.facts["contact_kind"] == "close"
    assert event.facts["minutes"] == 60


def test_confirming_a_close_contact_proposes_their_household() -> None:
    make.rules("cn-v9")
    li, child = household("李红", "李小明")
    contact = make.proposed(li)

    confirm_contacts(make.MA, [contact.id])

    second = of(list(contacts_of(make.MA, contact.case_id)), child)
    assert (second.kind, second.how, second.state) == ("secondary", "household", "proposed")
    assert second.through_id == contact.id
    assert second.first_at == contact.first_at
    told = Event.objects.filter(kind="cases.contacts_proposed").order_by("-seq")[0]
    assert told.facts["secondary"] == 1


def test_under_the_twenty_measures_nobody_is_a_contact_of_a_contact() -> None:
    make.rules("cn-20")
    li, _child = household("李红", "李小明")
    contact = make.proposed(li)

    confirm_contacts(make.MA, [contact.id])

    assert contacts_of(make.MA, contact.case_id).count() == 1


def test_an_investigator_may_judge_a_contact_closer_than_the_rule() -> None:
    make.rules()
    contact = make.proposed(people.resident("李红"), minutes=5)
    assert contact.kind == "general"

    (confirmed,) = confirm_contacts(make.MA, [contact.id], kind="close")

    assert confirmed.kind == "close"


def test_a_discarded_contact_refuses_the_whole_list() -> None:
    make.rules()
    case = make.case()
    one = make.proposed(people.resident("李红"), of=case)
    two = make.proposed(people.resident("赵梅"), of=case)
    discard_contact(make.MA, two.id, reason="wore a suit")

    with pytest.raises(ContactWasDiscarded):
        confirm_contacts(make.MA, [one.id, two.id])

    one.refresh_from_db()
    assert one.state == "proposed"


def test_of_two_cases_the_later_contact_is_the_one_announced() -> None:
    make.rules()
    li = people.resident("李红")
    market = make.site()
    first, second = make.case(), make.case(people.resident("马强"))
    make.visit(first.resident, market, hours_ago=10)
    make.visit(second.resident, market, hours_ago=30)
    make.visit(li, market, hours_ago=10)
    make.visit(li, market, hours_ago=30)

    for case in (first, second):
        confirm_contacts(make.MA, [of(find_contacts(make.MA, case.id), li).id])

    later = make.NOON - timedelta(hours=9)
    told = Event.objects.filter(kind="cases.contact_confirmed").order_by("seq")
    assert [event.facts["last_at"] for event in told] == [
        later.isoformat().replace("+00:00", "Z")
    ] * 2
    assert last_contact_of(make.MA, li.id) == later
    assert contacts_of_resident(make.MA, li.id).count() == 2


def test_discarding_needs_a_reason_and_says_what_was() -> None:
    make.rules()
    contact = make.proposed(people.resident("李红"))

    with pytest.raises(ReasonIsMissing):
        discard_contact(make.MA, contact.id, reason="")
    confirm_contacts(make.MA, [contact.id])
    discard_contact(make.MA, contact.id, reason="protected all the time")
    discard_contact(make.MA, contact.id, reason="again")

    event = Event.objects.filter(subject_id=contact.id).order_by("-seq")[0]
    assert event.facts["was"] == "confirmed"
    assert event.facts["reason"] == "protected all the time"


def test_when_a_close_contact_is_discarded_so_are_their_own_contacts() -> None:
    make.rules()
    li, child = household("李红", "李小明")
    contact = make.proposed(li)
    confirm_contacts(make.MA, [contact.id])

    discard_contact(make.MA, contact.id, reason="protected all the time")

    assert of(list(contacts_of(make.MA, contact.case_id)), child).state == "discarded"


def test_decisions_are_for_investigators_who_see_the_contact() -> None:
    make.rules()
    contact = make.proposed(people.resident("李红"))
    elsewhere = people.community("别处")

    with pytest.raises(NotYours):
        confirm_contacts(make.investigator(Duty.COMMAND), [contact.id])
    with pytest.raises(NotYours):
        discard_contact(make.investigator(Duty.COMMAND), contact.id, reason="no")
    with pytest.raises(NotFound):
        confirm_contacts(make.investigator(within=elsewhere.path), [contact.id])


def test_contacts_of_a_closed_case_are_not_confirmed() -> None:
    make.rules()
    contact = make.proposed(people.resident("李红"), minutes=5)
    Case.objects.filter(id=contact.case_id).update(state="closed", closed_at=make.NOON)

    with pytest.raises(CaseIsOver):
        confirm_contacts(make.MA, [contact.id])


# Naming


def test_a_contact_named_in_the_interview_is_confirmed_at_once() -> None:
    make.rules()
    case, li = make.case(), people.resident("李红")
    at = make.NOON - timedelta(hours=8)

    contact = name_contact(make.MA, case.id, li.id, last_at=at, minutes=30)
    again = name_contact(make.MA, case.id, li.id, last_at=at, minutes=30)

    assert contact == again
    assert (contact.how, contact.state, contact.kind) == ("named", "confirmed", "close")
    assert Event.objects.filter(subject_id=contact.id).count() == 1


def test_naming_brings_back_a_discarded_contact() -> None:
    make.rules()
    li = people.resident("李红")
    contact = make.proposed(li)
    discard_contact(make.MA, contact.id, reason="did not remember")

    named = name_contact(make.MA, contact.case_id, li.id, last_at=make.NOON - timedelta(hours=1))

    assert (named.id, named.state, named.reason) == (contact.id, "confirmed", "")
    assert named.last_at == make.NOON - timedelta(hours=1)


def test_what_cannot_be_is_not_named() -> None:
    make.rules("cn-20")
    case, li = make.case(), people.resident("李红")
    at = make.NOON - timedelta(hours=8)

    with pytest.raises(OneIsNotOnesOwnContact):
        name_contact(make.MA, case.id, case.resident_id, last_at=at)
    with pytest.raises(ContactIsACase):
        name_contact(make.MA, case.id, make.case(people.resident("马强")).resident_id, last_at=at)
    with pytest.raises(TimeIsInTheFuture):
        name_contact(make.MA, case.id, li.id, last_at=make.NOON + timedelta(hours=1))
    with pytest.raises(TimesContradict):
        name_contact(make.MA, case.id, li.id, first_at=at + timedelta(hours=1), last_at=at)
    with pytest.raises(MeetingIsOutsideTheWindow):
        name_contact(make.MA, case.id, li.id, last_at=at - timedelta(days=9))
    with pytest.raises(NoContactsByTheseRules):
        name_contact(make.MA, case.id, li.id, last_at=at, kind="secondary")


# Looking


def test_how_far_the_decisions_are() -> None:
    make.rules()
    case = make.case()
    close = make.proposed(people.resident("李红"), of=case)
    make.proposed(people.resident("赵梅"), of=case)
    make.proposed(people.resident("马强"), of=case, minutes=5)
    confirm_contacts(make.MA, [close.id])

    progress = progress_of(make.MA, [case.id])[case.id]

    assert (progress.decided, progress.needed, progress.general) == (1, 2, 1)
    assert progress.percent == 50


def test_every_meeting_behind_a_contact_can_be_shown() -> None:
    make.rules()
    wang, li, market, school = (
        people.resident(),
        people.resident("李红"),
        make.site(),
        make.site("学校"),
    )
    case = make.case(wang)
    for where, hours in ((market, 20), (school, 10)):
        make.visit(wang, where, hours_ago=hours, minutes=45)
        make.visit(li, where, hours_ago=hours, minutes=30)
    (contact,) = find_contacts(make.MA, case.id)

    meetings = meetings_behind(make.MA, contact.id)

    assert [meeting.place for meeting in meetings] == [market.number, school.number]
    assert sum((m.together for m in meetings), timedelta()) == timedelta(hours=1)


def test_where_a_case_had_been_in_its_window() -> None:
    make.rules()
    wang, market, school = people.resident(), make.site(), make.site("学校", kind="school")
    case = make.case(wang)
    make.visit(wang, market, hours_ago=20, minutes=15, source="poster")
    make.visit(wang, market, hours_ago=10, minutes=15)
    make.visit(wang, school, hours_ago=54.5, minutes=120)
    make.visit(wang, school, hours_ago=300)

    long, short = activity_places(make.MA, case.id)

    assert (long.name, long.times, long.minutes) == ("学校", 1, 90)
    assert (short.name, short.times, short.minutes, short.evidence) == (
        "朝阳菜市场",
        2,
        30,
        "rotating",
    )


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("contact_discarded_says_why", {"state": "discarded", "decided_at": make.NOON}),
        ("contact_decided_has_a_time", {"state": "confirmed"}),
        ("contact_decided_has_a_time", {"decided_at": make.NOON}),
        ("contact_last_is_not_before_first", {"last_at": make.NOON - timedelta(days=90)}),
        ("contact_of_contact_says_through_whom", {"kind": "secondary", "how": "household"}),
        ("contact_dose_is_not_negative", {"minutes": -1}),
    ],
)
def test_the_database_itself_refuses_impossible_contacts(
    constraint: str, change: dict[str, object]
) -> None:
    make.rules()
    contact = make.proposed(people.resident("李红"))

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Contact.objects.filter(id=contact.id).update(**change)


def test_the_database_itself_refuses_to_name_a_contact_twice() -> None:
    make.rules()
    contact = make.proposed(people.resident("李红"))

    with (
        pytest.raises(IntegrityError, match="contact_is_named_once_a_case"),
        transaction.atomic(),
    ):
        Contact.objects.create(
            **{
                field.attname: getattr(contact, field.attname)
                for field in Contact._meta.fields
                if field.name != "id"
            }
        )
