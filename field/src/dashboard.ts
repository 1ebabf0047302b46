/** The command dashboard: charts and the map. Figures, feed and table are the server's (live.ts). */
import "../css/dashboard.css";
import { startCharts } from "./charts.ts";
import { startMap } from "./map.ts";

startCharts();
for (const element of document.querySelectorAll<HTMLElement>(".map[data-grids]")) void startMap(element);
