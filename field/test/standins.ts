/** Stand-ins in memory for what a mode is given: an outbox and a drawer that survive a "reload". */
import type { Outbox, Store } from "../src/phone/types.ts";

export interface Kept {
  kind: string;
  body: Record<string, unknown>;
}

export class Memory {
  readonly commands: Kept[] = [];
  private readonly drawer = new Map<string, string>();
  /** The next command is not kept: the phone is full. */
  full = false;
  /** Let through on the lock screen. */
  letThrough = 0;

  readonly store: Store = {
    get: <T>(key: string) => {
      const text = this.drawer.get(key);
      return Promise.resolve(text === undefined ? undefined : (JSON.parse(text) as T));
    },
    put: (key, value) => {
      this.drawer.set(key, JSON.stringify(value));
      return Promise.resolve();
    },
    remove: (key) => {
      this.drawer.delete(key);
      return Promise.resolve();
    },
  };

  readonly outbox: Outbox = {
    add: (kind, body, also = {}) => {
      if (this.full) return Promise.reject(new Error("full"));
      this.commands.push({ kind, body: JSON.parse(JSON.stringify(body)) as Record<string, unknown> });
      for (const [key, value] of Object.entries(also)) this.drawer.set(key, JSON.stringify(value));
      return Promise.resolve(String(this.commands.length));
    },
    letThrough: () => Promise.resolve(this.letThrough),
    waiting: () => Promise.resolve({ count: this.commands.length, since: null }),
    refused: () => Promise.resolve([]),
    states: () => Promise.resolve(new Map()),
    dismiss: () => Promise.resolve(),
    exportFile: () => Promise.resolve(new Blob()),
    on: () => () => undefined,
  };

  kinds(): string[] {
    return this.commands.map((command) => command.kind);
  }

  bodies(kind: string): Record<string, unknown>[] {
    return this.commands.filter((command) => command.kind === kind).map((command) => command.body);
  }

  /** The longest value in the drawer, in characters. */
  get longest(): number {
    return Math.max(0, ...[...this.drawer.values()].map((text) => text.length));
  }
}
