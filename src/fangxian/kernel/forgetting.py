"""Deleting what is no longer needed, so that what was deleted can be proved later.

A room's verb says which rows; they are deleted here, set by set, and a digest of exactly what they
held is kept. Whoever has a backup can show that it is what was destroyed; nobody can read it back.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Gone:
    """How many rows of a kind were deleted, and the SHA-256 chain over what they held."""

    rows: int = 0
    digest: str = ""

    def and_then(self, other: "Gone") -> "Gone":
        if not other.rows:
            return self
        chained = hashlib.sha256(f"{self.digest}{other.digest}".encode()).hexdigest()
        return Gone(self.rows + other.rows, chained if self.rows else other.digest)


@transaction.atomic
def delete(rows: QuerySet[Any], *, at_most: int = AT_ONCE) -> Gone:
    """Delete the first `at_most` of these rows by their key. Call again while that many go."""
    table, key = rows.model._meta.db_table, rows.model._meta.pk  # noqa: SLF001 - Django's own way
    ids = list(rows.order_by(key.name).values_list("pk", flat=True)[:at_most])
    if not ids:
        return Gone()
    column = connection.ops.quote_name(key.column)
    source = connection.ops.quote_name(table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH gone AS (DELETE FROM {source} t WHERE t.{column} = ANY(%s)"
            f" RETURNING t.{column} AS key, md5(t::text) AS held)"
            " SELECT count(*), encode(sha256(convert_to("
            "string_agg(held, '' ORDER BY key), 'UTF8')), 'hex') FROM gone",
            [ids],
        )
        number, digest = cursor.fetchone()
    return Gone(number, digest)


def delete_all(rows: QuerySet[Any]) -> Gone:
    """Every one of these rows, set by set, each set in a transaction of its own."""
    found = Gone()
    while (one := delete(rows)).rows:
        found = found.and_then(one)
    return found


def blank(rows: QuerySet[Any], **empty: object) -> Gone:
    """Empty these columns where others still refer to the rows; the digest is of what they held.

    rows   must no longer be among themselves once they are empty
    """
    found = Gone()
    while True:
        with transaction.atomic():
            key = rows.model._meta.pk  # noqa: SLF001 - Django's own way
            source = connection.ops.quote_name(rows.model._meta.db_table)  # noqa: SLF001
            column = connection.ops.quote_name(key.column)
            ids = list(
                rows.select_for_update().order_by(key.name).values_list("pk", flat=True)[:AT_ONCE]
            )
            if not ids:
                return found
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*), encode(sha256(convert_to(string_agg(md5(t::text), ''"
                    f" ORDER BY t.{column}), 'UTF8')), 'hex') FROM {source} t"
                    f" WHERE t.{column} = ANY(%s)",
                    [ids],
                )
                number, digest = cursor.fetchone()
            rows.model._default_manager.filter(pk__in=ids).update(**empty)  # noqa: SLF001
            found = found.and_then(Gone(number, digest))
