import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from fangxian.sync import phone

NEEDS = "'wasm-unsafe-eval'"


@pytest.fixture
def built() -> None:
    if not finders.find("web/phone.js"):
        pytest.fail("the phone app is not built: run “make setup”")


def test_anybody_may_open_the_app_and_is_known_to_nobody(client: Client) -> None:
    answer = client.get("/field/")

    assert answer.status_code == 200
    assert not answer.cookies
    assert 'src="/static/web/phone' in answer.text


@pytest.mark.django_db
def test_only_the_app_may_run_the_decoder_and_nothing_may_run_inline(client: Client) -> None:
    app, sign_in = client.get("/field/"), client.get("/accounts/login/")

    allowed = app["Content-Security-Policy"]
    assert f"script-src 'self' {NEEDS}" in allowed
    assert "unsafe-inline" not in allowed
    assert "worker-src 'self'" in allowed
    assert NEEDS not in sign_in["Content-Security-Policy"]
    assert "camera=(self)" in app["Permissions-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", app.text)


def test_the_page_is_the_same_in_every_language_for_it_is_kept(client: Client) -> None:
    chinese = client.get("/field/", headers={"accept-language": "zh-Hans"})
    english = client.get("/field/", headers={"accept-language": "en"})

    assert chinese.content == english.content


@pytest.mark.usefixtures("built")
def test_the_service_worker_knows_each_file_that_the_page_asks_for(client: Client) -> None:
    script = client.get("/field/sw.js")
    head = re.match(r'const VERSION="(\w{16})",FILES=(\[.*?\]);\n', script.text)
    assert head
    files = dict(json.loads(head[2]))

    page = client.get("/field/").text
    asked = set(re.findall(r'(?:src|href|data-\w+)="([^"]+)"', page))

    assert asked <= set(files)
    assert "/field/" in files
    assert script["Content-Type"].startswith("text/javascript")
    assert script["Cache-Control"] == "no-cache"
    for address in files:
        name = address.removeprefix("/static/")
        assert address.startswith("/field/") or finders.find(name), address


@pytest.mark.usefixtures("built")
def test_a_changed_file_is_a_new_version(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    before = client.get("/field/sw.js").text

    really = phone._built
    monkeypatch.setattr(
        phone, "_built", lambda name: really(name) + (b" " if name == "web/phone.js" else b"")
    )

    assert client.get("/field/sw.js").text != before


def test_the_app_can_be_put_on_the_home_screen(client: Client) -> None:
    manifest = client.get("/field/manifest.webmanifest").json()

    assert manifest["scope"] == manifest["start_url"] == "/field/"
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
