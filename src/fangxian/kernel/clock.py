"""The one clock. Everything that asks for the time asks here, so that an exercise can move it.

Times are aware and in UTC. A moved clock is local to the current context (thread or task); a whole
installation is set to another day by FANGXIAN_CLOCK_OFFSET (seconds), as a served exercise is. The
real clock of the process is never touched.
"""

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.utils.timezone import localdate


class Hands:
    """The hands of a moved clock: it stands still until it is told to go on."""

    def __init__(self, start: dt.datetime) -> None:
        self._at = start.astimezone(dt.UTC)

    @property
    def at(self) -> dt.datetime:
        return self._at

    def forward(self, **span: float) -> dt.datetime:
        """Move on by `timedelta(**span)`; time never goes back."""
        step = dt.timedelta(**span)
        if step < dt.timedelta():
            raise ValueError("a clock is never turned back")
        self._at += step
        return self._at

    def to(self, moment: dt.datetime) -> dt.datetime:
        return self.forward(seconds=(moment.astimezone(dt.UTC) - self._at).total_seconds())


_OFFSET = dt.timedelta(seconds=float(os.environ.get("FANGXIAN_CLOCK_OFFSET", "0")))
_hands: ContextVar[Hands | None] = ContextVar("hands", default=None)


def now() -> dt.datetime:
    """The present moment, aware, in UTC; the moved one inside `playing` or a served exercise."""
    hands = _hands.get()
    return hands.at if hands else dt.datetime.now(dt.UTC) + _OFFSET  # noqa: TID251


def today() -> dt.date:
    """The day of the clock, where the district is."""
    return localdate(now())


def moved() -> bool:
    """Whether the clock is moved, that is, whether this is an exercise."""
    return _hands.get() is not None or dt.timedelta() != _OFFSET


@contextmanager
def playing(start: dt.datetime) -> Iterator[Hands]:
    """Inside, `now()` is `start` until the hands are moved."""
    hands = Hands(start)
    token = _hands.set(hands)
    try:
        yield hands
    finally:
        _hands.reset(token)
