/**
 * Everything the app says, in both languages. A key that is missing in one of them does not compile.
 * Values stand in braces. Chinese takes full-width punctuation.
 */
import { modeWords } from "./words-modes.ts";

export type Texts = Record<string, readonly [zh: string, en: string]>;

const own = {
  app: ["防线外勤", "Fangxian field"],
} as const satisfies Texts;

const all = { ...own, ...modeWords };

export type Key = keyof typeof all;
