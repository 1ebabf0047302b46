"""A few database connections for many threads.

Phones' requests wait for a shared commit, so a process has many threads, and Django keeps a
connection for each that ever asked anything. Here a thread takes one of a few connections for as
long as it works, and gives it back; who comes when all are taken waits.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper


def new_link(*, prepares: bool = False) -> BaseDatabaseWrapper:
    """A connection that any thread may use, one at a time.

    prepares   the database keeps its plans: for the same few statements over and over, each
               about a few keys. Such a plan never reads a table through: made while a table is
               young and small, it would still be in use when it has grown
    """
    link = connections.create_connection(DEFAULT_DB_ALIAS)
    link.inc_thread_sharing()
    if prepares:
        options = {
            "server_side_binding": True,
            "prepare_threshold": 2,
            "options": "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off",
        }
        link.settings_dict = link.settings_dict | {
            "OPTIONS": link.settings_dict["OPTIONS"] | options
        }
    return link


class _InTurn:
    """A semaphore that is handed on to who waits longest.

    The library's is taken by whoever comes at the moment it is free; who waited goes to the end of
    the line again, and under load some wait for ever.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: deque[Lock] = deque()
        self._lock = Lock()

    def __enter__(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


class Links:
    def __init__(self, number: int, *, prepares: bool = False) -> None:
        self._prepares = prepares
        self._free: list[BaseDatabaseWrapper] = []
        self._turn = _InTurn(number)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Inside, this thread's connection is one of the few; nothing is left open in it."""
        with self._turn:
            link = self._free.pop() if self._free else new_link(prepares=self._prepares)
            connections[DEFAULT_DB_ALIAS] = link
            try:
                yield
            finally:
                del connections[DEFAULT_DB_ALIAS]
                self._free.append(link)
