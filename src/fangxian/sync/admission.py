"""Who is let in, and who is told “later” at the door.

More than a process can take in within a third of a second would only wait, in a queue that nobody
sees. The phone waits better: it says so, keeps everything, and its owner goes on working. So the
commands that are here are counted, and how long one takes is learnt from those that went before.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 0.3
"""Seconds that commands let in may have to wait for those before them; two commits more answer."""

_ENOUGH = 8  # commands in a write from which its time says something of more
_NEW = 0.1  # weight of the latest write in the pace that was learnt


class Admission:
    """at_once   requests of phones in this process; one more is sent away whatever it brings"""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._lock = threading.Lock()
        self._requests = 0
        self._commands = 0
        self._writes = 0
        self._pace = 0.001  # seconds a command; learnt within a few writes

    @contextmanager
    def request(self) -> Iterator[None]:
        """Somebody is at the door."""
        with self._lock:
            self._requests += 1
        try:
            yield
        finally:
            with self._lock:
                self._requests -= 1

    @property
    def crowded(self) -> bool:
        return self._requests > self._at_once

    def lets_in(self, commands: int) -> bool:
        """Whether so many more may come in now; if so they are counted until `done`."""
        with self._lock:
            if self._commands and self._commands * self._pace > PATIENCE:
                return False
            self._commands += commands
            return True

    def bring_in(self, commands: int) -> None:
        """An emergency: counted, never asked."""
        with self._lock:
            self._commands += commands

    def done(self, commands: int) -> None:
        with self._lock:
            self._commands -= commands

    @contextmanager
    def writing(self, commands: int) -> Iterator[None]:
        """Learn from a write how long a command takes; several writes go on side by side."""
        began = time.perf_counter()
        with self._lock:
            self._writes += 1
        try:
            yield
        finally:
            with self._lock:
                took = (time.perf_counter() - began) / max(1, commands) / self._writes
                self._writes -= 1
                if commands >= _ENOUGH:
                    self._pace += (took - self._pace) * _NEW
