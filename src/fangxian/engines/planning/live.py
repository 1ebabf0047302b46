"""A round while it runs: how long people wait, when it ends, which table would help whom.

Plain arithmetic on what was counted in the last hour. What comes out is a suggestion; a person
decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A sampling point as it was lately.

    tables       at work now
    most         tables there are
    last_hour    people swabbed in the last hour
    waiting      people in the queue; None: nobody said
    """

    id: str
    tables: int
    most: int
    last_hour: int
    waiting: int | None = None

    def per_table(self, fallback: float) -> float:
        """People one table gets through in an hour, as seen here, or else as is usual."""
        if self.tables and self.last_hour:
            return self.last_hour / self.tables
        return fallback


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One table from a point to another, and what it would do to the longer wait (minutes)."""

    source: str
    target: str
    before: int
    after: int


def wait(point: Point, usual: float) -> int | None:
    """Minutes for somebody who joins the queue now; None if nobody knows the queue.

    usual   people a table gets through in an hour, where this point has not shown it yet
    """
    if point.waiting is None:
        return None
    if point.waiting == 0:
        return 0
    rate = max(point.tables, 1) * point.per_table(usual)
    return round(60 * point.waiting / rate)


def finish(
    *, at: datetime, left: int, last_hour: int, opens: Sequence[tuple[datetime, datetime]]
) -> datetime | None:
    """When the last of those left is swabbed at the pace of the last hour; None: not in that time.

    opens   the times ahead at which points are open, in their order
    """
    if left <= 0:
        return at
    if last_hour <= 0:
        return None
    needed = timedelta(hours=left / last_hour)
    for opened, ends in opens:
        begins = max(opened, at)
        if ends - begins >= needed:
            return begins + needed
        needed -= max(ends - begins, timedelta())
    return None


def moves(points: Sequence[Point], usual: float, *, at_most: int = 5) -> list[Move]:
    """Tables that would shorten the longest waits, the greatest help first.

    A table leaves only a point that keeps one, and only if both then wait less than the longer of
    the two waited before. Points of which nobody knows the queue neither give nor get.
    """
    now = {point.id: point for point in points if point.waiting is not None and point.tables}
    found: list[Move] = []
    while len(found) < at_most:
        best = _best(list(now.values()), usual)
        if best is None:
            return found
        source, target = now[best.source], now[best.target]
        now[source.id] = _with(source, source.tables - 1, usual)
        now[target.id] = _with(target, target.tables + 1, usual)
        found.append(best)
    return found


def _best(points: Sequence[Point], usual: float) -> Move | None:
    """From the shortest wait to the longest, if it helps."""
    queues = sorted(points, key=lambda point: (wait(point, usual) or 0, point.id))
    for target in reversed(queues):
        if target.tables >= target.most:
            continue
        before = wait(target, usual) or 0
        for source in queues:
            if source.id == target.id or source.tables < 2:  # noqa: PLR2004 - one stays
                continue
            after = max(
                wait(_with(source, source.tables - 1, usual), usual) or 0,
                wait(_with(target, target.tables + 1, usual), usual) or 0,
            )
            if before - after >= _WORTH_IT:
                return Move(source=source.id, target=target.id, before=before, after=after)
    return None


_WORTH_IT = 5  # minutes: less is not worth carrying a table across town


def _with(point: Point, tables: int, usual: float) -> Point:
    """The same point with another number of tables, each as quick as those there are."""
    pace = point.per_table(usual)
    return replace(point, tables=tables, last_hour=round(pace * tables))
