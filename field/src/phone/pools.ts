/**
 * Which tube may this person enter? Decided on the phone, from the feed part `pools`, the set of people
 * who must not be pooled, and what this phone itself has swabbed. The same words and rules as the room
 * `sampling` answers with; test/cases/pools.json holds the cases that both are tested by.
 *
 * The phone knows less than the office: it may admit somebody whom the office then refuses, never the
 * reverse for good, since whoever is sent to a tube of their own is swabbed all the same.
 */

export interface Pools {
  stamp: string;
  /** Swabs in one tube, by group of people. */
  groups: Record<string, number>;
  titles?: Record<string, { zh: string; en: string }>;
  never_pooled: readonly string[];
}

export interface Person {
  /** The same for the same person as long as the same thing is shown; see `keyOf`. */
  key: string;
  /** Stands in today's set of people who must not be pooled. */
  single: boolean;
  fever: boolean;
}

export interface TubeInside {
  group: string;
  capacity: number;
  keys: readonly string[];
}

export type Rule =
  | ""
  | "no_tube_open"
  | "tube_is_full"
  | "must_not_be_pooled"
  | "fever_is_not_pooled"
  | "swabbed_in_this_tube"
  | "swabbed_in_this_round";

/**
 * tube      into the tube that is open
 * new_tube  a new tube of the same group first
 * own_tube  a tube that holds nobody else
 * not_again this person has been swabbed; no swab now
 */
export interface Entry {
  answer: "tube" | "new_tube" | "own_tube" | "not_again";
  rule: Rule;
}

export function capacity(pools: Pools | undefined, group: string, purpose = "round"): number {
  if (purpose === "retest") return 1;
  if (pools?.never_pooled.includes(group)) return 1;
  // Nothing known yet: a single tube is never wrong, only dear.
  return pools?.groups[group] ?? pools?.groups["general"] ?? 1;
}

export function entry(tube: TubeInside | null, person: Person, swabbedThisRound: ReadonlySet<string>): Entry {
  if (tube?.keys.includes(person.key)) return { answer: "not_again", rule: "swabbed_in_this_tube" };
  if (swabbedThisRound.has(person.key)) return { answer: "not_again", rule: "swabbed_in_this_round" };
  const alone = person.single ? "must_not_be_pooled" : person.fever ? "fever_is_not_pooled" : "";
  if (alone !== "") {
    const own = tube !== null && tube.capacity === 1 && tube.keys.length === 0;
    return own ? { answer: "tube", rule: "" } : { answer: "own_tube", rule: alone };
  }
  if (tube === null) return { answer: "new_tube", rule: "no_tube_open" };
  if (tube.keys.length >= tube.capacity) return { answer: "new_tube", rule: "tube_is_full" };
  return { answer: "tube", rule: "" };
}
