"""Meals and protective gear, counted from who is on the roster. Numbers of people, never names."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.utils.timezone import localtime

from fangxian.kernel.access import Actor
from fangxian.protocol.packs import Rosters
from fangxian.protocol.values import Quantity
from fangxian.rosters import rules
from fangxian.rosters.asking import figures_at
from fangxian.rosters.covering import HELD
from fangxian.rosters.models import Post, Shift
from fangxian.rosters.queries import shifts_between, turns_of

MASK = "mask"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one place needs on one day.

    people   turns that are held, and places still bare: who comes late eats too
    bare     of those, how many nobody has yet
    meals    hour → how many, in the order of the day
    gear     thing → how many
    """

    day: date
    area_path: str
    post: Post
    people: int
    bare: int
    meals: tuple[tuple[float, int], ...]
    gear: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure that the count rests on, with how far to trust it."""

    key: str
    number: Quantity

    @property
    def verified(self) -> bool:
        return self.number.grade != "unverified"


@dataclass(frozen=True, slots=True)
class Count:
    """hours, things   the columns, in order; `stamp` is of the pack that says how much"""

    lines: tuple[Line, ...]
    hours: tuple[float, ...]
    things: tuple[str, ...]
    meals: dict[float, int]
    gear: dict[str, int]
    figures: tuple[Figure, ...]


def counted(viewer: Actor, from_day: date, until_day: date, *, area_path: str = "") -> Count | None:
    """By place, day and post. None where the rules in force say nothing of it."""
    figures = figures_at(area_path or viewer.within)
    if figures is None:
        return None
    shifts = list(shifts_between(viewer, from_day, until_day, area_path=area_path))
    turns = turns_of(viewer, shifts)
    hours = [hour.value for hour in figures.meals_at]
    grouped: dict[tuple[date, UUID], list[Shift]] = defaultdict(list)
    for shift in shifts:
        grouped[shift.day, shift.post_id].append(shift)
    lines = []
    for (day, _post), group in grouped.items():
        meals: Counter[float] = Counter()
        gear: Counter[str] = Counter()
        people = bare = 0
        for shift in group:
            held = [
                (turn.starts_at, turn.ends_at) for turn in turns[shift.id] if turn.state in HELD
            ]
            empty = [
                (part.starts_at, part.ends_at)
                for part in rules.bare(shift.starts_at, shift.ends_at, shift.headcount, held)
                for _place in range(part.missing)
            ]
            people += len(held) + len(empty)
            bare += len(empty)
            for begin, end in held + empty:
                eaten = rules.meals_within(localtime(begin), localtime(end), hours)
                meals.update(hour for _day, hour in eaten)
                gear.update(_gear(figures, shift.post.kind, end - begin))
        lines.append(
            Line(
                day=day,
                area_path=group[0].area_path,
                post=group[0].post,
                people=people,
                bare=bare,
                meals=tuple((hour, meals[hour]) for hour in sorted(hours)),
                gear=tuple(sorted(gear.items())),
            )
        )
    return _summed(lines, sorted(hours), figures)


def _gear(figures: Rosters, kind: str, length: timedelta) -> dict[str, int]:
    """What one person takes for one turn; whoever needs no suit has masks by the hour."""
    table = figures.gear.get(kind) or figures.gear.get("any")
    if table:
        return {thing: number.whole for thing, number in table.items()}
    return {MASK: rules.changes(length, figures.mask_every.length)}


def _summed(lines: Sequence[Line], hours: Sequence[float], figures: Rosters) -> Count:
    meals: Counter[float] = Counter()
    gear: Counter[str] = Counter()
    for line in lines:
        meals.update(dict(line.meals))
        gear.update(dict(line.gear))
    said = [Figure(f"{int(hour.value)}:00", hour) for hour in figures.meals_at]
    said += [
        Figure(f"{kind}.{thing}", number)
        for kind, table in figures.gear.items()
        for thing, number in table.items()
    ]
    return Count(
        lines=tuple(sorted(lines, key=lambda one: (one.day, one.area_path, one.post.number))),
        hours=tuple(hours),
        things=tuple(thing for thing, _n in gear.most_common()),
        meals=dict(meals),
        gear=dict(gear),
        figures=tuple(said),
    )
