"""The people's net in the browser: who is asked, who answers, and the promise kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.journeys.conftest import DESK, PHONE
from tests.journeys.people import Visitor
from tests.journeys.test_pages import barriers, sideways, untranslated

Stage = dict[str, Any]


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


def test_a_resident_signs_out(browser: Browser, address: str, let_in: StorageState) -> None:
    with residents_phone(browser, address, let_in) as page:
        page.goto("/my/data")
        page.get_by_role("button", name="退出登录").click()
        page.context.clear_cookies()
        page.context.add_cookies(let_in["cookies"])  # type: ignore[arg-type]
        page.goto("/my/")
        expect(page).to_have_url(f"{address}/my/sign-in?next=%2Fmy%2F")


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
