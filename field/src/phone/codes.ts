/**
 * Signed texts, read without a network: FX1: + base45(zlib(COSE_Sign1(ES256, CWT claims))), the same as
 * engines/codes does, with the same word for each trouble.
 */
import { type Cbor, type CborMap, decode, encoded, NotCbor, Tag } from "./cbor.ts";
import { inflate, Unpackable } from "./inflate.ts";
import { BadCode, type Claims, type CodeKind, type Trouble } from "./types.ts";

export const PREFIX = "FX1:";
const LONGEST_TEXT = 4096;
const LARGEST_MESSAGE = 16_384;
const LEEWAY = 300;
const PSEUDONYM = 8;
const END_OF_TIME = 2 ** 33;
const KINDS: readonly string[] = ["p", "x", "t", "v"];

/** A key of the list that came down; times in seconds since 1970. */
export interface TrustedKey {
  kid: string;
  x: string;
  y: string;
  /** Letters of the kinds it may sign; "trust" signs documents, and no code. */
  use: string;
  not_after: number | null;
}

/** Takes codes apart. A code read before is not verified again, for the same is scanned twice. */
export class Codes {
  private readonly keys: () => readonly TrustedKey[];
  private readonly now: () => Date;
  private readonly imported = new Map<string, Promise<CryptoKey>>();

  constructor(keys: () => readonly TrustedKey[], now: () => Date) {
    this.keys = keys;
    this.now = now;
  }

  /** Rejects with `BadCode`. `kinds`: what is asked for here; another good text is "wrong_kind". */
  async read(text: string, kinds: readonly string[] = KINDS): Promise<Claims> {
    const at = this.now().getTime() / 1000;
    const message = takeApart(unpack(text.trim()));
    const key = this.keys().find((known) => plain(known.kid) === message.kid);
    if (!key || (key.not_after !== null && at > key.not_after + LEEWAY)) throw new BadCode("unknown_key");
    if (!(await this.signed(message, key))) throw new BadCode("forged");

    const claims = claimsOf(message);
    if (key.use === "trust" || !key.use.includes(claims.kind) || !kinds.includes(claims.kind))
      throw new BadCode("wrong_kind");
    if (at < claims.startsAt.getTime() / 1000 - LEEWAY) throw new BadCode("not_yet_valid");
    if (at > claims.expiresAt.getTime() / 1000 + LEEWAY) throw new BadCode("expired");
    return claims;
  }

  private async signed(message: Message, key: TrustedKey): Promise<boolean> {
    if (message.algorithm !== -7 || message.signature.length !== 64) return false;
    const name = `${key.x}.${key.y}`;
    let imported = this.imported.get(name);
    if (!imported) {
      const point = { kty: "EC", crv: "P-256", x: plain(key.x), y: plain(key.y) };
      imported = crypto.subtle.importKey("jwk", point, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
      this.imported.set(name, imported);
    }
    try {
      return await crypto.subtle.verify(
        { name: "ECDSA", hash: "SHA-256" }, await imported, message.signature.slice(), toBeSigned(message),
      );
    } catch {
      this.imported.delete(name); // a key of no point on the curve
      return false;
    }
  }
}

/** Whose code it is, whatever became of its time or its key; null if it is no person's. Believes nobody: for look-ups. */
export function pseudonymOf(text: string): Uint8Array | null {
  try {
    const claims = claimsOf(takeApart(unpack(text.trim())));
    return claims.kind === "p" && claims.number instanceof Uint8Array ? claims.number : null;
  } catch {
    return null;
  }
}

// ---- taking apart ------------------------------------------------------------------------------------

interface Message {
  protectedHead: Uint8Array;
  algorithm: Cbor;
  kid: string;
  payload: Uint8Array;
  signature: Uint8Array;
}

function unpack(text: string): Uint8Array {
  if (text.length > LONGEST_TEXT) throw new BadCode("too_large");
  if (!text.startsWith(PREFIX) || text.length === PREFIX.length) throw new BadCode("malformed");
  try {
    return inflate(fromBase45(text.slice(PREFIX.length)), LARGEST_MESSAGE);
  } catch (trouble) {
    throw new BadCode(trouble instanceof Unpackable && trouble.tooLarge ? "too_large" : "malformed");
  }
}

function takeApart(message: Uint8Array): Message {
  return strictly(() => {
    let parts = decode(message);
    while (parts instanceof Tag && (parts.number === 18 || parts.number === 61)) parts = parts.value;
    if (!Array.isArray(parts) || parts.length !== 4) throw new NotCbor("no COSE_Sign1");
    const [head, outside, payload, signature] = parts;
    if (!(head instanceof Uint8Array && outside instanceof Map)) throw new NotCbor("headers");
    if (!(payload instanceof Uint8Array && signature instanceof Uint8Array)) throw new NotCbor("no bytes");
    const inside: Cbor = head.length ? decode(head) : (new Map() as CborMap);
    if (!(inside instanceof Map) || inside.has(2)) throw new NotCbor("headers");
    const kid = inside.has(4) ? inside.get(4) : outside.get(4);
    if (!(kid instanceof Uint8Array)) throw new NotCbor("no key id");
    const algorithm = inside.has(1) ? inside.get(1) : outside.get(1);
    return { protectedHead: head, algorithm, kid: toBase64Url(kid), payload, signature };
  });
}

function claimsOf(message: Message): Claims {
  const said = strictly(() => decode(message.payload));
  if (!(said instanceof Map)) throw new BadCode("malformed");
  for (const needed of [1, -1, -2, 6, 4]) if (!said.has(needed)) throw new BadCode("malformed");
  const issuedAt = moment(said.get(6));
  const expiresAt = moment(said.get(4));
  const startsAt = said.has(5) ? moment(said.get(5)) : issuedAt;
  const kind = said.get(-1);
  if (typeof kind !== "string" || !KINDS.includes(kind)) throw new BadCode("wrong_kind");

  const [issuer, number, initials] = [said.get(1), said.get(-2), said.has(-3) ? said.get(-3) : ""];
  const fits =
    kind === "p"
      ? number instanceof Uint8Array && number.length === PSEUDONYM
      : number instanceof Uint8Array || typeof number === "string" || isWhole(number);
  if (!fits || typeof issuer !== "string" || typeof initials !== "string") throw new BadCode("malformed");
  const more = new Map<number, unknown>();
  for (const [name, value] of said) if (typeof name === "number" && name <= -4) more.set(name, value);
  return {
    kind: kind as CodeKind,
    issuer,
    issuedAt,
    startsAt,
    expiresAt,
    number: number as Uint8Array | string | number,
    ...(initials ? { initials } : {}),
    more,
    kid: message.kid,
  };
}

const isWhole = (value: Cbor): boolean => typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value));

function moment(seconds: Cbor): Date {
  if (typeof seconds !== "number" || !Number.isInteger(seconds) || seconds < 0 || seconds >= END_OF_TIME)
    throw new BadCode("malformed");
  return new Date(seconds * 1000);
}

function strictly<T>(read: () => T): T {
  try {
    return read();
  } catch (trouble) {
    throw trouble instanceof NotCbor ? new BadCode("malformed" satisfies Trouble) : trouble;
  }
}

function toBeSigned({ protectedHead, payload }: Message): Uint8Array<ArrayBuffer> {
  const parts = [encoded("Signature1"), encoded(protectedHead), encoded(new Uint8Array()), encoded(payload)];
  const whole = new Uint8Array(1 + parts.reduce((sum, part) => sum + part.length, 0));
  whole[0] = 0x84;
  let at = 1;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// ---- alphabets ---------------------------------------------------------------------------------------

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const VALUES = new Map([...ALPHABET].map((sign, value) => [sign, value]));

/** RFC 9285. Throws on anything else. */
export function fromBase45(text: string): Uint8Array {
  if (text.length % 3 === 1) throw new NotCbor("base45");
  const out = new Uint8Array(Math.floor(text.length / 3) * 2 + (text.length % 3 === 2 ? 1 : 0));
  let size = 0;
  for (let at = 0; at < text.length; at += 3) {
    const values = [...text.slice(at, at + 3)].map((sign) => VALUES.get(sign) ?? Infinity);
    const [c = 0, d = 0, e = 0] = values;
    const number = c + d * 45 + e * 2025;
    if (number > (values.length === 3 ? 0xffff : 0xff)) throw new NotCbor("base45");
    if (values.length === 3) out[size++] = number >> 8;
    out[size++] = number & 255;
  }
  return out;
}

/** Base64url without padding, whichever form it came in. */
export const plain = (text: string): string => text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

export const toBase64Url = (bytes: Uint8Array): string => plain(btoa(String.fromCharCode(...bytes)));

export const fromBase64 = (text: string): Uint8Array =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
