"""Sites that do not exist: sampling points, shops, schools, checkpoints and the like.

Plain values in, plain values out. The same input and seed give the same sites.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from shapely import Polygon

from fangxian.engines.synthesis import words


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How many of each kind.

    points          sampling points, at least one a community as far as they reach, with `tables`
                    tables in all
    rooms           rooms of each quarantine site
    tubes_a_day     of each laboratory
    """

    points: int
    tables: int
    venues: int
    workplaces: int
    schools: int
    checkpoints: int
    hospitals: Sequence[str]
    laboratories: Sequence[tuple[str, int]]
    quarantine_sites: Sequence[tuple[str, int]]
    warehouses: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A site in the grid of row `grid`; capacity as its kind counts it, -1 for none."""

    kind: str
    name: str
    grid: int
    lat: float
    lon: float
    capacity: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A grid where sites may stand: its outline, its community, that one's name and people."""

    outline: Polygon
    community: int
    community_name: str
    people: float
    centre: bool  # lies in the built-up part


def place(spots: Sequence[Spot], wanted: Wanted, *, seed: int) -> list[Made]:
    random = np.random.default_rng(seed)
    by_community: dict[int, list[int]] = {}
    for row, spot in enumerate(spots):
        by_community.setdefault(spot.community, []).append(row)
    people = np.array([spot.people for spot in spots])
    made = _sampling_points(spots, by_community, wanted, random)

    kinds = [kind for kind, _share in words.VENUES]
    shares = np.array([share for _kind, share in words.VENUES])
    for kind in random.choice(len(kinds), wanted.venues, p=shares / shares.sum()):
        made.append(
            _one(spots, "venue", words.shop(random, kinds[kind]), _row(people, random), random)
        )
    for group, how_many, endings in (
        ("workplace", wanted.workplaces, words.WORKPLACES),
        ("school", wanted.schools, words.SCHOOLS),
    ):
        for number in range(how_many):
            row = _row(people, random)
            ending = endings[number % len(endings)]
            name = (
                words.shop(random, ending)
                if group == "workplace"
                else f"{spots[row].community_name}{ending}"
            )
            made.append(_one(spots, group, name, row, random))
    for number in range(wanted.checkpoints):
        row = int(random.integers(len(spots)))
        name = f"{spots[row].community_name}{number + 1}号卡口"
        made.append(_one(spots, "checkpoint", name, row, random))
    return made + _single(spots, people, wanted, random)


def _sampling_points(
    spots: Sequence[Spot],
    by_community: Mapping[int, list[int]],
    wanted: Wanted,
    random: Generator,
) -> list[Made]:
    communities = sorted(by_community, key=lambda c: -sum(spots[r].people for r in by_community[c]))
    weight = [sum(spots[row].people for row in by_community[c]) for c in communities]
    points = share_out(wanted.points, weight, at_least=1)
    made: list[Made] = []
    stand: list[tuple[int, int, int]] = []  # community, number of the point there, row of its grid
    for community, how_many in zip(communities, points, strict=True):
        rows = sorted(by_community[community], key=lambda row: -spots[row].people)
        stand += [(community, at + 1, rows[at % len(rows)]) for at in range(how_many)]
    heads = [weight[communities.index(c)] / points[communities.index(c)] for c, _n, _row in stand]
    tables = share_out(wanted.tables, heads, at_least=1)
    for (_community, number, row), capacity in zip(stand, tables, strict=True):
        name = f"{spots[row].community_name}采样点" + (f"{number}" if number > 1 else "")
        made.append(_one(spots, "sampling_point", name, row, random, capacity))
    return made


def _single(
    spots: Sequence[Spot],
    people: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    wanted: Wanted,
    random: Generator,
) -> list[Made]:
    built = people * np.array([spot.centre for spot in spots], dtype=float)
    built = built if built.sum() else people
    return [
        *(_one(spots, "hospital", name, _row(built, random), random) for name in wanted.hospitals),
        *(
            _one(spots, "laboratory", name, _row(built, random), random, tubes)
            for name, tubes in wanted.laboratories
        ),
        *(
            _one(spots, "quarantine_site", name, _row(built, random), random, rooms)
            for name, rooms in wanted.quarantine_sites
        ),
        *(
            _one(spots, "warehouse", name, _row(built, random), random)
            for name in wanted.warehouses
        ),
    ]


def share_out(total: int, weights: Sequence[float], *, at_least: int = 0) -> list[int]:
    """Whole numbers that sum to `total`, in proportion to the weights, by largest remainders.

    Everybody gets `at_least`; if there is not enough for that, the heaviest come first.
    """
    if total < at_least * len(weights):
        order = sorted(range(len(weights)), key=lambda row: -weights[row])
        served = set(order[: total // at_least])
        return [at_least if row in served else 0 for row in range(len(weights))]
    whole = sum(weights) or 1.0
    exact = [max(at_least, total * weight / whole) for weight in weights]
    # Whoever was lifted to the least amount is paid for by those above it.
    over = sum(exact) - total
    above = sum(value - at_least for value in exact) or 1.0
    exact = [value - over * (value - at_least) / above for value in exact]
    given = [int(value) for value in exact]
    rest = sorted(range(len(exact)), key=lambda row: given[row] - exact[row])
    for row in rest[: total - sum(given)]:
        given[row] += 1
    return given


def _row(weights: "np.ndarray[tuple[int], np.dtype[np.float64]]", random: Generator) -> int:
    return int(random.choice(len(weights), p=weights / weights.sum()))


def _one(
    spots: Sequence[Spot], kind: str, name: str, row: int, random: Generator, capacity: int = -1
) -> Made:
    outline = spots[row].outline
    west, south, east, north = outline.bounds
    for _try in range(60):
        x, y = random.uniform((west, south), (east, north))
        if shapely.contains_xy(outline, x, y):
            break
    else:
        inside = outline.representative_point()
        x, y = inside.x, inside.y
    return Made(
        kind=kind,
        name=name,
        grid=row,
        lat=round(float(y), 6),
        lon=round(float(x), 6),
        capacity=capacity,
    )
