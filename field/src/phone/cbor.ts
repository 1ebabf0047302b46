/**
 * A small, strict reader of CBOR (RFC 8949), as engines/codes/cbor.py is: no indefinite lengths, no key twice in one
 * map, no more than the input holds, nothing left over, no deep nesting. Two readers must not see two things in one
 * signed text.
 */

const DEEPEST = 12;

export class NotCbor extends Error {}

export class Tag {
  readonly number: number;
  readonly value: Cbor;

  constructor(number: number, value: Cbor) {
    this.number = number;
    this.value = value;
  }
}

export type Cbor = number | bigint | string | boolean | null | undefined | Uint8Array | Cbor[] | CborMap | Tag;
/** Keys that are bytes are kept as "h'…'". */
export type CborMap = Map<number | bigint | string, Cbor>;

export function decode(data: Uint8Array): Cbor {
  const reader = new Reader(data);
  const value = reader.value(0);
  if (reader.at !== data.length) throw new NotCbor("bytes left over");
  return value;
}

class Reader {
  at = 0;
  private readonly data: Uint8Array;
  private readonly view: DataView;

  constructor(data: Uint8Array) {
    this.data = data;
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  value(depth: number): Cbor {
    if (depth > DEEPEST) throw new NotCbor("too deep");
    const head = this.byte();
    const [major, short] = [head >> 5, head & 31];
    if (major === 7) return this.simple(short);
    const count = this.count(short);
    if (major === 0) return count;
    if (major === 1) return typeof count === "bigint" ? -1n - count : -1 - count;
    if (major === 6) return new Tag(Number(count), this.value(depth + 1));
    // Every byte, item or pair takes a byte at least.
    if (typeof count === "bigint" || count > this.data.length - this.at) throw new NotCbor("ends too early");
    if (major === 2) return this.bytes(count);
    if (major === 3) return this.text(count);
    if (major === 4) return Array.from({ length: count }, () => this.value(depth + 1));
    return this.map(count, depth);
  }

  private byte(): number {
    const byte = this.data[this.at++];
    if (byte === undefined) throw new NotCbor("ends too early");
    return byte;
  }

  private room(size: number): number {
    const at = this.at;
    if (at + size > this.data.length) throw new NotCbor("ends too early");
    this.at += size;
    return at;
  }

  private count(short: number): number | bigint {
    if (short < 24) return short;
    if (short === 24) return this.byte();
    if (short === 25) return this.view.getUint16(this.room(2));
    if (short === 26) return this.view.getUint32(this.room(4));
    if (short !== 27) throw new NotCbor("indefinite length");
    const large = this.view.getBigUint64(this.room(8));
    return large <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(large) : large;
  }

  private bytes(length: number): Uint8Array {
    const at = this.room(length);
    return this.data.subarray(at, at + length);
  }

  private text(length: number): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.bytes(length));
    } catch (trouble) {
      throw trouble instanceof NotCbor ? trouble : new NotCbor("no text");
    }
  }

  private map(length: number, depth: number): CborMap {
    const found: CborMap = new Map();
    for (let n = 0; n < length; n++) {
      const said = this.value(depth + 1);
      const key = said instanceof Uint8Array ? `h'${said.join()}'` : said;
      if (typeof key !== "number" && typeof key !== "bigint" && typeof key !== "string") throw new NotCbor("odd key");
      if (typeof key === "number" && !Number.isInteger(key)) throw new NotCbor("odd key");
      if (found.has(key)) throw new NotCbor("a key twice");
      found.set(key, this.value(depth + 1));
    }
    return found;
  }

  private simple(short: number): Cbor {
    if (short === 20 || short === 21) return short === 21;
    if (short === 22) return null;
    if (short === 23) return undefined;
    if (short === 25) return half(this.view.getUint16(this.room(2)));
    if (short === 26) return this.view.getFloat32(this.room(4));
    if (short === 27) return this.view.getFloat64(this.room(8));
    throw new NotCbor("simple value");
  }
}

function half(bits: number): number {
  const [sign, exponent, part] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return part ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + part / 1024) : 2 ** -14 * (part / 1024));
}

/** The bytes of one text or byte string, with its head. */
export function encoded(value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  const major = typeof value === "string" ? 0x60 : 0x40;
  const size = bytes.length;
  const head = size < 24 ? [major | size] : size < 256 ? [major | 24, size] : [major | 25, size >> 8, size & 255];
  return Uint8Array.of(...head, ...bytes);
}
