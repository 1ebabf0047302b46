import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { makeIds, StoredOutbox } from "../src/phone/outbox.ts";
import { type Database, openDatabase, Vault } from "../src/phone/store.ts";
import { Sender, type Status } from "../src/phone/sync.ts";
import { outsideOf, Server, Time } from "./phone-server.ts";

const ROUNDS = 1_000; // the real number would only make the tests slow
const open: { close(): void }[] = [];
let names = 0;
let name = "";
let time: Time;
let server: Server;

async function phone(start = Date.now()): Promise<{ db: Database; vault: Vault; outbox: StoredOutbox; sender: Sender; heard: Status[] }> {
  const db = await openDatabase(name);
  const vault = await Vault.open(db, () => time.now);
  const secret = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U";
  if (vault.condition === "new")
    await vault.create("271828", { device: "0188-device", secret, expiresAt: new Date(start + 9e9), lockMinutes: 10 }, {}, ROUNDS);
  else await vault.unlock("271828");
  const outbox = new StoredOutbox(vault, () => time.now);
  const heard: Status[] = [];
  const sender = new Sender(outbox, vault, outsideOf(server, time), (status) => heard.push(status));
  open.push(db, outbox);
  return { db, vault, outbox, sender, heard };
}

beforeEach(() => {
  name = `phone-${(names += 1)}`;
  time = new Time();
  server = new Server();
  server.clock = () => time.now;
});

afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** Let pauses run out until everything is sent. */
async function untilSent(sender: Sender, outbox: StoredOutbox, most = 60): Promise<void> {
  for (let turn = 0; turn < most; turn++) {
    await sender.nudge("timer");
    if ((await outbox.waiting()).count === 0) return;
    time.pass(time.next ?? 1_000);
    await sender.nudge("timer");
  }
  assert.fail(`not sent: ${(await outbox.waiting()).count}`);
}

test("a command is stored, sealed and numbered before it is called done", async () => {
  const { outbox, db, sender } = await phone();
  sender.stop();
  server.then("no network");

  const id = await outbox.add("sampling.add_swab", { tube: "t", person: { identity: "630105198301011234", type: "10" } });

  const rows = await db.getAll("outbox");
  assert.equal(rows.length, 1);
  assert.equal(rows[0]?.id, id);
  assert.equal(rows[0]?.seq, 1);
  assert.equal(JSON.stringify(rows).includes("630105"), false);
  assert.equal(Buffer.from(rows[0]?.sealed ?? []).includes("6301"), false);
  assert.deepEqual(await outbox.waiting(), { count: 1, since: new Date(time.now) });
});

test("what waits is sent in order, once, and forgotten of its content", async () => {
  const { outbox, sender, db } = await phone();
  for (let n = 0; n < 45; n++) await outbox.add("sampling.add_swab", { n });
  await untilSent(sender, outbox);

  const sent = [...server.stored.values()];
  assert.equal(sent.length, 45);
  assert.deepEqual(sent.map((command) => command.seq), Array.from({ length: 45 }, (_, n) => n + 1));
  assert.ok((await db.getAll("outbox")).every((row) => row.sealed === null && row.state === 1));
});

test("batches begin small, grow while that goes well, and are packed", async () => {
  server.then("no network");
  const { outbox, sender } = await phone();
  for (let n = 0; n < 900; n++) await outbox.add("gates.record_scan", { n });
  server.batches.length = 0;
  await untilSent(sender, outbox);

  assert.deepEqual(server.batches.slice(0, 5), [20, 40, 80, 160, 200]);
  assert.ok(server.packed > 0);
  assert.equal(server.stored.size, 900);
});

test("whatever fails on the way, everything arrives exactly once", async () => {
  const { outbox, sender } = await phone();
  server.then("no network");
  for (let n = 0; n < 200; n++) await outbox.add("sampling.add_swab", { n });
  server.then(
    "lost answer", "half answer", "portal page", "starting", "half answer", "fault", "lost answer", "empty answer", "wrong answer", "busy",
    "half answer",
  );
  await untilSent(sender, outbox);

  assert.equal(server.stored.size, 200);
  const numbers = [...server.stored.values()].map((command) => command.seq).sort((a, b) => a - b);
  assert.deepEqual(numbers, Array.from({ length: 200 }, (_, n) => n + 1));
});

test("a lost answer is followed by the same command, which the server knows already", async () => {
  const { outbox, sender } = await phone();
  server.then("lost answer");
  await outbox.add("gates.record_scan", { n: 1 });
  await sender.nudge("asked");

  assert.equal((await outbox.waiting()).count, 1);
  await untilSent(sender, outbox);
  assert.equal(server.stored.size, 1);
});

test("a portal's page, which is no answer of ours, marks nothing", async () => {
  const { outbox, sender, heard } = await phone();
  server.then("portal page");
  await outbox.add("gates.record_scan", { n: 1 });
  await sender.nudge("asked");

  assert.equal((await outbox.waiting()).count, 1);
  assert.equal(heard.at(-1)?.why, "network");
});

test("pauses grow after each failure, and there is no storm of tries at each scan", async () => {
  const { outbox, sender } = await phone();
  server.then("no network", "no network", "no network", "no network");
  await outbox.add("gates.record_scan", { n: 0 });
  await sender.nudge("timer");
  const pauses: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const asked = server.requests;
    for (let n = 0; n < 5; n++) await outbox.add("gates.record_scan", { n });
    assert.equal(server.requests, asked);
    pauses.push(time.next ?? 0);
    time.pass(time.next ?? 0);
    await sender.nudge("timer");
  }

  assert.deepEqual(pauses, [1_000, 2_000, 4_000]);
});

test("a busy server is left alone as long as it asks, and that is said", async () => {
  const { outbox, sender, heard } = await phone();
  server.then("busy");
  await outbox.add("gates.record_scan", { n: 1 });
  await sender.nudge("timer");

  assert.deepEqual(heard.at(-1), { sending: false, why: "busy", until: time.now + 12_000 });
  time.pass(11_000);
  await sender.nudge("timer");
  await sender.nudge("online");
  assert.equal(server.stored.size, 0);
  time.pass(1_000);
  await sender.nudge("timer");
  assert.equal(server.stored.size, 1);
});

test("an emergency goes at once and first, even when the server is busy", async () => {
  const { outbox, sender } = await phone();
  server.then("busy");
  await outbox.add("gates.record_scan", { n: 1 });
  await sender.nudge("timer");

  const id = await outbox.add("gates.emergency", { scan: "s", site: "x" });
  await sender.nudge("urgent");

  assert.deepEqual([...server.stored.keys()], [id]);
  assert.equal((await outbox.waiting()).count, 1);
  assert.equal(sender.status.why, "busy");
});

test("a clock that jumps changes neither the order nor the numbers, and ids never repeat", async () => {
  const { outbox, sender } = await phone();
  server.then("no network");
  await outbox.add("gates.record_scan", { n: 1 });
  time.now -= 3 * 86_400_000;
  await outbox.add("gates.record_scan", { n: 2 });
  time.now += 10 * 86_400_000;
  await outbox.add("gates.record_scan", { n: 3 });
  await untilSent(sender, outbox);

  const sent = [...server.stored.values()];
  assert.deepEqual(sent.map((command) => [command.seq, (command.body as { n: number }).n]), [[1, 1], [2, 2], [3, 3]]);
  const ids = sent.map((command) => command.id);
  assert.deepEqual([...ids].sort(), ids);
});

test("ids are UUIDv7 and rise even within one millisecond and after a jump back", () => {
  let now = 1_700_000_000_000;
  const next = makeIds(() => now);
  const ids = Array.from({ length: 9_000 }, () => next());
  now -= 5_000;
  ids.push(next());

  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual([...ids].sort(), ids);
  assert.match(ids[0] ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(Number.parseInt((ids[0] ?? "").replaceAll("-", "").slice(0, 12), 16), 1_700_000_000_000);
});

test("after a reload everything is still there and the numbers go on", async () => {
  const first = await phone();
  first.sender.stop();
  server.then("no network");
  await first.outbox.add("gates.record_scan", { n: 1 }, {});
  for (const one of open.splice(0)) one.close();

  const again = await phone();
  assert.equal((await again.outbox.waiting()).count, 1);
  await again.outbox.add("gates.record_scan", { n: 2 });
  await untilSent(again.sender, again.outbox);

  assert.deepEqual([...server.stored.values()].map((command) => command.seq), [1, 2]);
});

test("two tabs number and send together, each command once", async () => {
  const [one, two] = [await phone(), await phone()];
  server.then("no network", "no network");
  await Promise.all(Array.from({ length: 60 }, (_, n) => (n % 2 ? one : two).outbox.add("gates.record_scan", { n })));
  time.pass(10_000);
  await Promise.all([one.sender.nudge("timer"), two.sender.nudge("timer")]);
  await untilSent(one.sender, one.outbox);

  assert.equal(server.stored.size, 60);
  const sent = server.batches.reduce((sum, size) => sum + size, 0);
  assert.equal(sent, 60);
  const numbers = [...server.stored.values()].map((command) => command.seq).sort((a, b) => a - b);
  assert.deepEqual(numbers, Array.from({ length: 60 }, (_, n) => n + 1));
});

test("two tabs without Web Locks send each command once, by a lease", async () => {
  const really = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
  try {
    const [one, two] = [await phone(), await phone()];
    server.then("no network", "no network");
    for (let n = 0; n < 30; n++) await (n % 2 ? one : two).outbox.add("gates.record_scan", { n });
    time.pass(10_000);
    await Promise.all([one.sender.nudge("timer"), two.sender.nudge("timer")]);
    await untilSent(one.sender, one.outbox);

    assert.equal(server.batches.reduce((sum, size) => sum + size, 0), 30);
  } finally {
    if (really) Object.defineProperty(globalThis, "navigator", really);
  }
});

test("a refused command stays to be read, and is put away only by hand", async () => {
  const { outbox, sender } = await phone();
  server.refuse = (command) => (command.body as { n: number }).n === 11;
  for (let n = 10; n < 13; n++) await outbox.add("sampling.add_swab", { n });
  await untilSent(sender, outbox);

  const [refused, ...others] = await outbox.refused();
  assert.equal(others.length, 0);
  assert.equal(refused?.message, "This tube is full.");
  assert.deepEqual(refused?.body, { n: 11 });
  assert.equal((await outbox.states([refused?.id ?? ""])).get(refused?.id ?? ""), "refused");
  await outbox.dismiss(refused?.id ?? "");
  assert.deepEqual(await outbox.refused(), []);
});

test("what is too large goes in halves, and one command that never fits holds up no other", async () => {
  const { outbox, sender } = await phone();
  server.then("no network");
  for (let n = 0; n < 4; n++) await outbox.add("sampling.add_swab", { n });
  time.pass(5_000);
  server.then("too large", "too large", "too large");
  await untilSent(sender, outbox);

  assert.equal(server.stored.size, 3);
  assert.equal((await outbox.refused()).length, 1);
});

test("a phone that was called back still tries to deliver, and says so", async () => {
  const { outbox, sender } = await phone();
  const told: string[] = [];
  sender.unwelcome = async (why) => void told.push(why);
  server.then("revoked");
  await outbox.add("gates.record_scan", { n: 1 });
  await sender.nudge("asked");

  assert.deepEqual(told, ["revoked"]);
  assert.equal(sender.status.why, "revoked");
  assert.equal((await outbox.waiting()).count, 1);
  time.pass(600_000);
  await sender.nudge("timer");
  assert.equal(server.stored.size, 1);
});

test("a mode's own state is written with its command, or not at all", async () => {
  const { outbox, vault, sender } = await phone();
  sender.stop();
  server.then("no network", "no network");
  await outbox.forMode("desk").add("sampling.open_tube", { tube: "t" }, { open: { tube: "t", swabs: 0 } });
  assert.deepEqual(await vault.get("mode:desk:open"), { tube: "t", swabs: 0 });

  vault.lock();
  await assert.rejects(outbox.forMode("desk").add("sampling.add_swab", {}, { open: { tube: "t", swabs: 1 } }));
  assert.equal((await outbox.waiting()).count, 1);
});

test("the server's clock is learnt from its answers", async () => {
  const { outbox, vault } = await phone();
  let ahead = 0;
  const sender = new Sender(outbox, vault, { ...outsideOf(server, time), ahead: (ms) => (ahead = ms) });
  server.clock = () => time.now + 7 * 60_000;
  await outbox.add("gates.record_scan", { n: 1 });
  await sender.nudge("asked");

  assert.equal(ahead, 7 * 60_000);
});

test("two thousand waiting commands slow nothing", async () => {
  server.then(...Array.from({ length: 9_999 }, () => "no network" as const));
  const { outbox } = await phone();
  const took = async (): Promise<number> => {
    const begun = performance.now();
    for (let n = 0; n < 100; n++) await outbox.add("sampling.add_swab", { n });
    return (performance.now() - begun) / 100;
  };
  await took();
  const empty = await took();
  for (let n = 0; n < 1_800; n++) await outbox.add("sampling.add_swab", { n });
  const full = await took();

  assert.equal((await outbox.waiting()).count, 2_100);
  assert.ok(full < 4 * empty + 5, `${full.toFixed(1)} ms each, ${empty.toFixed(1)} ms when empty`);
});
