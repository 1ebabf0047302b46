"""Housing that does not exist: estates, buildings, stairwells, floors and doors for a district.

Plain values in, columns out: one entry a building, from which stairwells, floors and doors follow
by repetition. The same input and seed give the same housing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely import Polygon

from fangxian.engines.synthesis import words

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A grid to be built upon.

    dwellings   doors needed; at least so many are built
    village     courtyards instead of blocks of flats
    """

    outline: Polygon
    dwellings: int
    village: bool


@dataclass(slots=True, kw_only=True)
class Housing:
    """Columns, one entry a building.

    ground      row of the grid it stands in
    estate      row in `estates`, -1 for a courtyard
    units       stairwells; `floors` and `doors` (a floor and stairwell) are the same in each
    estates     name and row of the grid
    """

    estates: list[tuple[str, int]] = field(default_factory=list)
    ground: list[int] = field(default_factory=list)
    estate: list[int] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    lat: list[float] = field(default_factory=list)
    lon: list[float] = field(default_factory=list)
    units: list[int] = field(default_factory=list)
    floors: list[int] = field(default_factory=list)
    doors: list[int] = field(default_factory=list)

    @property
    def dwellings(self) -> int:
        return sum(
            units * floors * doors
            for units, floors, doors in zip(self.units, self.floors, self.doors, strict=True)
        )


@dataclass(frozen=True, slots=True)
class _Form:
    """A way of building: inclusive ranges, and how common it is among new estates."""

    share: float
    units: tuple[int, int]
    floors: tuple[int, int]
    doors: tuple[int, int]


# Walk-up slabs, blocks with a lift, towers: what the residential quarters of Chinese cities are of.
_FORMS = (
    _Form(0.40, (3, 4), (6, 7), (2, 3)),
    _Form(0.35, (2, 3), (11, 18), (2, 4)),
    _Form(0.25, (2, 2), (22, 33), (3, 4)),
)
_ESTATE_DOORS = (150, 900)
_COURTYARD_DOORS = (1, 3)
_ROOM_BETWEEN = 0.55  # of the square that a building has to itself: spacing of the lattice


def build(grounds: Sequence[Ground], *, seed: int) -> Housing:
    """Houses for every ground, estates never across two grids, every building inside its grid."""
    random = np.random.default_rng(seed)
    housing = Housing()
    names = words.estates(random)
    for row, ground in enumerate(grounds):
        if ground.dwellings <= 0:
            continue
        if ground.village:
            _courtyards(housing, row, ground, random)
        else:
            _estates(housing, row, ground, random, names)
    return housing


def _estates(
    housing: Housing, row: int, ground: Ground, random: Generator, names: "words.Names"
) -> None:
    plans: list[list[tuple[int, int, int]]] = []
    wanted = ground.dwellings
    shares = [form.share for form in _FORMS]
    while wanted > 0:
        form = _FORMS[int(random.choice(len(_FORMS), p=shares))]
        goal, plan = min(wanted, int(random.integers(*_ESTATE_DOORS))), []
        while goal > 0:
            floors = int(random.integers(form.floors[0], form.floors[1] + 1))
            doors = int(random.integers(form.doors[0], form.doors[1] + 1))
            units = int(random.integers(form.units[0], form.units[1] + 1))
            plan.append((units, floors, doors))
            goal -= units * floors * doors
            wanted -= units * floors * doors
        plans.append(plan)
    spots = _lattice(ground.outline, sum(map(len, plans)), random)
    gates = spots[random.choice(len(spots), len(plans), replace=False)]
    free = list(range(len(spots)))
    for plan, gate in zip(plans, gates, strict=True):
        estate = len(housing.estates)
        housing.estates.append((next(names), row))
        # The buildings of an estate are the free spots nearest to its gate.
        distance = ((spots[free] - gate) ** 2).sum(axis=1)
        nearest = [free[at] for at in np.argsort(distance, kind="stable")[: len(plan)]]
        free = [at for at in free if at not in set(nearest)]
        for number, (spot, (units, floors, doors)) in enumerate(
            zip(nearest, plan, strict=True), start=1
        ):
            _put(housing, row, estate, f"{number}号楼", spots[spot], units, floors, doors)


def _courtyards(housing: Housing, row: int, ground: Ground, random: Generator) -> None:
    doors = list[int]()
    while sum(doors) < ground.dwellings:
        doors.append(int(random.integers(_COURTYARD_DOORS[0], _COURTYARD_DOORS[1] + 1)))
    for number, (spot, homes) in enumerate(
        zip(_lattice(ground.outline, len(doors), random), doors, strict=True), start=1
    ):
        _put(housing, row, -1, f"{number}号院", spot, 1, 1, homes)


def _put(
    housing: Housing,
    row: int,
    estate: int,
    name: str,
    spot: Points,
    units: int,
    floors: int,
    doors: int,
) -> None:
    housing.ground.append(row)
    housing.estate.append(estate)
    housing.name.append(name)
    housing.lon.append(round(float(spot[0]), 6))
    housing.lat.append(round(float(spot[1]), 6))
    housing.units.append(units)
    housing.floors.append(floors)
    housing.doors.append(doors)


def _lattice(outline: Polygon, how_many: int, random: Generator) -> Points:
    """So many spots inside an outline, not on top of each other: a shaken lattice, thinned out."""
    squash = math.cos(math.radians(outline.centroid.y))
    spacing = math.sqrt(outline.area / squash / how_many) * squash**0.5
    west, south, east, north = outline.bounds
    found = np.empty((0, 2))
    for _finer in range(12):
        x = np.arange(west, east + spacing, spacing / squash)
        y = np.arange(south, north + spacing, spacing)
        spots = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        shake = spacing * (1 - _ROOM_BETWEEN) / 2
        spots = spots + random.uniform(
            (-shake / squash, -shake), (shake / squash, shake), spots.shape
        )
        found = spots[shapely.contains_xy(outline, spots)]
        if len(found) >= how_many:
            break
        spacing *= 0.85
    while len(found) < how_many:  # a shape too thin for any lattice
        tried = random.uniform((west, south), (east, north), (4096, 2))
        found = np.concatenate([found, tried[shapely.contains_xy(outline, tried)]])
    kept = np.sort(random.choice(len(found), how_many, replace=False))
    chosen: Points = found[kept]
    return chosen
