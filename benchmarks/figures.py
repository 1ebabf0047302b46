"""What benchmarks share: a database of their own, interleaved repeats, one JSON line a figure."""

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

REPEATS = 7


def figure(name: str, value: float, unit: str, *, against: str) -> None:
    """Print one figure. `against` says what it is measured against, or the target."""
    line = {"figure": name, "value": round(value, 3), "unit": unit, "against": against}
    print(json.dumps(line, ensure_ascii=False), flush=True)


def note(text: str) -> None:
    """Say on standard error what is going on; standard output holds figures only."""
    print(text, file=sys.stderr, flush=True)


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def interleaved(
    works: Mapping[str, Callable[[], object]], *, repeats: int = REPEATS
) -> dict[str, list[float]]:
    """Seconds of each work, by name: the works take turns, and each turn starts with another.

    One unmeasured turn comes first. What slows the machine for a while slows all alike.
    """
    names = list(works)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(repeats + 1):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            gc.collect()
            spent = seconds(works[name])
            if turn:
                taken[name].append(spent)
    return taken


def ratio(taken: Mapping[str, list[float]], of: str, to: str) -> float:
    """Median of the ratios of works that stood side by side in one turn."""
    return median(a / b for a, b in zip(taken[of], taken[to], strict=True))


def own_database(name: str) -> None:
    """Load the product on an empty database that only this benchmark uses."""
    os.environ.setdefault("FANGXIAN_HOME", str(Path(__file__).parents[1] / ".data" / "bench"))
    os.environ.setdefault("FANGXIAN_MODE", "demo")
    os.environ.setdefault("FANGXIAN_LOG", "WARNING")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fangxian.settings")
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from fangxian.kernel import embedded, vault

    embedded.start()
    database = settings.DATABASES["default"]
    database["NAME"] = f"bench_{name}"
    django.setup()
    _drop(database)
    embedded.create_database(database)
    call_command("migrate", verbosity=0, interactive=False)
    vault.ensure_keys()
    connection.ensure_connection()


def _drop(database: Mapping[str, str]) -> None:
    import psycopg

    link = psycopg.connect(
        dbname="postgres",
        user=database["USER"] or None,
        password=database.get("PASSWORD") or None,
        host=database["HOST"] or None,
        port=database.get("PORT") or None,
        autocommit=True,
    )
    with link:
        name = psycopg.sql.Identifier(database["NAME"])
        link.execute(psycopg.sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
