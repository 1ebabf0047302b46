import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { HashedSet, keyOf, type SetDocument } from "../src/phone/alerts.ts";
import { Codes, fromBase45, pseudonymOf, type TrustedKey } from "../src/phone/codes.ts";
import { inflate, Unpackable } from "../src/phone/inflate.ts";
import { codeReader } from "../src/phone/reader.ts";
import { BadCode, type Claims, type Feed, type PersonRef } from "../src/phone/types.ts";

interface Written {
  at: number;
  keys: TrustedKey[];
  texts: { name: string; text: string; found: Record<string, unknown> }[];
  set: { document: SetDocument; inside: PersonRef[]; outside: PersonRef[] };
}

const written = JSON.parse(readFileSync(new URL("codes.json", import.meta.url), "utf8")) as Written;
const now = (): Date => new Date(written.at * 1000);
const codes = new Codes(() => written.keys, now);

function said(claims: Claims): Record<string, unknown> {
  const { kind, issuer, number, initials = "", issuedAt, startsAt, expiresAt, more } = claims;
  const seconds = (at: Date): number => at.getTime() / 1000;
  return {
    kind, issuer, initials,
    number: number instanceof Uint8Array ? Buffer.from(number).toString("hex") : number,
    issued_at: seconds(issuedAt),
    starts_at: seconds(startsAt),
    expires_at: seconds(expiresAt),
    more: [...more.keys()].sort((a, b) => a - b),
  };
}

for (const { name, text, found } of written.texts)
  test(`the phone finds what the server finds: ${name}`, async () => {
    const outcome = await codes.read(text).then(said, (bad: unknown) => {
      assert.ok(bad instanceof BadCode, String(bad));
      return { trouble: bad.trouble };
    });
    assert.deepEqual(outcome, found);
  });

test("a kind that is not asked for is told apart", async () => {
  const person = written.texts[0]?.text ?? "";
  await assert.rejects(codes.read(person, ["x"]), { trouble: "wrong_kind" });
});

test("a key that is no point on the curve makes nothing good", async () => {
  const [key] = written.keys;
  assert.ok(key);
  const odd = new Codes(() => [{ ...key, x: key.y }], now);
  await assert.rejects(odd.read(written.texts[0]?.text ?? ""), { trouble: "forged" });
});

test("whose code it is can be told for look-ups, whatever became of its time", () => {
  const expired = written.texts.find((one) => one.name === "expired")?.text ?? "";
  assert.deepEqual(pseudonymOf(expired), Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7));
  assert.equal(pseudonymOf("FX1:GARBAGE"), null);
});

test("whoever is in the set is found, others are not", async () => {
  const feed: Feed = {
    part: <T>(name: string) => (name === "alerts" ? (written.set.document as T) : undefined),
    on: () => () => {},
    age: () => 0,
  };
  const reader = codeReader(feed, now);
  for (const ref of written.set.inside) assert.equal(await reader.alert(ref), true, JSON.stringify(ref));
  for (const ref of written.set.outside) assert.equal(await reader.alert(ref), false, JSON.stringify(ref));
  for (const ref of written.set.inside) assert.equal(await reader.single(ref), false);
});

test("an empty set holds nobody", async () => {
  const set = new HashedSet({ ...written.set.document, count: 0, hashes: "" });
  const key = keyOf({ identity: "63010519830101123X", type: "10" });
  assert.ok(key);
  assert.equal(await set.holds(key), false);
});

test("what zlib packed is unpacked, at each level and size", () => {
  for (const size of [0, 1, 257, 5_000, 70_000])
    for (const level of [0, 1, 6, 9])
      for (const variety of [1, 3, 256]) {
        const bytes = Uint8Array.from({ length: size }, (_, n) => (n * 7919 + ((n * n) >> 3)) % variety);
        assert.deepEqual(inflate(deflateSync(bytes, { level }), size + 1), bytes);
      }
});

test("unpacking stops at its limit", () => {
  const packed = deflateSync(new Uint8Array(1_000_000));
  assert.throws(() => inflate(packed, 16_384), (trouble) => trouble instanceof Unpackable && trouble.tooLarge);
  assert.equal(inflate(packed, 1_000_000).length, 1_000_000);
});

test("no broken stream is unpacked, and none hangs", () => {
  const packed = deflateSync(Buffer.from("防线 ".repeat(300)));
  for (let at = 0; at < packed.length; at++) {
    assert.throws(() => inflate(packed.subarray(0, at), 10_000), Unpackable);
    const changed = Uint8Array.from(packed);
    changed[at] = (changed[at] ?? 0) ^ 0x10;
    assert.throws(() => inflate(changed, 10_000), Unpackable);
  }
});

test("base45 is read as RFC 9285 has it", () => {
  assert.equal(Buffer.from(fromBase45("QED8WEX0")).toString(), "ietf!");
  assert.equal(fromBase45("").length, 0);
  for (const odd of ["A", "ABCD", "GGW", ":::", "::", "ab", "A\n"]) assert.throws(() => fromBase45(odd));
});
