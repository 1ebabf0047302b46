/** The modes a phone can be put in; which of them a person may use is in the feed's part "me". */
import { checkpoint } from "./checkpoint.ts";
import { desk } from "./desk.ts";
import { tasks } from "./tasks.ts";
import type { Mode, ModeName } from "./types.ts";
import { venue } from "./venue.ts";

export const modes: Readonly<Record<ModeName, Mode>> = { desk, checkpoint, venue, tasks };
