"""The hour of a burst: 2,300 calls, 72 operators, search and typing.

`hotline.p95_ms`   p95 of the slowest of the operator's screens, as the operator waits for it
`hotline.lost`     calls that were reported and neither ended nor wait; must be 0

A telephone system reports 2,300 calls (the top hour of Zhenhai, 2022) through its door. 72
operators sit at 72 lines; each answers the next call, reads the caller's page, types a question in
steps of two signs into the library or a need into the form, ends the call, and returns to the
queue, which asks anew meanwhile. Six of ten calls end as an answer, three as a request, some of
them with the same words, one as an emergency or a broken line.

The hour is compressed by leaving out the time in which people talk: everything that a machine does
happens, in MINUTES instead of sixty. So calls come that many times faster than they would, and what
is measured is harder than the hour itself. Arguments: residents, calls, minutes.
"""

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles
from urllib.parse import quote, urlencode
from uuid import UUID

from benchmarks.figures import figure, note

PEOPLE, CALLS, MINUTES = 20_000, 2_300, 20.0
AN_HOUR = 2_300
OPERATORS = 72
PORT = 18_521
MOST_MS = 300
HERE = Path(__file__).parent
TYPED = (
    "透析怎么去医院",
    "健康码变黄了",
    "明天做核酸吗",
    "买不到菜",
    "外地回来要报备吗",
    "什么时候解封",
)
NEEDS = ("家里没有降压药了", "三天没有菜了", "孩子的奶粉没有了", "楼道没有消毒", "小区停水了")


def main() -> None:
    numbers = [float(word) for word in sys.argv[1:]]
    people, calls, minutes = (numbers + [PEOPLE, CALLS, MINUTES][len(numbers) :])[:3]
    _load_product()
    place = prepare(int(people))
    server = _serve()
    try:
        hotline = Hotline(place, int(calls), minutes * 60)
        hotline.run()
        _report(hotline, minutes)
    finally:
        server.terminate()
        server.wait(20)


def _report(hotline: "Hotline", minutes: float) -> None:
    from fangxian.requests.models import Call, Request

    pace = hotline.calls / minutes * 60 / AN_HOUR
    note(f"load {os.getloadavg()[0]:.1f}; {pace:.1f} times as fast as the hour")
    p95 = {name: quantiles(t, n=20)[-1] for name, t in hotline.taken.items() if len(t) > 1}
    for name in sorted(p95, key=lambda one: -p95[one]):
        times = sorted(hotline.taken[name])
        note(f"{name:<12}{len(times):>7}{times[len(times) // 2]:>9.0f}{p95[name]:>9.0f} ms")
    for fault, number in hotline.faults.most_common(5):
        note(f"{number} x {fault}")
    states = Counter(Call.objects.values_list("state", flat=True))
    note(f"calls {dict(states)}, requests {Request.objects.count()}; reported {hotline.reported}")
    lost = hotline.reported - Call.objects.filter(id__in=hotline.ids).count()
    said = Call.objects.filter(ending="request").exclude(emergency=True).count()
    lost += hotline.requests - said
    worst = max(p95, key=lambda one: p95[one])
    against = (
        f"{MOST_MS} at most; the slowest of {len(p95)} screens: {worst}; {hotline.ended} ended"
    )
    figure("hotline.p95_ms", p95[worst], "ms", against=against)
    figure("hotline.lost", lost + states["taken"], "calls", against="0")


class Hotline:
    """The telephone system and the operators, and how long each screen took, in milliseconds."""

    def __init__(self, place: "Place", calls: int, seconds: float) -> None:
        self.place, self.calls, self.seconds = place, calls, seconds
        self.taken: dict[str, list[float]] = defaultdict(list)
        self.faults: Counter[str] = Counter()
        self.ids: list[UUID] = []
        self.reported = self.ended = self.requests = 0
        self.over = threading.Event()
        self.waits = False
        self.lock = threading.Lock()

    def run(self) -> None:
        note(f"{self.calls:,} calls in {self.seconds / 60:.0f} min to {OPERATORS} operators")
        threads = [
            threading.Thread(target=self._answer, args=(number, session))
            for number, session in enumerate(self.place.sessions)
        ]
        for thread in threads:
            thread.start()
        self._ring()
        deadline = time.monotonic() + 300
        while self.ended < self.reported and time.monotonic() < deadline:
            time.sleep(0.5)
        self.over.set()
        for thread in threads:
            thread.join()

    def _ring(self) -> None:
        from fangxian.kernel.ids import new_id

        link = HTTPConnection("127.0.0.1", PORT, timeout=60)
        dice = random.Random(1)
        began = time.monotonic()
        for number in range(self.calls):
            wait = began + number * self.seconds / self.calls - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            id_ = new_id()
            body = json.dumps({"id": str(id_), "phone": dice.choice(self.place.phones)})
            head = {
                "Authorization": f"Bearer {self.place.secret}",
                "Content-Type": "application/json",
                "Content-Length": str(len(body.encode())),
            }
            started = time.perf_counter()
            link.request("POST", "/requests/telephone/calls", body, head)
            answer = link.getresponse()
            read = answer.read()
            self._took("door", started)
            if answer.status != 200:
                self.faults[f"door {answer.status} {read[:80]!r}"] += 1
                continue
            self.ids.append(UUID(json.loads(read)["id"]))
            self.reported = len(set(self.ids))
        link.close()

    def _took(self, screen: str, started: float) -> None:
        with self.lock:
            self.taken[screen].append((time.perf_counter() - started) * 1000)

    # An operator

    def _answer(self, number: int, session: str) -> None:
        link = HTTPConnection("127.0.0.1", PORT, timeout=60)
        dice = random.Random(number)
        time.sleep(number * 10 / OPERATORS)
        while not self.over.is_set():
            self._ask(link, session, "queue", "GET", "/requests/hotline")
            if not self.waits:
                self.over.wait(5)  # as the page asks anew
                continue
            where = self._ask(link, session, "next", "POST", "/requests/hotline/next")
            if where is not None and "/calls/" in where:
                self._one_call(link, session, where, dice)
        link.close()

    def _one_call(
        self, link: HTTPConnection, session: str, where: str, dice: random.Random
    ) -> None:
        self._ask(link, session, "call", "GET", where)
        kind = dice.random()
        if kind < 0.6:
            words = dice.choice(TYPED)
            for end in range(2, len(words) + 1, 2):
                query = urlencode({"q": words[:end]})
                self._ask(link, session, "search", "GET", f"{where}/answers?{query}")
            said = {"answer": str(dice.choice(self.place.answers))}
            done = self._ask(link, session, "answer", "POST", f"{where}/answer", said)
        elif kind < 0.9:
            need = dice.choice(NEEDS)
            said = {
                "words": need if dice.random() < 0.5 else f"{need}，{dice.randrange(90)}号",
                "category": dice.choice(["medical", "supplies", "environment", "utilities"]),
                "urgency": dice.choice(["ordinary", "urgent", "very_urgent"]),
                "area": dice.choice(self.place.communities),
            }
            done = self._ask(link, session, "help", "POST", f"{where}/help", said)
            with self.lock:
                self.requests += done is not None
        elif kind < 0.95:
            said = {"what": "life_threatening", "words": "老人摔倒", "area": self.place.district}
            done = self._ask(link, session, "emergency", "POST", f"{where}/emergency", said)
        else:
            said = {"words": "已解释"}
            done = self._ask(link, session, "answer", "POST", f"{where}/answer", said)
        with self.lock:
            self.ended += done is not None

    def _ask(
        self,
        link: HTTPConnection,
        session: str,
        screen: str,
        method: str,
        address: str,
        said: dict[str, str] | None = None,
    ) -> str | None:
        """Where the answer leads, "" for a page; None if it was refused."""
        head = {
            "Cookie": f"sessionid={session}; csrftoken={self.place.csrf}",
            "X-CSRFToken": self.place.csrf,
            "Accept": "text/html",
        }
        body = None
        if method == "POST":
            body = urlencode(said or {})
            head["Content-Type"] = "application/x-www-form-urlencoded"
        started = time.perf_counter()
        link.request(method, address, body, head)
        answer = link.getresponse()
        read = answer.read()
        if screen == "queue":
            self.waits = b'/take"' in read
        if screen == "next" and answer.status == 409:
            return None
        self._took(screen, started)
        if answer.status not in (200, 302):
            with self.lock:
                self.faults[f"{screen} {answer.status}"] += 1
            return None
        return answer.getheader("Location") or ""


class Place:
    """What the operators and the telephone system need to know."""

    def __init__(self) -> None:
        self.district = self.secret = ""
        self.csrf = "a" * 32
        self.sessions: list[str] = []
        self.phones: list[str] = []
        self.communities: list[str] = []
        self.answers: list[UUID] = []


def prepare(people: int) -> Place:
    """A district with residents who have phones, 72 lines with operators, and the library."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from fangxian.areas.models import Area
    from fangxian.exercise import district
    from fangxian.kernel import clock
    from fangxian.kernel.access import PLAYBOOK, Duty
    from fangxian.kernel.models import Account
    from fangxian.people.models import Resident
    from fangxian.protocol.actions import adopt_pack
    from fangxian.protocol.queries import in_force
    from fangxian.requests import actions
    from fangxian.requests.models import Answer
    from fangxian.requests.scripts import shipped_answers

    district.ensure_template(people, fresh=False, say=note)
    district.copy_template(people)
    place = Place()
    where = Area.objects.get(level="district")
    place.district = where.path
    try:
        in_force(clock.now(), where.path)
    except Exception:  # noqa: BLE001 - no pack is in force yet
        adopt_pack(PLAYBOOK, "cn-v9", area_path="", from_at=clock.now(), reason="benchmark")
    actions.set_answers(PLAYBOOK, shipped_answers(), area_path=where.path)
    place.answers = list(Answer.objects.values_list("id", flat=True))
    place.communities = list(
        Area.objects.filter(level="community").values_list("path", flat=True)[:200]
    )
    rows = Resident.objects.filter(phone__isnull=False).order_by("id")[:3000]
    place.phones = [str(one.phone.reveal()) for one in rows]
    _exchange, place.secret = actions.connect_exchange(
        PLAYBOOK, name="呼叫中心", area_path=where.path
    )
    numbers = [f"{n:02d}" for n in range(1, OPERATORS + 1)]
    actions.open_lines(PLAYBOOK, numbers, area_path=where.path)
    for number in range(OPERATORS):
        account = Account.objects.create(
            username=f"operator-{number}",
            display_name=f"话务员{number + 1}",
            area_path=where.path,
            duties=[str(Duty.ANSWER_CALLS)],
        )
        actions.sit_down(account.actor)
        session = SessionStore()
        session[SESSION_KEY] = str(account.pk)
        session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        session[HASH_SESSION_KEY] = account.get_session_auth_hash()
        session["touched"] = int(time.time())
        session.create()
        place.sessions.append(str(session.session_key))
    return place


def _serve() -> "subprocess.Popen[bytes]":
    from django.conf import settings

    database = settings.DATABASES["default"]
    host = quote(database["HOST"], safe="")
    environment = os.environ | {
        "DATABASE_URL": f"postgresql://postgres@/{database['NAME']}?host={host}"
    }
    command = [sys.executable, "-m", "fangxian", "serve", "--no-worker", "--port", str(PORT)]
    server = subprocess.Popen(command, env=environment)
    deadline = time.monotonic() + 120
    while not _ready():
        if time.monotonic() > deadline or server.poll() is not None:
            raise SystemExit("the server does not start")
        time.sleep(0.3)
    return server


def _ready() -> bool:
    link = HTTPConnection("127.0.0.1", PORT, timeout=10)
    try:
        link.request("GET", "/readyz")
        return link.getresponse().status == 200
    except OSError:
        return False
    finally:
        link.close()


def _load_product() -> None:
    os.environ.setdefault("FANGXIAN_HOME", str(HERE.parent / ".data" / "bench"))
    os.environ.setdefault("FANGXIAN_MODE", "demo")
    os.environ.setdefault("FANGXIAN_LOG", "WARNING")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fangxian.settings")
    import django

    from fangxian.kernel import embedded

    embedded.start()
    django.setup()


if __name__ == "__main__":
    main()
