/**
 * What somebody typed survives a refusal, an expired session or a lost connection.
 *
 * A form with `data-draft="name"` keeps its fields in this tab's storage while they are typed. They come
 * back when the form is shown empty again, and go when the form has been accepted, on leaving (signing
 * out), or when another person signs in. Passwords, files, hidden fields and `data-no-draft` are never kept.
 */

export type Values = Record<string, string[]>;
type Kept = { who: string; sent: boolean; values: Values };

const PREFIX = "draft:";

export class Drafts {
  private readonly store: Storage;
  private readonly who: string;

  constructor(store: Storage, who: string) {
    this.store = store;
    this.who = who;
  }

  keep(name: string, values: Values): void {
    this.write(name, { who: this.who, sent: false, values });
  }

  /** The form was sent; whether it was accepted shows on the next page. */
  markSent(name: string): void {
    const kept = this.read(name);
    if (kept) this.write(name, { ...kept, sent: true });
  }

  /** A draft of the same person, or null. */
  find(name: string): Values | null {
    const kept = this.read(name);
    return kept?.who === this.who ? kept.values : null;
  }

  drop(name: string): void {
    this.store.removeItem(PREFIX + name);
  }

  /** An ordinary page came back: what was sent has been accepted, except forms shown again with errors. */
  dropAccepted(shownAgain: ReadonlySet<string>): void {
    for (const name of this.names()) {
      const kept = this.read(name);
      if (kept?.sent && !shownAgain.has(name)) this.drop(name);
      else if (kept && this.who !== "" && kept.who !== this.who) this.drop(name);
    }
  }

  dropAll(): void {
    for (const name of this.names()) this.drop(name);
  }

  private names(): string[] {
    const keys = Array.from({ length: this.store.length }, (_, index) => this.store.key(index) ?? "");
    return keys.filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length));
  }

  private read(name: string): Kept | null {
    try {
      return JSON.parse(this.store.getItem(PREFIX + name) ?? "null") as Kept | null;
    } catch {
      return null;
    }
  }

  private write(name: string, kept: Kept): void {
    try {
      this.store.setItem(PREFIX + name, JSON.stringify(kept));
    } catch {
      // full or forbidden: typing goes on without a draft
    }
  }
}

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

function keepable(field: Element): field is Field {
  if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement || field instanceof HTMLTextAreaElement))
    return false;
  return field.name !== "" && !["password", "file", "hidden", "submit", "button"].includes(field.type) && !("noDraft" in field.dataset);
}

export function readForm(form: HTMLFormElement): Values {
  const values: Values = {};
  for (const field of form.elements) {
    if (!keepable(field)) continue;
    const list = (values[field.name] ??= []);
    if (field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio")) {
      if (field.checked) list.push(field.value);
    } else if (field instanceof HTMLSelectElement) {
      list.push(...[...field.selectedOptions].map((option) => option.value));
    } else list.push(field.value);
  }
  return values;
}

/** Put kept values back; true if anything on the form changed by it. */
export function fillForm(form: HTMLFormElement, values: Values): boolean {
  const before = JSON.stringify(readForm(form));
  for (const field of form.elements) {
    const kept = keepable(field) ? values[field.name] : undefined;
    if (!keepable(field) || kept === undefined) continue;
    if (field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio")) {
      field.checked = kept.includes(field.value);
    } else if (field instanceof HTMLSelectElement) {
      for (const option of field.options) option.selected = kept.includes(option.value);
    } else field.value = kept[0] ?? "";
  }
  return JSON.stringify(readForm(form)) !== before;
}
