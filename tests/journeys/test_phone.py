"""What people do with the phone in the field, with and without a network, before a camera."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, expect

from tests.journeys.camera import film
from tests.journeys.conftest import PHONE
from tests.journeys.people import Visitor, rows

Stage = dict[str, Any]
_NORMAL = "体温正常，戴口罩：放行"
_HAN = "SELECT id FROM kernel_account WHERE username = 'han'"
PIN = "482913"

# A hand scanner: every key a few milliseconds after the last, and Enter.
_TYPED = """text => {
  const how = { bubbles: true, cancelable: true };
  const press = key => dispatchEvent(new KeyboardEvent("keydown", { key, ...how }));
  for (const sign of text) press(sign);
  press("Enter");
}"""


_STILL = """() => document.getAnimations().every((one) =>
  one.playState !== "running" || one.effect.getComputedTiming().iterations === Infinity)"""
# What the screen says done is in the outbox by then: of its rows none is left in the first state.
_NOTHING_WAITS = """async () => {
  const asked = request => new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
  const db = await asked(indexedDB.open("fangxian-field"));
  const waiting = IDBKeyRange.bound([0, -1, -1], [0, 9, Infinity]);
  const rows = () => db.transaction("outbox").objectStore("outbox").index("by_state");
  const count = () => asked(rows().count(waiting));
  for (let tries = 400; await count(); tries -= 1) {
    if (!tries) throw new Error("something still waits");
    await new Promise(done => setTimeout(done, 100));
  }
  db.close();
}"""


class Handset(Visitor):
    """Somebody with a phone in one hand and codes in the other."""

    def __init__(self, context: BrowserContext, camera: Path) -> None:
        super().__init__(context.new_page())
        self.context = context
        self.camera = camera

    def starts(self, *, showing: Sequence[str] = ()) -> None:
        """Open the app anew, with something held before the camera; the PIN if it asks."""
        film(self.camera, showing or [""])
        self.page.goto("/field/")
        pin = self.page.locator(".pin")
        expect(pin.or_(self.page.locator(".camera, .modes, .work")).first).to_be_visible()
        if pin.count() and "设置" not in pin.inner_text():
            self.page.keyboard.type(PIN)
            expect(self.page.locator(".modes, .work").first).to_be_visible()

    def goes_to_work(self, mode: str, place: str = "") -> None:
        """Start anew and choose one's work; begin a shift at a place unless one has begun."""
        self.context.set_offline(False)
        self.starts()
        expect(self.page.locator(".modes, .work").first).to_be_visible()
        if not self.page.locator(".modes").count():
            self.page.locator(".bar .menu").tap()
            self.page.get_by_role("button", name="换一项工作").tap()
        self.page.locator(".modes button", has_text=mode).tap()
        if place:
            begins = self.page.locator("label.place", has_text=place).first
            expect(begins.or_(self.page.locator(".camera")).first).to_be_visible()
            if begins.count():
                begins.tap()
                self.check()
                self.taps("上岗")

    def scans(self, text: str) -> None:
        self.page.evaluate(_TYPED, text)

    def taps(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.tap()

    def sees(self, text: str) -> None:
        expect(self.page.locator(".verdict")).to_contain_text(text)

    def sends(self) -> None:
        """Back on the network until nothing waits."""
        self.context.set_offline(False)
        self.page.evaluate(_NOTHING_WAITS)
        expect(self.page.locator(".bar .pill b")).to_have_count(0)

    def check(self) -> None:
        """No barrier for anybody on this screen, and nothing wider than it."""
        # Half faded in, nothing has the contrast that it will have.
        self.page.wait_for_function(_STILL)
        found = Axe().run(self.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
        assert [
            (one["id"], [n["html"] for n in one["nodes"]]) for one in found.response["violations"]
        ] == []
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        small = """[...document.querySelectorAll("main button, .sheet button")]
            .filter(one => one.offsetHeight && one.offsetHeight < 56).map(one => one.outerHTML)"""
        assert self.page.evaluate(small) == []


@pytest.fixture(scope="module")
def field(stage: Stage) -> dict[str, Any]:
    found: dict[str, Any] = stage["field"]
    return found


@pytest.fixture(scope="module")
def with_camera(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Browser, Path]]:
    """A browser with a camera; what is before it is a file, read whenever the camera starts."""
    file = tmp_path_factory.mktemp("camera") / "camera.y4m"
    film(file, [""])
    chromium = browser.browser_type.launch(
        executable_path="/usr/bin/chromium",
        args=[
            "--no-sandbox",
            "--lang=zh-CN",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={file}",
        ],
    )
    yield chromium, file
    chromium.close()


@pytest.fixture(scope="module")
def handset(with_camera: tuple[Browser, Path], address: str, stage: Stage) -> Iterator[Handset]:
    """One phone for all journeys: it is enrolled by the first."""
    chromium, file = with_camera
    context = chromium.new_context(
        base_url=address,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport=PHONE,  # type: ignore[arg-type]
        has_touch=True,
        is_mobile=True,
    )
    context.set_default_timeout(20_000)
    phone = Handset(context, file)
    enrol(phone, f"{address}/field/#enrol={stage['invitation']}")
    yield phone
    context.close()
    assert phone.troubles == []
    refused = rows(
        "SELECT code, message FROM sync_held h JOIN sync_device d ON d.id = h.device_id"
        f" WHERE d.account_id = ({_HAN})"
    )
    assert refused == []


def enrol(phone: Handset, shown: str) -> None:
    phone.starts(showing=[shown])
    expect(phone.page.locator(".pin")).to_contain_text("设置")  # the camera has read the code
    phone.page.keyboard.type(PIN)
    expect(phone.page.locator(".pin")).to_contain_text("再输入一次")
    phone.page.keyboard.type(PIN)
    expect(phone.page.locator(".modes button")).to_have_count(4)
    phone.check()


def test_a_phone_is_enrolled_by_a_supervisors_code(handset: Handset) -> None:
    enrolled = rows(
        f"SELECT count(*) FROM sync_device WHERE account_id = ({_HAN}) AND revoked_at IS NULL"
    )
    assert enrolled == [(1,)]
    handset.starts()
    expect(handset.page.locator(".bar .pill")).to_contain_text("在线")


def test_a_desk_works_without_a_network_through_a_dying_phone(
    handset: Handset, field: Stage
) -> None:
    tube, people = field["labels"][0], field["people"][:10]
    page = handset.page
    at_the_desk(handset, field)
    handset.context.set_offline(True)

    handset.starts(
        showing=[tube, *people[:3]]
    )  # a new start without a network: tube and people by camera
    expect(page.locator(".tube .count b")).to_have_text("3", timeout=30_000)
    handset.check()
    for person in people[3:6]:
        handset.scans(person)
    expect(page.locator(".tube .count b")).to_have_text("6")

    handset.starts()  # the battery was empty in mid-tube
    expect(page.locator(".tube .count b")).to_have_text("6")
    handset.scans(people[0])
    handset.sees("已在本管")
    for person in people[6:]:
        handset.scans(person)
    expect(page.locator(".tube.full")).to_be_visible()
    handset.scans(field["people"][10])
    handset.sees("本管已满")
    seal(handset, 10)
    handset.scans(people[2])
    handset.sees("本轮已采")

    handset.sends()
    found = rows(
        "SELECT t.state, t.swabs, count(DISTINCT s.resident_id) FROM sampling_tube t"
        " JOIN sampling_swab s ON s.tube_id = t.id WHERE t.barcode = %s GROUP BY 1, 2",
        tube,
    )
    assert found == [("sealed", 10, 10)]


def test_somebody_who_must_not_be_pooled_is_sent_to_a_tube_alone(
    handset: Handset, field: Stage
) -> None:
    pool, alone = field["labels"][1:3]
    page = handset.page
    at_the_desk(handset, field)
    handset.scans(pool)
    handset.scans(field["people"][11])
    expect(page.locator(".tube .count b")).to_have_text("1")

    handset.scans(field["singly"])
    handset.sees("单采：另开一管")
    handset.scans(alone)
    handset.sees("单采完成")
    handset.taps("封管（1）")
    handset.sees(pool)  # back to the pool
    seal(handset, 1)

    handset.sends()
    found = rows("SELECT swabs, capacity, state FROM sampling_tube WHERE barcode = %s", alone)
    assert found == [(1, 1, "sealed")]


def test_a_visitor_nobody_knows_is_registered_at_the_desk(handset: Handset, field: Stage) -> None:
    page = handset.page
    at_the_desk(handset, field)
    handset.taps("手工输入管码")
    expect(page.locator("#field-label")).to_be_focused()
    handset.scans(field["labels"][3])  # what was to be typed
    handset.sees("已开")

    handset.taps("无码登记")
    page.get_by_role("button", name="登记未在册人员").tap()
    handset.check()
    page.fill("#field-name", "才让卓玛")
    page.fill("#field-born", "19910704")
    page.keyboard.press("Enter")
    handset.sees("才*** 已登记")
    seal(handset, 1)

    handset.sends()
    found = rows(
        "SELECT r.provisional FROM sampling_tube t JOIN sampling_swab s ON s.tube_id = t.id"
        " JOIN people_resident r ON r.id = s.resident_id WHERE t.barcode = %s",
        field["labels"][3],
    )
    assert found == [(True,)]


def test_tubes_are_packed_counted_and_handed_over(handset: Handset, field: Stage) -> None:
    page, labels = handset.page, field["labels"][4:6]
    at_the_desk(handset, field)
    for label, person in zip(labels, field["people"][17:19], strict=True):
        handset.scans(label)
        handset.scans(person)
        seal(handset, 1)

    handset.taps("更多")
    page.get_by_role("button", name="装箱与交接").tap()
    handset.scans(field["box"])
    for label in labels:
        handset.scans(label)
    handset.taps("点数封箱")
    handset.scans(labels[0])  # too early or too late: said, and nothing is changed by it
    expect(page.locator(".remark")).to_contain_text("请先回答屏幕上的问题")
    handset.check()
    page.fill("#field-n", "3")
    page.keyboard.press("Enter")
    handset.sees("点数 3 管，扫码 2 管")
    handset.taps("点数封箱")
    page.fill("#field-n", "2")
    page.keyboard.press("Enter")
    handset.sees("已封，2 管")
    handset.check()
    page.locator(".box").get_by_role("button", name="交接").tap()
    page.fill("#field-temperature", "4.5")
    page.keyboard.press("Enter")
    handset.sees("已交接")

    handset.sends()
    found = rows(
        "SELECT b.state, count(*) FROM sampling_boxtube t JOIN sampling_box b ON b.id = t.box_id"
        " WHERE b.barcode = %s GROUP BY 1",
        field["box"],
    )
    assert found == [("under_way", 2)]


def at_the_desk(handset: Handset, field: Stage) -> None:
    handset.goes_to_work("采样登记", field["point"])
    table = handset.page.locator(".numbers button").first
    expect(table.or_(handset.page.locator(".camera")).first).to_be_visible()
    if table.count():
        table.tap()
    expect(handset.page.locator(".camera")).to_be_visible()


def seal(handset: Handset, swabs: int) -> None:
    handset.taps(f"封管（{swabs}）")
    handset.page.locator(".numbers").get_by_role("button", name=str(swabs), exact=True).tap()
    handset.sees("已封")


def test_a_gate_passes_refers_turns_back_and_lets_emergencies_through(
    handset: Handset, field: Stage
) -> None:
    page = handset.page
    normal = page.get_by_role("button", name=_NORMAL)
    at_the_gate(handset, field)
    handset.context.set_offline(True)

    handset.starts(showing=[field["people"][12]])
    expect(normal).to_be_visible(timeout=30_000)  # the camera has read the code
    handset.check()
    normal.tap()
    handset.sees("准予通行")
    handset.check()
    handset.starts()
    handset.scans(field["people"][12])
    normal.tap()
    handset.sees("不重复计数")
    handset.scans(field["alerts"][0])
    handset.sees("请到核验台")
    handset.scans(field["forged"])
    handset.sees("码是伪造的")
    handset.scans(field["expired"])
    handset.sees("码已过期")

    page.locator(".ways label", has_text="出").tap()
    handset.scans(field["with_pass"])
    handset.scans(field["pass"])
    normal.tap()
    handset.sees("准予通行")
    handset.scans(field["people"][13])
    handset.taps("没有通行证")
    normal.tap()
    handset.sees("劝返")
    handset.sees("不服")
    handset.check()
    page.get_by_role("button", name="急救：立即放行").tap()
    page.get_by_role("button", name="临产").tap()
    handset.sees("紧急放行")

    shift, counted = hands_over(handset)
    assert counted == (2, 3, 1, 1)
    assert scans_of(shift) == {
        ("pass", "all_met"): 2,
        ("refer", "alert"): 1,
        ("refer", "code_forged"): 1,
        ("refer", "code_expired"): 1,
        ("turn_back", "pass_missing"): 1,
        ("emergency", "emergency"): 1,
    }


def at_the_gate(handset: Handset, field: Stage) -> None:
    handset.goes_to_work("卡点查验", field["gate"])
    handset.page.locator(".ways label", has_text="进").tap()
    expect(handset.page.locator(".ways label", has_text="进").locator("input")).to_be_checked()


def hands_over(handset: Handset) -> tuple[UUID, tuple[int, ...]]:
    """The shift at the gate ends and is sent; what the guard counted in it."""
    handset.taps("更多")
    for _more_and_sure in range(2):
        handset.page.locator(".choices").get_by_role("button", name="交班").tap()
    expect(handset.page.locator(".places")).to_be_visible()
    handset.sends()
    [(shift, *counted)] = rows(
        "SELECT id, passed, referred, turned_back, emergencies FROM gates_shift"
        f" WHERE account_id = ({_HAN}) AND ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT 1"
    )
    return shift, tuple(counted)


def scans_of(shift: UUID) -> dict[tuple[str, str], int]:
    counts = "SELECT verdict, rule, count(*) FROM gates_scan WHERE shift = %s GROUP BY 1, 2"
    return {(verdict, rule): number for verdict, rule, number in rows(counts, shift)}


def test_a_vehicle_passes_with_all_who_sit_in_it(handset: Handset, field: Stage) -> None:
    page, people = handset.page, field["people"][19:23]
    at_the_gate(handset, field)
    handset.context.set_offline(True)

    drives_up(handset, "青A12345")
    for person in people[:2]:
        handset.scans(person)
        handset.taps(_NORMAL)
        handset.sees("准予通行")
    expect(page.locator(".card .who")).to_contain_text("已查 2 / 2 人")
    handset.check()
    handset.taps("车辆查完")
    handset.sees("准予通行")
    handset.sees("青A12345")

    drives_up(handset, "青A54321")
    for person in people[2:]:
        handset.scans(person)
        handset.taps(_NORMAL)
    handset.scans(field["alerts"][1])  # a third, though two were said
    handset.sees("请到核验台")
    handset.taps("车辆查完")
    handset.sees("请到核验台")

    drives_up(handset, "青A67890")
    handset.taps("车辆查完")
    expect(page.locator(".sheet")).to_contain_text("还有 2 人没有出示")
    handset.check()
    handset.taps("照此查完")
    handset.sees("车上还有人没有出示")

    shift, counted = hands_over(handset)
    assert counted == (4, 2, 0, 0)
    assert scans_of(shift) == {
        ("pass", "all_met"): 4,
        ("refer", "alert"): 1,
        ("refer", "party"): 1,
    }
    parties = "SELECT plate, count(*) FROM gates_scan WHERE shift = %s GROUP BY party, plate"
    seen = rows(parties, shift)
    assert sorted(number for _plate, number in seen) == [1, 2, 3]
    assert {"青A12345", "青A54321", "青A67890"}.isdisjoint(plate for plate, _number in seen)


def drives_up(handset: Handset, plate: str) -> None:
    handset.taps("更多")
    handset.page.get_by_role("button", name="查车辆").tap()
    handset.page.fill("#field-plate", plate)
    handset.page.fill("#field-people", "2")
    handset.page.keyboard.press("Enter")
    expect(handset.page.locator(".card .who")).to_contain_text(plate)


def test_somebody_with_a_fever_goes_to_the_table(handset: Handset, field: Stage) -> None:
    at_the_gate(handset, field)
    handset.context.set_offline(True)

    handset.scans(field["people"][23])
    handset.taps("发热")
    handset.check()
    handset.taps("38.0")
    handset.sees("请到核验台")
    handset.sees("体温偏高，请复测")

    shift, counted = hands_over(handset)
    assert counted == (0, 1, 0, 0)
    measured = rows("SELECT verdict, rule, temperature FROM gates_scan WHERE shift = %s", shift)
    assert [(verdict, rule, float(t)) for verdict, rule, t in measured] == [
        ("refer", "temperature", 38.0)
    ]


def test_a_gate_with_a_network_hears_what_the_office_knows_better(
    handset: Handset, field: Stage
) -> None:
    at_the_gate(handset, field)

    handset.scans(field["revoked"])
    handset.taps(_NORMAL)
    handset.sees("码已停用")  # it passed by what the phone knew
    handset.sees("请到核验台")
    handset.check()

    shift, counted = hands_over(handset)
    assert counted == (1, 1, 0, 0)
    assert scans_of(shift) == {("pass", "all_met"): 1, ("refer", "code_revoked"): 1}


def test_a_gates_phone_says_whether_a_printed_list_is_genuine(
    handset: Handset, field: Stage
) -> None:
    at_the_gate(handset, field)
    handset.context.set_offline(True)

    handset.scans(field["list"])
    handset.sees("名单属实")
    handset.sees(field["gate"])
    handset.sees("应有 31 行")
    handset.check()
    handset.scans(field["list_elsewhere"])
    handset.sees("不是本卡口的")
    handset.scans(field["list_over"])
    handset.sees("名单已过期")
    handset.scans(field["list"][:-4] + "AAAA")
    handset.sees("名单是伪造的")

    assert hands_over(handset)[1] == (0, 0, 0, 0)


def test_visitors_of_a_venue_are_registered_at_its_door(handset: Handset, field: Stage) -> None:
    page = handset.page
    handset.goes_to_work("场所门岗", field["venue"])
    expect(page.locator(".figures")).to_be_visible()
    handset.context.set_offline(True)

    for person in field["people"][14:17]:
        handset.scans(person)
    handset.scans(field["people"][16])
    handset.sees("不重复计数")
    expect(page.locator(".figures b").first).to_have_text("3")
    handset.check()

    handset.sends()
    found = rows(
        "SELECT count(DISTINCT v.person) FROM cases_visit v"
        " JOIN areas_site s ON s.number = v.place WHERE s.name = %s",
        field["venue"],
    )
    assert found[0][0] >= 3


def test_a_task_is_done_at_a_door_without_a_network(handset: Handset, field: Stage) -> None:
    page = handset.page
    handset.goes_to_work("我的任务")
    card = page.locator(".task", has_text="上门采样").first
    expect(card).to_be_visible()
    handset.check()
    handset.context.set_offline(True)

    card.tap()
    handset.taps("开始办理")
    handset.check()
    handset.taps("办完了")
    page.fill("#field-note", "已采样，本人配合")
    page.keyboard.press("Enter")
    expect(page.locator(".remark")).to_contain_text("已办结")

    handset.sends()
    found = rows("SELECT state, note FROM dispatch_task WHERE id = %s", field["task"])
    assert found == [("done", "已采样，本人配合")]
