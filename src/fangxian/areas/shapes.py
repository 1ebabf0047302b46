"""Reading outlines: GeoJSON in, shapes in WGS84 and refused features out."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import shapely
from shapely.errors import ShapelyError

from fangxian.areas.datum import Datum, geometry_to_wgs84
from fangxian.areas.errors import NotGeoJson
from fangxian.areas.models import Area
from fangxian.areas.rules import stem
from fangxian.areas.structure import as_geojson

Matter = Literal["no_area", "several_areas", "no_polygon", "off_the_earth"]
_EARTH = (-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    row: int
    code: str
    name: str
    neighbour: bool
    geometry: dict[str, object]


@dataclass(frozen=True, slots=True)
class RefusedShape:
    """A feature that was not drawn, counted from 1, and why."""

    row: int
    matter: Matter
    code: str
    name: str


def read_shapes(collection: object, datum: Datum) -> tuple[list[Shape], list[RefusedShape]]:
    """Polygons of a FeatureCollection; crossing lines are mended, everything else is refused."""
    if not isinstance(collection, dict) or not isinstance(collection.get("features"), list):
        raise NotGeoJson
    shapes, refused = list[Shape](), list[RefusedShape]()
    for row, feature in enumerate(collection["features"], start=1):
        said: dict[str, Any] = feature.get("properties") or {} if isinstance(feature, dict) else {}
        code, name = str(said.get("code") or ""), str(said.get("name") or "")
        polygon = _polygon(feature)
        if polygon is None:
            refused.append(RefusedShape(row, "no_polygon", code, name))
            continue
        if not _on_earth(polygon):
            refused.append(RefusedShape(row, "off_the_earth", code, name))
            continue
        shapes.append(
            Shape(
                row=row,
                code=code,
                name=name,
                neighbour=bool(said.get("neighbour")),
                geometry=as_geojson(geometry_to_wgs84(polygon, datum)),
            )
        )
    return shapes, refused


def _polygon(feature: object) -> shapely.Geometry | None:
    try:
        geometry = shapely.geometry.shape(feature["geometry"])  # type: ignore[index]
    except (ShapelyError, KeyError, TypeError, ValueError, AttributeError):
        return None
    mended = geometry if geometry.is_valid else geometry.buffer(0)
    if mended.is_empty or mended.geom_type not in {"Polygon", "MultiPolygon"}:
        return None
    return mended


def _on_earth(geometry: shapely.Geometry) -> bool:
    west, south, east, north = map(float, geometry.bounds)
    return west >= _EARTH[0] and south >= _EARTH[1] and east <= _EARTH[2] and north <= _EARTH[3]


def by_code_or_name(areas: Iterable[Area]) -> Callable[[Shape], UUID | RefusedShape]:
    """A look-up among these areas: by code if the feature has one, else by name in any form."""
    by_code, by_name = dict[str, UUID](), defaultdict[tuple[str, str], list[UUID]](list)
    for area in areas:
        by_code[area.code] = area.id
        by_name[stem(area.name)].append(area.id)

    def find(shape: Shape) -> UUID | RefusedShape:
        if shape.code:
            found = [by_code[shape.code]] if shape.code in by_code else []
        else:
            found = by_name.get(stem(shape.name), [])
        if len(found) == 1:
            return found[0]
        matter: Matter = "several_areas" if found else "no_area"
        return RefusedShape(shape.row, matter, shape.code, shape.name)

    return find
