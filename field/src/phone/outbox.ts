/**
 * The outbox: commands on their way. Each is written, sealed, with the next number of this device in one strict
 * transaction before any screen says "done". Only an answer of the server that names a command changes its state;
 * nothing unsent is ever thrown away.
 */
import { boxName, isFull, type Post, type Row, toBase64, type Vault } from "./store.ts";
import { type Command, NoRoom, type Outbox, type Refused, type State } from "./types.ts";

const WAITING = 0;
const SENT = 1;
const REFUSED = 2;
const STATES: readonly State[] = ["waiting", "sent", "refused"];

/** How long it can still be seen that a command was sent; its content goes at once. */
const REMEMBER_SENT_MS = 48 * 3600 * 1000;
const PRUNE_AT_ONCE = 500;

const FIRST: ReadonlySet<string> = new Set(["gates.emergency"]);

interface Content {
  at: string;
  kind: string;
  body: object;
}

export interface Answer {
  id: string;
  outcome: "applied" | "known" | "refused" | "kept";
  code?: string;
  message?: string;
  facts?: Record<string, unknown>;
}

/** A UUIDv7 that never goes back, even when the phone's clock does. */
export function makeIds(clock: () => number = Date.now): () => string {
  let last = 0;
  let counter = 0;
  return () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const now = clock();
    if (now > last) {
      last = now;
      counter = ((bytes[6] ?? 0) & 0x07) * 256 + (bytes[7] ?? 0);
    } else if (++counter > 0xfff) {
      last += 1;
      counter = 0;
    }
    let rest = last;
    for (let at = 5; at >= 0; at--) {
      bytes[at] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    bytes[6] = 0x70 | (counter >> 8);
    bytes[7] = counter & 0xff;
    bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  };
}

/** For the ids a mode makes: shifts, tubes, scans. */
export const newId = makeIds();

export class StoredOutbox implements Outbox {
  readonly vault: Vault;
  private readonly clock: () => number;
  private readonly id: () => string;
  private readonly listeners = new Set<() => void>();
  private readonly channel: BroadcastChannel | null;
  private busy = 0;
  private whenIdle: (() => void)[] = [];
  /** Called with the kind of each command added, before others hear of it. */
  added: (urgent: boolean) => void = () => undefined;

  constructor(vault: Vault, clock: () => number = Date.now) {
    this.vault = vault;
    this.clock = clock;
    this.id = makeIds(clock);
    this.channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`${vault.db.name}-outbox`);
    if (this.channel) this.channel.onmessage = () => this.tell();
  }

  add(kind: string, body: object, also?: Readonly<Record<string, unknown>>): Promise<string> {
    return this.keep(kind, body, "", also);
  }

  /** The outbox as one mode sees it: `also` goes to its own drawer. */
  forMode(mode: string): Outbox {
    return {
      add: (kind, body, also) => this.keep(kind, body, mode, also),
      letThrough: (shift) => this.letThrough(shift),
      waiting: () => this.waiting(),
      refused: () => this.refused(),
      states: (ids) => this.states(ids),
      dismiss: (id) => this.dismiss(id),
      exportFile: () => this.exportFile(),
      on: (listener) => this.on(listener),
    };
  }

  /**
   * Note that somebody who needs help is let through at the gate where a shift is under way. For the lock screen:
   * needs no PIN and names nobody. False where no shift is under way.
   */
  async letThroughNow(): Promise<boolean> {
    const post = await this.vault.post();
    if (!post) return false;
    const body = { scan: newId(), site: post.site, shift: post.shift, person: null, plate: "", reason: "" };
    await this.keep("gates.emergency", body, "", {}, (now) => now && { ...now, letThrough: now.letThrough + 1 });
    return true;
  }

  async letThrough(shift: string): Promise<number> {
    const post = await this.vault.post();
    return post?.shift === shift ? post.letThrough : 0;
  }

  private async keep(
    kind: string, body: object, mode: string, also: Readonly<Record<string, unknown>> = {},
    post: ((now: Post | undefined) => Post | undefined) | undefined = postAfter(kind, body),
  ): Promise<string> {
    const id = this.id();
    const at = this.clock();
    const rank = FIRST.has(kind) ? 0 : 1;
    await this.working(async () => {
      const content: Content = { at: new Date(at).toISOString(), kind, body };
      const sealed = await this.vault.sealToSend(content, id);
      const boxes = await this.sealed(mode, also);
      const write = async (): Promise<void> => {
        const tx = this.vault.db.transaction(["meta", "outbox", "boxes"], "readwrite", { durability: "strict" });
        const meta = tx.objectStore("meta");
        const seq = (((await meta.get("seq")) as number | undefined) ?? 0) + 1;
        const row: Row = { seq, id, at, rank, state: WAITING, ...sealed };
        if (post) {
          const next = post((await meta.get("post")) as Post | undefined);
          await (next ? meta.put(next, "post") : meta.delete("post"));
        }
        await Promise.all([
          meta.put(seq, "seq"),
          tx.objectStore("outbox").add(row),
          ...boxes.map(([name, box]) => tx.objectStore("boxes").put(box, name)),
          tx.done,
        ]);
      };
      try {
        await write();
      } catch (error) {
        if (!isFull(error)) throw error;
        await this.prune(-1);
        try {
          await write();
        } catch (again) {
          throw isFull(again) ? new NoRoom() : again;
        }
      }
    });
    this.added(rank === 0);
    this.changed();
    return id;
  }

  private sealed(mode: string, also: Readonly<Record<string, unknown>>): Promise<[string, Uint8Array<ArrayBuffer>][]> {
    return Promise.all(
      Object.entries(also).map(async ([key, value]): Promise<[string, Uint8Array<ArrayBuffer>]> => {
        const name = boxName(mode, key);
        return [name, await this.vault.seal("data", value, name)];
      }),
    );
  }

  async waiting(): Promise<{ count: number; since: Date | null }> {
    const tx = this.vault.db.transaction("outbox");
    const index = tx.store.index("by_state");
    const [count, urgent, first] = await Promise.all([
      index.count(within(WAITING)),
      index.get(within(WAITING, 0)),
      index.get(within(WAITING, 1)),
    ]);
    const times = [urgent?.at, first?.at].filter((at) => at !== undefined);
    return { count, since: times.length ? new Date(Math.min(...times)) : null };
  }

  async refused(): Promise<Refused[]> {
    if (!this.vault.canSeal) return [];
    const rows = await this.vault.db.getAllFromIndex("outbox", "by_state", within(REFUSED), 200);
    return Promise.all(
      rows.map(async (row): Promise<Refused> => {
        const answer = row.answer ? await this.vault.unseal<Answer>("delivery", row.answer, `answer:${row.id}`) : null;
        return {
          ...(await this.content(row)),
          code: answer?.code ?? "",
          message: answer?.message ?? "",
          facts: answer?.facts ?? {},
        };
      }),
    );
  }

  async refusals(): Promise<number> {
    return this.vault.db.countFromIndex("outbox", "by_state", within(REFUSED));
  }

  async states(ids: readonly string[]): Promise<Map<string, State>> {
    const tx = this.vault.db.transaction("outbox");
    const index = tx.store.index("by_id");
    const rows = await Promise.all(ids.map((id) => index.get(id)));
    const found = new Map<string, State>();
    for (const row of rows) {
      const state = row && STATES[row.state];
      if (row && state) found.set(row.id, state);
    }
    return found;
  }

  async dismiss(id: string): Promise<void> {
    const tx = this.vault.db.transaction("outbox", "readwrite");
    const row = await tx.store.index("by_id").get(id);
    if (row?.state === REFUSED) await tx.store.delete(row.seq);
    await tx.done;
    this.changed();
  }

  /** The next commands to send, emergencies first, then in the order they were made. */
  async batch(size: number, urgentOnly = false): Promise<Command[]> {
    const range = urgentOnly ? within(WAITING, 0) : within(WAITING);
    const rows = await this.vault.db.getAllFromIndex("outbox", "by_state", range, size);
    return Promise.all(rows.map((row) => this.content(row)));
  }

  private async content(row: Row): Promise<Command> {
    const none: Content = { at: new Date(row.at).toISOString(), kind: "", body: {} };
    const content = row.sealed ? await this.vault.unsealToSend<Content>(row.sealed, row.id, row.slot) : none;
    return { id: row.id, seq: row.seq, at: content.at, kind: content.kind, body: content.body };
  }

  /** Take down what the server said; how many of its answers were about waiting commands. */
  async settle(answers: readonly Answer[]): Promise<number> {
    return this.working(async () => {
      const kept = new Map<string, Uint8Array<ArrayBuffer>>();
      for (const answer of answers) {
        if (answer.outcome === "refused")
          kept.set(answer.id, await this.vault.seal("delivery", answer, `answer:${answer.id}`));
      }
      const tx = this.vault.db.transaction("outbox", "readwrite", { durability: "strict" });
      const index = tx.store.index("by_id");
      let settled = 0;
      await Promise.all(
        answers.map(async ({ id, outcome }) => {
          const row = await index.get(id);
          if (row?.state !== WAITING) return;
          settled += 1;
          const answer = kept.get(id);
          if (outcome === "refused" && answer)
            await tx.store.put({ ...row, state: REFUSED, answer, settledAt: this.clock() });
          else await tx.store.put({ ...row, state: SENT, sealed: null, settledAt: this.clock() });
        }),
      );
      await tx.done;
      if (settled) this.changed();
      return settled;
    });
  }

  /** Forget that old commands were sent. */
  async prune(olderThanMs = REMEMBER_SENT_MS): Promise<void> {
    const tx = this.vault.db.transaction("outbox", "readwrite");
    const oldest = await tx.store.index("by_state").getAll(within(SENT), PRUNE_AT_ONCE);
    const now = this.clock();
    const old = oldest.filter((row) => Math.abs(now - (row.settledAt ?? 0)) > olderThanMs);
    await Promise.all([...old.map((row) => tx.store.delete(row.seq)), tx.done]);
  }

  async exportFile(): Promise<Blob> {
    const waiting = await this.vault.db.getAllFromIndex("outbox", "by_state", within(WAITING));
    const refused = await this.vault.db.getAllFromIndex("outbox", "by_state", within(REFUSED));
    const ahead = await this.vault.ahead();
    const file = {
      fangxian: "outbox",
      protocol: 1,
      device: this.vault.device.id,
      saved_at: new Date(this.clock()).toISOString(),
      ...(ahead === undefined ? {} : { ahead_ms: Math.round(ahead) }),
      key: toBase64(this.vault.rescue),
      ...(this.vault.slotKey ? { slot: toBase64(this.vault.slotKey) } : {}),
      commands: [...waiting, ...refused]
        .sort((a, b) => a.seq - b.seq)
        .map(({ id, seq, sealed, slot }) => ({ id, seq, sealed: sealed ? toBase64(sealed) : "", ...(slot ? { slot } : {}) })),
    };
    return new Blob([JSON.stringify(file)], { type: "application/json" });
  }

  on(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves when nothing is being written: a new version of the app may start only then. */
  idle(): Promise<void> {
    return this.busy === 0 ? Promise.resolve() : new Promise((done) => this.whenIdle.push(done));
  }

  close(): void {
    this.channel?.close();
    this.listeners.clear();
  }

  private async working<T>(work: () => Promise<T>): Promise<T> {
    this.busy += 1;
    try {
      return await work();
    } finally {
      this.busy -= 1;
      if (this.busy === 0) for (const done of this.whenIdle.splice(0)) done();
    }
  }

  private changed(): void {
    this.channel?.postMessage("changed");
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** What a command says about where the phone stands watch; undefined: nothing. */
function postAfter(kind: string, body: object): ((now: Post | undefined) => Post | undefined) | undefined {
  if (kind === "gates.end_shift") return () => undefined;
  if (kind !== "gates.start_shift") return undefined;
  const { site, shift } = body as { site: string; shift: string };
  return () => ({ site, shift, letThrough: 0 });
}

function within(state: number, rank?: 0 | 1): IDBKeyRange {
  return rank === undefined
    ? IDBKeyRange.bound([state, -1, -1], [state, 9, Infinity])
    : IDBKeyRange.bound([state, rank, -1], [state, rank, Infinity]);
}
