"""Outlines that nobody surveyed: a district cut into subdistricts, communities and grids.

Voronoi cells, evened out by Lloyd's method (Lloyd 1982, IEEE Trans. Inf. Theory 28:129), one level
inside the other, so that every part is in one piece and lies in its parent. The same input and seed
give the same outlines. Longitude and latitude in degrees, WGS84.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely import Polygon

Points = NDArray[np.float64]
_SLIVER = 1e-12  # square degrees


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A community to be drawn.

    key     its code; `group` is the subdistrict's
    grids   how many grids it is cut into, at least one
    dense   built up around the subdistrict's centre, not spread over the fields
    """

    key: str
    group: str
    grids: int
    dense: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlines:
    """groups and parts by key; the grids of a part in a fixed order"""

    groups: dict[str, Polygon]
    parts: dict[str, Polygon]
    grids: dict[str, list[Polygon]]


def draw(
    outline: shapely.Geometry,
    parts: Sequence[Part],
    *,
    centres: Mapping[str, tuple[float, float]] | None = None,
    seed: int,
) -> Outlines:
    """Cut a district into groups around `centres`, these into parts, and these into grids.

    centres   longitude and latitude of some or all groups, where they are roughly known
    """
    random = np.random.default_rng(seed)
    squash = math.cos(math.radians(outline.centroid.y))
    flat = _scaled(outline, squash, 1.0)
    whole = max(getattr(flat, "geoms", [flat]), key=lambda piece: piece.area)

    names = list(dict.fromkeys(part.group for part in parts))
    known = {name: (x * squash, y) for name, (x, y) in (centres or {}).items()}
    at = _points_in(whole, len(names), random)
    # Even out made-up centres only: known ones stay where they are.
    at = at if known else _even(whole, at, times=8)
    for row, name in enumerate(names):
        if name in known:
            at[row] = known[name]
    groups = dict(zip(names, _cells(whole, at), strict=True))

    drawn, grids = dict[str, Polygon](), dict[str, list[Polygon]]()
    for name, centre in zip(names, at, strict=True):
        own = [part for part in parts if part.group == name]
        spots = _community_spots(groups[name], own, centre, random)
        for part, cell in zip(own, _cells(groups[name], spots), strict=True):
            drawn[part.key] = cell
            inner = _even(cell, _points_in(cell, part.grids, random), times=4)
            grids[part.key] = _cells(cell, inner)
    back = 1.0 / squash
    return Outlines(
        groups={key: _scaled(cell, back, 1.0) for key, cell in groups.items()},
        parts={key: _scaled(cell, back, 1.0) for key, cell in drawn.items()},
        grids={key: [_scaled(cell, back, 1.0) for cell in cells] for key, cells in grids.items()},
    )


def _scaled(geometry: shapely.Geometry, x: float, y: float) -> shapely.Geometry:
    return shapely.transform(geometry, lambda points: points * (x, y))


def _community_spots(
    region: Polygon, parts: Sequence[Part], centre: Points, random: Generator
) -> Points:
    """Dense parts near the centre, the others anywhere; evened out a little, not entirely."""
    spots = _points_in(region, len(parts), random)
    near = math.sqrt(region.area) / 5
    for row, part in enumerate(parts):
        if part.dense:
            for _try in range(40):
                spot = random.normal(centre, near)
                if shapely.contains_xy(region, *spot):
                    spots[row] = spot
                    break
    return _even(region, spots, times=2)


def _points_in(region: Polygon, how_many: int, random: Generator) -> Points:
    west, south, east, north = region.bounds
    found = np.empty((0, 2))
    while len(found) < how_many:
        tried = random.uniform((west, south), (east, north), (max(64, 4 * how_many), 2))
        found = np.concatenate([found, tried[shapely.contains_xy(region, tried)]])
    return found[:how_many]


def _even(region: Polygon, points: Points, *, times: int) -> Points:
    for _again in range(times):
        cells = _cells(region, points)
        points = np.array(
            [
                (c.centroid if c.contains(c.centroid) else c.representative_point()).coords[0]
                for c in cells
            ]
        )
    return points


def _cells(region: Polygon, points: Points) -> list[Polygon]:
    """The part of the region nearest to each point, in one piece each.

    Where a bay cuts a cell in two, the smaller piece goes to the neighbour it touches most.
    """
    if len(points) == 1:
        return [region]
    voronoi = shapely.voronoi_polygons(
        shapely.MultiPoint(points), extend_to=region.envelope, ordered=True
    )
    cells, strays = list[Polygon](), list[Polygon]()
    for cell in voronoi.geoms:
        pieces = [
            piece
            for piece in shapely.get_parts(shapely.intersection(cell, region))
            if piece.geom_type == "Polygon" and piece.area > _SLIVER
        ]
        pieces.sort(key=lambda piece: -piece.area)
        cells.append(pieces[0] if pieces else Polygon())
        strays += pieces[1:]
    for stray in sorted(strays, key=lambda piece: -piece.area):
        shared = shapely.length(shapely.intersection(stray, cells))
        best = int(np.argmax(shared))
        joined = shapely.union(cells[best], stray)
        if shared[best] > 0 and joined.geom_type == "Polygon":
            cells[best] = joined
    for row, cell in enumerate(cells):
        if cell.is_empty:  # a point outside the region: give it a corner of the nearest cell
            cells[row] = _corner(cells, points[row])
    return cells


def _corner(cells: list[Polygon], point: Points) -> Polygon:
    spot = shapely.Point(point)
    row = min(
        (r for r, c in enumerate(cells) if not c.is_empty), key=lambda r: cells[r].distance(spot)
    )
    giver = cells[row]
    west, south, east, north = giver.bounds
    half = shapely.box(west, south, (west + east) / 2, north)
    parts = [p for p in shapely.get_parts(shapely.intersection(giver, half)) if p.area > _SLIVER]
    taken = max(parts, key=lambda piece: piece.area)
    rest = shapely.get_parts(shapely.difference(giver, taken))
    cells[row] = max(rest, key=lambda piece: piece.area)
    return taken
