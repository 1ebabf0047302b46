from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import F, FloatField, QuerySet
from django.db.models.expressions import ExpressionWrapper
from django.utils.translation import gettext as _

from fangxian.areas.models import Area, Boundary, EditionChange, Neighbour, Site
from fangxian.areas.rules import DEPTH, LEVELS, numbers_on, paths_to, short_name
from fangxian.kernel.access import Actor
from fangxian.kernel.errors import NotFound


def areas_visible_to(viewer: Actor) -> QuerySet[Area]:
    return Area.objects.filter(path__startswith=viewer.within)


def sites_visible_to(viewer: Actor) -> QuerySet[Site]:
    return Site.objects.filter(area_path__startswith=viewer.within)


def changes_visible_to(viewer: Actor) -> QuerySet[EditionChange]:
    return EditionChange.objects.filter(area_path__startswith=viewer.within)


def get_area(viewer: Actor, area_id: UUID, *, for_change: bool = False) -> Area:
    rows = areas_visible_to(viewer)
    area = (rows.select_for_update() if for_change else rows).filter(id=area_id).first()
    if area is None:
        raise NotFound(_("area"))
    return area


def area_at(viewer: Actor, path: str) -> Area:
    area = areas_visible_to(viewer).filter(path=path).first()
    if area is None:
        raise NotFound(_("area"))
    return area


def area_by_code(viewer: Actor, code: str) -> Area:
    """The area that has a division code now; an ended one does not count."""
    area = areas_visible_to(viewer).filter(code=code, ended_at=None).exclude(code="").first()
    if area is None:
        raise NotFound(_("area"))
    return area


def area_of_level(viewer: Actor, path: str, level: str) -> Area | None:
    """The ancestor of a place at a level, or the place itself."""
    return areas_visible_to(viewer).filter(path__in=paths_to(path), level=level).first()


def enclosing(viewer: Actor, path: str, unit: str) -> list[str]:
    """The paths that make up a unit of measures around a place: one, or a compound's buildings.

    unit   "household", "floor", "unit", "building" or "compound". Where a place has no such level
           (a courtyard has no compound), the next narrower one that it has; [] where the place
           itself is wider than the unit, so that nobody restricts a community by mistake.
    """
    steps = {area.level: area for area in areas_visible_to(viewer).filter(path__in=paths_to(path))}
    building = steps.get(Area.Level.BUILDING)
    if unit == "compound" and building is not None and building.compound_id is not None:
        buildings = areas_visible_to(viewer).filter(compound=building.compound_id, ended_at=None)
        return sorted(buildings.values_list("path", flat=True))
    widest_first = ("compound", "building", "unit", "floor", "household")
    for narrower in widest_first[widest_first.index(unit) :]:
        level = "dwelling" if narrower == "household" else narrower
        if level in steps:
            return [steps[level].path]
    return []


def ancestors_of(viewer: Actor, area: Area) -> list[Area]:
    """From the highest the viewer may see down to the parent."""
    return list(areas_visible_to(viewer).filter(path__in=paths_to(area.path)[:-1]).order_by("path"))


def children_of(viewer: Actor, area_id: UUID | None) -> QuerySet[Area]:
    """In the order in which they were added; of None, the highest that the viewer may see."""
    if area_id:
        return areas_visible_to(viewer).filter(parent_id=area_id).order_by("number")
    if viewer.within:
        return areas_visible_to(viewer).filter(path=viewer.within).order_by("number")
    return Area.objects.filter(parent=None).order_by("number")


def first_area(viewer: Actor) -> Area | None:
    """Where browsing begins: the viewer's own area, or the only district."""
    if viewer.within:
        return areas_visible_to(viewer).filter(path=viewer.within).first()
    districts = list(areas_of_level(viewer, "district")[:2])
    return districts[0] if len(districts) == 1 else None


def areas_of_level(viewer: Actor, level: str, *, below: str = "") -> QuerySet[Area]:
    """In the order of the tree; ended ones left out."""
    return (
        areas_visible_to(viewer)
        .filter(level=level, path__startswith=below, ended_at=None)
        .order_by("path")
    )


def areas_by_numbers(viewer: Actor, numbers: Iterable[int]) -> dict[int, Area]:
    return {a.number: a for a in areas_visible_to(viewer).filter(number__in=list(numbers))}


def left_behind(viewer: Actor) -> QuerySet[Area]:
    """Areas that still stand directly in an ended one and must be placed elsewhere."""
    return (
        areas_visible_to(viewer)
        .filter(ended_at=None, parent__ended_at__isnull=False)
        .select_related("parent")
        .order_by("path")
    )


def ended_areas(viewer: Actor) -> QuerySet[Area]:
    """Latest first. Whoever is registered below their paths must be placed elsewhere."""
    return areas_visible_to(viewer).filter(ended_at__isnull=False).order_by("-ended_at", "-path")


# Names


_NAMED_FROM = "subdistrict"
_SPOKEN = ("subdistrict", "community", "grid", "building", "unit", "floor", "dwelling")


def names_of(viewer: Actor, paths: Iterable[str]) -> dict[str, str]:
    """A short readable place for each path: 小桥大街街道 新世纪社区 祥和家园3号楼2单元.

    One statement for any number of paths. Public names of places, so nothing is hidden by area; a
    path that leads nowhere is itself.
    """
    wanted = {path: numbers_on(path) for path in set(paths)}
    if not any(wanted.values()):
        return dict.fromkeys(wanted, "")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.number, a.level, a.name, coalesce(c.name, '') FROM areas_area a"
            " LEFT JOIN areas_compound c ON c.id = a.compound_id WHERE a.number = ANY(%s)",
            [list({number for numbers in wanted.values() for number in numbers})],
        )
        known = {number: (level, name, estate) for number, level, name, estate in cursor}
    return {
        path: _spoken([known[number] for number in numbers if number in known]) or path
        for path, numbers in wanted.items()
    }


def _spoken(steps: Sequence[tuple[str, str, str]]) -> str:
    named = {level: short_name(name) for level, name, _estate in steps}
    estate = next((estate for _level, _name, estate in steps if estate), "")
    if not set(named) & set(_SPOKEN):
        return steps[-1][1] if steps else ""
    words = [named.get("subdistrict", ""), named.get("community", "")]
    if "building" not in named:
        words.append(named.get("grid", ""))
        return " ".join(filter(None, words))
    door = [estate, named["building"], named.get("unit", "")]
    # A door's number says its floor: 501.
    door.append(named.get("dwelling") or named.get("floor", ""))
    return " ".join([*filter(None, words), "".join(door)])


# Sites


def get_site(viewer: Actor, site_id: UUID, *, for_change: bool = False) -> Site:
    rows = sites_visible_to(viewer)
    site = (rows.select_for_update() if for_change else rows).filter(id=site_id).first()
    if site is None:
        raise NotFound(_("site"))
    return site


def sites_of_kind(viewer: Actor, kind: str, *, below: str = "") -> QuerySet[Site]:
    """Open sites in the order of the tree."""
    return (
        sites_visible_to(viewer)
        .filter(kind=kind, area_path__startswith=below, closed_at=None)
        .order_by("area_path", "number")
    )


def sites_in(viewer: Actor, path: str) -> QuerySet[Site]:
    """Open sites standing in an area or anywhere below it."""
    return (
        sites_visible_to(viewer)
        .filter(area_path__startswith=path, closed_at=None)
        .order_by("area_path", "number")
    )


def site_by_number(viewer: Actor, number: int) -> Site:
    site = sites_visible_to(viewer).filter(number=number).first()
    if site is None:
        raise NotFound(_("site"))
    return site


def sites_by_numbers(viewer: Actor, numbers: Iterable[int]) -> dict[int, Site]:
    return {site.number: site for site in sites_visible_to(viewer).filter(number__in=list(numbers))}


def nearest_sites(
    viewer: Actor, kind: str, *, lat: float, lon: float, at_most: int = 3
) -> list[Site]:
    """Open sites of a kind by distance as the crow flies, nearest first."""
    squash = 0.8  # a degree of longitude against one of latitude at 37° north: good for an order
    distance = ExpressionWrapper(
        (F("lat") - lat) * (F("lat") - lat)
        + (F("lon") - lon) * (F("lon") - lon) * (squash * squash),
        output_field=FloatField(),
    )
    rows = sites_of_kind(viewer, kind).filter(lat__isnull=False).annotate(distance=distance)
    return list(rows.order_by("distance", "number")[:at_most])


# Editions


def get_change(viewer: Actor, change_id: UUID, *, for_change: bool = False) -> EditionChange:
    rows = changes_visible_to(viewer)
    change = (rows.select_for_update() if for_change else rows).filter(id=change_id).first()
    if change is None:
        raise NotFound(_("change"))
    return change


def open_changes(viewer: Actor) -> QuerySet[EditionChange]:
    """Changes waiting for a decision: new places first, then by code."""
    return (
        changes_visible_to(viewer)
        .filter(state="proposed")
        .order_by("code_was", "code_becomes", "id")
    )


def candidates_of(
    viewer: Actor, changes: Iterable[EditionChange]
) -> dict[UUID, list[tuple[Area, str]]]:
    """What ambiguous changes may mean, each with its place; for any number of changes."""
    wanted = {change.id: change.candidates for change in changes}
    areas = {
        area.id: area
        for area in areas_visible_to(viewer).filter(
            id__in=[one for candidates in wanted.values() for one in candidates]
        )
    }
    places = names_of(viewer, [area.path for area in areas.values()])
    return {
        change: [(areas[one], places[areas[one].path]) for one in candidates if one in areas]
        for change, candidates in wanted.items()
    }


def homes_for(viewer: Actor, orphans: Iterable[Area]) -> dict[str, list[Area]]:
    """Where areas of a level may be placed, for the levels that occur among the orphans."""
    wanted = {LEVELS[DEPTH[orphan.level] - 1] for orphan in orphans if DEPTH[orphan.level]}
    found: dict[str, list[Area]] = {}
    for area in areas_visible_to(viewer).filter(level__in=wanted, ended_at=None).order_by("path"):
        found.setdefault(LEVELS[DEPTH[area.level] + 1], []).append(area)
    return found


# Outlines


@dataclass(frozen=True, slots=True)
class Outline:
    """An area and its outline as GeoJSON text, ready to be sent."""

    id: UUID
    number: int
    code: str
    name: str
    parent: str
    lat: float | None
    lon: float | None
    origin: str
    geometry: str


_OUTLINES = (
    "SELECT a.id, a.number, a.code, a.name, coalesce(p.name, ''), a.lat, a.lon, b.origin,"
    " b.geometry::text FROM areas_boundary b JOIN areas_area a ON a.id = b.area_id"
    " LEFT JOIN areas_area p ON p.id = a.parent_id WHERE a.level = %s AND a.ended_at IS NULL"
    " AND (a.path LIKE %s OR a.path = ANY(%s)) ORDER BY a.path"
)


def outlines_of_level(viewer: Actor, level: str) -> list[Outline]:
    """What the viewer may see, and what that lies in: the district around one's own community."""
    with connection.cursor() as cursor:
        cursor.execute(_OUTLINES, [level, viewer.within + "%", paths_to(viewer.within)])
        return [Outline(*row) for row in cursor]


def neighbours(viewer: Actor) -> QuerySet[Neighbour]:
    """Districts around ours, for drawing; their outlines are public."""
    return Neighbour.objects.order_by("code")


def boundary_of(viewer: Actor, area_id: UUID) -> Boundary | None:
    return Boundary.objects.filter(area_id=area_id, area__path__startswith=viewer.within).first()
