"""How long pages take, with everything in the database that a bad month leaves in it.

`pages.p95_ms`         p95 of the server's own time for the slowest page, at 417,701 residents
`pages.p95_paced_ms`   the same, when each of the ten reads for a second between two pages
`pages.growth`         p95 page by page at 1,000,000 residents against 100,000; the worst page

Each size has a database of its own (made once, then kept) with 1,000 cases, 20,000 contacts,
100,000 orders, 50,000 tubes, 60 risk areas, 20,000 tasks and over 500,000 events, and a server as
`fangxian serve` starts it, without the jobs that would change what is measured. Ten people are
signed in to it and ask for every page by turns, each the next as soon as the last has come, while
a tube is sealed every second, so that the dashboard is counted anew. The servers take turns.
Measured is `Server-Timing`, after a warm-up. Numbers of residents as arguments choose sizes.

Ten who never pause keep both processors busy all the time: `p95_ms` is mostly waiting for the
nine others, five times what a page costs by itself. People read: the second part has the same ten
wait for a second after each page, at the full size only. What a reader waits for is longer than
the server's own time by the wait for a free thread; it is printed beside it, as seen.
"""

import base64
import hashlib
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import defaultdict
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import quote
from uuid import UUID

from benchmarks.figures import figure, note

SMALL, FULL, LARGE = 100_000, 417_701, 1_000_000
ROUNDS = 5
VISITS = 2  # of each page by each person in a round
PACED_ROUNDS, READING = 3, 1.0  # one visit each; seconds between two pages
CASES, RISK_AREAS = 1000, 60
# Four of the district, three of a subdistrict, two of a community, one of a grid.
DEPTHS = (3, 3, 3, 3, 4, 4, 4, 5, 5, 6)
FIRST_PORT = 18_461
HERE = Path(__file__).parent


def main() -> None:
    _load_product()
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()] or [SMALL, FULL, LARGE]
    servers = [Server(people, FIRST_PORT + n) for n, people in enumerate(sizes)]
    try:
        for server in servers:
            server.start()
        for server in servers:
            server.warm_up()
        for turn in range(ROUNDS):
            for server in servers[turn % len(servers) :] + servers[: turn % len(servers)]:
                server.play_a_round()
        for server in servers:
            if server.people == FULL:
                note("the same people, reading for a second between two pages")
                server.play_paced()
    finally:
        for server in servers:
            server.stop()
    _report({server.people: server for server in servers})


def _report(servers: dict[int, "Server"]) -> None:
    note(f"load {os.getloadavg()[0]:.1f}; p95 in ms, by residents")
    p95 = {people: server.p95() for people, server in servers.items()}
    pages = sorted(next(iter(p95.values())), key=lambda page: -max(p[page] for p in p95.values()))
    seen = {people: server.p95(seen=True) for people, server in servers.items()}
    note(f"{'':<22}" + "".join(f"{people:>12,}{'as seen':>9}" for people in p95))
    for page in pages:
        columns = (f"{p95[people][page]:>12.0f}{seen[people][page]:>9.0f}" for people in servers)
        note(f"{page:<22}" + "".join(columns))
    if FULL in servers:
        _figure_of_worst("pages.p95_ms", p95[FULL])
        paced, paced_seen = servers[FULL].p95_paced(), servers[FULL].p95_paced(seen=True)
        note(
            "paced, and as seen: "
            + ", ".join(
                f"{page} {paced[page]:.0f} {paced_seen[page]:.0f}"
                for page in sorted(paced, key=lambda page: -paced[page])
            )
        )
        _figure_of_worst("pages.p95_paced_ms", paced)
    if SMALL in servers and LARGE in servers:
        growth = {page: _growth(servers[LARGE], servers[SMALL], page) for page in pages}
        worst = max(growth, key=lambda page: growth[page])
        note(", ".join(f"{page} {times:.2f}" for page, times in growth.items()))
        figure(
            "pages.growth",
            growth[worst],
            "times",
            against=f"the same at {SMALL:,} residents; 1.5 at most; most: {worst}",
        )


def _figure_of_worst(name: str, p95: dict[str, float]) -> None:
    worst = max(p95, key=lambda page: p95[page])
    against = f"150 at most; the slowest of {len(p95)} pages: {worst}"
    figure(name, p95[worst], "ms", against=against)


def _growth(large: "Server", small: "Server", page: str) -> float:
    pairs = zip(large.rounds, small.rounds, strict=True)
    return median(_p95(one[page]) / _p95(other[page]) for one, other in pairs)


def _p95(times: list[tuple[float, float]], *, seen: bool = False) -> float:
    return quantiles([one[seen] for one in times], n=20, method="inclusive")[-1]


# A server and the people before it


Taken = dict[str, list[tuple[float, float]]]


class Server:
    """One size: its database, its processes, what was asked of them and how long it took."""

    def __init__(self, people: int, port: int) -> None:
        self.people, self.port = people, port
        self.name = f"bench_pages_{people}"
        self.users: list[User] = []
        # By page: milliseconds of the server itself, and as its reader saw it.
        self.rounds: list[Taken] = []
        self.paced: Taken = defaultdict(list)

    def start(self) -> None:
        from django.conf import settings

        from fangxian.exercise.scene import EVENING
        from fangxian.kernel import clock

        ensure_database(self.name, self.people)
        self.users = sign_in()
        host = quote(settings.DATABASES["default"]["HOST"], safe="")
        offset = (EVENING - clock.now()).total_seconds()
        environment = os.environ | {
            "DATABASE_URL": f"postgresql://postgres@/{self.name}?host={host}",
            "FANGXIAN_CLOCK_OFFSET": str(offset),
        }
        command = [sys.executable, "-m", "fangxian", "serve", "--no-worker", "--port"]
        self.process = subprocess.Popen([*command, str(self.port)], env=environment)
        deadline = time.monotonic() + 60
        while not self._ready():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit("the server does not start")
            time.sleep(0.3)

    def _ready(self) -> bool:
        link = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            link.request("GET", "/readyz")
            return link.getresponse().status == 200
        except OSError:
            return False
        finally:
            link.close()

    def stop(self) -> None:
        if process := getattr(self, "process", None):
            process.terminate()
            process.wait(20)

    def warm_up(self) -> None:
        """Every page by everybody: both processes have loaded everything, also the database."""
        note(f"{self.people:,} residents: warming up")
        self._ask_everything()

    def play_a_round(self) -> None:
        self.rounds.append(self._ask_everything(len(self.rounds)))

    def play_paced(self) -> None:
        for turn in range(PACED_ROUNDS):
            for page, times in self._ask_everything(turn, visits=1, reading=READING).items():
                self.paced[page] += times

    def _ask_everything(self, turn: int = 0, *, visits: int = VISITS, reading: float = 0) -> Taken:
        taken: Taken = defaultdict(list)
        over = threading.Event()
        happening = threading.Thread(target=go_on, args=(self.name, over))
        threads = [
            threading.Thread(target=user.ask, args=(self.port, turn, visits, reading, taken))
            for user in self.users
        ]
        for thread in [happening, *threads]:
            thread.start()
        for thread in threads:
            thread.join()
        over.set()
        happening.join()
        if faults := [fault for user in self.users for fault in user.faults]:
            raise SystemExit("\n".join(faults[:5]))
        return taken

    def p95(self, *, seen: bool = False) -> dict[str, float]:
        """Median over the rounds."""
        pages = self.rounds[0]
        return {page: median(_p95(r[page], seen=seen) for r in self.rounds) for page in pages}

    def p95_paced(self, *, seen: bool = False) -> dict[str, float]:
        """Of all rounds together."""
        return {page: _p95(times, seen=seen) for page, times in self.paced.items()}


class User:
    """Somebody signed in, with the addresses that they ask for by turns."""

    def __init__(self, number: int, session: str, pages: dict[str, list[str]]) -> None:
        self.number, self.session, self.pages = number, session, pages
        self.faults: list[str] = []

    def ask(self, port: int, turn: int, visits: int, reading: float, taken: Taken) -> None:
        link = HTTPConnection("127.0.0.1", port, timeout=60)
        names = list(self.pages)
        begin = self.number * len(names) // len(DEPTHS)
        time.sleep(self.number / len(DEPTHS) * reading)
        for visit in range(visits):
            for name in names[begin:] + names[:begin]:
                addresses = self.pages[name]
                address = addresses[(turn * visits + visit) % len(addresses)]
                asked = time.perf_counter()
                link.request("GET", address, headers={"Cookie": f"sessionid={self.session}"})
                response = link.getresponse()
                response.read()
                seen = (time.perf_counter() - asked) * 1000
                if response.status != 200:
                    self.faults.append(f"{name} {address}: {response.status}")
                    continue
                timing = response.getheader("Server-Timing") or ""
                taken[name].append((float(timing.partition("dur=")[2]), seen))
                time.sleep(reading)
        link.close()


def go_on(database: str, over: threading.Event) -> None:
    """The epidemic does not wait for the readers: every second a tube is sealed somewhere."""
    import psycopg
    from django.conf import settings

    host = settings.DATABASES["default"]["HOST"]
    with psycopg.connect(host=host, user="postgres", dbname=database, autocommit=True) as link:
        while not over.wait(1):
            link.execute(
                "INSERT INTO kernel_event (id, kind, subject_id, area_path, actor_id, because_id,"
                " pack, at, facts, exercise) SELECT gen_random_uuid(), kind, subject_id, area_path,"
                " actor_id, because_id, pack, at, facts, true FROM kernel_event"
                " WHERE kind = 'sampling.tube_sealed' LIMIT 1"
            )


# Who asks for what


def sign_in() -> list[User]:
    """Ten sessions in the database at hand, each with a page's worth of things in their area."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from fangxian.kernel.models import Account

    users = []
    for number in range(len(DEPTHS)):
        account = Account.objects.get(username=f"bench-{number}")
        session = SessionStore()
        session[SESSION_KEY] = str(account.pk)
        session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        session[HASH_SESSION_KEY] = account.get_session_auth_hash()
        session["touched"] = int(time.time())
        session.create()
        users.append(User(number, str(session.session_key), pages_for(account.actor)))
    return users


def pages_for(viewer: Any) -> dict[str, list[str]]:
    """The addresses of every page, with things spread over the viewer's area."""
    from django.urls import NoReverseMatch, reverse

    from fangxian.cases.models import Case
    from fangxian.dispatch.models import Task
    from fangxian.kernel.models import Event
    from fangxian.measures.models import Order, RiskArea
    from fangxian.people.models import Resident
    from fangxian.sampling.models import Round, Tube

    dice = random.Random(viewer.within)
    here = {"area_path__startswith": viewer.within}
    cases = _some(Case.objects.filter(**here), dice) or _some(Case.objects.all(), dice)
    residents = _some(Resident.objects.filter(**here), dice)
    orders = _some(Order.objects.filter(**here), dice)
    known = [case.resident_id for case in cases if viewer.sees(case.area_path)]
    risk_areas = [area for area in RiskArea.objects.order_by("id") if viewer.sees(area.area_path)]
    under_way = Round.objects.get(state="open")
    last_event = Event.objects.filter(**here).order_by("-seq")[200:201].first()
    addresses: dict[str, list[tuple[str, list[Any], str]]] = {
        "dashboard": [("dashboard", [], "")],
        "live": [("live", [], "?v=0")],
        "residents": [("people:list", [], "")],
        "residents, far down": [("people:list", [], _far(residents, "area_path", "id"))],
        "person": [("person", [one], "") for one in [*known, *(r.id for r in residents)]],
        "who looked": [("who_looked", [one], "") for one in known],
        "tubes": [("sampling:tubes", [], "")],
        "tubes, reported": [("sampling:tubes", [], "?show=reported")],
        "tubes, disputed": [("sampling:tubes", [], "?show=disputed")],
        "tube": [
            ("sampling:tube", [tube.id], "") for tube in _some(Tube.objects.filter(**here), dice)
        ],
        "cases": [("cases:list", [], "")],
        "case": [("cases:case", [case.id], "") for case in cases if viewer.sees(case.area_path)],
        "orders": [("measures:orders", [], "")],
        "orders, far down": [("measures:orders", [], _far(orders, "issued_at", "id"))],
        "orders, in force": [("measures:orders", [], "?state=in_force")],
        "order": [("measures:order", [order.id], "") for order in orders],
        "risk areas": [("measures:risk_areas", [], "")],
        "risk area": [("measures:risk_area", [area.id], "") for area in risk_areas],
        "exits": [("measures:exits", [], "")],
        "my tasks": [("dispatch:mine", [], "")],
        "board": [("dispatch:board", [], "")],
        "task": [
            ("dispatch:task", [task.id], "") for task in _some(Task.objects.filter(**here), dice)
        ],
        "rounds": [("sampling:rounds", [], "")],
        "round": [("sampling:round", [under_way.id], "")],
        "areas": [("areas:tree", [], "")],
        "map": [("areas:map_grids", [], "")],
        "ledger": [("ledger", [], "")],
        "ledger, far down": [("ledger", [], _far([last_event], "seq") if last_event else "")],
        "ledger, one kind": [("ledger", [], "?kind=cases.case_reported")],
        "why": [("why", [order.id], "") for order in orders],
    }
    pages: dict[str, list[str]] = {}
    for name, wanted in addresses.items():
        try:
            found = [reverse(view, args=args) + query for view, args, query in wanted]
        except NoReverseMatch:
            note(f"{name}: there is no such page yet")
            continue
        if found:
            pages[name] = found
    return pages


def _some(rows: Any, dice: random.Random) -> list[Any]:
    """Ten rows spread over all, by id."""
    found: list[UUID] = list(rows.order_by("id").values_list("id", flat=True))
    return list(rows.filter(id__in=dice.sample(found, min(10, len(found)))).order_by("id"))


def _far(rows: list[Any], *columns: str) -> str:
    """The mark of a page after the last of these rows, as the pager makes it."""
    if not rows:
        return ""
    row = sorted(rows, key=lambda one: getattr(one, columns[0]))[len(rows) // 2]
    plain = [str(getattr(row, column)) for column in columns]
    mark = base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")
    return f"?mark=%3E{mark}"


# The databases


def _load_product() -> None:
    os.environ.setdefault("FANGXIAN_HOME", str(HERE.parent / ".data" / "bench"))
    os.environ.setdefault("FANGXIAN_MODE", "demo")
    os.environ.setdefault("FANGXIAN_LOG", "WARNING")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fangxian.settings")
    import django

    from fangxian.kernel import embedded

    embedded.start()
    django.setup()


def ensure_database(name: str, people: int) -> None:
    """Work in the database of this name; fill it, unless it was filled by these same files."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from fangxian.kernel import embedded, ledger, vault

    database = settings.DATABASES["default"]
    connection.close()
    connection.settings_dict["NAME"] = database["NAME"] = name
    vault.forget_keys()
    made_by = _fingerprint()
    created = embedded.create_database(database)
    if not created and _note_on_database() == made_by:
        ledger.seal_all()
        return
    note(f"{people:,} residents: filling the database, once")
    connection.close()
    if not created:
        connection.settings_dict["NAME"] = "postgres"
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        connection.close()
        connection.settings_dict["NAME"] = name
        embedded.create_database(database)
    call_command("migrate", verbosity=0, interactive=False)
    vault.ensure_keys()
    fill(people)
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON DATABASE \"{name}\" IS '{made_by}'")


def _fingerprint() -> str:
    """Of everything that decides what is in the database."""
    source = HERE.parent / "src" / "fangxian"
    files = [HERE / "pages.sql", *sorted(source.glob("*/migrations/*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:32]


def _note_on_database() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
            " WHERE datname = current_database()"
        )
        return cursor.fetchone()[0] or ""


def fill(people: int) -> None:
    from django.db import connection

    from fangxian.areas.queries import area_by_code
    from fangxian.exercise import district
    from fangxian.exercise.cast import BUILDER
    from fangxian.exercise.day import AT_HAND
    from fangxian.exercise.scene import DISTRICT, EVENING, RULES_FROM
    from fangxian.kernel import clock, ledger
    from fangxian.protocol.actions import adopt_pack
    from fangxian.sampling.actions import open_round, plan_round

    started = time.monotonic()

    def say(text: str) -> None:
        note(f"[{time.monotonic() - started:5.0f} s] {text}")

    with clock.playing(RULES_FROM) as hands:
        district.build(people, say)
        place = area_by_code(BUILDER, DISTRICT).path
        adopt_pack(BUILDER, "cn-v9", area_path=place, from_at=RULES_FROM, reason="benchmark")
        hands.to(EVENING - timedelta(hours=15, minutes=30))
        accounts(place)
        earlier_rounds(place)
        round_ = plan_round(BUILDER, area_path=place, starts_at=clock.now(), resources=AT_HAND)
        open_round(BUILDER, round_.id)
        hands.to(EVENING - timedelta(minutes=5))
        say("an outbreak of thirty days")
        outbreak(round_.id, EVENING)
        say("risk areas")
        risk_areas()
    say("seals and statistics")
    ledger.seal_all()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    say("filled")


def accounts(place: str) -> None:
    """The ten who ask, and a grid worker for every grid."""
    from fangxian.areas.models import Area
    from fangxian.kernel.access import Duty
    from fangxian.kernel.models import Account
    from fangxian.people.models import Resident

    home = Resident.objects.order_by("area_path", "id").values_list("area_path", flat=True)
    everywhere = home.count()
    rows = []
    for number, depth in enumerate(DEPTHS):
        # Most of what happens, happens where the register begins.
        steps = home[number * everywhere // 80].split("/")
        rows.append(
            Account(
                username=f"bench-{number}",
                display_name=f"bench {number}",
                area_path="/".join(steps[:depth]) + "/",
                duties=[str(duty) for duty in Duty],
                demo=True,
            )
        )
    rows += [
        Account(
            username=f"grid-{grid.number}",
            display_name=grid.name,
            area_path=grid.path,
            duties=["carry_out", "see_register"],
            demo=True,
        )
        for grid in Area.objects.filter(level="grid", path__startswith=place)
    ]
    for row in rows:
        row.set_unusable_password()
    Account.objects.bulk_create(rows)


def earlier_rounds(place: str) -> None:
    from fangxian.exercise.scene import EVENING
    from fangxian.sampling.models import Round

    begun = [EVENING - timedelta(days=21 - number) for number in range(19)]
    Round.objects.bulk_create(
        Round(
            name=f"earlier {number}",
            area_path=place,
            state="closed",
            pack="cn-v9@1",
            people=400_000,
            starts_at=at,
            deadline=at + timedelta(hours=12),
            opened_at=at,
            closed_at=at + timedelta(hours=13),
        )
        for number, at in enumerate(begun, start=1)
    )


def outbreak(open_round: UUID, moment: Any) -> None:
    """Everything that pages.sql makes."""
    from django.db import connection, transaction

    from fangxian.kernel.access import PLAYBOOK
    from fangxian.kernel.ids import code

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE codes (number int PRIMARY KEY, signs text) ON COMMIT DROP"
        )
        with cursor.copy("COPY codes FROM STDIN") as copy:
            for number in range(1, 100_001):
                copy.write_row((number, code("", number)))
        cursor.execute(
            "CREATE TEMP TABLE said ON COMMIT DROP AS SELECT %s::timestamptz AS moment,"
            " 'cn-v9@1' AS pack, %s::uuid AS open_round, %s::uuid AS playbook",
            [moment, open_round, PLAYBOOK.id],
        )
        # References are right by the way they are made: looking up each would take minutes.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute((HERE / "pages.sql").read_text(encoding="utf-8"))


def risk_areas() -> None:
    """Around the latest cases, as the rules make them."""
    from fangxian.areas.queries import enclosing
    from fangxian.cases.models import Case
    from fangxian.exercise.cast import BUILDER
    from fangxian.kernel.models import Event
    from fangxian.measures.actions import (
        approve_risk_area,
        lift_risk_area,
        propose_risk_area,
    )

    made: set[UUID] = set()
    for case in Case.objects.order_by("-number").iterator():
        if len(made) == RISK_AREAS:
            break
        area = propose_risk_area(
            BUILDER,
            places=enclosing(BUILDER, case.area_path, ("unit", "compound")[len(made) % 2]),
            unit=("unit", "compound")[len(made) % 2],
            level=("high", "medium")[len(made) % 2],
            about_id=case.id,
            because=Event.objects.get(subject_id=case.id, kind="cases.case_reported"),
            reason="benchmark",
        )
        if area.id in made:
            continue
        made.add(area.id)
        if len(made) % 12 == 0:
            continue  # waits for a decision
        if area.state == "proposed":
            approve_risk_area(BUILDER, area.id)
        if len(made) % 5 == 0:
            lift_risk_area(BUILDER, area.id, reason="benchmark")


if __name__ == "__main__":
    main()
