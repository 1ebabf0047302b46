/**
 * What the parts of the phone app know of each other. Only types and two small errors live here, so a mode
 * can be written and tested without the rest.
 */

// ---- persons ---------------------------------------------------------------------------------------

/** How a phone names a person: it keeps no register and sends what it saw. */
export type PersonRef =
  | { code: string }
  | { resident: string }
  | { identity: string; type: string }
  | Provisional;

/** Somebody whom neither a code nor a known card names; matched with the register later. */
export interface Provisional {
  provisional: string;
  name: string;
  born?: string;
  phone?: string;
  kind: "visitor" | "tourist" | "infant" | "foreigner" | "other";
  identity?: string;
  type?: string;
}

// ---- codes -----------------------------------------------------------------------------------------

export type CodeKind = "p" | "x" | "t" | "v";

export type Trouble =
  | "forged" | "malformed" | "unknown_key" | "expired" | "not_yet_valid" | "too_large" | "wrong_kind";

/** What a signed code says, after its signature was found good. Nothing here is about health, except in "t". */
export interface Claims {
  kind: CodeKind;
  issuer: string;
  issuedAt: Date;
  startsAt: Date;
  expiresAt: Date;
  /** Claim -2: pseudonym of a person, number of a pass or venue. */
  number: Uint8Array | string | number;
  /** Claim -3: family name and as many signs as the name has, "王*". Absent in a venue's code. */
  initials?: string;
  /** Claims -4 and lower, by number: a pass's kind, area, quota; a test's time, result, purpose; a venue's site, step. */
  more: ReadonlyMap<number, unknown>;
  /** Key id, base64url. */
  kid: string;
}

/** A code that cannot be trusted or used now. */
export class BadCode extends Error {
  readonly trouble: Trouble;

  constructor(trouble: Trouble) {
    super(trouble);
    this.name = "BadCode";
    this.trouble = trouble;
  }
}

/** What the QR code on a gate's printed list says of it. */
export interface PrintedList {
  gate: string;
  site: string;
  lines: number;
  /** Stands at the foot of the list too. */
  check: string;
  printedAt: Date;
  until: Date;
}

export interface CodeReader {
  /** Rejects with `BadCode`. */
  read(text: string): Promise<Claims>;
  /** The list on paper for a gate without a phone. Rejects with `BadCode`. */
  list(text: string): Promise<PrintedList>;
  /** In today's alert set: refer to the table, never say why. */
  alert(ref: PersonRef): boolean | Promise<boolean>;
  /** Not to be pooled: own tube. */
  single(ref: PersonRef): boolean | Promise<boolean>;
}

// ---- commands --------------------------------------------------------------------------------------

/** One verb, as it travels to the server. */
export interface Command {
  id: string;
  seq: number;
  /** ISO time of the phone's own clock, which may be wrong; the server knows by how much. */
  at: string;
  kind: string;
  body: object;
}

export type State = "waiting" | "sent" | "refused";

export interface Refused extends Command {
  code: string;
  message: string;
  facts: Record<string, unknown>;
}

export interface Outbox {
  /**
   * Keep a command; resolves with its id once it is durably stored, so only then may a screen say "done".
   * `also` is written to the mode's store in the same transaction: what the screen counts and what will be
   * sent cannot come apart, whatever happens in between. Rejects with `NoRoom` when the phone is full.
   */
  add(kind: string, body: object, also?: Readonly<Record<string, unknown>>): Promise<string>;
  /** How many were let through on the lock screen in this shift of a gate. */
  letThrough(shift: string): Promise<number>;
  waiting(): Promise<{ count: number; since: Date | null }>;
  refused(): Promise<Refused[]>;
  /** What became of these commands; one unknown (or sent long ago) is absent. */
  states(ids: readonly string[]): Promise<Map<string, State>>;
  /** Somebody has read why it was refused. */
  dismiss(id: string): Promise<void>;
  /** Everything unsent, sealed so that only the office can read it. Works on a locked phone. */
  exportFile(): Promise<Blob>;
  /** Called after each change, of any tab. The function returned stops it. */
  on(listener: () => void): () => void;
}

/** The phone's storage is full and nothing more can be thrown away to make room. */
export class NoRoom extends Error {
  constructor() {
    super("no room");
    this.name = "NoRoom";
  }
}

// ---- what comes down -------------------------------------------------------------------------------

/** Parts by name; their bodies are described with the doors in sync/README.md. */
export interface Feed {
  part<T>(name: string): T | undefined;
  /** Called when a part has changed. The function returned stops it. */
  on(name: string, listener: () => void): () => void;
  /** Seconds since the server last said that this part is current; Infinity if there is none. */
  age(name: string): number;
}

export type ModeName = "desk" | "checkpoint" | "venue" | "tasks";

/** The feed's part "me". */
export interface Me {
  device: string;
  name: string;
  area: { path: string; name: string };
  duties: string[];
  modes: ModeName[];
  expires_at: string;
  lock_minutes: number;
  exercise: boolean;
}

// ---- the phone, as a mode sees it --------------------------------------------------------------------

/** A mode's own state, encrypted at rest; each mode has its own names. Values are JSON. */
export interface Store {
  get<T>(key: string): Promise<T | undefined>;
  put(key: string, value: unknown): Promise<void>;
  remove(key: string): Promise<void>;
}

/** The sound, the vibration and the colour of one outcome. */
export type Signal = "pass" | "refer" | "stop" | "emergency" | "error";

export interface Choice<T extends string = string> {
  value: T;
  label: string;
  detail?: string;
  look?: "main" | "danger" | "plain";
}

export interface Field {
  name: string;
  label: string;
  /** "identity" offers the keyboard for an identity number. */
  kind: "text" | "number" | "decimal" | "date" | "tel" | "identity" | "choice";
  choices?: readonly Choice[];
  value?: string;
  required?: boolean;
  hint?: string;
  /** A sentence that says what is wrong, or null. */
  check?: (value: string) => string | null;
}

export interface Ui {
  /** Sound and vibration only. */
  signal(signal: Signal): void;
  /** The panel for verdicts, to be placed by the mode; `verdict` fills it. It is announced to screen readers. */
  panel(): HTMLElement;
  /** Colour, words, sound and vibration. `detail` says the rule behind it; the sign beside it is not colour alone. */
  verdict(signal: Signal, title: string, detail?: string | readonly string[]): void;
  /** Back to "ready". */
  clear(idle?: string): void;
  /** A passing remark at the edge of the screen; silent. */
  note(text: string): void;
  /** Something went wrong: what is the matter and what to do; with sound. */
  error(text: string): void;
  /** A sheet from below with big buttons; null if put away. */
  ask<T extends string>(question: string, choices: readonly Choice<T>[], detail?: string): Promise<T | null>;
  /** A sheet with a few fields; values by name, or null if put away. */
  form(title: string, fields: readonly Field[], done: string): Promise<Record<string, string> | null>;
  /** The two lines of the header: the post, and the shift. */
  heading(post: string, shift: string): void;
}

/** What the app says, in the language chosen. The words of modes are kept in words-modes.ts. */
export interface Words {
  (key: import("./words.ts").Key, values?: Readonly<Record<string, string | number>>): string;
  readonly language: "zh" | "en";
  /** One of two texts that came from the server. */
  of(text: { zh: string; en: string } | undefined): string;
  time(at: Date | string): string;
  /** "3 小时前", "3 h ago". */
  ago(seconds: number): string;
}

export interface Scanner {
  /** Reads codes from the camera into `video` until the function returned is called. */
  start(video: HTMLVideoElement, got: (text: string) => void): Promise<() => void>;
  /** A hand scanner that types; listens until the function returned is called. */
  wedge(got: (text: string) => void): () => void;
}

/** Addresses of files beside the script; they are in the precache. */
export interface Assets {
  wasm: string;
  icons: string;
}

export interface Phone {
  outbox: Outbox;
  feed: Feed;
  scanner: Scanner;
  codes: CodeReader;
  say: Ui;
  words: Words;
  store: Store;
  /** The phone's clock, set right by what the server last said. */
  now(): Date;
  /** What the office says of somebody who stands at a gate; null without a network, or without an answer in time. */
  check(asked: Readonly<Record<string, unknown>>): Promise<{ verdict: string; rule: string } | null>;
}

export interface Mode {
  readonly name: ModeName;
  /** Fill the root; the function returned is called on leaving (also when the phone locks). */
  show(root: HTMLElement, phone: Phone): () => void;
}
