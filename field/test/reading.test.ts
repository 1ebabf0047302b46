import assert from "node:assert/strict";
import { test } from "node:test";
import { initials, metByIdentity, metByWord, read, readLabel } from "../src/phone/reading.ts";
import { BadCode } from "../src/phone/types.ts";
import type { Claims, CodeReader, Trouble } from "../src/phone/types.ts";

function codes(claims: Partial<Claims> | Trouble): CodeReader {
  return {
    read: () =>
      typeof claims === "string" ? Promise.reject(new BadCode(claims)) : Promise.resolve(claims as unknown as Claims),
    list: () => Promise.reject(new BadCode("malformed")),
    alert: () => false,
    single: () => false,
  };
}
const nobody = codes("malformed");
const isCard = (text: string): boolean => text.endsWith("X");

test("a label is read with its check sign, as the office prints it", () => {
  assert.equal(readLabel("T", "T000007E"), "T000007E");
  assert.equal(readLabel("T", "t00-0007 e"), "T000007E");
});

test("a label with a wrong sign is noticed", () => {
  assert.equal(readLabel("T", "T000008E"), null);
});

test("two signs swapped are noticed", () => {
  assert.equal(readLabel("T", "T000070E"), null);
});

test("a tube, a box, a person's code and a card are told apart", async () => {
  const person = codes({ kind: "p", number: new Uint8Array([1, 2]), initials: "王*" });

  assert.deepEqual(await read("T000007E", nobody, isCard), { what: "tube", barcode: "T000007E" });
  assert.equal((await read("FX1:ABC", person, isCard)).what, "person");
  assert.equal((await read("63010519800101123x", nobody, isCard)).what, "person");
  assert.equal((await read("630105198001011234", nobody, isCard)).what, "bad_identity");
  assert.equal((await read("T0000078", nobody, isCard)).what, "bad_label");
  assert.equal((await read("https://example.org", nobody, isCard)).what, "unknown");
});

test("the number said for a code names a person, in whatever way it was typed", async () => {
  for (const said of ["C000007E", "c000 007e", "COOO-OO7E"])
    assert.deepEqual(await read(said, nobody, isCard), {
      what: "person",
      met: { ref: { code: "C000007E" }, key: "c:C000007E", label: "C000 007E", shown: "word" },
    });
  assert.equal((await read("C000008E", nobody, isCard)).what, "unknown");
});

test("a code that cannot be trusted says what is the matter with it", async () => {
  assert.deepEqual(await read("FX1:ABC", codes("expired"), isCard), { what: "bad_code", trouble: "expired", text: "FX1:ABC" });
});

test("the same card is the same person, another is not; the number is no part of the key", async () => {
  const one = await metByIdentity("63010519800101123X");

  assert.equal(one.key, (await metByIdentity("63010519800101123x")).key);
  assert.notEqual(one.key, (await metByIdentity("630105198001011248")).key);
  assert.ok(!one.key.includes("6301"));
  assert.equal(one.label, "···123X");
});

test("somebody without a card is the same again by name and date of birth", async () => {
  const born = "1980-01-02";
  const one = await metByWord({ provisional: "a", name: "卓玛", born, kind: "visitor" });
  const again = await metByWord({ provisional: "b", name: "卓 玛", born, kind: "visitor" });

  assert.equal(one.key, again.key);
});

test("a screen shows the family name only", () => {
  assert.equal(initials("王海峰"), "王**");
  assert.equal(initials("卓玛"), "卓*");
});
