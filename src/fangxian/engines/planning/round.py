"""Can everybody be tested in time, what is short, and who goes to which sampling point?

Plain values in, plain values out. The assignment is made by distance and capacity with a quick
method that always gives the same answer; it is *not* proven best. How far it may be from the best
is told by `Plan.metres_at_least`, below which no assignment can come.

Distances are straight lines on a sphere, in metres.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import asin, ceil, cos, floor, radians, sin, sqrt

_EARTH = 6_371_009  # mean radius in metres; Moritz, H. (2000), Geodetic Reference System 1980


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """People to be tested together; `group` is the subdistrict. Latitude, longitude in degrees."""

    id: str
    group: str
    people: int
    lat: float
    lon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A sampling point.

    community   the community it stands in
    hours       how long it is open between the start of the round and its deadline
    """

    id: str
    community: str
    tables: int
    hours: float
    lat: float
    lon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Force:
    """People at hand: medics who take swabs, named leads of points, and everybody else."""

    medics: int
    leads: int
    others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """What the guide asks for.

    samplers_divisor     samplers needed = people / this
    rates                people one table gets through in an hour, from cautious to the best case
    pool_sizes           swabs in a tube
    seconds_per_person   from scan to swab
    """

    people_per_point: tuple[int, int]
    people_per_table: tuple[int, int]
    samplers_divisor: int
    medics_per_table: int
    leads_per_point: int
    rates: tuple[int, ...]
    pool_sizes: tuple[int, ...]
    seconds_per_person: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One round of testing. `hours_allowed` is the time between its start and its deadline."""

    communities: Sequence[Community]
    points: Sequence[Point]
    force: Force
    norm: Norm
    hours_allowed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What there is of something against what the norm asks, from `low` to `high`.

    short        missing to `low`, and short_high to `high`; 0 if nothing is
    share_low    there is this share of `high`, and share_high of `low`
    """

    what: str
    has: int
    low: int
    high: int
    short: int
    short_high: int
    share_low: float
    share_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Whether and when the round ends if every table gets through `rate` people an hour.

    hours           if the people were spread evenly over the tables
    hours_fullest   at the point that takes longest under this plan
    in_time         the points together can do it within their opening hours
    """

    rate: int
    hours: float
    hours_fullest: float
    in_time: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tubes:
    size: int
    tubes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A community or a subdistrict against the norm, counting the points that stand in it.

    people_per_point, people_per_table   None where there is none
    """

    id: str
    group: str
    people: int
    points: int
    tables: int
    people_per_point: int | None
    people_per_table: int | None
    points_short: int
    tables_short: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """So many people of a community go to a point, so many metres away."""

    community: str
    point: str
    people: int
    metres: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a point has to do.

    hours      at the rate of the plan
    over       people it cannot see before the deadline at that rate
    farthest   metres
    """

    point: str
    tables: int
    people: int
    people_per_table: int
    hours: float
    over: int
    communities: int
    farthest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratios:
    people_per_point: float
    people_per_table: float
    tables_per_point: float
    medics_per_table: float
    others_per_table: float
    others_per_point: float
    people_per_other: float | None
    scans_per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The answer.

    rate               people per table and hour the plan reckons with: the slowest of the norm at
                       which everybody is done in time, or the fastest if none is
    rate_needed        what every table would have to reach all day
    over               people who cannot be seen in time even so
    spare_medics       left over with one medic at every table; below 0 if not every table has one
    metres_mean        from a person's community to the point assigned
    metres_at_least    no assignment has a mean distance below this
    """

    people: int
    points: int
    tables: int
    needs: tuple[Need, ...]
    ratios: Ratios
    spare_medics: int
    paces: tuple[Pace, ...]
    rate: int
    rate_needed: float
    over: int
    tubes: tuple[Tubes, ...]
    groups: tuple[Place, ...]
    communities: tuple[Place, ...]
    parts: tuple[Part, ...]
    loads: tuple[Load, ...]
    metres_mean: float
    metres_most: int
    metres_at_least: float
    hours_allowed: float


class NoPlan(Exception):  # noqa: N818
    """There is nobody to test, or no table that is open at all."""


def plan_round(problem: Problem) -> Plan:
    """Compare what there is with the norm, and send every person to one point.

    A point is given more people than it can see in time only when all points together could not
    see everybody; then every point carries the same share too much, and `over` says how many.
    The same problem always gives the same plan. Raises `NoPlan`.
    """
    people = sum(c.people for c in problem.communities)
    table_hours = sum(p.tables * p.hours for p in problem.points)
    if not people or not table_hours:
        raise NoPlan
    rate = _slowest_in_time(problem.norm.rates, people, problem.points)
    able = [floor(p.tables * p.hours * rate) for p in problem.points]
    metres = _distances(problem.communities, problem.points)
    sent = _assign([c.people for c in problem.communities], _stretched(able, people), metres)

    loads = _loads(problem.points, able, rate, sent, metres)
    nearest = sum(c.people * min(row) for c, row in zip(problem.communities, metres, strict=True))
    walked = sum(number * metres[c][p] for (c, p), number in sent.items())
    tables = sum(p.tables for p in problem.points)
    return Plan(
        people=people,
        points=len(problem.points),
        tables=tables,
        needs=_needs(people, len(problem.points), tables, problem.force, problem.norm),
        ratios=_ratios(people, len(problem.points), tables, problem.force, problem.norm),
        spare_medics=problem.force.medics - tables,
        paces=_paces(problem, people, tables, loads),
        rate=rate,
        rate_needed=people / table_hours,
        over=sum(load.over for load in loads),
        tubes=tuple(
            Tubes(size=size, tubes=ceil(people / size)) for size in problem.norm.pool_sizes
        ),
        groups=_places(problem, by_group=True),
        communities=_places(problem, by_group=False),
        parts=tuple(
            Part(
                community=problem.communities[c].id,
                point=problem.points[p].id,
                people=number,
                metres=metres[c][p],
            )
            for (c, p), number in sorted(sent.items())
        ),
        loads=loads,
        metres_mean=walked / people,
        metres_most=max(metres[c][p] for c, p in sent),
        metres_at_least=nearest / people,
        hours_allowed=problem.hours_allowed,
    )


# Against the norm


def _nearest_whole(value: float) -> int:
    return floor(value + 0.5)


def _need(what: str, has: int, low: int, high: int) -> Need:
    return Need(
        what=what,
        has=has,
        low=low,
        high=high,
        short=max(0, low - has),
        short_high=max(0, high - has),
        share_low=has / high if high else 1.0,
        share_high=has / low if low else 1.0,
    )


def _needed(people: int, per: tuple[int, int]) -> tuple[int, int]:
    """To the nearest whole, as the norm is a round figure itself."""
    few, many = per
    return _nearest_whole(people / many), _nearest_whole(people / few)


def _needs(people: int, points: int, tables: int, force: Force, norm: Norm) -> tuple[Need, ...]:
    samplers = _nearest_whole(people / norm.samplers_divisor)
    medics = tables * norm.medics_per_table
    leads = points * norm.leads_per_point
    return (
        _need("points", points, *_needed(people, norm.people_per_point)),
        _need("tables", tables, *_needed(people, norm.people_per_table)),
        _need("samplers", force.medics, samplers, samplers),
        _need("medics", force.medics, medics, medics),
        _need("leads", force.leads, leads, leads),
    )


def _ratios(people: int, points: int, tables: int, force: Force, norm: Norm) -> Ratios:
    return Ratios(
        people_per_point=people / points,
        people_per_table=people / tables,
        tables_per_point=tables / points,
        medics_per_table=force.medics / tables,
        others_per_table=force.others / tables,
        others_per_point=force.others / points,
        people_per_other=people / force.others if force.others else None,
        scans_per_second=tables / norm.seconds_per_person,
    )


def _slowest_in_time(rates: Iterable[int], people: int, points: Iterable[Point]) -> int:
    upwards = sorted(rates)
    for rate in upwards:
        if sum(floor(p.tables * p.hours * rate) for p in points) >= people:
            return rate
    return upwards[-1]


def _paces(problem: Problem, people: int, tables: int, loads: Sequence[Load]) -> tuple[Pace, ...]:
    return tuple(
        Pace(
            rate=rate,
            hours=people / tables / rate,
            hours_fullest=max(load.people / load.tables / rate for load in loads if load.tables),
            in_time=sum(floor(p.tables * p.hours * rate) for p in problem.points) >= people,
        )
        for rate in problem.norm.rates
    )


def _places(problem: Problem, *, by_group: bool) -> tuple[Place, ...]:
    """Communities or groups, in the order given."""
    group_of = {c.id: c.group for c in problem.communities}
    people: dict[str, int] = {}
    for c in problem.communities:
        key = c.group if by_group else c.id
        people[key] = people.get(key, 0) + c.people
    points, tables = dict.fromkeys(people, 0), dict.fromkeys(people, 0)
    for p in problem.points:
        key = group_of.get(p.community, "") if by_group else p.community
        if key in people:
            points[key] += 1
            tables[key] += p.tables
    return tuple(
        Place(
            id=key,
            group=key if by_group else group_of[key],
            people=number,
            points=points[key],
            tables=tables[key],
            people_per_point=_nearest_whole(number / points[key]) if points[key] else None,
            people_per_table=_nearest_whole(number / tables[key]) if tables[key] else None,
            points_short=max(0, _needed(number, problem.norm.people_per_point)[0] - points[key]),
            tables_short=max(0, _needed(number, problem.norm.people_per_table)[0] - tables[key]),
        )
        for key, number in people.items()
    )


# Who goes where

Flows = dict[tuple[int, int], int]


def _distances(communities: Iterable[Community], points: Sequence[Point]) -> list[list[int]]:
    return [[_metres(c.lat, c.lon, p.lat, p.lon) for p in points] for c in communities]


def _metres(lat: float, lon: float, to_lat: float, to_lon: float) -> int:
    """Haversine; Sinnott, R. W. (1984), "Virtues of the Haversine", Sky and Telescope 68, 159."""
    north, east = radians(to_lat - lat) / 2, radians(to_lon - lon) / 2
    part = sin(north) ** 2 + cos(radians(lat)) * cos(radians(to_lat)) * sin(east) ** 2
    return round(2 * _EARTH * asin(sqrt(min(1.0, part))))


def _stretched(able: Sequence[int], people: int) -> list[int]:
    """Room for everybody: what the points can do; if that is too little, all stretched alike."""
    total = sum(able)
    if total >= people:
        return list(able)
    upto = [people * sum(able[: i + 1]) // total for i in range(len(able))]
    return [end - begin for begin, end in zip([0, *upto], upto, strict=False)]


def _assign(people: Sequence[int], room: Sequence[int], metres: Sequence[Sequence[int]]) -> Flows:
    """People by (community, point). Every point keeps within its room, which holds them all."""
    flows = _by_regret(people, room, metres)
    free = list(room)
    for (_c, p), number in flows.items():
        free[p] -= number
    while _exchange(flows, free, metres):
        pass
    return flows


def _by_regret(
    people: Sequence[int], room: Sequence[int], metres: Sequence[Sequence[int]]
) -> Flows:
    """First those who would lose most if their nearest point with room were taken by others.

    The regret rule of Martello, S. and Toth, P. (1981), "An algorithm for the generalized
    assignment problem", Operational Research '81, 589-603; here a community may be split.
    """
    free, left, flows = list(room), list(people), Flows()
    near = [sorted(range(len(room)), key=lambda p, row=row: (row[p], p)) for row in metres]  # type: ignore[misc]
    while waiting := [c for c, number in enumerate(left) if number]:
        choices = []
        for c in waiting:
            near[c] = [p for p in near[c] if free[p]]
            first, *others = near[c][:2]
            lost = metres[c][others[0]] - metres[c][first] if others else 0
            choices.append((-lost, c, first))
        _lost, c, p = min(choices)
        number = min(left[c], free[p])
        flows[c, p] = flows.get((c, p), 0) + number
        left[c] -= number
        free[p] -= number
    return flows


def _exchange(flows: Flows, free: list[int], metres: Sequence[Sequence[int]]) -> bool:
    """Move people to a nearer point with room, or let two communities change points, once each.

    Every change shortens the way in whole metres, so repeating it comes to an end.
    """
    better = False
    for c, p in sorted(flows):
        for q, room in enumerate(free):
            here = flows.get((c, p), 0)
            if room and here and metres[c][q] < metres[c][p]:
                _move(flows, c, p, q, min(room, here))
                free[q] -= min(room, here)
                free[p] += min(room, here)
                better = True
    parts = sorted(flows)
    for i, (c, p) in enumerate(parts):
        for d, q in parts[i + 1 :]:
            gain = metres[c][p] + metres[d][q] - metres[c][q] - metres[d][p]
            number = min(flows.get((c, p), 0), flows.get((d, q), 0))
            if gain > 0 and number:
                _move(flows, c, p, q, number)
                _move(flows, d, q, p, number)
                better = True
    return better


def _move(flows: Flows, c: int, p: int, q: int, number: int) -> None:
    flows[c, q] = flows.get((c, q), 0) + number
    flows[c, p] -= number
    if not flows[c, p]:
        del flows[c, p]


def _loads(
    points: Sequence[Point],
    able: Sequence[int],
    rate: int,
    sent: Mapping[tuple[int, int], int],
    metres: Sequence[Sequence[int]],
) -> tuple[Load, ...]:
    loads = []
    for i, point in enumerate(points):
        here = {c: number for (c, p), number in sent.items() if p == i}
        people = sum(here.values())
        loads.append(
            Load(
                point=point.id,
                tables=point.tables,
                people=people,
                people_per_table=_nearest_whole(people / point.tables) if point.tables else 0,
                hours=people / point.tables / rate if point.tables else 0.0,
                over=max(0, people - able[i]),
                communities=len(here),
                farthest=max((metres[c][i] for c in here), default=0),
            )
        )
    return tuple(loads)
