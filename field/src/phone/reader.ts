/** What codes say, checked with the keys and the lists that came down. */
import { HashedSet, keyOf, type SetDocument } from "./alerts.ts";
import { Codes, type TrustedKey } from "./codes.ts";
import { readList } from "./printed.ts";
import type { CodeReader, Feed, PersonRef } from "./types.ts";

export function codeReader(feed: Feed, now: () => Date): CodeReader {
  const codes = new Codes(() => feed.part<{ keys: TrustedKey[] }>("keys")?.keys ?? [], now);
  const sets = new Map<string, { document: SetDocument; set: HashedSet }>();
  const holds = async (part: string, ref: PersonRef): Promise<boolean> => {
    const document = feed.part<SetDocument>(part);
    const key = keyOf(ref);
    if (!document || !key) return false;
    let made = sets.get(part);
    if (made?.document !== document) sets.set(part, (made = { document, set: new HashedSet(document) }));
    return made.set.holds(key);
  };
  return {
    read: (text) => codes.read(text),
    list: (text) => readList(text, feed.part<{ keys: TrustedKey[] }>("keys")?.keys ?? []),
    alert: (ref) => holds("alerts", ref),
    single: (ref) => holds("singles", ref),
  };
}
