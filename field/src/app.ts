/** Every page: clock, menus, appearance, confirmation, copying, drafts. Each works on markup alone. */
import { startChoices } from "./choices.ts";
import { Drafts, fillForm, readForm } from "./drafts.ts";
import { watchLive } from "./live.ts";

const body = document.body;
const words = body.dataset;

// The clock shows the server's time in the district's zone, so a moved clock of an exercise shows too.

function startClock(): void {
  const face = document.querySelector<HTMLTimeElement>("time[data-clock]");
  if (!face) return;
  const ahead = Date.parse(face.dateTime) - Date.now();
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: face.dataset["clock"] || "Asia/Shanghai",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  const tick = (): void => {
    const moment = new Date(Date.now() + ahead);
    face.dateTime = moment.toISOString();
    face.textContent = format.format(moment);
  };
  tick();
  setInterval(tick, 1000);
}

function closeMenus(except?: Element | null): void {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}

function showAppearance(): void {
  const chosen = document.documentElement.dataset["appearance"] ?? "auto";
  for (const button of document.querySelectorAll<HTMLElement>("[data-appearance-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset["appearanceChoice"] === chosen));
  }
}

function toast(text: string): void {
  const old = document.querySelector(".toast");
  old?.remove();
  const note = document.createElement("div");
  note.className = "toast";
  note.setAttribute("role", "status");
  document.body.append(note);
  note.textContent = text;
  setTimeout(() => note.remove(), 2600);
}

// Confirmation: `data-confirm="question"` on a button or link. The second click is ours and goes through.

const confirmed = new WeakSet<Element>();

function ask(element: HTMLElement): void {
  const dialog = document.createElement("dialog");
  dialog.className = "confirm";
  const question = document.createElement("p");
  question.id = "confirm-question";
  question.textContent = element.dataset["confirm"] ?? "";
  dialog.setAttribute("aria-labelledby", question.id);
  const acts = document.createElement("div");
  acts.className = "acts";
  const no = document.createElement("button");
  no.type = "button";
  no.className = "btn";
  no.textContent = words["cancel"] ?? "";
  const yes = document.createElement("button");
  yes.type = "button";
  yes.className = element.classList.contains("btn-danger") ? "btn btn-danger" : "btn btn-primary";
  yes.textContent = element.dataset["confirmOk"] || element.textContent?.trim() || words["ok"] || "";
  acts.append(no, yes);
  dialog.append(question, acts);
  document.body.append(dialog);
  no.addEventListener("click", () => dialog.close());
  yes.addEventListener("click", () => {
    dialog.close();
    confirmed.add(element);
    element.click();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    element.focus();
  });
  dialog.showModal();
  no.focus();
}

document.addEventListener(
  "click",
  (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const asking = target?.closest<HTMLElement>("[data-confirm]");
    if (asking && !confirmed.delete(asking)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      ask(asking);
    }
  },
  { capture: true },
);

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  closeMenus(target?.closest("details.menu"));

  const look = target?.closest<HTMLElement>("[data-appearance-choice]");
  if (look) {
    document.dispatchEvent(new CustomEvent("choose-appearance", { detail: look.dataset["appearanceChoice"] }));
    showAppearance();
  }

  const copying = target?.closest<HTMLElement>("[data-copy], [data-copy-from]");
  if (copying) {
    const from = copying.dataset["copyFrom"];
    const text = from ? document.querySelector(from)?.textContent?.trim() : copying.dataset["copy"];
    void navigator.clipboard?.writeText(text ?? "").then(() => toast(words["copied"] ?? ""));
  }

  const closing = target?.closest<HTMLElement>("[data-dismiss]");
  if (closing) closing.closest(".notice, .panel, [data-dismissible]")?.remove();

  if (target?.closest("[data-print]")) print();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector<HTMLElement>("details.menu[open] > summary");
  closeMenus();
  open?.focus();
});

// A select or date in a filter bar may apply at once: `data-submit-on-change` on the form.
document.addEventListener("change", (event) => {
  const field = event.target as HTMLInputElement | HTMLSelectElement;
  if (field.form?.hasAttribute("data-submit-on-change")) field.form.requestSubmit();
});

// Drafts

function startDrafts(): void {
  let drafts: Drafts;
  try {
    drafts = new Drafts(sessionStorage, words["who"] ?? "");
  } catch {
    return;
  }
  const named = (form: HTMLFormElement): string => `${location.pathname} ${form.dataset["draft"] ?? ""}`;
  const forms = [...document.querySelectorAll<HTMLFormElement>("form[data-draft]")];
  const withErrors = forms.filter((form) => form.querySelector("[aria-invalid='true'], .errorlist"));

  if (!("keepDrafts" in words)) drafts.dropAccepted(new Set(withErrors.map(named)));
  for (const form of forms) {
    const kept = withErrors.includes(form) ? null : drafts.find(named(form));
    if (kept && fillForm(form, kept)) offerToDiscard(form, () => drafts.drop(named(form)));
  }

  document.addEventListener("input", (event) => {
    const form = (event.target as HTMLInputElement).form;
    if (form?.matches("form[data-draft]")) drafts.keep(named(form), readForm(form));
  });
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (form.matches("[data-sign-out]")) drafts.dropAll();
    else if (form.matches("form[data-draft]")) {
      drafts.keep(named(form), readForm(form));
      drafts.markSent(named(form));
    }
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful } = (event as CustomEvent<{ elt: Element; successful: boolean }>).detail;
    if (successful && elt instanceof HTMLFormElement && elt.matches("form[data-draft]")) drafts.drop(named(elt));
  });
}

function offerToDiscard(form: HTMLFormElement, discard: () => void): void {
  const note = document.createElement("div");
  note.className = "notice wait full";
  note.setAttribute("role", "status");
  const text = document.createElement("p");
  text.textContent = words["restored"] ?? "";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-small";
  button.textContent = words["discard"] ?? "";
  button.addEventListener("click", () => {
    form.reset();
    discard();
    note.remove();
  });
  text.append(" ", button);
  note.append(document.createElement("span"), text);
  form.prepend(note);
}

// Answers to htmx: a refusal stands in #refusals until the next attempt; no answer at all is said too.

function startRefusals(): void {
  const box = document.getElementById("refusals");
  if (!box) return;
  const failed = (): void => {
    const note = document.createElement("div");
    note.className = "notice bad";
    const text = document.createElement("p");
    text.textContent = words["failed"] ?? "";
    note.append(document.createElement("span"), text);
    box.replaceChildren(note);
    box.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("htmx:beforeRequest", () => box.replaceChildren());
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target === box) box.scrollIntoView({ block: "center" });
  });
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:timeout", failed);
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail;
    if (xhr.status >= 500) failed();
  });
}

startClock();
showAppearance();
startRefusals();
startChoices();
startDrafts();
watchLive();
document.querySelector(".groups [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
