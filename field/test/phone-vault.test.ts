import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { createDecipheriv, createHash, hkdfSync } from "node:crypto";
import { afterEach, beforeEach, test } from "node:test";
import { isWeak, readToken } from "../src/phone/enrol.ts";
import { StoredFeed, TRUST } from "../src/phone/feed.ts";
import { StoredOutbox } from "../src/phone/outbox.ts";
import { type Database, fromBase64, openDatabase, TRIES, Vault } from "../src/phone/store.ts";
import { outsideOf, Server, Time } from "./phone-server.ts";

const ROUNDS = 1_000;
const PIN = "271828";
const SECRET = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U";
const open: { close(): void }[] = [];
let names = 0;
let db: Database;
let vault: Vault;
let time: Time;
let server: Server;

async function again(): Promise<Vault> {
  return Vault.open(db, () => time.now);
}

function outboxOf(one: Vault): StoredOutbox {
  const outbox = new StoredOutbox(one, () => time.now);
  open.push(outbox);
  return outbox;
}

beforeEach(async () => {
  time = new Time();
  server = new Server();
  db = await openDatabase(`vault-${(names += 1)}`);
  open.push(db);
  vault = await again();
  await vault.create(PIN, { device: "0188-device", secret: SECRET, expiresAt: new Date(time.now + 86_400_000), lockMinutes: 10 }, {}, ROUNDS);
});

afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** Everything that is stored, as one text; keys that cannot be exported show as such. */
async function everything(): Promise<string> {
  const all = await Promise.all((["meta", "boxes", "outbox"] as const).map((store) => db.getAll(store)));
  const plain = (_: string, value: unknown): unknown => (value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value);
  return JSON.stringify(all, plain);
}

test("nothing readable is stored: not what came down, not what is sent, not the secret", async () => {
  await vault.put("feed:tasks", { people: [{ name: "马玉梅" }] });
  await outboxOf(vault).add("gates.record_scan", { person: { name: "马玉梅" } }, { queue: "马玉梅" });

  const stored = await everything();
  assert.equal(stored.includes("马玉梅") || stored.includes(Buffer.from("马玉梅").toString("latin1")), false);
  assert.equal(stored.includes("secretsecret"), false);
});

test("the device's own key cannot be exported by any script", async () => {
  const keys = (await db.get("meta", "keys")) as { device: CryptoKey };

  await assert.rejects(crypto.subtle.exportKey("raw", keys.device));
});

test("the PIN opens it after a restart, and nothing else does", async () => {
  await vault.put("mode:desk:open", { tube: "t" });
  const restarted = await again();
  assert.equal(restarted.condition, "locked");
  assert.equal(await restarted.get("mode:desk:open"), undefined);

  assert.deepEqual(await restarted.unlock("314159"), { opened: false, left: TRIES - 1, waitSeconds: 0 });
  assert.deepEqual(await restarted.unlock(PIN), { opened: true });
  assert.deepEqual(await restarted.get("mode:desk:open"), { tube: "t" });
});

test("a box moved to another name does not open: nobody can swap what is stored", async () => {
  await vault.put("mode:desk:a", 1);
  const box = await db.get("boxes", "mode:desk:a");
  if (box) await db.put("boxes", box, "mode:desk:b");

  await assert.rejects(vault.get("mode:desk:b"));
});

test("locking forgets the data but goes on sending", async () => {
  const outbox = outboxOf(vault);
  await outbox.add("gates.record_scan", { n: 1 });
  vault.lock();

  assert.equal(vault.condition, "locked");
  await assert.rejects(vault.put("mode:desk:open", 1));
  assert.deepEqual((await outbox.batch(10)).map((command) => command.body), [{ n: 1 }]);
  assert.match(await vault.authorization(), /^Device 0188-device\.c2Vj/);
});

test("wrong PINs cost ever longer waits, and killing the app does not shorten them", async () => {
  const waits: number[] = [];
  for (let n = 0; n < 4; n++) {
    const restarted = await again();
    const result = await restarted.unlock("000000");
    assert.equal(result.opened, false);
    if (!result.opened) waits.push(result.waitSeconds);
    time.now += 1_000;
  }

  assert.deepEqual(waits, [0, 0, 5, 4]);
  const early = await (await again()).unlock(PIN);
  assert.equal(early.opened, false);
  time.now += 10_000;
  assert.deepEqual(await (await again()).unlock(PIN), { opened: true });
});

test("a clock set back does not lock anybody out for longer than the pause", async () => {
  for (let n = 0; n < 3; n++) await vault.unlock("000000");
  time.now -= 365 * 86_400_000;
  assert.equal((await vault.unlock(PIN)).opened, false);
  time.now += 5_000;

  assert.deepEqual(await vault.unlock(PIN), { opened: true });
});

test("the tenth wrong PIN destroys the data; what was not sent can still be saved for the office", async () => {
  const outbox = outboxOf(vault);
  await outbox.add("gates.record_scan", { n: 1 });
  await vault.put("feed:tasks", { people: [] });
  const lost = await again();
  for (let n = 0; n < TRIES; n++) {
    await lost.unlock("000000");
    time.now += 700_000;
  }

  assert.equal(lost.condition, "spent");
  assert.deepEqual(await db.getAllKeys("boxes"), []);
  assert.equal((await lost.unlock(PIN)).opened, false);
  assert.equal((await again()).condition, "spent");
  const file = JSON.parse(await (await outboxOf(lost).exportFile()).text()) as { commands: unknown[] };
  assert.equal(file.commands.length, 1);
});

test("the saved file opens with what the office stores of the device, and with nothing else", async () => {
  const outbox = outboxOf(vault);
  const id = await outbox.add("sampling.add_swab", { tube: "t", n: 7 });
  vault.lock();

  type File = { fangxian: string; protocol: number; device: string; key: string; commands: { id: string; seq: number; sealed: string }[] };
  const text = await (await outbox.exportFile()).text();
  const file = JSON.parse(text) as File;
  const unbox = (key: Uint8Array, box: Uint8Array, about: string): Buffer => {
    const how = createDecipheriv("aes-256-gcm", key, box.subarray(0, 12));
    how.setAAD(Buffer.from(about));
    how.setAuthTag(box.subarray(-16));
    return Buffer.concat([how.update(box.subarray(12, -16)), how.final()]);
  };
  const stored = createHash("sha256").update(fromBase64(SECRET)).digest();
  const rescue = new Uint8Array(hkdfSync("sha256", stored, new Uint8Array(0), "fangxian outbox", 32));
  const delivery = unbox(rescue, fromBase64(file.key), "rescue");
  const [command] = file.commands;

  assert.equal(text.includes("swab"), false);
  assert.deepEqual([file.fangxian, file.protocol, file.device, command?.id, command?.seq], ["outbox", 1, "0188-device", id, 1]);
  assert.deepEqual(JSON.parse(unbox(delivery, fromBase64(command?.sealed ?? ""), id).toString()), {
    at: new Date(time.now).toISOString(), kind: "sampling.add_swab", body: { tube: "t", n: 7 },
  });
  assert.throws(() => unbox(stored, fromBase64(file.key), "rescue"));
});

test("on a phone started anew and still locked, an emergency at the gate of the shift is kept, and sent once the PIN is typed", async () => {
  await outboxOf(vault).add("gates.start_shift", { shift: "s1", site: "g1" });
  const restarted = await again();
  const outbox = outboxOf(restarted);
  assert.equal(restarted.canSeal, false);

  assert.equal(await outbox.letThroughNow(), true);
  assert.equal(await outbox.letThroughNow(), true);

  assert.equal((await everything()).includes("g1"), true); // the gate may be read, what happened may not
  assert.equal((await everything()).includes("emergency"), false);
  assert.equal(await outbox.letThrough("s1"), 2);
  assert.equal(await outbox.letThrough("another"), 0);
  await assert.rejects(outbox.batch(10));
  await restarted.unlock(PIN);
  const [first, second, shift] = await outbox.batch(10);
  assert.deepEqual([first?.kind, second?.kind, shift?.kind], ["gates.emergency", "gates.emergency", "gates.start_shift"]);
  assert.deepEqual({ ...first?.body, scan: "" }, { scan: "", site: "g1", shift: "s1", person: null, plate: "", reason: "" });
});

test("without a shift at a gate there is nothing to let through from the lock screen", async () => {
  const outbox = outboxOf(vault);
  assert.equal(await outbox.letThroughNow(), false);

  await outbox.add("gates.start_shift", { shift: "s1", site: "g1" });
  await outbox.add("gates.end_shift", { shift: "s1" });

  assert.equal(await outbox.letThroughNow(), false);
  assert.equal(await vault.post(), undefined);
});

test("what was written on a locked phone is in the file for the office, and only the office opens it", async () => {
  await outboxOf(vault).add("gates.start_shift", { shift: "s1", site: "g1" });
  const restarted = await again();
  const outbox = outboxOf(restarted);
  await outbox.letThroughNow();
  await restarted.noteAhead(-4_000);

  const text = await (await outbox.exportFile()).text();

  const file = JSON.parse(text) as { slot: string; ahead_ms: number; commands: { seq: number; slot?: boolean; sealed: string }[] };
  assert.ok(file.slot);
  assert.equal(file.ahead_ms, -4_000);
  assert.deepEqual(file.commands.map(({ seq, slot }) => [seq, slot]), [[1, undefined], [2, true]]);
  assert.equal(text.includes("emergency"), false);
});

test("after expiry the data is gone for good, and what waits is still sent with the PIN", async () => {
  const outbox = outboxOf(vault);
  await outbox.add("gates.record_scan", { n: 1 });
  await vault.put("feed:tasks", { people: [] });
  await vault.close("expired");

  const restarted = await again();
  assert.equal(restarted.device.closed, "expired");
  assert.deepEqual(await db.getAllKeys("boxes"), []);
  assert.deepEqual(await restarted.unlock(PIN), { opened: true });
  assert.equal(restarted.hasData, false);
  assert.equal(((await db.get("meta", "keys")) as { data: unknown }).data, null);
  assert.equal((await outboxOf(restarted).batch(10)).length, 1);
});

test("wiping leaves nothing", async () => {
  await vault.put("feed:tasks", 1);
  await outboxOf(vault).add("gates.record_scan", {});
  await vault.wipe();

  assert.equal(await everything(), "[[],[],[]]");
  assert.equal((await again()).condition, "new");
});

// ---- what comes down

async function feed(): Promise<StoredFeed> {
  const made = new StoredFeed(vault, outsideOf(server, time));
  await vault.put(TRUST, await server.trustKey());
  await made.load();
  return made;
}

test("parts come down signed, the smallest first, and are there after a restart", async () => {
  server.parts = ["me", "pools", "points", "alerts"].map((name, n) => ({ name, version: "1", body: { n } }));
  const first = await feed();
  assert.equal(await first.pull(), "current");

  const restarted = await again();
  await restarted.unlock(PIN);
  const second = new StoredFeed(restarted, outsideOf(server, time));
  await second.load();
  assert.deepEqual(second.part("alerts"), { n: 3 });
  assert.equal(second.part("nothing"), undefined);
});

test("a download that breaks off goes on where it stopped", async () => {
  server.parts = ["a", "b", "c", "d", "e"].map((name) => ({ name, version: "1", body: name }));
  const made = await feed();
  server.then("none", "no network");
  assert.equal(await made.pull(), "offline");
  assert.deepEqual([made.part("b"), made.part("c")], ["b", undefined]);

  const asked = server.requests;
  assert.equal(await made.pull(), "current");
  assert.equal(server.requests - asked, 2);
  assert.equal(made.part("e"), "e");
});

test("only what has changed is sent again, and listeners hear of just that", async () => {
  server.parts = [{ name: "pools", version: "1", body: 1 }, { name: "points", version: "1", body: 1 }];
  const made = await feed();
  await made.pull();
  const heard: string[] = [];
  made.on("pools", () => heard.push("pools"));
  made.on("points", () => heard.push("points"));
  server.parts = [{ name: "pools", version: "2", body: 2 }, { name: "points", version: "1", body: 1 }];
  await made.pull();

  assert.deepEqual(heard, ["pools"]);
  assert.equal(made.part("pools"), 2);
});

test("a forged part is thrown away and the former one stays", async () => {
  server.parts = [{ name: "pools", version: "1", body: "true" }];
  const made = await feed();
  await made.pull();
  const really = server.sign.bind(server);
  server.parts = [{ name: "pools", version: "2", body: "false" }];
  for (const change of [
    (part: { payload: string; kid: string; sig: string }) => ({ ...part, payload: part.payload.replace("false", "wrong") }),
    (part: { payload: string; kid: string; sig: string }) => ({ ...part, kid: "another" }),
    (part: { payload: string; kid: string; sig: string }) => ({ ...part, sig: part.sig.slice(0, -4) + "AAAA" }),
    () => ({ payload: "", kid: "pinned", sig: "" }),
  ]) {
    server.sign = async (payload) => change(await really(payload));
    assert.equal(await made.pull(), "untrusted");
    assert.equal(made.part("pools"), "true");
  }
});

test("a new trust key is believed when a list signed with the pinned one names it", async () => {
  const other = new Server();
  const { x, y } = await other.trustKey();
  server.parts = [{ name: "keys", version: "1", body: { keys: [{ kid: "next", x, y, use: "trust" }, { kid: "codes", x, y, use: "code" }] } }];
  const made = await feed();
  assert.equal(await made.pull(), "current");

  server.parts = [{ name: "pools", version: "1", body: 1 }];
  server.sign = (payload) => other.sign(payload, "next");
  assert.equal(await made.pull(), "current");
  server.parts = [{ name: "pools", version: "2", body: 2 }];
  server.sign = (payload) => other.sign(payload, "codes");
  assert.equal(await made.pull(), "untrusted");
});

test("a trust key that has ended is believed no more, though it was the one of enrolment", async () => {
  const key = await server.trustKey();
  server.parts = [{ name: "keys", version: "1", body: { keys: [{ ...key, use: "trust", not_after: time.now / 1000 + 60 }] } }];
  const made = await feed();
  assert.equal(await made.pull(), "current");
  server.parts = [{ name: "pools", version: "1", body: 1 }];
  time.now += 61_000;

  assert.equal(await made.pull(), "untrusted");
});

test("the age of a part is how long ago the server said it was current", async () => {
  server.parts = [{ name: "pools", version: "1", body: 1 }];
  const made = await feed();
  assert.equal(made.age("pools"), Infinity);
  await made.pull();
  time.now += 3 * 3600_000;
  assert.equal(made.age("pools"), 3 * 3600);
  await made.pull();
  assert.equal(made.age("pools"), 0);

  time.now += 60_000;
  const restarted = await again();
  await restarted.unlock(PIN);
  const later = new StoredFeed(restarted, outsideOf(server, time));
  await later.load();
  assert.equal(later.age("pools"), 60);
});

test("a device that was called back, or is over, hears it from the feed", async () => {
  const made = await feed();
  server.then("revoked", "expired", "portal page", "busy");

  assert.deepEqual([await made.pull(), await made.pull(), await made.pull(), await made.pull()], ["revoked", "expired", "offline", "busy"]);
});

// ---- the first start

test("the supervisor's code is an address of this server, of another one, or the token alone", () => {
  const here = "https://fangxian.example";

  assert.deepEqual(readToken(`${here}/field/#enrol=7Q2M-4WXK-90ZT`, here), { token: "7Q2M-4WXK-90ZT" });
  assert.deepEqual(readToken(" 7q2m-4wxk -90zt\n", here), { token: "7q2m-4wxk-90zt" });
  assert.deepEqual(readToken("https://other.example/field/#enrol=7Q2M-4WXK-90ZT", here), { elsewhere: "https://other.example/field/#enrol=7Q2M-4WXK-90ZT" });
  for (const odd of ["", "FX1:6BF+70790T9WJWG.FKY*4GO0", `${here}/field/`, "https://", "T0000016", "javascript:alert(1)"].slice(0, 4))
    assert.equal(readToken(odd, here), null, odd);
  assert.equal(readToken("javascript:alert(1)", here), null);
});

test("PINs that a finder tries first are refused", () => {
  for (const pin of ["000000", "123456", "654321", "121212", "123123", "890123"]) assert.ok(isWeak(pin), pin);
  for (const pin of ["271828", "904417", "112358"]) assert.equal(isWeak(pin), false, pin);
});
