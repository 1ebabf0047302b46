"""How posts, shifts and gaps are put before people: names, places, words, and a drawn map."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import cos, radians
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy

from fangxian.areas.models import Area
from fangxian.areas.queries import areas_of_level, names_of, outlines_of_level
from fangxian.kernel.access import Actor
from fangxian.kernel.clock import now
from fangxian.rosters import covering, queries
from fangxian.rosters.covering import HELD
from fangxian.rosters.models import Post, Shift, Turn
from fangxian.rosters.queries import Gap
from fangxian.workforce import queries as workforce
from fangxian.workforce.about import Named

_TONES = {
    "planned": "wait",
    "there": "open",
    "done": "done",
    "missing": "late",
    "off": "ended",
}
REASONS = {
    "ill": gettext_lazy("ill"),
    "locked_in": gettext_lazy("locked in at home"),
    "recalled": gettext_lazy("called back by the home unit"),
    "left": gettext_lazy("has left"),
    "swapped": gettext_lazy("changed with somebody"),
    "re-planned": gettext_lazy("moved by a plan"),
}
"""Reasons that verbs write by themselves, in the reader's language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRow:
    gap: Gap
    place: str
    skill: str
    soon: bool


def gap_rows(viewer: Actor, gaps: Sequence[Gap]) -> list[GapRow]:
    places = names_of(viewer, {gap.post.area_path for gap in gaps})
    words = workforce.skill_words(viewer)
    at = now()
    return [
        GapRow(
            gap=gap,
            place=places[gap.post.area_path],
            skill=words.get(gap.skill, ""),
            soon=gap.starts_at <= at,
        )
        for gap in gaps
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRow:
    turn: Turn
    who: Named | None
    tone: str
    reason: str
    can_come: bool
    can_go: bool
    can_change: bool


def turn_rows(viewer: Actor, turns: Iterable[Turn]) -> list[TurnRow]:
    rows = list(turns)
    names = workforce.named(viewer, {turn.member_id for turn in rows})
    at = now()
    return [
        TurnRow(
            turn=turn,
            who=names.get(turn.member_id),
            tone=_TONES[turn.state],
            reason=reason_words(turn.reason),
            can_come=turn.state in {"planned", "missing"}
            and turn.starts_at - timedelta(days=1) < at < turn.ends_at,
            can_go=turn.state == "there",
            can_change=turn.state in {"planned", "there"} and at < turn.ends_at,
        )
        for turn in rows
    ]


def reason_words(reason: str) -> str:
    return str(REASONS[reason]) if reason in REASONS else reason


# The week


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One shift in a cell of the roster. tone: full, bare, past."""

    shift: Shift
    names: tuple[str, ...]
    more: int
    held: int
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostWeek:
    post: Post
    place: str
    holder: str
    days: tuple[tuple[date, tuple[Chip, ...]], ...]


_NAMES_IN_A_CELL = 3


def week_by_post(viewer: Actor, posts: Sequence[Post], days: Sequence[date]) -> list[PostWeek]:
    """Each post's shifts in a week, with who is on them. As many statements for many as for one."""
    shifts = list(
        queries.shifts_between(viewer, days[0], days[-1]).filter(
            post__in=[post.id for post in posts]
        )
    )
    turns = queries.turns_of(viewer, shifts)
    held = queries.holders(viewer, [post.id for post in posts if post.standing])
    people = {turn.member_id for group in turns.values() for turn in group} | set(held.values())
    names = workforce.named(viewer, people)
    places = names_of(viewer, {post.area_path for post in posts})
    cells: dict[tuple[UUID, date], list[Chip]] = defaultdict(list)
    at = now()
    for shift in shifts:
        on = [turn for turn in turns[shift.id] if turn.state in HELD]
        who = list(dict.fromkeys(turn.member_id for turn in on))
        bare = covering.bare_of(shift, on)
        cells[shift.post_id, shift.day].append(
            Chip(
                shift=shift,
                names=tuple(names[one].name for one in who[:_NAMES_IN_A_CELL] if one in names),
                more=max(0, len(who) - _NAMES_IN_A_CELL),
                held=shift.headcount - max((part.missing for part in bare), default=0),
                tone="past" if shift.ends_at <= at else "bare" if bare else "full",
            )
        )
    return [
        PostWeek(
            post=post,
            place=places[post.area_path],
            holder=names[held[post.id]].name if post.id in held and held[post.id] in names else "",
            days=tuple((day, tuple(cells[post.id, day])) for day in days),
        )
        for post in posts
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWeek:
    who: Named
    hours: float
    days: tuple[tuple[date, tuple[Turn, ...]], ...]
    run: int


def week_by_person(
    viewer: Actor, members: Sequence[UUID], days: Sequence[date]
) -> list[PersonWeek]:
    """Each person's turns in a week, in the viewer's area. `run`: most days in a row."""
    rows = (
        queries.turns_visible_to(viewer)
        .filter(
            member__in=members,
            shift__day__gte=days[0],
            shift__day__lte=days[-1],
            state__in=HELD,
        )
        .select_related("shift__post")
        .order_by("starts_at")
    )
    cells: dict[tuple[UUID, date], list[Turn]] = defaultdict(list)
    for turn in rows:
        cells[turn.member_id, turn.shift.day].append(turn)
    names = workforce.named(viewer, members)
    found = []
    for member in members:
        if member not in names:
            continue
        mine = [(day, tuple(cells[member, day])) for day in days]
        length = sum(
            (turn.ends_at - turn.starts_at for _day, turns in mine for turn in turns), timedelta()
        )
        run = longest = 0
        for _day, turns in mine:
            run = run + 1 if turns else 0
            longest = max(longest, run)
        found.append(
            PersonWeek(
                who=names[member],
                hours=length / timedelta(hours=1),
                days=tuple(mine),
                run=longest,
            )
        )
    return found


# The map of gaps

_WIDTH, _HEIGHT = 640.0, 420.0
_MARGIN = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """An area of the map as SVG. tone: none (no posts), full, some, many."""

    name: str
    path: str
    draw: str
    x: float
    y: float
    missing: int
    posts: int
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceGaps:
    """An area of the list beside the map."""

    area: Area
    posts: int
    missing: int


def by_area(viewer: Actor, posts: Iterable[Post], gaps: Iterable[Gap]) -> list[PlaceGaps]:
    """Posts and people missing by community (by grid for who has only one); most missing first."""
    areas = list(areas_of_level(viewer, level_for(viewer)))
    place = _within({area.path for area in areas})
    here = Counter(place(post.area_path) for post in posts)
    missing: Counter[str] = Counter()
    for gap in gaps:
        missing[place(gap.post.area_path)] += gap.missing
    rows = [
        PlaceGaps(area=area, posts=here[area.path], missing=missing[area.path])
        for area in areas
        if here[area.path]
    ]
    return sorted(rows, key=lambda row: (-row.missing, row.area.path))


def level_for(viewer: Actor) -> str:
    communities = areas_of_level(viewer, "community")
    return "community" if len(communities[:2]) > 1 or not viewer.within else "grid"


def _within(paths: set[str]) -> Callable[[str], str]:
    """Which of these paths a path lies in; "" if in none."""

    def find(path: str) -> str:
        while path and path not in paths:
            path = path[: path.rstrip("/").rfind("/") + 1]
        return path

    return find


def map_of(viewer: Actor, rows: Sequence[PlaceGaps]) -> list[Shape]:
    """The areas of the list as one drawing, in a projection that is true enough for a district."""
    known = {row.area.number: row for row in rows}
    outlines = outlines_of_level(viewer, level_for(viewer))
    rings = {one.number: _rings(json.loads(one.geometry)) for one in outlines}
    spots = [spot for one in rings.values() for ring in one for spot in ring]
    if not spots:
        return []
    place = _projection(spots)
    shapes = []
    for one in outlines:
        row = known.get(one.number)
        drawn = [[place(lon, lat) for lon, lat in ring] for ring in rings[one.number]]
        flat = [spot for ring in drawn for spot in ring]
        missing = row.missing if row else 0
        shapes.append(
            Shape(
                name=one.name,
                path=row.area.path if row else "",
                draw="".join(
                    "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring) + "Z" for ring in drawn
                ),
                x=sum(x for x, _y in flat) / len(flat),
                y=sum(y for _x, y in flat) / len(flat),
                missing=missing,
                posts=row.posts if row else 0,
                tone=_tone(row),
            )
        )
    return shapes


def _tone(row: PlaceGaps | None) -> str:
    if row is None:
        return "none"
    if not row.missing:
        return "full"
    return "some" if row.missing * 10 < row.posts else "many"


def _rings(geometry: dict[str, Any]) -> list[list[tuple[float, float]]]:
    """The outer rings of a polygon or of several."""
    shapes = geometry["coordinates"]
    polygons = [shapes] if geometry["type"] == "Polygon" else shapes
    return [[(float(spot[0]), float(spot[1])) for spot in polygon[0]] for polygon in polygons]


def _projection(
    spots: Sequence[tuple[float, float]],
) -> Callable[[float, float], tuple[float, float]]:
    """Longitudes shortened by the cosine of the latitude; the whole fitted into the drawing."""
    west, east = min(lon for lon, _lat in spots), max(lon for lon, _lat in spots)
    south, north = min(lat for _lon, lat in spots), max(lat for _lon, lat in spots)
    shrink = cos(radians((south + north) / 2))
    wide, high = (east - west) * shrink or 1, (north - south) or 1
    scale = min((_WIDTH - 2 * _MARGIN) / wide, (_HEIGHT - 2 * _MARGIN) / high)
    left = (_WIDTH - wide * scale) / 2
    top = (_HEIGHT - high * scale) / 2

    def place(lon: float, lat: float) -> tuple[float, float]:
        return left + (lon - west) * shrink * scale, top + (north - lat) * scale

    return place
