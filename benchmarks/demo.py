"""How long the demonstration takes at full size, on a machine that is set up.

`demo.seconds`   `fangxian demo --once --fresh`: the district is built anew, the day is played and
                 retold, every link is checked and the ledger is sealed and verified

It has a data folder of its own. What a run says is shown on standard error.
"""

import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks.figures import figure, note, seconds

RUNS = 3
TARGET = 90
HOME = Path(__file__).parents[1] / ".data" / "bench" / "demo"


def main() -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("FANGXIAN_") and name != "DATABASE_URL"
    } | {"FANGXIAN_HOME": str(HOME)}
    try:
        taken = [seconds(lambda: play(environment)) for _ in range(RUNS)]
    finally:
        run(environment, "database", "stop")
    note(f"runs: {', '.join(f'{one:.1f} s' for one in taken)}; load {os.getloadavg()[0]:.1f}")
    figure("demo.seconds", median(taken), "s", against=str(TARGET))


def play(environment: dict[str, str]) -> None:
    run(environment, "demo", "--once", "--fresh")


def run(environment: dict[str, str], *words: str) -> None:
    command = [sys.executable, "-m", "fangxian", *words]
    done = subprocess.run(command, env=environment, stdout=sys.stderr, check=False)
    if done.returncode:
        raise SystemExit(f"fangxian {' '.join(words)} failed")


if __name__ == "__main__":
    main()
