/** Pages with a map and no charts: risk areas, grids, round plan. */
import "../css/dashboard.css";
import { startMap } from "./map.ts";

for (const element of document.querySelectorAll<HTMLElement>(".map[data-grids]")) void startMap(element);
