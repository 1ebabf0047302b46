"""The statement that answers from the index, against the rule written for reading."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fangxian.cases.models import LongestVisit, Visit
from fangxian.cases.queries import co_present
from fangxian.cases.rules import EVIDENCE
from fangxian.cases.tests import make
from fangxian.engines.tracing import Stay, met_by

pytestmark = pytest.mark.django_db

MIDNIGHT = make.NOON.replace(hour=16)
SINCE, UNTIL = MIDNIGHT - timedelta(hours=2), MIDNIGHT + timedelta(hours=2)

# Few places, few people, round minutes: touching, equal and nested stays are the ordinary case.
starts = st.integers(-40, 40).map(lambda n: MIDNIGHT + timedelta(minutes=5 * n))
lengths = st.one_of(
    st.integers(0, 12).map(lambda n: timedelta(minutes=5 * n)),
    st.integers(0, 7200).map(lambda n: timedelta(seconds=n, microseconds=n)),
    st.sampled_from([timedelta(hours=30), timedelta(days=3)]),
)
stays = st.builds(
    lambda person, place, start, length, source: (person, place, start, start + length, source),
    st.integers(1, 4),
    st.integers(1, 3),
    starts,
    lengths,
    st.sampled_from(sorted(EVIDENCE)),
)
town = st.lists(stays, max_size=25, unique_by=lambda stay: stay[:3])
tolerances = st.sampled_from([timedelta(), timedelta(minutes=5), timedelta(minutes=15)])


def minute(n: int) -> datetime:
    return MIDNIGHT + timedelta(minutes=n)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(town=town, tolerance=tolerances)
@example(  # touching at one moment, no tolerance
    town=[(1, 1, minute(0), minute(10), "attended"), (2, 1, minute(10), minute(20), "poster")],
    tolerance=timedelta(),
)
@example(  # one microsecond too late
    town=[
        (1, 1, minute(0), minute(10), "attended"),
        (2, 1, minute(10) + timedelta(microseconds=1), minute(20), "attended"),
    ],
    tolerance=timedelta(),
)
@example(  # exactly the tolerance apart
    town=[(1, 1, minute(0), minute(10), "rotating"), (2, 1, minute(25), minute(30), "rotating")],
    tolerance=timedelta(minutes=15),
)
@example(  # a stay of three days, begun long before
    town=[
        (1, 1, minute(0), minute(10), "rotating"),
        (2, 1, minute(-4000), minute(320), "rotating"),
    ],
    tolerance=timedelta(),
)
@example(  # scanned twice: an hour together, not two
    town=[
        (1, 1, minute(0), minute(60), "rotating"),
        (2, 1, minute(0), minute(60), "rotating"),
        (2, 1, minute(5), minute(60), "poster"),
    ],
    tolerance=timedelta(),
)
def test_the_index_finds_exactly_whom_the_rule_finds(
    town: list[tuple[int, int, datetime, datetime, str]], tolerance: timedelta
) -> None:
    Visit.objects.all().delete()
    LongestVisit.objects.all().delete()
    Visit.objects.bulk_create(
        Visit(person=person, place=place, start_at=start, end_at=end, source=source)
        for person, place, start, end, source in town
    )
    _note_the_longest()

    found = co_present(make.MA, 1, since=SINCE, until=UNTIL, tolerance=tolerance)

    rule = met_by(
        1,
        [
            Stay(person=person, place=place, start_at=start, end_at=end, evidence=EVIDENCE[source])
            for person, place, start, end, source in town
        ],
        since=SINCE,
        until=UNTIL,
        tolerance=tolerance,
    )
    assert {one.person: one for one in found} == rule
    assert len(found) == len(rule)


def test_a_place_whose_longest_visit_is_not_known_is_read_from_its_beginning() -> None:
    Visit.objects.bulk_create(
        [
            Visit(person=1, place=1, start_at=minute(0), end_at=minute(10), source="rotating"),
            Visit(person=2, place=1, start_at=minute(-9000), end_at=minute(10), source="rotating"),
        ]
    )

    found = co_present(make.MA, 1, since=SINCE, until=UNTIL, tolerance=timedelta())

    assert [(one.person, one.minutes) for one in found] == [(2, 10)]


def test_the_search_leaves_the_planner_as_it_was() -> None:
    co_present(make.MA, 1, since=SINCE, until=UNTIL, tolerance=timedelta())

    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_hashjoin")
        assert cursor.fetchone() == ("on",)


def _note_the_longest() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_longestvisit SELECT place,"
            " ceil(extract(epoch FROM max(end_at - start_at)) / 60) FROM cases_visit GROUP BY 1"
        )
