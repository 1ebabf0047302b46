import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ruling } from "../src/phone/verdict.ts";
import type { DoorRules, PassSeen, Seen } from "../src/phone/verdict.ts";

interface Ago {
  hours_ago: number;
}
interface SeenInCase extends Omit<Seen, "test" | "pass"> {
  test: (Ago & { result: string }) | null;
  pass: (Omit<PassSeen, "used"> & { used: Ago[] }) | null;
}
interface Cases {
  at: string;
  rules: DoorRules;
  seen: SeenInCase;
  cases: {
    name: string;
    rules?: Partial<DoorRules> | null;
    seen?: Partial<SeenInCase>;
    verdict: string;
    rule: string;
  }[];
}
const cases = JSON.parse(readFileSync(new URL("cases/verdict.json", import.meta.url), "utf8")) as Cases;
const at = new Date(cases.at);
const ago = ({ hours_ago }: Ago): Date => new Date(at.getTime() - hours_ago * 3_600_000);

for (const one of cases.cases) {
  test(one.name, () => {
    const rules = one.rules === null ? undefined : { ...cases.rules, ...one.rules };
    const { test: tested, pass, ...rest } = { ...cases.seen, ...one.seen };
    const seen: Seen = {
      ...rest,
      test: tested && { sampled_at: ago(tested), result: tested.result },
      pass: pass && { ...pass, used: pass.used.map(ago) },
    };

    assert.deepEqual(ruling(rules, seen, at), { verdict: one.verdict, rule: one.rule });
  });
}

test("nobody is turned back for what is unknown", () => {
  const nothing: Seen = {
    shown: "word", direction: "in", trouble: "", alert: false, pass: null, test: null, temperature: null, mask: null,
  };

  assert.equal(ruling(undefined, nothing, at).verdict, "refer");
});
