"""Writing a made-up structure: a quarter of a million areas in a few seconds, by COPY."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from uuid import UUID

import numpy as np
import shapely
from django.db import connection
from shapely import Polygon

from fangxian.areas.models import Area, Boundary
from fangxian.areas.rules import path_below, stem, step
from fangxian.engines.synthesis.buildings import Ground, Housing, build
from fangxian.engines.synthesis.outlines import Outlines, Part, draw
from fangxian.engines.synthesis.sites import Made, Spot, Wanted, place, share_out
from fangxian.kernel.clock import now

_NULL = r"\N"
_PRECISION = 1e-6  # degrees: a decimetre
_VILLAGE_WEIGHT = 0.15  # people of a village against those of a community in town
_SPREAD = 0.35  # of the logarithm of the communities' populations
_MARGIN = 0.02  # degrees around the outermost subdistricts of a made-up outline
SOURCE = "generated; not surveyed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be written: communities and grids in one order, houses and sites in them.

    weights   share of the district's people, by community
    grids     row of the community and outline, grid by grid
    """

    communities: Sequence[Area]
    weights: Sequence[float]
    outlines: Outlines
    grids: Sequence[tuple[int, Polygon]]
    housing: Housing
    sites: Sequence[Made]


def plan(
    outline: shapely.Geometry,
    communities: Sequence[Area],
    *,
    dwellings: int,
    grids: int,
    wanted: Wanted,
    centres: Mapping[str, tuple[float, float]],
    seed: int,
) -> Plan:
    """Everything made up, nothing written. The same input and seed give the same plan."""
    random = np.random.default_rng(seed)
    villages = [stem(one.name)[1] == "village" for one in communities]
    raw = [
        float(random.lognormal(0, _SPREAD)) * (_VILLAGE_WEIGHT if village else 1.0)
        for village in villages
    ]
    weights = [value / sum(raw) for value in raw]
    counts = share_out(max(grids, len(communities)), weights, at_least=1)
    outlines = draw(
        outline,
        [
            Part(key=one.code, group=one.code[:9], grids=count, dense=not village)
            for one, count, village in zip(communities, counts, villages, strict=True)
        ],
        centres=centres,
        seed=seed,
    )
    drawn = [
        (row, cell) for row, one in enumerate(communities) for cell in outlines.grids[one.code]
    ]
    doors = share_out(dwellings, [weights[row] / counts[row] for row, _cell in drawn])
    housing = build(
        [
            Ground(outline=cell, dwellings=some, village=villages[row])
            for (row, cell), some in zip(drawn, doors, strict=True)
        ],
        seed=seed + 1,
    )
    spots = [
        Spot(
            outline=cell,
            community=row,
            community_name=stem(communities[row].name)[0],
            people=weights[row] / counts[row],
            centre=not villages[row],
        )
        for row, cell in drawn
    ]
    return Plan(
        communities=communities,
        weights=weights,
        outlines=outlines,
        grids=drawn,
        housing=housing,
        sites=place(spots, wanted, seed=seed + 2),
    )


def around(centres: Iterable[tuple[float, float]]) -> shapely.Geometry:
    """A made-up outline that holds all these points, in longitude and latitude."""
    return shapely.MultiPoint(list(centres)).convex_hull.buffer(_MARGIN, quad_segs=4)


def areas_needed(made: Plan) -> int:
    """How many areas `write` will number."""
    housing = made.housing
    units = sum(housing.units)
    floors = sum(u * f for u, f in zip(housing.units, housing.floors, strict=True))
    return len(made.grids) + len(housing.name) + units + floors + housing.dwellings


@dataclass(slots=True)
class _Row:
    """What the children of an area need to know of it."""

    id: str
    path: str


_AREA_COLUMNS = "id, number, parent_id, level, code, name, path, compound_id, lat, lon"


def write(made: Plan, area_numbers: Iterable[int], site_numbers: Iterable[int]) -> None:
    """Write the plan. The numbers must be free, and as many as `areas_needed`."""
    numbers = iter(area_numbers)
    housing = made.housing
    grids, grid_lines = _grids(made, numbers)
    estates = _ids(len(housing.estates))
    _copy(
        "areas_compound (id, name, area_path, property_managed)",
        (
            f"{one}\t{name}\t{grids[row].path}\tt\n"
            for one, (name, row) in zip(estates, housing.estates, strict=True)
        ),
    )
    buildings, building_lines = _buildings(housing, grids, estates, numbers)
    units = [u for u, n in zip(buildings, housing.units, strict=True) for _ in range(n)]
    floors_of = list(chain(*map(repeat, housing.floors, housing.units)))
    doors_of = list(chain(*map(repeat, housing.doors, housing.units)))
    unit_rows, unit_lines = _below(
        "unit", units, _counted(housing.units, _unit_names(housing)), numbers
    )
    floor_parents = list(chain(*map(repeat, unit_rows, floors_of)))
    storeys = [number for n in floors_of for number in range(1, n + 1)]
    floor_rows, floor_lines = _below(
        "floor", floor_parents, [f"{storey}层" for storey in storeys], numbers
    )
    door_counts = list(chain(*map(repeat, doors_of, floors_of)))
    door_parents = list(chain(*map(repeat, floor_rows, door_counts)))
    door_names = [
        f"{storey}{door:02d}室"
        for storey, n in zip(storeys, door_counts, strict=True)
        for door in range(1, n + 1)
    ]
    _doors, door_lines = _below("dwelling", door_parents, door_names, numbers)
    # In the order of the tree's levels: a parent is there before its children.
    _copy(
        f"areas_area ({_AREA_COLUMNS})",
        chain(grid_lines, building_lines, unit_lines, floor_lines, door_lines),
    )
    _outlines(made, grids)
    _sites(made, grids, iter(site_numbers))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE areas_area, areas_site, areas_compound, areas_boundary")


def _grids(made: Plan, numbers: Iterator[int]) -> tuple[list[_Row], list[str]]:
    rows, lines, seen = list[_Row](), list[str](), dict[int, int]()
    for one, (community, cell) in zip(_ids(len(made.grids)), made.grids, strict=True):
        parent = made.communities[community]
        seen[community] = order = seen.get(community, 0) + 1
        number = next(numbers)
        spot = cell.representative_point()
        rows.append(_Row(one, path_below(parent.path, number)))
        lines.append(
            f"{one}\t{number}\t{parent.id}\tgrid\t{parent.code}{order:03d}\t{order:02d}网格\t"
            f"{rows[-1].path}\t{_NULL}\t{spot.y:.6f}\t{spot.x:.6f}\n"
        )
    return rows, lines


def _buildings(
    housing: Housing, grids: Sequence[_Row], estates: Sequence[str], numbers: Iterator[int]
) -> tuple[list[_Row], list[str]]:
    rows, lines = list[_Row](), list[str]()
    for at, one in enumerate(_ids(len(housing.name))):
        grid, number = grids[housing.ground[at]], next(numbers)
        estate = estates[housing.estate[at]] if housing.estate[at] >= 0 else _NULL
        rows.append(_Row(one, path_below(grid.path, number)))
        lines.append(
            f"{one}\t{number}\t{grid.id}\tbuilding\t\t{housing.name[at]}\t{rows[-1].path}\t"
            f"{estate}\t{housing.lat[at]}\t{housing.lon[at]}\n"
        )
    return rows, lines


def _unit_names(housing: Housing) -> list[str]:
    return ["正房" if estate < 0 else "" for estate in housing.estate]


def _counted(counts: Sequence[int], names: Sequence[str]) -> list[str]:
    return [
        name or f"{number}单元"
        for count, name in zip(counts, names, strict=True)
        for number in range(1, count + 1)
    ]


def _below(
    level: str, parents: Sequence[_Row], names: Sequence[str], numbers: Iterator[int]
) -> tuple[list[_Row], list[str]]:
    rows, lines = list[_Row](), list[str]()
    for one, parent, name, number in zip(_ids(len(parents)), parents, names, numbers, strict=False):
        path = f"{parent.path}{step(number)}/"
        rows.append(_Row(one, path))
        lines.append(
            f"{one}\t{number}\t{parent.id}\t{level}\t\t{name}\t{path}\t{_NULL}\t{_NULL}\t{_NULL}\n"
        )
    return rows, lines


def _outlines(made: Plan, grids: Sequence[_Row]) -> None:
    drawn = now()
    known = {
        area.code: area.id
        for area in Area.objects.filter(
            code__in=[*made.outlines.groups, *made.outlines.parts], ended_at=None
        )
    }
    shapes: list[tuple[UUID, Polygon]] = [
        *((known[code], cell) for code, cell in made.outlines.groups.items()),
        *((known[code], cell) for code, cell in made.outlines.parts.items()),
        *((UUID(row.id), cell) for row, (_at, cell) in zip(grids, made.grids, strict=True)),
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE areas_area SET lat = %s, lon = %s WHERE id = %s",
            [(*_middle(cell), area) for area, cell in shapes[: len(known)]],
        )
    Boundary.objects.bulk_create(
        [
            Boundary(
                area_id=area,
                geometry=as_geojson(cell),
                origin=Boundary.Origin.GENERATED,
                source=SOURCE,
                drawn_at=drawn,
            )
            for area, cell in shapes
        ],
        ignore_conflicts=True,  # an outline that was imported stays
    )


def _middle(geometry: shapely.Geometry) -> tuple[float, float]:
    """A latitude and longitude inside."""
    inside = geometry.representative_point()
    return round(inside.y, 6), round(inside.x, 6)


def as_geojson(geometry: shapely.Geometry) -> dict[str, object]:
    mapped: dict[str, object] = shapely.geometry.mapping(
        shapely.set_precision(geometry, _PRECISION)
    )
    return mapped


def _sites(made: Plan, grids: Sequence[_Row], numbers: Iterator[int]) -> None:
    _copy(
        "areas_site (id, number, kind, name, area_id, area_path, lat, lon, capacity)",
        (
            f"{one}\t{next(numbers)}\t{site.kind}\t{site.name}\t{grids[site.grid].id}\t"
            f"{grids[site.grid].path}\t{site.lat}\t{site.lon}\t"
            f"{site.capacity if site.capacity >= 0 else _NULL}\n"
            for one, site in zip(_ids(len(made.sites)), made.sites, strict=True)
        ),
    )


def _copy(into: str, lines: Iterable[str]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for block in _blocks(lines):
            copy.write(block)


def _blocks(lines: Iterable[str], size: int = 4096) -> Iterator[str]:
    block: list[str] = []
    for line in lines:
        block.append(line)
        if len(block) == size:
            yield "".join(block)
            block.clear()
    yield "".join(block)


def _ids(how_many: int) -> list[str]:
    """`new_id` for many, as text: one clock reading, one draw of random bits."""
    time = f"{int(now().timestamp() * 1000):012x}7"
    random = os.urandom(10 * how_many).hex()
    # In order, so that the index on them grows at its end.
    drawn = sorted(random[at : at + 20] for at in range(0, 20 * how_many, 20))
    return [f"{time}{one[:3]}8{one[4:19]}" for one in drawn]
