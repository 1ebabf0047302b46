"""What must hold for any town, whoever meets whom."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fangxian.engines.tracing import Evidence, Stay, meetings_of, met_by

NOON = datetime(2022, 9, 2, 4, tzinfo=UTC)
SINCE, UNTIL = NOON - timedelta(days=2), NOON


def stay(
    person: int,
    begins: int,
    minutes: int,
    *,
    place: int = 1,
    evidence: Evidence = Evidence.ROTATING,
) -> Stay:
    """`begins` minutes before noon."""
    start_at = NOON - timedelta(minutes=begins)
    return Stay(
        person=person,
        place=place,
        start_at=start_at,
        end_at=start_at + timedelta(minutes=minutes),
        evidence=evidence,
    )


stays = st.builds(
    stay,
    st.integers(1, 4),
    st.integers(0, 300),
    st.integers(0, 200),
    place=st.integers(1, 2),
    evidence=st.sampled_from(Evidence),
)
towns = st.lists(stays, max_size=12)
tolerances = st.integers(0, 30).map(lambda n: timedelta(minutes=n))


@given(town=towns, tolerance=tolerances)
def test_whoever_one_met_has_met_one(town: list[Stay], tolerance: timedelta) -> None:
    since, until = NOON - timedelta(days=9), NOON + timedelta(days=9)
    for other, met in met_by(1, town, since=since, until=until, tolerance=tolerance).items():
        back = met_by(other, town, since=since, until=until, tolerance=tolerance)[1]
        assert (back.minutes, back.first_at, back.last_at) == (
            met.minutes,
            met.first_at,
            met.last_at,
        )


@given(town=towns, tolerance=tolerances)
def test_more_tolerance_never_loses_anybody_and_adds_no_minute(
    town: list[Stay], tolerance: timedelta
) -> None:
    strict = met_by(1, town, since=SINCE, until=UNTIL, tolerance=timedelta())
    loose = met_by(1, town, since=SINCE, until=UNTIL, tolerance=tolerance)

    assert set(strict) <= set(loose)
    assert all(loose[other].minutes == met.minutes for other, met in strict.items())


@given(town=towns, tolerance=tolerances)
def test_nobody_is_together_longer_than_the_window_or_surely_longer_than_at_all(
    town: list[Stay], tolerance: timedelta
) -> None:
    since = NOON - timedelta(minutes=90)
    for met in met_by(1, town, since=since, until=UNTIL, tolerance=tolerance).values():
        assert 0 <= met.sure_minutes <= met.minutes <= 90
        assert met.first_at <= met.last_at


@given(town=towns)
def test_a_stay_told_twice_changes_no_dose(town: list[Stay]) -> None:
    once = met_by(1, town, since=SINCE, until=UNTIL, tolerance=timedelta())
    twice = met_by(1, [*town, *town], since=SINCE, until=UNTIL, tolerance=timedelta())

    assert {k: met.minutes for k, met in once.items()} == {
        k: met.minutes for k, met in twice.items()
    }


def test_two_who_only_came_near_each_other_met_without_a_dose() -> None:
    town = [stay(1, 60, 10), stay(2, 40, 10)]

    (meeting,) = meetings_of(1, town, since=SINCE, until=UNTIL, tolerance=timedelta(minutes=10))

    assert meeting.together == timedelta()
    assert meeting.first_at == NOON - timedelta(minutes=50)
    assert meeting.last_at == NOON - timedelta(minutes=40)
    assert not list(meetings_of(1, town, since=SINCE, until=UNTIL, tolerance=timedelta(minutes=9)))


def test_the_less_sure_side_decides_what_a_meeting_is_worth() -> None:
    town = [
        stay(1, 60, 30, evidence=Evidence.ATTENDED),
        stay(2, 60, 30, evidence=Evidence.POSTER),
    ]

    met = met_by(1, town, since=SINCE, until=UNTIL, tolerance=timedelta())[2]

    assert (met.evidence, met.minutes, met.sure_minutes) == (Evidence.POSTER, 30, 0)
