"""Visits come in by the thousand, from scans and from interviews."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from fangxian.cases.actions import record_visits
from fangxian.cases.models import LongestVisit, Visit
from fangxian.cases.queries import visits_of
from fangxian.cases.rules import VisitRow
from fangxian.cases.tests import make
from fangxian.kernel.access import Duty
from fangxian.kernel.errors import NotYours
from fangxian.kernel.models import Event
from fangxian.people.tests import make as people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

MORNING = make.NOON - timedelta(hours=4)


def row(person: int, place: int, *, minutes: float = 30, source: str = "rotating") -> VisitRow:
    end_at = MORNING + timedelta(minutes=minutes)
    return VisitRow(person=person, place=place, start_at=MORNING, end_at=end_at, source=source)


def test_many_visits_are_taken_in_a_handful_of_statements(
    django_assert_num_queries: object,
) -> None:
    wang, places = people.resident(), [make.site(f"店{n}") for n in range(40)]
    rows = [row(wang.number, place.number) for place in places]

    with django_assert_num_queries(6):  # type: ignore[operator]
        taken = record_visits(make.MA, rows)

    assert (taken.recorded, taken.known, taken.refused) == (40, 0, {})
    assert Event.objects.filter(kind="cases.visits_recorded").get().facts["recorded"] == 40


def test_a_visit_sent_again_is_known_and_nothing_is_told() -> None:
    wang, market = people.resident(), make.site()
    record_visits(make.MA, [row(wang.number, market.number)])

    taken = record_visits(make.MA, [row(wang.number, market.number)] * 2)

    assert (taken.recorded, taken.known) == (0, 2)
    assert Visit.objects.count() == 1
    assert Event.objects.filter(kind="cases.visits_recorded").count() == 1


def test_a_visit_sent_again_with_a_later_end_is_lengthened() -> None:
    wang, market = people.resident(), make.site()
    record_visits(make.MA, [row(wang.number, market.number, minutes=30)])

    record_visits(make.MA, [row(wang.number, market.number, minutes=90.5)])
    record_visits(make.MA, [row(wang.number, market.number, minutes=10)])

    assert Visit.objects.get().end_at == MORNING + timedelta(minutes=90.5)
    assert LongestVisit.objects.get(place=market.number).minutes == 91


def test_rows_that_cannot_be_are_refused_each_with_its_reason_and_the_others_taken() -> None:
    wang, market = people.resident(), make.site()
    rows = [
        row(wang.number, market.number),
        row(wang.number, market.number, minutes=-5),
        row(wang.number, market.number, minutes=60 * 5),
        row(-1, market.number),
        row(wang.number, -1),
        row(wang.number, market.number, source="hearsay"),
    ]

    taken = record_visits(make.MA, rows)

    assert taken.recorded == 1
    assert sorted(taken.refused) == [1, 2, 3, 4, 5]
    words = ["before it begins", "future", "register", "place", "source"]
    assert all(word in taken.refused[at] for at, word in enumerate(words, start=1))


def test_visits_are_recorded_by_investigators() -> None:
    with pytest.raises(NotYours):
        record_visits(make.investigator(Duty.CARRY_OUT), [])


def test_a_long_stay_that_began_before_the_window_is_found() -> None:
    wang, market = people.resident(), make.site()
    make.visit(wang, market, hours_ago=30, minutes=60 * 20)

    found = visits_of(make.MA, wang.number, make.NOON - timedelta(hours=12), make.NOON)

    assert [visit.place for visit in found] == [market.number]


def test_the_database_itself_refuses_impossible_visits() -> None:
    wang, market = people.resident(), make.site()
    make.visit(wang, market)
    visit = Visit.objects.get()

    with pytest.raises(IntegrityError, match="visit_ends_after_it_began"), transaction.atomic():
        Visit.objects.update(end_at=visit.start_at - timedelta(minutes=1))
    with pytest.raises(IntegrityError, match="visit_begins_once"), transaction.atomic():
        Visit.objects.create(
            person=visit.person,
            place=visit.place,
            start_at=visit.start_at,
            end_at=visit.end_at,
            source=visit.source,
        )
    with (
        pytest.raises(IntegrityError, match="longest_visit_is_not_negative"),
        transaction.atomic(),
    ):
        LongestVisit.objects.update(minutes=-1)
