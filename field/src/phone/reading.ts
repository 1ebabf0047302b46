/**
 * What was scanned or typed: a label of a tube or a box, a signed code, an identity number, or nothing that
 * is known here. No network, no register.
 */
import { documentType, normalIdentity } from "./identity.ts";
import type { Claims, CodeReader, PersonRef, PrintedList, Provisional, Trouble } from "./types.ts";
import { BadCode } from "./types.ts";

// ---- short codes with a check sign, as kernel/ids.py makes and reads them -------------------------------

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The label of a tube or a box, or the number said for a code, as it is printed; null if it cannot be right: a wrong sign or two swapped are noticed. */
export function readLabel(kind: "T" | "B" | "C", text: string): string | null {
  const signs = text.trim().toUpperCase();
  if (!signs.startsWith(kind)) return null;
  const rest = signs.slice(1).replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1").replace(/U/g, "V");
  if (rest.length !== 7) return null;
  let interim = 0;
  for (const sign of rest.slice(0, 6)) {
    const value = ALPHABET.indexOf(sign);
    if (value < 0) return null;
    interim = (interim ^ value) << 1;
    if (interim & 0b100000) interim ^= 0b100101;
  }
  return ALPHABET[interim] === rest[6] ? kind + rest : null;
}

// ---- persons ---------------------------------------------------------------------------------------

export type Shown = "code" | "pass" | "identity" | "list" | "word";

/** Somebody in front of us. `label` is what a screen may show of them: initials, or the end of a number. */
export interface Met {
  ref: PersonRef;
  /** The same whenever the same thing is shown; tells repetitions, names nobody outside this phone. */
  key: string;
  label: string;
  shown: Shown;
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return hex(new Uint8Array(hash).subarray(0, 12));
}

/** Family name and as many signs as the name has, as codes carry it. */
export function initials(name: string): string {
  const signs = [...name.trim()];
  return signs.length < 2 ? name.trim() : (signs[0] ?? "") + "*".repeat(Math.min(3, signs.length - 1));
}

export function metByCode(text: string, claims: Claims): Met {
  const number = claims.number instanceof Uint8Array ? hex(claims.number) : String(claims.number);
  return { ref: { code: text }, key: `p:${number}`, label: claims.initials ?? "", shown: "code" };
}

export async function metByIdentity(number: string, type: string = documentType(number)): Promise<Met> {
  const identity = normalIdentity(number);
  return {
    ref: { identity, type },
    key: `i:${await digest(`${type}:${identity}`)}`,
    label: `···${identity.slice(-4)}`,
    shown: "identity",
  };
}

/** The number printed beneath a code, read out: only the server knows whose it is. */
export function metBySpoken(number: string): Met {
  return { ref: { code: number }, key: `c:${number}`, label: `${number.slice(0, 4)} ${number.slice(4)}`, shown: "word" };
}

/** Whoever shows no number is the same person again only by name and date of birth. */
export async function metByWord(person: Provisional): Promise<Met> {
  if (person.identity) {
    const known = await metByIdentity(person.identity, person.type ?? "20");
    return { ...known, ref: person, label: initials(person.name) };
  }
  const key = `w:${await digest(`${person.name.replace(/\s/g, "")}:${person.born ?? ""}`)}`;
  return { ref: person, key, label: initials(person.name), shown: "word" };
}

// ---- anything --------------------------------------------------------------------------------------

export type Reading =
  | { what: "tube"; barcode: string }
  | { what: "box"; barcode: string }
  | { what: "person"; met: Met }
  | { what: "pass" | "test" | "venue"; claims: Claims; text: string }
  | { what: "list"; list: PrintedList }
  | { what: "bad_list"; trouble: Trouble }
  | { what: "bad_code"; trouble: Trouble; text: string }
  | { what: "bad_label"; text: string }
  | { what: "bad_identity"; text: string }
  | { what: "unknown"; text: string };

/** Whether an identity number is as it must be; `identity.ts` says so. */
export type IsIdentity = (text: string) => boolean;

const KINDS = { p: "person", x: "pass", t: "test", v: "venue" } as const;

export async function read(text: string, codes: CodeReader, isIdentity: IsIdentity): Promise<Reading> {
  const trimmed = text.trim();
  if (trimmed.startsWith("FX1:")) {
    try {
      const claims = await codes.read(trimmed);
      const what = KINDS[claims.kind];
      return what === "person" ? { what, met: metByCode(trimmed, claims) } : { what, claims, text: trimmed };
    } catch (trouble) {
      if (trouble instanceof BadCode) return { what: "bad_code", trouble: trouble.trouble, text: trimmed };
      throw trouble;
    }
  }
  if (trimmed.startsWith("FXL:")) {
    try {
      return { what: "list", list: await codes.list(trimmed) };
    } catch (trouble) {
      if (trouble instanceof BadCode) return { what: "bad_list", trouble: trouble.trouble };
      throw trouble;
    }
  }
  for (const kind of ["T", "B"] as const) {
    if (!new RegExp(`^${kind}[0-9A-Z -]{6,9}$`, "i").test(trimmed)) continue;
    const barcode = readLabel(kind, trimmed);
    if (barcode === null) return { what: "bad_label", text: trimmed };
    return kind === "T" ? { what: "tube", barcode } : { what: "box", barcode };
  }
  const spoken = readLabel("C", trimmed);
  if (spoken !== null) return { what: "person", met: metBySpoken(spoken) };
  const digits = normalIdentity(trimmed);
  if (/^[0-9]{17}[0-9X]$/.test(digits))
    return isIdentity(digits) ? { what: "person", met: await metByIdentity(digits) } : { what: "bad_identity", text: digits };
  return { what: "unknown", text: trimmed };
}
