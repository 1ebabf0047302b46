"""Taking a list into the register: rows are checked one by one and written set by set.

A row that cannot be taken is kept with its line and every reason; the others load. A set is
written whole or not at all, together with its counts, so a run that breaks can simply be run again:
what it took before is then known already.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from fangxian.kernel import vault
from fangxian.kernel.access import Actor
from fangxian.kernel.clock import now, today
from fangxian.kernel.errors import Refusal
from fangxian.kernel.ids import new_id
from fangxian.people import bulk, columns, errors, queries, records, sheets
from fangxian.people.doors import Door, Doors, Lost, in_words

_ROWS_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken, as it came, and why."""

    line: int
    reasons: tuple[str, ...]
    cells: tuple[sheets.Cell, ...]


@dataclass(slots=True)
class Tally:
    """What became of the rows so far; every row counts once."""

    day: date
    read: int = 0
    taken: int = 0
    known: int = 0
    offers: int = 0
    dwellings: int = 0
    header: tuple[str, ...] = ()
    refused: list[Refused] = field(default_factory=list)


@dataclass(slots=True)
class _Row:
    """A row that can be read, on its way."""

    line: int
    cells: Sequence[sheets.Cell]
    said: columns.Line
    door: Door
    identity_index: bytes | None = None
    name_index: bytes = b""
    phone_index: bytes | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    id: UUID
    path: str
    stays: bool


Progress = Callable[[Tally, int], None]
Offer = Callable[[Sequence[UUID]], int]
BringBack = Callable[[UUID, UUID, date | None], object]


def take_in(
    actor: Actor,
    data: bytes,
    *,
    area_path: str,
    add_dwellings: bool,
    offer: Offer,
    bring_back: BringBack,
    progress: Progress,
) -> Tally:
    """Read a file into the register below an area.

    offer        looks for duplicates of new residents; how many pairs were offered
    bring_back   lets somebody who had left stay again
    progress     called after each set, inside its transaction, with the lines there are in all
    """
    sheet = sheets.read(data)
    header, body = _beneath_the_header(sheet.rows)
    meaning = columns.meanings(header)
    tally = Tally(day=today(), header=tuple(columns.text_of(cell) for cell in header))
    doors = Doors(actor, area_path, add=add_dwellings)
    seen: dict[str, int] = {}
    while lines := list(islice(body, _ROWS_AT_ONCE)):
        with transaction.atomic():
            # Somebody may register the same person at this moment: the set waits its turn.
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE people_resident IN SHARE ROW EXCLUSIVE MODE")
            before = len(tally.refused)
            rows = [_read(line, cells, meaning, doors, seen, tally) for line, cells in lines]
            new, back = _sorted_out(actor, [row for row in rows if row], tally)
            for row, known in back:
                bring_back(known.id, row.door.id, row.said.since)
            ids = _write(new)
            tally.read += len(lines)
            tally.taken += len(new) + len(back)
            tally.offers += offer(ids)
            tally.known = tally.read - tally.taken - len(tally.refused)
            tally.dwellings = doors.added
            tally.refused[before:] = sorted(tally.refused[before:], key=lambda one: one.line)
            progress(tally, sheet.total)
    return tally


def _beneath_the_header(
    rows: Iterator[tuple[int, list[sheets.Cell]]],
) -> tuple[list[sheets.Cell], Iterator[tuple[int, list[sheets.Cell]]]]:
    """The row that names the columns, and the rows beneath it that are not blank."""
    first: list[sheets.Cell] = []
    for _line, cells in islice(rows, 10):  # a title and notes may stand above it
        if columns.is_header(cells):
            return cells, (row for row in rows if not sheets.is_blank(row[1]))
        first = first or (cells if not sheets.is_blank(cells) else [])
    columns.meanings(first)  # refuses, saying which columns are missing
    raise errors.FileRefused(_("The file is empty."))


def _read(
    line: int,
    cells: list[sheets.Cell],
    meaning: dict[str, int],
    doors: Doors,
    seen: dict[str, int],
    tally: Tally,
) -> _Row | None:
    said = columns.line_of(cells, meaning)
    faults = said.faults
    values = None
    if not faults:
        try:
            values = records.normal(_particulars(said), on=tally.day)
        except Refusal as refusal:
            faults.append(refusal.message)
    door = doors.find(said.address)
    if isinstance(door, Lost):
        faults.append(in_words(door, said.address.community))
    if said.since and said.since > tally.day:
        faults.append(_("“resident since” lies in the future"))
    if said.identity and not faults:
        if said.identity in seen:
            faults.append(
                _("the same identity number stands in line %(line)d")
                % {"line": seen[said.identity]}
            )
        seen.setdefault(said.identity, line)
    if faults or values is None or isinstance(door, Lost):
        tally.refused.append(Refused(line, tuple(faults), tuple(cells)))
        return None
    said.name, said.identity, said.phone = values["name"], values["identity"], values["phone"]
    said.sex, said.birth_date = values["sex"], values["birth_date"]
    return _Row(line, cells, said, door)


def _particulars(said: columns.Line) -> records.Particulars:
    return records.Particulars(
        name=said.name,
        identity_type=said.identity_type,
        identity=said.identity,
        phone=said.phone,
        sex=said.sex,
        birth_date=said.birth_date,
    )


def _sorted_out(
    actor: Actor, rows: list[_Row], tally: Tally
) -> tuple[list[_Row], list[tuple[_Row, _Known]]]:
    """The rows that are new, and those of people who had left.

    Who stays elsewhere is refused, naming both places; who stays there already is left alone.
    """
    names = vault.blind_indexes("name", [row.said.name for row in rows])
    for row, index in zip(rows, names, strict=True):
        row.name_index = index
    for kind in ("identity", "phone"):
        having = [row for row in rows if getattr(row.said, kind)]
        indexes = vault.blind_indexes(kind, [getattr(row.said, kind) for row in having])
        for row, index in zip(having, indexes, strict=True):
            setattr(row, f"{kind}_index", index)
    registered = _registered(rows)
    present = _at_the_same_door(rows)
    new, elsewhere, back = [], [], []
    for row in rows:
        known = registered.get(row.identity_index) if row.identity_index else None
        if known is None:
            if not _is_among(row, present):
                new.append(row)
        elif known.path == row.door.path:
            continue
        elif known.stays:
            elsewhere.append((row, known))
        else:
            back.append((row, known))
    places = queries.places(actor, [p for row, k in elsewhere for p in (row.door.path, k.path)])
    for row, known in elsewhere:
        reason = errors.RegisteredElsewhere(
            there=places[known.path],
            here=places[row.door.path],
            resident_id=known.id if actor.sees(known.path) else None,
        )
        tally.refused.append(Refused(row.line, (reason.message,), tuple(row.cells)))
    return new, back


def _registered(rows: list[_Row]) -> dict[bytes, _Known]:
    """Whoever has one of these identity numbers, by its index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.identity_index, r.id, r.area_path, EXISTS (SELECT FROM people_stay AS s"
            " WHERE s.resident_id = r.id AND s.until IS NULL)"
            " FROM people_resident AS r WHERE r.identity_index = ANY(%s)",
            [[row.identity_index for row in rows if row.identity_index]],
        )
        return {bytes(index): _Known(*rest) for index, *rest in cursor.fetchall()}


Alike = dict[tuple[bytes, str], list[tuple[date | None, bytes | None]]]


def _at_the_same_door(rows: list[_Row]) -> Alike:
    """Birth dates and phones of people of the same name behind the same door."""
    alike: Alike = {}
    without = [row for row in rows if not row.identity_index]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.name_index, r.area_path, r.birth_date, r.phone_index"
            " FROM unnest(%s::bytea[], %s::text[]) AS said(name_index, area_path)"
            " JOIN people_resident AS r ON r.name_index = said.name_index"
            " AND r.area_path = said.area_path",
            [[row.name_index for row in without], [row.door.path for row in without]],
        )
        for name, path, born, phone in cursor.fetchall():
            key = (bytes(name), path)
            alike.setdefault(key, []).append((born, bytes(phone) if phone else None))
    return alike


def _is_among(row: _Row, present: Alike) -> bool:
    """Without an identity number: the same name, door, and birth date or phone is known already."""
    if row.identity_index:
        return False
    return any(
        (born and born == row.said.birth_date) or (phone and phone == row.phone_index)
        for born, phone in present.get((row.name_index, row.door.path), [])
    )


def _write(rows: list[_Row]) -> list[UUID]:
    """New residents with household, stay and needs; their ids."""
    if not rows:
        return []
    at, day = now(), today()
    ids = [new_id() for _row in rows]
    households = _households(rows)
    bulk.write_residents(
        bulk.Columns(
            ids=ids,
            numbers=records.next_numbers(len(rows)),
            names=[row.said.name for row in rows],
            identity_types=[row.said.identity_type for row in rows],
            identities=[row.said.identity or None for row in rows],
            phones=[row.said.phone or None for row in rows],
            sexes=[row.said.sex for row in rows],
            born=[row.said.birth_date for row in rows],
            households=[households[row.door.path] for row in rows],
            paths=[row.door.path for row in rows],
        ),
        synthetic=False,
        at=at,
    )
    bulk.write_stays(
        [
            (new_id(), one, row.door.id, row.door.path, (row.said.since or day).toordinal())
            for one, row in zip(ids, rows, strict=True)
        ],
        "imported",
    )
    bulk.write_needs(
        [
            (new_id(), one, kind, (row.said.since or day).toordinal())
            for one, row in zip(ids, rows, strict=True)
            for kind in row.said.needs
        ]
    )
    return ids


def _households(rows: list[_Row]) -> dict[str, UUID]:
    """The household behind each door; new ones where there is none."""
    wanted = {row.door.path: row.door.id for row in rows}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (area_path) area_path, id FROM people_household"
            " WHERE dwelling_id = ANY(%s) ORDER BY area_path, id",
            [list(wanted.values())],
        )
        households: dict[str, UUID] = dict(cursor.fetchall())
    new = [
        (new_id(), dwelling, path) for path, dwelling in wanted.items() if path not in households
    ]
    bulk.write_households(new)
    return households | {path: one for one, _dwelling, path in new}
