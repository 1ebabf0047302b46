/** Elements, sheets, verdicts and remarks: what every screen of the phone is made of. Styles: css/phone.css. */
import type { Sound } from "./sound.ts";
import type { Assets, Choice, Field, Signal, Ui, Words } from "./types.ts";

type Value = string | number | boolean | null | undefined | ((event: never) => void);
export type Child = Node | string | number | null | undefined | false;

/** `h("button.big.alt", { type: "button", onclick: go }, "Go")`; a boolean sets or leaves out an attribute. */
export function h<K extends keyof HTMLElementTagNameMap>(
  what: K | `${K}.${string}`, set: Readonly<Record<string, Value>> | null = null, ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag as K);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(set ?? {})) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...shown(children));
  return element;
}

function shown(children: readonly Child[]): (Node | string)[] {
  const there = children.filter((child) => child !== null && child !== undefined && child !== false && child !== "");
  return there.map((child) => (child instanceof Node ? child : String(child)));
}

/** Put these in place of what an element holds. */
export function fill(element: HTMLElement, ...children: readonly Child[]): void {
  element.replaceChildren(...shown(children));
}

const SVG = "http://www.w3.org/2000/svg";
let icons = "";

export function useIcons(assets: Assets): void {
  icons = assets.icons;
}

/** An icon of the sprite (build.mjs names them), hidden from screen readers: words always stand beside it. */
export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${icons}#${name}`);
  svg.append(use);
  return svg;
}

/** A big button: the main action of a screen, or `.alt` beside it. */
export function button(label: string, press: () => void, look: "main" | "alt" | "danger" | "plain" = "main", sign = ""): HTMLButtonElement {
  const kind = look === "main" ? "button.big" : (`button.big.${look}` as const);
  return h(kind, { type: "button", onclick: press }, sign && icon(sign), h("span", null, label));
}

// ---- sheets ----------------------------------------------------------------------------------------

const FOCUSABLE = "button:not([disabled]), input, select, textarea, a[href], [tabindex='0']";

/** A sheet from below, over everything; `build` gets the function that closes it. Escape and the shade close it with null. */
export function sheet<T>(label: string, words: Words, build: (close: (value: T | null) => void) => readonly Child[]): Promise<T | null> {
  return new Promise((done) => {
    const before = document.activeElement;
    const rest = [...document.body.children].filter((one) => !one.matches(".shade, script, #remarks"));
    const close = (value: T | null): void => {
      shade.remove();
      for (const one of rest) one.removeAttribute("inert");
      for (const one of rest) one.removeAttribute("aria-hidden");
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      done(value);
    };
    const away = h("button.close", { type: "button", "aria-label": words("close"), onclick: () => close(null) }, icon("close"));
    const panel = h(
      "div.sheet", { role: "dialog", "aria-modal": "true", "aria-label": label, tabindex: "-1" },
      h("header", null, h("h2", null, label), away), ...build(close),
    );
    const shade = h("div.shade", {
      onclick: (event: MouseEvent) => event.target === shade && close(null),
      onkeydown: (event: KeyboardEvent) => {
        if (event.key === "Escape") close(null);
        if (event.key !== "Tab") return;
        const stops = [...panel.querySelectorAll<HTMLElement>(FOCUSABLE)];
        const [first, last] = [stops[0], stops[stops.length - 1]];
        if (event.shiftKey && document.activeElement === first) last?.focus();
        else if (!event.shiftKey && document.activeElement === last) first?.focus();
        else return;
        event.preventDefault();
      },
    }, panel);
    for (const one of rest) {
      one.setAttribute("inert", "");
      one.setAttribute("aria-hidden", "true"); // for browsers without inert
    }
    document.body.append(shade);
    (panel.querySelector<HTMLElement>("input, select, textarea") ?? panel).focus();
  });
}

/** Put away whatever sheet is open, as when the phone locks. */
export function closeSheets(): void {
  for (const shade of document.querySelectorAll<HTMLElement>(".shade")) shade.querySelector<HTMLElement>(".close")?.click();
}

// ---- what modes are given --------------------------------------------------------------------------

const SIGNS: Readonly<Record<Signal, string>> = {
  pass: "check", refer: "hand", stop: "refuse", emergency: "ambulance", error: "alert",
};

export class Screen implements Ui {
  private readonly words: Words;
  private readonly sound: Sound;
  private readonly remarks: HTMLElement;
  private panel_: HTMLElement | null = null;
  private readonly headed: (post: string, shift: string) => void;

  constructor(words: Words, sound: Sound, remarks: HTMLElement, headed: (post: string, shift: string) => void) {
    this.words = words;
    this.sound = sound;
    this.remarks = remarks;
    this.headed = headed;
  }

  signal(signal: Signal): void {
    this.sound.play(signal);
  }

  panel(): HTMLElement {
    this.panel_ = h("section.verdict", { "aria-live": "assertive", "aria-atomic": "true" });
    this.clear();
    return this.panel_;
  }

  verdict(signal: Signal, title: string, detail: string | readonly string[] = []): void {
    this.sound.play(signal);
    const panel = this.panel_;
    if (!panel?.isConnected) return this.note([title, detail].flat().join(" · "));
    const lines = [detail].flat().filter((line) => line !== "");
    panel.className = `verdict ${signal}`;
    panel.replaceChildren(
      icon(SIGNS[signal]),
      h("div", null, h("h2", null, title), ...lines.map((line) => h("p", null, line))),
    );
    // The same outcome twice must be seen to be two.
    panel.style.animation = "none";
    void panel.offsetWidth;
    panel.style.animation = "";
  }

  clear(idle: string = this.words("ready")): void {
    if (!this.panel_) return;
    this.panel_.className = "verdict";
    this.panel_.replaceChildren(h("p.idle", null, idle));
  }

  note(text: string): void {
    this.remark(text, "");
  }

  error(text: string): void {
    this.sound.play("error");
    this.remark(text, "bad");
  }

  private remark(text: string, look: string): void {
    const line = h("p", { class: `remark ${look}` }, look ? icon("alert") : null, h("span", null, text));
    this.remarks.replaceChildren(line);
    setTimeout(() => line.remove(), 4_000 + text.length * (look ? 160 : 80));
  }

  ask<T extends string>(question: string, choices: readonly Choice<T>[], detail = ""): Promise<T | null> {
    return sheet<T>(question, this.words, (close) => [
      detail && h("p.quiet", null, detail),
      h("div.choices", null, ...choices.map((choice) => {
        const look = choice.look ?? "plain";
        return h(
          look === "main" ? "button.big" : `button.big.${look}`, { type: "button", onclick: () => close(choice.value) },
          h("span", null, choice.label, choice.detail ? h("small", null, choice.detail) : null),
        );
      })),
    ]);
  }

  form(title: string, fields: readonly Field[], done: string): Promise<Record<string, string> | null> {
    return sheet<Record<string, string>>(title, this.words, (close) => {
      const rows = fields.map((field) => this.field(field));
      const send = (event: Event): void => {
        event.preventDefault();
        const values: Record<string, string> = {};
        let wrong: HTMLElement | null = null;
        for (const row of rows) {
          const value = row.value();
          const fault = row.field.required && value === "" ? this.words("needed") : value === "" ? null : (row.field.check?.(value) ?? null);
          row.say(fault);
          if (fault) wrong ??= row.input;
          values[row.field.name] = value;
        }
        if (wrong) {
          this.sound.play("error");
          wrong.focus();
        } else close(values);
      };
      // What is scanned answers a form that asks for one thing, if it is that thing.
      const scan = (event: CustomEvent<string>): void => {
        const [only, ...others] = rows;
        if (!only?.field.check || others.length || only.field.kind === "choice" || only.field.check(event.detail) !== null) return;
        event.preventDefault();
        close({ [only.field.name]: event.detail });
      };
      return [h("form", { novalidate: true, onsubmit: send, onscan: scan }, ...rows.map((row) => row.element), h("button.big", { type: "submit" }, h("span", null, done)))];
    });
  }

  private field(field: Field): { field: Field; element: HTMLElement; input: HTMLElement; value(): string; say(fault: string | null): void } {
    const id = `field-${field.name}`;
    const fault = h("p.fault", { id: `${id}-fault`, hidden: true });
    const say = (text: string | null): void => {
      fault.hidden = text === null;
      fault.textContent = text ?? "";
      input.toggleAttribute("aria-invalid", text !== null);
    };
    const hint = field.hint ? h("p.quiet", { id: `${id}-hint` }, field.hint) : null;
    const told = { "aria-describedby": `${id}-fault${hint ? ` ${id}-hint` : ""}` };
    let input: HTMLElement;
    let value: () => string;
    if (field.kind === "choice") {
      const radios = (field.choices ?? []).map((choice) =>
        h("label.pick", null, h("input", { type: "radio", name: id, value: choice.value, checked: choice.value === field.value }), h("span", null, choice.label)),
      );
      input = h("fieldset", told, h("legend", null, field.label), h("div.picks", null, ...radios));
      value = () => input.querySelector<HTMLInputElement>("input:checked")?.value ?? "";
      return { field, element: h("div.field", null, input, hint, fault), input, value, say };
    }
    const line = h("input", {
      id, ...told, autocomplete: "off", value: field.value, "aria-required": field.required ? "true" : null,
      type: field.kind === "date" ? "date" : field.kind === "tel" ? "tel" : "text",
      inputmode: field.kind === "number" ? "numeric" : field.kind === "decimal" ? "decimal" : null,
      maxlength: field.kind === "identity" ? 18 : 200,
      autocapitalize: field.kind === "identity" ? "characters" : null, spellcheck: "false",
    });
    input = line;
    value = () => line.value.trim();
    return { field, element: h("div.field", null, h("label", { for: id }, field.label), input, hint, fault), input, value, say };
  }

  heading(post: string, shift: string): void {
    this.headed(post, shift);
  }
}
