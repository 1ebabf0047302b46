/**
 * Sending. One page of this browser sends at a time; it takes small batches first and larger ones while that goes
 * well, waits longer after each failure, and as long as a busy server asks. What is not named in a JSON answer of our
 * server (a portal's page, half an answer, none at all) stays where it is.
 */
import type { Answer, StoredOutbox } from "./outbox.ts";
import type { Database, Vault } from "./store.ts";

export const SMALLEST = 20;
export const LARGEST = 200;
const TIMEOUT_MS = 30_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 120_000;
const UNWELCOME_PAUSE_MS = 600_000;
const SLOW_MS = 8_000;
const LEASE_MS = 60_000;
const WORTH_PACKING = 1_000;

export type Why = "none" | "offline" | "busy" | "server" | "network" | "revoked" | "expired" | "unknown" | "old" | "locked";

export interface Status {
  sending: boolean;
  /** Why nothing is sent now, and until when (by the phone's clock). */
  why: Why;
  until: number;
}

/** What a page gives; tests give other things. */
export interface Outside {
  fetch: typeof fetch;
  clock(): number;
  random(): number;
  online(): boolean;
  after(ms: number, then: () => void): () => void;
  language(): string;
  /** How far the server's clock is ahead of the phone's, in ms. */
  ahead(ms: number): void;
}

export const outside: Outside = {
  fetch: (...all) => fetch(...all),
  clock: () => Date.now(),
  random: () => Math.random(),
  online: () => navigator.onLine !== false,
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
  language: () => "zh-Hans",
  ahead: () => undefined,
};

export interface Reply {
  status: number;
  /** Parsed JSON, or null if the answer was something else. */
  json: Record<string, unknown> | null;
  retryAfterMs: number | null;
}

/** Ask the server for JSON. Rejects when there is no network, or no answer in time. */
export async function ask(out: Outside, path: string, authorization: string | null, body?: object): Promise<Reply> {
  const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": out.language() };
  const begun = out.clock();
  if (authorization) headers["Authorization"] = authorization;
  const stop = new AbortController();
  const cancel = out.after(TIMEOUT_MS, () => stop.abort());
  try {
    const asked: RequestInit = {
      headers, signal: stop.signal, credentials: "omit", redirect: "error", cache: "no-store",
    };
    if (body) {
      headers["Content-Type"] = "application/json";
      asked.method = "POST";
      asked.body = await packed(JSON.stringify(body), headers);
    }
    const answer = await out.fetch(path, asked);
    const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
    const said = isJson ? ((await answer.json()) as unknown) : null;
    const json = said !== null && typeof said === "object" ? (said as Record<string, unknown>) : null;
    const took = out.clock() - begun;
    const served = Date.parse(String(json?.["server_at"]));
    if (Number.isFinite(served) && took >= 0 && took < SLOW_MS) out.ahead(served - begun - took / 2);
    return {
      status: answer.status,
      json,
      retryAfterMs: retryAfter(answer.headers.get("Retry-After"), out.clock()),
    };
  } finally {
    cancel();
  }
}

async function packed(plain: string, headers: Record<string, string>): Promise<BodyInit> {
  if (plain.length < WORTH_PACKING || typeof CompressionStream === "undefined") return plain;
  headers["Content-Encoding"] = "gzip";
  const stream = new Blob([plain]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

function retryAfter(header: string | null, now: number): number | null {
  if (!header) return null;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

// ---- one sender among the tabs -----------------------------------------------------------------------

/** Run the work if no other tab of this browser is at it. */
export async function alone(db: Database, name: string, clock: () => number, work: () => Promise<void>): Promise<void> {
  const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
  if (locks) {
    await locks.request(`${db.name}:${name}`, { ifAvailable: true }, async (lock) => {
      if (lock) await work();
    });
    return;
  }
  // Without Web Locks: a lease in the database, taken in one transaction and given back after.
  const holder = Math.random().toString(36);
  const key = `lease:${name}`;
  const take = async (until: number): Promise<boolean> => {
    const tx = db.transaction("meta", "readwrite");
    const held = (await tx.store.get(key)) as { holder: string; until: number } | undefined;
    const left = held ? held.until - clock() : 0;
    const free = !held || held.holder === holder || left <= 0 || left > LEASE_MS;
    if (free) await tx.store.put({ holder, until }, key);
    await tx.done;
    return free;
  };
  if (!(await take(clock() + LEASE_MS))) return;
  const renew = setInterval(() => void take(clock() + LEASE_MS), LEASE_MS / 3);
  try {
    await work();
  } finally {
    clearInterval(renew);
    await take(0);
  }
}

// ---- the sender --------------------------------------------------------------------------------------

export class Sender {
  private readonly outbox: StoredOutbox;
  private readonly vault: Vault;
  private readonly out: Outside;
  private readonly heard: (status: Status) => void;
  private size = SMALLEST;
  private failures = 0;
  private running: Promise<void> | null = null;
  private again: "" | "all" | "urgent" = "";
  private cancel: () => void = () => undefined;
  private now_: Status = { sending: false, why: "none", until: 0 };

  /** The server does not know this device any more, or its time is over. */
  unwelcome: (code: "revoked" | "expired") => Promise<void> = () => Promise.resolve();
  /** Everything has been sent. */
  emptied: () => void = () => undefined;

  constructor(outbox: StoredOutbox, vault: Vault, out: Outside = outside, heard: (status: Status) => void = () => undefined) {
    this.outbox = outbox;
    this.vault = vault;
    this.out = out;
    this.heard = heard;
    outbox.added = (urgent) => void this.nudge(urgent ? "urgent" : "added");
  }

  get status(): Status {
    return this.now_;
  }

  /**
   * Something happened that may let commands go. Emergencies go at once, whatever the server asked of the others; a
   * new command waits for a pause that is running, for hundreds of phones trying again at each scan are a storm.
   */
  nudge(why: "added" | "urgent" | "online" | "visible" | "timer" | "asked"): Promise<void> {
    const resting = this.now_.until > this.out.clock() && this.now_.until - this.out.clock() <= UNWELCOME_PAUSE_MS;
    const anew = why === "online" || why === "asked" || (why === "visible" && this.now_.why === "network");
    if (why === "urgent") return this.start(resting || this.running !== null);
    if (resting && !(anew && this.now_.why !== "busy")) return Promise.resolve();
    return this.start(false);
  }

  private start(urgentOnly: boolean): Promise<void> {
    if (this.running) {
      if (this.again !== "urgent") this.again = urgentOnly ? "urgent" : "all";
      return this.running;
    }
    this.running = (async () => {
      let only = urgentOnly;
      for (;;) {
        this.again = "";
        await alone(this.vault.db, "send", this.out.clock, () => this.pass(only));
        const resting = this.now_.until > this.out.clock();
        const asked = this.again as Sender["again"];
        if (asked === "" || (resting && (asked === "all" || this.now_.why !== "busy" || only))) return;
        only = resting;
      }
    })()
      .catch(() => this.rest("network"))
      .finally(() => {
        this.running = null;
      });
    return this.running;
  }

  stop(): void {
    this.cancel();
  }

  private async pass(urgentOnly: boolean): Promise<void> {
    if (!this.vault.canSeal) return this.say({ sending: false, why: "locked", until: 0 });
    for (;;) {
      const batch = await this.outbox.batch(this.size, urgentOnly);
      if (batch.length === 0) {
        if (!urgentOnly) {
          this.failures = 0;
          this.say({ sending: false, why: "none", until: 0 });
          if ((await this.outbox.waiting()).count === 0) this.emptied();
        }
        return;
      }
      if (!this.out.online()) return this.rest("offline");
      const before = this.now_;
      if (!urgentOnly) this.say({ sending: true, why: "none", until: 0 });

      const begun = this.out.clock();
      const sentAt = new Date(begun).toISOString();
      let reply: Reply;
      try {
        const body = { sent_at: sentAt, protocol: 1, commands: batch };
        reply = await ask(this.out, "/sync/1/commands", await this.vault.authorization(), body);
      } catch {
        return this.rest("network");
      }
      const took = this.out.clock() - begun;

      if (reply.status === 200 && reply.json && Array.isArray(reply.json["answers"])) {
        const settled = await this.outbox.settle(reply.json["answers"].filter(isAnswer));
        if (settled === 0) return this.rest("server");
        this.failures = 0;
        this.size = took > SLOW_MS ? Math.max(SMALLEST, this.size >> 1) : Math.min(LARGEST, this.size * 2);
        if (urgentOnly) this.say(before);
        continue;
      }
      const code = reply.json ? String(reply.json["code"] ?? "") : "";
      const tooLarge = reply.status === 413;
      const malformed = reply.status === 400 || reply.status === 422;
      if (reply.json && (tooLarge || malformed) && batch[0]) {
        if (batch.length > 1) {
          this.size = Math.max(1, batch.length >> 1);
          continue;
        }
        // One command that the server cannot even read must not hold up those behind it. It stays, to be read and saved.
        const message = String(reply.json["message"] ?? "");
        await this.outbox.settle([{ id: batch[0].id, outcome: "refused", code: code || "malformed", message, facts: {} }]);
        this.size = SMALLEST;
        continue;
      }
      if (reply.status === 401 && reply.json && (code === "device_revoked" || code === "device_expired")) {
        const why = code === "device_revoked" ? "revoked" : "expired";
        await this.unwelcome(why);
        return this.rest(why, UNWELCOME_PAUSE_MS);
      }
      if (reply.status === 401 && code === "device_unknown") return this.rest("unknown", UNWELCOME_PAUSE_MS);
      if (reply.status === 426) return this.rest("old", UNWELCOME_PAUSE_MS);
      if (reply.status === 429 || (reply.status === 503 && reply.retryAfterMs !== null))
        return this.rest("busy", Math.min(reply.retryAfterMs ?? this.pause(), UNWELCOME_PAUSE_MS));
      return this.rest(reply.json || reply.status >= 500 ? "server" : "network");
    }
  }

  private pause(): number {
    const full = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.failures);
    return full * (0.5 + this.out.random() / 2);
  }

  private rest(why: Why, ms: number = this.pause()): void {
    this.failures += 1;
    this.size = SMALLEST;
    this.cancel();
    this.say({ sending: false, why, until: this.out.clock() + ms });
    this.cancel = this.out.after(ms, () => void this.start(false));
  }

  private say(status: Status): void {
    this.now_ = status;
    this.heard(status);
  }
}

function isAnswer(value: unknown): value is Answer {
  const answer = value as Partial<Answer> | null;
  return (
    typeof answer?.id === "string" &&
    (answer.outcome === "applied" || answer.outcome === "known" || answer.outcome === "refused" || answer.outcome === "kept")
  );
}
