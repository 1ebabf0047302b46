import type { Mode } from "./types.ts";

export const desk: Mode = {
  name: "desk",
  show: () => () => undefined,
};
