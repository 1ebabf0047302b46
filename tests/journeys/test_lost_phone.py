"""What becomes of a phone that is lost: what it held arrives, and nobody reads the rest."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PHONE
from tests.journeys.people import Visitor, rows

Open = Callable[..., Visitor]
PIN = "482913"

_LATER = """
  const now = Date.now.bind(Date);
  globalThis.later = 0;
  Date.now = () => now() + globalThis.later;
"""
_STORED = """async () => {
  const db = await new Promise(done => {
    const asked = indexedDB.open("fangxian-field");
    asked.onsuccess = () => done(asked.result);
  });
  const stores = ["boxes", "outbox", "meta"];
  const counts = await Promise.all(stores.map(store => new Promise(done => {
    const asked = db.transaction(store).objectStore(store).count();
    asked.onsuccess = () => done(asked.result);
  })));
  db.close();
  return Object.fromEntries(stores.map((store, at) => [store, counts[at]]));
}"""


_DEVICE = """() => new Promise(done => {
  indexedDB.open("fangxian-field").onsuccess = ({ target: { result: db } }) => {
    db.transaction("meta").objectStore("meta").get("device").onsuccess = ({ target }) => {
      db.close();
      done(target.result.id);
    };
  };
})"""


@pytest.fixture
def supervisor(arrive: Open) -> Visitor:
    return arrive("chen")


@pytest.fixture
def phone(arrive: Open, supervisor: Visitor) -> Visitor:
    """At a gate without network, with an emergency let through."""
    supervisor.goes_to("/sync/invite/")
    form = supervisor.page.locator("main form")
    person = form.locator("option", has_text="邱敏").get_attribute("value")
    form.locator("select").select_option(person)
    form.locator("[value=checkpoint]").check()
    form.locator("[name=name]").fill("北门手机")
    form.locator("[type=submit]").click()
    token = supervisor.reads("main .code")

    visitor = arrive(size=PHONE)
    page = visitor.page
    page.add_init_script(_LATER)
    visitor.goes_to(f"/field/#enrol={token}")
    for question in ("设置 6 位数字密码", "再输入一次"):
        expect(page.locator(".pin")).to_contain_text(question)
        page.keyboard.type(PIN)
    page.locator(".modes button", has_text="卡点查验").tap()
    expect(page.locator("label.place").first).to_be_visible()
    page.context.set_offline(True)
    page.locator("label.place").first.tap()
    page.get_by_role("button", name="上岗", exact=True).tap()
    page.get_by_role("button", name="急救：立即放行").tap()
    expect(page.locator(".verdict")).to_contain_text("紧急放行")
    page.locator(".sheet .close").tap()
    return visitor


def locked(phone: Visitor) -> None:
    phone.page.locator(".bar .menu").tap()
    phone.page.get_by_role("button", name="立即锁定").tap()
    expect(phone.page.locator(".pin")).to_contain_text("请输入密码")


def of_the_supervisor(supervisor: Visitor) -> None:
    supervisor.goes_to("/sync/")
    supervisor.page.locator("main tbody a", has_text="北门手机").first.click()


def test_somebody_who_needs_help_passes_a_locked_phone_without_a_pin(phone: Visitor) -> None:
    page = phone.page
    locked(phone)
    let_through(phone)
    expect(page.locator(".verdict")).to_contain_text("有网络时马上上传")

    page.reload()  # the battery was empty: what sends is closed too
    expect(page.locator(".pin")).to_contain_text("请输入密码")
    let_through(phone)
    expect(page.locator(".verdict")).to_contain_text("输入密码后上传")

    page.keyboard.type(PIN)
    expect(page.locator(".bar .post")).to_contain_text("急救 3")
    page.context.set_offline(False)
    expect(page.locator(".bar .pill b")).to_have_count(0, timeout=60_000)
    applied = rows(
        "SELECT count(*) FROM sync_command WHERE device_id = %s"
        " AND kind = 'gates.emergency' AND outcome = 'applied'",
        page.evaluate(_DEVICE),
    )
    assert applied == [(3,)]


def let_through(phone: Visitor) -> None:
    phone.page.get_by_role("button", name="急救：立即放行").tap()
    expect(phone.page.get_by_role("link", name="拨打 120")).to_be_visible()
    phone.page.get_by_role("button", name="登记：放行一人").tap()
    expect(phone.page.locator(".verdict")).to_contain_text("紧急放行")
    expect(phone.page.locator(".verdict")).to_contain_text("120")


def test_a_phone_called_back_delivers_what_it_holds_and_forgets_the_rest(
    phone: Visitor, supervisor: Visitor
) -> None:
    locked(phone)
    of_the_supervisor(supervisor)
    revoking = supervisor.page.locator("form[action$=revoke]")
    revoking.locator("[name=reason]").fill("丢失")
    revoking.locator("[type=submit]").click()
    if supervisor.page.locator("dialog.confirm[open]").count():
        supervisor.page.locator("dialog.confirm button").last.click()
    expect(supervisor.page.locator("form[action$=revoke]")).to_have_count(0)

    phone.page.keyboard.type(PIN)
    expect(phone.page.locator(".bar .pill b")).to_be_visible()
    phone.page.context.set_offline(False)

    # It hears of it when it next asks for rules, every minute or so.
    expect(phone.page.locator("main")).to_contain_text("这部手机已被收回", timeout=120_000)
    expect(phone.page.locator("main")).to_contain_text("全部已上传")
    assert phone.page.evaluate(_STORED) == {"boxes": 0, "outbox": 0, "meta": 0}


def test_ten_wrong_pins_destroy_the_data_and_only_the_office_opens_the_rest(
    phone: Visitor, supervisor: Visitor, tmp_path: Path
) -> None:
    locked(phone)
    page = phone.page

    for left in range(9, -1, -1):
        page.evaluate("later += 700_000")
        page.keyboard.type("000000")
        if left:
            expect(page.locator(".pin .said")).to_contain_text(f"还可以试 {left} 次")
    expect(page.locator("main")).to_contain_text("资料已销毁")
    stored: dict[str, Any] = page.evaluate(_STORED)
    assert stored["boxes"] == 0
    assert stored["outbox"] >= 2

    with page.expect_download() as saving:
        page.get_by_role("button", name="存成文件交给办公室").tap()
    file = tmp_path / "outbox.json"
    saving.value.save_as(file)
    assert "emergency" not in file.read_text()

    supervisor.goes_to("/sync/import/")
    supervisor.page.locator("[type=file]").set_input_files(file)
    supervisor.page.locator("main form [type=submit]").click()
    expect(supervisor.page.locator("main")).to_contain_text(str(stored["outbox"]))
    assert supervisor.page.locator("main .errorlist, main [role=alert] .notice").count() == 0

    # Nothing was ever sent, and this phone's clock is years off: what it wrote counts all the same.
    outcomes = "SELECT kind, outcome FROM sync_command WHERE device_id = %s ORDER BY seq"
    device = json.loads(file.read_text())["device"]
    assert rows(outcomes, device) == [
        ("gates.start_shift", "applied"),
        ("gates.emergency", "applied"),
    ]
