"""Outlines: read from a file, converted, drawn where none are known; and the housing in them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from fangxian.areas.actions import build_structure, set_boundaries
from fangxian.areas.datum import geometry_to_wgs84, to_gcj02, to_wgs84
from fangxian.areas.errors import AlreadyBuilt, NoOutline, NotGeoJson
from fangxian.areas.models import Area, Boundary, Compound, Neighbour, Site
from fangxian.areas.queries import boundary_of, names_of, outlines_of_level
from fangxian.areas.tests import make
from fangxian.areas.tests.make import PLANNER_HE
from fangxian.engines.synthesis.sites import Wanted
from fangxian.kernel.errors import NotYours
from fangxian.kernel.models import Event

pytestmark = pytest.mark.django_db

SQUARE = shapely.box(101.6, 36.6, 101.8, 36.7)
FEW = Wanted(
    points=6,
    tables=20,
    venues=30,
    workplaces=4,
    schools=3,
    checkpoints=2,
    hospitals=["区人民医院"],
    laboratories=[("疾控中心实验室", 2000)],
    quarantine_sites=[("集中隔离点", 120)],
    warehouses=["应急物资仓库"],
)


def collection(*features: tuple[dict[str, Any], shapely.Geometry | None]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": properties,
                "geometry": shapely.geometry.mapping(shape) if shape else None,
            }
            for properties, shape in features
        ],
    }


# The datum


@given(st.floats(73, 135), st.floats(18, 53))
def test_a_chinese_map_is_read_back_to_the_millimetre(lon: float, lat: float) -> None:
    point = np.array([[lon, lat]])

    back = to_wgs84(to_gcj02(point))

    assert np.abs(back - point).max() < 1e-8


def test_the_shift_is_the_one_in_general_use() -> None:
    # The example of eviltransform's own documentation.
    assert to_gcj02(np.array([[121.5272106, 31.1774276]])) == pytest.approx(
        np.array([[121.531541859215, 31.17530398364597]]), abs=1e-9
    )


def test_coordinates_of_the_world_stay_as_they_are() -> None:
    assert geometry_to_wgs84(SQUARE, "wgs84") is SQUARE
    assert geometry_to_wgs84(SQUARE, "gcj02").bounds[0] != SQUARE.bounds[0]


# Reading


def test_outlines_are_found_by_code_and_by_name_in_any_form() -> None:
    root = make.district()
    west, east = shapely.box(101.6, 36.6, 101.7, 36.7), shapely.box(101.7, 36.6, 101.8, 36.7)

    drawn, refused = set_boundaries(
        PLANNER_HE,
        root.id,
        collection(
            ({"code": "630105"}, SQUARE),
            ({"name": "朝阳街道"}, west),
            ({"name": "新世纪社区"}, east),
            ({"code": "630104", "name": "城西区", "neighbour": True}, west),
        ),
        datum="wgs84",
        source="test",
    )

    assert (drawn, refused) == (4, [])
    assert Boundary.objects.get(area__code="630105001").origin == "imported"
    assert Boundary.objects.filter(area__name="新世纪社区居民委员会").exists()
    assert Neighbour.objects.get().name == "城西区"
    assert not Area.objects.filter(code="630104").exists()
    [event] = Event.objects.filter(kind="areas.boundaries_drawn")
    assert (event.facts["drawn"], event.facts["datum"]) == (3, "wgs84")


def test_features_that_fit_nowhere_are_reported_and_the_others_drawn() -> None:
    root = make.district()
    Area.objects.filter(code="630105001002").update(name="新世纪社区居委会")
    bow_tie = shapely.Polygon([(101.6, 36.6), (101.7, 36.7), (101.7, 36.6), (101.6, 36.7)])

    drawn, refused = set_boundaries(
        PLANNER_HE,
        root.id,
        collection(
            ({"code": "630105999"}, SQUARE),
            ({"name": "新世纪社区"}, SQUARE),
            ({"code": "630105001"}, shapely.Point(101.7, 36.6)),
            ({"code": "630105001"}, None),
            ({"code": "630105001"}, shapely.box(4000, 36.6, 4001, 36.7)),
            ({"code": "630105002"}, bow_tie),
        ),
        datum="wgs84",
        source="test",
    )

    assert drawn == 1
    assert [(row.row, row.matter) for row in sorted(refused, key=lambda row: row.row)] == [
        (1, "no_area"),
        (2, "several_areas"),
        (3, "no_polygon"),
        (4, "no_polygon"),
        (5, "off_the_earth"),
    ]


def test_what_is_no_geojson_is_refused() -> None:
    root = make.district()

    things: list[object] = [[], {"type": "Feature"}, {"features": "none"}, None]
    for thing in things:
        with pytest.raises(NotGeoJson):
            set_boundaries(PLANNER_HE, root.id, thing, datum="wgs84", source="test")
    with pytest.raises(NotYours):
        set_boundaries(
            type(PLANNER_HE)(id=PLANNER_HE.id, within="", duties=frozenset()),
            root.id,
            collection(),
            datum="wgs84",
            source="test",
        )


# Making up


def built(root: Area, *, dwellings: int = 900, grids: int = 9, seed: int = 7) -> None:
    if not Boundary.objects.filter(area=root).exists():
        set_boundaries(
            PLANNER_HE,
            root.id,
            collection(({"code": "630105"}, SQUARE)),
            datum="wgs84",
            source="test",
        )
    build_structure(PLANNER_HE, root.id, dwellings=dwellings, grids=grids, sites=FEW, seed=seed)


def levels(root: Area) -> dict[str, int]:
    found = Area.objects.filter(path__startswith=root.path).values_list("level", flat=True)
    return {level: list(found).count(level) for level in set(found)}


def test_a_district_is_built_down_to_the_doors() -> None:
    root = make.district()

    built(root)

    made = levels(root)
    assert made["grid"] == 9
    assert made["dwelling"] >= 900
    assert made["unit"] <= made["floor"] <= made["dwelling"]
    door = Area.objects.filter(level="dwelling").first()
    assert door is not None
    chain = [door]
    while chain[-1].parent:
        chain.append(chain[-1].parent)
        assert chain[-2].path.startswith(chain[-1].path)
    assert [one.level for one in chain[:5]] == ["dwelling", "floor", "unit", "building", "grid"]
    assert len({*Area.objects.values_list("number", flat=True)}) == Area.objects.count()
    grid = Area.objects.filter(level="grid", parent__code="630105001001").order_by("number").first()
    assert grid is not None
    assert grid.code == "630105001001001"


def test_every_building_stands_in_the_outline_of_its_grid() -> None:
    root = make.district()

    built(root)

    shapes = {
        boundary.area_id: shapely.geometry.shape(boundary.geometry).buffer(1e-5)
        for boundary in Boundary.objects.filter(area__level="grid")
    }
    for building in Area.objects.filter(level="building"):
        assert building.parent_id is not None
        assert shapes[building.parent_id].contains(shapely.Point(building.lon, building.lat))
    for estate in Compound.objects.all():
        assert {one.path.startswith(estate.area_path) for one in estate.buildings.all()} == {True}


def test_villages_have_courtyards_and_towns_have_estates() -> None:
    root = make.district()

    built(root)

    village = make.area("630105001200")
    inside = Area.objects.filter(path__startswith=village.path)
    assert set(inside.filter(level="building").values_list("compound", flat=True)) == {None}
    assert inside.filter(level="unit").count() == inside.filter(level="floor").count()
    town = Area.objects.filter(path__startswith=make.area("630105002001").path, level="building")
    assert None not in set(town.values_list("compound", flat=True))


def test_generated_outlines_say_so_and_cover_the_district() -> None:
    root = make.district()

    built(root)

    generated = Boundary.objects.filter(origin="generated")
    assert {area.level for area in Area.objects.filter(boundary__in=generated)} == {
        "subdistrict",
        "community",
        "grid",
    }
    for level in ("subdistrict", "community", "grid"):
        shapes = [
            shapely.geometry.shape(json.loads(one.geometry))
            for one in outlines_of_level(PLANNER_HE, level)
        ]
        assert all(shape.geom_type == "Polygon" for shape in shapes)
        assert shapely.union_all(shapes).area == pytest.approx(SQUARE.area, rel=1e-3)
        assert sum(shape.area for shape in shapes) == pytest.approx(SQUARE.area, rel=1e-3)
    assert make.area("630105001001").lat is not None


def test_the_sites_are_there_and_counted() -> None:
    root = make.district()

    built(root)

    points = Site.objects.filter(kind="sampling_point")
    assert points.count() == 6
    assert sum(point.capacity or 0 for point in points) == 20
    assert all(point.capacity for point in points)
    assert {point.area_path.split("/")[4] for point in points} == {
        one.path.split("/")[4] for one in Area.objects.filter(level="community")
    }
    assert Site.objects.filter(kind="venue").count() == 30
    assert Site.objects.get(kind="quarantine_site").capacity == 120
    assert Site.objects.filter(kind="venue").first().capacity is None  # type: ignore[union-attr]


def test_the_same_seed_makes_the_same_district() -> None:
    def told(root: Area) -> list[tuple[str, float | None, float | None]]:
        rows = Area.objects.filter(path__startswith=root.path, level="building").order_by("number")
        return [(names_of(PLANNER_HE, [a.path])[a.path], a.lat, a.lon) for a in rows[:60]]

    root = make.district()
    built(root, dwellings=300)
    first = told(root)
    Site.objects.all().delete()
    for level in ("dwelling", "floor", "unit", "building", "grid"):
        Area.objects.filter(level=level).delete()
    Compound.objects.all().delete()

    built(root, dwellings=300)

    assert told(root) == first


def test_nothing_is_built_twice_or_without_an_outline() -> None:
    root = make.district()
    with pytest.raises(NoOutline):
        build_structure(PLANNER_HE, root.id, dwellings=90, grids=5, sites=FEW, seed=1)
    built(root, dwellings=90)

    with pytest.raises(AlreadyBuilt):
        built(root)


def test_a_district_without_an_outline_gets_one_around_its_centres() -> None:
    root = make.district()

    build_structure(
        PLANNER_HE,
        root.id,
        dwellings=90,
        grids=5,
        sites=FEW,
        centres={"630105001": (101.7, 36.6), "630105002": (101.75, 36.65)},
        seed=1,
    )

    outline = boundary_of(PLANNER_HE, root.id)
    assert outline is not None
    assert outline.origin == "generated"


def test_an_imported_outline_stays_when_the_rest_is_made_up() -> None:
    root = make.district()
    own = shapely.box(101.6, 36.6, 101.65, 36.65)
    set_boundaries(
        PLANNER_HE,
        root.id,
        collection(({"code": "630105001001"}, own)),
        datum="wgs84",
        source="our survey",
    )

    built(root)

    assert Boundary.objects.get(area__code="630105001001").source == "our survey"


DEMO = Path(__file__).parents[2] / "exercise" / "data" / "630105"


def test_the_outlines_of_the_demo_are_converted_and_name_the_neighbours() -> None:
    root = make.district()
    said = json.loads((DEMO / "outlines.geojson").read_text(encoding="utf-8"))

    drawn, refused = set_boundaries(
        PLANNER_HE, root.id, said, datum=said["datum"], source=said["source"]
    )

    assert (drawn, refused) == (6, [])
    assert Neighbour.objects.count() == 5
    [outline] = outlines_of_level(PLANNER_HE, "district")
    shape = shapely.geometry.shape(json.loads(outline.geometry))
    raw = next(
        shapely.geometry.shape(feature["geometry"])
        for feature in said["features"]
        if feature["properties"]["code"] == "630105"
    )
    assert shape.contains(shapely.Point(101.752, 36.652))
    # In Xining the shift is some 170 m to the west.
    assert raw.centroid.x - shape.centroid.x == pytest.approx(0.00187, abs=2e-4)
