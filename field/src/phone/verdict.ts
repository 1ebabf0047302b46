/**
 * What a door says to somebody: pass, refer or turn back, and the rule behind it. Decided on the phone from
 * the feed part `checkpoints` and from what the guard sees; the same rules, in the same order, as
 * gates/rules.py, and test/cases/verdict.json holds the cases that both are tested by.
 *
 * Nobody is turned back because something is unknown, unreadable or missing on our side: that is referred to
 * the table, where people decide. Why somebody is in the alert set is not said, because it is not known here.
 */

export type Verdict = "pass" | "refer" | "turn_back" | "emergency";
export type Shown = "code" | "pass" | "identity" | "list" | "word";
export type Direction = "in" | "out";

/** How often a kind of pass may be used; numbers come from the pack. */
export interface Quota {
  /** Uses within `every_h` hours. */
  uses: number;
  every_h: number;
  /** Hours that somebody may be away; null if nobody counts them. */
  away_h: number | null;
}

/** What is asked at one door, from the pack and the measures in force there. */
export interface DoorRules {
  /** The kinds of pass that open this door; with `pass`, one of them must be shown. */
  passes?: readonly string[];
  codes: readonly string[];
  test_within_h: number | null;
  temperature_max: number | null;
  mask: boolean;
  pass: boolean;
  quotas?: Readonly<Record<string, Quota>>;
  reset_minutes?: number;
  stamp: string;
  objection?: { zh: string; en: string };
}

export type CodeTrouble = "code_forged" | "code_expired" | "code_not_yet_valid" | "code_revoked" | "code_unreadable";

export interface PassSeen {
  kind: string;
  trouble: "" | "pass_forged" | "pass_expired" | "pass_not_yet_valid" | "pass_revoked";
  /** When this pass (or its household) went through this way, as far as this phone knows. */
  used: readonly Date[];
}

export interface Seen {
  shown: Shown;
  direction: Direction;
  /** What is wrong with the code of the person, "" if nothing. */
  trouble: "" | CodeTrouble;
  alert: boolean;
  pass: PassSeen | null;
  test: { sampled_at: Date; result: string } | null;
  temperature: number | null;
  mask: boolean | null;
}

export type RuleId =
  | "all_met"
  | "rules_unknown"
  | "alert"
  | CodeTrouble
  | "code_not_shown"
  | "temperature"
  | "mask"
  | "pass_missing"
  | "pass_kind"
  | "pass_forged"
  | "pass_expired"
  | "pass_not_yet_valid"
  | "pass_revoked"
  | "pass_quota"
  | "test_missing"
  | "test_too_old"
  | "test_positive"
  | "emergency";

export interface Ruling {
  verdict: Verdict;
  rule: RuleId;
}

const HOUR = 3_600_000;

export function ruling(rules: DoorRules | undefined, seen: Seen, at: Date): Ruling {
  const refer = (rule: RuleId): Ruling => ({ verdict: "refer", rule });
  const turnBack = (rule: RuleId): Ruling => ({ verdict: "turn_back", rule });

  if (seen.alert) return refer("alert");
  if (seen.trouble !== "") return refer(seen.trouble);
  if (rules === undefined) return refer("rules_unknown");
  if (rules.codes.length > 0 && !rules.codes.includes(seen.shown)) return refer("code_not_shown");

  if (seen.temperature !== null && rules.temperature_max !== null && seen.temperature >= rules.temperature_max)
    return refer("temperature");
  if (rules.mask && seen.mask === false) return refer("mask");

  if (rules.pass) {
    const pass = seen.pass;
    if (pass === null) return turnBack("pass_missing");
    if (pass.trouble === "pass_forged") return refer("pass_forged");
    if (pass.trouble !== "") return turnBack(pass.trouble);
    if (rules.passes && rules.passes.length > 0 && !rules.passes.includes(pass.kind)) return turnBack("pass_kind");
    if (usedUp(rules.quotas?.[pass.kind], pass.used, at)) return turnBack("pass_quota");
  }

  if (seen.test?.result === "positive") return refer("test_positive");
  if (rules.test_within_h !== null) {
    if (seen.test === null) return refer("test_missing");
    if (at.getTime() - seen.test.sampled_at.getTime() > rules.test_within_h * HOUR) return refer("test_too_old");
  }
  return { verdict: "pass", rule: "all_met" };
}

function usedUp(quota: Quota | undefined, used: readonly Date[], at: Date): boolean {
  if (quota === undefined) return false;
  const since = at.getTime() - quota.every_h * HOUR;
  return used.filter((one) => one.getTime() > since && one <= at).length >= quota.uses;
}
