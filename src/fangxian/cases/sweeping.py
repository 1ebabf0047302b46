"""All open cases against all visits: out of the database, through an engine, back as proposals."""

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Min, Q, QuerySet

from fangxian.areas.models import Site
from fangxian.cases import queries, rules
from fangxian.cases.actions import find_contacts
from fangxian.cases.errors import CaseIsOver, NothingToSweep
from fangxian.cases.events import SweepEnded
from fangxian.cases.models import Case, Exposure, LongestVisit, Sweep, Swept
from fangxian.engines.tracing import Evidence, Met
from fangxian.engines.tracing import sweep as engine
from fangxian.kernel import embedded
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.people import queries as people
from fangxian.protocol.packs import Pack
from fangxian.protocol.queries import in_force

_Rows = np.ndarray[Any, Any]
_MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AT_ONCE = 1_000_000
"""Rows held before they are put aside by day."""
_ROW = np.dtype(
    [("place", "<i4"), ("person", "<i4"), ("began", "<i4"), ("ended", "<i4"), ("evidence", "<i1")]
)


def carry_out_sweep(actor: Actor, sweep_id: UUID) -> Sweep:
    """Do what was asked, in steps that each are done or not; the answer becomes proposals.

    What was written meanwhile lies in a folder of the sweep's own, and goes with its end: nothing
    of where people had been stays on the disk.
    """
    run = queries.get_sweep(actor, sweep_id)
    actor.must(Duty.INVESTIGATE)
    if run.state not in {Sweep.State.WAITING, Sweep.State.RUNNING}:
        return run
    run.state = Sweep.State.RUNNING
    run.save(update_fields=["state"])
    folder = folder_of(run)
    try:
        cases = _export(
            actor, run, folder, lambda done, steps: _note(run, "export", "", done, steps)
        )
        if cases is None:
            raise engine.WrongVisits(NothingToSweep().message)  # noqa: TRY301
        answering = _engine(folder, run.engine)
        try:
            figures = engine.sweep(
                answering,
                visits=folder / "visits",
                cases=cases,
                out=folder / "out",
                risks=risk_table(run),
                rules=rules_of(in_force(now(), run.area_path)),
                progress=lambda step: _note(run, step.what, step.on, step.done, step.steps),
            )
        finally:
            answering.close()
        run.figures = asdict(figures)
        _propose(actor, run, folder / "out")
        _keep(run, folder / "out")
    except engine.SweepFailed as stopped:
        return _stop(run, stopped.code, str(stopped))
    except BaseException:
        _stop(run, "broke_off", "")
        raise
    _ended(actor, run)
    shutil.rmtree(folder, ignore_errors=True)
    return run


@transaction.atomic
def _ended(actor: Actor, run: Sweep) -> None:
    run.state, run.ended_at, run.what = Sweep.State.DONE, now(), "done"
    run.save()
    record(
        SweepEnded(
            subject_id=run.id,
            area_path=run.area_path,
            contacts=run.proposed,
            exposed=Exposure.objects.filter(sweep=run).values("person").distinct().count(),
            people=run.figures["people"],
        ),
        actor=actor,
        because=Event.objects.filter(subject_id=run.id).order_by("-seq").first(),
    )


def folder_of(run: Sweep) -> Path:
    return embedded.home().expanduser() / "sweeps" / str(run.id)


def rules_of(pack: Pack) -> engine.Rules:
    close = pack.contact.close_minutes
    return engine.Rules(
        tolerance=pack.contact.co_presence_tolerance.length // _MINUTE,
        close_minutes=close.whole if close else None,
    )


def _open_cases(actor: Actor) -> QuerySet[Case]:
    return queries.cases_visible_to(actor).filter(state=Case.State.OPEN)


def _stop(run: Sweep, reason: str, said: str) -> Sweep:
    run.state, run.ended_at = Sweep.State.STOPPED, now()
    run.reason, run.said = reason, said[:400]
    run.save()
    return run


def _note(run: Sweep, what: str, on: str, done: int, steps: int) -> None:
    run.what, run.on, run.done, run.steps = what, on, done, steps
    run.save(update_fields=["what", "on", "done", "steps"])


def _engine(folder: Path, name: str) -> engine.Engine:
    if name == engine.Spark.name:
        return engine.Spark(
            master=settings.SWEEP_MASTER,
            memory=settings.SWEEP_MEMORY.removesuffix("iB").lower(),
            java=engine.java_home(folder / "java"),
        )
    return engine.DuckDB(memory=settings.SWEEP_MEMORY, spill=folder / "spill")


# Out of the database


def export_visits(
    actor: Actor,
    folder: Path,
    since: datetime,
    until: datetime,
    progress: Callable[[int, int], None] = lambda _done, _steps: None,
) -> list[date]:
    """Write the visits that touch this time as Parquet by day; which days there are.

    One pass over the table; memory holds a million rows, and later those of one day. Times are
    rounded outwards to whole minutes, so that nobody is lost by rounding. Merged records become
    the one that was kept.
    """
    spool = folder / "spool"
    shutil.rmtree(spool, ignore_errors=True)
    try:
        spool.mkdir(parents=True)
        for rows in _visits_between(since, until):
            _put_aside(spool, rows)
        merged = people.merged_numbers(PLAYBOOK)
        pieces = sorted(spool.glob("*.rows"))
        for done, piece in enumerate(pieces):
            progress(done, len(pieces))
            rows = np.fromfile(piece, dtype=_ROW)
            columns = {name: rows[name] for name in _ROW.names or ()}
            if merged:
                old = np.array(sorted(merged))
                at = np.searchsorted(old, columns["person"]).clip(max=len(old) - 1)
                kept = np.array([merged[one] for one in old.tolist()], dtype=np.int32)
                columns["person"] = np.where(
                    old[at] == columns["person"], kept[at], columns["person"]
                )
            engine.write_visits(folder / "visits", _day(int(piece.stem)), pa.table(columns))
            piece.unlink()
    except OSError as failed:
        raise engine.cannot_write(folder, failed) from failed
    finally:
        shutil.rmtree(spool, ignore_errors=True)
    return [_day(int(piece.stem)) for piece in pieces]


def _day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)


def _put_aside(spool: Path, rows: _Rows) -> None:
    days = rows["began"] // 1440
    for day in np.unique(days):
        with (spool / f"{day}.rows").open("ab") as file:
            rows[days == day].tofile(file)


_VISITS = """
COPY (
    SELECT place, person,
           floor(date_part('epoch', start_at) / 60)::int,
           ceil(date_part('epoch', end_at) / 60)::int,
           CASE source {worth} END::int
    FROM cases_visit WHERE start_at >= '{since}' AND start_at <= '{until}' AND end_at >= start_at
) TO STDOUT (FORMAT binary)
"""
_COPIED = np.dtype(
    [("fields", ">i2")]
    + [
        pair
        for name in ("place", "person", "began", "ended", "evidence")
        for pair in ((f"{name}_length", ">i4"), (name, ">i4"))
    ]
)
_HEADER, _TRAILER = 19, 2


def _visits_between(since: datetime, until: datetime) -> Iterator[_Rows]:
    """PostgreSQL's own format, whose rows are here all of one width."""
    worth = " ".join(f"WHEN '{word}' THEN {int(one)}" for word, one in rules.EVIDENCE.items())
    asked = _VISITS.format(worth=worth, since=since.isoformat(), until=until.isoformat())
    held, begun = bytearray(), False
    with connection.cursor() as cursor, cursor.copy(asked) as copied:
        for piece in copied:
            held += piece
            if not begun and len(held) >= _HEADER:
                del held[:_HEADER]
                begun = True
            if begun and len(held) >= _AT_ONCE * _COPIED.itemsize:
                yield _taken(held)
    if len(held) > _TRAILER:
        yield _taken(held)


def _taken(held: bytearray) -> _Rows:
    count = len(held) // _COPIED.itemsize
    found = np.frombuffer(bytes(held[: count * _COPIED.itemsize]), dtype=_COPIED)
    del held[: count * _COPIED.itemsize]
    rows = np.empty(count, dtype=_ROW)
    for name in _ROW.names or ():
        rows[name] = found[name]
    return rows


def _export(
    actor: Actor, run: Sweep, folder: Path, progress: Callable[[int, int], None]
) -> pa.Table | None:
    """The cases, with the visits beside them; after a break those that were exported stand."""
    note = folder / "cases.parquet"
    if note.is_file():
        return pq.read_table(note)
    cases = case_table(actor)
    spans = _open_cases(actor).aggregate(
        since=Min("infectious_from"), until=Max("infectious_until")
    )
    if cases.num_rows == 0:
        return None
    shutil.rmtree(folder, ignore_errors=True)
    reach = timedelta(minutes=LongestVisit.objects.aggregate(n=Max("minutes"))["n"] or 0)
    tolerance = in_force(now(), actor.within).contact.co_presence_tolerance.length
    risks = run.areas.aggregate(since=Min("since"), until=Max("until"))
    since = min(spans["since"] - tolerance, risks["since"] or spans["since"])
    until = max(spans["until"] + tolerance, risks["until"] or spans["until"])
    days = export_visits(actor, folder, since - reach, until, progress)
    if not days:
        return None
    pq.write_table(cases, note)
    return cases


def case_table(actor: Actor) -> pa.Table:
    """The open cases of the actor's area, as a sweep wants them; a case is its `Case.number`."""
    cases = list(_open_cases(actor))
    numbers = people.numbers_of(PLAYBOOK, [case.resident_id for case in cases])
    rows = [
        {
            "case_id": case.number,
            "person": numbers[case.resident_id],
            "since": (case.infectious_from - _EPOCH) // _MINUTE,
            "until": -((_EPOCH - case.infectious_until) // _MINUTE),
        }
        for case in cases
        if case.resident_id in numbers
    ]
    return pa.Table.from_pylist(rows, schema=engine.CASES)


def risk_table(run: Sweep) -> pa.Table:
    """Every place with a number inside the risk areas laid beside the sweep."""
    rows = []
    for area in run.areas.order_by("number"):
        within = Q(id__in=[])
        for path in area.places:
            within |= Q(area_path__startswith=path)
        rows += [
            {
                "area": area.number,
                "place": place,
                "level": area.weight,
                "since": -((_EPOCH - area.since) // _MINUTE),
                "until": (area.until - _EPOCH) // _MINUTE,
            }
            for place in Site.objects.filter(within)
            .order_by("number")
            .values_list("number", flat=True)
        ]
    return pa.Table.from_pylist(rows, schema=engine.RISKS)


# Back as proposals


def _propose(actor: Actor, run: Sweep, out: Path) -> None:
    """Case by case, each whole. A case that was closed meanwhile is left as it is."""
    cases = {case.number: case for case in _open_cases(actor)}
    steps = len(cases)
    for part in sorted((out / "contacts").glob("part=*")):
        met: defaultdict[int, list[Met]] = defaultdict(list)
        for path in sorted(part.glob("*.parquet")):
            for batch in pq.ParquetFile(path).iter_batches():
                for row in batch.to_pylist():
                    met[row["case_id"]].append(_met(row))
        for number in sorted(met.keys() & cases.keys()):
            _propose_for(actor, run, cases.pop(number), met.pop(number), steps - len(cases), steps)
    for case in list(cases.values()):
        _propose_for(actor, run, case, [], steps, steps)


def _propose_for(
    actor: Actor, run: Sweep, case: Case, met: list[Met], done: int, steps: int
) -> None:
    _note(run, "proposals", "", done, steps)
    before = case.contacts.count()
    try:
        run.proposed += len(find_contacts(actor, case.id, met=met)) - before
    except CaseIsOver:
        return


def _met(row: dict[str, int]) -> Met:
    return Met(
        person=row["person"],
        meetings=row["meetings"],
        minutes=row["minutes"],
        sure_minutes=row["sure_minutes"],
        first_at=_EPOCH + row["first_at"] * _MINUTE,
        last_at=_EPOCH + row["last_at"] * _MINUTE,
        evidence=Evidence(row["evidence"]),
        place=row["place"],
    )


def _at(minute: int) -> datetime:
    return _EPOCH + minute * _MINUTE


@transaction.atomic
def _keep(run: Sweep, out: Path) -> None:
    """Who was in a risk area, and what is said of each person: all of it, or nothing."""
    Exposure.objects.filter(sweep=run).delete()
    Swept.objects.filter(sweep=run).delete()
    areas = {area.number: area.pk for area in run.areas.all()}
    for batch in engine.rows_of(out, "exposures"):
        Exposure.objects.bulk_create(
            [
                Exposure(
                    sweep=run,
                    area_id=areas[row["area"]],
                    person=row["person"],
                    visits=row["visits"],
                    minutes=row["minutes"],
                    first_at=_at(row["first_at"]),
                    last_at=_at(row["last_at"]),
                )
                for row in batch.to_pylist()
            ],
            batch_size=5000,
        )
    said = [row for batch in engine.rows_of(out, "status") for row in batch.to_pylist()]
    said.sort(key=lambda row: (-row["standing"], -row["last_at"], row["person"]))
    Swept.objects.bulk_create(
        [
            Swept(
                sweep=run,
                person=row["person"],
                standing=row["standing"],
                last_at=_at(row["last_at"]),
                reasons=row["reasons"],
            )
            for row in said
        ],
        batch_size=5000,
    )
