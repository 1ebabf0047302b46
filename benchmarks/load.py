"""What the benchmarks of phones share: a stage of desks and gates, a server, and phones that send.

The phones are many connections in one process over `epoll`, with requests made beforehand, so that
they cost little of the machine that is measured.
"""

import gc
import json
import os
import random
import select
import socket
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection
from itertools import cycle
from typing import Any
from urllib.parse import quote
from uuid import UUID

HOST = "127.0.0.1"
DISTRICT = "1/2/3/"


@dataclass(slots=True)
class Sent:
    """What came back: seconds of each request, commands by outcome, answers by status."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    took: float = 0.0

    @property
    def accepted(self) -> int:
        return self.outcomes["applied"] + self.outcomes["known"]


_OUTCOMES = ("applied", "known", "refused", "kept")
_MARKS = {name: f'"outcome": "{name}"'.encode() for name in _OUTCOMES}


class _Line:
    """One connection: a request under way, and what has come of its answer."""

    __slots__ = ("answer", "began", "port", "request", "socket", "unsent")

    def __init__(self, port: int) -> None:
        self.port = port
        self.request = b""
        self.connect()

    def connect(self) -> None:
        self.socket = socket.create_connection((HOST, self.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(0)
        self.answer = bytearray()
        self.unsent: memoryview | None = None
        self.began = 0.0

    def send(self, request: bytes, began: float) -> bool:
        """Whether all of it is on its way."""
        self.request, self.began = request, began
        self.unsent = memoryview(request)
        return self.go_on()

    def go_on(self) -> bool:
        while self.unsent:
            try:
                sent = self.socket.send(self.unsent)
            except BlockingIOError:
                return False
            self.unsent = self.unsent[sent:]
        self.unsent = None
        return True

    def read(self) -> tuple[int, bytes] | None:
        """Status and body, once both are here."""
        self.answer += self.socket.recv(1 << 18) or _hung_up()
        head = self.answer.find(b"\r\n\r\n")
        if head < 0:
            return None
        said = bytes(self.answer[:head]).lower()
        at = said.index(b"content-length:") + 15
        length = int(said[at : said.find(b"\r\n", at) if b"\r\n" in said[at:] else None])
        if len(self.answer) < head + 4 + length:
            return None
        body = bytes(self.answer[head + 4 : head + 4 + length])
        del self.answer[: head + 4 + length]
        self.request = b""
        return int(said[9:12]), body


def _hung_up() -> bytes:
    raise ConnectionError("the server hung up")


def request(commands: Sequence[dict[str, Any]], authorization: str) -> bytes:
    """The bytes of one request with these commands."""
    from fangxian.kernel.clock import now

    said = {"sent_at": now().isoformat(), "protocol": 1, "commands": list(commands)}
    body = json.dumps(said).encode()
    head = (
        f"POST /sync/1/commands HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: {authorization}\r\n"
        f"Content-Type: application/json\r\nAccept-Language: zh-CN\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Lines:
    """Many connections to one server, watched together."""

    def __init__(self, port: int, number: int) -> None:
        self.poll = select.epoll()
        self.all: dict[int, _Line] = {}
        for _ in range(number):
            line = _Line(port)
            self.all[line.socket.fileno()] = line
            self.poll.register(line.socket.fileno(), select.EPOLLIN)
        self.under_way = 0

    def send(self, line: _Line, content: bytes, began: float) -> None:
        self.under_way += 1
        if not line.send(content, began):
            self.poll.modify(line.socket.fileno(), select.EPOLLIN | select.EPOLLOUT)

    def answers(self, pause: float) -> Iterator[tuple[_Line, tuple[int, bytes]]]:
        """What has come in whole, waiting so long for something to come."""
        for number, event in self.poll.poll(pause):
            line = self.all[number]
            if event & select.EPOLLOUT:
                if line.go_on():
                    self.poll.modify(number, select.EPOLLIN)
                continue
            try:
                answer = line.read()
            except ConnectionError:
                self._call_again(number)
                continue
            if answer is not None:
                self.under_way -= 1
                yield line, answer

    def _call_again(self, number: int) -> None:
        """The server hangs up on lines that were silent for long; what was under way goes again."""
        line = self.all.pop(number)
        self.poll.unregister(number)
        line.socket.close()
        line.connect()
        self.all[line.socket.fileno()] = line
        self.poll.register(line.socket.fileno(), select.EPOLLIN)
        if line.request and not line.send(line.request, line.began):
            self.poll.modify(line.socket.fileno(), select.EPOLLIN | select.EPOLLOUT)

    def close(self) -> None:
        for line in self.all.values():
            line.socket.close()
        self.poll.close()


def closed_loop(port: int, requests: Iterable[bytes], *, lines: int, seconds: float) -> Sent:
    """So many phones, each sending its next request when the last was answered."""
    waiting = deque(requests)
    found = Sent()
    phones = Lines(port, lines)
    gc.collect()
    began = last = time.perf_counter()
    for line in phones.all.values():
        phones.send(line, waiting.popleft(), time.perf_counter())
    while phones.under_way:
        for line, answer in phones.answers(5):
            last = time.perf_counter()
            _note(found, answer, last - line.began)
            if last < began + seconds and waiting:
                phones.send(line, waiting.popleft(), last)
    found.took = last - began
    phones.close()
    if not waiting:
        raise SystemExit("the phones ran out of things to send; make more")
    return found


def open_loop(port: int, requests: Iterable[bytes], *, times: Iterable[float], lines: int) -> Sent:
    """Requests that come at their times whether or not earlier ones were answered.

    times   seconds after the beginning; a request's own time counts from there, also when no
            connection was free
    """
    found = Sent()
    phones = Lines(port, lines)
    free = deque(phones.all.values())
    due: deque[tuple[float, bytes]] = deque(zip(times, requests, strict=False))
    gc.collect()
    began = time.perf_counter()
    while due or phones.under_way:
        at = time.perf_counter() - began
        while due and due[0][0] <= at and free:
            when, content = due.popleft()
            phones.send(free.popleft(), content, began + when)
        pause = max(0.0, due[0][0] - at) if due and free else 0.5
        for line, answer in phones.answers(pause):
            free.append(line)
            _note(found, answer, time.perf_counter() - line.began)
    found.took = time.perf_counter() - began
    phones.close()
    return found


def _note(found: Sent, answer: tuple[int, bytes], seconds: float) -> None:
    status, body = answer
    found.statuses[status] += 1
    if status == 200:
        found.seconds.append(seconds)
        for name, mark in _MARKS.items():
            if number := body.count(mark):
                found.outcomes[name] += number


# The stage


@dataclass(frozen=True)
class Desk:
    """A phone that is enrolled, and its sampling point."""

    device: UUID
    authorization: str
    actor: Any
    site: UUID


class Stage:
    """A district with people, a round, points and gates, and the phones at them."""

    def __init__(self, *, people: int, desks: int) -> None:
        from fangxian.areas.models import Area, Site
        from fangxian.kernel import vault
        from fangxian.kernel.access import PLAYBOOK
        from fangxian.kernel.clock import now
        from fangxian.kernel.ids import new_id
        from fangxian.people.models import Resident
        from fangxian.protocol.actions import adopt_pack

        area: Any = None
        path = ""
        for level, number in (("province", 1), ("city", 2), ("district", 3), ("subdistrict", 4)):
            path += f"{number}/"
            area = Area.objects.create(
                number=number, level=level, name=f"{level}", path=path, parent=area
            )
        adopt_pack(
            PLAYBOOK,
            "cn-v9",
            area_path=DISTRICT,
            from_at=now() - timedelta(days=7),
            reason="benchmark",
        )
        name = vault.seal("王建国", "name")
        self.people: list[UUID] = []
        for start in range(0, people, 20_000):
            rows = [
                Resident(
                    id=new_id(),
                    number=number + 1,
                    name=name,
                    name_index=number.to_bytes(16),
                    area_path=path,
                )
                for number in range(start, min(people, start + 20_000))
            ]
            Resident.objects.bulk_create(rows)
            self.people += [row.id for row in rows]
        random.Random(7).shuffle(self.people)
        self.path = path
        self.desks = [
            self._desk(n, Site.objects.create(
                number=n + 1, kind="sampling_point", name=f"Point {n}", area=area, area_path=path,
                capacity=4,
            ))
            for n in range(desks)
        ]  # fmt: skip
        self._tubes = self._seq = 0

    def _desk(self, n: int, site: Any) -> Desk:
        from fangxian.kernel.access import Actor, Duty
        from fangxian.kernel.models import Account
        from fangxian.sync import rules
        from fangxian.sync.actions import enrol_device, invite_device

        owner = Account.objects.create(
            username=f"desk{n}",
            display_name=f"Desk {n}",
            area_path=self.path,
            duties=["collect_samples", "guard"],
        )
        chief = Actor(id=owner.id, within="", duties=frozenset(Duty), name="chief")
        _invitation, token = invite_device(chief, owner.id, modes=["desk", "checkpoint"], days=30)
        device, secret = enrol_device(token, pin_set=True)
        proof = f"Device {device.id}.{rules.in_base64(secret)}"
        return Desk(device.id, proof, owner.actor, site.id)

    def gates(self, number: int) -> list[UUID]:
        from fangxian.areas.models import Area, Site

        area = Area.objects.get(path=self.path)
        sites = [
            Site(
                number=50_000 + n, kind="checkpoint", name=f"Gate {n}", area=area,
                area_path=self.path,
            )
            for n in range(number)
        ]  # fmt: skip
        return [site.id for site in Site.objects.bulk_create(sites)]

    def codes(self, number: int) -> list[str]:
        """Signed codes of so many people."""
        from fangxian.people import codes
        from fangxian.people.models import Resident

        pack, until = codes.validity(self.path)
        people = Resident.objects.filter(id__in=self.people[:number])
        drawn = [codes.drawn(one, "card", pack, until) for one in people]
        codes.save_drawn(drawn)
        return list(codes.texts(drawn).values())

    def open_round(self) -> Any:
        from fangxian.kernel.clock import now
        from fangxian.sampling.models import Round

        return Round.objects.create(
            name="round",
            area_path=DISTRICT,
            state="open",
            pack="cn-v9@1",
            people=len(self.people),
            starts_at=now() - timedelta(hours=2),
            deadline=now() + timedelta(hours=24),
            opened_at=now() - timedelta(hours=2),
        )

    def tubes(self, round_: Any, number: int) -> list[tuple[UUID, Desk]]:
        """Open tubes at the desks in turn."""
        from fangxian.kernel.clock import now
        from fangxian.kernel.ids import code, new_id
        from fangxian.sampling.models import Tube

        made = []
        for _ in range(number):
            self._tubes += 1
            desk = self.desks[self._tubes % len(self.desks)]
            tube = Tube(
                id=new_id(),
                number=self._tubes,
                barcode=code("T", self._tubes),
                round=round_,
                site_id=desk.site,
                table=1,
                group="general",
                area_path=self.path,
                capacity=10,
                pack="cn-v9@1",
                opened_at=now() - timedelta(minutes=30),
            )
            made.append((tube, desk))
        Tube.objects.bulk_create([tube for tube, _desk in made], batch_size=5_000)
        return [(tube.id, desk) for tube, desk in made]

    def swabs(self, number: int, *, each: int) -> Iterator[bytes]:
        """Requests with so many swabs each, of people who have not been swabbed in a new round.

        Desks take turns, request by request, and each fills one tube after the other.
        """
        lines = self._lines(number, each)
        people = iter(self.people)

        def swab(desk: Desk) -> dict[str, Any]:
            tube = lines[desk.device].popleft()
            return {"tube": tube, "swab": _id(), "person": {"resident": str(next(people))}}

        return self._requests(number, each, "sampling.add_swab", swab)

    def _lines(self, number: int, each: int) -> dict[UUID, deque[str]]:
        """The tubes of each desk, ten times each: a place for every swab."""
        turns = number // each // len(self.desks) + 1
        tubes = self.tubes(self.open_round(), (turns * each // 10 + 1) * len(self.desks))
        lines: dict[UUID, deque[str]] = {desk.device: deque() for desk in self.desks}
        for tube, desk in tubes:
            lines[desk.device] += [str(tube)] * 10
        return lines

    def scans(
        self, number: int, *, each: int, codes: Sequence[str], gates: Sequence[UUID]
    ) -> Iterator[bytes]:
        """Requests with so many scans each, of people who show their codes at gates in turn."""
        shown = cycle(codes)
        site = {
            desk.device: str(gate) for desk, gate in zip(self.desks, cycle(gates), strict=False)
        }

        def scan(desk: Desk) -> dict[str, Any]:
            return {
                "scan": _id(),
                "site": site[desk.device],
                "shift": None,
                "direction": "in",
                "person": {"code": next(shown)},
                "party": None,
                "plate": "",
                "shown": "code",
                "pass": None,
                "temperature": 36.5,
                "mask": True,
                "verdict": "pass",
                "rule": "all_met",
                "reason": "",
            }

        return self._requests(number, each, "gates.record_scan", scan)

    def _requests(
        self, number: int, each: int, kind: str, body: Callable[[Desk], dict[str, Any]]
    ) -> Iterator[bytes]:
        from fangxian.kernel.clock import now

        desks = cycle(self.desks)
        for _ in range(number // each):
            desk = next(desks)
            batch = []
            for _command in range(each):
                self._seq += 1
                batch.append(
                    {
                        "id": _id(),
                        "seq": self._seq,
                        "at": now().isoformat(),
                        "kind": kind,
                        "body": body(desk),
                    }
                )
            yield request(batch, desk.authorization)


def _id() -> str:
    from fangxian.kernel.ids import new_id

    return str(new_id())


# A server as `fangxian serve` starts it


def address_of(database: str) -> str:
    """DATABASE_URL of a database of the server that the benchmark uses."""
    from django.conf import settings

    host = quote(settings.DATABASES["default"]["HOST"], safe="")
    return f"postgresql://postgres@/{database}?host={host}"


@contextmanager
def serving(database: str, port: int, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """The product on a database, without the jobs that would change what is measured."""
    environment = os.environ | {"DATABASE_URL": address_of(database)} | more
    command = [sys.executable, "-m", "fangxian", "serve", "--no-worker", "--port", str(port)]
    process = subprocess.Popen(command, env=environment)
    try:
        wait_for(port, process)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def wait_for(
    port: int, process: subprocess.Popen[bytes] | None = None, *, most: float = 60
) -> None:
    deadline = time.monotonic() + most
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            break
        link = HTTPConnection(HOST, port, timeout=10)
        try:
            link.request("GET", "/readyz")
            if link.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
        finally:
            link.close()
    raise SystemExit("the server does not start")


# Processor time


def cpu_of(processes: Iterable[int]) -> float:
    """Seconds of processor that these processes have used, from the kernel's accounts."""
    total = 0
    for one in processes:
        try:
            with open(f"/proc/{one}/stat") as file:  # noqa: PTH123 - not a file to speak of
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def family(root: int) -> list[int]:
    """A process and all that come from it."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:  # noqa: PTH123
                    parent = int(file.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(name))
    found = [root]
    for one in found:
        found += children.get(one, [])
    return found
