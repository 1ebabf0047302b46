/**
 * Unpacks what zlib packed (RFC 1950, RFC 1951), up to a limit, in phones of 2019 as well: DecompressionStream came
 * to WebKit in 2023, and it cannot be told to stop. Strict: a wrong checksum, a broken or a lengthened stream is refused.
 */

export class Unpackable extends Error {
  readonly tooLarge: boolean;

  constructor(tooLarge: boolean) {
    super(tooLarge ? "too large" : "broken");
    this.tooLarge = tooLarge;
  }
}

const broken = (): Unpackable => new Unpackable(false);

/** How many bits a length or a distance takes more, and where it begins (RFC 1951, 3.2.5). */
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const DISTANCE_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LONGEST = 15;
const END = 256;

/** Codes of each length, and the symbols in the order of their codes. */
interface Tree {
  counts: Uint16Array;
  symbols: Uint16Array;
}

function tree(lengths: readonly number[], mayBeSparse: boolean): Tree {
  const counts = new Uint16Array(LONGEST + 1);
  for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1;
  let left = 1;
  for (let length = 1; length <= LONGEST; length++) {
    left = left * 2 - (counts[length] ?? 0);
    if (left < 0) throw broken();
  }
  if (left > 0 && !mayBeSparse) throw broken();
  const starts = new Uint16Array(LONGEST + 2);
  for (let length = 1; length <= LONGEST; length++) starts[length + 1] = (starts[length] ?? 0) + (counts[length] ?? 0);
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    const at = starts[length] ?? 0;
    symbols[at] = symbol;
    starts[length] = at + 1;
  });
  counts[0] = 0;
  return { counts, symbols };
}

const fixedLiterals = (): Tree =>
  tree(Array.from({ length: 288 }, (_, n) => (n < 144 ? 8 : n < 256 ? 9 : n < 280 ? 7 : 8)), false);
const fixedDistances = (): Tree => tree(new Array<number>(30).fill(5), true);

class Reader {
  at = 2;
  size = 0;
  private bits = 0;
  private held = 0;
  private readonly data: Uint8Array;
  readonly out: Uint8Array;

  constructor(data: Uint8Array, most: number) {
    this.data = data;
    this.out = new Uint8Array(most);
  }

  take(count: number): number {
    while (this.held < count) {
      const byte = this.data[this.at++];
      if (byte === undefined) throw broken();
      this.bits |= byte << this.held;
      this.held += 8;
    }
    const value = this.bits & ((1 << count) - 1);
    this.bits >>>= count;
    this.held -= count;
    return value;
  }

  /** Forget what is left of the byte that was begun. */
  align(): void {
    this.bits = 0;
    this.held = 0;
  }

  put(byte: number): void {
    if (this.size >= this.out.length) throw new Unpackable(true);
    this.out[this.size++] = byte;
  }

  symbol({ counts, symbols }: Tree): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= LONGEST; length++) {
      code |= this.take(1);
      const count = counts[length] ?? 0;
      if (code - first < count) return symbols[index + code - first] ?? 0;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw broken();
  }

  stored(): void {
    this.align();
    const length = this.take(16);
    if (length !== (~this.take(16) & 0xffff)) throw broken();
    for (let n = 0; n < length; n++) this.put(this.take(8));
  }

  block(literals: Tree, distances: Tree): void {
    for (;;) {
      const symbol = this.symbol(literals);
      if (symbol < END) this.put(symbol);
      else if (symbol === END) return;
      else this.repeat(symbol - END - 1, distances);
    }
  }

  private repeat(long: number, distances: Tree): void {
    const base = LENGTH_BASE[long];
    if (base === undefined) throw broken();
    const length = base + this.take(LENGTH_BITS[long] ?? 0);
    const far = this.symbol(distances);
    const distance = (DISTANCE_BASE[far] ?? Infinity) + this.take(DISTANCE_BITS[far] ?? 0);
    if (distance > this.size) throw broken();
    for (let n = 0; n < length; n++) this.put(this.out[this.size - distance] ?? 0);
  }

  trees(): [Tree, Tree] {
    const [literals, distances, described] = [this.take(5) + 257, this.take(5) + 1, this.take(4) + 4];
    if (literals > 286 || distances > 30) throw broken();
    const short = new Array<number>(19).fill(0);
    for (let n = 0; n < described; n++) short[ORDER[n] ?? 0] = this.take(3);
    const code = tree(short, false);
    const lengths: number[] = [];
    while (lengths.length < literals + distances) {
      const symbol = this.symbol(code);
      if (symbol < 16) {
        lengths.push(symbol);
        continue;
      }
      const last = lengths[lengths.length - 1];
      if (symbol === 16 && last === undefined) throw broken();
      const [value, times] =
        symbol === 16 ? [last ?? 0, 3 + this.take(2)] : [0, symbol === 17 ? 3 + this.take(3) : 11 + this.take(7)];
      for (let n = 0; n < times; n++) lengths.push(value);
    }
    if (lengths.length > literals + distances || lengths[END] === 0) throw broken();
    // One code alone may be of one bit, of which the other is never used.
    const far = lengths.slice(literals);
    return [tree(lengths.slice(0, literals), false), tree(far, far.filter((length) => length > 0).length <= 1)];
  }
}

/** The unpacked bytes, `most` at most. Throws `Unpackable`. */
export function inflate(data: Uint8Array, most: number): Uint8Array {
  const [method = 0, flags = 0] = data;
  if ((method & 15) !== 8 || method >> 4 > 7 || (method * 256 + flags) % 31 !== 0 || flags & 32) throw broken();
  const reader = new Reader(data, most);
  let last = 0;
  while (!last) {
    last = reader.take(1);
    const kind = reader.take(2);
    if (kind === 0) reader.stored();
    else if (kind === 1) reader.block(fixedLiterals(), fixedDistances());
    else if (kind === 2) reader.block(...reader.trees());
    else throw broken();
  }
  reader.align();
  const said = Array.from({ length: 4 }, () => reader.take(8)).reduce((sum, byte) => sum * 256 + byte, 0);
  const out = reader.out.subarray(0, reader.size);
  if (said !== adler(out) || reader.at !== data.length) throw broken();
  return out;
}

function adler(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return b * 65536 + a;
}
