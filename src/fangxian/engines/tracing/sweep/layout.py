"""What a sweep reads: visits by day in two sorted copies, cases, places inside risk areas.

    VISITS/by_place/day=2022-09-02/visits.parquet    sorted by place, began
    VISITS/by_person/day=2022-09-02/visits.parquet   sorted by person, began

A visit lies in the day, in UTC, on which it began. A day that nobody went anywhere has no folder.
"""

import csv
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fangxian.engines.tracing.sweep.errors import CannotWrite, WrongFile, WrongVisits

DAY = 1440
"""Minutes."""
ROW_GROUP = 122_880

VISITS = pa.schema(
    [
        ("place", pa.int32()),
        ("person", pa.int32()),
        ("began", pa.int32()),
        ("ended", pa.int32()),
        ("evidence", pa.int8()),
    ]
)
"""began, ended in minutes since 1970; evidence as `fangxian.engines.tracing.Evidence`."""

CASES = pa.schema([(name, pa.int32()) for name in ("case_id", "person", "since", "until")])
"""since, until   the window in which the case could infect others"""

RISKS = pa.schema(
    [
        ("area", pa.int32()),
        ("place", pa.int32()),
        ("level", pa.int8()),
        ("since", pa.int32()),
        ("until", pa.int32()),
    ]
)
"""A place inside a risk area. since, until: the days that count as having been there."""

_LONGEST = b"fangxian.longest"
_TIMES = {"since", "until"}
_COPIES = {"by_place": "place", "by_person": "person"}


@dataclass(frozen=True, slots=True)
class Day:
    """The visits that began on one day. `longest` of them, in minutes."""

    on: date
    by_place: tuple[Path, ...]
    by_person: tuple[Path, ...]
    rows: int
    longest: int

    @property
    def begins(self) -> int:
        return (self.on - date(1970, 1, 1)).days * DAY

    @property
    def ends(self) -> int:
        """The first minute of the next day."""
        return self.begins + DAY


def write_visits(folder: Path, on: date, visits: pa.Table) -> None:
    """Write one day in both copies: whole or not at all. What was there for the day is replaced."""
    visits = visits.select(VISITS.names).cast(VISITS)
    _refuse_faulty(visits, on, f"the visits of {on}")
    lengths = pc.subtract(visits["ended"], visits["began"])
    longest = (pc.max(lengths).as_py() or 0) if visits.num_rows else 0
    columns = {name: visits[name].to_numpy() for name in VISITS.names}
    for copy, key in _COPIES.items():
        order = np.lexsort((columns["began"], columns[key]))
        rows = visits.take(pa.array(order)).replace_schema_metadata(
            {_LONGEST: str(longest).encode()}
        )
        encodings = dict.fromkeys(("place", "person"), "PLAIN")
        encodings |= dict.fromkeys((key, "began", "ended"), "DELTA_BINARY_PACKED")
        with replacing(folder / copy / f"day={on}") as fresh:
            pq.write_table(
                rows,
                fresh / "visits.parquet",
                row_group_size=ROW_GROUP,
                compression="zstd",
                use_dictionary=["evidence"],
                column_encoding=encodings,
            )


def visits_in(folder: Path) -> list[Day]:
    """The days of visits found there, in order; whatever is not as it should be is refused."""
    days = []
    for on, paths in days_of(folder / "by_place").items():
        twins = days_of(folder / "by_person").get(on, ())
        there, here = _look_at(paths, on), _look_at(twins, on) if twins else (0, 0)
        if there != here:
            raise WrongVisits(
                f"{folder}: the two copies of the visits of {on} differ: {there[0]:,} rows by"
                f" place, {here[0]:,} by person. Export this day again."
            )
        days.append(Day(on, paths, twins, *there))
    if not days:
        raise WrongVisits(
            f"{folder}: there are no visits here. Expected is by_place/day=YYYY-MM-DD/*.parquet"
            " and the same under by_person."
        )
    return days


def days_of(folder: Path) -> dict[date, tuple[Path, ...]]:
    found = {}
    for one in sorted(folder.glob("day=*")):
        try:
            on = date.fromisoformat(one.name.removeprefix("day="))
        except ValueError as wrong:
            raise WrongVisits(f"{one}: this is no day. Expected is day=YYYY-MM-DD.") from wrong
        found[on] = parts_of(one)
    return found


def parts_of(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(folder.glob("*.parquet")))


def _look_at(paths: Iterable[Path], on: date) -> tuple[int, int]:
    """How many rows, and the longest visit; what was not written by us is read through first."""
    rows = longest = 0
    for path in paths:
        schema, count = _schema_of(path, VISITS)
        noted = (schema.metadata or {}).get(_LONGEST)
        if noted is None:
            for piece in pq.ParquetFile(path).iter_batches(columns=["began", "ended"]):
                visits = pa.Table.from_batches([piece])
                _refuse_faulty(visits, on, str(path))
                lengths = pc.subtract(visits["ended"], visits["began"])
                longest = max(longest, pc.max(lengths).as_py() or 0)
        else:
            longest = max(longest, int(noted))
        rows += count
    return rows, longest


def _refuse_faulty(visits: pa.Table, on: date, where: str) -> None:
    if empty := sum(column.null_count for column in visits.columns):
        raise WrongVisits(f"{where}: {empty:,} values are empty. Every visit needs all of them.")
    backwards = pc.sum(pc.less(visits["ended"], visits["began"])).as_py() or 0
    if backwards:
        raise WrongVisits(
            f"{where}: {backwards:,} visits end before they begin. Correct or leave them out;"
            " nothing was swept."
        )
    begins = (on - date(1970, 1, 1)).days * DAY
    strange = pc.sum(
        pc.or_(pc.less(visits["began"], begins), pc.greater_equal(visits["began"], begins + DAY))
    ).as_py()
    if strange:
        raise WrongVisits(
            f"{where}: {strange:,} visits did not begin on {on} (in UTC). Put each into the folder"
            " of its day."
        )


def _schema_of(path: Path, wanted: pa.Schema) -> tuple[pa.Schema, int]:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as broken:
        raise WrongFile(f"{path}: this is no readable Parquet file ({broken}).") from broken
    with file:
        schema = file.schema_arrow
        faults = [
            f"column “{field.name}” is missing"
            if field.name not in schema.names
            else f"column “{field.name}” is {schema.field(field.name).type}, not {field.type}"
            for field in wanted
            if field.name not in schema.names or schema.field(field.name).type != field.type
        ]
        if faults:
            raise WrongFile(
                f"{path}: {'; '.join(faults)}. Expected are "
                + ", ".join(f"{field.name} {field.type}" for field in wanted)
                + "."
            )
        return schema, file.metadata.num_rows


def read_cases(path: Path) -> pa.Table:
    """One row a case; two cases of one number are refused."""
    cases = _read_list(path, CASES)
    _refuse_backwards(cases, path)
    twice = [number for number, n in Counter(cases["case_id"].to_pylist()).items() if n > 1]
    if twice:
        raise WrongFile(f"{path}: case {twice[0]} is there more than once.")
    return cases


def read_risks(path: Path) -> pa.Table:
    risks = _read_list(path, RISKS)
    _refuse_backwards(risks, path)
    wrong = [n for n in set(risks["level"].to_pylist()) if n not in {1, 2, 3}]
    if wrong:
        raise WrongFile(f"{path}: level {wrong[0]} is none of 1 low, 2 medium, 3 high.")
    return risks


def _refuse_backwards(rows: pa.Table, path: Path) -> None:
    for number, (since, until) in enumerate(
        zip(rows["since"].to_pylist(), rows["until"].to_pylist(), strict=True), start=1
    ):
        if since > until:
            raise WrongFile(f"{path}: row {number} ends before it begins ({since} to {until}).")


def _read_list(path: Path, schema: pa.Schema) -> pa.Table:
    """A Parquet file of the schema, or a CSV file; there times may be written as ISO 8601."""
    if path.suffix.lower() == ".csv":
        return _read_csv(path, schema)
    _schema_of(path, schema)
    rows = pq.read_table(path, columns=schema.names)
    if any(column.null_count for column in rows.columns):
        raise WrongFile(f"{path}: some values are empty. Every row needs all of them.")
    return rows.replace_schema_metadata(None)


def _read_csv(path: Path, schema: pa.Schema) -> pa.Table:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file)
            missing = [name for name in schema.names if name not in (lines.fieldnames or [])]
            if missing:
                raise WrongFile(
                    f"{path}: column “{missing[0]}” is missing. Expected are"
                    f" {', '.join(schema.names)}."
                )
            rows = []
            for line in lines:
                try:
                    rows.append({name: _number(name, line) for name in schema.names})
                except (TypeError, ValueError) as wrong:
                    raise WrongFile(f"{path}: line {lines.line_num}: {wrong}.") from wrong
    except UnicodeDecodeError as wrong:
        raise WrongFile(f"{path}: this is no text in UTF-8.") from wrong
    try:
        return pa.Table.from_pylist(rows, schema=schema)
    except (pa.ArrowInvalid, OverflowError) as wrong:
        raise WrongFile(f"{path}: a number is too large ({wrong}).") from wrong


def _number(name: str, line: Mapping[str, str | None]) -> int:
    text = (line[name] or "").strip()
    if name in _TIMES and not text.isdigit():
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError(f"{name} “{text}” does not say its time zone, such as +08:00")
        return minute_of(at)
    return int(text)


def minute_of(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(minutes=1)


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A folder that takes the place of another when all went well, and leaves nothing otherwise."""
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        for left in folder.parent.glob(f".{folder.name}.*"):
            shutil.rmtree(left)
        fresh.mkdir(parents=True)
        yield fresh
        if folder.exists():
            shutil.rmtree(folder)
        fresh.rename(folder)
    except BaseException as failed:
        shutil.rmtree(fresh, ignore_errors=True)
        if isinstance(failed, OSError):
            raise cannot_write(folder, failed) from failed
        raise


def cannot_write(where: Path, why: object) -> CannotWrite:
    return CannotWrite(
        f"{where}: this could not be written ({why}). Make room and start the same sweep again:"
        " it goes on where it stopped."
    )
