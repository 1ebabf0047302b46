/** What the modes do alike: one thing after another, choosing where one stands, noting a queue. */
import type { Phone, Trouble, Words } from "./types.ts";
import { NoRoom } from "./types.ts";
import { button, h, sheet } from "./ui.ts";

export interface InTurn {
  (step: () => Promise<unknown> | unknown): Promise<void>;
  /** When all that was scanned until now has been dealt with: a question about it may be asked. */
  settled(): Promise<void>;
}

/**
 * Runs steps one after another, so that a scan in the middle of another finds its result; then draws. What
 * could not be kept is said, never swallowed.
 */
export function inTurn(phone: Phone, draw: () => void): InTurn {
  let last: Promise<void> = Promise.resolve();
  const run = (step: () => Promise<unknown> | unknown): Promise<void> => {
    last = last
      .then(step)
      .catch((trouble: unknown) => {
        const why = trouble instanceof Error ? trouble.message : String(trouble);
        phone.say.error(trouble instanceof NoRoom ? phone.words("noRoom") : phone.words("notKept", { why }));
      })
      .then(draw);
    return last;
  };
  return Object.assign(run, { settled: () => last });
}

/**
 * A scan while a question is open: it answers the question if it can, and otherwise it is said that the question
 * comes first. True if a question was open.
 */
export function heardByQuestion(phone: Phone, text: string): boolean {
  const open = document.querySelectorAll(".shade");
  const last = open[open.length - 1];
  if (!last) return false;
  const unheard = (last.querySelector("form") ?? last).dispatchEvent(new CustomEvent("scan", { detail: text, cancelable: true }));
  if (unheard) phone.say.error(phone.words("answerFirst"));
  return true;
}

export function badCode(words: Words, trouble: Trouble): string {
  if (trouble === "forged") return words("codeForged");
  if (trouble === "expired") return words("codeExpired");
  return words(trouble === "not_yet_valid" ? "codeNotYet" : "codeUnknown");
}

interface Place {
  site: string;
  name: string;
}

/** The first screen of a shift: where do you stand? One place is chosen already. */
export function pickPlace<P extends Place>(
  phone: Phone, body: HTMLElement, dock: HTMLElement, places: readonly P[], question: string,
  about: (place: P) => string, start: (place: P) => void,
): void {
  const { words } = phone;
  dock.className = "dock";
  if (places.length === 0) {
    body.replaceChildren(h("p.card.center", null, words("noPlace")));
    dock.replaceChildren();
    return;
  }
  const before = body.querySelector<HTMLInputElement>("input:checked")?.value;
  let chosen = places.find((place) => place.site === before) ?? (places.length === 1 ? places[0] : undefined);
  const go = button(words("startShift"), () => chosen && start(chosen), "main", "play");
  go.disabled = !chosen;
  const picks = places.map((place) =>
    h(
      "label.pick.place", null,
      h("input", {
        type: "radio", name: "place", value: place.site, checked: place.site === chosen?.site,
        onchange: () => {
          chosen = place;
          go.disabled = false;
        },
      }),
      h("span", null, h("b", null, place.name), h("small", null, about(place))),
    ),
  );
  body.replaceChildren(h("fieldset.places", null, h("legend", null, question), h("div.items", null, ...picks)));
  dock.replaceChildren(go);
}

/** About how many people wait; null if put away. */
export async function askQueue(phone: Phone): Promise<number | null> {
  const { say, words } = phone;
  const usual = [0, 10, 20, 50, 100, 200];
  const choice = await say.ask(words("queueAsk"), [
    ...usual.map((n) => ({ value: String(n), label: words("people", { n }) })),
    { value: "other", label: words("otherNumber") },
  ]);
  if (choice === null) return null;
  if (choice !== "other") return Number(choice);
  const found = await say.form(
    words("queue"),
    [{ name: "n", label: words("number"), kind: "number", required: true, check: (value) => (/^\d{1,4}$/.test(value) ? null : words("numberOdd")) }],
    words("done"),
  );
  return found && Number(found["n"]);
}

/** A sheet of big numbers: one touch, in gloves. */
export function pickNumber(phone: Phone, question: string, numbers: readonly number[]): Promise<number | null> {
  return sheet<number>(question, phone.words, (close) => [
    h("div.numbers", null, ...numbers.map((n) => h("button.big.plain", { type: "button", onclick: () => close(n) }, String(n)))),
  ]);
}
