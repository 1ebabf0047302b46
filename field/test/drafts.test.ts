import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Drafts } from "../src/drafts.ts";

class Memory implements Storage {
  private readonly held = new Map<string, string>();
  get length(): number {
    return this.held.size;
  }
  clear(): void {
    this.held.clear();
  }
  getItem(key: string): string | null {
    return this.held.get(key) ?? null;
  }
  key(index: number): string | null {
    return [...this.held.keys()][index] ?? null;
  }
  removeItem(key: string): void {
    this.held.delete(key);
  }
  setItem(key: string, value: string): void {
    this.held.set(key, value);
  }
}

const nothing = new Set<string>();
let store: Memory;
beforeEach(() => {
  store = new Memory();
});

test("what was typed comes back to the person who typed it", () => {
  new Drafts(store, "wang").keep("/cases/new", { name: ["马玉梅"] });

  assert.deepEqual(new Drafts(store, "wang").find("/cases/new"), { name: ["马玉梅"] });
});

test("another person at the same screen sees nothing of it, and it is gone", () => {
  new Drafts(store, "wang").keep("/cases/new", { name: ["马玉梅"] });

  const li = new Drafts(store, "li");
  assert.equal(li.find("/cases/new"), null);
  li.dropAccepted(nothing);

  assert.equal(store.length, 0);
});

test("the sign-in page, where nobody is known yet, leaves drafts alone", () => {
  new Drafts(store, "wang").keep("/cases/new", { name: ["马玉梅"] });

  new Drafts(store, "").dropAccepted(nothing);

  assert.notEqual(new Drafts(store, "wang").find("/cases/new"), null);
});

test("an accepted form leaves no draft", () => {
  const drafts = new Drafts(store, "wang");
  drafts.keep("/cases/new", { name: ["马玉梅"] });
  drafts.markSent("/cases/new");

  drafts.dropAccepted(nothing);

  assert.equal(drafts.find("/cases/new"), null);
});

test("a form that comes back with errors keeps its draft, one never sent too", () => {
  const drafts = new Drafts(store, "wang");
  drafts.keep("/cases/new", { name: ["马玉梅"] });
  drafts.keep("/tubes/new", { code: ["T0001"] });
  drafts.markSent("/cases/new");

  drafts.dropAccepted(new Set(["/cases/new"]));

  assert.notEqual(drafts.find("/cases/new"), null);
  assert.notEqual(drafts.find("/tubes/new"), null);
});

test("signing out takes every draft and nothing else", () => {
  const drafts = new Drafts(store, "wang");
  drafts.keep("/cases/new", {});
  store.setItem("appearance", "dark");

  drafts.dropAll();

  assert.equal(store.length, 1);
});

test("a damaged draft is no draft", () => {
  store.setItem("draft:/cases/new", "{");

  assert.equal(new Drafts(store, "wang").find("/cases/new"), null);
});
