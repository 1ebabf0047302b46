import assert from "node:assert/strict";
import { test } from "node:test";
import { makeWords, texts } from "../src/phone/words.ts";

test("both languages say something at every key, with the same values in it", () => {
  const values = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([one]) => one).sort();

  for (const [key, [zh, en]] of Object.entries(texts)) {
    assert.ok(zh.trim() && en.trim(), key);
    assert.deepEqual(values(zh), values(en), key);
  }
});

test("Chinese takes full-width punctuation, and is not English", () => {
  for (const [key, [zh]] of Object.entries(texts)) {
    assert.doesNotMatch(zh, /\p{Script=Han}\s*[,;:!?()]|[,;:!?()]\s*\p{Script=Han}|\p{Script=Han}\.(?!\w)/u, `${key}: ${zh}`);
    if (key !== "language") assert.match(zh.replace(/\{\w+\}/g, ""), /\p{Script=Han}|^[^A-Za-z]*$/u, key);
  }
});

test("ages and values are said in words", () => {
  const [zh, en] = [makeWords("zh"), makeWords("en")];

  assert.equal(zh.ago(3 * 3600), "3 小时前");
  assert.equal(en.ago(59), "just now");
  assert.equal(en.ago(5 * 86_400), "5 d ago");
  assert.equal(zh("waitingCount", { n: 28 }), "28 条待上传");
  assert.equal(zh.of({ zh: "每户", en: "household" }), "每户");
  assert.equal(en.of(undefined), "");
});
