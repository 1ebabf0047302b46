from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangxian.sampling import rules

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2022, 9, 2, 4, tzinfo=UTC)

findings = st.sampled_from(["negative", "positive", "invalid"])


@given(finding=findings, swabs=st.integers(1, 20))
def test_a_test_is_only_over_when_the_finding_says_something_of_the_person(
    finding: str, swabs: int
) -> None:
    over = rules.call_after(finding, swabs) != "due"
    assert over == (finding == "negative" or (finding == "positive" and swabs == 1))


@given(moment=st.datetimes(timezones=st.just(UTC)).filter(lambda at: 1950 < at.year < 9000))
def test_a_day_ends_at_midnight_where_it_is_lived_within_a_day(moment: datetime) -> None:
    ends = rules.day_ends(moment, SHANGHAI)

    assert moment < ends
    assert (ends.hour, ends.minute) == (0, 0)
    assert ends.date() - moment.astimezone(SHANGHAI).date() == timedelta(days=1)


@given(minutes=st.integers(-10_000, 10_000))
def test_only_what_lies_further_ahead_than_clocks_go_apart_is_the_future(minutes: int) -> None:
    assert rules.in_the_future(NOON + timedelta(minutes=minutes), NOON) == (minutes > 5)


@settings(max_examples=50)
@given(st.text())
def test_no_file_whatever_breaks_the_reader(text: str) -> None:
    lines = list(rules.read_results(text, SHANGHAI))
    again = list(rules.read_results("结果,管码,检测时间\n" + text, SHANGHAI))

    for line in (*lines, *again):
        assert isinstance(line, rules.ResultLine) or line.trouble


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("阴性", "negative"),
        (" Positive ", "positive"),
        ("-", "negative"),
        ("+", "positive"),
        ("无效", "invalid"),
        ("perhaps", None),
    ],
)
def test_a_finding_is_read_as_laboratories_write_it(typed: str, said: str | None) -> None:
    assert rules.read_finding(typed) == said


@pytest.mark.parametrize(
    "typed", ["2022-09-02 12:00", "2022/09/02 12:00", "2022-09-02T04:00:00+00:00"]
)
def test_a_time_without_a_zone_is_local(typed: str) -> None:
    assert rules.read_time(typed, SHANGHAI) == NOON
