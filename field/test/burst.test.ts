import assert from "node:assert/strict";
import { test } from "node:test";
import { Burst } from "../src/phone/burst.ts";
import type { Key } from "../src/phone/burst.ts";

const BOARD: Record<string, [code: string, shift: boolean]> = {
  ":": ["Semicolon", true], "$": ["Digit4", true], "%": ["Digit5", true], "*": ["Digit8", true], "+": ["Equal", true],
  "-": ["Minus", false], ".": ["Period", false], "/": ["Slash", false], " ": ["Space", false],
};

function type(burst: Burst, text: string, gap: number, ime = false): string | null {
  let time = 1000;
  for (const sign of text) {
    const upper = /[A-Z]/.test(sign);
    const [code, shiftKey] = BOARD[sign] ?? [/[0-9]/.test(sign) ? `Digit${sign}` : `Key${sign.toUpperCase()}`, upper];
    if (shiftKey) burst.press({ key: "Shift", code: "ShiftLeft", shiftKey: true, time });
    burst.press({ key: ime ? "Process" : sign, code, shiftKey, time } satisfies Key);
    time += gap;
  }
  return burst.press({ key: "Enter", code: "Enter", shiftKey: false, time });
}

test("a scanner's burst is a code", () => {
  assert.equal(type(new Burst(), "T000007G", 8), "T000007G");
});

test("what a person types is not", () => {
  assert.equal(type(new Burst(), "T000007G", 120), null);
});

test("a scanner is understood while a Chinese input method is on", () => {
  const text = "FX1:NCF%3A$Z 9+0-8.H/*QB";

  assert.equal(type(new Burst(), text, 8, true), text);
});

test("a person's letters before the scan are no part of it", () => {
  const burst = new Burst();
  burst.press({ key: "w", code: "KeyW", shiftKey: false, time: 0 });
  burst.press({ key: "a", code: "KeyA", shiftKey: false, time: 300 });

  assert.equal(type(burst, "63010519800101123X", 5), "63010519800101123X");
});

test("Enter pressed by hand after a burst that was broken off gives nothing", () => {
  const burst = new Burst();
  for (const [n, sign] of [..."T000007"].entries())
    burst.press({ key: sign, code: "", shiftKey: false, time: n * 5 });

  assert.equal(burst.press({ key: "Enter", code: "Enter", shiftKey: false, time: 900 }), null);
});

test("a second code follows the first", () => {
  const burst = new Burst();
  type(burst, "T000007G", 8);

  assert.equal(type(burst, "T000008F", 8), "T000008F");
});

test("a phone that is busy for a moment does not break a code in two", () => {
  const burst = new Burst();
  const text = "FX1:NCF3AZ90H8QB";
  for (const [n, sign] of [...text].entries())
    burst.press({ key: sign, code: "", shiftKey: false, time: n * 5 + (n > 7 ? 150 : 0) });

  assert.equal(burst.press({ key: "Enter", code: "Enter", shiftKey: false, time: 240 }), text);
});
