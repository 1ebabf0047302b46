/**
 * The server as the tests of the phone need it: it stores what it is sent, signs what it sends, and fails in the ways
 * that networks and servers fail. Only for tests.
 */
import { gunzipSync } from "node:zlib";
import { toBase64 } from "../src/phone/store.ts";
import type { Outside } from "../src/phone/sync.ts";
import type { Command } from "../src/phone/types.ts";

export type Failure =
  | "none" | "no network" | "lost answer" | "half answer" | "portal page" | "busy" | "starting" | "too large" | "revoked"
  | "expired" | "fault" | "empty answer" | "wrong answer";

export class Server {
  readonly stored = new Map<string, Command>();
  readonly batches: number[] = [];
  requests = 0;
  packed = 0;
  refuse: (command: Command) => boolean = () => false;
  private failures: Failure[] = [];
  private keys: CryptoKeyPair | null = null;
  parts: { name: string; version: string; body: unknown }[] = [];
  atOnce = 2;
  clock = (): number => Date.now();

  /** What goes wrong at the next requests, one after another. */
  then(...failures: Failure[]): void {
    this.failures.push(...failures);
  }

  async trustKey(): Promise<{ kid: string; x: string; y: string }> {
    this.keys ??= await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const { x = "", y = "" } = await crypto.subtle.exportKey("jwk", this.keys.publicKey);
    return { kid: "pinned", x, y };
  }

  async sign(payload: string, kid = "pinned"): Promise<{ payload: string; kid: string; sig: string }> {
    await this.trustKey();
    if (!this.keys) throw new Error("no key");
    const how = { name: "ECDSA", hash: "SHA-256" };
    const sig = await crypto.subtle.sign(how, this.keys.privateKey, new TextEncoder().encode(payload));
    return { payload, kid, sig: toBase64(new Uint8Array(sig)) };
  }

  readonly fetch: typeof fetch = async (address, asked) => {
    this.requests += 1;
    const failure = this.failures.shift() ?? "none";
    if (failure === "no network") throw new TypeError("Failed to fetch");
    if (failure === "portal page") return new Response("<html>Sign in to the network</html>", { headers: { "Content-Type": "text/html" } });
    if (failure === "busy") return json(429, { code: "busy", message: "" }, { "Retry-After": "12" });
    if (failure === "starting") return new Response("Bad gateway", { status: 502 });
    if (failure === "too large") return json(413, { code: "too_large", message: "Too much." });
    if (failure === "revoked") return json(401, { code: "device_revoked", message: "" });
    if (failure === "expired") return json(401, { code: "device_expired", message: "" });
    if (failure === "fault") return json(500, { code: "fault", message: "" });
    const path = String(address);
    if (path.startsWith("/sync/1/feed")) return this.feed(path);

    const headers = new Headers(asked?.headers);
    let body: string;
    if (headers.get("Content-Encoding") === "gzip") {
      this.packed += 1;
      body = gunzipSync(new Uint8Array(asked?.body as ArrayBuffer)).toString();
    } else body = String(asked?.body);
    const commands = (JSON.parse(body) as { commands: Command[] }).commands;
    this.batches.push(commands.length);
    const answers = commands.map((command) => {
      if (this.refuse(command)) return { id: command.id, outcome: "refused", code: "tube_full", message: "This tube is full.", facts: {} };
      const known = this.stored.has(command.id);
      this.stored.set(command.id, command);
      return { id: command.id, outcome: known ? "known" : "applied", code: "", message: "", facts: {} };
    });
    if (failure === "lost answer") throw new TypeError("Failed to fetch");
    if (failure === "empty answer") return json(200, { server_at: this.now, answers: [] });
    if (failure === "wrong answer") return json(200, { server_at: this.now, answers: [{ id: "another", outcome: "applied" }, null, 7] });
    const half = failure === "half answer" ? answers.slice(0, Math.ceil(answers.length / 2)) : answers;
    return json(200, { server_at: this.now, answers: half });
  };

  private get now(): string {
    return new Date(this.clock()).toISOString();
  }

  private async feed(path: string): Promise<Response> {
    const have = new Set(decodeURIComponent(path.split("have=")[1] ?? "").split(","));
    const wanted = this.parts.filter((part) => !have.has(`${part.name}:${part.version}`));
    const sent = await Promise.all(wanted.slice(0, this.atOnce).map((part) => this.sign(JSON.stringify(part))));
    return json(200, { parts: sent, more: wanted.length > sent.length });
  }
}

function json(status: number, body: object, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });
}

/** Time that passes when it is told to; pauses end when their time has come. */
export class Time {
  now: number;
  private timers: { at: number; then: () => void }[] = [];

  constructor(start = Date.parse("2022-10-10T08:00:00Z")) {
    this.now = start;
  }

  readonly after = (ms: number, then: () => void): (() => void) => {
    const timer = { at: this.now + ms, then };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  };

  pass(ms: number): void {
    this.now += ms;
    const due = this.timers.filter((timer) => timer.at <= this.now);
    this.timers = this.timers.filter((timer) => timer.at > this.now);
    for (const timer of due) timer.then();
  }

  /** How long the next pause lasts from now, or null. */
  get next(): number | null {
    return this.timers.length ? Math.min(...this.timers.map((timer) => timer.at)) - this.now : null;
  }
}

export function outsideOf(server: Server, time: Time): Outside {
  return {
    fetch: server.fetch, clock: () => time.now, random: () => 1, online: () => true, after: time.after, language: () => "zh-Hans", ahead: () => undefined,
  };
}
