"""Where paths are kept: every `AreaPathField` column of every table, found by asking Django.

The ledger is left out: it keeps the place as it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from psycopg import sql

from fangxian.kernel.fields import AreaPathField
from fangxian.kernel.models import Event


@dataclass(frozen=True, slots=True)
class PathColumn:
    table: str
    column: str
    many: bool  # an array of paths


def path_columns() -> Iterator[PathColumn]:
    for model in apps.get_models():
        options = model._meta  # noqa: SLF001 - Django documents it as public
        if model is Event or not options.managed or options.proxy:
            continue
        for field in options.local_fields:
            inner = field.base_field if isinstance(field, ArrayField) else field
            if isinstance(inner, AreaPathField) and field.column:
                yield PathColumn(options.db_table, field.column, isinstance(field, ArrayField))


_ONE = sql.SQL(
    "UPDATE {table} SET {column} = %(becomes)s || substr({column}, length(%(was)s) + 1)"
    " WHERE {column} LIKE %(below)s"
)
_MANY = sql.SQL(
    "UPDATE {table} SET {column} = ARRAY("
    "SELECT CASE WHEN one LIKE %(below)s THEN %(becomes)s || substr(one, length(%(was)s) + 1)"
    " ELSE one END FROM unnest({column}) WITH ORDINALITY AS each(one, place) ORDER BY place)"
    " WHERE EXISTS (SELECT FROM unnest({column}) AS one WHERE one LIKE %(below)s)"
)


def reroot(was: str, becomes: str) -> int:
    """Replace the beginning of every stored path; how many rows changed. Safe to repeat."""
    changed = 0
    with connection.cursor() as cursor:
        for at in path_columns():
            statement = (_MANY if at.many else _ONE).format(
                table=sql.Identifier(at.table), column=sql.Identifier(at.column)
            )
            cursor.execute(statement, {"was": was, "becomes": becomes, "below": was + "%"})
            changed += cursor.rowcount
    return changed
