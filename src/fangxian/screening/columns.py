"""What the columns of somebody else's list hold, by their headings or as somebody said once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.translation import gettext as _

from fangxian.kernel.sheets import looks_like_formula
from fangxian.people import columns as register
from fangxian.people.columns import day_of, text_of
from fangxian.people.rules import half_width
from fangxian.people.sheets import Cell
from fangxian.screening.rules import Stay

_HEADINGS: Mapping[str, Sequence[str]] = {
    "place": [
        "来自", "来源地", "出发地", "始发地", "途经地", "旅居地", "旅居史", "来自何地", "从何地来",
        "所在城市", "上车站", "始发站", "风险地区", "行程", "轨迹", "到过的地方",
        "from", "from where", "place", "place visited", "origin", "departure", "stayed at",
    ],
    "from_day": [
        "到达该地日期", "旅居开始日期", "开始日期", "起始日期", "入住时间", "停留开始",
        "there from", "arrived there", "first day there",
    ],
    "until_day": [
        "离开日期", "离开该地日期", "旅居结束日期", "结束日期", "返回日期", "返青日期", "抵达日期",
        "到达日期", "来返日期", "返程日期", "乘车日期", "日期",
        "left on", "left", "there until", "last day there", "arrival", "arrival date", "date",
    ],
    "how": [
        "车次", "航班", "航班号", "车牌号", "交通方式", "交通工具", "车次/航班",
        "train", "flight", "train or flight", "vehicle", "transport",
    ],
    "address": [
        "现住址", "现居住地", "居住地址", "居住地", "住址", "目的地", "目的地址", "家庭住址",
        "详细地址",
        "address", "home address", "destination", "lives at",
    ],
}  # fmt: skip
_OF_THE_REGISTER = (
    "name", "identity_type", "identity", "phone", "sex", "birth_date", "community", "compound",
    "building", "unit", "floor", "door",
)  # fmt: skip
MEANINGS = (*_OF_THE_REGISTER, *_HEADINGS)
LONGEST_PLACE = 120


@dataclass(slots=True)
class Line:
    """What one row says; `faults` are reasons not to take it, in words."""

    person: register.Line
    address: str = ""
    stays: list[Stay] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def label(meaning: str) -> str:
    return {
        "name": _("name"),
        "identity_type": _("type of document"),
        "identity": _("identity number"),
        "phone": _("phone"),
        "sex": _("sex"),
        "birth_date": _("date of birth"),
        "community": _("community"),
        "compound": _("housing estate"),
        "building": _("building"),
        "unit": _("stairwell"),
        "floor": _("floor"),
        "door": _("door"),
        "place": _("where they were"),
        "from_day": _("first day there"),
        "until_day": _("last day there, or day of arrival"),
        "how": _("train, flight or vehicle"),
        "address": _("where they live, in one cell"),
    }[meaning]


def recognised(headings: Sequence[str], said: Mapping[str, str]) -> dict[str, str]:
    """Heading → what it holds: as somebody said for this sender, otherwise as it is known."""
    found: dict[str, str] = {}
    for heading in headings:
        meaning = said.get(heading) or _meaning(heading)
        if meaning in MEANINGS and meaning not in found.values():
            found[heading] = meaning
    return found


def missing(columns: Mapping[str, str]) -> list[str]:
    """What must be there and is not, in words."""
    held = set(columns.values())
    found = [] if "name" in held else [label("name")]
    if not held & {"identity", "phone"}:
        found.append(_("identity number or phone"))
    return found


def is_heading(cells: Sequence[Cell], said: Mapping[str, str]) -> bool:
    """Whether a row names columns; lists often begin with a title."""
    return len(recognised([text_of(cell) for cell in cells], said)) > 1


def line_of(cells: Sequence[Cell], at: Mapping[str, int], *, today: date, since: date) -> Line:
    """One row, as far as it can be read.

    at   position by what it holds
    """
    register_at = {key: at[key] for key in _OF_THE_REGISTER if key in at}
    line = Line(person=register.line_of(cells, register_at))
    line.faults = line.person.faults
    said = {
        key: cells[at[key]] if key in at and at[key] < len(cells) else None for key in _HEADINGS
    }
    for key in ("place", "how", "address"):
        cell = said[key]
        if isinstance(cell, str) and looks_like_formula(cell.lstrip(" ")):
            line.faults.append(
                _("column “%(column)s” begins with a sign of a formula (= + - @)")
                % {"column": label(key)}
            )
            return line
    line.address = text_of(said["address"])
    place = text_of(said["place"])[:LONGEST_PLACE]
    if place:
        _read_stay(line, place, said, today, since)
    if not (line.person.identity or line.person.phone) and not line.faults:
        line.faults.append(_("neither identity number nor phone is given"))
    return line


def _read_stay(line: Line, place: str, said: Mapping[str, Cell], today: date, since: date) -> None:
    """Where only one day is known, it is the last one there; where none is, any since the date."""
    days: dict[str, date | None] = {}
    for key in ("from_day", "until_day"):
        try:
            days[key] = day_of(said[key])
        except ValueError:
            line.faults.append(
                _("column “%(column)s”: “%(word)s” is no date; write 2022-01-31")
                % {"column": label(key), "word": half_width(text_of(said[key]))}
            )
            return
    last = days["until_day"] or days["from_day"] or today
    first = days["from_day"] or days["until_day"] or since
    fault = fault_of(first, last, today=today)
    if fault:
        line.faults.append(fault)
        return
    line.stays.append(
        Stay(place=place, from_day=first, until_day=last, how=text_of(said["how"])[:60])
    )


def fault_of(first: date, last: date, *, today: date) -> str:
    """Why a stay cannot have been, in words; "" if it can."""
    if last > today or first > today:
        return _("a day lies in the future")
    if last < first:
        return _("the last day lies before the first")
    if first < today - _LONGEST_AGO:
        return _("the stay lies more than ten years back")
    return ""


_LONGEST_AGO = timedelta(days=3660)


def _bare(heading: str) -> str:
    plain = re.sub(r"\(.*?\)|\[.*?\]", "", half_width(heading).lower())
    return re.sub(r"[\s_*/、:.\-]", "", plain)


_KNOWN = {_bare(word): meaning for meaning, words in _HEADINGS.items() for word in words}


def _meaning(heading: str) -> str | None:
    return _KNOWN.get(_bare(heading)) or register.meaning_of(heading)
