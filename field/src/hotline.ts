/**
 * The operator's keys: every element with `data-key` is pressed by its key. While typing, with Alt.
 *
 *   data-key="n"         pressed by N
 *   data-open="help"     opens that part of the page and goes to its first field
 *   .answers [data-pick] Arrow keys go up and down between answers, from the search field on
 */

const typing = (): boolean => {
  const at = document.activeElement;
  return at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement ||
    (at instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit"].includes(at.type));
};

function open(id: string, scroll = true): void {
  const part = document.getElementById(id);
  if (!(part instanceof HTMLDetailsElement)) return;
  for (const other of document.querySelectorAll<HTMLDetailsElement>("details.intent[name][open]")) {
    if (other !== part) other.open = false;
  }
  part.open = true;
  if (scroll) part.scrollIntoView({ block: "nearest" });
  const first = part.querySelector<HTMLElement>("[data-first], textarea, input:not([type=hidden]), select");
  first?.focus({ preventScroll: !scroll });
}

const INTENTS: Record<string, string> = { "1": "ask", "2": "declare", "3": "help", e: "emergency" };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    move(event);
    return;
  }
  if (typing() && !event.altKey) return;
  const key = event.code.startsWith("Digit") ? event.code.slice(5) : event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : "";
  if (!key) return;
  const part = INTENTS[key];
  if (part && document.getElementById(part)) {
    event.preventDefault();
    open(part);
    return;
  }
  if (key === "m") {
    const phone = document.querySelector<HTMLElement>('input[name="phone"]');
    if (phone) {
      event.preventDefault();
      phone.focus();
    }
    return;
  }
  const pressed = document.querySelector<HTMLElement>(`[data-key="${key}"]`);
  if (pressed) {
    event.preventDefault();
    pressed.click();
  }
});

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-open]") : null;
  if (!link) return;
  event.preventDefault();
  open(link.dataset["open"] ?? "");
});

function move(event: KeyboardEvent): void {
  const picks = [...document.querySelectorAll<HTMLElement>(".answers [data-pick]")];
  if (picks.length === 0) return;
  const at = document.activeElement;
  const on = picks.indexOf(at as HTMLElement);
  if (on < 0 && !(at instanceof HTMLInputElement && at.type === "search")) return;
  event.preventDefault();
  const next = event.key === "ArrowDown" ? on + 1 : on - 1;
  if (next < 0) document.querySelector<HTMLElement>("[data-first]")?.focus();
  else picks[Math.min(next, picks.length - 1)]?.focus();
}

const opened = document.querySelector<HTMLDetailsElement>("details.intent[name][open]");
if (opened) open(opened.id, false);
