/** My tasks, without a screen: what came down, and what was done since, here and without a network. */
import type { Outbox, Store } from "./types.ts";

export interface Task {
  id: string;
  kind: string;
  title: { zh: string; en: string };
  place: string;
  due_at: string | null;
  /** As the office knows it. */
  state: string;
  people: { resident: string; name: string; age: number | null }[];
  steps: { zh: string; en: string }[];
  /** Sorts by the way one walks; older servers do not tell it. */
  route?: string;
  /** What has to be shown: "note", "count", "scan", or nothing. */
  proof?: string;
  /** The words of a directive. */
  text?: string;
  /** The team or the post that it was given to. */
  whose?: string;
}

export interface Shown {
  note: string;
  counted?: number;
  scanned?: string;
}

export type Only = "all" | "mine" | "late";

export type Mine = "open" | "taken" | "done" | "refused";

type Marks = Record<string, { state: Exclude<Mine, "open">; at: string }>;

/** What was done is remembered until the office has surely heard of it and taken the task off the list. */
const REMEMBER_MS = 3 * 86_400_000;

export class TaskList {
  private readonly outbox: Outbox;
  private readonly now: () => Date;
  private marks: Marks = {};

  private constructor(outbox: Outbox, now: () => Date) {
    this.outbox = outbox;
    this.now = now;
  }

  static async load(outbox: Outbox, store: Store, now: () => Date): Promise<TaskList> {
    const list = new TaskList(outbox, now);
    const kept = (await store.get<Marks>("marks")) ?? {};
    for (const [id, mark] of Object.entries(kept))
      if (now().getTime() - Date.parse(mark.at) < REMEMBER_MS) list.marks[id] = mark;
    return list;
  }

  state(task: Task): Mine {
    return this.marks[task.id]?.state ?? (task.state === "taken" ? "taken" : "open");
  }

  /**
   * Still to do, by place: first the places where something is late, then along the way one walks. Where no way is
   * known, the place whose first task is due first comes first.
   */
  todo(tasks: readonly Task[], only: Only = "all"): { place: string; tasks: Task[] }[] {
    const now = this.now();
    const open = tasks.filter((task) => ["open", "taken"].includes(this.state(task)) && this.fits(task, only, now));
    open.sort((a, b) => due(a) - due(b) || (a.id < b.id ? -1 : 1));
    const late = new Set(open.filter((task) => isLate(task, now)).map((task) => task.place));
    const way = (task: Task): string => (late.has(task.place) ? "" : (task.route ?? ""));
    open.sort((a, b) => Number(late.has(b.place)) - Number(late.has(a.place)) || compare(way(a), way(b)));
    const places = new Map<string, Task[]>();
    for (const task of open) places.set(task.place, [...(places.get(task.place) ?? []), task]);
    return [...places].map(([place, mine]) => ({ place, tasks: mine }));
  }

  private fits(task: Task, only: Only, now: Date): boolean {
    if (only === "late") return isLate(task, now);
    return only === "all" || this.state(task) === "taken";
  }

  /** Done by this phone today. */
  get done(): number {
    const today = this.now().toDateString();
    return Object.values(this.marks).filter((mark) => mark.state === "done" && new Date(mark.at).toDateString() === today).length;
  }

  take(task: Task): Promise<void> {
    return this.mark(task, "taken", "dispatch.take_task", { task: task.id });
  }

  finish(task: Task, shown: Shown): Promise<void> {
    return this.mark(task, "done", "dispatch.finish_task", { task: task.id, ...shown });
  }

  /** Somebody was looked in on: that is what finishes the task, with how and what was found. */
  lookedIn(task: Task, how: string, found: string, note: string): Promise<void> {
    return this.mark(task, "done", "care.visit_done", { task: task.id, how, found, note });
  }

  refuse(task: Task, reason: string): Promise<void> {
    return this.mark(task, "refused", "dispatch.refuse_task", { task: task.id, reason });
  }

  private async mark(task: Task, state: Exclude<Mine, "open">, kind: string, body: object): Promise<void> {
    const marks = { ...this.marks, [task.id]: { state, at: this.now().toISOString() } };
    await this.outbox.add(kind, body, { marks });
    this.marks = marks;
  }
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function due(task: Task): number {
  return task.due_at === null ? Infinity : Date.parse(task.due_at);
}

export function isLate(task: Task, now: Date): boolean {
  return due(task) < now.getTime();
}
