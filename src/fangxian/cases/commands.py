"""`fangxian trace`: the sweep on files, what it needs out of the database, and a town to try."""

import argparse
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from fangxian.cases.sweeping import case_table, export_visits, rules_of
from fangxian.engines.tracing import sweep, town
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.errors import Refusal
from fangxian.protocol.packs import load_pack


def trace(argv: list[str]) -> int:
    """0: done; 1: refused or stopped, and said why."""
    options = _options(argv)
    try:
        return int(_VERBS[options.what](options))
    except sweep.SweepFailed as failed:
        print(failed, file=sys.stderr)
        return 1


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("fangxian trace", description="Find contacts in bulk.")
    verbs = parser.add_subparsers(dest="what", required=True)
    one = verbs.add_parser("sweep", help="all cases against all visits, from Parquet to Parquet")
    one.add_argument("--visits", type=Path, required=True, help="folder of visits by day")
    one.add_argument("--cases", type=Path, required=True, help="Parquet or CSV")
    one.add_argument("--risks", type=Path, help="places in risk areas, Parquet or CSV")
    one.add_argument("--out", type=Path, required=True, help="a new folder, or one to go on in")
    one.add_argument("--pack", default="cn-v9", help="whose tolerance and minutes (cn-v9)")
    one.add_argument("--engine", choices=["duckdb", "spark"], default="duckdb")
    one.add_argument("--master", default="local[*]", help="Spark's, such as spark://HOST:7077")
    one.add_argument("--memory", default="1GiB", help="what the engine may take (1GiB)")
    one.add_argument("--threads", type=int, default=0, help="of DuckDB; 0: all cores")
    out = verbs.add_parser("export", help="visits and open cases out of the database")
    out.add_argument("--since", type=datetime.fromisoformat, required=True)
    out.add_argument("--until", type=datetime.fromisoformat, required=True)
    out.add_argument("--out", type=Path, required=True)
    made = verbs.add_parser("town", help="make up visits and cases to try the sweep on")
    made.add_argument("--people", type=int, default=10_000)
    made.add_argument("--days", type=int, default=14)
    made.add_argument("--cases", type=int, default=100)
    made.add_argument("--out", type=Path, required=True)
    return parser.parse_args(argv)


def _sweep(options: argparse.Namespace) -> int:
    try:
        rules = rules_of(load_pack(options.pack))
    except Refusal as unknown:
        print(unknown.message, file=sys.stderr)
        return 1
    cases = sweep.read_cases(options.cases)
    risks = sweep.read_risks(options.risks) if options.risks else None
    side = options.out.with_name(f".{options.out.name}.engine")
    if options.engine == "spark":
        memory = options.memory.removesuffix("iB").lower()
        java = sweep.java_home(side)
        engine: sweep.Engine = sweep.Spark(master=options.master, memory=memory, java=java)
    else:
        engine = sweep.DuckDB(memory=options.memory, threads=options.threads, spill=side)
    began = time.monotonic()
    try:
        figures = sweep.sweep(
            engine,
            visits=options.visits,
            cases=cases,
            risks=risks,
            out=options.out,
            rules=rules,
            progress=_say,
        )
    finally:
        engine.close()
    print(
        f"{figures.cases:,} cases against {figures.visits:,} visits of {figures.days} days in"
        f" {time.monotonic() - began:.1f} s: {figures.meetings:,} meetings,"
        f" {figures.contacts:,} contacts, {figures.people:,} people of whom something is said."
    )
    return 0


def _say(step: sweep.Progress) -> None:
    """On a terminal one line that changes; elsewhere a line a tenth."""
    end = "\n" if step.done == step.steps else ""
    if sys.stderr.isatty():
        text = f"\r\x1b[K{step.done}/{step.steps} {step.what} {step.on}"
        print(text, end=end, file=sys.stderr, flush=True)
    elif step.done % max(step.steps // 10, 1) == 0:
        print(f"{step.done}/{step.steps} {step.what} {step.on}".rstrip(), file=sys.stderr)


def _export(options: argparse.Namespace) -> int:
    since, until = (at if at.tzinfo else at.astimezone() for at in (options.since, options.until))
    days = export_visits(PLAYBOOK, options.out, since, until)
    if not days:
        print("There are no visits in this time.", file=sys.stderr)
        return 1
    cases = case_table(PLAYBOOK)
    pq.write_table(cases, options.out / "cases.parquet")
    print(f"Visits of {len(days)} days and {cases.num_rows:,} open cases are in {options.out}.")
    print("They say who was where. Keep them as you keep the database, and delete them soon.")
    return 0


def _town(options: argparse.Namespace) -> int:
    last = date(2022, 9, 4)
    visits = 0
    for n in reversed(range(options.days)):
        day: pa.Table = town.visits_of_day(last - timedelta(days=n), people=options.people)
        sweep.write_visits(options.out / "visits", last - timedelta(days=n), day)
        visits += day.num_rows
    cases = town.cases_of(last, people=options.people, cases=options.cases, days=options.days)
    pq.write_table(cases, options.out / "cases.parquet")
    print(f"{visits:,} made-up visits and {options.cases:,} cases are in {options.out}. Try:")
    print(
        f"fangxian trace sweep --visits {options.out}/visits --cases {options.out}/cases.parquet"
        f" --out {options.out}/answer"
    )
    return 0


_VERBS = {"sweep": _sweep, "export": _export, "town": _town}
