"""What a division table means for the tree: the first planting, and the changes to be decided."""

from django.db.models import QuerySet

from fangxian.areas.editions import Table, only
from fangxian.areas.errors import ParentNotThere
from fangxian.areas.models import Area, EditionChange
from fangxian.areas.numbering import take_numbers
from fangxian.areas.rules import Difference, Kind, Place, compare, path_below
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now


def plant(actor: Actor, table: Table, top: Place, edition: int) -> tuple[Area, int]:
    known = {area.code: area for area in Area.objects.exclude(code="").filter(ended_at=None)}
    added: list[Area] = []
    for level in ("province", "city", "district", "subdistrict", "community"):
        rows = [place for place in only(table.places, level) if place.code not in known]
        made = []
        for place, number in zip(rows, take_numbers("areas_area_number", len(rows)), strict=True):
            parent = known.get(place.parent_code)
            if parent is None and level != "province":
                raise ParentNotThere(place.name, place.parent_code)
            actor.must(Duty.MANAGE_AREAS, at=parent.path if parent else "")
            made.append(
                Area(
                    number=number,
                    parent=parent,
                    level=level,
                    code=place.code,
                    name=place.name,
                    path=path_below(parent.path if parent else "", number),
                    edition=edition,
                )
            )
        Area.objects.bulk_create(made)
        known |= {area.code: area for area in made}
        added += made
    return known[top.code], len(added)


def propose(
    actor: Actor, table: Table, root: Area, top: Place, edition: int
) -> list[EditionChange]:
    areas = {
        area.code: area
        for area in Area.objects.filter(
            path__startswith=root.path,
            level__in=["subdistrict", "community"],
            ended_at=None,
        )
        .exclude(code="")
        .select_related("parent")
    }
    supersede(actor, EditionChange.objects.filter(district=root))
    known = [
        Place(area.level, area.code, area.name, area.parent.code if area.parent else "")
        for area in areas.values()
    ]
    differences = compare(known, only(table.places, "subdistrict", "community"))
    if (top.code, top.name) != (root.code, root.name):
        kind: Kind = "recoded" if top.code != root.code else "renamed"
        old = Place("district", root.code, root.name, top.parent_code)
        differences.insert(0, Difference(kind, "same_code", old, top))
        areas[root.code] = root
    gone = {one.known.code for one in differences if one.kind == "ended" and one.known}
    Area.objects.filter(
        id__in=[area.id for code, area in areas.items() if code not in gone]
    ).update(edition=edition)
    said_no = {
        _what(change)
        for change in EditionChange.objects.filter(district=root, edition=edition, state="rejected")
    }
    changes = [_change(one, root, areas, edition) for one in differences]
    return EditionChange.objects.bulk_create(
        [change for change in changes if _what(change) not in said_no]
    )


def _what(change: EditionChange) -> tuple[object, ...]:
    """Two changes that say the same; one that was rejected is not proposed again."""
    return change.area_id, change.code_becomes, change.name_becomes, change.parent_code_becomes


def supersede(actor: Actor, changes: QuerySet[EditionChange]) -> None:
    changes.filter(state="proposed").update(
        state="superseded", decided_at=now(), decided_by=actor.id
    )


def _change(one: Difference, root: Area, areas: dict[str, Area], edition: int) -> EditionChange:
    place = one.listed or one.known
    assert place is not None  # noqa: S101 - a difference has at least one side
    return EditionChange(
        edition=edition,
        district=root,
        area_path=root.path,
        kind=one.kind,
        why=one.why,
        area=areas[one.known.code] if one.known else None,
        candidates=[areas[candidate.code].id for candidate in one.candidates],
        level=place.level,
        code_was=one.known.code if one.known else "",
        name_was=one.known.name if one.known else "",
        code_becomes=one.listed.code if one.listed else "",
        name_becomes=one.listed.name if one.listed else "",
        parent_code_becomes=one.listed.parent_code if one.listed else "",
    )
