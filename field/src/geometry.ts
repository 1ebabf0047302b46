/** Plane geometry on longitude and latitude, enough for placing labels and choosing what to enlarge. */
import type { Feature, FeatureCollection, Geometry, Position } from "geojson";

/** west, south, east, north in degrees */
export type Box = readonly [number, number, number, number];

export function polygonsOf(geometry: Geometry): Position[][][] {
  if (geometry.type === "Polygon") return [geometry.coordinates];
  return geometry.type === "MultiPolygon" ? geometry.coordinates : [];
}

export function boxOf(geometries: readonly Geometry[]): Box {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const geometry of geometries) {
    for (const [x = 0, y = 0] of polygonsOf(geometry).flatMap((rings) => rings[0] ?? [])) {
      west = Math.min(west, x);
      east = Math.max(east, x);
      south = Math.min(south, y);
      north = Math.max(north, y);
    }
  }
  return [west, south, east, north];
}

function inRing(x: number, y: number, ring: readonly Position[]): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi = 0, yi = 0] = ring[i] ?? [];
    const [xj = 0, yj = 0] = ring[j] ?? [];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

export function contains(geometry: Geometry, x: number, y: number): boolean {
  return polygonsOf(geometry).some(
    ([outer = [], ...holes]) => inRing(x, y, outer) && !holes.some((hole) => inRing(x, y, hole)),
  );
}

/** Area of the outer rings in square degrees; only good for comparing neighbours. */
export function size(geometry: Geometry): number {
  let sum = 0;
  for (const [ring = []] of polygonsOf(geometry)) {
    let twice = 0;
    for (let i = 0; i + 1 < ring.length; i++) {
      const [x1 = 0, y1 = 0] = ring[i] ?? [];
      const [x2 = 0, y2 = 0] = ring[i + 1] ?? [];
      twice += x1 * y2 - x2 * y1;
    }
    sum += Math.abs(twice) / 2;
  }
  return sum;
}

/**
 * Where to write a name: a point of the shape inside `within`, as deep inside as a coarse grid of
 * samples can tell; null if the shape does not reach in.
 */
export function labelPoint(geometry: Geometry, within: Box, steps = 28): [number, number] | null {
  const [west, south, east, north] = within;
  const dx = (east - west) / steps;
  const dy = (north - south) / steps;
  const filled = Array.from({ length: steps }, (_, row) =>
    Array.from({ length: steps }, (_, column) => contains(geometry, west + (column + 0.5) * dx, south + (row + 0.5) * dy)),
  );
  let best: [number, number] | null = null;
  let deepest = 0;
  for (let row = 0; row < steps; row++) {
    for (let column = 0; column < steps; column++) {
      let depth = 0;
      // A name is wider than high, so room to the sides counts; the frame itself is an edge.
      while (
        filled[row]?.[column - 2 * depth] && filled[row]?.[column + 2 * depth] &&
        filled[row - depth]?.[column] && filled[row + depth]?.[column]
      )
        depth++;
      if (depth > deepest) {
        deepest = depth;
        best = [west + (column + 0.5) * dx, south + (row + 0.5) * dy];
      }
    }
  }
  return best;
}

/** Boxes in which to look for a label's place, best first: the shape as far as it is seen, then its halves. */
export function labelBoxes(geometry: Geometry, view: Box): Box[] {
  const own = boxOf([geometry]);
  const [west, south, east, north] = [
    Math.max(own[0], view[0]), Math.max(own[1], view[1]), Math.min(own[2], view[2]), Math.min(own[3], view[3]),
  ];
  if (west >= east || south >= north) return [];
  const [x, y] = [(west + east) / 2, (south + north) / 2];
  return [
    [west, south, east, north],
    [west, south, east, y],
    [x, south, east, north],
    [west, y, east, north],
    [west, south, x, north],
  ];
}

/** The middle of a shape, or a point inside it where the middle lies outside. */
export function middle(geometry: Geometry): [number, number] {
  const [west, south, east, north] = boxOf([geometry]);
  const centre: [number, number] = [(west + east) / 2, (south + north) / 2];
  return labelPoint(geometry, [west, south, east, north], 16) ?? centre;
}

/**
 * The built-up core: the box around the smaller half of the grids, leaving out the outermost tenth
 * on each side. Null if that is most of the district anyway, so that enlarging it would show nothing new.
 */
export function builtUpCore(grids: FeatureCollection, district: Box): Box | null {
  const cells = grids.features.map((grid) => ({ at: middle(grid.geometry), size: size(grid.geometry) }));
  if (cells.length < 20) return null;
  const small = cells.sort((a, b) => a.size - b.size).slice(0, Math.ceil(cells.length * 0.5));
  const between = (values: number[]): [number, number] => {
    values.sort((a, b) => a - b);
    const cut = Math.floor(values.length * 0.1);
    return [values[cut] ?? 0, values[values.length - 1 - cut] ?? 0];
  };
  const [west, east] = between(small.map((cell) => cell.at[0]));
  const [south, north] = between(small.map((cell) => cell.at[1]));
  const [padX, padY] = [(east - west) * 0.08, (north - south) * 0.08];
  const core: Box = [west - padX, south - padY, east + padX, north + padY];
  const share = ((core[2] - core[0]) * (core[3] - core[1])) / ((district[2] - district[0]) * (district[3] - district[1]));
  return share < 0.4 ? core : null;
}

export type Corner = "top left" | "top right" | "bottom left" | "bottom right";

/**
 * The corner of the map in which an inset hides least.
 *
 * points   of what must stay visible, as fractions of the map's width and height from its top left
 * width, height   of the inset, as the same fractions
 */
export function freestCorner(points: readonly (readonly [number, number])[], width: number, height: number): Corner {
  const corners: Corner[] = ["top left", "bottom left", "top right", "bottom right"];
  const hidden = (corner: Corner): number =>
    points.filter(
      ([x, y]) =>
        (corner.endsWith("left") ? x < width : x > 1 - width) && (corner.startsWith("top") ? y < height : y > 1 - height),
    ).length;
  return corners.reduce((best, corner) => (hidden(corner) < hidden(best) ? corner : best));
}

/** Left, top, right, bottom in pixels. */
export type Frame = readonly [number, number, number, number];

/** The room a name takes when its middle stands at x, y: a Han character is as wide as high. */
export function frameOf(text: string, x: number, y: number, height = 15): Frame {
  const width = [...text].reduce((sum, letter) => sum + height * (letter > "\u2e80" ? 1.1 : 0.66), 0);
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
}

export function overlap(a: Frame, b: Frame): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

export function nameOf(feature: Feature): string {
  return String((feature.properties as { name?: unknown } | null)?.name ?? "");
}
