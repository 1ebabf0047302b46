"""Lists from Excel: organisations, people, and a unit's list of who checks in where.

A row that cannot be taken is told by its line and every reason; the others load. Merged cells are
told as well: a spreadsheet keeps their value in the first row only, so the others say nothing.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook

from fangxian.areas.models import Area
from fangxian.areas.rules import short_name
from fangxian.kernel import vault
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.ids import new_id
from fangxian.kernel.sheets import looks_like_formula
from fangxian.people import sheets
from fangxian.people.columns import text_of
from fangxian.people.errors import FileRefused
from fangxian.people.rules import is_name, is_phone, normal_name, normal_phone
from fangxian.workforce import columns, queries
from fangxian.workforce.checking_in import Listed, check_in_list
from fangxian.workforce.members import NewMember, add_members
from fangxian.workforce.models import Member, Organisation
from fangxian.workforce.organisations import NewOrganisation, found_organisations

_TITLES = 10  # rows that may stand above the headings
_NAMED = (Area.Level.DISTRICT, Area.Level.SUBDISTRICT, Area.Level.COMMUNITY, Area.Level.GRID)


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken, and why. `said` is its first cells, to find it again."""

    line: int
    said: str
    reasons: tuple[str, ...]


@dataclass(slots=True)
class Taken:
    """What became of a list. Every row counts once."""

    read: int = 0
    taken: int = 0
    there_before: int = 0
    entered: int = 0
    refused: list[Refused] = field(default_factory=list)


@dataclass(slots=True)
class _Row:
    line: int
    cells: Mapping[str, str]
    shown: str
    faults: list[str] = field(default_factory=list)

    def __getitem__(self, meaning: str) -> str:
        return self.cells.get(meaning, "")


def _rows(data: bytes, *, of_people: bool, needed: Sequence[str]) -> Iterator[_Row]:
    sheet = sheets.read(data)
    merged = _merged(data)
    at: dict[str, int] = {}
    for _line, cells in islice(sheet.rows, _TITLES):
        at = columns.meanings(cells, of_people=of_people)
        if "name" in at and len(at) > 1:
            break
        at = {}
    missing = [columns.label(one) for one in needed if one not in at]
    if missing:
        raise FileRefused(
            _("A row at the top must name the columns. Missing: %(columns)s.")
            % {"columns": _(", ").join(missing)}
        )
    for line, cells in sheet.rows:
        if not sheets.is_blank(cells):
            yield _row(line, cells, at, merged)


def _row(
    line: int, cells: Sequence[sheets.Cell], at: Mapping[str, int], merged: set[tuple[int, int]]
) -> _Row:
    said = {
        meaning: text_of(cells[position]) if position < len(cells) else ""
        for meaning, position in at.items()
    }
    shown = " · ".join(filter(None, (text_of(cell) for cell in cells[:4])))
    row = _Row(line, said, shown[:80])
    for meaning, position in at.items():
        if (line, position) in merged:
            row.faults.append(
                _("the cell “%(column)s” is merged with another row: unmerge it and fill each row")
                % {"column": columns.label(meaning)}
            )
        elif looks_like_formula(said[meaning]) and not is_phone(normal_phone(said[meaning])):
            row.faults.append(
                _("column “%(column)s” begins with a sign of a formula (= + - @)")
                % {"column": columns.label(meaning)}
            )
    return row


def _merged(data: bytes) -> set[tuple[int, int]]:
    """Line and column of cells that a merged cell swallowed: all but its first."""
    if not data.startswith(b"PK"):
        return set()
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
        ranges = sheet.merged_cell_ranges or []
    except (CalamineError, OSError, ValueError, IndexError):
        return set()
    first_column = (sheet.start or (0, 0))[1]
    return {
        (line + 1, column - first_column)
        for (top, left), (bottom, right) in ranges
        for line in range(top, bottom + 1)
        for column in range(left, right + 1)
        if (line, column) != (top, left)
    }


class _Places:
    """Which place a name means, within the importer's area."""

    def __init__(self, within: str) -> None:
        self._known: dict[str, set[str]] = {}
        areas = Area.objects.filter(path__startswith=within, level__in=_NAMED, ended_at=None)
        for path, name, code in areas.values_list("path", "name", "code"):
            for word in {name, short_name(name), code} - {""}:
                self._known.setdefault(columns.bare(word), set()).add(path)

    def find(self, row: _Row, meaning: str, otherwise: str) -> str:
        text = row[meaning]
        if not text:
            return otherwise
        found = self._known.get(columns.bare(text), set())
        if not found:
            row.faults.append(_("there is no place “%(name)s” in your area") % {"name": text})
        elif len(found) > 1:
            row.faults.append(
                _("several places are called “%(name)s”: give the division code") % {"name": text}
            )
        return next(iter(found)) if len(found) == 1 else otherwise


class _Organisations:
    """Which organisation a name means, among those that the importer sees."""

    def __init__(self, actor: Actor) -> None:
        self._known: dict[str, list[UUID]] = {}
        self.of: dict[UUID, Organisation] = {}
        for one in queries.organisations_visible_to(actor).filter(dissolved_at=None):
            self._known.setdefault(columns.bare(one.name), []).append(one.id)
            self.of[one.id] = one

    def find(self, row: _Row, meaning: str) -> UUID | None:
        text = row[meaning]
        if not text:
            return None
        found = self._known.get(columns.bare(text), [])
        if len(found) == 1:
            return found[0]
        sentence = (
            _("several organisations are called “%(name)s”: name it as it stands in the register")
            if found
            else _("nobody has entered an organisation “%(name)s”: enter it first, or correct it")
        )
        row.faults.append(sentence % {"name": text})
        return None


def _refuse(taken: Taken, row: _Row) -> None:
    taken.refused.append(Refused(row.line, row.shown, tuple(row.faults)))


# Organisations


@transaction.atomic
def import_organisations(actor: Actor, data: bytes, *, area_path: str) -> Taken:
    """Found what a list names. What stands there already is left as it is."""
    actor.must(Duty.KEEP_ROSTER, at=area_path)
    taken, places = Taken(), _Places(area_path)
    standing = {
        (one.area_path, one.kind, one.name): one
        for one in queries.organisations_visible_to(actor).filter(dissolved_at=None)
    }
    known: dict[str, list[UUID]] = {}
    for one in standing.values():
        known.setdefault(columns.bare(one.name), []).append(one.id)
    rows: list[tuple[_Row, NewOrganisation]] = []
    for row in _rows(data, of_people=False, needed=("name", "kind")):
        taken.read += 1
        new = _organisation(row, places, area_path)
        if new is None:
            _refuse(taken, row)
        elif (new.area_path, new.kind, new.name) in standing or any(
            (new.area_path, new.kind, new.name) == (other.area_path, other.kind, other.name)
            for _row, other in rows
        ):
            taken.there_before += 1
        else:
            rows.append((row, new))
            known.setdefault(columns.bare(new.name), []).append(new.id or new_id())
    new_ones = _with_parents(rows, known, taken)
    found_organisations(actor, new_ones)
    taken.taken = taken.entered = len(new_ones)
    taken.refused.sort(key=lambda one: one.line)
    return taken


def _organisation(row: _Row, places: _Places, area_path: str) -> NewOrganisation | None:
    if not row["name"]:
        row.faults.append(_("the name is missing"))
    kind = columns.kind_of_organisation(row["kind"])
    if kind is None:
        row.faults.append(
            _("“%(word)s” is no kind of organisation that is known") % {"word": row["kind"]}
        )
    path = places.find(row, "place", area_path)
    if row.faults or kind is None:
        return None
    return NewOrganisation(
        id=new_id(),
        kind=kind,
        name=row["name"][:80],
        area_path=path,
        phone=row["phone"][:30],
        contact=row["contact"][:40],
    )


def _with_parents(
    rows: Sequence[tuple[_Row, NewOrganisation]], known: Mapping[str, list[UUID]], taken: Taken
) -> list[NewOrganisation]:
    """Name parents, from the list or from what stands; whose parent is not taken is not either."""
    wanted = dict(rows_by_id := {new.id: (row, new) for row, new in rows})
    changed = True
    while changed:
        changed = False
        for one, (row, _new) in list(wanted.items()):
            parents = known.get(columns.bare(row["parent"]), []) if row["parent"] else []
            fitting = [p for p in parents if p != one and (p in wanted or p not in rows_by_id)]
            if row["parent"] and len(fitting) != 1:
                row.faults.append(
                    _("“%(name)s”, to which it belongs, is not there or is there twice")
                    % {"name": row["parent"]}
                )
                _refuse(taken, row)
                del wanted[one]
                changed = True
    found = []
    for one, (row, new) in wanted.items():
        parents = [p for p in known.get(columns.bare(row["parent"]), []) if p != one]
        parent = parents[0] if row["parent"] and parents else None
        found.append(
            NewOrganisation(
                id=new.id,
                kind=new.kind,
                name=new.name,
                area_path=new.area_path,
                phone=new.phone,
                contact=new.contact,
                parent_id=parent,
            )
        )
    return found


# People


@transaction.atomic
def import_members(
    actor: Actor, data: bytes, *, area_path: str, kind: str = Member.Kind.SECONDEE
) -> Taken:
    """Enter the people of a list. Who is known by name and phone is left as they are.

    kind   of those whose row does not say
    """
    actor.must(Duty.KEEP_ROSTER, at=area_path)
    taken, listed = _people(actor, data, area_path=area_path, kind=kind, needed=("name", "phone"))
    names = vault.blind_indexes("name", [one.new.name for one in listed])
    phones = vault.blind_indexes("phone", [one.new.phone for one in listed])
    there = {
        (bytes(name), bytes(phone or b""))
        for name, phone in Member.objects.filter(phone_index__in=set(phones))
        .exclude(state=Member.State.LEFT)
        .values_list("name_index", "phone_index")
    }
    fresh = []
    for one, key in zip(listed, zip(names, phones, strict=True), strict=True):
        if key in there:
            taken.there_before += 1
        else:
            there.add(key)
            fresh.append(one.new)
    taken.taken = taken.entered = len(add_members(actor, fresh))
    return taken


@transaction.atomic
def import_check_ins(
    actor: Actor, data: bytes, *, area_path: str, unit_id: UUID | None = None
) -> Taken:
    """A unit's list of who checks in where; who is not known is entered as seconded by the unit.

    area_path   where those check in whose row does not say
    """
    actor.must(Duty.KEEP_ROSTER, at=area_path)
    unit = queries.get_organisation(actor, unit_id) if unit_id else None
    taken, listed = _people(
        actor,
        data,
        area_path=area_path,
        kind=Member.Kind.SECONDEE,
        needed=("name", "phone", "place"),
        unit=unit,
    )
    entered = check_in_list(actor, listed, unit=unit)
    taken.taken, taken.entered = entered.checked_in, entered.entered
    taken.there_before = entered.there_before
    shown = {one.line: one.new.name for one in listed}
    taken.refused += [Refused(line, shown[line], (why,)) for line, why in entered.refused]
    taken.refused.sort(key=lambda one: one.line)
    return taken


def _people(
    actor: Actor,
    data: bytes,
    *,
    area_path: str,
    kind: str,
    needed: Sequence[str],
    unit: Organisation | None = None,
) -> tuple[Taken, list[Listed]]:
    taken, places, units = Taken(), _Places(area_path), _Organisations(actor)
    listed = []
    for row in _rows(data, of_people=True, needed=needed):
        taken.read += 1
        name, phone = normal_name(row["name"]), normal_phone(row["phone"])
        if not is_name(name):
            row.faults.append(_("the name is missing, or is none"))
        if not is_phone(phone):
            row.faults.append(_("the phone is missing, or has too few or too many digits"))
        said = columns.kind_of_person(row["kind"]) if row["kind"] else kind
        if said is None:
            row.faults.append(_("“%(word)s” is no kind of people at work") % {"word": row["kind"]})
        unit_id = units.find(row, "unit") or (unit.id if unit else None)
        team = units.find(row, "team")
        skills, unknown = columns.skills_in(row["skills"])
        if unknown:
            row.faults.append(
                _("“%(words)s” is no skill that is known") % {"words": "、".join(unknown)}
            )
        if "place" in needed and not row["place"] and not row.faults:
            row.faults.append(_("the community is missing"))
        path = places.find(row, "place", area_path)
        home = places.find(row, "home", "")
        if row.faults or said is None:
            _refuse(taken, row)
            continue
        new = NewMember(
            kind=said,
            name=name,
            phone=phone,
            area_path=path,
            lives_at=home or (path if "place" in needed else ""),
            unit_id=unit_id,
            party_member=columns.is_yes(row["party"]),
            duty_phone=row["duty_phone"][:30],
            skills=tuple(skills),
            teams=(team,) if team else (),
        )
        listed.append(Listed(line=row.line, area_path=path, new=new))
    return taken, listed
