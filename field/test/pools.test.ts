import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { capacity, entry } from "../src/phone/pools.ts";
import type { Pools, TubeInside } from "../src/phone/pools.ts";

interface Cases {
  pools: Pools;
  capacities: { group: string; purpose: string; capacity: number }[];
  entries: {
    name: string;
    tube: { group: string; capacity: number; swabs: number } | null;
    person: { single?: boolean; fever?: boolean; in_this_tube?: boolean; in_this_round?: boolean };
    answer: string;
    rule: string;
  }[];
}
const cases = JSON.parse(readFileSync(new URL("cases/pools.json", import.meta.url), "utf8")) as Cases;

for (const one of cases.entries) {
  test(one.name, () => {
    const keys = Array.from({ length: one.tube?.swabs ?? 0 }, (_, n) => `p:${n}`);
    if (one.person.in_this_tube) keys[0] = "p:me";
    const tube: TubeInside | null = one.tube && { group: one.tube.group, capacity: one.tube.capacity, keys };
    const person = { key: "p:me", single: !!one.person.single, fever: !!one.person.fever };

    const found = entry(tube, person, new Set(one.person.in_this_round ? ["p:me"] : []));

    assert.deepEqual(found, { answer: one.answer, rule: one.rule });
  });
}

for (const { group, purpose, capacity: expected } of cases.capacities) {
  test(`a tube for ${group} (${purpose}) holds ${expected}`, () => {
    assert.equal(capacity(cases.pools, group, purpose), expected);
  });
}

test("a phone that knows no pools yet takes everybody singly", () => {
  assert.equal(capacity(undefined, "general"), 1);
});
