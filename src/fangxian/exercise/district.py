"""Chengbei district of Xining (630105) at its real size, with made-up people.

It is built once and kept as a template database; each play is a copy of it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql

from fangxian.exercise.cast import BUILDER
from fangxian.exercise.day import DISTRICT, RULES_FROM
from fangxian.kernel import clock, vault

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


def template_name(people: int) -> str:
    return f"fangxian_template_{people}"


def ensure_template(people: int, *, fresh: bool, say: Say) -> None:
    """Build the district, unless it is there. A half-built one is begun again."""
    name = template_name(people)
    with _server() as server:
        known = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if known and not fresh:
            say("the district is there")
            return
        _drop(server, name)
        _drop(server, f"{name}_begun")
        _create(server, f"{name}_begun")
    _work_in(f"{name}_begun")
    say("tables")
    call_command("migrate", verbosity=0, interactive=False)
    vault.ensure_keys()
    with clock.playing(RULES_FROM):
        build(people, say)
    connections.close_all()
    with _server() as server:
        server.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(f"{name}_begun"), sql.Identifier(name)
            )
        )


def build(people: int, say: Say) -> None:
    raise NotImplementedError


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
    connection.settings_dict["NAME"] = name
    vault.forget_keys()


_ = BUILDER
