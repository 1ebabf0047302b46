"""Pure decisions: the window, the kind of contact, the dose that counts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangxian.cases.rules import dose, infectious_window, is_stronger, kind_of
from fangxian.engines.tracing import Evidence, Met

NOON = datetime(2022, 9, 2, 4, tzinfo=UTC)

spans = st.integers(1, 20).map(lambda days: timedelta(days=days))
moments = st.integers(-500, 500).map(lambda hours: NOON + timedelta(hours=hours))


def met(minutes: int, *, sure: int | None = None, evidence: Evidence = Evidence.ROTATING) -> Met:
    return Met(
        person=2,
        meetings=1,
        minutes=minutes,
        sure_minutes=minutes if sure is None else sure,
        first_at=NOON,
        last_at=NOON + timedelta(minutes=minutes),
        evidence=evidence,
        place=1,
    )


@given(begins=moments, before=spans, after=st.none() | spans, isolated=moments)
def test_a_window_never_ends_before_it_begins_nor_after_isolation(
    begins: datetime, before: timedelta, after: timedelta | None, isolated: datetime
) -> None:
    since, until = infectious_window(begins, before=before, after=after, isolated_at=isolated)

    assert since == begins - before
    assert since <= until <= max(since, isolated)


def test_a_window_with_an_end_ends_with_it() -> None:
    _since, until = infectious_window(
        NOON,
        before=timedelta(days=2),
        after=timedelta(days=10),
        isolated_at=NOON + timedelta(days=30),
    )

    assert until == NOON + timedelta(days=10)


@pytest.mark.parametrize(
    ("one", "close_minutes", "kind"),
    [
        (met(15), 15, "close"),
        (met(14), 15, "general"),
        (met(60, sure=14), 15, "general"),
        (met(0), None, "close"),
        (met(600, sure=0, evidence=Evidence.POSTER), 15, "general"),
        (met(600, sure=0, evidence=Evidence.POSTER), None, "general"),
    ],
)
def test_which_contact_a_meeting_proposes(one: Met, close_minutes: int | None, kind: str) -> None:
    assert kind_of(one, close_minutes=close_minutes) == kind


def test_poster_minutes_count_only_where_there_is_nothing_better() -> None:
    assert dose(met(60, sure=20)) == 20
    assert dose(met(60, sure=0, evidence=Evidence.POSTER)) == 60


def test_findings_have_an_order_of_strength() -> None:
    assert is_stronger("confirmed", "asymptomatic")
    assert is_stronger("asymptomatic", "suspected")
    assert not is_stronger("suspected", "suspected")
