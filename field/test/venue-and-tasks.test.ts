import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { DoorList } from "../src/phone/doorlist.ts";
import type { Met } from "../src/phone/reading.ts";
import { TaskList, isLate } from "../src/phone/tasklist.ts";
import type { Task } from "../src/phone/tasklist.ts";
import { Memory } from "./standins.ts";

let clock: Date;
let phone: Memory;

const met = (n: number): Met => ({ ref: { code: `FX1:${n}` }, key: `p:${n}`, label: "王*", shown: "code" });
const later = (minutes: number): void => {
  clock = new Date(clock.getTime() + minutes * 60_000);
};

beforeEach(() => {
  phone = new Memory();
  clock = new Date(2022, 8, 2, 8, 30);
});

// ---- venue

const atTheDoor = (): Promise<DoorList> => DoorList.load(phone.outbox, phone.store, () => clock);
const market = { site: "v1", name: "大什字百货", kind: "supermarket" };

test("a visitor is registered once, a minute later again", async () => {
  const list = await atTheDoor();
  await list.startShift(market);

  assert.equal(await list.visit(met(1)), true);
  assert.equal(await (await atTheDoor()).visit(met(1)), false);
  later(2);
  assert.equal(await (await atTheDoor()).visit(met(1)), true);

  const [first] = phone.bodies("gates.record_visit");
  assert.deepEqual({ ...first, visit: "" }, { visit: "", site: "v1", person: { code: "FX1:1" }, evidence: "attended_scan" });
  assert.equal((await atTheDoor()).today, 2);
});

test("counts are of today and of this hour", async () => {
  const list = await atTheDoor();
  await list.startShift(market);
  await list.visit(met(1));
  later(60);
  await list.visit(met(2));

  assert.deepEqual([list.today, list.thisHour], [2, 1]);
  later(24 * 60);
  assert.deepEqual([list.today, list.thisHour], [0, 0]);
});

test("the shift of a door is handed over with its count", async () => {
  const list = await atTheDoor();
  await list.startShift(market);
  await list.visit(met(1));

  await list.endShift();

  assert.equal(phone.bodies("gates.end_shift")[0]?.["passed"], 1);
});

// ---- tasks

const title = { zh: "上门采样", en: "Door sampling" };
const task = (id: string, place: string, due_at: string | null, state = "open"): Task => ({
  id, kind: "door_sampling", title, place, due_at, state, people: [], steps: [],
});
const myTasks = (): Promise<TaskList> => TaskList.load(phone.outbox, phone.store, () => clock);

test("tasks are grouped by place, the most urgent place first", async () => {
  const list = await myTasks();
  const found = list.todo([
    task("a", "1 号楼", null),
    task("b", "2 号楼", "2022-09-02T12:00:00+08:00"),
    task("c", "1 号楼", "2022-09-02T10:00:00+08:00"),
  ]);

  assert.deepEqual(found.map(({ place, tasks }) => [place, tasks.map((one) => one.id)]), [["1 号楼", ["c", "a"]], ["2 号楼", ["b"]]]);
});

test("places come along the way one walks, those with something late first", async () => {
  const list = await myTasks();
  const at = (id: string, place: string, route: string, due_at: string): Task => ({ ...task(id, place, due_at), route });
  const soon = new Date(clock.getTime() + 3_600_000).toISOString();
  const late = new Date(clock.getTime() - 3_600_000).toISOString();

  const found = list.todo([
    at("a", "10 号楼", "g/0010", soon),
    at("b", "2 号楼", "g/0002", soon),
    at("c", "7 号楼", "g/0007", late),
  ]);

  assert.deepEqual(found.map(({ place }) => place), ["7 号楼", "2 号楼", "10 号楼"]);
  assert.deepEqual(list.todo([at("a", "10 号楼", "g/0010", soon)], "late"), []);
});

test("a count that was asked for is sent with the task", async () => {
  await (await myTasks()).finish({ ...task("a", "1 号楼", null), proof: "count" }, { note: "", counted: 12 });

  assert.deepEqual(phone.commands, [{ kind: "dispatch.finish_task", body: { task: "a", note: "", counted: 12 } }]);
});

test("what was done here is gone from the list, though the office does not know it yet", async () => {
  const one = task("a", "1 号楼", null);
  await (await myTasks()).take(one);
  await (await myTasks()).finish(one, { note: "已送达" });

  const again = await myTasks();

  assert.deepEqual(again.todo([one]), []);
  assert.equal(again.done, 1);
  assert.deepEqual(phone.kinds(), ["dispatch.take_task", "dispatch.finish_task"]);
});

test("a task that cannot be done goes back with the reason", async () => {
  const list = await myTasks();

  await list.refuse(task("a", "1 号楼", null, "taken"), "家中无人");

  assert.deepEqual(phone.commands, [{ kind: "dispatch.refuse_task", body: { task: "a", reason: "家中无人" } }]);
  assert.deepEqual(list.todo([task("a", "1 号楼", null)]), []);
});

test("a task is late after its time, and one without a time never", () => {
  assert.equal(isLate(task("a", "", new Date(clock.getTime() - 1000).toISOString()), clock), true);
  assert.equal(isLate(task("a", "", null), clock), false);
});
