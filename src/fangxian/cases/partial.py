"""Dates and times as people say them, kept as they were said. Plain rules, no tables.

What was said means a span: the truth lies from `earliest` to `latest`, both included; minutes are
the finest that anybody says. A side that was not said is None, for nothing is made up: "?" and
"before 9:00" have no earliest moment. Words are taken widely: 中午 and "noon" are two hours.

What the words mean is usage, not a rule of any pack: nothing follows from it but where to look.
"""

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
ABOUT_A_TIME = timedelta(minutes=30)
ABOUT_A_DAY = timedelta(days=1)
OVER_MIDNIGHT = timedelta(hours=12)
"""Times without a date that run backwards go over midnight if the stay is no longer than this."""

_Days = tuple[date, date]
_Clock = tuple[int, int]
"""Minutes from midnight, first and last."""


@dataclass(frozen=True, slots=True)
class Said:
    """A moment as it was said. `understood` is False where the words mean nothing to us."""

    text: str
    earliest: datetime | None = None
    latest: datetime | None = None
    understood: bool = True

    @property
    def exact(self) -> bool:
        return self.earliest is not None and self.earliest == self.latest

    @property
    def known(self) -> bool:
        return self.earliest is not None or self.latest is not None


NOT_SAID = Said("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One line of an interview: from, until, where, with whom, how sure.

    day    the day that the next line is about, unless it says another
    sure   "seen" (the line ends with "!"), "unsure" ("?"), or "" where nothing was marked
    """

    begin: Said
    until: Said
    place: str
    names: tuple[str, ...]
    sure: str
    day: date


# What words mean

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_ORDINAL = r"(?:st|nd|rd|th)?"
_THIRDS = {
    "上": (1, 10),
    "初": (1, 10),
    "中": (11, 20),
    "下": (21, 31),
    "底": (21, 31),
    "末": (21, 31),
}
_ENGLISH_THIRDS = {
    "early": "上", "beginning of": "上", "mid": "中", "middle of": "中", "late": "下",
    "end of": "下",
}  # fmt: skip
_DAYS_AGO = {
    "今天": 0, "今日": 0, "today": 0, "昨天": 1, "昨日": 1, "yesterday": 1, "前天": 2, "前日": 2,
    "the day before yesterday": 2, "大前天": 3, "今": 0, "昨": 1, "前": 2,
}  # fmt: skip
_AGO = "|".join(sorted((word for word in _DAYS_AGO if len(word) > 1), key=len, reverse=True))
_HALF_DAY = 12 * 60
_WHOLE_DAY = 24 * 60
_PARTS: dict[str, _Clock] = {
    "凌晨": (0, 6 * 60),
    "清晨": (5 * 60, 9 * 60),
    "早晨": (5 * 60, 9 * 60),
    "早上": (5 * 60, 9 * 60),
    "早": (5 * 60, 9 * 60),
    "early morning": (0, 9 * 60),
    "上午": (6 * 60, _HALF_DAY),
    "morning": (5 * 60, _HALF_DAY),
    "中午": (11 * 60, 13 * 60),
    "noon": (11 * 60, 13 * 60),
    "midday": (11 * 60, 13 * 60),
    "下午": (_HALF_DAY, 18 * 60),
    "afternoon": (_HALF_DAY, 18 * 60),
    "傍晚": (16 * 60, 20 * 60),
    "晚上": (17 * 60, _WHOLE_DAY),
    "晚间": (17 * 60, _WHOLE_DAY),
    "晚": (17 * 60, _WHOLE_DAY),
    "evening": (16 * 60, _WHOLE_DAY),
    # Either side of midnight: the night that the day begins with, or the one it ends with.
    "半夜": (0, _WHOLE_DAY + 6 * 60),
    "深夜": (0, _WHOLE_DAY + 6 * 60),
    "夜里": (0, _WHOLE_DAY + 6 * 60),
    "夜": (0, _WHOLE_DAY + 6 * 60),
    "night": (0, _WHOLE_DAY + 6 * 60),
    "midnight": (0, _WHOLE_DAY + 6 * 60),
}
_AT_NOON = {"中午", "noon", "midday"}
_LATE = {"晚上", "晚间", "晚", "夜里", "半夜", "深夜"}
_LATER_HALF = {"下午", "傍晚", "晚上", "晚间", "晚", "afternoon", "evening", *_AT_NOON}
_DIGITS = {word: n for n, word in enumerate("零一二三四五六七八九十")} | {
    "两": 2,
    "十一": 11,
    "十二": 12,
}
_PAST_THE_HOUR = {"": 0, "半": 30, "一刻": 15, "三刻": 45}

_UNKNOWN = re.compile(
    r"[?？]+|不详|不清楚|不记得|不明|未知|unknown|not known|n/a\b|don't know", re.IGNORECASE
)
_ABOUT = re.compile(
    r"(?:大约|大概|约莫|约|差不多|about|around|approx\.?|circa|≈|~|～)\s*", re.IGNORECASE
)
_ABOUT_AFTER = re.compile(r"\s*(?:左右|前后|上下)")
_BEFORE = re.compile(r"(?:before|until|till|by|to)\s+|(?:至|到)\s*", re.IGNORECASE)
_AFTER = re.compile(r"(?:after|since|from)\s+|(?:从|自)\s*", re.IGNORECASE)
_BEFORE_TYPED = re.compile(r"before\s+", re.IGNORECASE)
_AFTER_TYPED = re.compile(r"after\s+", re.IGNORECASE)
_FROM = re.compile(r"(?:from|since)\s+|(?:从|自)\s*", re.IGNORECASE)
_UNTIL = re.compile(r"(?:until|till|up to)\s+|(?:直到|至|到)\s*", re.IGNORECASE)
# "9点前" ends there; in "9点前往医院" somebody goes to a hospital.
_ENDS = r"(?=\s|$|[-–—~～,，;；至到])"
_BEFORE_AFTER = re.compile(rf"\s*(?:之前|以前|前){_ENDS}")
_AFTER_AFTER = re.compile(rf"\s*(?:之后|以后|后|起){_ENDS}")
_TO = re.compile(r"\s*(?:[-–—~～]+|至|到|\bto\b|\buntil\b|\btill\b)\s*", re.IGNORECASE)
_ON = re.compile(r"\s*(?:,|，|\bon\b|\bat\b|的)?\s*", re.IGNORECASE)

_Y, _D = r"(?P<y>\d{4})", r"(?P<d>\d{1,2})"
_M, _MON = r"(?P<m>\d{1,2})", rf"(?P<mon>{_MONTH})"
_THIRD = r"(?P<t>[上中下初底末])旬?"
_DATES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_Y}\s*[-/.年]\s*{_M}\s*[-/.月]\s*{_D}(?!\d)\s*[日号]?",
        rf"(?:{_Y}年)?{_M}月{_THIRD}",
        rf"{_M}\s*月\s*{_D}(?!\d)\s*[日号]?",
        rf"{_Y}\s*年\s*{_M}\s*月",
        rf"{_M}\s*月份?(?!\d)",
        rf"{_Y}年",
        r"(?P<t>[上中下])旬",
        rf"{_D}[日号]",
        rf"(?P<one>\d{{1,2}})/(?P<two>\d{{1,2}})/{_Y}(?!\d)",
        rf"{_M}[/.]{_D}(?![\d/.:：点时])",
        rf"{_D}{_ORDINAL}\s+(?:of\s+)?{_MON},?(?:\s+{_Y}\b)?",
        rf"{_MON}\s+{_D}{_ORDINAL}\b(?![:：\d])(?:,?\s+{_Y}\b)?",
        rf"(?P<early>{'|'.join(_ENGLISH_THIRDS)})[\s-]+{_MON}(?:\s+{_Y}\b)?",
        rf"{_MON}\s+{_Y}\b",
        rf"(?P<ago>{_AGO})",
        r"(?P<ago>[昨今前])(?=[晚早夜])",
    )
]
# A word that may be a place too ("May", "2020") is a date only when nothing else was said.
_ONLY_WHOLE = [re.compile(rf"{_MON}\s*$", re.IGNORECASE), re.compile(rf"{_Y}\s*$")]

_PART = "|".join(sorted(_PARTS, key=len, reverse=True))
_IN_THE = r"(?:(?:in|at|during)\s+(?:the\s+)?)?"
_HALF = r"(?:\s*([ap])\.?m\b\.?)"
_HOUR, _PAST = (
    r"(\d{1,2}|十[一二]?|[一二两三四五六七八九])[点時时]钟?",
    r"(半|[一三]刻|\d{1,2}分?|)",
)
_TIMES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"({_PART})?\s*(\d{{1,2}})[:：](\d{{2}})(?!\d)(?:[:：]\d{{2}}(?!\d))?{_HALF}?",
        rf"({_PART})?\s*{_HOUR}{_PAST}",
        rf"()(\d{{1,2}})(){_HALF}",
        rf"{_IN_THE}({_PART})(?![a-z])",
    )
]
# Only at the head of a typed line: 1730-1810, 9-11点, 17-18.
_TYPED_TIMES = [
    re.compile(rf"()([01]\d|2[0-3])([0-5]\d){_ENDS}"),
    re.compile(r"()(\d{1,2})()(?=\s*[-–—~～至到]+\s*\d{1,2}(?:[点时\s]|$))"),
]
_TYPED_UNTIL = re.compile(r"()(\d{1,2})()(?=\s|$)")
_DAYS_OF_A_MONTH = re.compile(rf"^(\d{{1,2}})\s*[-–]\s*(\d{{1,2}})\s+({_MONTH}.*)$", re.IGNORECASE)
_WHOLE = re.compile(r"(?:全天|整天|一整天|all day)(?=\s|$|[,，])", re.IGNORECASE)

_WITH = re.compile(r"(?:(?<=\s)|(?<=[,，;；]))(?:与|和|跟|同|with\s|w/|\+)\s*(?=\S)", re.IGNORECASE)
_NAMES = re.compile(r"\s*(?:[、,，;；&+]|\s+and\s+|\s+[和与]\s*)\s*", re.IGNORECASE)
_TWO_NAMES = re.compile(r"([\u4e00-\u9fff]{2,4})[和与]([\u4e00-\u9fff]{2,4})")
_LEADING = re.compile(r"^(?:[\s,，:：;；@]|at\s)+", re.IGNORECASE)
_MARK = re.compile(r"\s*([?？!！])\s*$")


def exactly(at: datetime) -> Said:
    """A moment that a clock or a record says; `at` in the zone in which it is shown."""
    return Said(f"{at:%Y-%m-%d %H:%M}", at, at)


# Reading what was said


def read_moment(text: str, *, today: date, zone: tzinfo, day: date | None = None) -> Said:
    """What somebody said of one moment, such as "about noon", "before 21 Jan" or 1月上旬.

    today   the day on which it was said: what has no year lies before it, or up to a month after
    day     the day that is talked about, for times without a date
    """
    kept = text.strip()
    if not kept:
        return NOT_SAID
    return _moment(kept, today=today, zone=zone, day=day, after=None)


def _moment(kept: str, *, today: date, zone: tzinfo, day: date | None, after: date | None) -> Said:
    reader = _Reader(kept, today=today, zone=zone, day=day, whole=True)
    reader.after = after
    said = reader.moment()
    if said is None or reader.rest.strip(" .,，。"):
        return Said(kept, understood=False)
    return replace(said, text=kept)


def read_span(
    text: str, *, today: date, zone: tzinfo, day: date | None = None
) -> tuple[Said, Said]:
    """From and until: "? to 21 Jan", 上午-中午, "17:30". One moment alone is the beginning."""
    kept = text.strip()
    alone = read_moment(kept, today=today, zone=zone, day=day)
    if alone.understood:
        return alone, NOT_SAID
    spoken = _DAYS_OF_A_MONTH.sub(r"\1 \3 to \2 \3", kept)
    for found in _TO.finditer(spoken):
        if not found.start():
            continue
        begin = read_moment(spoken[: found.start()], today=today, zone=zone, day=day)
        near = begin.earliest.astimezone(zone).date() if begin.earliest else day
        after = near if begin.earliest else None
        until = _moment(
            spoken[found.end() :].strip(), today=today, zone=zone, day=near, after=after
        )
        if begin.understood and until.understood:
            return begin, until
    return alone, NOT_SAID


def read_line(text: str, *, day: date, today: date, zone: tzinfo) -> Leg:
    """One leg as it is typed: "17:30-18:10 全聚德 与李明". What is not time or name is the place.

    day   what times without a date are about; a line without any time is about the whole of it
    """
    reader = _Reader(text.strip(), today=today, zone=zone, day=day)
    begin, until = reader.span()
    rest = _LEADING.sub("", reader.rest, count=1).strip()
    sure = ""
    if mark := _MARK.search(rest):
        sure = "seen" if mark[1] in "!！" else "unsure"
        rest = rest[: mark.start()]
    place, names = _companions(rest)
    return Leg(begin=begin, until=until, place=place, names=names, sure=sure, day=reader.day or day)


def _companions(text: str) -> tuple[str, tuple[str, ...]]:
    """The last "with" that has a place before it; 和平路 begins with one and is none."""
    found = [match for match in _WITH.finditer(text) if text[: match.start()].strip()]
    if not found:
        return text.strip(), ()
    said = _TWO_NAMES.sub(r"\1、\2", text[found[-1].end() :])
    names = tuple(name for name in _NAMES.split(said.strip()) if name)
    return text[: found[-1].start()].rstrip(" ,，;；"), names


class _Reader:
    """Reads from the head of a text, and keeps what is left of it in `rest`."""

    def __init__(
        self, text: str, *, today: date, zone: tzinfo, day: date | None, whole: bool = False
    ) -> None:
        self.rest, self.today, self.zone, self.day, self.whole = text, today, zone, day, whole
        self.after: date | None = None
        self.about = self.dated = self.twelve_hours = False

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.rest)
        if found:
            self.rest = self.rest[found.end() :]
        return found

    # A leg: from and until.

    def span(self) -> tuple[Said, Said]:
        before = self.rest
        if (days := self._days()) is not None:
            self.rest = self.rest.lstrip(" ,，")
        if self.take(_WHOLE):
            self.day = days[0] if days else self.day
            return self._all_day(before)
        self.rest = before
        if self.take(_UNTIL) and (until := self.moment(typed=True)) is not None:
            return NOT_SAID, until
        self.rest = before
        self.take(_FROM)
        begin = self.moment(typed=True)
        if begin is None:
            self.rest = before
            return self._on(self.day, ""), NOT_SAID
        if begin.earliest and self.dated:
            self.day = self.after = begin.earliest.astimezone(self.zone).date()
        return begin, self._until(begin)

    def _until(self, begin: Said) -> Said:
        twelve_hours, left = self.twelve_hours, self.rest
        if self.take(_TO):
            self.dated = self.twelve_hours = False
            until = self.moment(typed=True, ends=True)
            if until is not None:
                return self._after(begin, until, twelve_hours=twelve_hours)
        self.rest = left
        return NOT_SAID

    def _all_day(self, before: str) -> tuple[Said, Said]:
        day = self._on(self.day, self._gone(before))
        return replace(day, latest=day.earliest), replace(day, earliest=day.latest)

    def _on(self, day: date | None, said: str) -> Said:
        if day is None:
            return Said(said)
        return self._said(said or day.isoformat(), (day, day), None)

    def _after(self, begin: Said, until: Said, *, twelve_hours: bool) -> Said:
        """An end without a date lies after the beginning: "下午3点-5点", "22:00-1:30"."""
        if self.dated or not (begin.earliest and until.latest and until.earliest):
            return until
        if until.latest < begin.earliest and twelve_hours and not self.twelve_hours:
            later = replace(
                until,
                earliest=until.earliest + timedelta(minutes=_HALF_DAY),
                latest=until.latest + timedelta(minutes=_HALF_DAY),
            )
            if later.latest and later.latest >= begin.earliest:
                return later
        if until.latest < begin.earliest and until.latest + DAY - begin.earliest <= OVER_MIDNIGHT:
            return replace(until, earliest=until.earliest + DAY, latest=until.latest + DAY)
        return until

    # One moment.

    def moment(self, *, typed: bool = False, ends: bool = False) -> Said | None:
        before = self.rest
        if self.take(_UNKNOWN):
            return Said(self._gone(before))
        side = self._side(*((_BEFORE_TYPED, _AFTER_TYPED) if typed else (_BEFORE, _AFTER)))
        self.about = bool(self.take(_ABOUT))
        days, clock = self._days_and_clock(typed=typed, ends=ends)
        if days is None and clock is None:
            self.rest = before
            return None
        self.about = bool(self.take(_ABOUT_AFTER)) or self.about
        side = self._side(_BEFORE_AFTER, _AFTER_AFTER) or side
        self.dated = days is not None
        if days is None and self.day is None:
            return Said(self._gone(before), understood=False)
        return self._said(self._gone(before), days, clock, side=side)

    def _gone(self, before: str) -> str:
        return before[: len(before) - len(self.rest)].strip()

    def _side(self, before: re.Pattern[str], after: re.Pattern[str]) -> str:
        if self.take(before):
            return "before"
        return "after" if self.take(after) else ""

    def _days_and_clock(self, *, typed: bool, ends: bool) -> tuple[_Days | None, _Clock | None]:
        days = self._days()
        if days is None:
            clock = self._clock(typed=typed, ends=ends)
            if clock is not None and self.whole:
                self.take(_ON)
                days = self._days()
            return days, clock
        left, about = self.rest, self.about
        self.take(_ON)
        self.about = bool(self.take(_ABOUT)) or about
        clock = self._clock(typed=typed, ends=ends)
        if clock is None:
            self.rest, self.about = left, about
        return days, clock

    def _said(self, text: str, days: _Days | None, clock: _Clock | None, *, side: str = "") -> Said:
        between = days or (self.day or self.today,) * 2
        begin, end = clock or (0, _WHOLE_DAY - 1)
        earliest = self._at(between[0]) + begin * MINUTE
        latest = self._at(between[1]) + end * MINUTE
        if self.about and clock and begin == end:
            earliest, latest = earliest - ABOUT_A_TIME, latest + ABOUT_A_TIME
        elif self.about and not clock and between[0] == between[1]:
            earliest, latest = earliest - ABOUT_A_DAY, latest + ABOUT_A_DAY
        return Said(
            text, None if side == "before" else earliest, None if side == "after" else latest
        )

    def _at(self, day: date) -> datetime:
        return datetime.combine(day, time.min, tzinfo=self.zone)

    # Dates.

    def _days(self) -> _Days | None:
        for pattern in [*_DATES, *_ONLY_WHOLE] if self.whole else _DATES:
            found = pattern.match(self.rest)
            days = self._days_of(found.groupdict("")) if found else None
            if found and days:
                self.rest = self.rest[found.end() :]
                return days
        return None

    def _days_of(self, said: Mapping[str, str]) -> _Days | None:
        if "ago" in said:
            day = self.today - timedelta(days=_DAYS_AGO[said["ago"].lower()])
            return day, day
        if "one" in said:
            return _either(int(said["one"]), int(said["two"]), int(said["y"]))
        if "m" in said or "mon" in said:
            return self._in_a_month(said)
        if "y" in said:
            return _days_in(int(said["y"]), 1, 12)
        if "t" in said:
            near = self.day or self.today
            return _third(near.year, near.month, said["t"])
        return self._latest_day(int(said["d"]))

    def _in_a_month(self, said: Mapping[str, str]) -> _Days | None:
        month = int(said["m"]) if "m" in said else _month(said["mon"])
        if not 1 <= month <= 12:  # noqa: PLR2004
            return None
        if "d" in said:
            return self._one(said.get("y", ""), month, int(said["d"]))
        year = self._year(said.get("y", ""), month, 1)
        third = said.get("t") or _ENGLISH_THIRDS.get(said.get("early", "").lower(), "")
        return _third(year, month, third) if third else _days_in(year, month, month)

    def _one(self, year: str, month: int, day: int) -> _Days | None:
        found = _day(self._year(year, month, day), month, day)
        return (found, found) if found else None

    def _year(self, said: str, month: int, day: int) -> int:
        """The year that was said, or the last in which this day was not far off."""
        if said:
            return int(said)
        this = _day(self.today.year, month, day)
        soon = self.today + timedelta(days=31)
        if this is None:
            return next(
                (year for year in range(self.today.year, self.today.year - 8, -1)
                 if _day(year, month, day)), self.today.year,
            )  # fmt: skip
        return self.today.year if this <= soon else self.today.year - 1

    def _latest_day(self, number: int) -> _Days | None:
        """21日, without a month: the next one after the beginning, or the last before today."""
        if self.after:
            after = (self.after + timedelta(days=n) for n in range(62))
            return next(((day, day) for day in after if day.day == number), None)
        year, month = self.today.year, self.today.month
        for _back in range(12):
            found = _day(year, month, number)
            if found and found <= self.today:
                return found, found
            year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        return None

    # Times.

    def _clock(self, *, typed: bool, ends: bool) -> _Clock | None:
        patterns = [*_TYPED_TIMES, *_TIMES] if typed else list(_TIMES)
        if ends:
            patterns.append(_TYPED_UNTIL)
        self.rest = self.rest.lstrip()
        for pattern in patterns:
            found = pattern.match(self.rest)
            clock = self._clock_of(*found.groups("")) if found else None
            if found and clock:
                self.rest = self.rest[found.end() :]
                return clock
        return None

    def _clock_of(self, part: str, word: str = "", past: str = "", half: str = "") -> _Clock | None:
        part, past, half = part.lower(), past.removesuffix("分"), half.lower()
        if not word:
            return _PARTS[part]
        minute = _PAST_THE_HOUR[past] if past in _PAST_THE_HOUR else int(past)
        hour = _of_24(_DIGITS.get(word) or int(word), part, half)
        self.twelve_hours = part in _LATER_HALF or half == "p"
        at = hour * 60 + minute
        return None if minute > 59 or at > _WHOLE_DAY else (at, at)  # noqa: PLR2004


def _of_24(hour: int, part: str, half: str) -> int:
    """The hour as clocks with 24 of them show it: 下午3点 is 15, 凌晨12点 is 0, 晚上12点 is 24."""
    noon = 12
    if hour > noon:
        return hour
    if half:
        return hour % noon + (noon if half == "p" else 0)
    if hour == noon:
        return {"凌晨": 0}.get(part, 24 if part in _LATE else noon)
    early = part in _AT_NOON and hour > 3  # noqa: PLR2004 - 中午1点 is 13, 中午11点 is 11
    return hour + noon if part in _LATER_HALF and not early else hour


def _month(word: str) -> int:
    return _MONTHS.index(word.lower()[:3]) + 1


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _days_in(year: int, month: int, until: int) -> _Days | None:
    if not date.min.year < year < date.max.year:
        return None
    return date(year, month, 1), date(year, until, calendar.monthrange(year, until)[1])


def _third(year: int, month: int, word: str) -> _Days | None:
    first, last = _THIRDS[word]
    days = _days_in(year, month, month)
    return days and (days[0].replace(day=first), days[1].replace(day=min(days[1].day, last)))


def _either(one: int, two: int, year: int) -> _Days | None:
    """5/6/2020 may be in May or in June: both, and what lies between."""
    found = sorted(_both(one, two, year))
    return (found[0], found[-1]) if found else None


def _both(one: int, two: int, year: int) -> Iterator[date]:
    for month, day in ((one, two), (two, one)):
        if (found := _day(year, month, day)) is not None:
            yield found
