import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ruling, troubleOf } from "../src/phone/verdict.ts";
import type { Demands, Seen } from "../src/phone/verdict.ts";

interface SeenInCase extends Omit<Seen, "tested_at" | "passed_at"> {
  tested_h_ago: number | null;
  passed_h_ago: number | null;
}
interface Cases {
  at: string;
  demands: Demands;
  seen: SeenInCase;
  cases: {
    name: string;
    demands?: Partial<Demands> | null;
    seen?: Partial<SeenInCase>;
    verdict: string;
    rule: string;
  }[];
}
const cases = JSON.parse(readFileSync(new URL("cases/verdict.json", import.meta.url), "utf8")) as Cases;
const at = new Date(cases.at);
const ago = (hours: number | null): Date | null => (hours === null ? null : new Date(at.getTime() - hours * 3_600_000));

for (const one of cases.cases) {
  test(one.name, () => {
    const demands = one.demands === null ? undefined : { ...cases.demands, ...one.demands };
    const { tested_h_ago, passed_h_ago, ...rest } = { ...cases.seen, ...one.seen };
    const seen: Seen = { ...rest, tested_at: ago(tested_h_ago), passed_at: ago(passed_h_ago) };

    assert.deepEqual(ruling(demands, seen, at), { verdict: one.verdict, rule: one.rule });
  });
}

test("what cannot be read is not called forged", () => {
  assert.equal(troubleOf("unknown_key"), "person_unknown");
  assert.equal(troubleOf("malformed"), "person_unknown");
  assert.equal(troubleOf("forged"), "code_forged");
});
