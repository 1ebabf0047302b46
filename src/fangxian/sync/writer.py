"""Commands that arrive together share one commit.

A request hands its commands over and waits. The one writer thread of the process takes whatever
came while the previous commit was under way, writes it in one transaction, and only then are the
waiting requests answered. There is no timer: a lone request is written at once. Batches that are
large by themselves are written by their own request, a few at a time.

When the database is away the waiting requests are told so (503), and the next ones find out
whether it is back. Nothing is answered before it is on disk.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from queue import SimpleQueue

from django.db import (
    DEFAULT_DB_ALIAS,
    InterfaceError,
    OperationalError,
    connection,
    connections,
)
from prometheus_client import Counter, Histogram

from fangxian.sync.admission import Admission
from fangxian.sync.errors import DatabaseAway
from fangxian.sync.inbox import Delivery, fault, take_in
from fangxian.sync.links import Links, new_link
from fangxian.sync.rules import Answer

LARGE = 50
"""Commands in a request from which sharing a commit gains nothing."""

_TOGETHER = 500  # commands in one commit: more only adds waiting
_LARGE_AT_ONCE = 2
_TRIES = 4  # of a transaction that met another one
_MET = {"40001", "40P01"}  # serialization failure, deadlock: the same again may well succeed

_log = logging.getLogger("fangxian.sync")
_COMMITS = Counter("fangxian_sync_commits_total", "Transactions that took commands in")
_SHARED = Histogram(
    "fangxian_sync_commit_commands",
    "Commands in one commit",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
)

Write = Callable[[Sequence[Delivery]], list[list[Answer]]]


def write(deliveries: Sequence[Delivery], *, take: Write = take_in) -> list[list[Answer]]:
    """Take commands in, again if another transaction was in the way; `DatabaseAway` if it is."""
    for tried in range(1, _TRIES + 1):
        try:
            answers = take(deliveries)
        except (OperationalError, InterfaceError) as error:
            if _state_of(error) in _MET and tried < _TRIES:
                continue
            connection.close()
            _log.warning("database away", extra={"error": type(error).__name__})
            raise DatabaseAway from error
        else:
            _COMMITS.inc()
            _SHARED.observe(sum(len(one.orders) for one in deliveries))
            return answers
    raise DatabaseAway


def _state_of(error: Exception) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)


@dataclass(slots=True, eq=False)
class _Waiting:
    """A request that waits for its commands to be on disk."""

    delivery: Delivery
    answers: list[Answer] = field(default_factory=list)
    error: Exception | None = None
    urgent: bool = False
    done: threading.Lock = field(default_factory=threading.Lock)
    next: "_Waiting | None" = None


class Writer:
    """The queue and the thread of one process. The thread starts with the first request."""

    def __init__(self, take: Write = take_in, *, admission: Admission | None = None) -> None:
        self._take = take
        self._admission = admission or Admission(1)
        self._came: SimpleQueue[_Waiting | None] = SimpleQueue()  # None: it is time to stop
        self._queue: deque[_Waiting] = deque()
        self._urgent: deque[_Waiting] = deque()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._links = Links(_LARGE_AT_ONCE, prepares=True)

    def __call__(self, delivery: Delivery, *, urgent: bool = False) -> list[Answer]:
        """Have these commands written; returns when they are on disk."""
        if len(delivery.orders) >= LARGE and not urgent:
            return self._directly(delivery)
        waiting = _Waiting(delivery, urgent=urgent)
        waiting.done.acquire()
        self._came.put(waiting)
        if self._thread is None or not self._thread.is_alive():
            self._start()
        waiting.done.acquire()  # until it is on disk
        if waiting.next is not None:
            waiting.next.done.release()
        if waiting.error is not None:
            raise waiting.error
        return waiting.answers

    def stop(self) -> None:
        """End the thread when its queue is empty."""
        if self._thread is not None:
            self._came.put(None)
            self._thread.join()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._stopped = False
                self._thread = threading.Thread(target=self._run, name="sync-writer", daemon=True)
                self._thread.start()

    def _directly(self, delivery: Delivery) -> list[Answer]:
        with self._links.one(), self._admission.writing(len(delivery.orders)):
            return write([delivery], take=self._take)[0]

    def _run(self) -> None:
        connections[DEFAULT_DB_ALIAS] = new_link(prepares=True)
        try:
            while batch := self._next():
                self._write(batch)
        finally:
            connection.close()

    def _next(self) -> list[_Waiting]:
        """All that came meanwhile, emergencies first; empty when it is time to stop."""
        if not self._urgent and not self._queue:
            if self._stopped:
                return []
            self._line_up(self._came.get())
        while not self._came.empty():
            self._line_up(self._came.get())
        batch: list[_Waiting] = []
        commands = 0
        for queue in (self._urgent, self._queue):
            while queue and commands < _TOGETHER:
                batch.append(queue.popleft())
                commands += len(batch[-1].delivery.orders)
        return batch

    def _line_up(self, came: _Waiting | None) -> None:
        if came is None:
            self._stopped = True
        else:
            (self._urgent if came.urgent else self._queue).append(came)

    def _write(self, batch: list[_Waiting]) -> None:
        try:
            with self._admission.writing(sum(len(one.delivery.orders) for one in batch)):
                answers = write([one.delivery for one in batch], take=self._take)
            for one, said in zip(batch, answers, strict=True):
                one.answers = said
        except DatabaseAway as away:
            for one in batch:
                one.error = away
        except Exception as error:  # noqa: BLE001 - ours; whoever can be served alone is
            if len(batch) > 1:
                for one in batch:
                    self._write([one])
                return
            _log.error("writing failed", extra={"error": fault(error)})
            batch[0].error = error
        # They wake one another: all at once would only fight for the interpreter.
        for one, after in pairwise(batch):
            one.next = after
        batch[0].done.release()
