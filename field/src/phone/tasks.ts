import type { Mode } from "./types.ts";

export const tasks: Mode = {
  name: "tasks",
  show: () => () => undefined,
};
