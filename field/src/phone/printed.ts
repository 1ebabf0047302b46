/** The list on paper of who may pass a gate without a phone: what its QR code says, and whether it is the district's. */
import { type TrustKey, verified } from "./feed.ts";
import { fromBase64 } from "./store.ts";
import { BadCode, type PrintedList } from "./types.ts";

export const LIST = "FXL:";
const LONGEST = 4096;

/** A key of the list that came down; times in seconds since 1970. */
interface Key extends TrustKey {
  use?: string;
  not_after?: number | null;
}

/** Rejects with `BadCode`. A list past its time is read all the same: how old it is, is what is asked. */
export async function readList(text: string, keys: readonly Key[]): Promise<PrintedList> {
  const [kid, told, sig, ...more] = text.slice(LIST.length).split(".");
  if (!kid || !told || !sig || more.length || text.length > LONGEST) throw new BadCode("malformed");
  const own = keys.filter((key) => key.use === "trust");
  let payload: string;
  try {
    payload = new TextDecoder("utf-8", { fatal: true }).decode(fromBase64(told));
  } catch {
    throw new BadCode("malformed");
  }
  await verified({ payload, kid, sig }, own).catch((trouble: unknown) => {
    throw trouble instanceof BadCode ? trouble : new BadCode("malformed");
  });
  const { list } = JSON.parse(payload) as { list?: Record<string, unknown> };
  if (!list || typeof list["at"] !== "number" || typeof list["until"] !== "number") throw new BadCode("wrong_kind");
  const end = own.find((key) => key.kid === kid)?.not_after;
  if (end && list["at"] > end) throw new BadCode("unknown_key");
  return {
    gate: String(list["gate"] ?? ""), site: String(list["site"] ?? ""), lines: Number(list["lines"] ?? 0),
    check: String(list["check"] ?? ""), printedAt: new Date(list["at"] * 1000), until: new Date(list["until"] * 1000),
  };
}
