"""One small district, one server and one browser for all journeys; a signed-in context a role."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect, sync_playwright

from fangxian.exercise.cast import PASSWORD
from tests.journeys.people import Visitor

ROOT = Path(__file__).parents[2]
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 740}
expect.set_options(timeout=20_000)  # a live page asks every five seconds; machines may be busy
_SET_STAGE = """
import sys, warnings
warnings.simplefilter("ignore")
from fangxian.kernel import embedded
embedded.start()
import django
django.setup()
from tests.journeys.stage import set_stage
set_stage(sys.argv[1])
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.journey)


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "fangxian.settings",
        "FANGXIAN_MODE": "demo",
        "FANGXIAN_LOG": "WARNING",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    }


@pytest.fixture(scope="session")
def stage(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What stands on the stage: the names of stage.py, as text."""
    file = tmp_path_factory.mktemp("stage") / "stage.json"
    made = subprocess.run(
        [sys.executable, "-c", _SET_STAGE, str(file)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def address(environment: dict[str, str], stage: dict[str, Any]) -> Iterator[str]:
    """The product, served as it is served, with the clock at the hour of the stage."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    real = datetime.now().astimezone()  # noqa: TID251 - of the server
    ahead = (datetime.fromisoformat(stage["starts"]) - real).total_seconds()
    server = subprocess.Popen(
        [sys.executable, "-m", "fangxian", "serve", f"--port={port}", "--workers=1", "--no-worker"],
        cwd=ROOT,
        env=environment | {"FANGXIAN_CLOCK_OFFSET": str(ahead)},
        stdout=subprocess.DEVNULL,
    )
    where = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{where}/readyz", server)
        yield where
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, ConnectionError):
            assert server.poll() is None, "the server ended"
            time.sleep(0.1)
    raise TimeoutError(url)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as player:
        chromium = player.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--lang=zh-CN"]
        )
        yield chromium
        chromium.close()


SignedIn = Callable[[str], StorageState]


@pytest.fixture(scope="session")
def signed_in(browser: Browser, address: str) -> SignedIn:
    """The cookies of a role, who signs in once for all journeys."""
    known: dict[str, StorageState] = {}

    def cookies(username: str) -> StorageState:
        if username not in known:
            context = browser.new_context(base_url=address, locale="zh-CN")
            page = context.new_page()
            page.goto("/accounts/login/")
            page.fill("[name=login]", username)
            page.fill("[name=password]", PASSWORD)
            page.press("[name=password]", "Enter")
            page.wait_for_url(lambda url: "/accounts/login" not in url)
            known[username] = context.storage_state()
            context.close()
        return known[username]

    return cookies


Open = Callable[..., Visitor]


@pytest.fixture
def arrive(browser: Browser, address: str, signed_in: SignedIn) -> Iterator[Open]:
    """Somebody at a browser: `arrive("chen")`, `arrive("wang", PHONE)`, `arrive()` signed out.

    At the end of the journey no script may have failed, nor the browser refused anything.
    """
    contexts: list[BrowserContext] = []
    visitors: list[Visitor] = []

    def come(username: str = "", size: dict[str, int] = DESK, language: str = "") -> Visitor:
        context = browser.new_context(
            base_url=address,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            viewport=size,  # type: ignore[arg-type]
            has_touch=size is PHONE,
            storage_state=signed_in(username) if username else None,
        )
        context.set_default_timeout(20_000)
        if language:
            name = settings.LANGUAGE_COOKIE_NAME
            context.add_cookies([{"name": name, "value": language, "url": address}])
        contexts.append(context)
        visitors.append(Visitor(context.new_page()))
        return visitors[-1]

    yield come
    for context in contexts:
        context.close()
    assert [trouble for visitor in visitors for trouble in visitor.troubles] == []


@pytest.fixture(scope="session")
def page_of(browser: Browser, address: str, signed_in: SignedIn) -> Iterator[Callable[..., Page]]:
    """A page kept open for a role and a language."""
    kept: dict[tuple[str, str], Page] = {}

    def get(username: str, language: str) -> Page:
        if (username, language) not in kept:
            context = browser.new_context(
                base_url=address,
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
                reduced_motion="reduce",
                storage_state=signed_in(username) if username else None,
            )
            name = settings.LANGUAGE_COOKIE_NAME
            context.add_cookies([{"name": name, "value": language, "url": address}])
            context.set_default_timeout(20_000)
            kept[username, language] = context.new_page()
        return kept[username, language]

    yield get
    for page in kept.values():
        page.context.close()
