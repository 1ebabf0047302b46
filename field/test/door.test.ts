import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { DoorWork } from "../src/phone/doorwork.ts";
import type { Gate } from "../src/phone/doorwork.ts";
import type { Met } from "../src/phone/reading.ts";
import type { Demands } from "../src/phone/verdict.ts";
import { Memory } from "./standins.ts";

const rules: Demands = {
  codes: ["code", "identity", "word"], pass: false, outing: { people: 1, every_d: 2, lasts_h: 2 }, test_within_h: null,
  temperature_max: null, mask: false, interval_min: null, most_a_day: null, reset_minutes: 5, stamp: "cn-v9@1",
};
const gate: Gate = { site: "g1", name: "朝阳东路口卡点", path: "1/2/", rules };
let clock: Date;
let phone: Memory;

const met = (n: number): Met => ({ ref: { code: `FX1:${n}` }, key: `p:${n}`, label: "王*", shown: "code" });
const load = (): Promise<DoorWork> => DoorWork.load(phone.outbox, phone.store, () => clock);
const later = (minutes: number): void => {
  clock = new Date(clock.getTime() + minutes * 60_000);
};

beforeEach(() => {
  phone = new Memory();
  clock = new Date("2022-09-02T08:00:00+08:00");
});

async function onShift(): Promise<DoorWork> {
  const work = await load();
  await work.startShift(gate);
  return work;
}

async function passes(work: DoorWork, n: number, demands = rules): Promise<string> {
  await work.meet(met(n), false);
  const found = await work.judge(demands);
  const news = await work.decide(found);
  return news ? `${found.verdict} ${found.rule}` : "again";
}

test("somebody passes and is counted", async () => {
  const work = await onShift();

  assert.equal(await passes(work, 1), "pass all_met");
  await work.endShift();

  const { scan, shift, ...rest } = phone.bodies("gates.record_scan")[0] ?? {};
  assert.ok(scan && shift);
  assert.deepEqual(rest, {
    site: "g1", direction: "in", person: { code: "FX1:1" }, party: null, plate: "", shown: "code", pass: null,
    temperature: null, mask: null, verdict: "pass", rule: "all_met", reason: "",
  });
  assert.deepEqual(phone.bodies("gates.end_shift"), [{ shift, passed: 1, referred: 0, turned_back: 0, emergencies: 0 }]);
});

test("a code held too long is counted once, after a reload too", async () => {
  await passes(await onShift(), 1);

  assert.equal(await passes(await load(), 1), "again");
  later(2);
  assert.equal(await passes(await load(), 1), "pass all_met");

  assert.equal(phone.bodies("gates.record_scan").length, 2);
});

test("another verdict on the same person is news", async () => {
  const work = await onShift();
  await passes(work, 1);

  await work.meet(met(1), true);
  await work.decide(await work.judge(rules));

  assert.deepEqual(work.shift?.counts, { pass: 1, refer: 1, turn_back: 0, emergency: 0 });
});

test("temperature and mask are asked where the rules ask for them, and only there", async () => {
  const work = await onShift();
  const asking = { ...rules, temperature_max: 37.3, mask: true };
  await work.meet(met(1), false);

  assert.equal(work.need(rules), null);
  assert.equal(work.need(asking), "look");
  await work.settle("look", { temperature: 38.1 });

  assert.equal(work.need(asking), null);
  assert.deepEqual(await work.judge(asking), { verdict: "refer", rule: "temperature" });
});

test("what is seen of somebody survives a reload", async () => {
  const work = await onShift();
  await work.meet(met(1), false);

  assert.equal((await load()).standing?.key, "p:1");
});

test("a pass may be shown before the code or after it", async () => {
  const demands = { ...rules, pass: true };
  const pass = { text: "FX1:P", group: "h9", kind: "entry_exit", opens: true };
  for (const first of ["pass", "person"]) {
    const work = await onShift();
    await work.turn("out");
    if (first === "pass") await work.showPass(pass);
    await work.meet(met(first === "pass" ? 1 : 2), false);
    if (first === "person") {
      assert.equal(work.need(demands), "pass");
      await work.showPass({ ...pass, group: "h8" });
    }

    assert.equal(work.need(demands), null);
    assert.deepEqual(await work.judge(demands), { verdict: "pass", rule: "all_met" });
    await work.decide({ verdict: "pass", rule: "all_met" });
  }
});

test("one outing of a household in two days, and this phone saw it", async () => {
  const demands = { ...rules, pass: true };
  const pass = { text: "FX1:P", group: "h9", kind: "entry_exit", opens: true };
  const out = async (n: number): Promise<string> => {
    const work = await load();
    await work.meet(met(n), false);
    await work.showPass(pass);
    const found = await work.judge(demands);
    await work.decide(found, "每户每两天一次");
    return found.rule;
  };
  const work = await onShift();
  await work.turn("out");

  assert.equal(await out(1), "all_met");
  later(60);
  assert.equal(await out(2), "pass_quota");
  later(48 * 60);
  assert.equal(await out(2), "all_met");
  assert.equal(phone.bodies("gates.record_scan")[1]?.["reason"], "每户每两天一次");
});

test("without a pass where one is asked somebody going out is turned back once that was said", async () => {
  const work = await onShift();
  await work.turn("out");
  await work.meet(met(1), false);
  await work.settle("pass");

  assert.deepEqual(await work.judge({ ...rules, pass: true }), { verdict: "turn_back", rule: "pass_missing" });
});

test("an emergency passes with a shift, without one, and without rules", async () => {
  const before = await load();
  await before.emergency(["g7"]);
  assert.deepEqual(
    { ...phone.bodies("gates.emergency")[0], scan: "" },
    { scan: "", site: "g7", shift: null, person: null, plate: "", reason: "" },
  );

  const work = await onShift();
  await work.meet(met(1), true);
  await work.emergency([]);
  await work.reportIncident("unwell", "临产");

  assert.deepEqual(phone.bodies("gates.emergency")[1]?.["person"], { code: "FX1:1" });
  assert.equal(phone.bodies("gates.report_incident")[0]?.["text"], "临产");
  assert.equal(work.shift?.counts.emergency, 1);
});

test("whom the office knows better goes to the table after all, and the passage was none", async () => {
  const work = await onShift();
  await work.turn("out");
  await work.meet(met(1), false);
  await work.showPass({ text: "FX1:pass", group: "7", kind: "entry_exit", opens: true });
  const asked = work.question();
  assert.ok(asked);
  await work.decide({ verdict: "pass", rule: "all_met" });

  assert.equal(await work.referAfterAll(asked, "code_revoked"), true);

  const [first, second] = phone.bodies("gates.record_scan");
  assert.deepEqual([first?.["verdict"], second?.["verdict"], second?.["rule"]], ["pass", "refer", "code_revoked"]);
  assert.deepEqual({ ...second, scan: "", verdict: "", rule: "" }, { ...first, scan: "", verdict: "", rule: "" });
  assert.deepEqual(work.shift?.counts, { pass: 1, refer: 1, turn_back: 0, emergency: 0 });
  // Put right at the table, they pass: neither a repetition, nor a second outing.
  const outing = { ...rules, pass: true, outing: { people: 1, every_d: 2, lasts_h: 2 } };
  await work.meet(met(1), false);
  await work.showPass({ text: "FX1:pass", group: "7", kind: "entry_exit", opens: true });
  assert.deepEqual(await work.judge(outing), { verdict: "pass", rule: "all_met" });
  assert.equal(await work.decide({ verdict: "pass", rule: "all_met" }), true);
});

test("an answer that comes after the shift changes nothing", async () => {
  const work = await onShift();
  await work.meet(met(1), false);
  const asked = work.question();
  await work.decide({ verdict: "pass", rule: "all_met" });
  await work.endShift();

  assert.ok(asked);
  assert.equal(await work.referAfterAll(asked, "alert"), false);
  assert.equal(phone.bodies("gates.record_scan").length, 1);
});

test("who rode along and is referred after all makes the vehicle's verdict", async () => {
  const work = await onShift();
  await work.startVehicle("云A12345", 2);
  await work.meet(met(1), false);
  const asked = work.question();
  await work.decide({ verdict: "pass", rule: "all_met" });
  await work.meet(met(2), false);
  await work.decide({ verdict: "pass", rule: "all_met" });

  assert.ok(asked);
  await work.referAfterAll(asked, "alert");

  assert.equal(work.vehicle?.shown.length, 2);
  assert.deepEqual(await work.endVehicle(), { verdict: "refer", rule: "alert" });
});

test("who was let through on the lock screen counts in the shift, once", async () => {
  await onShift();
  phone.letThrough = 2;

  assert.equal((await load()).shift?.counts.emergency, 2);
  phone.letThrough = 3;
  await load();
  const work = await load();
  await work.endShift();

  assert.equal(phone.bodies("gates.end_shift")[0]?.["emergencies"], 3);
});

test("everybody in a vehicle is seen, and the strictest verdict is the vehicle's", async () => {
  const work = await onShift();
  await work.startVehicle("青A12345", 2);
  await passes(work, 1);
  await work.meet(met(2), true);
  await work.decide(await work.judge(rules));

  assert.deepEqual(await work.endVehicle(), { verdict: "refer", rule: "alert" });

  const scans = phone.bodies("gates.record_scan");
  assert.equal(scans.length, 2);
  assert.equal(scans[0]?.["party"], scans[1]?.["party"]);
  assert.equal(scans[0]?.["plate"], "青A12345");
});

test("a vehicle in which not everybody was shown is referred", async () => {
  const work = await onShift();
  await work.startVehicle("青A12345", 3);
  await passes(work, 1);

  assert.deepEqual(await work.endVehicle(), { verdict: "refer", rule: "party" });
  assert.equal(phone.bodies("gates.record_scan").at(-1)?.["rule"], "party");
});

test("a full shift keeps what a scan rewrites small", async () => {
  const work = await onShift();
  for (let n = 0; n < 1800; n += 1) await passes(work, n);

  assert.equal(work.shift?.counts.pass, 1800);
  assert.ok(phone.longest < 10_000, `${phone.longest} characters`);
});
