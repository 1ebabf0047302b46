"""Dates as they are said: kept word for word, meaning a span, nothing made up."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangxian.cases.partial import Leg, Said, read_line, read_moment, read_span

ZONE = ZoneInfo("Asia/Shanghai")
TODAY, YESTERDAY = date(2022, 9, 2), date(2022, 9, 1)

days = st.dates(date(2019, 12, 1), TODAY)
minutes = st.integers(0, 24 * 60 - 1)


def moment(text: str) -> Said:
    return read_moment(text, today=TODAY, zone=ZONE, day=YESTERDAY)


def line(text: str, day: date = YESTERDAY) -> Leg:
    return read_line(text, day=day, today=TODAY, zone=ZONE)


def shown(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%d %H:%M}"


def span(said: Said) -> tuple[str | None, str | None]:
    return shown(said.earliest), shown(said.latest)


def clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


# One moment


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("about noon", "2022-09-01 11:00", "2022-09-01 13:00"),
        ("大约中午", "2022-09-01 11:00", "2022-09-01 13:00"),
        ("17点半左右", "2022-09-01 17:00", "2022-09-01 18:00"),
        ("about 17:30", "2022-09-01 17:00", "2022-09-01 18:00"),
        ("上午", "2022-09-01 06:00", "2022-09-01 12:00"),
        ("昨晚8点", "2022-09-01 20:00", "2022-09-01 20:00"),
        ("前天下午3点一刻", "2022-08-31 15:15", "2022-08-31 15:15"),
        ("晚上12点", "2022-09-02 00:00", "2022-09-02 00:00"),
        ("凌晨12点", "2022-09-01 00:00", "2022-09-01 00:00"),
        ("中午1点", "2022-09-01 13:00", "2022-09-01 13:00"),
        ("5:30 pm", "2022-09-01 17:30", "2022-09-01 17:30"),
        ("noon, 21 Jan", "2022-01-21 11:00", "2022-01-21 13:00"),
        ("9月1日 大约17:30", "2022-09-01 17:00", "2022-09-01 18:00"),
        ("上旬", "2022-09-01 00:00", "2022-09-10 23:59"),
        ("2月下旬", "2022-02-21 00:00", "2022-02-28 23:59"),
        ("late January 2020", "2020-01-21 00:00", "2020-01-31 23:59"),
        ("2020年1月", "2020-01-01 00:00", "2020-01-31 23:59"),
        ("2020", "2020-01-01 00:00", "2020-12-31 23:59"),
        ("Jan 21, 2020", "2020-01-21 00:00", "2020-01-21 23:59"),
        ("about 21 Jan", "2022-01-20 00:00", "2022-01-22 23:59"),
        ("21日", "2022-08-21 00:00", "2022-08-21 23:59"),
        ("12月3日", "2021-12-03 00:00", "2021-12-03 23:59"),
        ("29 Feb", "2020-02-29 00:00", "2020-02-29 23:59"),
        ("15/1/2020", "2020-01-15 00:00", "2020-01-15 23:59"),
        ("before 21 Jan", None, "2022-01-21 23:59"),
        ("9点前", None, "2022-09-01 09:00"),
        ("after 18:00", "2022-09-01 18:00", None),
        ("1月21日以后", "2022-01-21 00:00", None),
        ("?", None, None),
        ("不详", None, None),
        ("", None, None),
    ],
)
def test_words_mean_a_span(text: str, earliest: str | None, latest: str | None) -> None:
    said = moment(text)

    assert span(said) == (earliest, latest)
    assert said.text == text
    assert said.understood


def test_a_date_that_may_be_read_two_ways_means_both() -> None:
    assert span(moment("5/6/2020")) == ("2020-05-06 00:00", "2020-06-05 23:59")


@pytest.mark.parametrize("text", ["hello", "31 Feb", "25:70", "the 40th", "1月45日"])
def test_what_means_nothing_is_kept_and_says_so(text: str) -> None:
    assert moment(text) == Said(text, understood=False)


def test_a_time_without_a_day_is_not_given_one() -> None:
    assert read_moment("17:30", today=TODAY, zone=ZONE) == Said("17:30", understood=False)


@given(st.text(max_size=40))
def test_nothing_that_is_said_is_lost_or_breaks_the_reading(text: str) -> None:
    said = moment(text)

    assert said.text == text.strip()
    if said.earliest and said.latest:
        assert said.earliest <= said.latest


@given(days, minutes)
def test_an_exact_time_means_that_minute(day: date, minute: int) -> None:
    said = moment(f"{day} {clock(minute)}")

    assert said.exact
    assert shown(said.earliest) == f"{day} {minute // 60:02}:{minute % 60:02}"


@given(days, minutes)
def test_about_contains_what_it_is_about_and_one_side_leaves_the_other_open(
    day: date, minute: int
) -> None:
    exact = moment(f"{day} {clock(minute)}").earliest
    about = moment(f"大约 {day} {clock(minute)}")
    before, after = moment(f"before {day} {clock(minute)}"), moment(f"{day} {clock(minute)}以后")

    assert exact
    assert about.earliest
    assert about.latest
    assert about.earliest < exact < about.latest
    assert (before.earliest, before.latest) == (None, exact)
    assert (after.earliest, after.latest) == (exact, None)


@given(days)
def test_every_manner_of_writing_a_day_means_that_day(day: date) -> None:
    manners = [
        f"{day}", f"{day:%Y/%m/%d}", f"{day.year}年{day.month}月{day.day}日", f"{day:%d %b %Y}",
        f"{day:%B} {day.day}, {day.year}", f"{day.day} {day:%B} {day.year}",
    ]  # fmt: skip

    for text in manners:
        assert span(moment(text)) == (f"{day} 00:00", f"{day} 23:59"), text


@given(days)
def test_a_day_without_a_year_is_the_last_one(day: date) -> None:
    said = moment(f"{day.month}月{day.day}日")

    assert said.earliest
    found = said.earliest.date()
    assert (found.month, found.day) == (day.month, day.day)
    assert found <= TODAY + timedelta(days=31)


# Two moments


@pytest.mark.parametrize(
    ("text", "begin", "until"),
    [
        ("? to 21 Jan", (None, None), ("2022-01-21 00:00", "2022-01-21 23:59")),
        (
            "10-12 Jan",
            ("2022-01-10 00:00", "2022-01-10 23:59"),
            ("2022-01-12 00:00", "2022-01-12 23:59"),
        ),
        (
            "1月21-23日",
            ("2022-01-21 00:00", "2022-01-21 23:59"),
            ("2022-01-23 00:00", "2022-01-23 23:59"),
        ),
        (
            "1月28日-2日",
            ("2022-01-28 00:00", "2022-01-28 23:59"),
            ("2022-02-02 00:00", "2022-02-02 23:59"),
        ),
        ("2020-01-21 to ?", ("2020-01-21 00:00", "2020-01-21 23:59"), (None, None)),
        ("21 Jan", ("2022-01-21 00:00", "2022-01-21 23:59"), (None, None)),
    ],
)
def test_two_moments_are_read_apart(text: str, begin: object, until: object) -> None:
    first, second = read_span(text, today=TODAY, zone=ZONE)

    assert (span(first), span(second)) == (begin, until)


# A leg


@pytest.mark.parametrize(
    ("text", "begin", "until", "place", "names", "sure"),
    [
        ("17:30-18:10 全聚德 与李明", "09-01 17:30", "09-01 18:10", "全聚德", ("李明",), ""),
        (
            "1730-1810 全聚德 +李明、王芳",
            "09-01 17:30",
            "09-01 18:10",
            "全聚德",
            ("李明", "王芳"),
            "",
        ),
        ("9-11点 和平路小学!", "09-01 09:00", "09-01 11:00", "和平路小学", (), "seen"),
        ("17-18 家?", "09-01 17:00", "09-01 18:00", "家", (), "unsure"),
        (
            "下午3点-5点 茶馆 跟李明和王芳",
            "09-01 15:00",
            "09-01 17:00",
            "茶馆",
            ("李明", "王芳"),
            "",
        ),
        ("22:00-1:30 KTV", "09-01 22:00", "09-02 01:30", "KTV", (), ""),
        ("8月30日 9:00-10:00 市场", "08-30 09:00", "08-30 10:00", "市场", (), ""),
        ("8月31日22:00-1日6:00 家", "08-31 22:00", "09-01 06:00", "家", (), ""),
        (
            "from 9:00 to 10:00 the market with Li Ming",
            "09-01 09:00",
            "09-01 10:00",
            "the market",
            ("Li Ming",),
            "",
        ),
        ("until 18:10 office", None, "09-01 18:10", "office", (), ""),
        ("? - 18:10 办公室", None, "09-01 18:10", "办公室", (), ""),
        ("9点前往医院", "09-01 09:00", None, "前往医院", (), ""),
        ("17:30 1号店", "09-01 17:30", None, "1号店", (), ""),
        ("17:30-? 和平饭店 和李和平", "09-01 17:30", None, "和平饭店", ("李和平",), ""),
        ("昨天 全天 家", "09-01 00:00", "09-01 23:59", "家", (), ""),
    ],
)
def test_a_leg_is_one_line(
    text: str,
    begin: str | None,
    until: str | None,
    place: str,
    names: tuple[str, ...],
    sure: str,
) -> None:
    leg = line(text)

    assert shown(leg.begin.earliest) == (begin and f"2022-{begin}")
    assert shown(leg.until.earliest) == (until and f"2022-{until}")
    assert (leg.place, leg.names, leg.sure) == (place, names, sure)


def test_a_day_in_a_line_is_the_day_of_the_next() -> None:
    assert line("8月30日 9:00 市场").day == date(2022, 8, 30)
    assert line("9:00 市场", day=date(2022, 8, 30)).day == date(2022, 8, 30)


def test_a_line_without_any_time_is_about_the_whole_day() -> None:
    leg = line("朝阳菜市场")

    assert span(leg.begin) == ("2022-09-01 00:00", "2022-09-01 23:59")
    assert not leg.until.known
    assert leg.place == "朝阳菜市场"


def test_an_end_before_the_beginning_stays_as_it_was_said_unless_a_night_lies_between() -> None:
    backwards, by_night = line("18:10-17:30 市场"), line("22:00-6:00 家")

    assert span(backwards.until) == ("2022-09-01 17:30", "2022-09-01 17:30")
    assert span(by_night.until) == ("2022-09-02 06:00", "2022-09-02 06:00")


@given(st.text(max_size=60))
def test_any_line_can_be_read(text: str) -> None:
    leg = line(text)

    for said in (leg.begin, leg.until):
        if said.earliest and said.latest:
            assert said.earliest <= said.latest


@given(
    day=days,
    begin=minutes,
    length=st.integers(0, 12 * 60),
    place=st.sampled_from(["全聚德", "和平路小学", "7天酒店", "Hotel May", "85度C", "前门大街"]),
    names=st.lists(st.sampled_from(["李明", "王和平", "Ann"]), max_size=3, unique=True),
)
def test_a_line_that_is_written_out_is_read_back(
    day: date, begin: int, length: int, place: str, names: list[str]
) -> None:
    until = (begin + length) % (24 * 60)
    company = f" 与{'、'.join(names)}" if names else ""

    leg = line(f"{day} {clock(begin)}-{clock(until)} {place}{company}")

    assert leg.begin.exact
    assert leg.until.exact
    assert leg.begin.earliest
    assert leg.until.earliest
    assert leg.until.earliest - leg.begin.earliest == timedelta(minutes=length)
    assert (leg.place, leg.names, leg.day) == (place, tuple(names), day)
