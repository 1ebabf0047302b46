"""One change of the tree at a time, and numbers that nobody else has."""

from django.db import connection

_TREE = 7_026_101  # advisory lock


def lock_the_tree() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TREE])


def take_numbers(sequence: str, how_many: int) -> range:
    """Consecutive numbers of a sequence. The tree must be locked, so that nobody else takes any."""
    if not how_many:
        return range(0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s::regclass)", [sequence])
        first = int(cursor.fetchone()[0])
        if how_many > 1:
            cursor.execute("SELECT setval(%s::regclass, %s)", [sequence, first + how_many - 1])
    return range(first, first + how_many)
