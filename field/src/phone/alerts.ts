/**
 * Looking somebody up in a set that came down, as engines/codes/sets.py made it: of each entry the first 4 bytes of
 * SHA-256(salt, key), in order. Of N entries one look-up in 2^32 / N is a match by chance, so a match says no more
 * than "refer to the table".
 */
import { fromBase64, pseudonymOf } from "./codes.ts";
import type { PersonRef } from "./types.ts";

export interface SetDocument {
  day: string;
  salt: string;
  bytes: number;
  count: number;
  hashes: string;
}

export class HashedSet {
  readonly day: string;
  readonly count: number;
  private readonly salt: Uint8Array;
  private readonly size: number;
  private readonly hashes: Uint8Array;

  constructor(said: SetDocument) {
    this.day = said.day;
    this.count = said.count;
    this.size = said.bytes;
    this.salt = fromBase64(said.salt);
    this.hashes = fromBase64(said.hashes);
  }

  async holds(key: Uint8Array): Promise<boolean> {
    const salted = new Uint8Array(this.salt.length + key.length);
    salted.set(this.salt);
    salted.set(key, this.salt.length);
    const wanted = new Uint8Array(await crypto.subtle.digest("SHA-256", salted));
    let low = 0;
    let high = Math.floor(this.hashes.length / this.size);
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.compare(middle, wanted) < 0) low = middle + 1;
      else high = middle;
    }
    return low * this.size < this.hashes.length && this.compare(low, wanted) === 0;
  }

  private compare(entry: number, wanted: Uint8Array): number {
    for (let n = 0; n < this.size; n++) {
      const difference = (this.hashes[entry * this.size + n] ?? 0) - (wanted[n] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  }
}

/** What somebody is recognised by, as far as this phone knows: nothing, for an id of a task or a name alone. */
export function keyOf(ref: PersonRef): Uint8Array | null {
  if ("code" in ref) {
    const pseudonym = pseudonymOf(ref.code);
    return pseudonym && joined("p:", pseudonym);
  }
  const number = "identity" in ref ? ref.identity : undefined;
  return number ? joined("i:", new TextEncoder().encode(number.replace(/[\s-]/g, "").toUpperCase())) : null;
}

function joined(kind: string, rest: Uint8Array): Uint8Array {
  return Uint8Array.of(...new TextEncoder().encode(kind), ...rest);
}
