/**
 * Live pages: <div id="live" data-url="…" data-v="17" data-every="5" hx-swap-oob="true"></div>
 *
 * Asks `url?v=17` every few seconds. 204 means nothing changed; otherwise the answer's elements with
 * `hx-swap-oob` replace theirs, the new #live among them, and "live:changed" is fired on the document.
 * A hidden tab asks nothing. After three missed answers the page says how old it is.
 */

export type Swap = (html: string) => void;
type Htmx = { swap(target: string | Element, html: string, how: { swapStyle: string }): void };

export class Freshness {
  private misses = 0;
  private last: number;

  constructor(now: number) {
    this.last = now;
  }

  answered(now: number): void {
    this.misses = 0;
    this.last = now;
  }

  missed(): void {
    this.misses += 1;
  }

  /** Whole seconds since the last answer once three were missed, otherwise null. */
  age(now: number): number | null {
    return this.misses >= 3 ? Math.round((now - this.last) / 1000) : null;
  }
}

/** Seconds until the next question: after misses slower, never slower than a minute. */
export function pause(every: number, misses: number): number {
  return Math.min(60, every * 2 ** Math.max(0, misses - 3));
}

export function watchLive(): void {
  const start = document.getElementById("live");
  if (!start) return;

  const freshness = new Freshness(Date.now());
  let misses = 0;
  let timer = 0;

  const say = (): void => {
    const age = freshness.age(Date.now());
    const note = document.getElementById("stale");
    if (note) {
      note.hidden = age === null;
      const text = (note.dataset["text"] ?? "").replace("{n}", String(age ?? 0));
      const words = note.querySelector("span") ?? note;
      if (words.textContent !== text) words.textContent = text;
    }
    document.querySelector(".clock")?.toggleAttribute("data-stale", age !== null);
  };

  const once = async (): Promise<void> => {
    const live = document.getElementById("live");
    if (!live) return;
    try {
      const url = new URL(live.dataset["url"] ?? "", location.href);
      url.searchParams.set("v", live.dataset["v"] ?? "");
      const answer = await fetch(url, {
        headers: { "HX-Request": "true", Accept: "text/html" },
        credentials: "same-origin",
        signal: AbortSignal.timeout ? AbortSignal.timeout(10_000) : null,
      });
      const elsewhere = answer.headers.get("HX-Redirect");
      if (elsewhere) return location.assign(elsewhere);
      if (answer.headers.get("HX-Refresh") || answer.redirected) return location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      if (answer.status !== 204) {
        const html = await answer.text();
        (window as unknown as { htmx: Htmx }).htmx.swap("#live", html, { swapStyle: "none" });
        document.dispatchEvent(new CustomEvent("live:changed"));
      }
      misses = 0;
      freshness.answered(Date.now());
    } catch {
      misses += 1;
      freshness.missed();
    }
    say();
    plan();
  };

  const plan = (): void => {
    clearTimeout(timer);
    if (!document.hidden) timer = window.setTimeout(() => void once(), pause(Number(start.dataset["every"] || 5), misses) * 1000);
  };

  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : void once()));
  addEventListener("online", () => void once());
  setInterval(say, 1000);
  plan();
}
