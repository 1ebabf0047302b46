"""The people's net in the browser: who is asked, who answers, and the promise kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.journeys.conftest import DESK, PHONE
from tests.journeys.people import Visitor
from tests.journeys.test_pages import barriers, sideways, untranslated

Stage = dict[str, Any]
_HERE = ZoneInfo("Asia/Shanghai")


@contextmanager
def residents_phone(
    browser: Browser, address: str, state: StorageState | None = None, *, script: bool = False
) -> Iterator[Page]:
    context = browser.new_context(
        base_url=address,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport=PHONE,  # type: ignore[arg-type]
        java_script_enabled=script,
        storage_state=state,
    )
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def let_in(browser: Browser, address: str, stage: Stage) -> StorageState:
    """In by the code of a message, without a script; what the phone keeps of it."""
    with residents_phone(browser, address) as page:
        page.goto("/my/")
        expect(page).to_have_url(f"{address}/my/sign-in?next=%2Fmy%2F")
        page.fill("[name=phone]", stage["resident_phone"])
        page.get_by_role("button", name="发送验证码").click()
        page.fill("[name=code]", page.locator(".notice .code").inner_text())
        page.get_by_role("button", name="继续").click()
        expect(page).to_have_url(f"{address}/my/")
        return page.context.storage_state()


def test_a_resident_reads_what_binds_them_and_asks_without_a_script(
    browser: Browser, address: str, stage: Stage, let_in: StorageState
) -> None:
    with residents_phone(browser, address, let_in) as page:
        page.goto("/my/")
        expect(page.locator("main")).to_contain_text("对我的管控措施及原因")
        expect(page.locator(".my-emergency")).to_be_visible()
        page.locator(".my-why summary").first.click()
        expect(page.locator("main")).to_contain_text(stage["resident_order"])

        page.locator(".my-tiles a").nth(2).click()
        page.get_by_label("食品和日用品").check()
        page.fill("[name=words]", "家里没有米了")
        page.get_by_role("button", name="发送", exact=True).click()
        expect(page.locator("main")).to_contain_text("已收到")
        page.get_by_role("button", name="不再需要了").click()
        expect(page.locator("main")).to_contain_text("已撤回")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("looks", ["", "large.contrast"], ids=["plain", "large and contrast"])
def test_anybody_can_read_a_residents_pages(
    browser: Browser, address: str, let_in: StorageState, language: str, looks: str
) -> None:
    with residents_phone(browser, address, let_in, script=True) as page:
        visitor = Visitor(page)
        for name, value in (("django_language", language), ("fangxian-my-looks", looks)):
            page.context.add_cookies([{"name": name, "value": value, "url": f"{address}/my/"}])
        for path in ("", "tests", "data", "code", "ask/ask", "ask/declare", "ask/help"):
            for size in (DESK, PHONE):
                page.set_viewport_size(size)  # type: ignore[arg-type]
                page.goto(f"/my/{path}")
                assert sideways(page) == [], path
                assert barriers(page) == [], path
            assert untranslated(page, language) == [], path
        assert visitor.troubles == []


def test_an_emergency_is_taken_down_without_signing_in(
    browser: Browser, address: str, stage: Stage
) -> None:
    with residents_phone(browser, address) as page:
        page.goto("/my/sign-in")
        page.locator(".my-emergency").click()
        page.get_by_role("button", name="立即发送").click()

        expect(page.locator("main")).to_contain_text("已登记")
        expect(page.locator(".bignum")).to_be_visible()
        expect(page.locator('a[href="tel:120"]')).to_be_visible()


def test_a_meetings_point_reaches_the_grid_worker_and_comes_back_counted(
    arrive: Callable[..., Visitor], stage: Stage
) -> None:
    """From the minutes at the district's desk to a phone of 360 px in the grid, and done there."""
    chen, liu, wang = arrive("chen"), arrive("liu"), arrive("wang", PHONE)
    soon, later = (
        (datetime.fromisoformat(stage["starts"]) + timedelta(hours=hours)).astimezone(_HERE)
        for hours in (2, 6)
    )

    page = chen.page
    chen.goes_to("/tasks/directives/new")
    page.select_option("[name=kind]", "minutes")
    page.fill("[name=title]", "疫情防控专题会议纪要")
    page.fill("[name=issuer]", "区疫情防控指挥部")
    page.fill("[name=reference]", "第3期")
    page.fill("[name=acknowledge_by]", f"{soon:%Y-%m-%dT%H:%M}")
    page.fill("[name=text]", "会议决定：\n一、逐户摸排独居老人并报数。")
    chen.presses("登记")
    expect(page.locator("main")).to_contain_text("逐户摸排独居老人并报数。")
    page.fill("[name=text]", "逐户摸排独居老人并报数")
    page.select_option("[name=each]", "grid")
    page.select_option("[name=proof]", "count")
    page.fill("[name=due_at]", f"{later:%Y-%m-%dT%H:%M}")
    chen.presses("添加")
    chen.presses("下发")
    expect(page.locator("main")).to_contain_text("谁还没有签收")
    directive = page.url.removeprefix(page.url.split("/tasks/")[0])

    liu.goes_to(directive)
    liu.presses("签收")
    expect(liu.page.locator("main")).to_contain_text("已签收")
    said = liu.page.get_by_role("button", name="电话已知晓", exact=True)
    for _community in range(said.count()):  # none of them signs in here: each is rung up
        liu.presses("电话已知晓")
        liu.page.wait_for_load_state()

    wang.goes_to("/tasks/")
    assert sideways(wang.page) == []
    assert barriers(wang.page) == []
    card = wang.page.locator(".task", has_text="逐户摸排独居老人并报数").first
    card.get_by_role("button", name="领取任务").tap()
    expect(card.get_by_role("button", name="领取任务")).to_have_count(0)
    card.get_by_role("link").first.tap()
    wang.page.fill("[name=counted]", "7")
    assert sideways(wang.page) == []
    assert barriers(wang.page) == []
    wang.presses("完成")

    chen.goes_to(directive)
    expect(chen.page.locator("main")).to_contain_text("合计 7")


def test_an_operator_answers_asks_and_helps_without_a_mouse(
    arrive: Callable[..., Visitor], stage: Stage
) -> None:
    """A call by hand, the caller recognised, a need taken down; then an emergency, in one step."""
    he = arrive("he").page

    he.goto("/requests/hotline")
    he.keyboard.press("m")
    he.keyboard.type(stage["resident_phone"])
    he.keyboard.press("Enter")
    he.wait_for_url("**/requests/calls/**")
    expect(he.locator("[aria-labelledby=who-heading] .body")).not_to_contain_text("未识别")
    he.keyboard.type("核酸")
    he.keyboard.press("Alt+3")
    expect(he.locator("#help [name=words]")).to_be_focused()
    he.keyboard.type("老人的降压药吃完了")
    he.locator("#help [name=category]").select_option("medical")
    he.get_by_role("button", name="登记", exact=True).click()
    expect(he.locator(".notice.good")).to_contain_text("Q")

    he.goto("/requests/hotline")
    he.keyboard.press("m")
    he.keyboard.press("Enter")
    he.wait_for_url("**/requests/calls/**")
    he.keyboard.press("Alt+e")
    he.get_by_role("button", name="立即安排救助").click()
    he.wait_for_url("**/requests/*-*")
    expect(he.locator("main")).to_contain_text("已立即转为急症转运")
