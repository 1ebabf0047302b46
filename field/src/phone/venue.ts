import type { Mode } from "./types.ts";

export const venue: Mode = {
  name: "venue",
  show: () => () => undefined,
};
