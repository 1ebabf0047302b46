import assert from "node:assert/strict";
import { before, test } from "node:test";
import { readList } from "../src/phone/printed.ts";
import { toBase64 } from "../src/phone/store.ts";
import { BadCode, type Trouble } from "../src/phone/types.ts";
import { Server } from "./phone-server.ts";

const server = new Server();
const AT = 1_662_100_000;
const told = {
  list: { gate: "朝阳4号卡口", site: "g1", at: AT, until: AT + 43_200, lines: 31, check: "A1B2 C3D4" },
};
type Keys = Parameters<typeof readList>[1];
let keys: Keys;

before(async () => {
  keys = [{ ...(await server.trustKey()), use: "trust", not_after: null }];
});

async function code(said: unknown, kid = "pinned"): Promise<string> {
  const { payload, sig } = await server.sign(JSON.stringify(said));
  return `FXL:${kid}.${toBase64(new TextEncoder().encode(payload))}.${sig}`;
}

const refuses = async (text: string, trouble: Trouble, known = keys): Promise<void> => {
  await assert.rejects(readList(text, known), (error) => error instanceof BadCode && error.trouble === trouble);
};

test("a gate's list says for which gate it is, how old, how long and what it holds", async () => {
  assert.deepEqual(await readList(await code(told), keys), {
    gate: "朝阳4号卡口", site: "g1", lines: 31, check: "A1B2 C3D4",
    printedAt: new Date(AT * 1000), until: new Date((AT + 43_200) * 1000),
  });
});

test("a list with a later day written in is forged", async () => {
  const [head, , sig] = (await code(told)).split(".");
  const later = new TextEncoder().encode(JSON.stringify({ list: { ...told.list, until: AT * 2 } }));

  await refuses(`${head}.${toBase64(later)}.${sig}`, "forged");
});

test("a list under a key that nobody named, or that signs codes only, cannot be verified", async () => {
  await refuses(await code(told, "stranger"), "unknown_key");
  await refuses(await code(told), "unknown_key", keys.map((key) => ({ ...key, use: "pxt" })));
});

test("a list from before its key ended is good, one from after is not", async () => {
  const ended = (at: number): Keys => keys.map((key) => ({ ...key, not_after: at }));

  assert.equal((await readList(await code(told), ended(AT + 1))).lines, 31);
  await refuses(await code(told), "unknown_key", ended(AT - 1));
});

test("another signed document is no list, and rubbish is nothing", async () => {
  await refuses(await code({ name: "me", version: "1", body: {} }), "wrong_kind");
  for (const text of ["FXL:", "FXL:a.b", "FXL:pinned.€.x", "FXL:pinned.AAAA.!", `FXL:pinned.${"A".repeat(5000)}.AA`, "FXL:a.b.c.d"])
    await assert.rejects(readList(text, keys), BadCode);
});
