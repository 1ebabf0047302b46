/**
 * What a door says to somebody: pass, refer or turn back, and the rule behind it. Decided on the phone from
 * the feed part `checkpoints` and from what the guard sees: the same rules, in the same order, as
 * gates/rules.py, and test/cases/verdict.json holds the cases that both are tested by.
 *
 * The phone knows less than the office: the passages it saw itself, the passes it was shown. Nobody is turned
 * back because something is unknown here; that is referred to the table, where people decide. Why somebody is
 * in the alert set is not said, because it is not known here.
 */
import type { Trouble } from "./types.ts";

export type Verdict = "pass" | "refer" | "turn_back" | "emergency";
export type Direction = "in" | "out";

const RULES = [
  "all_met",
  "emergency",
  "care",
  "code_forged",
  "code_expired",
  "code_not_yet_valid",
  "code_revoked",
  "person_unknown",
  "alert",
  "temperature",
  "mask",
  "test",
  "party",
  "pass_missing",
  "pass_invalid",
  "pass_quota",
  "interval",
  "most_a_day",
  "guard",
] as const;

export type Rule = (typeof RULES)[number];

/** The office may know rules that this phone does not. */
export const isRule = (word: string): word is Rule => (RULES as readonly string[]).includes(word);

/** So many of a household, once in so many days, for so long. */
export interface Outing {
  people: number;
  every_d: number;
  lasts_h: number;
}

/** What one checkpoint asks for; null or false: not asked. The body's `rules` in the feed part `checkpoints`. */
export interface Demands {
  codes: readonly string[];
  pass: boolean;
  outing: Outing | null;
  test_within_h: number | null;
  temperature_max: number | null;
  mask: boolean;
  interval_min: number | null;
  most_a_day: number | null;
  /** Scans within this time are one passage. */
  reset_minutes: number;
  stamp: string;
  objection?: { zh: string; en: string };
}

export interface PassFacts {
  kind: string;
  /** Valid at the moment, for this gate. */
  opens: boolean;
  /** On it in its days, as far as this phone knows; this one not counted. */
  outings: number;
}

export interface Seen {
  direction: Direction;
  /** What is wrong with the code, "" if nothing. */
  trouble: "" | Extract<Rule, `code_${string}` | "person_unknown">;
  alert: boolean;
  care: boolean;
  emergency: boolean;
  temperature: number | null;
  mask: boolean | null;
  /** When the last negative sample was taken, by a certificate that was shown. */
  tested_at: Date | null;
  /** False: not everybody in the vehicle was shown. */
  party: boolean;
  pass: PassFacts | null;
  /** The last passage in this direction before this one. */
  passed_at: Date | null;
  /** Out of gates today, this one not counted. */
  passages: number;
}

export interface Ruling {
  verdict: Verdict;
  rule: Rule;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FREE_KINDS = ["medical", "work"];

/** The word of the rules for what is wrong with a code. */
export function troubleOf(trouble: Trouble): Seen["trouble"] {
  if (trouble === "forged" || trouble === "expired" || trouble === "not_yet_valid") return `code_${trouble}`;
  return "person_unknown"; // unreadable, of an unknown key, or no code of a person: not known to be forged
}

export function ruling(demands: Demands | undefined, seen: Seen, at: Date): Ruling {
  if (seen.emergency) return { verdict: "emergency", rule: "emergency" };
  if (seen.care) return { verdict: "pass", rule: "care" };
  const found = ofThePerson(seen) ?? (demands ? asked(demands, seen, at) : refer("guard"));
  return found ?? { verdict: "pass", rule: "all_met" };
}

const refer = (rule: Rule): Ruling => ({ verdict: "refer", rule });
const turnBack = (rule: Rule): Ruling => ({ verdict: "turn_back", rule });

function ofThePerson(seen: Seen): Ruling | null {
  if (seen.trouble !== "") return refer(seen.trouble);
  return seen.alert ? refer("alert") : null;
}

function asked(demands: Demands, seen: Seen, at: Date): Ruling | null {
  const { temperature_max: limit, test_within_h: within } = demands;
  if (limit !== null && seen.temperature !== null && seen.temperature >= limit) return refer("temperature");
  if (demands.mask && seen.mask === false) return refer("mask");
  if (within !== null && (seen.tested_at === null || at.getTime() - seen.tested_at.getTime() > within * HOUR))
    return refer("test");
  if (!seen.party) return refer("party");
  return seen.direction === "out" ? ofGoingOut(demands, seen, at) : null;
}

function ofGoingOut(demands: Demands, seen: Seen, at: Date): Ruling | null {
  const held = seen.pass;
  if (demands.pass) {
    if (held === null) return turnBack("pass_missing");
    if (!held.opens) return refer("pass_invalid");
    if (demands.outing && held.kind === "entry_exit" && held.outings >= demands.outing.people)
      return turnBack("pass_quota");
  }
  if (held?.opens && FREE_KINDS.includes(held.kind)) return null;
  if (demands.interval_min !== null && seen.passed_at !== null) {
    const since = at.getTime() - seen.passed_at.getTime();
    if (since > demands.reset_minutes * MINUTE && since < demands.interval_min * MINUTE) return turnBack("interval");
  }
  return demands.most_a_day !== null && seen.passages >= demands.most_a_day ? turnBack("most_a_day") : null;
}
