/** The first start: the supervisor's code, a PIN, and the keys of this phone. */
import { type Enrolled, PIN_LENGTH } from "./store.ts";
import { ask, type Outside } from "./sync.ts";
import type { TrustKey } from "./feed.ts";
import type { Scanner, Words } from "./types.ts";
import { button, h, icon } from "./ui.ts";

/** What stands in the code that a supervisor shows: an address with the token, or the token alone. */
export function readToken(text: string, origin: string): { token: string } | { elsewhere: string } | null {
  const plain = text.replace(/\s+/g, "");
  if (/^https?:/i.test(plain)) {
    let url: URL;
    try {
      url = new URL(plain);
    } catch {
      return null;
    }
    const token = new URLSearchParams(url.hash.slice(1)).get("enrol") ?? "";
    if (!isToken(token)) return null;
    return url.origin === origin ? { token } : { elsewhere: url.href };
  }
  return isToken(plain) ? { token: plain } : null;
}

const isToken = (text: string): boolean => /^[\w-]{6,200}$/.test(text);

export interface Accepted extends Enrolled {
  trust: TrustKey;
}

/** `why` is a sentence of the server, or "" when the server was not reached. */
export type Asked = { accepted: Accepted } | { why: string; waitSeconds?: number };

export async function askToEnrol(out: Outside, token: string, platform: string): Promise<Asked> {
  const body = { token, name: "", platform, pin_set: true };
  const reply = await ask(out, "/sync/1/enrol", null, body).catch(() => null);
  const said = reply?.json;
  if (!reply || !said) return { why: "" };
  if (reply.status === 429 || reply.status === 503)
    return { why: "", waitSeconds: Math.ceil((reply.retryAfterMs ?? 10_000) / 1000) };
  if (reply.status !== 200 && reply.status !== 201) return { why: String(said["message"] ?? said["code"] ?? reply.status) };
  const trust = said["trust_key"] as TrustKey | undefined;
  const expiresAt = new Date(String(said["expires_at"]));
  if (typeof said["device"] !== "string" || typeof said["secret"] !== "string" || !trust?.x || !Number.isFinite(expiresAt.getTime()))
    return { why: "" };
  return {
    accepted: { device: said["device"], secret: said["secret"], expiresAt, lockMinutes: Number(said["lock_minutes"]) || 10, trust },
  };
}

/** "Android · Chrome 120": which phone is which, in the supervisor's list. */
export function platformName(agent: string): string {
  const system = /Android|iPhone|iPad|Windows|Mac OS X|Linux|OpenHarmony/.exec(agent)?.[0] ?? "";
  const browser = /(MicroMessenger|Edg|HuaweiBrowser|MiuiBrowser|Chrome|Firefox|Version)\/(\d+)/.exec(agent);
  const name = browser?.[1] === "Version" ? "Safari" : browser?.[1];
  return [system, browser ? `${name} ${browser[2]}` : ""].filter(Boolean).join(" · ") || "?";
}

/** A PIN that a finder would try first. */
export function isWeak(pin: string): boolean {
  const steps = new Set([...pin].slice(1).map((digit, at) => (Number(digit) - Number(pin[at]) + 10) % 10));
  const halves = pin.slice(0, 3) === pin.slice(3) || pin.slice(0, 2).repeat(3) === pin;
  return (steps.size === 1 && (steps.has(0) || steps.has(1) || steps.has(9))) || halves;
}

/** Digits under a thumb; a keyboard works too. `done` gets the PIN and answers with what to say next. */
export function pinPad(words: Words, title: string, about: string, done: (pin: string) => Promise<string | null>): HTMLElement {
  let typed = "";
  let busy = false;
  const dots = h("div.dots", { role: "img" });
  const said = h("p.said", { role: "status" }, about);
  const paint = (): void => {
    dots.setAttribute("aria-label", words("digit", { n: typed.length }));
    dots.replaceChildren(...Array.from({ length: PIN_LENGTH }, (_, at) => h("i", { class: at < typed.length ? "on" : "" })));
  };
  const press = async (key: string): Promise<void> => {
    if (busy) return;
    typed = key === "erase" ? typed.slice(0, -1) : (typed + key).slice(0, PIN_LENGTH);
    paint();
    if (typed.length < PIN_LENGTH) return;
    busy = true;
    said.className = "said";
    said.textContent = words("checking");
    const fault = await done(typed).finally(() => {
      busy = false;
      typed = "";
    });
    if (fault !== null) {
      said.className = "said bad";
      said.textContent = fault;
      paint();
    }
  };
  const key = (label: string): HTMLButtonElement => h("button.key", { type: "button", onclick: () => void press(label) }, label);
  const erase = h("button.key.quiet", { type: "button", "aria-label": words("erase"), onclick: () => void press("erase") }, icon("erase"));
  const pad = h(
    "section.pin", {
      tabindex: "-1", "aria-label": title,
      onkeydown: (event: KeyboardEvent) => {
        if (/^[0-9]$/.test(event.key)) void press(event.key);
        else if (event.key === "Backspace") void press("erase");
        else return;
        event.preventDefault();
      },
    },
    h("h2.title", null, title), said, dots,
    h("div.pad", null, ...["1", "2", "3", "4", "5", "6", "7", "8", "9"].map(key), h("span"), key("0"), erase),
  );
  paint();
  queueMicrotask(() => pad.focus({ preventScroll: true }));
  return pad;
}

/** The screen that reads the supervisor's code; `got` receives the text. Returns what ends the camera. */
export function codeScreen(root: HTMLElement, words: Words, scanner: Scanner, got: (text: string) => void, type: () => void): () => void {
  const video = h("video", { playsinline: true, muted: true });
  video.muted = true;
  const hint = h("p", { role: "status" }, words("pointAt"));
  root.replaceChildren(
    h("div.intro", null, h("h2.title", null, words("welcome")), h("p", null, words("welcomeAbout"))),
    h("div.camera", null, video, h("div.frame", { "aria-hidden": "true" }), hint),
    h("div.dock", null, button(words("typeCode"), type, "alt", "edit")),
  );
  let ended = false;
  let end = (): void => undefined;
  const unplug = scanner.wedge(got);
  scanner.start(video, got).then(
    (stop) => {
      end = stop;
      if (ended) stop();
    },
    () => {
      hint.textContent = words("noCamera");
    },
  );
  return () => {
    ended = true;
    end();
    unplug();
  };
}
