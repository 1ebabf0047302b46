import assert from "node:assert/strict";
import { test } from "node:test";
import type { Feature, FeatureCollection, Polygon } from "geojson";
import { boxOf, builtUpCore, contains, frameOf, freestCorner, labelBoxes, labelPoint, middle, overlap, size } from "../src/geometry.ts";

const square = (x: number, y: number, side: number): Polygon => ({
  type: "Polygon",
  coordinates: [[[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]],
});
const grid = (geometry: Polygon): Feature => ({ type: "Feature", properties: { name: "g" }, geometry });

/** An L lying on its back: a wide foot and a narrow leg, as Chengbei is. */
const bent: Polygon = {
  type: "Polygon",
  coordinates: [[[0, 0], [10, 0], [10, 10], [8, 10], [8, 3], [0, 3], [0, 0]]],
};

test("a point in a hole is outside", () => {
  const ring: Polygon = { type: "Polygon", coordinates: [square(0, 0, 10).coordinates[0]!, square(4, 4, 2).coordinates[0]!] };

  assert.equal(contains(ring, 1, 1), true);
  assert.equal(contains(ring, 5, 5), false);
  assert.equal(contains(ring, 11, 5), false);
});

test("the name of a bent shape stands inside it, though the middle of its box does not", () => {
  const [x, y] = middle(bent);

  assert.equal(contains(bent, 5, 5), false);
  assert.equal(contains(bent, x, y), true);
});

test("a shape that does not reach into the view gets no name there", () => {
  assert.deepEqual(labelBoxes(square(20, 20, 5), [0, 0, 10, 10]), []);
  assert.equal(labelPoint(square(20, 20, 5), [0, 0, 10, 10]), null);
});

test("the name of a shape half out of view stands in the half that is seen", () => {
  const [box] = labelBoxes(square(-10, 0, 20), [0, 0, 10, 10]);
  const [x, y] = labelPoint(square(-10, 0, 20), box!)!;

  assert.ok(x > 0 && x < 10 && y > 0 && y < 10);
});

test("the built-up core is where the small grids are", () => {
  const small = Array.from({ length: 36 }, (_, i) => grid(square(80 + (i % 6), 10 + Math.floor(i / 6), 1)));
  const large = Array.from({ length: 30 }, (_, i) => grid(square((i % 6) * 12, 30 + Math.floor(i / 6) * 12, 12)));
  const grids: FeatureCollection = { type: "FeatureCollection", features: [...large, ...small] };

  const core = builtUpCore(grids, [0, 0, 100, 100])!;

  assert.ok(core[0] > 75 && core[2] < 90 && core[1] > 5 && core[3] < 20, String(core));
});

test("a district that is all built up is not enlarged", () => {
  const even = Array.from({ length: 64 }, (_, i) => grid(square(i % 8, Math.floor(i / 8), 1)));

  assert.equal(builtUpCore({ type: "FeatureCollection", features: even }, [0, 0, 8, 8]), null);
  assert.equal(builtUpCore({ type: "FeatureCollection", features: even.slice(0, 5) }, [0, 0, 8, 8]), null);
});

test("the inset goes to the corner that hides least", () => {
  const all = [[0.1, 0.9], [0.9, 0.9], [0.9, 0.1]] as const;

  assert.equal(freestCorner(all, 0.4, 0.4), "top left");
  assert.equal(freestCorner([[0.1, 0.1], ...all.slice(1)], 0.4, 0.4), "bottom left");
});

test("a Chinese name takes more room than a Latin one of as many letters", () => {
  const width = (text: string): number => frameOf(text, 0, 0)[2] - frameOf(text, 0, 0)[0];

  assert.ok(width("朝阳街道") > width("Abcd"));
  assert.ok(overlap(frameOf("朝阳", 0, 0), frameOf("小桥", 10, 5)));
  assert.ok(!overlap(frameOf("朝阳", 0, 0), frameOf("小桥", 0, 40)));
});

test("sizes compare and boxes hold several shapes", () => {
  assert.ok(size(square(0, 0, 2)) > size(square(5, 5, 1)));
  assert.deepEqual(boxOf([square(0, 0, 2), square(5, 5, 1)]), [0, 0, 6, 6]);
});
