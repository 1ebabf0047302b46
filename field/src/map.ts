/**
 * The map of grids by risk level.
 *
 *   <div class="map" data-grids="url" data-district="url" data-subdistricts="url" [data-neighbours="url"]
 *        data-levels="id" data-words="id" [data-card="id"] [data-inset="id"]></div>
 *
 * Grids are DOM paths with the class of their level (g0..g3), coloured by the style sheet alone. Levels come
 * from a json_script, `{"<number>": {"level": 2, "score": 60, "cases7": 4}}`; a grid not in it is routine.
 * When the page is refreshed, `recolour` reads it again: shapes, zoom and the picked grid stay.
 */
import * as L from "leaflet";
import type { Feature, FeatureCollection, GeoJsonObject, Geometry } from "geojson";
import {
  type Box, type Frame, boxOf, builtUpCore, contains, frameOf, freestCorner, labelBoxes, labelPoint, middle, nameOf, overlap,
} from "./geometry.ts";
import { json } from "./page.ts";

type GridProperties = { number: number | string; name: string; residents?: number; url?: string };
type Grid = Feature<Geometry, GridProperties>;
export type Level = { level: number; score?: number; cases7?: number };
type Levels = Record<string, Level>;
type Words = {
  levels: string[];
  zoom_in: string;
  zoom_out: string;
  score: string;
  cases7: string;
  residents: string;
  open: string;
  close: string;
};

const FINE_NAMES_FROM = 13.5; // zoom
const plain: L.MapOptions = { attributionControl: false, zoomControl: false, zoomSnap: 0.25, fadeAnimation: false };

async function read(url: string | undefined): Promise<FeatureCollection | null> {
  if (!url) return null;
  const answer = await fetch(url, { credentials: "same-origin" });
  return answer.ok ? ((await answer.json()) as FeatureCollection) : null;
}

const bounds = ([west, south, east, north]: Box): L.LatLngBounds => L.latLngBounds([south, west], [north, east]);

export class GridMap {
  private readonly paths = new Map<string, SVGElement[]>();
  private levels: Levels;
  private picked: Grid | null = null;
  private readonly element: HTMLElement;
  private readonly words: Words;

  constructor(element: HTMLElement) {
    this.element = element;
    this.words = json<Words>(element.dataset["words"]) ?? ({ levels: [] } as unknown as Words);
    this.levels = json<Levels>(element.dataset["levels"]) ?? {};
  }

  async start(): Promise<void> {
    const { grids: at, district: outline, subdistricts: parts, neighbours: around } = this.element.dataset;
    const [grids, district, subdistricts, neighbours] = await Promise.all([at, outline, parts, around].map(read));
    if (!grids) return;
    const layers = { grids, district: district ?? null, subdistricts: subdistricts ?? null, neighbours: neighbours ?? null };
    const shapes = (district ?? grids).features.map((feature) => feature.geometry);
    const whole = boxOf(shapes);

    const map = L.map(this.element, { ...plain, minZoom: 8, maxZoom: 18, scrollWheelZoom: false });
    map.on("focus", () => map.scrollWheelZoom.enable());
    map.on("blur", () => map.scrollWheelZoom.disable());
    L.control.zoom({ position: "topright", zoomInTitle: this.words.zoom_in, zoomOutTitle: this.words.zoom_out }).addTo(map);
    L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
    map.fitBounds(bounds(whole), { padding: [10, 10] });
    this.draw(map, layers);

    const core = builtUpCore(grids, whole);
    const inset = document.getElementById(this.element.dataset["inset"] ?? "");
    const hidden: Frame[] = [];
    let enlarged: Set<string> = new Set();
    if (core && inset && getComputedStyle(inset).display !== "none") {
      enlarged = this.enlarge(core, inset, map, layers);
      const { offsetLeft: left, offsetTop: top, offsetWidth, offsetHeight } = inset;
      hidden.push([left, top, left + offsetWidth, top + offsetHeight]);
    } else {
      inset?.remove();
      if (core && this.element.clientWidth < 560) map.fitBounds(bounds(core), { animate: false });
    }
    const names = L.layerGroup().addTo(map);
    const write = (): void => {
      names.clearLayers();
      const taken = [...hidden];
      this.nameAll(map, names, layers.subdistricts, "name", taken, enlarged);
      if (map.getZoom() >= FINE_NAMES_FROM) this.nameGrids(map, names, grids, taken);
      this.nameAll(map, names, layers.neighbours, "name far", taken);
    };
    write();
    map.on("moveend", write);
    new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(this.element);
    this.element.dataset["ready"] = "1";
  }

  /** Read the levels again and change the classes of the grids whose level changed. */
  recolour(): void {
    this.levels = json<Levels>(this.element.dataset["levels"]) ?? {};
    for (const [number, paths] of this.paths) for (const path of paths) this.paint(path, number);
    if (this.picked) this.show(this.picked);
  }

  private level(number: string): Level {
    return this.levels[number] ?? { level: 0 };
  }

  private paint(path: SVGElement, number: string): void {
    const { level } = this.level(number);
    if (path.dataset["level"] === String(level)) return;
    path.classList.remove("g0", "g1", "g2", "g3");
    path.classList.add(`g${level}`);
    path.dataset["level"] = String(level);
    path.setAttribute("aria-label", `${path.dataset["name"] ?? ""} ${this.words.levels[level] ?? ""}`.trim());
  }

  private draw(
    map: L.Map,
    layers: Record<"grids" | "district" | "subdistricts" | "neighbours", FeatureCollection | null>,
  ): void {
    const outline = (shapes: FeatureCollection | null, className: string, fill: boolean): void => {
      if (shapes) L.geoJSON(shapes as GeoJsonObject, { interactive: false, style: () => ({ className, fill }) }).addTo(map);
    };
    outline(layers.neighbours, "around", true);
    L.geoJSON(layers.grids as GeoJsonObject, {
      style: () => ({ className: "g" }),
      onEachFeature: (feature, layer) => {
        const grid = feature as Grid;
        const number = String(grid.properties.number);
        layer.on("click", () => this.show(grid));
        layer.on("add", () => {
          const path = (layer as L.Path).getElement() as SVGElement | undefined;
          if (!path) return;
          path.dataset["number"] = number;
          path.dataset["name"] = grid.properties.name;
          path.setAttribute("role", "img");
          this.paths.set(number, [...(this.paths.get(number) ?? []), path]);
          this.paint(path, number);
        });
        layer.bindTooltip(
          () => `${grid.properties.name} · ${this.words.levels[this.level(number).level] ?? ""}`,
          { sticky: true, className: "hover" },
        );
      },
    }).addTo(map);
    outline(layers.subdistricts, "subdistrict", false);
    outline(layers.district, "district", false);
  }

  private write(to: L.Map | L.LayerGroup, [x, y]: [number, number], text: string, className: string): void {
    const html = document.createElement("span");
    html.textContent = text;
    L.marker([y, x], { interactive: false, keyboard: false, icon: L.divIcon({ className, html, iconSize: [0, 0] }) }).addTo(to);
  }

  private enlarge(
    core: Box,
    inset: HTMLElement,
    map: L.Map,
    layers: Record<"grids" | "district" | "subdistricts" | "neighbours", FeatureCollection | null>,
  ): Set<string> {
    const { x: width, y: height } = map.getSize();
    const points = (layers.grids?.features ?? []).map((grid) => {
      const [x, y] = middle(grid.geometry);
      const at = map.latLngToContainerPoint([y, x]);
      return [at.x / width, at.y / height] as const;
    });
    inset.classList.add(...freestCorner(points, inset.clientWidth / width, inset.clientHeight / height).split(" "));
    const large = L.map(inset, {
      ...plain,
      dragging: false,
      scrollWheelZoom: false,
      doubleClickZoom: false,
      boxZoom: false,
      keyboard: false,
      touchZoom: false,
    });
    large.fitBounds(bounds(core));
    this.draw(large, layers);
    L.rectangle(large.getBounds(), { className: "frame", fill: false, interactive: false }).addTo(map);
    return this.nameAll(large, large, layers.subdistricts, "name", []);
  }

  /**
   * Names in the middle of what is seen of each shape, where they stand clear of the edges and of each other.
   *
   * taken   room already taken, in pixels; what these names take is added
   * skip    names written elsewhere
   * returns the names written
   */
  private nameAll(
    map: L.Map,
    to: L.Map | L.LayerGroup,
    shapes: FeatureCollection | null,
    className: string,
    taken: Frame[],
    skip: ReadonlySet<string> = new Set(),
  ): Set<string> {
    const seen = map.getBounds();
    const view: Box = [seen.getWest(), seen.getSouth(), seen.getEast(), seen.getNorth()];
    const { x: width, y: height } = map.getSize();
    const written = new Set<string>();
    for (const feature of shapes?.features ?? []) {
      const name = nameOf(feature);
      if (skip.has(name)) continue;
      for (const box of labelBoxes(feature.geometry, view)) {
        const place = labelPoint(feature.geometry, box);
        if (!place) continue;
        const spot = map.latLngToContainerPoint([place[1], place[0]]);
        const frame = frameOf(name, spot.x, spot.y, className === "name" ? 14 : 17);
        const outside = frame[0] < 4 || frame[1] < 4 || frame[2] > width - 4 || frame[3] > height - 4;
        if (outside || taken.some((other) => overlap(frame, other))) continue;
        // A name of what lies around must not run into the district.
        const ends = [frame[0], spot.x, frame[2]].map((px) => map.containerPointToLatLng([px, spot.y]));
        if (className !== "name" && !ends.every((end) => contains(feature.geometry, end.lng, end.lat))) continue;
        taken.push(frame);
        written.add(name);
        this.write(to, place, name, className);
        break;
      }
    }
    return written;
  }

  /** Names of grids where there is room for them, those at the highest risk first. */
  private nameGrids(map: L.Map, to: L.LayerGroup, grids: FeatureCollection, taken: Frame[]): void {
    const risk = (grid: Feature): number => this.level(String((grid as Grid).properties.number)).level;
    for (const grid of [...grids.features].sort((a, b) => risk(b) - risk(a))) {
      const place = middle(grid.geometry);
      const spot = map.latLngToContainerPoint([place[1], place[0]]);
      const frame = frameOf(nameOf(grid), spot.x, spot.y, 15);
      if (taken.some((other) => overlap(frame, other))) continue;
      taken.push(frame);
      this.write(to, place, nameOf(grid), "name fine");
    }
  }

  private show(grid: Grid): void {
    const card = document.getElementById(this.element.dataset["card"] ?? "");
    if (!card) return;
    const { number, name, residents, url } = grid.properties;
    const state = this.level(String(number));
    this.picked = grid;
    for (const path of this.element.parentElement?.querySelectorAll(".g.picked") ?? []) path.classList.remove("picked");
    for (const path of this.paths.get(String(number)) ?? []) path.classList.add("picked");

    const title = document.createElement("h3");
    title.textContent = name;
    const tag = document.createElement("span");
    tag.className = `tag risk-${state.level}`;
    tag.textContent = this.words.levels[state.level] ?? "";
    const list = document.createElement("dl");
    const rows: [string, number | undefined][] = [
      [this.words.score, state.score],
      [this.words.cases7, state.cases7],
      [this.words.residents, residents],
    ];
    for (const [label, value] of rows) {
      if (value === undefined) continue;
      const term = document.createElement("dt");
      term.textContent = label;
      const detail = document.createElement("dd");
      detail.textContent = value.toLocaleString("en-US");
      list.append(term, detail);
    }
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", this.words.close);
    close.addEventListener("click", () => {
      this.picked = null;
      card.hidden = true;
      for (const path of this.paths.get(String(number)) ?? []) path.classList.remove("picked");
    });
    card.replaceChildren(title, tag, list, close);
    if (url) {
      const link = document.createElement("a");
      link.href = url;
      link.textContent = this.words.open;
      card.append(link);
    }
    card.hidden = false;
  }
}

export async function startMap(element: HTMLElement): Promise<GridMap> {
  const map = new GridMap(element);
  document.addEventListener("live:changed", () => map.recolour());
  await map.start();
  return map;
}
