/** The words of the modes: desk, checkpoint, venue, tasks. */
import type { Texts } from "./words.ts";

export const modeWords = {} as const satisfies Texts;
