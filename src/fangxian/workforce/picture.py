"""One picture of a subdistrict: its office on top, a column for each community, side links dashed.

Plain values, so that the page and a test can look at the same thing; the template only draws.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fangxian.areas.models import Area
from fangxian.areas.rules import short_name
from fangxian.kernel.access import Actor
from fangxian.workforce import about, queries
from fangxian.workforce.models import Liaison, Organisation

# Sizes in pixels of the drawing.
_WIDE = 196
_GAP = 18
_LINE = 17
_PAD = 8
_COLUMNS = 6
_SIGNS = 26  # half-width signs in a line of a box
_MARGIN = 12


@dataclass(frozen=True, slots=True)
class Box:
    """One organisation, community or side link.

    tone   office, community, part, temporary, partner or liaison
    """

    x: int
    y: int
    height: int
    tone: str
    lines: tuple[str, ...]
    small: str = ""
    organisation_id: UUID | None = None
    width: int = _WIDE

    @property
    def texts(self) -> list[tuple[int, str]]:
        return [(self.y + _PAD + 12 + at * _LINE, line) for at, line in enumerate(self.lines)]

    @property
    def small_at(self) -> int:
        return self.y + _PAD + 12 + len(self.lines) * _LINE

    @property
    def left(self) -> int:
        return self.x + _PAD + 2

    @property
    def middle(self) -> int:
        return self.x + self.width // 2

    @property
    def bottom(self) -> int:
        return self.y + self.height


@dataclass(slots=True)
class Picture:
    width: int = 0
    height: int = 0
    boxes: list[Box] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    side_lines: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Column:
    """A community with all that stands there; the same in words beneath the drawing."""

    area: Area
    parts: list[Organisation] = field(default_factory=list)
    partners: list[Organisation] = field(default_factory=list)
    liaisons: list[Liaison] = field(default_factory=list)


@dataclass(slots=True)
class Street:
    area: Area
    office: list[Organisation]
    liaisons: list[Liaison]
    columns: list[Column]
    people: Mapping[UUID, int]
    leads: Mapping[UUID, about.Named]


_ORDER = [str(kind) for kind in Organisation.Kind]


def street_of(viewer: Actor, area: Area) -> Street:
    """What stands in a subdistrict and in each of its communities, in a handful of statements."""
    there = list(queries.organisations_in(viewer, area.path))
    links = list(queries.liaisons_of(viewer, area.path))
    communities = Area.objects.filter(
        path__startswith=area.path, level=Area.Level.COMMUNITY, ended_at=None
    ).order_by("path")
    columns = {one.path: Column(one) for one in communities}
    office: list[Organisation] = []
    liaisons: list[Liaison] = []
    for one in sorted(there, key=lambda one: (_ORDER.index(one.kind), one.number)):
        column = _within(columns, one.area_path)
        if column is None:
            office.append(one)
        elif one.kind in queries.PARTNERS:
            column.partners.append(one)
        else:
            column.parts.append(one)
    for link in links:
        column = _within(columns, link.area_path)
        (liaisons if column is None else column.liaisons).append(link)
    ids = [one.id for one in there]
    return Street(
        area,
        office,
        liaisons,
        list(columns.values()),
        queries.sizes_of(viewer, ids),
        queries.leads_of(viewer, ids),
    )


def _within(columns: Mapping[str, Column], path: str) -> Column | None:
    return next((one for start, one in columns.items() if path.startswith(start)), None)


def draw(street: Street) -> Picture:
    picture = Picture()
    wide = min(max(len(street.columns), 1), _COLUMNS)
    picture.width = 2 * _MARGIN + wide * (_WIDE + _GAP) - _GAP
    y = _office(picture, street)
    trunk = next(box for box in picture.boxes if box.tone == "office")
    if street.columns:
        picture.lines.append(f"M{trunk.middle} {trunk.bottom}V{y + 14}")
    for first in range(0, len(street.columns), _COLUMNS):
        y = _row(picture, street, street.columns[first : first + _COLUMNS], y + 26)
    picture.height = y + _MARGIN
    return picture


def _office(picture: Picture, street: Street) -> int:
    """The subdistrict in the middle, what belongs to it as a whole beside it, links above."""
    top, per_row = _MARGIN, max(1, (picture.width - 2 * _MARGIN + _GAP) // (_WIDE + _GAP))
    boxes = [_box(0, 0, "liaison", linked(one), small=_("liaison")) for one in street.liaisons]
    head = _box(0, 0, "office", short_name(street.area.name))
    boxes += [head, *(_part(street, one) for one in street.office)]
    y = top
    for first in range(0, len(boxes), per_row):
        row = boxes[first : first + per_row]
        tallest = max(one.height for one in row)
        for at, one in enumerate(row):
            picture.boxes.append(_at(one, _MARGIN + at * (_WIDE + _GAP), y))
        y += tallest + 10
    return y


def _row(picture: Picture, street: Street, columns: Iterable[Column], y: int) -> int:
    """Community boxes side by side, hanging from one line; everything of one beneath it."""
    lowest, bar = y, y - 12
    found = list(columns)
    left = _MARGIN + _WIDE // 2
    right = _MARGIN + (len(found) - 1) * (_WIDE + _GAP) + _WIDE // 2
    picture.lines.append(f"M{left} {bar}H{max(right, left)}")
    for at, column in enumerate(found):
        x, down = _MARGIN + at * (_WIDE + _GAP), y
        head = _at(_box(0, 0, "community", short_name(column.area.name)), x, down)
        picture.lines.append(f"M{head.middle} {bar}V{head.y}")
        picture.boxes.append(head)
        down = head.bottom + 8
        start = head.bottom
        hanging = [_part(street, one) for one in column.parts]
        hanging += [
            _box(0, 0, "liaison", linked(one), small=_("liaison")) for one in column.liaisons
        ]
        hanging += [_part(street, one, tone="partner") for one in column.partners]
        for box in hanging:
            placed = _at(box, x + 14, down, width=_WIDE - 14)
            picture.boxes.append(placed)
            lines = picture.side_lines if placed.tone == "liaison" else picture.lines
            lines.append(f"M{x + 6} {start}V{placed.y + 14}H{placed.x}")
            start = placed.y + 14
            down = placed.bottom + 8
        lowest = max(lowest, down)
    return lowest


def _part(street: Street, one: Organisation, tone: str = "") -> Box:
    if not tone:
        tone = "temporary" if one.ends_at else "part"
    lead, people = street.leads.get(one.id), street.people.get(one.id, 0)
    said = [lead.name] if lead else []
    if people:
        said.append(ngettext("%(people)d person", "%(people)d people", people) % {"people": people})
    elif one.phone:
        said.append(one.phone)
    return _box(0, 0, tone, one.name, small=" · ".join(said), organisation_id=one.id)


def linked(link: Liaison) -> str:
    if link.organisation is not None:
        return link.organisation.name
    if link.member is None:
        return ""
    unit = f" · {link.member.unit.name}" if link.member.unit else ""
    return about.plain(link.member.name) + unit


def _box(
    x: int, y: int, tone: str, name: str, *, small: str = "", organisation_id: UUID | None = None
) -> Box:
    lines = tuple(wrapped(name))
    height = 2 * _PAD + _LINE * (len(lines) + bool(small)) - 2
    return Box(x, y, height, tone, lines, small, organisation_id)


def _at(box: Box, x: int, y: int, width: int = _WIDE) -> Box:
    return Box(x, y, box.height, box.tone, box.lines, box.small, box.organisation_id, width)


def wrapped(text: str) -> list[str]:
    """Lines that fit into a box; Chinese breaks anywhere, English between words."""
    lines, line, taken = [], "", 0
    for piece in _pieces(text):
        size = sum(2 if ord(sign) > 0x2E7F else 1 for sign in piece)  # noqa: PLR2004 - CJK begins
        if line and taken + size > _SIGNS:
            lines.append(line.strip())
            line, taken = "", 0
        line += piece
        taken += size
    return [*lines, line.strip()]


def _pieces(text: str) -> Iterable[str]:
    word = ""
    for sign in text:
        if ord(sign) > 0x2E7F:  # noqa: PLR2004
            if word:
                yield word
            word = ""
            yield sign
        else:
            word += sign
            if sign == " ":
                yield word
                word = ""
    if word:
        yield word
