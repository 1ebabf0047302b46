"""Taking in a roster that somebody wrote in Excel: bad rows are told by line, the others load."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from fangxian.kernel.access import Actor
from fangxian.kernel.ids import read_code
from fangxian.kernel.vault import blind_index
from fangxian.people import sheets
from fangxian.people.columns import day_of, text_of
from fangxian.people.errors import FileRefused
from fangxian.people.rules import half_width, normal_name, normal_phone
from fangxian.rosters.models import Post, Shift
from fangxian.rosters.queries import open_posts, shifts_between
from fangxian.rosters.turns import Filling, fill_shifts
from fangxian.workforce.queries import members_visible_to

if TYPE_CHECKING:
    from uuid import UUID

_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "post": ("岗位", "岗位编号", "岗位名称", "点位", "卡点", "post", "post code"),
    "day": ("日期", "值班日期", "上岗日期", "date", "day"),
    "hours": ("时间", "时段", "班次", "值班时间", "上岗时间", "hours", "time", "shift"),
    "name": ("姓名", "值班人员", "上岗人员", "人员", "name", "names", "people"),
    "phone": ("电话", "手机", "联系电话", "手机号", "phone"),
}
_FILLED_DOWN = ("post", "day", "hours")
"""What a merged cell says for every row beside it. A person never counts twice."""

_MAX_ROWS = 20_000
_TITLES = 10
_HOURS = re.compile(r"(\d{1,2})(?:[:时点](\d{2})?分?)?\s*[-—–~至到]+\s*(?:次日)?(\d{1,2})")


class Unclear(Exception):  # noqa: N818 - a row, not a fault of ours
    """Why a row is not taken, in words."""


@dataclass(slots=True)
class Taken:
    """read      rows that name somebody; each counts once for every name in it
    refused   line and reason
    """

    read: int = 0
    taken: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    post: str
    day: sheets.Cell
    hours: sheets.Cell
    name: str
    phone: str


def take_in(actor: Actor, data: bytes) -> Taken:
    """Read a roster into shifts that are open. What it does not name stays as it is."""
    sheet = sheets.read(data)
    if sheet.total > _MAX_ROWS:
        raise FileRefused(
            _("The list has more than %(rows)d rows. Send it in parts.") % {"rows": _MAX_ROWS}
        )
    rows = list(_lines(sheet.rows))
    tally = Taken(read=len(rows))
    posts, people = _Posts(actor), _People(actor, rows)
    days = [day for row in rows if (day := _day(row.day))]
    shifts = _Shifts(actor, days)
    lines: list[int] = []
    fillings: list[Filling] = []
    for row in rows:
        try:
            who = people.one(row.name, row.phone)
            shift = shifts.one(posts.one(row.post), _day(row.day), row.hours)
        except Unclear as why:
            tally.refused.append((row.line, str(why)))
            continue
        lines.append(row.line)
        fillings.append(Filling(shift.id, who))
    filled = fill_shifts(actor, fillings)
    tally.taken = filled.taken
    tally.refused += [(lines[one.row], one.refusal.message) for one in filled.refused]
    tally.refused.sort()
    return tally


def _lines(rows: Iterator[tuple[int, list[sheets.Cell]]]) -> Iterator[_Row]:
    at: dict[str, int] = {}
    above: dict[str, sheets.Cell] = {}
    for read, (line, cells) in enumerate(rows):
        if not at:
            at = _headings([text_of(cell).strip().lower() for cell in cells])
            if not at and read >= _TITLES:
                break
            continue
        if sheets.is_blank(cells):
            continue
        said = {key: cells[n] if n < len(cells) else None for key, n in at.items()}
        for key in _FILLED_DOWN:
            if not text_of(said.get(key)).strip():
                said[key] = above.get(key)
        above = said
        for name in re.split(r"[、,，;；/\n]+", text_of(said["name"])):
            if name.strip():
                yield _Row(
                    line,
                    text_of(said["post"]).strip(),
                    said["day"],
                    said.get("hours"),
                    name.strip(),
                    text_of(said.get("phone")).strip(),
                )
    if not at:
        raise FileRefused(_("No row of the file names its columns. Needed are: post, date, name."))


def _headings(words: list[str]) -> dict[str, int]:
    at = {
        key: n
        for n, word in reversed(list(enumerate(words)))
        for key, names in _HEADINGS.items()
        if word in names
    }
    return at if {"post", "day", "name"} <= at.keys() else {}


class _Posts:
    """Posts by their code, or by a name that only one of them has."""

    def __init__(self, actor: Actor) -> None:
        self._by_number: dict[int, Post] = {}
        self._by_name: dict[str, list[Post]] = defaultdict(list)
        for post in open_posts(actor):
            self._by_number[post.number] = post
            self._by_name[_bare(post.name)].append(post)

    def one(self, said: str) -> Post:
        number = read_code("J", said)
        found = [self._by_number[number]] if number in self._by_number else []
        found = found or self._by_name.get(_bare(said), [])
        if not found:
            raise Unclear(_("There is no post “%(post)s” here.") % {"post": said[:40]})
        if len(found) > 1:
            raise Unclear(
                _("Several posts are called “%(post)s”: write the code instead.")
                % {"post": said[:40]}
            )
        return found[0]


class _People:
    """People by name, with their phone where several are called so. One statement."""

    def __init__(self, actor: Actor, rows: Iterable[_Row]) -> None:
        indexes = {_name(row.name) for row in rows if row.name}
        self._found: dict[bytes, list[tuple[UUID, bytes]]] = defaultdict(list)
        known = members_visible_to(actor).filter(name_index__in=indexes)
        for member, name, phone in known.values_list("id", "name_index", "phone_index"):
            self._found[bytes(name)].append((member, bytes(phone or b"")))

    def one(self, name: str, phone: str) -> "UUID":
        found = self._found.get(_name(name), [])
        if len(found) > 1 and phone:
            index = bytes(blind_index("phone", normal_phone(phone)))
            found = [one for one in found if one[1] == index]
        if not found:
            raise Unclear(
                _("Nobody at work is called “%(name)s” here. Add the person first.")
                % {"name": name[:20]}
            )
        if len(found) > 1:
            raise Unclear(
                _("Several people are called “%(name)s”: give the phone number as well.")
                % {"name": name[:20]}
            )
        return found[0][0]


class _Shifts:
    """The shifts that are open on the days of the list."""

    def __init__(self, actor: Actor, days: list[date]) -> None:
        self._of: dict[tuple[UUID, date], list[Shift]] = defaultdict(list)
        if days:
            for shift in shifts_between(actor, min(days), max(days)):
                self._of[shift.post_id, shift.day].append(shift)

    def one(self, post: Post, day: date | None, hours: sheets.Cell) -> Shift:
        if day is None:
            raise Unclear(_("The date cannot be read. Write it as 2022-09-02."))
        found = self._of.get((post.id, day), [])
        begin = _begins(hours)
        if begin is not None:
            found = [one for one in found if localtime(one.starts_at).time() == begin]
        if not found:
            raise Unclear(
                _("Post %(post)s has no such shift on %(day)s. Open the shifts first.")
                % {"post": post.code, "day": f"{day:%m-%d}"}
            )
        if len({one.starts_at for one in found}) > 1:
            raise Unclear(
                _("Post %(post)s has several shifts on %(day)s: write the hours as well.")
                % {"post": post.code, "day": f"{day:%m-%d}"}
            )
        return found[0]


def _day(cell: sheets.Cell) -> date | None:
    try:
        return day_of(cell)
    except ValueError:
        return None


def _begins(hours: sheets.Cell) -> time | None:
    """When a shift begins, from “8:00-16:00”, “8时至16时”, or a cell that holds a time."""
    if isinstance(hours, datetime):
        return hours.time()
    if isinstance(hours, time):
        return hours
    if isinstance(hours, timedelta):
        return time(*divmod(hours.seconds // 60, 60))
    text = half_width(text_of(hours)).replace(" ", "")
    if not text:
        return None
    found = _HOURS.search(text) or re.fullmatch(r"(\d{1,2})(?::(\d{2}))?", text)
    if found is None or int(found.group(1)) >= len(range(24)):
        raise Unclear(
            _("The hours “%(hours)s” cannot be read. Write 8:00-16:00.") % {"hours": text}
        )
    return time(int(found.group(1)), int(found.group(2) or 0))


def _bare(name: str) -> str:
    return re.sub(r"\s+", "", half_width(name)).lower()


def _name(name: str) -> bytes:
    return bytes(blind_index("name", normal_name(name)))
