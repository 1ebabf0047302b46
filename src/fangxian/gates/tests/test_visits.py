"""Visits to venues, and what each is worth: a picture of a poster can be forwarded."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fangxian.areas.models import Site
from fangxian.cases.actions import find_contacts, report_case
from fangxian.cases.models import Contact, Visit
from fangxian.engines.codes import Claims, Kind, issue
from fangxian.gates.actions import record_visits
from fangxian.gates.models import Question
from fangxian.gates.rules import VisitRow
from fangxian.gates.tests import make
from fangxian.gates.visits import SHOWN_STEP, SITE, step_at
from fangxian.kernel import signing
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import now
from fangxian.people.rules import PersonRef

pytestmark = pytest.mark.django_db


def _screen(venue: Site, at: datetime) -> str:
    """What the venue's screen showed at that time."""
    claims = Claims(
        kind=Kind.VENUE,
        district="630105",
        subject=venue.number,
        issued_at=at,
        not_before=at,
        expires_at=at + timedelta(hours=1),
        more={SITE: venue.id.bytes, SHOWN_STEP: step_at(at)},
    )
    return issue(claims, signing.signer("code"))


def _worth(row: VisitRow) -> str:
    answer = record_visits(row.by, [row])[0]
    assert answer.outcome == "applied", answer
    return Visit.objects.get().source


def test_an_attended_scan_is_the_surest_evidence() -> None:
    venue, guard = make.venue(), make.guard()

    assert _worth(make.visit(venue, guard, make.shown(make.resident()))) == "attended"


def test_only_a_guard_attends() -> None:
    venue, worker = make.venue(), make.community_worker()

    answer = record_visits(worker, [make.visit(venue, worker, make.shown(make.resident()))])[0]

    assert (answer.outcome, answer.code) == ("refused", "not_your_duty")
    assert not Visit.objects.exists()


def test_the_code_on_the_screen_counts_where_and_when_it_was_shown() -> None:
    venue, guard = make.venue(), make.guard()
    row = make.visit(
        venue,
        guard,
        make.listed(make.resident()),
        evidence="rotating_code",
        code=_screen(venue, now() - timedelta(seconds=40)),
    )

    assert _worth(row) == "rotating"


def test_a_picture_of_the_screen_forwarded_later_is_worth_a_poster() -> None:
    venue, guard = make.venue(), make.guard()
    row = make.visit(
        venue,
        guard,
        make.listed(make.resident()),
        evidence="rotating_code",
        code=_screen(venue, now() - timedelta(minutes=20)),
    )

    assert _worth(row) == "poster"


@pytest.mark.parametrize("code", ["", "FX1:NONSENSE"])
def test_a_code_that_is_none_is_worth_a_poster(code: str) -> None:
    venue, guard = make.venue(), make.guard()
    person = make.listed(make.resident())

    assert _worth(make.visit(venue, guard, person, evidence="rotating_code", code=code)) == "poster"


def test_another_venues_code_is_worth_a_poster() -> None:
    venue, other, guard = make.venue(), make.venue("大药房"), make.guard()
    row = make.visit(
        venue,
        guard,
        make.listed(make.resident()),
        evidence="rotating_code",
        code=_screen(other, now()),
    )

    assert _worth(row) == "poster"


def test_a_poster_scan_alone_never_restricts_anybody() -> None:
    """Somebody scanned a forwarded picture of a poster at the very time a case was there."""
    venue, guard = make.venue(), make.guard()
    ill, far_away, there = make.resident(), make.resident(), make.resident()
    at = now() - timedelta(hours=5)
    record_visits(
        guard,
        [
            make.visit(venue, guard, make.listed(ill), at=at),
            make.visit(venue, guard, make.listed(far_away), at=at, evidence="poster"),
            make.visit(venue, guard, make.listed(there), at=at),
        ],
    )
    case = report_case(
        PLAYBOOK,
        resident_id=ill.id,
        classification="confirmed",
        specimen_at=now() - timedelta(hours=3),
        found_by="screening",
        under_control=False,
    )

    find_contacts(PLAYBOOK, case.id)

    found = {one.resident_id: one for one in Contact.objects.all()}
    assert found[far_away.id].kind == "general"
    assert found[far_away.id].evidence == "poster"
    assert (found[there.id].evidence, found[there.id].state) == ("attended", "proposed")


def test_visits_answer_row_by_row_and_repeat_safely() -> None:
    venue, guard, person = make.venue(), make.guard(), make.resident()
    rows = [
        make.visit(venue, guard, make.listed(person)),
        make.visit(make.gate(), guard, make.listed(person)),
        make.visit(venue, guard, PersonRef(code="FX1:NONSENSE")),
    ]

    first = record_visits(guard, rows)
    again = record_visits(guard, rows)

    assert [one.outcome for one in first] == ["applied", "refused", "refused"]
    assert [one.code for one in first] == ["", "not_found", "visit_of_nobody"]
    assert [one.outcome for one in again] == [one.outcome for one in first]
    assert Visit.objects.count() == 1


def test_a_venue_visited_from_two_towns_at_once_is_a_question_and_restricts_nobody() -> None:
    here, there = make.venue(), make.venue("山川药店", area_path=make.NEXT_COMMUNITY)
    guard, other, person = make.guard(), make.guard(within=make.NEXT_COMMUNITY), make.resident()
    at = now() - timedelta(minutes=30)
    record_visits(guard, [make.visit(here, guard, make.listed(person), at=at)])
    later = make.visit(
        there, other, make.listed(person), at=at + timedelta(minutes=4), evidence="poster"
    )

    answers = record_visits(other, [later])
    record_visits(other, [later])

    assert [one.outcome for one in answers] == ["applied"]
    question = Question.objects.get()
    assert (question.kind, question.site, question.elsewhere) == (
        "two_towns",
        there.number,
        here.number,
    )


def test_two_shops_of_one_street_are_no_question() -> None:
    here, there, guard = make.venue(), make.venue("大药房"), make.guard()
    person, at = make.resident(), now() - timedelta(minutes=30)

    record_visits(
        guard,
        [
            make.visit(here, guard, make.listed(person), at=at),
            make.visit(there, guard, make.listed(person), at=at + timedelta(minutes=4)),
        ],
    )

    assert not Question.objects.exists()


def test_many_visits_cost_a_handful_of_statements() -> None:
    venue, guard = make.venue(), make.guard()
    rows = [make.visit(venue, guard, make.listed(make.resident())) for _one in range(30)]
    record_visits(guard, rows[:1])

    with CaptureQueriesContext(connection) as few:
        record_visits(guard, rows[1:3])
    with CaptureQueriesContext(connection) as many:
        record_visits(guard, rows[3:])

    assert len(many) == len(few)
    assert len(many) <= 16
