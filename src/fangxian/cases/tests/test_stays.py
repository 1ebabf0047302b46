"""The interview: what a case tells of its way, kept as it was said, and seen by the search."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from fangxian.areas.models import Site
from fangxian.cases.actions import close_case, find_contacts, record_visits
from fangxian.cases.errors import (
    CaseIsOver,
    PlaceIsKnown,
    StayEndsBeforeItBegins,
    StayLacksAPlace,
    TimeIsInTheFuture,
    TwoPlacesAtOnce,
)
from fangxian.cases.models import Case, Companion, Contact, Stay, Visit
from fangxian.cases.partial import read_line
from fangxian.cases.rules import VisitRow
from fangxian.cases.stays import (
    add_place,
    add_stay,
    change_stay,
    confirm_scan,
    name_companion,
    remove_companion,
    remove_stay,
)
from fangxian.cases.tests import make
from fangxian.cases.timeline import certain, timeline_of
from fangxian.kernel.access import Duty
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.models import Event
from fangxian.people.tests import make as people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

ZONE = ZoneInfo("Asia/Shanghai")
TODAY, YESTERDAY = date(2022, 9, 2), date(2022, 9, 1)


def told(text: str) -> dict[str, Any]:
    """What the page makes of a line: the day talked about is yesterday."""
    leg = read_line(text, day=YESTERDAY, today=TODAY, zone=ZONE)
    said = {"begin": leg.begin, "until": leg.until, "place": leg.place, "with_whom": leg.names}
    return said | ({"sure": leg.sure} if leg.sure else {})


def at(hour: int, minute: int = 0, day: date = YESTERDAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)


def say(case: Case, text: str, where: Site | None = None) -> Stay:
    return add_stay(make.MA, case.id, **told(text), site_id=where.id if where else None)


def visits() -> list[tuple[int, datetime, datetime, str]]:
    rows = Visit.objects.order_by("start_at", "id")
    return [(row.place, row.start_at, row.end_at, row.source) for row in rows]


def happened(case: Case) -> list[str]:
    kinds = Event.objects.filter(subject_id=case.id).order_by("seq").values_list("kind", flat=True)
    return [kind.removeprefix("cases.") for kind in kinds]


@pytest.fixture
def case() -> Case:
    make.rules()
    return make.case()


# What is told is kept, and searched


def test_a_stay_is_kept_as_it_was_said_and_counts_in_the_next_search(case: Case) -> None:
    market, li = make.site(), people.resident("李红")
    make.visit(li, market, hours_ago=19, minutes=60)

    stay = say(case, "17:30-18:10 朝阳菜市场", market)

    assert (stay.from_said, stay.until_said, stay.place_said) == ("17:30", "18:10", "朝阳菜市场")
    assert (stay.from_earliest, stay.until_latest) == (at(17, 30), at(18, 10))
    assert (market.number, at(17, 30), at(18, 10), "interview") in visits()
    (contact,) = find_contacts(make.MA, case.id)
    assert (contact.resident_id, contact.minutes, contact.evidence) == (li.id, 30, "interview")
    assert "stay_noted" in happened(case)


def test_the_same_words_said_again_are_the_same_stay(case: Case) -> None:
    market = make.site()

    first, again = (say(case, "17:30-18:10 朝阳菜市场", market) for _ in range(2))

    assert first == again
    assert len(visits()) == 1
    assert happened(case).count("stay_noted") == 1


def test_only_what_is_certain_is_searched(case: Case) -> None:
    market = make.site()

    say(case, "大约中午-17:00 朝阳菜市场", market)

    assert visits() == [(market.number, at(13), at(17), "interview")]


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("17:30-18:10 市场", at(17, 30), at(18, 10)),
        ("大约17:00-18:10 市场", at(17, 30), at(18, 10)),
        ("17:30 市场", at(17, 30), at(17, 30)),
        ("?-18:10 市场", at(18, 10), at(18, 10)),
        ("8月31日-1日9:00 市场", None, None),
        ("大约中午 市场", None, None),
        ("? 市场", None, None),
        ("市场", None, None),
        ("上午-中午 市场", None, None),
        ("9点前-10:00 市场", at(9), at(10)),
    ],
)
def test_what_is_certain_is_never_more_than_was_said(
    case: Case, text: str, begin: datetime | None, end: datetime | None
) -> None:
    expected = (begin, end) if begin and end else None
    if text.startswith("8月31日"):  # came some time on that day, left at nine of the next
        expected = (at(23, 59, date(2022, 8, 31)), at(9))

    assert certain(say(case, text)) == expected


def test_changing_a_stay_takes_its_visit_along(case: Case) -> None:
    market, school = make.site(), make.site("祁连路小学", kind="school")
    stay = say(case, "17:30-18:10 朝阳菜市场", market)

    changed = change_stay(make.MA, stay.id, **told("16:00-16:20 祁连路小学?"), site_id=school.id)

    assert visits() == [(school.number, at(16), at(16, 20), "interview")]
    assert changed.sure == Stay.Sure.UNSURE
    assert happened(case)[-1] == "stay_changed"


def test_removing_a_stay_removes_its_visit_and_no_other(case: Case) -> None:
    market = make.site()
    stay = say(case, "17:30-18:10 朝阳菜市场 与李红", market)
    other = say(case, "17:30-18:00 朝阳菜市场", market)
    make.visit(case.resident, market, hours_ago=40)
    scans = Visit.objects.exclude(source="interview").count()

    remove_stay(make.MA, stay.id)

    assert [visit[1:] for visit in visits() if visit[3] == "interview"] == [
        (at(17, 30), at(18), "interview")
    ]
    assert Visit.objects.exclude(source="interview").count() == scans
    assert [left.id for left in case.stays.all()] == [other.id]
    assert happened(case)[-1] == "stay_removed"


def test_a_scan_is_not_touched_by_what_is_told_of_the_same_moment(case: Case) -> None:
    market = make.site()
    record_visits(
        make.MA,
        [
            VisitRow(
                person=case.resident.number,
                place=market.number,
                start_at=at(17, 30),
                end_at=at(17, 40),
                source="attended",
            )
        ],
    )

    stay = say(case, "17:30-18:10 朝阳菜市场", market)

    scan = (market.number, at(17, 30), at(17, 40), "attended")
    assert visits() == [scan, (market.number, at(17, 40), at(18, 10), "interview")]
    remove_stay(make.MA, stay.id)
    assert visits() == [scan]


def test_a_scan_that_comes_later_outlasts_the_stay_that_it_bears_out(case: Case) -> None:
    market = make.site()
    stay = say(case, "17:30-18:10 朝阳菜市场", market)
    scan = VisitRow(
        person=case.resident.number,
        place=market.number,
        start_at=at(17, 30),
        end_at=at(17, 40),
        source="rotating",
    )

    record_visits(make.MA, [scan])
    remove_stay(make.MA, stay.id)

    assert visits() == [(market.number, at(17, 30), at(18, 10), "rotating")]


# Scans fill the interview in advance


def test_scans_stand_in_the_timeline_marked_by_what_they_are_worth(case: Case) -> None:
    for n, source in enumerate(("attended", "rotating", "poster")):
        make.visit(case.resident, make.site(f"店{n}"), hours_ago=20 - n * 3, source=source)

    entries = timeline_of(make.MA, case)

    assert [(entry.place, entry.evidence) for entry in entries] == [
        ("店0", "attended"),
        ("店1", "rotating"),
        ("店2", "poster"),
    ]
    assert all(entry.stay is None for entry in entries)


def test_a_scan_that_the_case_confirms_becomes_a_stay_and_no_second_visit(case: Case) -> None:
    market = make.site()
    make.visit(case.resident, market, source="poster")
    scan = Visit.objects.get()

    stay = confirm_scan(make.MA, case.id, scan.id)
    again = confirm_scan(make.MA, case.id, scan.id)

    assert stay == again
    assert (stay.source, stay.sure, stay.site) == ("poster", "told", market)
    (entry,) = timeline_of(make.MA, case)
    assert (entry.stay, entry.evidence, len(entry.scans)) == (stay, "poster", 1)
    assert Visit.objects.count() == 1


def test_what_is_told_and_scanned_is_one_line_with_the_surer_evidence(case: Case) -> None:
    market = make.site()
    make.visit(case.resident, market, hours_ago=18, minutes=10, source="attended")

    say(case, "下午-晚上 朝阳菜市场", market)

    (entry,) = timeline_of(make.MA, case)
    assert entry.evidence == "attended"
    assert entry.is_searched


def test_somebody_elses_scan_cannot_be_confirmed(case: Case) -> None:
    make.visit(people.resident("李红"), make.site())

    with pytest.raises(NotFound):
        confirm_scan(make.MA, case.id, Visit.objects.get().id)


# With whom


def test_a_name_is_kept_masked_and_leads_to_a_named_contact(case: Case) -> None:
    li, market = people.resident("李红"), make.site()

    stay = say(case, "17:30-18:10 朝阳菜市场 与李红、张三", market)

    companions = list(stay.with_whom.all())
    assert [str(one.name) for one in companions] == ["李**", "张**"]
    contact = name_companion(
        make.MA, companions[0].id, li.id, first_at=at(17, 30), last_at=at(18, 10), minutes=40
    )
    assert (contact.state, contact.how, contact.place) == ("confirmed", "named", market.number)
    assert Companion.objects.get(id=companions[0].id).contact == contact


def test_a_name_whom_the_case_has_as_a_contact_is_recognised(case: Case) -> None:
    contact = make.proposed(people.resident("李红"), of=case)

    stay = say(case, "17:30-18:10 公园 与李红")

    assert stay.with_whom.get().contact == contact


def test_a_name_that_was_not_said_goes_and_its_contact_stays(case: Case) -> None:
    contact = make.proposed(people.resident("李红"), of=case)
    stay = say(case, "17:30-18:10 公园 与李红")

    remove_companion(make.MA, stay.with_whom.get().id)

    assert not stay.with_whom.exists()
    assert Contact.objects.filter(id=contact.id).exists()


# What cannot be, and what a person decides


def test_a_stay_that_ends_before_it_begins_is_refused_with_what_to_do(case: Case) -> None:
    with pytest.raises(StayEndsBeforeItBegins, match="say that day"):
        say(case, "18:10-17:30 朝阳菜市场")

    assert not Stay.objects.exists()


def test_a_stay_that_may_end_after_it_begins_is_taken_as_it_was_said(case: Case) -> None:
    stay = say(case, "下午-13:00 朝阳菜市场")

    assert certain(stay) is None


def test_a_stay_needs_a_place_in_whatever_words(case: Case) -> None:
    with pytest.raises(StayLacksAPlace, match="Where was it"):
        say(case, "17:30-18:10")


def test_nobody_can_tell_of_the_future(case: Case) -> None:
    with pytest.raises(TimeIsInTheFuture, match="The stay"):
        say(case, "9月2日 17:30 朝阳菜市场")


def two_towns() -> tuple[Site, Site]:
    district = people.district()
    first, second = (
        people.area(f"{name}社区", "community", people.area(name, "subdistrict", district))
        for name in ("朝阳街道", "祁连路街道")
    )
    return make.site("朝阳菜市场", at=first), make.site("祁连路小学", at=second)


def test_stays_in_two_towns_at_once_are_said_and_the_investigator_decides(case: Case) -> None:
    market, school = two_towns()
    say(case, "17:30-18:10 朝阳菜市场", market)

    say(case, "18:00-19:00 祁连路小学", school)

    first, second = timeline_of(make.MA, case)
    assert [(clash.place, clash.in_another_town) for clash in first.clashes] == [
        ("祁连路小学", True)
    ]
    assert [(clash.begin, clash.end) for clash in second.clashes] == [(at(18), at(18, 10))]


def test_two_proofs_in_two_towns_at_once_cannot_both_be(case: Case) -> None:
    market, school = two_towns()
    make.visit(case.resident, market, hours_ago=19, minutes=60, source="attended")

    with pytest.raises(TwoPlacesAtOnce, match="two towns at once"):
        say(case, "17:00-18:00 祁连路小学!", school)

    assert say(case, "17:00-18:00 祁连路小学?", school).sure == "unsure"


def test_stays_that_only_may_overlap_do_not_clash(case: Case) -> None:
    market, school = two_towns()
    say(case, "大约17:00-大约18:00 朝阳菜市场", market)

    say(case, "18:00-19:00 祁连路小学", school)

    assert not any(entry.clashes for entry in timeline_of(make.MA, case))


def test_an_unknown_place_is_kept_as_it_was_said_and_can_be_added(case: Case) -> None:
    stay = say(case, "17:30-18:10 马家牛肉面馆")
    say(case, "9月1日 12:00-12:30 马家牛肉面馆")
    assert not visits()
    keeper = make.investigator(Duty.INVESTIGATE, Duty.MANAGE_AREAS)
    community = people.community()

    site = add_place(keeper, stay.id, area_id=community.id, kind="venue")

    assert (site.name, site.area_path) == ("马家牛肉面馆", community.path)
    assert [visit[0] for visit in visits()] == [site.number, site.number]
    with pytest.raises(PlaceIsKnown):
        add_place(keeper, stay.id, area_id=community.id)


def test_only_who_keeps_the_areas_adds_a_place(case: Case) -> None:
    stay = say(case, "17:30-18:10 马家牛肉面馆")

    with pytest.raises(NotYours):
        add_place(make.MA, stay.id, area_id=people.community().id)


def test_a_place_outside_ones_area_does_not_exist(case: Case) -> None:
    with pytest.raises(NotFound):
        add_stay(make.MA, case.id, **told("17:30 市场"), site_id=case.id)


def test_a_closed_case_tells_nothing_more(case: Case) -> None:
    stay = say(case, "17:30-18:10 市场")
    close_case(make.MA, case.id)

    for verb in (
        lambda: say(case, "17:30-18:10 公园"),
        lambda: change_stay(make.MA, stay.id, **told("17:30 公园")),
        lambda: remove_stay(make.MA, stay.id),
    ):
        with pytest.raises(CaseIsOver):
            verb()


def test_who_does_not_investigate_or_looks_from_elsewhere_cannot_add(case: Case) -> None:
    with pytest.raises(NotYours):
        add_stay(make.investigator(Duty.COMMAND), case.id, **told("17:30 市场"))
    with pytest.raises(NotFound):
        add_stay(make.investigator(within="9/9/"), case.id, **told("17:30 市场"))
    stay = say(case, "17:30 市场")
    with pytest.raises(NotFound):
        remove_stay(make.investigator(within="9/9/"), stay.id)


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("stay_says_where", {"place_said": ""}),
        ("stay_begins_between_two_moments", {"from_latest": at(9)}),
        ("stay_ends_between_two_moments", {"until_earliest": at(19)}),
        (
            "stay_does_not_end_before_it_begins",
            {"until_latest": at(9), "until_earliest": None},
        ),
    ],
)
def test_the_database_itself_refuses_impossible_stays(
    case: Case, constraint: str, change: dict[str, object]
) -> None:
    stay = say(case, "17:30-18:10 市场")

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Stay.objects.filter(id=stay.id).update(**change)


def test_a_long_interview_is_read_in_a_handful_of_statements(
    case: Case, django_assert_num_queries: Any
) -> None:
    for n in range(12):
        say(case, f"{6 + n}:00-{6 + n}:30 店{n} 与李红{n}", make.site(f"店{n}"))
        make.visit(case.resident, make.site(f"铺{n}"), hours_ago=24 - n, minutes=5)

    with django_assert_num_queries(8):
        entries = timeline_of(make.MA, case)

    assert len(entries) == 24


def test_timedelta_of_a_told_stay_does_not_stretch_the_search(case: Case) -> None:
    """A stay of some days is one visit, and how far back an index is read grows with it."""
    home = make.site("家")

    say(case, "8月30日20:00-9月1日8:00 家", home)

    (visit,) = visits()
    assert visit[2] - visit[1] == timedelta(hours=36)
