"""The room's commands: division tables and outlines."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from fangxian.areas.actions import decide_changes, import_edition, set_boundaries
from fangxian.areas.editions import RefusedRow, read_table
from fangxian.areas.errors import NotGeoJson
from fangxian.areas.models import EditionChange
from fangxian.areas.queries import area_by_code, open_changes
from fangxian.areas.rules import acceptable
from fangxian.kernel.access import PLAYBOOK

_DATUMS = ("wgs84", "gcj02")


def areas(argv: list[str]) -> int:
    """At the server's console: acts everywhere, in the name of the system."""
    parser = argparse.ArgumentParser("fangxian areas", description="Areas and division tables.")
    what = parser.add_subparsers(dest="what", required=True)
    take = what.add_parser("import", help="bring one district of a division table into the tree")
    take.add_argument("files", nargs="+", type=Path, metavar="FILE")
    take.add_argument("--district", required=True, help="six digits, e.g. 630105")
    take.add_argument("--edition", required=True, type=int, help="year of the table")
    take.add_argument("--was", default="", help="the district's code until now, if it changed")
    take.add_argument(
        "--decide",
        choices=["later", "accept-all"],
        default="later",
        help="accept-all: accept every change but the ambiguous ones at once",
    )
    what.add_parser("changes", help="list the changes that wait for a decision")
    draw = what.add_parser("outlines", help="take outlines of a district from a GeoJSON file")
    draw.add_argument("file", type=Path, metavar="FILE")
    draw.add_argument("--district", required=True, help="six digits, e.g. 630105")
    draw.add_argument(
        "--datum",
        choices=_DATUMS,
        help="of the coordinates; gcj02 is that of Chinese maps. Default: what the file says",
    )
    draw.add_argument("--source", help="whose outlines these are. Default: what the file says")
    options = parser.parse_args(argv)
    if options.what == "changes":
        return _list(open_changes(PLAYBOOK))
    return _draw(options) if options.what == "outlines" else _import(options)


def _import(options: argparse.Namespace) -> int:
    table = read_table(options.files, options.district)
    district, added, changes = import_edition(
        PLAYBOOK, table, district=options.district, edition=options.edition, was=options.was
    )
    print(f"{district.name}, edition of {options.edition}: {added} areas added.")
    for row in table.refused:
        print(_refused(row), file=sys.stderr)
    if options.decide == "accept-all":
        decided = decide_changes(PLAYBOOK, acceptable(changes), accept=True)
        print(f"{len(decided)} changes accepted: {_counted(decided)}.")
    _list(open_changes(PLAYBOOK).filter(district=district))
    return 1 if table.refused else 0


def _draw(options: argparse.Namespace) -> int:
    try:
        collection = json.loads(options.file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise NotGeoJson from error
    said = collection if isinstance(collection, dict) else {}
    datum = options.datum or said.get("datum", "wgs84")
    if datum not in _DATUMS:
        raise NotGeoJson
    drawn, refused = set_boundaries(
        PLAYBOOK,
        area_by_code(PLAYBOOK, options.district).id,
        collection,
        datum=datum,
        source=options.source or said.get("source", options.file.name),
    )
    print(f"{drawn} outlines drawn.")
    for shape in refused:
        said_of = f"{shape.code} {shape.name}".strip()
        print(f"feature {shape.row}: {said_of}: {_SHAPES[shape.matter]}", file=sys.stderr)
    return 1 if refused else 0


_SHAPES = {
    "no_area": "no area of the district has this code or name",
    "several_areas": "several areas have this name; give the code",
    "no_polygon": "this is no polygon",
    "off_the_earth": "these are no longitudes and latitudes",
}
_MATTERS = {
    "malformed": "this is not a division code",
    "nameless": "the name is missing or longer than 60 characters",
    "duplicate": "this code was listed before",
    "wrong_parent": "the code does not begin with its parent's",
    "orphan": "the parent is not listed",
}


def _refused(row: RefusedRow) -> str:
    return f"{row.file}:{row.line}: {row.code} {row.name}: {_MATTERS[row.matter]}"


def _counted(changes: Iterable[EditionChange]) -> str:
    counts = Counter(change.kind for change in changes)
    return ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())) or "none"


def _list(changes: Iterable[EditionChange]) -> int:
    changes = list(changes)
    print(f"{len(changes)} changes to decide: {_counted(changes)}.")
    for change in changes:
        was = f"{change.code_was} {change.name_was}".strip() or "—"
        becomes = f"{change.code_becomes} {change.name_becomes}".strip() or "—"
        print(f"  {change.kind:<10} {was} → {becomes}  ({change.get_why_display()})")
    return 0
