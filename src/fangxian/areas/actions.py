from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import shapely
from django.db import connection, transaction
from django.utils.translation import gettext as _

from fangxian.areas import proposing, rooting, structure
from fangxian.areas.datum import Datum
from fangxian.areas.editions import Table
from fangxian.areas.errors import (
    AlreadyBuilt,
    AreaHasEnded,
    AreaInsideItself,
    AreaNotFit,
    ChangeIsAmbiguous,
    ChangeIsDecided,
    CodeInUse,
    DistrictNotListed,
    NameMissing,
    NoOutline,
    NotADivisionCode,
    OlderEdition,
    ParentNotThere,
)
from fangxian.areas.events import (
    AreaAdded,
    AreaEnded,
    AreaMoved,
    AreaRecoded,
    AreaRenamed,
    BoundariesDrawn,
    EditionChangeDecided,
    EditionImported,
    SiteAdded,
    SiteClosed,
    StructureBuilt,
)
from fangxian.areas.jobs import settle_move
from fangxian.areas.models import Area, Boundary, EditionChange, Neighbour, Site
from fangxian.areas.numbering import lock_the_tree, take_numbers
from fangxian.areas.queries import areas_visible_to, changes_visible_to, get_area, get_site
from fangxian.areas.rules import (
    DIGITS,
    NewArea,
    NewSite,
    fits,
    is_code_of,
    path_below,
)
from fangxian.areas.shapes import RefusedShape, by_code_or_name, read_shapes
from fangxian.engines.synthesis.sites import Wanted
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.kernel.ledger import record, record_many
from fangxian.kernel.models import Event

_LONGEST_NAME = 60


# The tree


@transaction.atomic
def add_areas(
    actor: Actor,
    under: UUID | None,
    rows: Sequence[NewArea],
    *,
    because: Event | None = None,
) -> list[Area]:
    """Add areas to one parent, in the order given; `under` is None only for a province."""
    lock_the_tree()
    parent = get_area(actor, under) if under else None
    actor.must(Duty.MANAGE_AREAS, at=parent.path if parent else "")
    if parent and parent.ended_at:
        raise AreaHasEnded(parent.name)
    for row in rows:
        _check(row, parent)
    made = [
        Area(
            number=number,
            parent=parent,
            level=row.level,
            code=row.code,
            name=row.name.strip(),
            path=path_below(parent.path if parent else "", number),
            compound_id=row.compound_id,
            lat=row.lat,
            lon=row.lon,
            edition=row.edition,
        )
        for row, number in zip(rows, take_numbers("areas_area_number", len(rows)), strict=True)
    ]
    Area.objects.bulk_create(made)
    record_many(
        [AreaAdded(subject_id=a.id, area_path=a.path, level=a.level, code=a.code) for a in made],
        actor=actor,
        because=because,
    )
    return made


def _check(row: NewArea, parent: Area | None) -> None:
    if not 1 <= len(row.name.strip()) <= _LONGEST_NAME:
        raise NameMissing
    if not fits(row.level, parent.level if parent else None):
        raise AreaNotFit(_level(row.level), _level(parent.level) if parent else "—")
    if row.code:
        _check_code(row.code, row.level)


def _check_code(code: str, level: str, *, of: Area | None = None) -> None:
    if not is_code_of(code, level):
        raise NotADivisionCode(code, str(DIGITS.get(level, 0)))
    holder = Area.objects.filter(code=code, ended_at=None).first()
    if holder and (of is None or holder.id != of.id):
        raise CodeInUse(code, holder.name)


def _level(level: str) -> str:
    return str(Area.Level(level).label)


@transaction.atomic
def rename_area(actor: Actor, area_id: UUID, name: str, *, because: Event | None = None) -> Area:
    """Give an area another name; its identity, number and place stay."""
    area = get_area(actor, area_id, for_change=True)
    actor.must(Duty.MANAGE_AREAS, at=area.path)
    name = name.strip()
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise NameMissing
    if name == area.name:
        return area
    was, area.name = area.name, name
    area.save(update_fields=["name"])
    record(
        AreaRenamed(subject_id=area.id, area_path=area.path, was=was, becomes=name),
        actor=actor,
        because=because,
    )
    return area


@transaction.atomic
def recode_area(actor: Actor, area_id: UUID, code: str, *, because: Event | None = None) -> Area:
    """Give an area another division code; the codes of its grids begin with it and follow."""
    area = get_area(actor, area_id, for_change=True)
    actor.must(Duty.MANAGE_AREAS, at=area.path)
    if code == area.code:
        return area
    _check_code(code, area.level, of=area)
    was, area.code = area.code, code
    area.save(update_fields=["code"])
    if area.level == Area.Level.COMMUNITY:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE areas_area SET code = %s || right(code, 3)"
                " WHERE parent_id = %s AND level = 'grid' AND code <> ''",
                [code, area.id],
            )
    record(
        AreaRecoded(subject_id=area.id, area_path=area.path, was=was, becomes=code),
        actor=actor,
        because=because,
    )
    return area


@transaction.atomic
def move_area(actor: Actor, area_id: UUID, *, to: UUID, because: Event | None = None) -> Area:
    """Put an area under another parent, with everything in it.

    Every stored path below it is rewritten in the same transaction, in every room; only the ledger
    keeps the place as it was. What somebody else writes at the same moment under the old path is
    brought along by the job `settle_move`.
    """
    lock_the_tree()
    area = get_area(actor, area_id, for_change=True)
    parent = get_area(actor, to, for_change=True)
    actor.must(Duty.MANAGE_AREAS, at=area.path)
    actor.must(Duty.MANAGE_AREAS, at=parent.path)
    if area.parent_id == parent.id:
        return area
    if parent.path.startswith(area.path):
        raise AreaInsideItself
    if parent.ended_at:
        raise AreaHasEnded(parent.name)
    if not fits(area.level, parent.level):
        raise AreaNotFit(_level(area.level), _level(parent.level))

    was, becomes = area.path, path_below(parent.path, area.number)
    rooting.reroot(was, becomes)
    area.parent, area.path = parent, becomes
    area.save(update_fields=["parent"])
    record(
        AreaMoved(subject_id=area.id, area_path=becomes, was=was, becomes=becomes),
        actor=actor,
        because=because,
    )
    settle_move.configure(schedule_in={"minutes": 1}).defer(area_id=str(area.id), was=was)
    return area


@transaction.atomic
def end_area(actor: Actor, area_id: UUID, *, because: Event | None = None) -> Area:
    """End an area. What stands or lives in it stays registered there until it is placed elsewhere.

    Ending an ended area changes nothing.
    """
    lock_the_tree()
    area = get_area(actor, area_id, for_change=True)
    actor.must(Duty.MANAGE_AREAS, at=area.path)
    if area.ended_at:
        return area
    area.ended_at = now()
    area.save(update_fields=["ended_at"])
    record(
        AreaEnded(subject_id=area.id, area_path=area.path, level=area.level, code=area.code),
        actor=actor,
        because=because,
    )
    return area


# Sites


@transaction.atomic
def add_sites(actor: Actor, rows: Sequence[NewSite]) -> list[Site]:
    """Open sites, each in its own area."""
    lock_the_tree()
    visible = {
        area.id: area
        for area in areas_visible_to(actor).filter(id__in={row.area_id for row in rows})
    }
    made = []
    for row, number in zip(rows, take_numbers("areas_site_number", len(rows)), strict=True):
        area = visible.get(row.area_id)
        if area is None:
            raise NotFound(_level("community"))
        actor.must(Duty.MANAGE_AREAS, at=area.path)
        if area.ended_at:
            raise AreaHasEnded(area.name)
        made.append(
            Site(
                number=number,
                kind=row.kind,
                name=row.name,
                area=area,
                area_path=area.path,
                lat=row.lat,
                lon=row.lon,
                capacity=row.capacity,
            )
        )
    Site.objects.bulk_create(made)
    record_many(
        [
            SiteAdded(
                subject_id=site.id,
                area_path=site.area_path,
                number=site.number,
                site_kind=site.kind,
            )
            for site in made
        ],
        actor=actor,
    )
    return made


@transaction.atomic
def close_site(actor: Actor, site_id: UUID) -> Site:
    """Close a site for good; closing a closed one changes nothing."""
    site = get_site(actor, site_id, for_change=True)
    actor.must(Duty.MANAGE_AREAS, at=site.area_path)
    if site.closed_at:
        return site
    site.closed_at = now()
    site.save(update_fields=["closed_at"])
    record(
        SiteClosed(
            subject_id=site.id,
            area_path=site.area_path,
            number=site.number,
            site_kind=site.kind,
        ),
        actor=actor,
    )
    return site


# Editions of the division table


@transaction.atomic
def import_edition(
    actor: Actor, table: Table, *, district: str, edition: int, was: str = ""
) -> tuple[Area, int, list[EditionChange]]:
    """Bring one district of a division table into the tree.

    An empty district is filled at once. Into one that is known nothing is written: every
    difference becomes a change that somebody decides, and earlier open ones are superseded.
    Importing the same edition again proposes the same. `was` is the district's code until now, if
    the district itself has a new one. Returns the district, how many areas were added, and what is
    proposed.
    """
    lock_the_tree()
    top = next((place for place in table.places if place.code == district), None)
    if top is None:
        raise DistrictNotListed(district)
    root = areas_visible_to(actor).filter(code=was or district, ended_at=None).first()
    added, changes = 0, list[EditionChange]()
    if root is None:
        root, added = proposing.plant(actor, table, top, edition)
    else:
        actor.must(Duty.MANAGE_AREAS, at=root.path)
        if root.edition and root.edition > edition:
            raise OlderEdition(edition, root.edition)
        changes = proposing.propose(actor, table, root, top, edition)
        Area.objects.filter(id=root.id).update(edition=edition)
    record(
        EditionImported(
            subject_id=root.id,
            area_path=root.path,
            edition=edition,
            code=district,
            added=added,
            proposed=len(changes),
            refused=len(table.refused),
        ),
        actor=actor,
    )
    return root, added, changes


@transaction.atomic
def decide_changes(
    actor: Actor,
    change_ids: Collection[UUID],
    *,
    accept: bool,
    means: UUID | None = None,
    is_new: bool = False,
) -> list[EditionChange]:
    """Accept or reject what an edition says differently, all together or none.

    Codes that change hands among the accepted ones are freed first, so a district that hands out
    all its codes anew is decided in one go. An ambiguous change is accepted alone, saying which
    area it `means` or that it `is_new`.
    """
    lock_the_tree()
    changes = list(changes_visible_to(actor).select_for_update().filter(id__in=change_ids))
    if len(changes) != len(set(change_ids)):
        raise NotFound(_("change"))
    for change in changes:
        actor.must(Duty.MANAGE_AREAS, at=change.area_path)
        if change.state != EditionChange.State.PROPOSED:
            raise ChangeIsDecided
        if accept and change.kind == EditionChange.Kind.AMBIGUOUS:
            _settle_doubt(change, means=means, is_new=is_new)
    decided = now()
    for change in changes:
        change.state = "accepted" if accept else "rejected"
        change.decided_at, change.decided_by = decided, actor.id
    EditionChange.objects.bulk_update(changes, ["state", "decided_at", "decided_by"])
    events = {
        change.id: event
        for change, event in zip(
            changes,
            record_many([_decided(change) for change in changes], actor=actor),
            strict=True,
        )
    }
    if accept:
        _carry_out(actor, changes, events)
    return changes


def _settle_doubt(change: EditionChange, *, means: UUID | None, is_new: bool) -> None:
    if is_new:
        return
    if means not in change.candidates:
        raise ChangeIsAmbiguous(change.name_becomes)
    change.area_id = means


def _decided(change: EditionChange) -> EditionChangeDecided:
    return EditionChangeDecided(
        subject_id=change.id,
        area_path=change.area_path,
        edition=change.edition,
        change=change.kind,
        decision=change.state,
        code=change.code_becomes or change.code_was,
    )


_HIGHEST_FIRST = {"district": 0, "subdistrict": 1, "community": 2}


def _carry_out(actor: Actor, changes: list[EditionChange], events: dict[UUID, Event]) -> None:
    ending = [change for change in changes if change.kind == EditionChange.Kind.ENDED]
    others = [change for change in changes if change.kind != EditionChange.Kind.ENDED]
    about = [change.area_id for change in others if change.area_id]
    proposing.supersede(actor, EditionChange.objects.filter(area_id__in=about))
    for change in ending:
        end_area(actor, _area_of(change), because=events[change.id])
    Area.objects.filter(
        id__in=[c.area_id for c in others if c.area_id and c.code_was != c.code_becomes]
    ).update(code="")
    for change in sorted(others, key=lambda one: _HIGHEST_FIRST[one.level]):
        _take_over(actor, change, events[change.id])


def _area_of(change: EditionChange) -> UUID:
    assert change.area_id is not None  # noqa: S101 - a constraint of the table says so
    return change.area_id


def _take_over(actor: Actor, change: EditionChange, event: Event) -> None:
    parent = None
    if change.level != Area.Level.DISTRICT:
        parent = (
            areas_visible_to(actor).filter(code=change.parent_code_becomes, ended_at=None).first()
        )
        if parent is None:
            raise ParentNotThere(change.name_becomes, change.parent_code_becomes)
    if change.area_id is None:
        row = NewArea(
            level=change.level,
            name=change.name_becomes,
            code=change.code_becomes,
            edition=change.edition,
        )
        add_areas(actor, parent.id if parent else None, [row], because=event)
        return
    if parent:
        move_area(actor, change.area_id, to=parent.id, because=event)
    recode_area(actor, change.area_id, change.code_becomes, because=event)
    rename_area(actor, change.area_id, change.name_becomes, because=event)


# Outlines and a made-up structure


@transaction.atomic
def set_boundaries(
    actor: Actor,
    district_id: UUID,
    collection: object,
    *,
    datum: Datum,
    source: str,
    origin: str = Boundary.Origin.IMPORTED,
) -> tuple[int, list[RefusedShape]]:
    """Take outlines from a GeoJSON FeatureCollection; they replace what was drawn before.

    Features are found by the property `code`, else by `name` within the district. Those marked
    `neighbour` are kept as the grey surroundings of the map. Coordinates are converted to WGS84.
    Returns how many were drawn, and the features that were not, each with the reason.
    """
    district = get_area(actor, district_id)
    actor.must(Duty.MANAGE_AREAS, at=district.path)
    shapes, refused = read_shapes(collection, datum)
    below = areas_visible_to(actor).filter(path__startswith=district.path, ended_at=None)
    find = by_code_or_name(below.filter(level__in=DIGITS))
    boundaries, around = dict[UUID, Boundary](), list[Neighbour]()
    drawn_at = now()
    for shape in shapes:
        if shape.neighbour:
            around.append(
                Neighbour(code=shape.code, name=shape.name, geometry=shape.geometry, source=source)
            )
            continue
        found = find(shape)
        if isinstance(found, RefusedShape):
            refused.append(found)
            continue
        boundaries[found] = Boundary(
            area_id=found,
            geometry=shape.geometry,
            origin=origin,
            source=source,
            drawn_at=drawn_at,
        )
    Boundary.objects.bulk_create(
        boundaries.values(),
        update_conflicts=True,
        unique_fields=["area"],
        update_fields=["geometry", "origin", "source", "drawn_at"],
    )
    Neighbour.objects.bulk_create(
        around,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "geometry", "source"],
    )
    record(
        BoundariesDrawn(
            subject_id=district.id,
            area_path=district.path,
            drawn=len(boundaries),
            refused=len(refused),
            origin=origin,
            datum=datum,
        ),
        actor=actor,
    )
    return len(boundaries) + len(around), refused


@transaction.atomic
def build_structure(
    actor: Actor,
    district_id: UUID,
    *,
    dwellings: int,
    grids: int,
    sites: Wanted,
    centres: Mapping[str, tuple[float, float]] | None = None,
    seed: int,
) -> StructureBuilt:
    """Make up grids, buildings down to the doors, and sites for a district that has none.

    dwellings   at least so many are built
    centres     rough longitude and latitude of subdistricts, by code, where they are known; a
                district without an outline is given one around them

    The same district, counts and seed give the same structure, but for the ids.
    """
    lock_the_tree()
    district = get_area(actor, district_id)
    actor.must(Duty.MANAGE_AREAS, at=district.path)
    below = Area.objects.filter(path__startswith=district.path, ended_at=None)
    if below.filter(level__in=["grid", "building"]).exists():
        raise AlreadyBuilt(district.name)
    plan = structure.plan(
        _outline(district, centres or {}),
        list(below.filter(level="community").exclude(code="").order_by("code")),
        dwellings=dwellings,
        grids=grids,
        wanted=sites,
        centres=centres or {},
        seed=seed,
    )
    structure.write(
        plan,
        take_numbers("areas_area_number", structure.areas_needed(plan)),
        take_numbers("areas_site_number", len(plan.sites)),
    )
    fact = StructureBuilt(
        subject_id=district.id,
        area_path=district.path,
        seed=seed,
        grids=len(plan.grids),
        buildings=len(plan.housing.name),
        dwellings=plan.housing.dwellings,
        sites=len(plan.sites),
    )
    record(fact, actor=actor)
    return fact


def _outline(district: Area, centres: Mapping[str, tuple[float, float]]) -> shapely.Geometry:
    known = Boundary.objects.filter(area=district).first()
    if known:
        return shapely.geometry.shape(known.geometry)
    if not centres:
        raise NoOutline(district.name)
    around = structure.around(centres.values())
    Boundary.objects.create(
        area=district,
        geometry=structure.as_geojson(around),
        origin=Boundary.Origin.GENERATED,
        source=structure.SOURCE,
    )
    return around
