"""What the phone app weighs, how fast it starts, and a whole shift at a desk without a network.

`phone.load_kb`           compressed bytes of the first load, beside the decoder
`phone.offline_start_ms`  from opening the app without a network until the PIN can be typed
`phone.verify_ms`         p95 of verifying a signed code that was not seen before, in the browser
`phone.queue_ratio`       time of a desk's step with over 2,000 commands waiting, to that with few
`phone.shift_lost`        1,800 persons in 180 tubes without a network, reloaded in mid-tube, synced
                          at the end: persons not in the tube they were put into, or there twice

A real browser, the product as it is served, and a database of its own with 4,000 residents. What
the phone adds for the eye (sheets, verdicts) is part of a step.
"""

import gzip
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import quote

from benchmarks.figures import figure, note

PEOPLE = 4_000
PERSONS, CAPACITY = 1_800, 10
STARTS, VERIFIED, STEPS = 9, 300, 100
PIN = "482913"
HERE = Path(__file__).parents[1]
NAME = "bench_phone"


def main() -> None:
    field = _stage()
    with _server() as address:
        _weigh(address)
        with _browser() as browser:
            _work(browser, address, field)
        # Django asks nothing of a database while a browser is being driven.
        lost = _lost(field["people"], field["labels"])
        figure("phone.shift_lost", lost, "persons", against=f"{PERSONS:,} taken; 0")


def _work(browser: Any, address: str, field: dict[str, Any]) -> None:
    context = browser.new_context(base_url=address, viewport={"width": 360, "height": 740})
    context.set_default_timeout(60_000)
    page = context.new_page()
    _enrol(page, field["invitation"])
    _begin_shift(page, field["point"])
    _wait_for_worker(page)
    context.set_offline(True)
    _start_offline(page)
    _verify(page, field)
    _play(page, context, field)
    context.close()


# What there is


def _stage() -> dict[str, Any]:
    """A district with a round under way, a sampler to be enrolled, labels and everybody's codes."""
    os.environ.setdefault("FANGXIAN_HOME", str(HERE / ".data" / "bench"))
    os.environ.setdefault("FANGXIAN_MODE", "demo")
    os.environ.setdefault("FANGXIAN_LOG", "ERROR")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fangxian.settings")
    import django
    from django.conf import settings

    from fangxian.kernel import embedded

    embedded.start()
    settings.DATABASES["default"]["NAME"] = NAME
    django.setup()
    from django.utils import translation

    from fangxian.exercise import district

    note(f"{PEOPLE:,} residents, {PERSONS:,} codes")
    with translation.override("zh-hans"):
        district.ensure_template(PEOPLE, fresh=True, say=note)
        district.copy_template(PEOPLE)
        return _fill()


def _fill() -> dict[str, Any]:
    from datetime import time as day_time
    from datetime import timedelta

    from fangxian.areas.queries import area_by_code, sites_of_kind
    from fangxian.exercise.cast import BUILDER
    from fangxian.kernel import clock, signing
    from fangxian.kernel.access import Duty
    from fangxian.kernel.ids import code
    from fangxian.kernel.models import Account
    from fangxian.people.actions import issue_code
    from fangxian.people.codes import texts
    from fangxian.people.queries import residents_in
    from fangxian.protocol.actions import adopt_pack
    from fangxian.sampling.actions import open_round, plan_round, print_labels
    from fangxian.sampling.planning import Resources
    from fangxian.sync.actions import invite_device

    place = area_by_code(BUILDER, "630105").path
    adopt_pack(BUILDER, "cn-v9", area_path=place, from_at=clock.now(), reason="benchmark")
    sampler = Account(
        username="bench-sampler",
        display_name="韩雪",
        area_path=place,
        duties=[str(Duty.COLLECT_SAMPLES)],
        demo=True,
    )
    sampler.set_unusable_password()
    sampler.save()
    midnight = day_time(0)
    resources = Resources(medics=360, leads=85, others=2900, opens=midnight, closes=midnight)
    round_ = plan_round(
        BUILDER, area_path=place, starts_at=clock.now() + timedelta(seconds=1), resources=resources
    )
    time.sleep(1)
    open_round(BUILDER, round_.id)
    people = residents_in(BUILDER, place).order_by("id")[:PERSONS]
    codes = [issue_code(BUILDER, one.id) for one in people]
    told = texts(codes)
    labels = print_labels(BUILDER, kind="T", count=PERSONS // CAPACITY)
    return {
        "people": [told[one.id] for one in codes],
        "keys": signing.trust_document(),
        "labels": [code("T", number) for number in range(labels.first, labels.last + 1)],
        "point": next(iter(sites_of_kind(BUILDER, "sampling_point", below=place))).name,
        "invitation": invite_device(BUILDER, sampler.id, modes=["desk"], days=2)[1],
    }


@contextmanager
def _server() -> Iterator[str]:
    from django.conf import settings

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    host = quote(settings.DATABASES["default"]["HOST"], safe="")
    command = [sys.executable, "-m", "fangxian", "serve", "--no-worker", f"--port={port}"]
    url = f"postgresql://postgres@/{NAME}?host={host}"
    server = subprocess.Popen(command, env=os.environ | {"DATABASE_URL": url}, stdout=sys.stderr)
    try:
        for _ in range(600):
            if _answers(f"http://127.0.0.1:{port}/readyz"):
                break
            if server.poll() is not None:
                raise SystemExit("the server does not start")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own address
            return True
    except OSError:
        return False


@contextmanager
def _browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        chromium = player.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--lang=zh-CN"]
        )
        yield chromium
        chromium.close()


# Weight and speed


def _weigh(address: str) -> None:
    """Everything the service worker fetches, as gzip -6 sends it."""
    worker = _get(f"{address}/field/sw.js").decode()
    files = json.loads(worker.partition("FILES=")[2].partition(";\n")[0])
    sizes = {"/field/sw.js": len(gzip.compress(worker.encode(), 6))}
    for path, _digest in files:
        content = _get(address + path)
        packed = path.endswith(".png")
        sizes[path] = len(content) if packed else len(gzip.compress(content, 6))
    decoder = sum(size for path, size in sizes.items() if ".wasm" in path)
    note(f"{len(sizes)} files; the decoder {decoder / 1024:.0f} KB")
    total = (sum(sizes.values()) - decoder) / 1024
    figure("phone.load_kb", total, "KB", against="400 at most, beside the decoder")


def _get(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own address
        content: bytes = answer.read()
        return content


def _start_offline(page: Any) -> None:
    """Not what unlocking takes: a PIN is made slow to try on purpose."""
    page.add_init_script(
        """new MutationObserver((_, me) => {
          if (document.querySelector(".pin")) { window.shown = performance.now(); me.disconnect(); }
        }).observe(document, { childList: true, subtree: true });"""
    )
    taken = []
    for _ in range(STARTS):
        page.goto("/field/")
        taken.append(page.wait_for_function("() => window.shown").json_value())
    note("offline starts: " + ", ".join(f"{one:.0f}" for one in taken))
    figure("phone.offline_start_ms", median(taken[1:]), "ms", against="1,000 at most")
    _unlock(page)


def _verify(page: Any, field: dict[str, Any]) -> None:
    """The app's own reader, built alone, with the keys that the phone has."""
    script = subprocess.run(
        [
            str(HERE / "field/node_modules/.bin/esbuild"),
            "src/phone/codes.ts",
            "--bundle",
            "--format=iife",
            "--global-name=reader",
        ],
        cwd=HERE / "field",
        env=os.environ | {"PATH": f"{HERE / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    page.evaluate(f"() => {{ {script}\nwindow.reader = reader; }}")
    taken = page.evaluate(
        """async ([keys, texts]) => {
          const codes = new reader.Codes(() => keys, () => new Date());
          const taken = [];
          for (const text of texts) {
            const begun = performance.now();
            await codes.read(text);
            taken.push(performance.now() - begun);
          }
          return taken;
        }""",
        [field["keys"], field["people"][:VERIFIED]],
    )
    p95 = quantiles(taken, n=20)[-1]
    note(f"verifying: median {median(taken):.1f} ms, the first {taken[0]:.1f} ms")
    figure("phone.verify_ms", p95, "ms", against="100 at most")


# A shift


_AT_THE_DESK = """() => {
  const until = test => new Promise((done, fail) => {
    const begun = performance.now();
    const look = () => {
      if (test()) done();
      else if (performance.now() - begun > 20000) fail(new Error(document.body.innerText));
      else requestAnimationFrame(look);
    };
    look();
  });
  const scan = text => {
    const how = { bubbles: true, cancelable: true };
    for (const key of [...text, "Enter"])
      dispatchEvent(new KeyboardEvent("keydown", { key, ...how }));
  };
  const says = (where, text) => document.querySelector(where)?.textContent === String(text);
  window.tube = async label => { scan(label); await until(() => says(".tube .code", label)); };
  window.person = async (code, n) => {
    const begun = performance.now();
    scan(code);
    await until(() => says(".tube .count b", n));
    return performance.now() - begun;
  };
  window.seal = async n => {
    document.querySelector(".dock .big:nth-child(2)").click();
    await until(() => document.querySelector(".numbers"));
    document.querySelector(`.numbers button:nth-child(${n})`).click();
    await until(() => !document.querySelector(".tube"));
  };
}"""


def _play(page: Any, context: Any, field: dict[str, Any]) -> None:
    people, labels = field["people"], field["labels"]
    taken: list[float] = []
    page.evaluate(_AT_THE_DESK)
    begun = time.perf_counter()
    for number, label in enumerate(labels):
        page.evaluate("label => tube(label)", label)
        for n in range(CAPACITY):
            if len(taken) == len(people) // 2 + CAPACITY // 2:
                page.goto("/field/")  # the battery is changed in mid-tube
                _unlock(page)
                page.evaluate(_AT_THE_DESK)
            person = people[number * CAPACITY + n]
            taken.append(page.evaluate("([code, n]) => person(code, n)", [person, n + 1]))
        page.evaluate("n => seal(n)", CAPACITY)
    note(f"{len(taken)} persons played in {time.perf_counter() - begun:.0f} s")
    steps = [median(taken[n : n + STEPS]) for n in range(0, len(taken), STEPS)]
    note("steps, by hundreds: " + ", ".join(f"{one:.0f}" for one in steps))
    first, last = median(taken[:STEPS]), median(taken[-STEPS:])
    waiting = page.locator(".bar .pill b").inner_text()
    note(f"a step takes {first:.0f} ms at first, {last:.0f} ms with {waiting} waiting")
    figure("phone.queue_ratio", last / first, "times", against="the first hundred; 1.25 at most")
    begun = time.perf_counter()
    context.set_offline(False)
    page.locator(".bar .pill b").wait_for(state="detached", timeout=300_000)
    note(f"all sent in {time.perf_counter() - begun:.0f} s")


def _lost(people: list[str], labels: list[str]) -> int:
    """How many do not lie, once, in the tube they were put into."""
    from fangxian.kernel.access import PLAYBOOK
    from fangxian.people.queries import resolve
    from fangxian.people.rules import PersonRef
    from fangxian.sampling.models import Swab

    known = resolve(PLAYBOOK, [PersonRef(code=text) for text in people])
    wanted = {one.resident_id: labels[n // CAPACITY] for n, one in enumerate(known)}
    found = list(Swab.objects.values_list("resident_id", "tube__barcode"))
    right = {(who, tube) for who, tube in found if wanted.get(who) == tube}
    return PERSONS - len(right) + len(found) - len(set(found))


# By hand


def _enrol(page: Any, token: str) -> None:
    page.goto(f"/field/#enrol={token}")
    page.locator(".pin").wait_for()
    page.keyboard.type(PIN)
    page.locator(".pin h1", has_text="再").or_(page.get_by_text("once more")).wait_for()
    page.keyboard.type(PIN)
    page.locator(".modes button").first.click()


def _begin_shift(page: Any, point: str) -> None:
    page.locator("label.place", has_text=point).first.click()
    page.locator(".dock .big").first.click()
    page.locator(".numbers button, .camera").first.wait_for()
    table = page.locator(".numbers button")
    if table.count():
        table.first.click()
    page.locator(".camera").wait_for()


def _wait_for_worker(page: Any) -> None:
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    page.locator(".bar .pill b").wait_for(state="detached")


def _unlock(page: Any) -> None:
    page.locator(".pin").wait_for()
    page.keyboard.type(PIN)
    page.locator(".dock").first.wait_for()


if __name__ == "__main__":
    main()
