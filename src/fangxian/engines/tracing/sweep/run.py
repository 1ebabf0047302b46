"""A sweep from beginning to end, in steps that are finished or not begun.

    OUT/sweep.json     what is swept, by which rules, and at the end the figures
    OUT/stays/         where the cases had been, by day
    OUT/meetings/      who met them, by day
    OUT/contacts/      one row a case and person
    OUT/exposures/     one row a risk area and person
    OUT/status/        one row a person of whom anything is said

A step that is finished has its folder, and is not taken again.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from math import ceil
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from fangxian.engines.tracing.sweep import questions
from fangxian.engines.tracing.sweep.engines import Engine, statement
from fangxian.engines.tracing.sweep.errors import AnotherSweep
from fangxian.engines.tracing.sweep.layout import (
    CASES,
    RISKS,
    VISITS,
    Day,
    cannot_write,
    parts_of,
    replacing,
    visits_in,
)

MEETINGS_AT_ONCE = 4_000_000
"""How many meetings are put together to contacts in one step; with more, memory is what grows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The pack's numbers. `close_minutes` None: any time together makes a close contact."""

    tolerance: int
    close_minutes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """steps done of all. `on` is the day at work, "" where a step is of no day."""

    what: str
    on: str
    done: int
    steps: int


@dataclass(slots=True, kw_only=True)
class Figures:
    days: int = 0
    visits: int = 0
    cases: int = 0
    stays: int = 0
    meetings: int = 0
    contacts: int = 0
    exposures: int = 0
    people: int = 0


_QUESTIONS: dict[str, Callable[[Rules], tuple[ir.Table, pa.Schema]]] = {
    "stays": lambda _rules: (questions.stays(), questions.STAYS),
    "meetings": lambda rules: (questions.meetings(rules.tolerance), questions.MEETINGS),
    "contacts": lambda rules: (questions.contacts(rules.close_minutes), questions.CONTACTS),
    "exposed": lambda _rules: (questions.exposures_of_day(), questions.EXPOSURES),
    "exposures": lambda _rules: (questions.exposures(), questions.EXPOSURES),
    "status": lambda _rules: (questions.status(), questions.STATUS),
}


@dataclass(slots=True)
class _Sweep:
    engine: Engine
    out: Path
    rules: Rules
    days: Sequence[Day]
    cases: pa.Table
    risks: pa.Table
    progress: Callable[[Progress], None]
    done: int = 0
    steps: int = 0
    asked: dict[str, str] = field(default_factory=dict)

    def step(self, what: str, on: str, folder: Path, view: Callable[[], None]) -> None:
        """Ask one question, unless its answer is there."""
        self.progress(Progress(what=what, on=on, done=self.done, steps=self.steps))
        if not folder.is_dir():
            view()
            self.engine.write(self._statement(what), folder)
        self.done += 1

    def _statement(self, what: str) -> str:
        """Written once a sweep: the days differ only in what the views show."""
        if what not in self.asked:
            self.asked[what] = statement(*_QUESTIONS[what](self.rules), self.engine)
        return self.asked[what]


def sweep(
    engine: Engine,
    *,
    visits: Path,
    cases: pa.Table,
    out: Path,
    rules: Rules,
    risks: pa.Table | None = None,
    meetings_at_once: int = MEETINGS_AT_ONCE,
    progress: Callable[[Progress], None] = lambda _progress: None,
) -> Figures:
    """Find every contact of every case. Stopped and started again, it goes on with the next step.

    A folder that holds another sweep is refused, for half of each would be neither.
    """
    risks = RISKS.empty_table() if risks is None else risks
    days = visits_in(visits)
    _same_sweep(out, days, cases, risks, rules)
    _keep(out, "cases", cases)
    _keep(out, "risks", risks)
    longest = max(day.longest for day in days)
    work = _Sweep(engine, out, rules, days, cases, risks, progress)
    for_cases = _touching(days, cases, longest)
    near = [day for day in days if _near(day, for_cases, rules.tolerance, longest)]
    for_risks = _touching(days, risks, longest)
    work.steps = len(for_cases) + len(near) + len(for_risks) + 3

    _find_stays(work, for_cases)
    _find_meetings(work, near, [out / "stays" / f"day={day.on}" for day in for_cases])
    found = [out / "meetings" / f"day={day.on}" for day in near]
    _find_contacts(work, found, meetings_at_once)
    _find_exposures(work, for_risks)
    _find_status(work)
    figures = Figures(
        days=len({*near, *for_cases, *for_risks}),
        visits=sum(day.rows for day in {*near, *for_cases, *for_risks}),
        cases=cases.num_rows,
        stays=_rows(out / "stays"),
        meetings=_rows(out / "meetings"),
        contacts=_rows(out / "contacts"),
        exposures=_rows(out / "exposures"),
        people=_rows(out / "status"),
    )
    _note(out, {"figures": asdict(figures)})
    progress(Progress(what="done", on="", done=work.steps, steps=work.steps))
    return figures


def _find_stays(work: _Sweep, days: Sequence[Day]) -> None:
    work.engine.view("every_case", CASES, parts_of(work.out / "cases"), small=True)

    def look(day: Day) -> None:
        reaches = f"since <= {day.ends - 1 + day.longest} AND until >= {day.begins}"
        work.engine.narrow("cases", CASES, "every_case", reaches)
        work.engine.view("visits", VISITS, day.by_person)

    for day in days:
        work.step("stays", str(day.on), work.out / "stays" / f"day={day.on}", partial(look, day))


def _find_meetings(work: _Sweep, days: Sequence[Day], own: Sequence[Path]) -> None:
    """By the day on which the other's visit began, so that each meeting is found once."""
    stays = [path for folder in own for path in parts_of(folder)]
    work.engine.view("every_stay", questions.STAYS, stays, small=True)

    def look(day: Day) -> None:
        late = day.ends - 1 + day.longest + work.rules.tolerance
        reaches = f"began <= {late} AND ended >= {day.begins - work.rules.tolerance}"
        work.engine.narrow("stays", questions.STAYS, "every_stay", reaches)
        work.engine.view("visits", VISITS, day.by_place)

    for day in days:
        folder = work.out / "meetings" / f"day={day.on}"
        work.step("meetings", str(day.on), folder, partial(look, day))


def _find_contacts(work: _Sweep, found: Sequence[Path], at_once: int) -> None:
    paths = [path for folder in found for path in parts_of(folder)]
    meetings = sum(pq.read_metadata(path).num_rows for path in paths)
    parts = max(ceil(meetings / at_once), 1)
    work.steps += parts - 1
    for part in range(parts):
        work.step(
            "contacts",
            "",
            work.out / "contacts" / f"part={part:04}",
            partial(
                work.engine.view,
                "meetings",
                questions.MEETINGS,
                paths,
                only=f"case_id % {parts} = {part}" if parts > 1 else "",
            ),
        )


def _find_exposures(work: _Sweep, days: Sequence[Day]) -> None:
    work.engine.view("risks", RISKS, parts_of(work.out / "risks"), small=True)
    for day in days:
        work.step(
            "exposed",
            str(day.on),
            work.out / "exposed" / f"day={day.on}",
            partial(work.engine.view, "visits", VISITS, day.by_place),
        )
    paths = [path for day in days for path in parts_of(work.out / "exposed" / f"day={day.on}")]
    work.step(
        "exposures",
        "",
        work.out / "exposures" / "part=0000",
        lambda: work.engine.view("exposed", questions.EXPOSURES, paths),
    )


def _find_status(work: _Sweep) -> None:
    def look() -> None:
        work.engine.narrow("cases", CASES, "every_case", "")
        for name, schema in (
            ("contacts", questions.CONTACTS),
            ("exposures", questions.EXPOSURES),
        ):
            paths = sorted((work.out / name).glob("part=*/*.parquet"))
            work.engine.view(name, schema, paths)

    work.step("status", "", work.out / "status" / "part=0000", look)


def _touching(days: Sequence[Day], spans: pa.Table, longest: int) -> list[Day]:
    """The days on which visits began that reach into any of the spans."""
    if spans.num_rows == 0:
        return []
    wanted = sorted(zip(spans["since"].to_pylist(), spans["until"].to_pylist(), strict=True))
    return [
        day
        for day in days
        if any(day.begins <= until and day.ends - 1 + longest >= since for since, until in wanted)
    ]


def _near(day: Day, cases: Sequence[Day], tolerance: int, longest: int) -> bool:
    """Could a visit that began on this day meet a stay that began on one of the others?"""
    return any(
        day.begins <= other.ends - 1 + longest + tolerance
        and day.ends - 1 + longest + tolerance >= other.begins
        for other in cases
    )


def _same_sweep(
    out: Path, days: Sequence[Day], cases: pa.Table, risks: pa.Table, rules: Rules
) -> None:
    said = {
        "rules": asdict(rules),
        "cases": _digest(cases),
        "risks": _digest(risks),
        "visits": {str(day.on): day.rows for day in days},
    }
    note = out / "sweep.json"
    if note.is_file():
        known = json.loads(note.read_text(encoding="utf-8"))
        if any(known.get(key) != value for key, value in said.items()):
            raise AnotherSweep(
                f"{out}: this folder holds a sweep of other visits, cases or rules. Choose another"
                " folder, or empty this one."
            )
        return
    if out.exists() and any(out.iterdir()):
        raise AnotherSweep(f"{out}: this folder holds something else. Choose an empty one.")
    _note(out, said)


def _note(out: Path, said: Mapping[str, object]) -> None:
    """Add to sweep.json; it is whole at any moment."""
    note = out / "sweep.json"
    try:
        out.mkdir(parents=True, exist_ok=True)
        known = json.loads(note.read_text(encoding="utf-8")) if note.is_file() else {}
        fresh = note.with_suffix(".new")
        fresh.write_text(json.dumps(known | dict(said), indent=1), encoding="utf-8")
        fresh.rename(note)
    except OSError as failed:
        raise cannot_write(out, failed) from failed


def _keep(out: Path, name: str, rows: pa.Table) -> None:
    if not (out / name).is_dir():
        with replacing(out / name) as fresh:
            pq.write_table(rows, fresh / "rows.parquet")


def _digest(rows: pa.Table) -> str:
    found = hashlib.sha256()
    for name in rows.schema.names:
        found.update(rows[name].to_numpy().tobytes())
    return found.hexdigest()


def _rows(folder: Path) -> int:
    return sum(pq.read_metadata(path).num_rows for path in folder.glob("*/*.parquet"))


def rows_of(out: Path, name: str) -> Iterator[pa.RecordBatch]:
    """The rows of an answer, by the batch."""
    for path in sorted((out / name).glob("*/*.parquet")):
        yield from pq.ParquetFile(path).iter_batches()
