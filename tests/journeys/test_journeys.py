"""What people do with the product, in the browser, from the swab to the sealed door."""

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.urls import reverse
from playwright.sync_api import Page, expect

from fangxian.exercise.cast import PASSWORD
from tests.journeys.conftest import PHONE
from tests.journeys.people import Visitor

Arrive = Callable[..., Visitor]
Stage = dict[str, Any]


@pytest.fixture(scope="module")
def watched() -> dict[str, Any]:
    """What the commander saw while the laboratory reported; filled by the first who needs it."""
    return {}


@pytest.fixture
def reported_pool(arrive: Arrive, stage: Stage, watched: dict[str, Any]) -> dict[str, Any]:
    """The laboratory reports the positive pool while the commander looks at the dashboard."""
    if watched:
        return watched
    commander, laboratory = arrive("chen"), arrive("li")
    commander.goes_to(reverse("dashboard"))
    commander.page.evaluate("() => { window.sameDocument = true; }")
    before = commander.reads("#figures"), commander.reads("#feed")

    laboratory.goes_to(reverse("sampling:tubes"))
    page = laboratory.page
    page.fill("#entry [name=barcode]", stage["pool"])
    page.check("#entry [name=finding][value=positive]")
    page.focus("#entry [name=barcode]")
    page.keyboard.press("Enter")
    expect(page.locator("#entered")).to_contain_text(stage["pool"])

    expect(commander.page.locator("#feed")).to_contain_text(stage["pool"])
    watched["code_field"] = page.input_value("#entry [name=barcode]")
    watched["figures"] = before[0], commander.reads("#figures")
    watched["feed"] = before[1], commander.reads("#feed")
    watched["same_document"] = commander.page.evaluate("() => window.sameDocument === true")
    return watched


def test_one_signs_in_in_chinese(arrive: Arrive) -> None:
    visitor = arrive()
    visitor.goes_to(reverse("dashboard"))
    expect(visitor.page.locator("h1")).to_have_text("登录")

    visitor.page.fill("[name=login]", "chen")
    visitor.page.fill("[name=password]", PASSWORD)
    visitor.page.press("[name=password]", "Enter")

    expect(visitor.page.locator(".mainnav")).to_contain_text("态势")
    assert visitor.page.locator("html").get_attribute("lang") == "zh-Hans"


def test_a_wrong_password_says_what_to_do(arrive: Arrive) -> None:
    visitor = arrive()
    visitor.goes_to(reverse("account_login"))

    visitor.page.fill("[name=login]", "chen")
    visitor.page.fill("[name=password]", "not-the-password")
    visitor.page.press("[name=password]", "Enter")

    expect(visitor.page.get_by_role("alert").first).to_be_visible()
    assert "密码" in visitor.reads("[role=alert]")
    assert "请联系本辖区的账户管理员" in visitor.reads("body")
    assert visitor.page.input_value("[name=login]") == "chen"


def test_a_screen_left_alone_asks_for_the_password_again(arrive: Arrive) -> None:
    visitor = arrive()
    visitor.goes_to(reverse("account_login"))
    visitor.page.fill("[name=login]", "sun")
    visitor.page.fill("[name=password]", PASSWORD)
    visitor.page.press("[name=password]", "Enter")
    expect(visitor.page.locator(".mainnav")).to_be_visible()
    leave_alone(visitor.page)

    visitor.goes_to(reverse("ledger"))
    expect(visitor.page.locator("h1")).to_contain_text("已锁定")
    visitor.page.fill("[name=password]", PASSWORD)
    visitor.page.press("[name=password]", "Enter")

    expect(visitor.page).to_have_url(re.compile(reverse("ledger") + "$"))


def leave_alone(page: Page) -> None:
    """As if nobody had touched this browser for a day."""
    name = settings.SESSION_COOKIE_NAME
    key = next(one["value"] for one in page.context.cookies() if one["name"] == name)
    where = settings.DATABASES["default"]
    with psycopg.connect(host=where["HOST"], user=where["USER"], dbname="fangxian_demo") as link:
        held = link.execute(
            "SELECT session_data FROM django_session WHERE session_key = %s", [key]
        ).fetchone()
        assert held is not None
        session = SessionStore()
        values = {**session.decode(held[0]), "touched": 0}
        for proof in values["account_authentication_methods"]:
            proof["at"] = 0
        link.execute(
            "UPDATE django_session SET session_data = %s WHERE session_key = %s",
            [session.encode(values), key],
        )


def test_the_laboratory_reports_a_positive_pool_by_typing_its_code_and_enter(
    reported_pool: dict[str, Any],
) -> None:
    assert reported_pool["code_field"] == ""  # ready for the next tube


def test_the_commanders_dashboard_changes_by_itself(reported_pool: dict[str, Any]) -> None:
    figures, feed = reported_pool["figures"], reported_pool["feed"]

    assert figures[0] != figures[1]
    assert feed[0] != feed[1]
    assert reported_pool["same_document"]


def test_why_a_member_must_stay_at_home_leads_back_to_the_pool(
    arrive: Arrive, stage: Stage, reported_pool: dict[str, Any]
) -> None:
    visitor = arrive("chen")
    visitor.goes_to(reverse("person", args=[stage["members"][3]]))

    held = visitor.page.locator("main tr", has_text="就地等待复核").first
    held.get_by_role("link", name="为什么？").click()

    expect(visitor.page.locator(".why")).to_contain_text(stage["pool"])
    expect(visitor.page.locator(".why")).to_contain_text("cn-v9")


def test_the_language_is_switched_and_switched_back(arrive: Arrive) -> None:
    visitor = arrive("chen")
    visitor.goes_to(reverse("measures:orders") + "?state=in_force")

    visitor.page.get_by_role("button", name="EN").click()
    expect(visitor.page.locator("html")).to_have_attribute("lang", "en")
    expect(visitor.page.locator("h1")).to_contain_text("Orders")
    visitor.page.get_by_role("button", name="中文").click()

    expect(visitor.page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(visitor.page).to_have_url(re.compile("state=in_force$"))


def test_a_grid_worker_does_a_task_on_a_narrow_phone(arrive: Arrive, stage: Stage) -> None:
    worker = arrive("wang", PHONE)
    worker.goes_to(reverse("dispatch:mine"))
    card = worker.page.locator(f"#task-{stage['trip']}")

    card.get_by_role("button", name="领取任务").tap()
    card.get_by_role("link", name="完成…").tap()
    worker.page.locator("#finish [name=note]").fill("已送到急诊，家属陪同")
    worker.page.locator("#finish button[type=submit]").tap()

    expect(worker.page.locator("#finish")).to_have_count(0)
    worker.goes_to(reverse("dispatch:task", args=[stage["trip"]]))
    expect(worker.page.locator("main")).to_contain_text("已送到急诊，家属陪同")
    assert worker.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_grid_worker_does_a_task_without_touching_a_mouse(arrive: Arrive, stage: Stage) -> None:
    worker = arrive("wang")
    page, task = worker.page, reverse("dispatch:task", args=[stage["trip_by_keyboard"]])
    worker.goes_to(task)

    tab_to(page, f"form[action='{task}take'] button")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(reverse("dispatch:mine") + "#"))
    page.wait_for_load_state()
    tab_to(page, f"a[href='{task}#finish']")
    page.keyboard.press("Enter")
    page.wait_for_selector("#finish")
    page.wait_for_load_state()
    tab_to(page, "#finish [name=note]")
    page.keyboard.type("120 已接走")
    tab_to(page, "#finish button[type=submit]")
    page.keyboard.press("Enter")

    page.wait_for_selector("#finish", state="detached")
    worker.goes_to(task)
    expect(page.locator("main")).to_contain_text("120 已接走")


def tab_to(page: Page, selector: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("(s) => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"{selector} is not reached by Tab")


def test_confirmed_contacts_get_their_orders(arrive: Arrive, stage: Stage) -> None:
    investigator = arrive("zhao")
    investigator.goes_to(reverse("cases:case", args=[stage["fresh_case"]]))
    page = investigator.page

    page.locator("#decide [name=all]").click()
    expect(page.locator("#decide")).to_have_count(0)
    investigator.goes_to(reverse("person", args=[stage["fresh_contact"]]))

    expect(page.locator("section[aria-labelledby=orders-heading]")).to_contain_text("集中隔离")


def test_an_approved_risk_area_colours_its_grid_without_a_reload(
    arrive: Arrive, stage: Stage
) -> None:
    room, desk = arrive("chen"), arrive("chen")
    room.goes_to(reverse("dashboard"))
    grid = f".mapwrap path.g[data-number='{stage['proposed_grid']}']"
    expect(room.page.locator(grid).first).not_to_have_class(re.compile(r"\bg3\b"))
    room.page.evaluate("() => { window.sameDocument = true; }")

    desk.goes_to(reverse("measures:risk_area", args=[stage["proposed_area"]]))
    desk.page.locator("[data-confirm]").first.click()
    desk.page.locator("dialog.confirm button").last.click()
    expect(desk.page.locator("main")).to_contain_text("解除")

    expect(room.page.locator(grid).first).to_have_class(re.compile(r"\bg3\b"))
    assert room.page.evaluate("() => window.sameDocument === true")


def test_somebody_leaves_for_emergency_care_from_the_gate(arrive: Arrive, stage: Stage) -> None:
    gate = arrive("wang", PHONE)
    page = gate.page
    gate.goes_to(reverse("measures:exits"))

    page.fill("[name=search]", stage["in_need_name"])
    page.get_by_role("button", name="查找").tap()
    page.locator("[name=kind]").first.select_option("regular_treatment")
    page.get_by_role("button", name="立即放行就医").first.tap()

    expect(page.locator("h1")).to_contain_text("紧急就医")
    expect(page.locator("main")).to_contain_text("医院已接收")


def test_the_auditor_reads_the_ledger_and_who_looked(arrive: Arrive, stage: Stage) -> None:
    commander, auditor = arrive("chen"), arrive("sun")
    commander.goes_to(reverse("person", args=[stage["in_need"]]))

    auditor.goes_to(reverse("ledger"))
    auditor.page.select_option("#kind", "people.person_opened")
    expect(auditor.page).to_have_url(re.compile("kind=people.person_opened"))
    expect(auditor.page.locator("table.dt")).to_contain_text("陈建国")
    auditor.goes_to(reverse("who_looked", args=[stage["in_need"]]))

    expect(auditor.page.locator("table.dt")).to_contain_text("陈建国")


def test_unmasking_asks_for_a_purpose_and_is_seen_by_the_auditor(
    arrive: Arrive, stage: Stage
) -> None:
    investigator, auditor = arrive("zhao"), arrive("sun")
    investigator.goes_to(reverse("person", args=[stage["person"]]))
    form = investigator.page.locator(f"form[action='{reverse('unmask', args=[stage['person']])}']")

    assert form.locator("[name=purpose]").get_attribute("required") is not None
    form.locator("[name=field]").select_option("identity")
    form.locator("[name=purpose]").fill("核对流调信息")
    form.locator("button[type=submit]").click()
    expect(investigator.page.locator("dd b.code")).to_have_text(re.compile(r"^\d{17}[\dX]$"))

    auditor.goes_to(reverse("who_looked", args=[stage["person"]]))
    expect(auditor.page.locator("table.dt")).to_contain_text("赵静")
    expect(auditor.page.locator("table.dt")).to_contain_text("核对流调信息")
