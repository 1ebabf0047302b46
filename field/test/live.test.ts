import assert from "node:assert/strict";
import { test } from "node:test";
import { Freshness, pause } from "../src/live.ts";

test("a page says its age only after three missed answers", () => {
  const page = new Freshness(0);
  page.missed();
  page.missed();
  assert.equal(page.age(12_000), null);

  page.missed();

  assert.equal(page.age(17_000), 17);
});

test("one answer makes the page fresh again", () => {
  const page = new Freshness(0);
  for (let i = 0; i < 5; i++) page.missed();

  page.answered(30_000);
  page.missed();

  assert.equal(page.age(40_000), null);
});

test("a server in trouble is asked less and less, but at least once a minute", () => {
  assert.equal(pause(5, 0), 5);
  assert.equal(pause(5, 3), 5);
  assert.equal(pause(5, 5), 20);
  assert.equal(pause(5, 50), 60);
});
