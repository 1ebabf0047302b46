"""Chengbei district of Xining (630105) at its real size, with made-up people.

It is built once and kept as a template database; each play is a copy of it.
"""

import json
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql

import fangxian
from fangxian.areas.actions import build_structure, import_edition, set_boundaries
from fangxian.areas.editions import read_table
from fangxian.engines.synthesis.sites import Wanted
from fangxian.exercise.cast import BUILDER
from fangxian.exercise.scene import DISTRICT, RULES_FROM, SEED
from fangxian.kernel import clock, vault
from fangxian.people.actions import generate_residents

# Rough middles of the subdistricts, for cells that lie where people know them to lie.
CENTRES = {
    "630105001": (101.765, 36.645),
    "630105002": (101.775, 36.655),
    "630105003": (101.748, 36.652),
    "630105004": (101.722, 36.660),
    "630105100": (101.665, 36.685),
    "630105101": (101.745, 36.715),
    "630105400": (101.755, 36.690),
}
GRIDS = 150
A_GRID_AT_LEAST = 250  # people; below that, estates would be of one building
DWELLINGS_PER_PERSON = 0.4  # somewhat more doors than households
# As published on 2 September 2022: 86 points with 336 tables. The others are made up.
SITES = Wanted(
    points=86,
    tables=336,
    venues=2500,
    workplaces=600,
    schools=60,
    checkpoints=24,
    hospitals=("城北区人民医院", "北川医院"),
    laboratories=(("城北核酸检测实验室", 30_000), ("生物园区检测所", 12_000)),
    quarantine_sites=(("朝阳隔离点", 420), ("大堡子隔离点", 260), ("生物园区隔离点", 180)),
    warehouses=("城北区物资仓库",),
)
PEOPLE = 417_701  # residents at the 2020 census: Qinghai statistical yearbook 2022, table 3-8
DATA = Path(__file__).parent / "data" / DISTRICT
Say = Callable[[str], None]


def refuse_people(settings: dict[str, Any]) -> str | None:
    """Why a demonstration must not run here; None if nothing speaks against it."""
    if settings["NAME"].endswith("_demo"):
        return None
    return (
        f"The database “{settings['NAME']}” may hold people's data. A demonstration runs in a "
        "database whose name ends in “_demo”: name one in DATABASE_URL, or unset it."
    )


LEAST_PEOPLE = 6_000
"""With fewer, the doors of the district stand so empty that no stairwell fills a pool of ten."""


def too_few(people: int) -> str | None:
    """Why the day cannot be played with so few; None if it can."""
    if people >= LEAST_PEOPLE:
        return None
    return (
        f"With {people:,} residents no stairwell of the district has ten people at home, and the "
        f"day begins with a pool of ten. Take at least {LEAST_PEOPLE:,}: --people {LEAST_PEOPLE}"
    )


def template_name(people: int) -> str:
    """Changes with tables and data, so that a district of an earlier version is not taken on."""
    tables = Path(fangxian.__file__).parent.glob("*/migrations/*.py")
    return f"fangxian_template_{people}_{digest_of([*tables, *DATA.iterdir()])}"


def digest_of(files: Iterable[Path]) -> str:
    digest = sha256(fangxian.__version__.encode())
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:8]


def ensure_template(people: int, *, fresh: bool, say: Say) -> None:
    """Build the district, unless it is there. A half-built one is begun again."""
    name, before = template_name(people), str(settings.DATABASES["default"]["NAME"])
    with _server() as server:
        known = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if known and not fresh:
            say("the district is there")
            return
        for (old,) in server.execute(
            "SELECT datname FROM pg_database WHERE datname ~ %s",
            [f"^fangxian_template_{people}(_|$)"],
        ).fetchall():
            _drop(server, old)
        _create(server, f"{name}_begun")
    _work_in(f"{name}_begun")
    say("tables")
    call_command("migrate", verbosity=0, interactive=False)
    vault.ensure_keys()
    with clock.playing(RULES_FROM):
        build(people, say)
    _work_in(before)
    with _server() as server:
        server.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(f"{name}_begun"), sql.Identifier(name)
            )
        )


def build(people: int, say: Say) -> None:
    say("divisions and outlines")
    table = read_table([DATA / "divisions-2021.csv"], DISTRICT)
    place, _, _ = import_edition(BUILDER, table, district=DISTRICT, edition=2021)
    outlines = json.loads((DATA / "outlines.geojson").read_text(encoding="utf-8"))
    set_boundaries(BUILDER, place.id, outlines, datum=outlines["datum"], source=outlines["source"])
    say("buildings down to the doors, and sites")
    build_structure(
        BUILDER,
        place.id,
        dwellings=round(people * DWELLINGS_PER_PERSON),
        grids=min(GRIDS, people // A_GRID_AT_LEAST),
        sites=SITES,
        centres=CENTRES,
        seed=SEED,
    )
    say(f"{people:,} made-up residents")
    generate_residents(BUILDER, place.path, people=people, seed=SEED)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    say("the district is built")


def copy_template(people: int) -> None:
    """Make the demonstration's database a fresh copy, and work in it."""
    demo = str(settings.DATABASES["default"]["NAME"])
    connections.close_all()
    with _server() as server:
        _drop(server, demo)
        _create(server, demo, template_name(people))
    _work_in(demo)


def _server() -> psycopg.Connection[Any]:
    where = connection.settings_dict
    return psycopg.connect(
        dbname="postgres",
        user=where["USER"] or None,
        password=where.get("PASSWORD") or None,
        host=where["HOST"] or None,
        port=where.get("PORT") or None,
        autocommit=True,
    )


def _drop(server: psycopg.Connection[Any], name: str) -> None:
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _create(server: psycopg.Connection[Any], name: str, template: str = "template0") -> None:
    server.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8' STRATEGY FILE_COPY").format(
            sql.Identifier(name), sql.Identifier(template)
        )
    )


def _work_in(name: str) -> None:
    connections.close_all()
    # Not in place: Django hands out its settings themselves, which name the demonstration's.
    connection.settings_dict = {**connection.settings_dict, "NAME": name}
    vault.forget_keys()
