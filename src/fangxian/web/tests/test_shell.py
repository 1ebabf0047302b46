import json
import re
from dataclasses import replace

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import translation

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Account
from fangxian.web import context

pytestmark = pytest.mark.django_db

AUDITOR = Actor(id=new_id(), within="", duties=frozenset({Duty.AUDIT}), name="Zhou")


def account(**changes: object) -> Account:
    ordinary = {"username": "wang", "display_name": "王建国", "post": "值班指挥长"}
    return Account.objects.create(**(ordinary | changes))


def group(word: str, url_name: str, label: str, duty: Duty) -> context.Group:
    return context.Group(word, (context.Entry(url_name, label, "map", frozenset({duty})),))


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch) -> None:
    """A house in which only the ledger and the dashboard have a door."""
    monkeypatch.setattr(
        context,
        "NAVIGATION",
        (
            group("Oversight", "account_login", "Ledger", Duty.AUDIT),
            group("Situation", "account_logout", "Situation", Duty.COMMAND),
            context.Group("Nowhere", (context.Entry("no:such:room", "Nowhere", "map"),)),
        ),
    )


@pytest.mark.usefixtures("doors")
def test_the_navigation_shows_doors_that_exist_to_those_who_may_use_them() -> None:
    shown = [str(place.label) for place in context.navigation(AUDITOR, "/")]
    commander = replace(AUDITOR, duties=frozenset({Duty.AUDIT, Duty.COMMAND}))

    assert shown == ["Ledger"]
    assert len(context.navigation(commander, "/")) == 2


@pytest.mark.usefixtures("doors")
def test_the_entry_that_leads_nearest_is_the_current_one() -> None:
    (place,) = context.navigation(AUDITOR, "/accounts/login/")
    (elsewhere,) = context.navigation(AUDITOR, "/supplies/")

    assert place.current
    assert not elsewhere.current


@pytest.mark.parametrize(("language", "word"), [("zh-hans", "登录"), ("en", "Sign in")])
def test_signing_in_speaks_both_languages(client: Client, language: str, word: str) -> None:
    client.cookies["django_language"] = language

    page = client.get("/accounts/login/").content.decode()

    assert f"<h1>{word}</h1>" in page
    assert 'autocomplete="current-password"' in page
    assert "data-keep-drafts" in page


def test_a_locked_screen_names_its_owner_and_keeps_what_was_typed(client: Client) -> None:
    client.force_login(account())
    session = client.session
    session["touched"] = 1
    session.save()

    away = client.get("/accounts/password/change/", follow=True)
    locked = client.get("/accounts/reauthenticate/").content.decode()

    assert away.status_code == 200
    assert "王建国" in locked
    assert "data-keep-drafts" in locked


def test_a_page_that_does_not_exist_says_so_in_the_frame_of_the_house(client: Client) -> None:
    client.force_login(account())

    answer = client.get("/no/such/page")

    assert answer.status_code == 404
    assert "未找到" in answer.content.decode()
    assert 'class="topbar"' in answer.content.decode()


def test_a_fault_page_needs_neither_request_nor_database() -> None:
    with translation.override("zh-hans"):
        assert "系统出错" in render_to_string("500.html")


INLINE = re.compile(
    r"<style|\sstyle=|<script(?![^>]*(src=|application/json))|\son[a-z]+=", re.IGNORECASE
)


def test_no_page_needs_an_inline_style_or_script(client: Client) -> None:
    pages = [client.get("/accounts/login/")]
    client.force_login(account())
    pages += [client.get(at) for at in ("/no/such/page", "/accounts/2fa/", "/accounts/logout/")]

    for page in pages:
        assert not INLINE.search(page.content.decode()), page.request["PATH_INFO"]


def empty_dashboard() -> dict[str, object]:
    series: list[object] = []
    return {
        "figures": [{"label": "New cases today", "value": 0, "url": "/cases/"}],
        "feed": [],
        "attention": [],
        "curve": {"x": [], "series": series},
        "round": {"x": [], "series": series},
        "map": {"grids": "/areas/grids.geojson"},
        "levels": {},
        "level_counts": [(0, 132), (1, 0), (2, 0), (3, 0)],
        "version": 7,
        "live_url": "/live",
    }


def test_a_dashboard_without_an_outbreak_says_so_instead_of_being_empty() -> None:
    request = RequestFactory().get("/")

    with translation.override("en"):
        page = render_to_string("web/dashboard.html", empty_dashboard(), request)

    assert "Nothing has happened yet today." in page
    assert "No grid stands out." in page
    assert "No round is running." in page


def test_a_poll_replaces_each_changed_part_by_its_name_and_brings_the_new_version() -> None:
    levels = {"41": {"level": 3, "score": 94, "cases7": 13}}

    answer = render_to_string("web/dashboard_live.html", empty_dashboard() | {"levels": levels})

    swapped = re.findall(r'id="([\w-]+)"[^>]*hx-swap-oob="true"', answer)
    assert swapped == [
        "live", "figures", "feed", "attention", "level-counts", "chart-data", "map-levels"
    ]  # fmt: skip
    given = re.search(r'<script id="grid-levels"[^>]*>(.*?)</script>', answer)
    assert given
    assert json.loads(given.group(1)) == levels
    assert 'data-v="7"' in answer
