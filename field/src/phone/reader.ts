/** What codes say, checked with the keys and lists that came down. */
import { HashedSet, keyOf, type SetDocument } from "./alerts.ts";
import { Codes, type TrustedKey } from "./codes.ts";
import type { CodeReader, Feed, PersonRef } from "./types.ts";

export function codeReader(feed: Feed, now: () => Date): CodeReader {
  const codes = new Codes(() => feed.part<{ keys: TrustedKey[] }>("keys")?.keys ?? [], now);
  const sets = new Map<string, { said: SetDocument; set: HashedSet }>();

  const holds = async (name: "alerts" | "singles", ref: PersonRef): Promise<boolean> => {
    const said = feed.part<SetDocument>(name);
    const key = keyOf(ref);
    if (!said || !key) return false;
    let known = sets.get(name);
    if (known?.said !== said) {
      known = { said, set: new HashedSet(said) };
      sets.set(name, known);
    }
    return known.set.holds(key);
  };

  return {
    read: (text) => codes.read(text),
    alert: (ref) => holds("alerts", ref),
    single: (ref) => holds("singles", ref),
  };
}
