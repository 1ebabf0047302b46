import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { DeskWork, LabelUsed } from "../src/phone/deskwork.ts";
import type { Point } from "../src/phone/deskwork.ts";
import type { Pools } from "../src/phone/pools.ts";
import type { Met } from "../src/phone/reading.ts";
import { Memory } from "./standins.ts";

const pools: Pools = { stamp: "cn-v9@1", groups: { general: 10, precaution: 20, key_person: 1 }, never_pooled: ["key_person"] };
const round = { id: "0190-r1", name: "第三轮", deadline: "2022-09-02T20:00:00+08:00" };
const point: Point = { site: "s1", name: "小桥采样点", tables: [1, 2], round, path: "1/2/" };
const LABELS = ["T000007E", "T000008G", "T0000095"];
let clock = new Date("2022-09-02T08:00:00+08:00");
let phone: Memory;

const met = (n: number): Met => ({ ref: { code: `FX1:${n}` }, key: `p:${n}`, label: "王*", shown: "code" });
const load = (): Promise<DeskWork> => DeskWork.load(phone.outbox, phone.store, () => clock);

beforeEach(() => {
  phone = new Memory();
  clock = new Date("2022-09-02T08:00:00+08:00");
});

async function atTheTable(): Promise<DeskWork> {
  const work = await load();
  await work.startShift(point, 2);
  await work.openTube(LABELS[0] ?? "", pools);
  return work;
}

test("a tube is opened, filled, counted and sealed", async () => {
  const work = await atTheTable();

  for (let n = 0; n < 3; n += 1) await work.addSwab(met(n));
  await work.seal(3);
  await work.endShift();

  assert.deepEqual(phone.kinds(), [
    "sampling.start_shift", "sampling.open_tube",
    "sampling.add_swab", "sampling.add_swab", "sampling.add_swab", "sampling.seal_tube", "sampling.end_shift",
  ]);
  const shift = phone.bodies("sampling.start_shift")[0]?.["shift"];
  const tube = phone.bodies("sampling.open_tube")[0];
  assert.deepEqual(
    { ...tube, tube: "" },
    { tube: "", barcode: "T000007E", site: "s1", table: 2, round: round.id, group: "general", purpose: "round" },
  );
  assert.deepEqual(phone.bodies("sampling.seal_tube"), [{ tube: tube?.["tube"], swabs: 3 }]);
  assert.deepEqual(phone.bodies("sampling.end_shift"), [{ shift, swabs: 3, tubes: 1 }]);
});

test("a phone that dies in mid-tube goes on where it was", async () => {
  const work = await atTheTable();
  for (let n = 0; n < 4; n += 1) await work.addSwab(met(n));

  const again = await load();

  assert.equal(again.shift?.swabs, 4);
  assert.deepEqual(again.tube?.swabs.map((swab) => swab.key), ["p:0", "p:1", "p:2", "p:3"]);
  assert.equal(again.entry(met(3), false).rule, "swabbed_in_this_tube");
  assert.equal(again.entry(met(9), false).answer, "tube");
});

test("who was swabbed in a sealed tube is known after a reload, and by the next shift of the round", async () => {
  const work = await atTheTable();
  for (let n = 0; n < 10; n += 1) await work.addSwab(met(n));
  await work.seal(10);
  await work.endShift();

  const again = await load();
  await again.startShift(point, 1);

  assert.deepEqual(again.entry(met(0), false), { answer: "not_again", rule: "swabbed_in_this_round" });
});

test("in the next round everybody may be swabbed again", async () => {
  const work = await atTheTable();
  await work.addSwab(met(0));
  await work.seal(1);

  await work.startShift({ ...point, round: { ...round, id: "0190-r2" } }, 2);

  assert.equal((await load()).entry(met(0), false).answer, "new_tube");
});

test("the wrong person is taken out again, and may come later", async () => {
  const work = await atTheTable();
  await work.addSwab(met(0));
  const wrong = await work.addSwab(met(1));

  await work.undo();

  assert.equal(phone.bodies("sampling.remove_swab")[0]?.["swab"], wrong.id);
  const again = await load();
  assert.equal(again.tube?.swabs.length, 1);
  assert.equal(again.shift?.swabs, 1);
  assert.equal(again.entry(met(1), false).answer, "tube");
});

test("the people of a void tube may be swabbed again", async () => {
  const work = await atTheTable();
  await work.addSwab(met(0));

  await work.voidTube("管子摔裂");

  const again = await load();
  assert.equal(again.tube, null);
  assert.equal(again.shift?.swabs, 0);
  assert.equal(again.entry(met(0), false).answer, "new_tube");
  assert.deepEqual(again.unpacked, []);
});

test("somebody who must not be pooled gets a tube alone; the pool waits beside it", async () => {
  const work = await atTheTable();
  await work.addSwab(met(0));
  assert.deepEqual(work.entry(met(1), true), { answer: "own_tube", rule: "must_not_be_pooled" });

  await work.wait(met(1));
  const again = await load();
  await again.openTube(LABELS[1] ?? "", pools, true);
  await again.addSwab(again.next ?? met(99));
  await again.seal(1);

  assert.equal(again.tube?.barcode, "T000007E");
  assert.equal(again.tube?.swabs.length, 1);
  assert.equal(again.next, null);
  assert.equal(phone.bodies("sampling.open_tube")[1]?.["group"], "key_person");
  assert.equal(again.entry(met(1), true).rule, "swabbed_in_this_round");
});

test("a label is not used for two tubes", async () => {
  const work = await atTheTable();
  await work.addSwab(met(0));
  await work.seal(1);

  await assert.rejects(work.openTube("T000007E", pools), LabelUsed);
});

test("a box takes the tubes that were scanned into it, and is handed over", async () => {
  const work = await atTheTable();
  await work.addSwab(met(0));
  await work.seal(1);

  const box = await work.packBox("B0000012", ["T000007E"], 1);
  assert.equal(work.unpacked.length, 0);
  await work.handOver(box, "courier", 4);

  assert.equal((await load()).boxes.length, 0);
  assert.deepEqual(phone.bodies("sampling.pack_box")[0]?.["tubes"], ["T000007E"]);
  assert.deepEqual(phone.bodies("sampling.hand_over_box"), [{ box: box.id, to: "courier", temperature: 4 }]);
});

test("a swab that was not kept is not shown as taken", async () => {
  const work = await atTheTable();
  phone.full = true;

  await assert.rejects(work.addSwab(met(0)));

  assert.equal(work.tube?.swabs.length, 0);
  assert.equal(work.entry(met(0), false).answer, "tube");
});

test("a full shift keeps what a swab rewrites small", async () => {
  const work = await load();
  await work.startShift(point, 1);
  for (let n = 0; n < 600; n += 1) {
    if (n % 10 === 0) await work.openTube(`T${n}`, pools);
    await work.addSwab(met(n));
    if (n % 10 === 9) await work.seal(10);
  }

  assert.equal((await load()).shift?.swabs, 600);
  assert.equal((await load()).entry(met(17), false).rule, "swabbed_in_this_round");
  assert.ok(phone.longest < 8000, `${phone.longest} characters`);
});
