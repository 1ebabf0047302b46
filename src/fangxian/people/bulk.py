"""Writing residents by the hundred thousand: PostgreSQL's binary COPY, made by hand.

One row costs a few microseconds this way, a hundredth of `Model.objects.create()`. What the tables
refuse is refused here as well: constraints and foreign keys hold as always.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from uuid import UUID

from django.db import connection
from psycopg import sql

from fangxian.kernel import vault

_SIGNATURE = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END = struct.pack(">h", -1)
_NULL = struct.pack(">i", -1)
_LENGTHS = [struct.pack(">i", length) for length in range(17)]
_DAY_ZERO = date(2000, 1, 1).toordinal()
_TIME_ZERO = datetime(2000, 1, 1, tzinfo=UTC)
_ROWS_AT_ONCE = 1000
_RESIDENTS_AT_ONCE = 20_000

RESIDENT = (
    "id", "number", "name", "name_index", "identity_type", "identity", "identity_index", "phone",
    "phone_index", "sex", "birth_date", "household_id", "area_path", "synthetic",
    "merged_into_id", "created_at",
)  # fmt: skip
HOUSEHOLD = ("id", "dwelling_id", "area_path")
STAY = ("id", "resident_id", "dwelling_id", "area_path", "since", "until", "source")
NEED = ("id", "resident_id", "kind", "since", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Residents as columns; `identity` and `phone` are None where there is none.

    born   None if unknown
    """

    ids: Sequence[UUID]
    numbers: Sequence[int]
    names: Sequence[str]
    identity_types: Sequence[str]
    identities: Sequence[str | None]
    phones: Sequence[str | None]
    sexes: Sequence[str]
    born: Sequence[date | None]
    households: Sequence[UUID]
    paths: Sequence[str]


def write_residents(
    rows: Columns,
    *,
    synthetic: bool,
    at: datetime,
    progress: Callable[[int], None] = lambda _done: None,
) -> None:
    """Seal, index and insert residents."""
    count = len(rows.ids)
    for start in range(0, count, _RESIDENTS_AT_ONCE):
        # Sealed before the COPY begins, for the vault may have to read its keys.
        part = _residents(rows, slice(start, start + _RESIDENTS_AT_ONCE), synthetic, at)
        _copy("people_resident", RESIDENT, part)
        progress(min(count, start + _RESIDENTS_AT_ONCE))


def write_households(rows: Iterable[tuple[UUID, UUID, str]]) -> None:
    """Each with its dwelling's id and path."""
    _copy(
        "people_household",
        HOUSEHOLD,
        (_row(3, _uuid(one), _uuid(dwelling), _text(path)) for one, dwelling, path in rows),
    )


def write_stays(rows: Iterable[tuple[UUID, UUID, UUID, str, int]], source: str) -> None:
    """Present stays: id, resident, dwelling, path, ordinal of the day it began."""
    ending = _NULL + _text(source)
    lead = struct.Struct(">hi16si16si16s").pack
    day = struct.Struct(">ii").pack
    _copy(
        "people_stay",
        STAY,
        (
            lead(7, 16, one.bytes, 16, resident.bytes, 16, dwelling.bytes)
            + _text(path)
            + day(4, since - _DAY_ZERO)
            + ending
            for one, resident, dwelling, path, since in rows
        ),
    )


def write_needs(rows: Iterable[tuple[UUID, UUID, str, int]]) -> None:
    """Open needs: id, resident, kind, ordinal of the day it began."""
    _copy(
        "people_need",
        NEED,
        (
            _row(5, _uuid(one), _uuid(resident), _text(kind), _day(since), _NULL)
            for one, resident, kind, since in rows
        ),
    )


def _residents(
    rows: Columns,
    part: slice,
    synthetic: bool,  # noqa: FBT001
    at: datetime,
) -> list[bytes]:
    moment = _LENGTHS[8] + struct.pack(">q", round((at - _TIME_ZERO).total_seconds() * 1_000_000))
    flags = _LENGTHS[1] + bytes([synthetic]) + _NULL + moment
    lead = struct.Struct(">hi16sii").pack
    house = struct.Struct(">i16s").pack
    words = {word: _text(word) for word in {*rows.identity_types[part], *rows.sexes[part]}}
    days = {day: _NULL if day is None else _day(day.toordinal()) for day in set(rows.born[part])}
    columns = zip(
        rows.ids[part],
        rows.numbers[part],
        _sealed("name", rows.names[part]),
        rows.identity_types[part],
        _sealed("identity", rows.identities[part]),
        _sealed("phone", rows.phones[part]),
        rows.sexes[part],
        rows.born[part],
        rows.households[part],
        rows.paths[part],
        strict=True,
    )
    return [
        b"".join((
            lead(16, 16, one.bytes, 4, number), name, words[kind], identity, phone, words[sex],
            days[born], house(16, household.bytes), _text(path), flags,
        ))
        for one, number, name, kind, identity, phone, sex, born, household, path in columns
    ]  # fmt: skip


def _sealed(kind: str, plains: Sequence[str | None]) -> list[bytes]:
    """Two columns of each value, the sealed one and its blind index; two NULLs where it is None."""
    present = [plain for plain in plains if plain is not None]
    both = zip(vault.seal_many(present, kind), vault.blind_indexes(kind, present), strict=True)
    length, pack = _LENGTHS[16], struct.Struct(">i").pack
    columns = (pack(len(sealed)) + sealed + length + index for sealed, index in both)
    nothing = _NULL + _NULL
    return [nothing if plain is None else next(columns) for plain in plains]


def _row(width: int, *fields: bytes) -> bytes:
    return struct.pack(">h", width) + b"".join(fields)


def _bytes(value: bytes) -> bytes:
    return struct.pack(">i", len(value)) + value


def _text(value: str) -> bytes:
    return _bytes(value.encode())


def _uuid(value: UUID) -> bytes:
    return _LENGTHS[16] + value.bytes


def _day(ordinal: int) -> bytes:
    return struct.pack(">ii", 4, ordinal - _DAY_ZERO)


def _copy(table: str, columns: Sequence[str], rows: Iterable[bytes]) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    batches = iter(rows)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_SIGNATURE)
        while batch := b"".join(islice(batches, _ROWS_AT_ONCE)):
            copy.write(batch)
        copy.write(_END)


_TABLES = ["people_household", "people_resident", "people_stay", "people_need"]


@contextmanager
def checked_at_the_end() -> Iterator[None]:
    """Inside, foreign keys and scattered indexes of the register are put off, then made again.

    Only for a register that is empty or nearly so: making them again reads whole tables, and
    nobody else can use these until the transaction ends. What does not hold is refused at the end.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
            " FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY(%s::regclass[])",
            [_TABLES],
        )
        keys = cursor.fetchall()
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
            " AND tablename = ANY(%s) AND indexname NOT IN (SELECT conname FROM pg_constraint)",
            [_TABLES],
        )
        indexes = cursor.fetchall()
        # What this transaction wrote before is checked now, or the keys could not be put off.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        for table, name, _definition in keys:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for name, _definition in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        for _name, definition in indexes:
            cursor.execute(definition)
        for table, name, definition in keys:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        for table in _TABLES:
            cursor.execute(f"ANALYZE {table}")
