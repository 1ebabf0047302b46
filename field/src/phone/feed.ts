/**
 * What comes down: parts, each signed and with its own version. A part is stored, sealed, as soon as its signature
 * was found good, so that an interrupted download goes on where it stopped.
 */
import { fromBase64, toBase64, type Vault } from "./store.ts";
import { ask, type Outside, outside } from "./sync.ts";
import { BadCode, type Feed } from "./types.ts";

export interface TrustKey {
  kid: string;
  x: string;
  y: string;
}

interface SignedPart {
  payload: string;
  kid: string;
  sig: string;
}

interface Kept {
  version: string;
  body: unknown;
  /** Phone's time when the server last said that this is current. */
  at: number;
}

interface TrustList {
  keys?: ({ use?: string; not_after?: number | null } & TrustKey)[];
}

const ROUNDS = 200;
const BOX = "feed:";
/** The box with the key that was given at enrolment. */
export const TRUST = "trust";

/** Verified text of a signed document. Rejects with `BadCode`. */
export async function verified(part: SignedPart, keys: readonly TrustKey[]): Promise<string> {
  const key = keys.find((known) => known.kid === part.kid);
  if (!key) throw new BadCode("unknown_key");
  const point = { kty: "EC", crv: "P-256", x: urlBase64(key.x), y: urlBase64(key.y) };
  const how = { name: "ECDSA", namedCurve: "P-256" };
  const imported = await crypto.subtle.importKey("jwk", point, how, false, ["verify"]);
  const signed = new TextEncoder().encode(part.payload);
  const good = await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, imported, fromBase64(part.sig), signed);
  if (!good) throw new BadCode("forged");
  return part.payload;
}

const urlBase64 = (value: string): string => toBase64(fromBase64(value));

export type Pulled = "current" | "offline" | "busy" | "revoked" | "expired" | "untrusted";

export class StoredFeed implements Feed {
  private readonly vault: Vault;
  private readonly out: Outside;
  private readonly now: () => Date;
  private readonly parts = new Map<string, Kept>();
  private readonly listeners = new Map<string, Set<() => void>>();
  private pinned: TrustKey[] = [];
  private confirmed = 0;

  constructor(vault: Vault, out: Outside = outside, now: () => Date = () => new Date(out.clock())) {
    this.vault = vault;
    this.out = out;
    this.now = now;
  }

  /** Read what is stored. To be called after unlocking. */
  async load(): Promise<void> {
    this.confirmed = ((await this.vault.db.get("meta", "confirmed")) as number | undefined) ?? 0;
    const pinned = await this.vault.get<TrustKey>(TRUST);
    this.pinned = pinned ? [pinned] : [];
    await Promise.all(
      (await this.vault.names(BOX)).map(async (box) => {
        const kept = await this.vault.get<Kept>(box);
        if (kept) this.parts.set(box.slice(BOX.length), kept);
      }),
    );
    for (const name of this.parts.keys()) this.tell(name);
  }

  /** Nothing readable stays in memory on a locked phone. */
  forget(): void {
    this.parts.clear();
    this.pinned = [];
  }

  /** The keys that the newest list names and that have not ended; until there is one, the key of enrolment. */
  private get trusted(): TrustKey[] {
    const named = (this.part<TrustList>("keys")?.keys ?? []).filter((key) => key.use === "trust");
    const seconds = this.now().getTime() / 1000;
    return named.length ? named.filter((key) => !key.not_after || key.not_after > seconds) : this.pinned;
  }

  /** Get what has changed. */
  async pull(): Promise<Pulled> {
    if (!this.out.online()) return "offline";
    let untrusted = false;
    for (let round = 0; round < ROUNDS; round++) {
      const have = [...this.parts].map(([name, kept]) => `${name}:${kept.version}`).join(",");
      const path = `/sync/1/feed?have=${encodeURIComponent(have)}`;
      const reply = await ask(this.out, path, await this.vault.authorization()).catch(() => null);
      if (!reply?.json) return "offline";
      const code = reply.json["code"];
      if (reply.status === 401) return code === "device_revoked" ? "revoked" : code === "device_expired" ? "expired" : "offline";
      if (reply.status !== 200 || !Array.isArray(reply.json["parts"])) return reply.status === 429 ? "busy" : "offline";

      const before = have;
      for (const part of reply.json["parts"] as SignedPart[]) untrusted = !(await this.take(part)) || untrusted;
      if (reply.json["more"] !== true) {
        if (!untrusted) await this.confirm();
        return untrusted ? "untrusted" : "current";
      }
      // A server that has more, but nothing that can be trusted, would be asked for ever.
      if (before === [...this.parts].map(([name, kept]) => `${name}:${kept.version}`).join(",")) return "untrusted";
    }
    return "busy";
  }

  private async take(part: SignedPart): Promise<boolean> {
    let read: { name: unknown; version: unknown; body: unknown };
    try {
      read = JSON.parse(await verified(part, this.trusted)) as typeof read;
    } catch {
      return false;
    }
    if (typeof read.name !== "string" || !/^[a-z_]{1,40}$/.test(read.name)) return false;
    const kept: Kept = { version: String(read.version), body: read.body, at: this.out.clock() };
    this.parts.set(read.name, kept);
    await this.vault.put(BOX + read.name, kept).catch(() => undefined); // a full phone still works with it until it is closed
    this.tell(read.name);
    return true;
  }

  /** Everything we have is what the server has. */
  private async confirm(): Promise<void> {
    const at = this.out.clock();
    const previous = (await this.vault.db.get("meta", "confirmed")) as number | undefined;
    for (const kept of this.parts.values()) kept.at = at;
    if (previous === undefined || Math.abs(at - previous) > 5_000) await this.vault.db.put("meta", at, "confirmed");
    this.confirmed = at;
  }

  part<T>(name: string): T | undefined {
    return this.parts.get(name)?.body as T | undefined;
  }

  on(name: string, listener: () => void): () => void {
    const known = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, known.add(listener));
    return () => known.delete(listener);
  }

  age(name: string): number {
    const kept = this.parts.get(name);
    if (!kept) return Infinity;
    return Math.max(0, (this.out.clock() - Math.max(kept.at, this.confirmed)) / 1000);
  }

  private tell(name: string): void {
    for (const listener of this.listeners.get(name) ?? []) listener();
  }
}
