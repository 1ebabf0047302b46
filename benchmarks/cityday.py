"""A day on which a whole city is tested: what happens in the minute when everybody comes at once.

`cityday.lost`     swabs taken by phones and not stored in the end; 0
`cityday.errors`   answers of 500 and above; 0
`cityday.p99_ms`   time to the answer of requests that were accepted
`cityday.drained_s`  after the burst, until no more waits on phones than in ordinary minutes

Ten million people in ten hours are 278 swabs a second; for one minute ten times as many come.
Desks send tube by tube: opened, ten swabs, sealed; twelve commands, and several tubes at once when
they had to wait. Phones behave as the app does: who is told “later” (429) waits as long as asked
and sends more the next time. Every rule of the desk holds, every answer is a durable commit.

The machine that runs this is no city's. So it first measures how many swabs a second the machine
takes in, and plays the share of the city whose burst is 1.2 times that: a burst that cannot be
served at once, on purpose. The share is printed; the day's hours are left out, its worst minute is
played in full, with a little before it and what follows.

At the end stand, for a million people a day, as measured here: processor time and the cores it
keeps busy on average and in the burst, bytes of tables with their indexes, bytes of WAL.
"""

import json
import os
import random
import time
from collections import deque
from collections.abc import Iterator
from statistics import quantiles
from typing import Any

from benchmarks import load
from benchmarks.figures import figure, note, own_database

CITY, HOURS, BURST = 10_000_000, 10, 10
AVERAGE = CITY / HOURS / 3600
"""Swabs a second."""

BEFORE, DURING, AFTER = 20.0, 60.0, 120.0  # seconds; "after" ends as soon as all is quiet
OVER = 1.2  # the burst, as multiple of what the machine takes in
DESKS = 192
MOST_TUBES = 8  # in one request: what a phone that had to wait sends at once
PORT = 18_572


class Phone:
    """A desk's phone: tubes that wait to be sent, and since when it may try."""

    def __init__(self, desk: load.Desk) -> None:
        self.desk = desk
        self.waiting: deque[list[dict[str, Any]]] = deque()
        self.sent: list[list[dict[str, Any]]] = []
        self.not_before = 0.0
        self.seq = 0


class City:
    """People who come, tubes that fill, and what has been heard of them."""

    def __init__(self, stage: load.Stage) -> None:
        self.stage = stage
        self.round = str(stage.open_round().id)
        self.people: Iterator[Any] = iter(stage.people)
        self.phones = [Phone(desk) for desk in stage.desks]
        self.tubes = 1_000_000
        self.swabs = 0
        self.seconds: list[float] = []
        self.statuses: dict[int, int] = {}
        self.refused = 0
        self.chance = random.Random(2022)

    def a_tube_fills(self, phone: Phone) -> None:
        from fangxian.kernel.clock import now
        from fangxian.kernel.ids import code, new_id

        self.tubes += 1
        tube, at = str(new_id()), now().isoformat()
        bodies: list[tuple[str, dict[str, Any]]] = [
            (
                "sampling.open_tube",
                {
                    "tube": tube,
                    "barcode": code("T", self.tubes),
                    "site": str(phone.desk.site),
                    "table": 1,
                    "round": self.round,
                    "group": "general",
                    "purpose": "round",
                },
            )
        ]
        for _ in range(10):
            person = {"resident": str(next(self.people))}
            swab = {"tube": tube, "swab": str(new_id()), "person": person}
            bodies.append(("sampling.add_swab", swab))
        bodies.append(("sampling.seal_tube", {"tube": tube, "swabs": 10}))
        commands = []
        for kind, body in bodies:
            phone.seq += 1
            commands.append(
                {"id": str(new_id()), "seq": phone.seq, "at": at, "kind": kind, "body": body}
            )
        phone.waiting.append(commands)
        self.swabs += 10

    @property
    def backlog(self) -> int:
        """Tubes that wait on phones."""
        return sum(len(phone.waiting) + len(phone.sent) for phone in self.phones)

    def heard(self, phone: Phone, answer: tuple[int, bytes], seconds: float) -> None:
        status, body = answer
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if status == 200:
            self.seconds.append(seconds)
            self.refused += body.count(b'"outcome": "refused"') + body.count(b'"outcome": "kept"')
        else:
            phone.waiting.extendleft(reversed(phone.sent))
            pause = json.loads(body).get("facts", {}).get("retry_after", 1)
            phone.not_before = time.perf_counter() + float(pause)
        phone.sent = []


def play(city: City, rate: float, *, burst: float, quiet: int) -> float:
    """The worst minute and what surrounds it; seconds until all was quiet again."""
    lines = load.Lines(PORT, len(city.phones))
    of_line = dict(zip(lines.all.values(), city.phones, strict=True))
    free = dict.fromkeys(lines.all.values())
    began = time.perf_counter()
    due = 0.0
    drained = 0.0
    while True:
        at = time.perf_counter() - began
        if at > BEFORE + DURING and (city.backlog <= quiet or at > BEFORE + DURING + AFTER):
            drained = at - BEFORE - DURING
            break
        while due <= at:
            city.a_tube_fills(city.chance.choice(city.phones))
            in_burst = BEFORE <= due < BEFORE + DURING
            due += city.chance.expovariate((burst if in_burst else rate) / 10)
        _send(city, lines, of_line, free)
        for line, answer in lines.answers(min(0.05, max(0.0, due - at))):
            free[line] = None
            city.heard(of_line[line], answer, time.perf_counter() - line.began)
    while city.backlog:
        _send(city, lines, of_line, free)
        for line, answer in lines.answers(0.05):
            free[line] = None
            city.heard(of_line[line], answer, time.perf_counter() - line.began)
    lines.close()
    return drained


def _send(city: City, lines: Any, of_line: dict[Any, Phone], free: dict[Any, None]) -> None:
    at = time.perf_counter()
    for line in list(free):
        phone = of_line[line]
        if phone.waiting and phone.not_before <= at:
            del free[line]
            number = min(MOST_TUBES, len(phone.waiting))
            phone.sent = [phone.waiting.popleft() for _ in range(number)]
            commands = [command for tube in phone.sent for command in tube]
            lines.send(line, load.request(commands, phone.desk.authorization), at)


def capacity(city: City) -> float:
    """Swabs a second that the machine takes in when phones have several tubes to send."""
    made = []
    for turn in range(8 * DESKS):
        phone = city.phones[turn % len(city.phones)]
        for _ in range(4):
            city.a_tube_fills(phone)
        commands = [command for tube in phone.waiting for command in tube]
        phone.waiting.clear()
        made.append(load.request(commands, phone.desk.authorization))
    found = load.closed_loop(PORT, made, lines=8, seconds=8)
    if found.outcomes["refused"] or found.outcomes["kept"]:
        raise SystemExit(f"refused: {dict(found.outcomes)}")
    return found.outcomes["applied"] / 12 * 10 / found.took


def main() -> None:
    own_database("cityday")
    from django.db import connection

    name = connection.settings_dict["NAME"]
    note("setting the stage")
    stage = load.Stage(people=int(os.environ.get("PEOPLE", "150000")), desks=DESKS)
    with load.serving(name, PORT) as server:
        first = City(stage)
        able = capacity(first)
        share = min(1.0, able * OVER / (AVERAGE * BURST))
        # No more people come in the worst minute than were made.
        share = min(share, 0.8 * len(stage.people) / (AVERAGE * BURST * DURING))
        note(
            f"{able:,.0f} swabs/s on {os.cpu_count()} cores at load {os.getloadavg()[0]:.1f};"
            f" playing {share:.3f} of the city: {AVERAGE * share:,.0f}/s,"
            f" then {AVERAGE * BURST * share:,.0f}/s"
        )
        city = City(stage)  # of another round, so the same people come again
        city.tubes = first.tubes
        before = _used(server.pid, name)
        drained = play(
            city,
            AVERAGE * share,
            burst=AVERAGE * BURST * share,
            quiet=max(5, round(AVERAGE * share / 10 * 2)),
        )
        used = [b - a for a, b in zip(before, _used(server.pid, name), strict=True)]
        stored = _stored(city.round)
    note(f"{city.swabs:,} swabs, answers {city.statuses}, load {os.getloadavg()[0]:.1f}")
    _say_per_million(used, city.swabs)
    errors = sum(number for status, number in city.statuses.items() if status >= 500)
    whole = f"{share:.3f} of a city of {CITY:,} on {os.cpu_count()} cores"
    figure("cityday.lost", city.swabs - stored + city.refused, "swabs", against=f"0; {whole}")
    figure("cityday.errors", errors, "answers", against=f"0; {whole}")
    p99 = quantiles(city.seconds, n=100)[98] * 1000
    figure("cityday.p99_ms", p99, "ms", against=f"1000 at most; {whole}")
    figure("cityday.drained_s", drained, "s", against=f"120 at most; {whole}")


def _used(server: int, name: str) -> tuple[float, float, float, float]:
    """Seconds of processor of the server and of PostgreSQL, bytes of tables and of WAL."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        backends = [pid for (pid,) in cursor.fetchall()]
        cursor.execute(
            "SELECT sum(pg_total_relation_size(c.oid)),"
            " pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"
            " FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        tables, wal = cursor.fetchone()
    return load.cpu_of(load.family(server)), load.cpu_of(backends), float(tables), float(wal)


def _say_per_million(used: list[float], swabs: int) -> None:
    server, postgres, tables, wal = (one / swabs * 1e6 for one in used)
    cores = (server + postgres) / (HOURS * 3600)
    note(
        f"a million people a day: {server + postgres:,.0f} s of processor"
        f" ({server:,.0f} server, {postgres:,.0f} PostgreSQL);"
        f" {cores:.2f} cores on average, {cores * BURST:.1f} in the burst;"
        f" {tables / 1e9:.2f} GB of tables, {wal / 1e9:.2f} GB of WAL"
    )


def _stored(round_id: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM sampling_swab s JOIN sampling_tube t ON t.id = s.tube_id"
            " WHERE t.round_id = %s AND t.state = 'sealed'",
            [round_id],
        )
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    main()
