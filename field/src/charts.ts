/**
 * Charts: <div class="chart" data-chart="bars|progress" data-from="id of a json_script"></div>
 *
 *   {"x": ["09-01", …], "series": [{"name": "Found in community", "colour": 1, "values": [3, …]}, …]}
 *
 * bars       stacked columns a day
 * progress   lines over a day; a series with "planned": true is dashed, null values end a line
 *
 * Tooltips are elements, never strings of HTML: an inline style in a string breaks the page's CSP.
 */
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { json, token } from "./page.ts";

echarts.use([BarChart, LineChart, GridComponent, TooltipComponent, AriaComponent, SVGRenderer]);

type Series = { name: string; colour: number; values: (number | null)[]; planned?: boolean };
export type ChartData = { x: string[]; series: Series[]; unit?: string };
type Point = { axisValueLabel?: string; name?: string; seriesName?: string; value?: unknown; color?: unknown };

function tooltip(points: unknown): HTMLElement {
  const list = (Array.isArray(points) ? points : [points]) as Point[];
  const box = document.createElement("div");
  const title = document.createElement("b");
  title.textContent = list[0]?.axisValueLabel ?? list[0]?.name ?? "";
  box.append(title);
  for (const point of list) {
    if (point.value === null || point.value === undefined) continue;
    const row = document.createElement("div");
    row.className = "tiprow";
    const swatch = document.createElement("i");
    swatch.style.background = String(point.color);
    const label = document.createElement("span");
    label.textContent = point.seriesName ?? "";
    const value = document.createElement("em");
    value.textContent = Number(point.value).toLocaleString("en-US");
    row.append(swatch, label, value);
    box.append(row);
  }
  return box;
}

export function options(kind: string, data: ChartData, colour: (name: string) => string): echarts.EChartsCoreOption {
  const text = { color: colour("--ink-3"), fontSize: 11.5, fontFamily: colour("--font") };
  const progress = kind === "progress";
  const every = Math.max(1, Math.ceil(data.x.length / 6)); // labels counted from the last day, which matters most
  return {
    animation: false,
    aria: { enabled: true },
    textStyle: { fontFamily: colour("--font") },
    grid: { left: 4, right: 14, top: 14, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis",
      formatter: tooltip,
      confine: true,
      backgroundColor: colour("--surface"),
      borderColor: colour("--line"),
      textStyle: { color: colour("--ink"), fontSize: 12.5 },
    },
    xAxis: {
      type: "category",
      boundaryGap: !progress,
      data: data.x,
      axisLabel: { ...text, interval: (index: number) => (data.x.length - 1 - index) % every === 0 },
      axisLine: { lineStyle: { color: colour("--line") } },
      axisTick: { show: false },
    },
    yAxis: {
      type: "value",
      splitNumber: 4,
      minInterval: progress ? 0 : 1,
      axisLabel: text,
      splitLine: { lineStyle: { color: colour("--line-soft") } },
    },
    series: data.series.map((series) => {
      const own = series.planned ? colour("--ink-3") : colour(`--chart-${series.colour}`);
      const shared = { name: series.name, data: series.values, color: own };
      return progress
        ? {
            ...shared,
            type: "line",
            symbol: "none",
            lineStyle: { width: series.planned ? 1.5 : 2.5, type: series.planned ? "dashed" : "solid", color: own },
            ...(series.planned ? {} : { areaStyle: { opacity: 0.12, color: own } }),
          }
        : { ...shared, type: "bar", stack: "all", barCategoryGap: "24%", barMaxWidth: 34 };
    }),
  };
}

export function startCharts(): void {
  const charts = [...document.querySelectorAll<HTMLElement>(".chart[data-chart]")].map((element) => {
    const chart = echarts.init(element, null, { renderer: "svg" });
    let shown = "";
    const draw = (force: boolean): void => {
      const data = json<ChartData>(element.dataset["from"]);
      const text = JSON.stringify(data);
      if (!data || (!force && text === shown)) return;
      shown = text;
      chart.setOption(options(element.dataset["chart"] ?? "bars", data, token), true);
    };
    draw(true);
    new ResizeObserver(() => chart.resize()).observe(element);
    return draw;
  });
  document.addEventListener("live:changed", () => charts.forEach((draw) => draw(false)));
  document.addEventListener("appearance", () => charts.forEach((draw) => draw(true)));
}
