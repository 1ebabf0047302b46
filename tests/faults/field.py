"""A server and a PostgreSQL of their own, which may be killed, and phones that go on regardless."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from fangxian.kernel.ids import new_id

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
_SET_STAGE = """
import sys, warnings
warnings.simplefilter("ignore")
from fangxian.kernel import embedded
embedded.start()
import django
django.setup()
from tests.faults.stage import set_stage
set_stage(sys.argv[1])
"""


def _family(root: int) -> list[int]:
    """A process and all that come from it."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            parents.setdefault(parent, []).append(int(folder.name))
    found = [root]
    for one in found:
        found += parents.get(one, [])
    return found


def _kill(root: int) -> None:
    """SIGKILL for the whole family, as a power cut ends it; gone when this returns."""
    family = _family(root)
    for one in family:
        try:
            os.kill(one, signal.SIGKILL)
        except ProcessLookupError:
            continue
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and any(_lives(one) for one in family):
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"


@dataclass
class House:
    """What is served, and where. The database outlives the server, and the server the database."""

    home: Path
    application: str = "fangxian.wsgi:application"
    server: subprocess.Popen[bytes] | None = None
    port: int = 0
    stage: dict[str, Any] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {name: text for name, text in os.environ.items() if name != "DATABASE_URL"} | {
            "FANGXIAN_HOME": str(self.home),
            "FANGXIAN_MODE": "demo",
            "FANGXIAN_LOG": "CRITICAL",
            "DJANGO_SETTINGS_MODULE": "fangxian.settings",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        }

    def build(self) -> None:
        """An empty database with a district, phones and gates in it."""
        file = self.home.parent / f"{self.home.name}-stage.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        made = subprocess.run(
            [sys.executable, "-c", _SET_STAGE, str(file)],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stdout + made.stderr
        self.stage = json.loads(file.read_text(encoding="utf-8"))

    # The server

    def serve(self, application: str = "fangxian.wsgi:application") -> None:
        """Have the product served, if it is not already."""
        if self.server is not None and self.application == application:
            return
        self.kill_server()
        self.application = application
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = self.port or probe.getsockname()[1]
        granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST]
        granian += ["--port", str(self.port), "--workers", "2", "--blocking-threads", "64"]
        granian += ["--respawn-failed-workers", "--no-ws", "--log-level", "critical"]
        self.server = subprocess.Popen(
            [*granian, self.application],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self.wait()
        except BaseException:
            self.kill_server()
            raise

    def wait(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.server is None or self.server.poll() is None, "the server ended"
            link = HTTPConnection(HOST, self.port, timeout=5)
            try:
                link.request("GET", "/healthz")
                if link.getresponse().status == 200:
                    return
            except (OSError, HTTPException):
                time.sleep(0.1)
            finally:
                link.close()
        raise TimeoutError("the server does not answer")

    def kill_server(self) -> None:
        if self.server is not None:
            _kill(self.server.pid)
            self.server.wait()
            self.server = None

    # The database

    @property
    def _postmaster(self) -> int:
        pid_file = self.home / "postgres" / "postmaster.pid"
        return int(pid_file.read_text().splitlines()[0])

    def kill_database(self) -> None:
        _kill(self._postmaster)

    def start_database(self) -> None:
        """Until it answers: while the remains of the old one lie there, starting does nothing."""
        start = "from fangxian.kernel import embedded; embedded.start()"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            subprocess.run(
                [sys.executable, "-W", "ignore", "-c", start],
                cwd=ROOT,
                env=self.environment,
                capture_output=True,
                check=False,
            )
            try:
                with self.asking():
                    return
            except psycopg.OperationalError:
                time.sleep(0.2)
        raise TimeoutError("the database does not start")

    def stop(self) -> None:
        self.kill_server()
        stop = "from fangxian.kernel import embedded; embedded.stop()"
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", stop],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            check=False,
        )

    @contextmanager
    def asking(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.stage["database"], autocommit=True) as link:
            yield link

    def ids_in(self, table: str) -> Counter[UUID]:
        with self.asking() as link:
            return Counter(row[0] for row in link.execute(f"SELECT id FROM {table}"))


class Lost(Exception):  # noqa: N818 - what a network does
    """No answer came; whether the request did is not known."""


class Network:
    """A way to the server that does as it is told. A bad one is a subclass."""

    def __init__(self, house: House, authorization: str) -> None:
        self.house, self.authorization = house, authorization
        self._link: HTTPConnection | None = None

    def carry(self, commands: Sequence[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
        return self.deliver(commands)

    def deliver(self, commands: Sequence[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
        said = {"sent_at": _iso(), "protocol": 1, "commands": list(commands)}
        link = self._link or HTTPConnection(HOST, self.house.port, timeout=15)
        self._link = None
        try:
            link.request(
                "POST",
                "/sync/1/commands",
                json.dumps(said),
                {"Authorization": self.authorization, "Accept-Language": "en"},
            )
            response = link.getresponse()
            answer = json.loads(response.read())
        except (OSError, HTTPException, ValueError) as error:
            link.close()
            raise Lost from error
        self._link = link
        return response.status, answer

    def hang_up(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None


class BadNetwork(Network):
    """Drops, doubles and holds back three requests in ten."""

    def __init__(self, house: House, authorization: str, chance: random.Random) -> None:
        super().__init__(house, authorization)
        self.chance = chance
        self.held: list[list[dict[str, Any]]] = []
        self.mishaps: Counter[str] = Counter()

    def carry(self, commands: Sequence[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
        fate = self.chance.choices(
            ["well", "request lost", "answer lost", "twice", "held back"], [70, 8, 8, 7, 7]
        )[0]
        self.mishaps[fate] += 1
        late = self.held.pop(0) if self.held and self.chance.random() < 0.5 else None
        if fate == "request lost":
            raise Lost
        if fate == "held back":  # comes after others that were sent later
            self.held.append(list(commands))
            raise Lost
        if fate == "twice":
            twin = threading.Thread(target=self._quietly, args=(list(commands),))
            twin.start()
        answer = self.deliver(commands)
        if fate == "twice":
            twin.join()
        if late is not None:
            self._quietly(late)
        if fate == "answer lost":
            raise Lost
        return answer

    def _quietly(self, commands: list[dict[str, Any]]) -> None:
        other = Network(self.house, self.authorization)
        try:
            other.deliver(commands)
        except Lost:
            return
        finally:
            other.hang_up()

    def flush(self) -> None:
        """What was held back arrives at last."""
        while self.held:
            self._quietly(self.held.pop(0))


@dataclass
class Phone:
    """Sends what waits, oldest first, until each command has its answer; as the app does."""

    network: Network
    waiting: deque[dict[str, Any]]
    batch: int = 5
    answers: dict[str, str] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    sends: int = 0

    def send_all(self, until: float) -> None:
        try:
            self._send_all(until)
        finally:
            self.network.hang_up()

    def _send_all(self, until: float) -> None:
        while self.waiting and time.monotonic() < until:
            batch = [self.waiting[n] for n in range(min(self.batch, len(self.waiting)))]
            self.sends += 1
            try:
                status, answer = self.network.carry(batch)
            except Lost:
                time.sleep(0.05)
                continue
            self.statuses[status] += 1
            if status != 200:
                time.sleep(0.1)
                continue
            for one in answer["answers"]:
                self.answers[one["id"]] = one["outcome"]
            while self.waiting and self.waiting[0]["id"] in self.answers:
                self.waiting.popleft()


def run(phones: Iterable[Phone], seconds: float) -> list[threading.Thread]:
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=phone.send_all, args=(until,)) for phone in phones]
    for thread in threads:
        thread.start()
    return threads


def _iso() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())


def scans(site: str, number: int) -> deque[dict[str, Any]]:
    """People who pass a gate, each by word of mouth."""
    return deque(
        {
            "id": str(new_id()),
            "seq": seq,
            "at": _iso(),
            "kind": "gates.record_scan",
            "body": {
                "scan": str(new_id()),
                "site": site,
                "shift": None,
                "direction": "in",
                "person": None,
                "party": None,
                "plate": "",
                "shown": "word",
                "pass": None,
                "temperature": 36.5,
                "mask": True,
                "verdict": "pass",
                "rule": "all_met",
                "reason": "",
            },
        }
        for seq in range(1, number + 1)
    )
