"""What it costs to find the contacts of all cases at once, over Parquet.

`sweep.cases_1k`      1,000 cases against all visits of four weeks: CPU of the whole sweep (stays of
                      the cases, meetings, contacts, status, everything written), against only
                      reading the needed columns of the needed days, once in each of its two copies
`sweep.cases_10k`     the same for 10,000 cases
`sweep.peak_mib`      the most memory that either of them took
`sweep.ibis_over_sql` CPU of the questions as Ibis writes them, writing included, against the same
                      written by hand
`sweep.spark`         Spark's CPU, start included, against DuckDB's, on a tenth of the visits

ARGS: --full for a hundred million visits (some 1.2 GB on disk and five minutes to make them);
otherwise ten million against a tenth of the cases, for it is the cases per visit that decide how
much is found for what is read. --spark to measure Spark, too. CPU is user and system time of the
process and what it starts, the median over turns; each measurement is a process of its own.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figures import figure, note

LAST = date(2022, 9, 4)
DAYS = 28
PEOPLE = {"bounded": 120_000, "full": 1_200_000, "tenth": 120_000}
TURNS = 5
TOLERANCE, CLOSE = 15, 15
HOME = Path(os.environ.get("FANGXIAN_HOME", Path(__file__).parents[1] / ".data" / "bench"))


def main() -> None:
    parser = argparse.ArgumentParser("make bench BENCH=sweep")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--spark", action="store_true")
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(*options.child)
        return
    people = PEOPLE["full" if options.full else "bounded"]
    visits = made(people)
    taken: dict[str, list[dict[str, float]]] = {}
    few, many_cases = (1_000, 10_000) if options.full else (100, 1_000)
    works = ["read", f"sweep:{few}", f"sweep:{many_cases}", f"ibis:{few}", f"sql:{few}"]
    for turn in range(options.turns):
        for work in works if turn % 2 else works[::-1]:
            taken.setdefault(work, []).append(measured(work, visits, people))
    cpu = {work: median(one["cpu"] for one in many) for work, many in taken.items()}
    for work, many in taken.items():
        wall, peak = median(one["wall"] for one in many), max(one["peak"] for one in many)
        note(f"{work}: {cpu[work]:.2f} CPU-s, {wall:.2f} s, {peak:.0f} MiB")
    reading = "CPU of reading the needed columns of the needed days"
    for label, cases, most in (("cases_1k", few, 3), ("cases_10k", many_cases, 10)):
        against = f"{reading}; {cases:,} cases; at most {most}"
        figure(f"sweep.{label}", cpu[f"sweep:{cases}"] / cpu["read"], "times", against=against)
    peak = max(one["peak"] for work in works for one in taken[work] if work.startswith("sweep"))
    figure("sweep.peak_mib", peak, "MiB", against="below 2048")
    ratio = cpu[f"ibis:{few}"] / cpu[f"sql:{few}"]
    figure("sweep.ibis_over_sql", ratio, "times", against="the same by hand; at most 1.3")
    if options.spark:
        with_spark()


def with_spark() -> None:
    """At two sizes, so that one sees from where on it could pay."""
    for people in (PEOPLE["tenth"] // 10, PEOPLE["tenth"]):
        visits = made(people)
        spark = measured("spark:1000", visits, people)
        duck = measured("sweep:1000", visits, people)
        note(f"{people:,} people: Spark {spark}, DuckDB {duck}")
        against = f"CPU of DuckDB; {people * 84:,} visits, 1,000 cases"
        figure("sweep.spark", spark["cpu"] / duck["cpu"], "times", against=against)


def made(people: int) -> Path:
    from fangxian.engines.tracing.sweep import write_visits
    from fangxian.engines.tracing.town import visits_of_day

    folder = HOME / f"visits-{people}"
    if (folder / "whole").exists():
        return folder
    note(f"making the visits of {people:,} people on {DAYS} days")
    for n in range(DAYS):
        on = LAST - timedelta(days=n)
        write_visits(folder, on, visits_of_day(on, people=people))
    (folder / "whole").touch()
    return folder


def measured(work: str, visits: Path, people: int) -> dict[str, float]:
    words = [sys.executable, "-m", "benchmarks.sweep", "--child", work, str(visits), str(people)]
    before = time.monotonic()
    ran = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return found | {"process": time.monotonic() - before}


def child(work: str, visits: str, people: str) -> None:
    """One measurement. What is imported is not counted; what is compiled and written is."""
    import ibis

    from fangxian.engines.tracing import sweep
    from fangxian.engines.tracing.town import cases_of

    ibis.to_sql(ibis.table({"n": "int32"}, name="warm"), dialect="duckdb")  # loads the back end
    what, _, number = work.partition(":")
    out = HOME / f"sweep-{os.getpid()}"
    cases = cases_of(LAST, people=int(people), cases=int(number or 0), days=DAYS)
    asked: dict[str, Callable[[], Any]] = {
        "read": lambda: read(Path(visits)),
        "sweep": lambda: swept(duck(out), Path(visits), cases, out),
        "spark": lambda: swept(spark(out), Path(visits), cases, out),
        "ibis": lambda: by_ibis(sweep, Path(visits), cases, out),
        "sql": lambda: by_hand(Path(visits), cases, out),
    }
    began, before = time.monotonic(), _cpu()
    try:
        asked[what]()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        spent = {"cpu": _cpu() - before, "wall": time.monotonic() - began, "peak": peak}
    finally:
        shutil.rmtree(out, ignore_errors=True)
        shutil.rmtree(out.with_name(f"{out.name}.engine"), ignore_errors=True)
    print(json.dumps(spent))


def _cpu() -> float:
    """Of this process and of those that it started and that have ended, as Spark's Java has."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(one.ru_utime + one.ru_stime for one in map(resource.getrusage, kinds))


def duck(out: Path) -> Any:
    from fangxian.engines.tracing.sweep import DuckDB

    return DuckDB(threads=2, spill=out.with_name(f"{out.name}.engine"))


def spark(out: Path) -> Any:
    from fangxian.engines.tracing.sweep import Spark, java_home

    side = out.with_name(f"{out.name}.engine")
    return Spark(master="local[2]", memory="2g", partitions=4, java=java_home(side))


def swept(engine: Any, visits: Path, cases: Any, out: Path) -> None:
    from fangxian.engines.tracing.sweep import Rules, sweep

    rules = Rules(tolerance=TOLERANCE, close_minutes=CLOSE)
    try:
        sweep(engine, visits=visits, cases=cases, out=out, rules=rules)
    finally:
        engine.close()


def read(visits: Path) -> None:
    """Every needed column once, day by day, in both copies: by place and by person."""
    import duckdb

    link = duckdb.connect()
    link.execute("SET threads = 2")
    for copy in ("by_place", "by_person"):
        for path in sorted((visits / copy).glob("*/*.parquet")):
            # Not max(), which is answered from the file's statistics without reading anything.
            link.execute(
                "SELECT bit_xor(place), bit_xor(person), bit_xor(began), bit_xor(ended),"
                f" bit_xor(evidence) FROM read_parquet('{path}')"
            ).fetchall()


def by_ibis(_sweep: Any, visits: Path, cases: Any, out: Path) -> None:
    from fangxian.engines.tracing.sweep import questions
    from fangxian.engines.tracing.sweep.engines import statement

    engine = duck(out)
    asked_of_engine(
        visits,
        cases,
        out,
        stays=statement(questions.stays(), questions.STAYS, engine),
        meetings=statement(questions.meetings(TOLERANCE), questions.MEETINGS, engine),
    )


def by_hand(visits: Path, cases: Any, out: Path) -> None:
    asked_of_engine(
        visits,
        cases,
        out,
        stays=(
            "SELECT c.case_id, v.person, v.place, greatest(v.began, c.since) AS began,"
            " least(v.ended, c.until) AS ended, v.evidence FROM visits v JOIN cases c"
            " ON v.person = c.person AND v.began <= c.until AND v.ended >= c.since"
        ),
        meetings=(
            "SELECT s.case_id, v.person, v.place, greatest(v.began, s.began) AS began,"
            " least(v.ended, s.ended) AS ended, least(v.evidence, s.evidence) AS evidence"
            " FROM visits v JOIN stays s ON v.place = s.place"
            f" AND v.began <= s.ended + {TOLERANCE} AND v.ended >= s.began - {TOLERANCE}"
            " AND v.person <> s.person"
        ),
    )


def asked_of_engine(visits: Path, cases: Any, out: Path, *, stays: str, meetings: str) -> None:
    """Both questions, day by day, each answer written: the same around either wording."""
    import duckdb

    out.mkdir(parents=True)
    link = duckdb.connect()
    link.execute("SET threads = 2; SET preserve_insertion_order = false")
    link.register("given", cases)
    link.execute("CREATE TABLE cases AS SELECT * FROM given")
    copies = {
        copy: sorted((visits / copy).glob("*/*.parquet")) for copy in ("by_person", "by_place")
    }
    for copy, question, answer in (
        ("by_person", stays, "stays"),
        ("by_place", meetings, "meetings"),
    ):
        if answer == "meetings":
            link.execute(f"CREATE TABLE every AS SELECT * FROM '{out}/stays-*.parquet'")
        for path in copies[copy]:
            on = (date.fromisoformat(path.parent.name[4:]) - date(1970, 1, 1)).days * 1440
            if answer == "meetings":
                link.execute(
                    "CREATE OR REPLACE TEMP TABLE stays AS SELECT * FROM every"
                    f" WHERE began <= {on + 1440 + 900} AND ended >= {on - TOLERANCE}"
                )
            link.execute(f"CREATE OR REPLACE VIEW visits AS SELECT * FROM read_parquet('{path}')")
            link.execute(
                f"COPY ({question}) TO '{out}/{answer}-{on}.parquet'"
                " (FORMAT parquet, COMPRESSION zstd)"
            )


if __name__ == "__main__":
    main()
