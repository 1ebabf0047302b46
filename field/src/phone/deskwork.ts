/**
 * The work at a sampling table, without a screen: the shift, the tube that is open, who is in it, who has been
 * swabbed in this round by this phone. Each step is a command in the outbox and the new state of the table,
 * written together, so a phone that dies in mid-tube goes on where it was.
 */
import { newId } from "./outbox.ts";
import { capacity, entry } from "./pools.ts";
import type { Entry, Pools } from "./pools.ts";
import type { Met } from "./reading.ts";
import type { Outbox, Store } from "./types.ts";

export interface Point {
  site: string;
  name: string;
  tables: number[];
  round: { id: string; name: string; deadline: string } | null;
  path: string;
}

export interface Shift {
  id: string;
  site: string;
  name: string;
  table: number;
  round: Point["round"];
  began_at: string;
  swabs: number;
  tubes: number;
}

export interface Swab {
  id: string;
  key: string;
  label: string;
  at: string;
}

export interface OpenTube {
  id: string;
  barcode: string;
  group: string;
  purpose: "round" | "retest" | "order" | "wish";
  capacity: number;
  swabs: Swab[];
}

export interface DoneTube {
  barcode: string;
  swabs: number;
  state: "sealed" | "packed" | "void";
}

export interface Box {
  id: string;
  barcode: string;
  tubes: string[];
}

interface State {
  shift: Shift | null;
  group: string;
  tube: OpenTube | null;
  /** The pool that waits while somebody is taken singly. */
  aside: OpenTube | null;
  /** Who waits for a tube to be opened for them. */
  next: Met | null;
  /** Packed here and not handed over. */
  boxes: Box[];
  round: string;
  segments: number;
}

const EMPTY: State = {
  shift: null, group: "general", tube: null, aside: null, next: null, boxes: [], round: "", segments: 0,
};
/** Keys of swabbed people are kept so many to a box, so that a swab rewrites a page and not the book. */
const SEGMENT = 50;

/** This label has been on a tube of this phone already. */
export class LabelUsed extends Error {}

export class DeskWork {
  private readonly outbox: Outbox;
  private readonly store: Store;
  private readonly now: () => Date;
  private state: State = EMPTY;
  private done_: DoneTube[] = [];
  private readonly swabbed = new Set<string>();
  private segment: string[] = [];

  private constructor(outbox: Outbox, store: Store, now: () => Date) {
    this.outbox = outbox;
    this.store = store;
    this.now = now;
  }

  static async load(outbox: Outbox, store: Store, now: () => Date): Promise<DeskWork> {
    const work = new DeskWork(outbox, store, now);
    work.state = { ...EMPTY, ...(await store.get<State>("state")) };
    work.done_ = (await store.get<DoneTube[]>("done")) ?? [];
    for (let n = 0; n < work.state.segments; n += 1) {
      const keys = (await store.get<string[]>(`seen:${n}`)) ?? [];
      for (const key of keys) work.swabbed.add(key);
      if (n === work.state.segments - 1) work.segment = keys;
    }
    return work;
  }

  get shift(): Shift | null {
    return this.state.shift;
  }
  get tube(): OpenTube | null {
    return this.state.tube;
  }
  get aside(): OpenTube | null {
    return this.state.aside;
  }
  get next(): Met | null {
    return this.state.next;
  }
  get group(): string {
    return this.state.group;
  }
  get boxes(): readonly Box[] {
    return this.state.boxes;
  }
  get done(): readonly DoneTube[] {
    return this.done_;
  }
  get unpacked(): DoneTube[] {
    return this.done_.filter((tube) => tube.state === "sealed");
  }

  // ---- shift

  async startShift(point: Point, table: number): Promise<void> {
    const at = this.now().toISOString();
    const shift: Shift = {
      id: newId(), site: point.site, name: point.name, table, round: point.round, began_at: at, swabs: 0, tubes: 0,
    };
    const round = point.round?.id ?? at.slice(0, 10);
    const sameRound = round === this.state.round;
    if (!sameRound) {
      // Whoever was swabbed in another round may be swabbed again.
      for (let n = 0; n < this.state.segments; n += 1) await this.store.remove(`seen:${n}`);
      this.swabbed.clear();
      this.segment = [];
    }
    await this.keep(
      "sampling.start_shift",
      { shift: shift.id, site: shift.site, table, round: shift.round?.id ?? null },
      { shift, round, segments: sameRound ? this.state.segments : 0, group: "general" },
      this.unpacked,
    );
  }

  async endShift(): Promise<void> {
    const shift = this.must();
    const body = { shift: shift.id, swabs: shift.swabs, tubes: shift.tubes };
    await this.keep("sampling.end_shift", body, { shift: null, next: null });
  }

  // ---- tubes

  async chooseGroup(group: string): Promise<void> {
    this.state = { ...this.state, group };
    await this.store.put("state", this.state);
  }

  /** Open the tube with this label; whoever waited for it is not yet in it. Single tubes leave the pool aside. */
  async openTube(barcode: string, pools: Pools | undefined, single = false): Promise<OpenTube> {
    const shift = this.must();
    const known = [this.state.tube, this.state.aside, ...this.done_].some((tube) => tube?.barcode === barcode);
    if (known) throw new LabelUsed(barcode);
    const group = single ? "key_person" : this.state.group;
    const purpose = "round";
    const tube: OpenTube = {
      id: newId(), barcode, group, purpose, capacity: single ? 1 : capacity(pools, group, purpose), swabs: [],
    };
    await this.keep(
      "sampling.open_tube",
      { tube: tube.id, barcode, site: shift.site, table: shift.table, round: shift.round?.id ?? null, group, purpose },
      { tube, aside: this.state.tube ?? this.state.aside },
    );
    return tube;
  }

  /** What this phone says to a person before anything is written. */
  entry(met: Met, single: boolean, fever = false): Entry {
    const { tube } = this.state;
    const inside = tube && { group: tube.group, capacity: tube.capacity, keys: tube.swabs.map((swab) => swab.key) };
    return entry(inside, { key: met.key, single, fever }, this.swabbed);
  }

  async wait(met: Met | null): Promise<void> {
    this.state = { ...this.state, next: met };
    await this.store.put("state", this.state);
  }

  async addSwab(met: Met): Promise<Swab> {
    const shift = this.must();
    const tube = this.open();
    const swab: Swab = { id: newId(), key: met.key, label: met.label, at: this.now().toISOString() };
    const fresh = this.segment.length >= SEGMENT || this.state.segments === 0;
    const segment = fresh ? [met.key] : [...this.segment, met.key];
    const segments = this.state.segments + (fresh ? 1 : 0);
    await this.keep(
      "sampling.add_swab",
      { tube: tube.id, swab: swab.id, person: met.ref },
      {
        tube: { ...tube, swabs: [...tube.swabs, swab] },
        shift: { ...shift, swabs: shift.swabs + 1 },
        next: null,
        segments,
      },
      this.done_,
      { [`seen:${segments - 1}`]: segment },
    );
    this.segment = segment;
    this.swabbed.add(met.key);
    return swab;
  }

  /** Take the last swab out again: the wrong person was scanned. */
  async undo(): Promise<Swab | null> {
    const shift = this.must();
    const tube = this.open();
    const swab = tube.swabs[tube.swabs.length - 1];
    if (!swab) return null;
    const pages = await this.without([swab.key]);
    await this.keep(
      "sampling.remove_swab",
      { tube: tube.id, swab: swab.id },
      { tube: { ...tube, swabs: tube.swabs.slice(0, -1) }, shift: { ...shift, swabs: shift.swabs - 1 } },
      this.done_,
      pages,
    );
    this.forget([swab.key]);
    return swab;
  }

  /** `counted` is what somebody counted in the tube; that it differs is for the office to see. */
  async seal(counted: number): Promise<void> {
    const shift = this.must();
    const tube = this.open();
    await this.keep(
      "sampling.seal_tube",
      { tube: tube.id, swabs: counted },
      { tube: this.state.aside, aside: null, shift: { ...shift, tubes: shift.tubes + 1 } },
      [...this.done_, { barcode: tube.barcode, swabs: tube.swabs.length, state: "sealed" }],
    );
  }

  /** Give the open tube up. Its people are swabbed again, so this phone forgets that they were. */
  async voidTube(reason: string): Promise<void> {
    const shift = this.must();
    const tube = this.open();
    const keys = tube.swabs.map((swab) => swab.key);
    const pages = await this.without(keys);
    await this.keep(
      "sampling.void_tube",
      { tube: tube.id, reason },
      { tube: this.state.aside, aside: null, shift: { ...shift, swabs: shift.swabs - tube.swabs.length } },
      [...this.done_, { barcode: tube.barcode, swabs: tube.swabs.length, state: "void" }],
      pages,
    );
    this.forget(keys);
  }

  /** The last two pages of the swabbed without these; a tube's people stand on no earlier one. */
  private async without(keys: readonly string[]): Promise<Record<string, string[]>> {
    const pages: Record<string, string[]> = {};
    for (const n of [this.state.segments - 1, this.state.segments - 2]) {
      if (n < 0) continue;
      const page = (await this.store.get<string[]>(`seen:${n}`)) ?? [];
      pages[`seen:${n}`] = page.filter((key) => !keys.includes(key));
    }
    return pages;
  }

  private forget(keys: readonly string[]): void {
    this.segment = this.segment.filter((key) => !keys.includes(key));
    for (const key of keys) this.swabbed.delete(key);
  }

  // ---- boxes

  /** `tubes` were scanned into the box one by one, `counted` is what somebody counted in it. */
  async packBox(barcode: string, tubes: readonly string[], counted: number): Promise<Box> {
    const shift = this.must();
    const box: Box = { id: newId(), barcode, tubes: [...tubes] };
    const inside = new Set(tubes);
    await this.keep(
      "sampling.pack_box",
      { box: box.id, barcode, site: shift.site, tubes, counted },
      { boxes: [...this.state.boxes, box] },
      this.done_.map((tube) => (inside.has(tube.barcode) ? { ...tube, state: "packed" } : tube)),
    );
    return box;
  }

  async handOver(box: Box, to: "courier" | "laboratory", temperature: number | null): Promise<void> {
    await this.keep(
      "sampling.hand_over_box",
      { box: box.id, to, temperature },
      { boxes: this.state.boxes.filter((one) => one.id !== box.id) },
    );
  }

  // ---- beside the table

  async noteQueue(waiting: number): Promise<void> {
    await this.outbox.add("gates.note_queue", { site: this.must().site, waiting });
  }

  async noteUntested(met: Met, reason: string, note: string): Promise<void> {
    const { round } = this.must();
    await this.outbox.add("sampling.note_untested", { person: met.ref, round: round?.id ?? null, reason, note });
  }

  // ---- inside

  private must(): Shift {
    if (!this.state.shift) throw new Error("no shift");
    return this.state.shift;
  }

  private open(): OpenTube {
    if (!this.state.tube) throw new Error("no tube");
    return this.state.tube;
  }

  private async keep(
    kind: string,
    body: object,
    change: Partial<State>,
    done: DoneTube[] = this.done_,
    pages: Readonly<Record<string, readonly string[]>> = {},
  ): Promise<void> {
    const state = { ...this.state, ...change };
    await this.outbox.add(kind, body, { ...pages, state, ...(done === this.done_ ? {} : { done }) });
    this.state = state;
    this.done_ = done;
  }
}
