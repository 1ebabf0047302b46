/**
 * The work at a gate, without a screen: the shift and its counts, who stands there and what is still to be
 * seen of them, who passed when. Each verdict is a command in the outbox and the new state of the gate,
 * written together, so that nothing is counted twice or lost when the phone dies.
 */
import { newId } from "./outbox.ts";
import type { Met, Shown } from "./reading.ts";
import type { Outbox, PersonRef, Store } from "./types.ts";
import { ruling } from "./verdict.ts";
import type { Demands, Direction, PassFacts, Rule, Ruling, Seen, Verdict } from "./verdict.ts";

export interface Gate {
  site: string;
  name: string;
  path: string;
  rules: Demands;
}

export interface Counts {
  pass: number;
  refer: number;
  turn_back: number;
  emergency: number;
}

export interface GateShift {
  id: string;
  site: string;
  name: string;
  began_at: string;
  counts: Counts;
  /** How many of the emergencies counted were let through on the lock screen. */
  locked?: number;
}

export interface Vehicle {
  party: string;
  plate: string;
  people: number;
  shown: { label: string; verdict: Verdict; rule: Rule }[];
}

/** A pass as it was shown; `group` is whose quota it counts against. */
export interface PassShown {
  text: string;
  group: string;
  kind: string;
  opens: boolean;
}

/** Somebody who stands at the gate, and what has been seen of them so far. */
export interface Standing {
  ref: PersonRef | null;
  key: string;
  label: string;
  shown: Shown;
  trouble: Seen["trouble"];
  alert: boolean;
  pass: PassShown | null;
  tested_at: string | null;
  temperature: number | null;
  mask: boolean | null;
  /** What was asked for and is not there, or was looked at: not asked again. */
  settled: Need[];
}

/** What is to be seen next, in this order. */
export type Need = "person" | "pass" | "test" | "look";

export interface Past {
  label: string;
  verdict: Verdict;
  rule: Rule;
  at: string;
}

interface State {
  shift: GateShift | null;
  /** Where this phone was last, for an emergency without a shift. */
  site: string | null;
  direction: Direction;
  standing: Standing | null;
  vehicle: Vehicle | null;
  recent: Past[];
}

/** Somebody about whom the office is asked, as they stood at the gate. */
export interface Looked {
  shift: string;
  site: string;
  standing: Standing;
  direction: Direction;
  vehicle: Vehicle | null;
}

interface Passage {
  at: string;
  direction: Direction;
  verdict: Verdict;
}

const EMPTY: State = { shift: null, site: null, direction: "in", standing: null, vehicle: null, recent: [] };
/** The same person, the same way, the same verdict within this time is one scan seen twice. */
const REPEAT_MS = 60_000;
const RECENT = 20;
/** Passages lie in so many pages, so that a scan rewrites a small part of them. */
const PAGES = 64;
const DAY_MS = 86_400_000;

export class DoorWork {
  private readonly outbox: Outbox;
  private readonly store: Store;
  private readonly now: () => Date;
  private state: State = EMPTY;

  private constructor(outbox: Outbox, store: Store, now: () => Date) {
    this.outbox = outbox;
    this.store = store;
    this.now = now;
  }

  static async load(outbox: Outbox, store: Store, now: () => Date): Promise<DoorWork> {
    const work = new DoorWork(outbox, store, now);
    work.state = { ...EMPTY, ...(await store.get<State>("state")) };
    await work.countLocked();
    return work;
  }

  /** Whoever was let through while the phone was locked counts in this shift too. */
  private async countLocked(): Promise<void> {
    const { shift } = this.state;
    if (!shift) return;
    const locked = await this.outbox.letThrough(shift.id);
    const fresh = locked - (shift.locked ?? 0);
    if (fresh <= 0) return;
    const counts = { ...shift.counts, emergency: shift.counts.emergency + fresh };
    await this.note({ shift: { ...shift, counts, locked } });
  }

  get shift(): GateShift | null {
    return this.state.shift;
  }
  get direction(): Direction {
    return this.state.direction;
  }
  get standing(): Standing | null {
    return this.state.standing;
  }
  get vehicle(): Vehicle | null {
    return this.state.vehicle;
  }
  get recent(): readonly Past[] {
    return this.state.recent;
  }

  // ---- shift

  async startShift(gate: Gate): Promise<void> {
    const shift: GateShift = {
      id: newId(), site: gate.site, name: gate.name, began_at: this.now().toISOString(),
      counts: { pass: 0, refer: 0, turn_back: 0, emergency: 0 },
    };
    await this.keep(
      "gates.start_shift", { shift: shift.id, site: gate.site },
      { shift, site: gate.site, standing: null, vehicle: null, recent: [] },
    );
  }

  async endShift(): Promise<void> {
    const { id, counts } = this.must();
    await this.keep(
      "gates.end_shift",
      { shift: id, passed: counts.pass, referred: counts.refer, turned_back: counts.turn_back, emergencies: counts.emergency },
      { shift: null, standing: null, vehicle: null },
    );
  }

  async turn(direction: Direction): Promise<void> {
    await this.note({ direction, standing: null });
  }

  // ---- who stands there

  async meet(met: Met, alert: boolean): Promise<void> {
    // Who showed a pass or a test before their code is the same person.
    const before = this.state.standing?.key === "" ? this.state.standing : null;
    await this.note({
      standing: {
        ...(before ?? nobody()), ref: met.ref, key: met.key, label: met.label, shown: met.shown, alert,
      },
    });
  }

  /** A code that cannot be trusted: the person is not known by it. */
  async meetTrouble(text: string, trouble: Seen["trouble"]): Promise<void> {
    await this.note({
      standing: { ...nobody(), ref: { code: text }, key: `x:${text.slice(-24)}`, shown: "code", trouble },
    });
  }

  async showPass(pass: PassShown): Promise<void> {
    const standing = this.state.standing ?? nobody();
    await this.note({ standing: { ...standing, pass } });
  }

  async showTest(sampledAt: Date, negative: boolean): Promise<void> {
    const standing = this.state.standing ?? nobody();
    const tested_at = negative ? sampledAt.toISOString() : null;
    const settled: Need[] = negative ? standing.settled : [...standing.settled, "test"];
    await this.note({ standing: { ...standing, tested_at, settled } });
  }

  async settle(need: Need, seen: { temperature?: number; mask?: boolean } = {}): Promise<void> {
    const standing = this.state.standing ?? nobody();
    await this.note({ standing: { ...standing, ...seen, settled: [...standing.settled, need] } });
  }

  async dismiss(): Promise<void> {
    await this.note({ standing: null });
  }

  /** What is still to be seen of whoever stands there; null when it can be decided. */
  need(rules: Demands | undefined): Need | null {
    const one = this.state.standing;
    if (one === null || (one.key === "" && !one.settled.includes("person"))) return "person";
    if (one.trouble !== "" || one.alert || rules === undefined) return null;
    const open = (need: Need): boolean => !one.settled.includes(need);
    if (this.state.direction === "out" && rules.pass && one.pass === null && open("pass")) return "pass";
    if (rules.test_within_h !== null && one.tested_at === null && open("test")) return "test";
    if ((rules.temperature_max !== null || rules.mask) && open("look")) return "look";
    return null;
  }

  // ---- verdict

  /** What the rules say of whoever stands there, with the passages that this phone saw. */
  async judge(rules: Demands | undefined): Promise<Ruling> {
    const one = this.state.standing ?? nobody();
    const at = this.now();
    const passages = await this.passagesOf(one.key);
    const earlier = passages.filter((p) => p.verdict === "pass" && at.getTime() - Date.parse(p.at) > (rules?.reset_minutes ?? 0) * 60_000);
    const out = earlier.filter((p) => p.direction === "out");
    const sameWay = earlier.filter((p) => p.direction === this.state.direction);
    const today = at.toDateString();
    return ruling(
      rules,
      {
        direction: this.state.direction,
        trouble: one.trouble,
        alert: one.alert,
        care: false,
        emergency: false,
        temperature: one.temperature,
        mask: one.mask,
        tested_at: one.tested_at === null ? null : new Date(one.tested_at),
        party: true,
        pass: await this.factsOf(one.pass, rules, at),
        passed_at: sameWay.length ? new Date(Math.max(...sameWay.map((p) => Date.parse(p.at)))) : null,
        passages: out.filter((p) => new Date(p.at).toDateString() === today).length,
      },
      at,
    );
  }

  /**
   * Write down the verdict on whoever stands there. False if it is the one just given to the same person:
   * a code held too long is no second passage. `reason` says a turning back in words.
   */
  async decide(found: Ruling, reason = ""): Promise<boolean> {
    const shift = this.must();
    const one = this.state.standing ?? nobody();
    const at = this.now();
    const passages = await this.passagesOf(one.key);
    const last = passages[passages.length - 1];
    const repeated =
      last?.direction === this.state.direction && last.verdict === found.verdict && at.getTime() - Date.parse(last.at) < REPEAT_MS;
    if (repeated && this.state.vehicle === null) {
      await this.note({ standing: null });
      return false;
    }
    const vehicle = this.state.vehicle;
    const pages: Record<string, unknown> = {};
    const passage: Passage = { at: at.toISOString(), direction: this.state.direction, verdict: found.verdict };
    await this.remember(pages, one.key, passage, at);
    if (one.pass !== null && found.verdict === "pass") await this.remember(pages, `g:${one.pass.group}`, passage, at);
    await this.keep(
      "gates.record_scan",
      this.scan(shift, one, this.state.direction, vehicle, found, reason),
      {
        shift: counted(shift, found.verdict),
        standing: null,
        vehicle: vehicle && { ...vehicle, shown: [...vehicle.shown, { label: one.label, ...found }] },
        recent: this.recently(one.label, found, at),
      },
      pages,
    );
    return true;
  }

  /** What is asked of the office about whoever stands there; null where nobody is known by anything. */
  question(): Looked | null {
    const { shift, standing, direction, vehicle } = this.state;
    return shift && standing?.ref ? { shift: shift.id, site: shift.site, standing, direction, vehicle } : null;
  }

  /**
   * The office knows more of somebody who was let pass a moment ago: to the table after all. It is no passage then.
   * False if the shift is over.
   */
  async referAfterAll({ shift: id, standing: one, direction, vehicle: rode }: Looked, rule: Rule): Promise<boolean> {
    const { shift, vehicle } = this.state;
    if (shift?.id !== id) return false;
    const found: Ruling = { verdict: "refer", rule };
    const at = this.now();
    const pages: Record<string, unknown> = {};
    await this.withdraw(pages, one.key, direction);
    if (one.pass !== null) await this.withdraw(pages, `g:${one.pass.group}`, direction);
    await this.remember(pages, one.key, { at: at.toISOString(), direction, verdict: "refer" }, at);
    const shown = { label: one.label, ...found };
    await this.keep(
      "gates.record_scan",
      this.scan(shift, one, direction, rode, found, ""),
      {
        shift: counted(shift, "refer"),
        vehicle: vehicle && vehicle.party === rode?.party ? { ...vehicle, shown: insteadOf(vehicle.shown, shown) } : vehicle,
        recent: this.recently(one.label, found, at),
      },
      pages,
    );
    return true;
  }

  private scan(
    shift: GateShift, one: Standing, direction: Direction, vehicle: Vehicle | null, found: Ruling, reason: string,
  ): object {
    return {
      scan: newId(),
      site: shift.site,
      shift: shift.id,
      direction,
      person: one.ref,
      party: vehicle?.party ?? null,
      plate: vehicle?.plate ?? "",
      shown: one.shown,
      pass: one.pass?.text ?? null,
      temperature: one.temperature,
      mask: one.mask,
      verdict: found.verdict,
      rule: found.rule,
      reason,
    };
  }

  /** Let somebody through who needs help. Asks for nothing, needs no shift and no rules. */
  async emergency(sites: readonly string[]): Promise<void> {
    const { shift, standing, vehicle } = this.state;
    const site = shift?.site ?? this.state.site ?? sites[0] ?? null;
    const found: Ruling = { verdict: "emergency", rule: "emergency" };
    await this.keep(
      "gates.emergency",
      { scan: newId(), site, shift: shift?.id ?? null, person: standing?.ref ?? null, plate: vehicle?.plate ?? "", reason: "" },
      {
        site,
        shift: shift && counted(shift, "emergency"),
        standing: null,
        recent: this.recently(standing?.label ?? "", found, this.now()),
      },
    );
  }

  // ---- vehicles

  async startVehicle(plate: string, people: number): Promise<void> {
    await this.note({ vehicle: { party: newId(), plate, people, shown: [] }, standing: null });
  }

  /** The verdict on a vehicle is the strictest on anybody in it; whoever was not shown is referred. */
  async endVehicle(): Promise<Ruling> {
    const vehicle = this.state.vehicle;
    if (!vehicle) throw new Error("no vehicle");
    if (vehicle.shown.length < vehicle.people) {
      await this.note({ standing: { ...nobody(), shown: "word", settled: ["person", "pass", "test", "look"] } });
      await this.decide({ verdict: "refer", rule: "party" });
    }
    const shown = this.state.vehicle?.shown ?? [];
    await this.note({ vehicle: null, standing: null });
    const order: Verdict[] = ["turn_back", "refer", "emergency", "pass"];
    for (const verdict of order) {
      const one = shown.find((each) => each.verdict === verdict);
      if (one) return { verdict, rule: one.rule };
    }
    return { verdict: "refer", rule: "party" };
  }

  // ---- beside the gate

  async noteQueue(waiting: number): Promise<void> {
    await this.outbox.add("gates.note_queue", { site: this.must().site, waiting });
  }

  async reportIncident(kind: string, text: string): Promise<void> {
    await this.outbox.add("gates.report_incident", { incident: newId(), site: this.state.site, kind, text });
  }

  // ---- inside

  private must(): GateShift {
    if (!this.state.shift) throw new Error("no shift");
    return this.state.shift;
  }

  private async factsOf(pass: PassShown | null, rules: Demands | undefined, at: Date): Promise<PassFacts | null> {
    if (pass === null) return null;
    const since = at.getTime() - (rules?.outing?.every_d ?? 0) * DAY_MS;
    const used = (await this.passagesOf(`g:${pass.group}`)).filter(
      (one) => one.direction === "out" && Date.parse(one.at) > since,
    );
    return { kind: pass.kind, opens: pass.opens, outings: used.length };
  }

  private async passagesOf(key: string): Promise<Passage[]> {
    if (key === "") return [];
    const page = await this.store.get<Record<string, Passage[]>>(pageOf(key));
    return page?.[key] ?? [];
  }

  private async remember(pages: Record<string, unknown>, key: string, passage: Passage, at: Date): Promise<void> {
    if (key === "") return;
    const name = pageOf(key);
    const page = (pages[name] as Record<string, Passage[]> | undefined) ?? (await this.store.get<Record<string, Passage[]>>(name)) ?? {};
    const fresh: Record<string, Passage[]> = {};
    for (const [each, past] of Object.entries(page)) {
      const kept = past.filter((one) => at.getTime() - Date.parse(one.at) < 3 * DAY_MS);
      if (kept.length) fresh[each] = kept;
    }
    fresh[key] = [...(fresh[key] ?? []), passage];
    pages[name] = fresh;
  }

  /** The last time that this phone let somebody pass this way was none. */
  private async withdraw(pages: Record<string, unknown>, key: string, direction: Direction): Promise<void> {
    const name = pageOf(key);
    const page = (pages[name] as Record<string, Passage[]> | undefined) ?? (await this.store.get<Record<string, Passage[]>>(name)) ?? {};
    const past = [...(page[key] ?? [])];
    for (let n = past.length - 1; n >= 0; n -= 1)
      if (past[n]?.verdict === "pass" && past[n]?.direction === direction) {
        past.splice(n, 1);
        break;
      }
    pages[name] = { ...page, [key]: past };
  }

  private recently(label: string, found: Ruling, at: Date): Past[] {
    return [{ label, ...found, at: at.toISOString() }, ...this.state.recent].slice(0, RECENT);
  }

  private async note(change: Partial<State>): Promise<void> {
    const state = { ...this.state, ...change };
    await this.store.put("state", state);
    this.state = state;
  }

  private async keep(kind: string, body: object, change: Partial<State>, also: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const state = { ...this.state, ...change };
    await this.outbox.add(kind, body, { ...also, state });
    this.state = state;
  }
}

function nobody(): Standing {
  return {
    ref: null, key: "", label: "", shown: "word", trouble: "", alert: false, pass: null, tested_at: null,
    temperature: null, mask: null, settled: [],
  };
}

/** Whoever passed in a vehicle a moment ago, referred after all. */
function insteadOf(shown: Vehicle["shown"], one: Vehicle["shown"][number]): Vehicle["shown"] {
  const at = shown.findIndex((each) => each.label === one.label && each.verdict === "pass");
  return at < 0 ? [...shown] : shown.map((each, n) => (n === at ? one : each));
}

function counted(shift: GateShift, verdict: Verdict): GateShift {
  return { ...shift, counts: { ...shift.counts, [verdict]: shift.counts[verdict] + 1 } };
}

function pageOf(key: string): string {
  let sum = 0;
  for (let at = 0; at < key.length; at += 1) sum = (sum * 31 + key.charCodeAt(at)) >>> 0;
  return `passed:${sum % PAGES}`;
}
