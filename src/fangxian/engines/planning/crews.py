"""Who could stand where, at what cost: people and posts as tables that are searched all at once.

A crew is one person, or several who must stay together: same shift, same place.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, product
from typing import Any

import numpy as np

from fangxian.engines.planning.bundles import Bundles, Floats, Ints, spread
from fangxian.engines.planning.weeks import Limits, Shift, Weeks, all_weeks, may_follow

_EARTH = 6_371_009  # mean radius in metres; Moritz, H. (2000), Geodetic Reference System 1980
_NEVER = 1e4
"""Points; more than any week is worth."""
_FORBIDDEN = 1e6
_MOST_WAYS = 200
"""Ways tried for one crew at one place to share out its posts."""

Slot = tuple[int, str]
"""Day, counted from 0, and the id of a shift."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Where people are needed: how many, in which shifts.

    place    posts of one place can be filled by people who stay together; "" is its own
    skill    what whoever stands there can do; "" is anybody
    weight   how much worse than elsewhere it is if somebody is missing here
    """

    id: str
    needs: Mapping[Slot, int]
    lat: float | None = None
    lon: float | None = None
    place: str = ""
    skill: str = ""
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can be given shifts.

    busy           slots in which they cannot come
    together       people with the same word here stay together; "" is on their own
    shifts, nights what they already have of the limits, in the same week
    run, last      days worked in a row until the day before, and the shift of that day ("": off)
    load           shifts of late, for fairness beyond this week
    """

    id: str
    lat: float | None = None
    lon: float | None = None
    skills: frozenset[str] = frozenset()
    busy: frozenset[Slot] = frozenset()
    together: str = ""
    shifts: int = 0
    nights: int = 0
    run: int = 0
    last: str = ""
    load: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What a plan strives for, in points; one point is a kilometre between home and post.

    missing   one person missing in one shift
    fair      times the square of a person's shifts: who has had much, costs more
    night     times the square of a person's nights
    moved     a turn that did not stand in the plan before
    """

    missing: float = 100.0
    fair: float = 0.5
    night: float = 1.0
    moved: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    days: int
    shifts: Sequence[Shift]
    posts: Sequence[Post]
    people: Sequence[Person]
    limits: Limits
    weights: Weights = field(default_factory=Weights)


@dataclass(frozen=True, slots=True, order=True)
class Turn:
    """Who stands where, on which day, in which shift."""

    person: str
    day: int
    shift: str
    post: str


Reals = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Crews:
    """An `Offer` of weeks. Row of a need = post x slots + slot; slot = day x shifts + shift.

    Options of one crew stand together, from starts[crew]: which posts at one place its members
    would fill, what their ways cost for one shift, and its number among the options of all.
    """

    weeks: Weeks
    slots: int
    members: list[tuple[int, ...]]
    free: Reals  # crews x slots
    burden: Reals  # crews x kinds of weeks
    starts: Ints
    cost: Reals
    number: Ints
    entry_starts: Ints
    entry_posts: Ints
    entry_counts: Reals
    kept: tuple[Ints, Ints]  # (option, slot) that stood in the plan before
    moved: float
    room: Floats  # posts x slots: people that may still come
    exact: bool = False

    def __len__(self) -> int:
        return len(self.members)

    @property
    def options(self) -> Ints:
        """How many each crew has."""
        return np.diff(np.append(self.starts, len(self.cost)))

    @property
    def crew(self) -> Ints:
        """Of each option, whose it is."""
        return np.repeat(np.arange(len(self)), self.options)

    @property
    def sizes(self) -> Ints:
        return np.array([len(members) for members in self.members], dtype=np.int64)

    def best(self, prices: Floats) -> tuple[Floats, Bundles]:
        worth, crew, slot, option = self.best_turns(prices)
        return worth, self.bundles(crew, slot, option)

    def best_turns(self, prices: Floats) -> tuple[Floats, Ints, Ints, Ints]:
        """What each crew's best week is worth, and all turns in them: crew, slot, option."""
        values = self._values(prices)
        most = np.full((len(self), self.slots), -_NEVER, dtype=values.dtype)
        some = np.nonzero(self.options)[0]
        if len(some):
            most[some] = np.maximum.reduceat(values, self.starts[some], axis=0)
        most[~self.free] = -_NEVER
        np.maximum(most, -_NEVER, out=most)
        week, worth = self.weeks.best(most, self.burden)
        crew, slot = np.nonzero(self.weeks.works[week])
        return worth, crew, slot, self._which(values, most, crew, slot)

    def _values(self, prices: Floats) -> Reals:
        """(options x slots) what an option is worth in a slot."""
        kind = np.float64 if self.exact else np.float32
        paid = np.where(self.room > 0, prices.reshape(self.room.shape), -_NEVER).astype(kind)
        values: Reals = paid[self.entry_posts]
        many = np.nonzero(self.entry_counts > 1)[0]
        if len(many):
            values[many] *= self.entry_counts[many, None].astype(kind)
            narrow = self.room[self.entry_posts[many]] < self.entry_counts[many, None]
            values[many] = np.where(narrow, -_NEVER, values[many])
        if len(self.entry_posts) > len(self.cost):
            values = np.add.reduceat(values, self.entry_starts[:-1], axis=0)
        values -= self.cost.astype(kind)[:, None]
        if len(self.kept[0]):
            values[self.kept] += (self.moved * self.sizes[self.crew[self.kept[0]]]).astype(kind)
        return values

    def _which(self, values: Reals, most: Reals, crew: Ints, slot: Ints) -> Ints:
        """The first option of each crew that is worth most in that slot."""
        lengths = self.options[crew]
        options = spread(self.starts[crew], lengths)
        turn = np.repeat(np.arange(len(crew)), lengths)
        equal = np.nonzero(values[options, slot[turn]] == most[crew, slot][turn])[0]
        _, first = np.unique(turn[equal], return_index=True)
        return np.asarray(options[equal[first]])

    def bundles(self, crew: Ints, slot: Ints, option: Ints) -> Bundles:
        """The week of every crew, out of turns that stand in the order of the crews."""
        kind = self.weeks.kinds(crew, slot, len(self))
        ways = np.bincount(crew, weights=self.turn_costs(slot, option), minlength=len(self))
        cost: Floats = np.asarray(self.burden[np.arange(len(self)), kind] + ways, dtype=np.float64)
        lengths = np.diff(self.entry_starts)[option]
        entries = spread(self.entry_starts[option], lengths)
        rows = self.entry_posts[entries] * self.slots + np.repeat(slot, lengths)
        many = np.bincount(crew, weights=lengths, minlength=len(self)).astype(np.int64)
        starts = np.append(0, np.cumsum(many))
        return Bundles(
            np.arange(len(self)), cost, starts, rows, self.entry_counts[entries].astype(np.float64)
        )

    def turn_costs(self, slot: Ints, option: Ints) -> Floats:
        costs: Floats = self.cost[option].astype(np.float64)
        if len(self.kept[0]):
            stood = self.kept[0] * self.slots + self.kept[1]
            kept = np.isin(option * self.slots + slot, stood)
            costs -= self.moved * self.sizes[self.crew[option]] * kept
        return costs

    def only(self, crews: Ints, room: Floats) -> "Crews":
        """Some of the crews, where no more people may come than `room` has."""
        lengths = self.options[crews]
        options = spread(self.starts[crews], lengths)
        entry_lengths = np.diff(self.entry_starts)[options]
        entries = spread(self.entry_starts[options], entry_lengths)
        kept = self.kept
        if len(kept[0]):
            place = np.full(len(self.cost), -1)
            place[options] = np.arange(len(options))
            inside = place[kept[0]] >= 0
            kept = (place[kept[0][inside]], kept[1][inside])
        return replace(
            self,
            members=[self.members[crew] for crew in crews],
            free=self.free[crews],
            burden=self.burden[crews],
            starts=np.cumsum(lengths) - lengths,
            cost=self.cost[options],
            number=self.number[options],
            entry_starts=np.append(0, np.cumsum(entry_lengths)),
            entry_posts=self.entry_posts[entries],
            entry_counts=self.entry_counts[entries],
            kept=kept,
            room=room,
        )


Seats = list[tuple[int, ...]]
"""Of each option, the post of each member of its crew."""


def crews_of(problem: Problem, before: Sequence[Turn] = ()) -> tuple[Crews, Seats]:
    """Everybody as crews; `before`: the plan that stood, from which as few as possible move."""
    weeks = all_weeks(problem.days, problem.shifts, problem.limits)
    members = _together(problem.people)
    shifts = {shift.id: i for i, shift in enumerate(problem.shifts)}
    slots = problem.days * len(shifts)
    room = np.zeros((len(problem.posts), slots))
    for row, post in enumerate(problem.posts):
        for (day, shift), count in post.needs.items():
            room[row, day * len(shifts) + shifts[shift]] = count
    free = np.ones((len(members), slots), dtype=bool)
    for i, crew in enumerate(members):
        for person in crew:
            for day, shift in problem.people[person].busy:
                free[i, day * len(shifts) + shifts[shift]] = False
    ways = _Ways(problem)
    for crew in members:
        ways.add(crew)
    lengths = np.array(ways.lengths, dtype=np.int64)
    counts = np.array(ways.options, dtype=np.int64)
    moved = problem.weights.moved if before else 0.0
    sizes = np.repeat(np.array([len(crew) for crew in members], dtype=np.int64), counts)
    none = np.zeros(0, dtype=np.int64)
    crews = Crews(
        weeks=weeks,
        slots=slots,
        members=members,
        free=free,
        burden=np.array([_burden(problem, weeks, crew) for crew in members]).reshape(
            len(members), len(weeks.starts)
        ),
        starts=np.cumsum(counts) - counts,
        cost=np.array(ways.cost) + moved * sizes,
        number=np.arange(len(ways.cost)),
        entry_starts=np.append(0, np.cumsum(lengths)),
        entry_posts=np.array(ways.posts, dtype=np.int64),
        entry_counts=np.array(ways.heads, dtype=np.float64),
        kept=(none, none),
        moved=moved,
        room=room,
    )
    if before:
        crews = replace(crews, kept=as_options(problem, crews, ways.seats, before)[1:])
    return crews, ways.seats


def as_options(
    problem: Problem, crews: Crews, seats: Seats, turns: Sequence[Turn]
) -> tuple[Ints, Ints, Ints]:
    """Crew, option and slot of the turns that all of a crew have together and can still have."""
    shifts = {shift.id: i for i, shift in enumerate(problem.shifts)}
    posts = {post.id: i for i, post in enumerate(problem.posts)}
    whose = {
        problem.people[person].id: (crew, place)
        for crew, members in enumerate(crews.members)
        for place, person in enumerate(members)
    }
    where: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
    for turn in turns:
        known = turn.person in whose and turn.post in posts and turn.shift in shifts
        if known and 0 <= turn.day < problem.days:
            crew, place = whose[turn.person]
            where[crew, turn.day * len(shifts) + shifts[turn.shift]][place] = posts[turn.post]
    ends = np.append(crews.starts[1:], len(crews.cost))
    found = []
    for (crew, slot), seated in sorted(where.items()):
        seat = tuple(seated.get(place, -1) for place in range(len(crews.members[crew])))
        option = next((o for o in range(crews.starts[crew], ends[crew]) if seats[o] == seat), None)
        if option is not None and crews.free[crew, slot] and _fits(crews, option, slot):
            found.append((crew, option, slot))
    crew_, option_, slot_ = np.array(found, dtype=np.int64).reshape(-1, 3).T
    return crew_, option_, slot_


def _fits(crews: Crews, option: int, slot: int) -> bool:
    entries = slice(crews.entry_starts[option], crews.entry_starts[option + 1])
    return bool((crews.room[crews.entry_posts[entries], slot] >= crews.entry_counts[entries]).all())


def _together(people: Sequence[Person]) -> list[tuple[int, ...]]:
    crews: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, person in enumerate(people):
        crews[person.together, "" if person.together else person.id].append(i)
    return [tuple(crew) for crew in crews.values()]


class _Ways:
    """All options of crew after crew, in flat lists."""

    def __init__(self, problem: Problem) -> None:
        self.options: list[int] = []
        self.cost: list[float] = []
        self.lengths: list[int] = []
        self.posts: list[int] = []
        self.heads: list[int] = []
        self.seats: Seats = []
        self._km = kilometres(problem)
        can = np.array(
            [
                [not post.skill or post.skill in one.skills for post in problem.posts]
                for one in problem.people
            ],
            dtype=bool,
        ).reshape(self._km.shape)
        self._able = can & (self._km * 1000 <= problem.limits.metres)
        at: dict[str, list[int]] = defaultdict(list)
        for i, post in enumerate(problem.posts):
            at[post.place or f"\0{post.id}"].append(i)
        self._places = list(at.values())
        self._most = [max(post.needs.values(), default=0) for post in problem.posts]

    def add(self, crew: tuple[int, ...]) -> None:
        before = len(self.cost)
        if len(crew) == 1:
            near = np.nonzero(self._able[crew[0]])[0]
            self.cost += self._km[crew[0], near].tolist()
            self.seats += [(post,) for post in near.tolist()]
            self.posts += near.tolist()
            self.heads += [1] * len(near)
            self.lengths += [1] * len(near)
        else:
            for place in self._places:
                self._add_together(crew, place)
        self.options.append(len(self.cost) - before)

    def _add_together(self, crew: tuple[int, ...], place: list[int]) -> None:
        """Ways for all of a crew to stand at one place; of those that fill the same, the shortest.

        A place where they could share out the posts in very many ways is tried in the first ones.
        """
        each = [[post for post in place if self._able[person, post]] for person in crew]
        best: dict[tuple[int, ...], tuple[float, tuple[int, ...]]] = {}
        for seat in islice(product(*each), _MOST_WAYS):
            filled = tuple(sorted(seat))
            if any(filled.count(post) > self._most[post] for post in set(filled)):
                continue
            km = sum(float(self._km[p, post]) for p, post in zip(crew, seat, strict=True))
            best[filled] = min(best.get(filled, (km, seat)), (km, seat))
        for filled, (km, seat) in best.items():
            posts = sorted(set(filled))
            self.cost.append(km)
            self.seats.append(seat)
            self.posts += posts
            self.heads += [filled.count(post) for post in posts]
            self.lengths.append(len(posts))


def kilometres(problem: Problem) -> Floats:
    """(people x posts) in a straight line; where one is not known, as far as is allowed."""
    home = np.radians(_degrees(problem.people))
    post = np.radians(_degrees(problem.posts))
    north = home[:, None, 0] - post[None, :, 0]
    east = home[:, None, 1] - post[None, :, 1]
    across = np.cos(home[:, None, 0]) * np.cos(post[None, :, 0])
    part = np.sin(north / 2) ** 2 + across * np.sin(east / 2) ** 2
    metres = 2 * _EARTH * np.arcsin(np.sqrt(np.minimum(part, 1.0)))
    metres = np.where(np.isnan(metres), problem.limits.metres, metres)
    return np.asarray(metres / 1000)


def _degrees(ones: Sequence[Person] | Sequence[Post]) -> Floats:
    known = [(one.lat, one.lon) if one.lat is not None else (None, None) for one in ones]
    return np.array(known, dtype=np.float64).reshape(-1, 2)


def _burden(problem: Problem, weeks: Weeks, crew: tuple[int, ...]) -> Floats:
    """(kinds) what each kind of week costs a crew, beyond all measure where it is forbidden."""
    limits, weights = problem.limits, problem.weights
    burden = np.zeros(len(weeks.starts))
    for person in (problem.people[i] for i in crew):
        after = person.load + weeks.shifts
        burden += weights.fair * (after**2 - person.load**2)
        burden += weights.night * ((person.nights + weeks.nights) ** 2 - person.nights**2)
        rested = np.array([True, *may_follow(problem.shifts, limits, person.last)])
        allowed = (
            (weeks.shifts + person.shifts <= limits.shifts)
            & (weeks.nights + person.nights <= limits.nights)
            & ((weeks.lead == 0) | (weeks.lead + person.run <= limits.days))
            & rested[weeks.first]
        )
        burden[~allowed] = _FORBIDDEN
    burden[weeks.shifts == 0] = 0.0
    return burden
