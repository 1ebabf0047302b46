/** The work at a venue's door, without a screen: who came in, once each, and how many. */
import { newId } from "./outbox.ts";
import type { Met } from "./reading.ts";
import type { Outbox, Store } from "./types.ts";

export interface Venue {
  site: string;
  name: string;
  kind: string;
}

export interface DoorShift {
  id: string;
  site: string;
  name: string;
  began_at: string;
  visits: number;
}

interface State {
  shift: DoorShift | null;
  day: string;
  today: number;
  /** Visits by hour of the day. */
  hours: Record<string, number>;
  recent: { key: string; label: string; at: string }[];
}

const EMPTY: State = { shift: null, day: "", today: 0, hours: {}, recent: [] };
/** A code held too long, or shown twice in the crowd, is one visit. */
const REPEAT_MS = 60_000;
const RECENT = 40;

export class DoorList {
  private readonly outbox: Outbox;
  private readonly now: () => Date;
  private state: State = EMPTY;

  private constructor(outbox: Outbox, now: () => Date) {
    this.outbox = outbox;
    this.now = now;
  }

  static async load(outbox: Outbox, store: Store, now: () => Date): Promise<DoorList> {
    const list = new DoorList(outbox, now);
    list.state = { ...EMPTY, ...(await store.get<State>("state")) };
    return list;
  }

  get shift(): DoorShift | null {
    return this.state.shift;
  }
  get today(): number {
    return this.state.day === dayOf(this.now()) ? this.state.today : 0;
  }
  get thisHour(): number {
    return this.state.day === dayOf(this.now()) ? (this.state.hours[String(this.now().getHours())] ?? 0) : 0;
  }
  get recent(): readonly { label: string; at: string }[] {
    return this.state.recent;
  }

  async startShift(venue: Venue): Promise<void> {
    const shift: DoorShift = { id: newId(), site: venue.site, name: venue.name, began_at: this.now().toISOString(), visits: 0 };
    await this.keep("gates.start_shift", { shift: shift.id, site: shift.site }, { shift, recent: [] });
  }

  async endShift(): Promise<void> {
    const { id, visits } = this.must();
    await this.keep("gates.end_shift", { shift: id, passed: visits, referred: 0, turned_back: 0, emergencies: 0 }, { shift: null });
  }

  /** False if this person came a moment ago. */
  async visit(met: Met): Promise<boolean> {
    const shift = this.must();
    const at = this.now();
    const before = this.state.recent.find((one) => one.key === met.key);
    if (before && at.getTime() - Date.parse(before.at) < REPEAT_MS) return false;
    const fresh = this.state.day !== dayOf(at);
    const hours = fresh ? {} : this.state.hours;
    const hour = String(at.getHours());
    await this.keep(
      "gates.record_visit",
      { visit: newId(), site: shift.site, person: met.ref, evidence: "attended_scan" },
      {
        shift: { ...shift, visits: shift.visits + 1 },
        day: dayOf(at),
        today: (fresh ? 0 : this.state.today) + 1,
        hours: { ...hours, [hour]: (hours[hour] ?? 0) + 1 },
        recent: [{ key: met.key, label: met.label, at: at.toISOString() }, ...this.state.recent].slice(0, RECENT),
      },
    );
    return true;
  }

  private must(): DoorShift {
    if (!this.state.shift) throw new Error("no shift");
    return this.state.shift;
  }

  private async keep(kind: string, body: object, change: Partial<State>): Promise<void> {
    const state = { ...this.state, ...change };
    await this.outbox.add(kind, body, { state });
    this.state = state;
  }
}

const dayOf = (at: Date): string => `${at.getFullYear()}-${at.getMonth() + 1}-${at.getDate()}`;
