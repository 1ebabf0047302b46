from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fangxian.protocol.values import Days, Range, Source, Span

SOURCE = Source(title="Notice 7")
UNIT = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
units = st.sampled_from(["min", "h", "d"])


def span(value: int, unit: str) -> Span:
    return Span.model_validate({"value": value, "unit": unit, "source": SOURCE, "grade": "B"})


@given(value=st.integers(1, 100_000), unit=units)
def test_a_span_is_as_long_as_so_many_of_its_unit(value: int, unit: str) -> None:
    assert span(value, unit).length == value * UNIT[unit]


@given(value=st.integers(max_value=0), unit=units)
def test_no_span_is_nothing_or_less(value: int, unit: str) -> None:
    with pytest.raises(ValidationError, match="above 0"):
        span(value, unit)


@given(one=st.integers(1, 1000), other=st.integers(1, 1000), unit=units)
def test_a_greater_number_is_a_longer_time(one: int, other: int, unit: str) -> None:
    assert (one < other) == (span(one, unit).length < span(other, unit).length)


@given(days=st.lists(st.integers(-5, 30)))
def test_days_are_accepted_exactly_when_they_run_upwards_from_one(days: list[int]) -> None:
    raw = {"on": tuple(days), "unit": "day", "source": SOURCE, "grade": "B"}
    right = days != [] and days[0] >= 1 and all(a < b for a, b in pairwise(days))

    if right:
        assert Days.model_validate(raw).on == tuple(days)
    else:
        with pytest.raises(ValidationError, match="in order"):
            Days.model_validate(raw)


@given(low=st.integers(-10, 10), high=st.integers(-10, 10))
def test_a_range_runs_upwards(low: int, high: int) -> None:
    raw = {"low": low, "high": high, "unit": "people", "source": SOURCE, "grade": "B"}

    if 0 <= low <= high:
        assert Range.model_validate(raw).high == high
    else:
        with pytest.raises(ValidationError, match="run upwards"):
            Range.model_validate(raw)


@pytest.mark.parametrize("value", [True, 2.0, "2"])
def test_a_span_is_a_whole_number_and_nothing_that_resembles_one(value: object) -> None:
    raw = {"value": value, "unit": "d", "source": SOURCE, "grade": "B"}

    with pytest.raises(ValidationError):
        Span.model_validate(raw)


def test_what_nobody_saw_cannot_be_graded() -> None:
    unseen = Source(title="Common knowledge", seen=False)

    with pytest.raises(ValidationError, match="unverified"):
        Span.model_validate({"value": 1, "unit": "d", "source": unseen, "grade": "A"})
