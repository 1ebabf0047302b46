/**
 * What the phone keeps, and who can read it.
 *
 * Two keys, both random. The data key seals what came down and the modes' own notes; the delivery key seals
 * the commands and the secret they are sent with. At rest each is wrapped twice: by a key made from the PIN, and
 * around that by a key of this device that no script can export. Locking forgets the data key; the delivery key stays
 * in the memory of the running page, so that sending goes on in a pocket. After expiry, revocation or ten wrong
 * PINs the data key is destroyed everywhere; commands not yet sent stay sealed.
 *
 * What is written on a locked phone that was started anew goes through a slot: a public key lies open, its private key
 * under the delivery key.
 *
 * A third wrap of the delivery key can be opened by the office alone (it has the hash of the device's secret):
 * a phone whose PIN is forgotten still hands over its commands, as a file.
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { NoRoom, type Store } from "./types.ts";

/** OWASP's figure for PBKDF2-HMAC-SHA256 in 2023, rounded up. */
export const ITERATIONS = 600_000;
export const TRIES = 10;
/** Seconds to wait after so many wrong PINs in a row. */
const PAUSES = [0, 0, 0, 5, 15, 30, 60, 120, 300, 600] as const;
const LONGEST_PAUSE = 600;

export const PIN_LENGTH = 6;

/** Less than this is the network's doing, not the clock's. */
const AHEAD_STEP_MS = 5_000;

type Bytes = Uint8Array<ArrayBuffer>;
type Compartment = "data" | "delivery";

/** What may be read without the PIN: nothing about any person. */
export interface Device {
  id: string;
  expiresAt: number;
  lockMinutes: number;
  /** Set once the office took the phone back or its time was over; it sends what it has, and no more. */
  closed: "" | "revoked" | "expired" | "tries";
}

/** Anybody can put something in; only the delivery key takes it out. */
interface Slot {
  /** Public key, ECDH on P-256, 65 bytes. */
  opening: Bytes;
  /** Private key, PKCS#8, in a box about "slot". */
  key: Bytes;
}

interface Keys {
  device: CryptoKey;
  salt: Bytes;
  iterations: number;
  data: Bytes | null;
  delivery: Bytes;
  rescue: Bytes;
  secret: Bytes;
  slot?: Slot;
}

/** The gate where a shift is under way: ids, for the emergency button of the lock screen. */
export interface Post {
  site: string;
  shift: string;
  /** Let through on the lock screen in this shift. */
  letThrough: number;
}

export interface Row {
  seq: number;
  id: string;
  at: number;
  /** 0: emergencies, which are sent before everything else. */
  rank: 0 | 1;
  /** 0 waiting, 1 sent, 2 refused. */
  state: 0 | 1 | 2;
  sealed: Bytes | null;
  /** Sealed through the slot. */
  slot?: true;
  answer?: Bytes;
  settledAt?: number;
}

interface Schema extends DBSchema {
  meta: { key: string; value: unknown };
  boxes: { key: string; value: Bytes };
  outbox: {
    key: number;
    value: Row;
    indexes: { by_id: string; by_state: [number, number, number] };
  };
}

export type Database = IDBPDatabase<Schema>;

/** `outdated` is called when a newer page in another tab changes the tables; nothing can be stored from then on. */
export function openDatabase(name = "fangxian-field", outdated: () => void = () => undefined): Promise<Database> {
  return openDB<Schema>(name, 1, {
    upgrade(db) {
      db.createObjectStore("meta");
      db.createObjectStore("boxes");
      const outbox = db.createObjectStore("outbox", { keyPath: "seq" });
      outbox.createIndex("by_id", "id", { unique: true });
      outbox.createIndex("by_state", ["state", "rank", "seq"]);
    },
    blocking: (_old, _new, event) => {
      (event.target as IDBDatabase).close();
      outdated();
    },
  });
}

/** Whether this browser keeps what the vault needs to keep; private windows of some do not. */
export async function keepsKeys(db: Database): Promise<boolean> {
  try {
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    await db.put("meta", key, "probe");
    await db.delete("meta", "probe");
    return true;
  } catch {
    return false;
  }
}

export const isFull = (error: unknown): boolean => (error as DOMException | null)?.name === "QuotaExceededError";

// ---- bytes -------------------------------------------------------------------------------------------

const utf8 = new TextEncoder();
const text = new TextDecoder();

export function fromBase64(value: string): Bytes {
  const plain = atob(value.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}

export function toBase64(bytes: Uint8Array): string {
  let plain = "";
  for (let at = 0; at < bytes.length; at += 0x8000) plain += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

async function sealWith(key: CryptoKey, plain: Bytes, about: string): Promise<Bytes> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: utf8.encode(about) }, key, plain);
  const box = new Uint8Array(12 + sealed.byteLength);
  box.set(iv);
  box.set(new Uint8Array(sealed), 12);
  return box;
}

async function openWith(key: CryptoKey, box: Bytes, about: string): Promise<Bytes> {
  const how = { name: "AES-GCM", iv: box.subarray(0, 12), additionalData: utf8.encode(about) };
  return new Uint8Array(await crypto.subtle.decrypt(how, key, box.subarray(12)));
}

const aes = (raw: Bytes): Promise<CryptoKey> => crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);

async function pinKey(pin: string, salt: Bytes, iterations: number): Promise<CryptoKey> {
  const from = await crypto.subtle.importKey("raw", utf8.encode(pin), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return crypto.subtle.deriveKey(how, from, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** The office makes the same key from what it stores: HKDF-SHA256 of SHA-256(secret), no salt, info "fangxian outbox". */
async function rescueKey(secret: Bytes): Promise<CryptoKey> {
  const hash = await crypto.subtle.digest("SHA-256", secret);
  const from = await crypto.subtle.importKey("raw", hash, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: utf8.encode("fangxian outbox") };
  return crypto.subtle.deriveKey(how, from, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

const P256 = { name: "ECDH", namedCurve: "P-256" };
const POINT = 65;

async function makeSlot(delivery: CryptoKey): Promise<Slot> {
  const pair = await crypto.subtle.generateKey(P256, true, ["deriveBits"]);
  const [opening, key] = await Promise.all([
    crypto.subtle.exportKey("raw", pair.publicKey), crypto.subtle.exportKey("pkcs8", pair.privateKey),
  ]);
  return { opening: new Uint8Array(opening), key: await sealWith(delivery, new Uint8Array(key), "slot") };
}

/** HKDF-SHA256 of what both sides of the exchange share, no salt, info "fangxian slot". */
async function slotKey(own: CryptoKey, other: Bytes): Promise<CryptoKey> {
  const theirs = await crypto.subtle.importKey("raw", other, P256, false, []);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, own, 256);
  const from = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: utf8.encode("fangxian slot") };
  return crypto.subtle.deriveKey(how, from, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** A box for the slot: the public key of this one exchange, and the box under what came of it. */
async function sealThrough(slot: Slot, plain: Bytes, about: string): Promise<Bytes> {
  const pair = await crypto.subtle.generateKey(P256, false, ["deriveBits"]);
  const once = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const box = await sealWith(await slotKey(pair.privateKey, slot.opening), plain, about);
  const through = new Uint8Array(POINT + box.length);
  through.set(once);
  through.set(box, POINT);
  return through;
}

async function openThrough(key: Bytes, through: Bytes, about: string): Promise<Bytes> {
  const own = await crypto.subtle.importKey("pkcs8", key, P256, false, ["deriveBits"]);
  return openWith(await slotKey(own, through.slice(0, POINT)), through.subarray(POINT), about);
}

// ---- the vault ---------------------------------------------------------------------------------------

/** "new": not enrolled · "locked" · "open" · "spent": the PIN is gone for good, unsent commands can only be saved. */
export type Condition = "new" | "locked" | "open" | "spent";

export interface Enrolled {
  device: string;
  secret: string;
  expiresAt: Date;
  lockMinutes: number;
}

export type Unlocked = { opened: true } | { opened: false; left: number; waitSeconds: number };

export class Vault {
  readonly db: Database;
  private readonly clock: () => number;
  private keys: Keys | null = null;
  private device_: Device | null = null;
  private dataKey: CryptoKey | null = null;
  private deliveryKey: CryptoKey | null = null;

  private constructor(db: Database, clock: () => number) {
    this.db = db;
    this.clock = clock;
  }

  static async open(db: Database, clock: () => number = Date.now): Promise<Vault> {
    const vault = new Vault(db, clock);
    await vault.reload();
    return vault;
  }

  /** Read anew what is stored: another tab may have enrolled, closed or wiped. */
  async reload(): Promise<void> {
    this.keys = ((await this.db.get("meta", "keys")) as Keys | undefined) ?? null;
    this.device_ = ((await this.db.get("meta", "device")) as Device | undefined) ?? null;
    if (!this.keys) this.dataKey = this.deliveryKey = null;
    else if (!this.keys.data) this.dataKey = null;
  }

  get condition(): Condition {
    if (!this.keys) return "new";
    if (this.unlocked) return "open";
    return this.device_?.closed === "tries" ? "spent" : "locked";
  }

  /** Opened by its PIN, and not locked since. A closed device opens too, for sending only. */
  private unlocked = false;

  get device(): Device {
    if (!this.device_) throw new Error("not enrolled");
    return this.device_;
  }

  /** False once the data is destroyed: the phone sends what it has, and does nothing else. */
  get hasData(): boolean {
    return this.keys?.data != null;
  }

  get canSeal(): boolean {
    return this.deliveryKey !== null;
  }

  /** `boxes` are put in at the same moment: a phone is enrolled with them or not at all. */
  async create(
    pin: string, enrolled: Enrolled, boxes: Readonly<Record<string, unknown>> = {}, iterations = ITERATIONS,
  ): Promise<void> {
    if (this.keys) throw new Error("already enrolled");
    const device = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const salt = crypto.getRandomValues(new Uint8Array(16));
    const [data, delivery] = [crypto.getRandomValues(new Uint8Array(32)), crypto.getRandomValues(new Uint8Array(32))];
    const secret = fromBase64(enrolled.secret);
    const byPin = await pinKey(pin, salt, iterations);
    const wrap = async (raw: Bytes, name: string): Promise<Bytes> =>
      sealWith(device, await sealWith(byPin, raw, name), name);

    this.deliveryKey = await aes(delivery);
    this.dataKey = await aes(data);
    const keys: Keys = {
      device,
      salt,
      iterations,
      data: await wrap(data, "data"),
      delivery: await wrap(delivery, "delivery"),
      rescue: await sealWith(await rescueKey(secret), delivery, "rescue"),
      secret: await sealWith(this.deliveryKey, secret, "secret"),
      slot: await makeSlot(this.deliveryKey),
    };
    data.fill(0);
    delivery.fill(0);
    const known: Device = {
      id: enrolled.device,
      expiresAt: enrolled.expiresAt.getTime(),
      lockMinutes: enrolled.lockMinutes,
      closed: "",
    };
    const sealed: [string, Bytes][] = [];
    for (const [name, value] of Object.entries(boxes)) sealed.push([name, await this.seal("data", value, name)]);
    const tx = this.db.transaction(["meta", "boxes"], "readwrite", { durability: "strict" });
    const meta = tx.objectStore("meta");
    await Promise.all([
      meta.put(keys, "keys"),
      meta.put(known, "device"),
      meta.delete("tries"),
      ...sealed.map(([name, box]) => tx.objectStore("boxes").put(box, name)),
      tx.done,
    ]);
    this.keys = keys;
    this.device_ = known;
    this.unlocked = true;
  }

  /** Wrong PINs are counted before they are tried, so that killing the app is no way round; the tenth destroys the data. */
  async unlock(pin: string): Promise<Unlocked> {
    const keys = this.keys;
    if (!keys || this.device.closed === "tries") return { opened: false, left: 0, waitSeconds: 0 };
    const begun = await this.beginTry();
    if (begun.wait > 0) return { opened: false, left: TRIES - begun.count, waitSeconds: begun.wait };

    try {
      const byPin = await pinKey(pin, keys.salt, keys.iterations);
      const unwrap = async (box: Bytes, name: string): Promise<CryptoKey> => {
        const raw = await openWith(byPin, await openWith(keys.device, box, name), name);
        const key = await aes(raw);
        raw.fill(0);
        return key;
      };
      this.deliveryKey = await unwrap(keys.delivery, "delivery");
      this.dataKey = keys.data ? await unwrap(keys.data, "data") : null;
    } catch {
      if (begun.count >= TRIES) await this.close("tries");
      return { opened: false, left: TRIES - begun.count, waitSeconds: PAUSES[begun.count] ?? 0 };
    }
    await this.db.delete("meta", "tries");
    this.unlocked = true;
    return { opened: true };
  }

  private async beginTry(): Promise<{ count: number; wait: number }> {
    const tx = this.db.transaction("meta", "readwrite", { durability: "strict" });
    const last = ((await tx.store.get("tries")) as { count: number; at: number } | undefined) ?? { count: 0, at: 0 };
    const passed = (this.clock() - last.at) / 1000;
    const pause = PAUSES[last.count] ?? LONGEST_PAUSE;
    // A clock set back must not lock somebody out for longer than the pause itself.
    const wait = passed < 0 ? pause : Math.ceil(pause - passed);
    if (wait > 0) {
      if (passed < 0) await tx.store.put({ ...last, at: this.clock() }, "tries");
      await tx.done;
      return { count: last.count, wait };
    }
    await tx.store.put({ count: last.count + 1, at: this.clock() }, "tries");
    await tx.done;
    return { count: last.count + 1, wait: 0 };
  }

  lock(): void {
    this.unlocked = false;
    this.dataKey = null;
  }

  async update(change: Partial<Pick<Device, "expiresAt" | "lockMinutes">>): Promise<void> {
    if (!this.device_) return;
    const next = { ...this.device_, ...change };
    if (next.expiresAt === this.device_.expiresAt && next.lockMinutes === this.device_.lockMinutes) return;
    this.device_ = next;
    await this.db.put("meta", next, "device");
  }

  /** Destroy everything but commands not yet sent and what is needed to deliver them. */
  async close(why: Exclude<Device["closed"], "">): Promise<void> {
    if (!this.keys || !this.device_) return;
    this.dataKey = null;
    if (why === "tries") {
      this.deliveryKey = null;
      this.unlocked = false;
    }
    this.keys = { ...this.keys, data: null };
    this.device_ = { ...this.device_, closed: this.device_.closed === "tries" ? "tries" : why };
    const tx = this.db.transaction(["meta", "boxes"], "readwrite", { durability: "strict" });
    await Promise.all([
      tx.objectStore("meta").put(this.keys, "keys"),
      tx.objectStore("meta").put(this.device_, "device"),
      tx.objectStore("boxes").clear(),
      tx.done,
    ]);
  }

  /** Destroy everything. Nothing unsent may be left, or somebody has saved it and said so. */
  async wipe(): Promise<void> {
    this.dataKey = this.deliveryKey = this.keys = this.device_ = null;
    this.unlocked = false;
    const tx = this.db.transaction(["meta", "boxes", "outbox"], "readwrite", { durability: "strict" });
    await Promise.all([
      tx.objectStore("meta").clear(),
      tx.objectStore("boxes").clear(),
      tx.objectStore("outbox").clear(),
      tx.done,
    ]);
  }

  private key(compartment: Compartment): CryptoKey {
    const key = compartment === "data" ? this.dataKey : this.deliveryKey;
    if (!key) throw new Error("locked");
    return key;
  }

  seal(compartment: Compartment, value: unknown, about: string): Promise<Bytes> {
    return sealWith(this.key(compartment), utf8.encode(JSON.stringify(value)), about);
  }

  async unseal<T>(compartment: Compartment, box: Bytes, about: string): Promise<T> {
    return JSON.parse(text.decode(await openWith(this.key(compartment), box, about))) as T;
  }

  /** Whether something new can be kept for sending though the phone is locked. */
  get canPost(): boolean {
    return this.canSeal || this.keys?.slot !== undefined;
  }

  /** Seal something for sending, on a locked phone too; `slot` says that it went through the slot. */
  async sealToSend(value: unknown, about: string): Promise<{ sealed: Bytes; slot?: true }> {
    if (this.canSeal || !this.keys?.slot) return { sealed: await this.seal("delivery", value, about) };
    return { sealed: await sealThrough(this.keys.slot, utf8.encode(JSON.stringify(value)), about), slot: true };
  }

  async unsealToSend<T>(box: Bytes, about: string, slot = false): Promise<T> {
    if (!slot) return this.unseal<T>("delivery", box, about);
    if (!this.keys?.slot) throw new Error("no slot");
    const key = await openWith(this.key("delivery"), this.keys.slot.key, "slot");
    return JSON.parse(text.decode(await openThrough(key, box, about))) as T;
  }

  /** Where this phone stands watch, or undefined. It can be read while locked. */
  async post(): Promise<Post | undefined> {
    return (await this.db.get("meta", "post")) as Post | undefined;
  }

  /** How far the server's clock was ahead when they last spoke, in ms; not known before. */
  async ahead(): Promise<number | undefined> {
    return (await this.db.get("meta", "ahead")) as number | undefined;
  }

  async noteAhead(ms: number): Promise<void> {
    const noted = await this.ahead();
    if (noted === undefined || Math.abs(ms - noted) > AHEAD_STEP_MS) await this.db.put("meta", ms, "ahead");
  }

  /** The value of the header Authorization. */
  async authorization(): Promise<string> {
    if (!this.keys) throw new Error("not enrolled");
    const secret = await openWith(this.key("delivery"), this.keys.secret, "secret");
    return `Device ${this.device.id}.${toBase64(secret)}`;
  }

  /** The delivery key, wrapped so that only the office can open it. */
  get rescue(): Bytes {
    if (!this.keys) throw new Error("not enrolled");
    return this.keys.rescue;
  }

  /** The private key of the slot, as only the delivery key opens it. */
  get slotKey(): Bytes | undefined {
    return this.keys?.slot?.key;
  }

  // ---- boxes: sealed values by name

  async get<T>(name: string): Promise<T | undefined> {
    const box = await this.db.get("boxes", name);
    return box && this.dataKey ? this.unseal<T>("data", box, name) : undefined;
  }

  async put(name: string, value: unknown): Promise<void> {
    const box = await this.seal("data", value, name);
    try {
      await this.db.put("boxes", box, name);
    } catch (error) {
      throw isFull(error) ? new NoRoom() : error;
    }
  }

  remove(name: string): Promise<void> {
    return this.db.delete("boxes", name);
  }

  names(prefix: string): Promise<string[]> {
    return this.db.getAllKeys("boxes", IDBKeyRange.bound(prefix, `${prefix}\uffff`));
  }
}

export const boxName = (mode: string, key: string): string => `mode:${mode}:${key}`;

/** A mode's own drawer in the vault. */
export function drawer(vault: Vault, mode: string): Store {
  const box = (key: string): string => boxName(mode, key);
  return {
    get: <T>(key: string) => vault.get<T>(box(key)),
    put: (key, value) => vault.put(box(key), value),
    remove: (key) => vault.remove(box(key)),
  };
}

/** Ask the browser not to evict what is stored; it may say no, so what waits is always shown. */
export async function askToStay(): Promise<boolean> {
  try {
    return (await navigator.storage?.persist?.()) ?? false;
  } catch {
    return false;
  }
}

/** Share of the storage in use, 0 to 1, or null where the browser does not say. */
export async function fullness(): Promise<number | null> {
  try {
    const { usage, quota } = (await navigator.storage?.estimate?.()) ?? {};
    return usage !== undefined && quota ? usage / quota : null;
  } catch {
    return null;
  }
}
