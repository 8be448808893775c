import { expect, it } from "vitest";

import { PROVINCE, fitted, inWorld, onScreen, panned, project, scaleOf, zoomOf, zoomed } from "./view";

const size = { width: 800, height: 600 };

it("Web Mercator: the equator is in the middle, and latitude 85.051 at the edge", () => {
  expect(project([0, 0])).toEqual([0.5, 0.5]);
  expect(project([180, 85.05112878])[0]).toBe(1);
  expect(project([180, 85.05112878])[1]).toBeCloseTo(0, 9);
  expect(zoomOf(scaleOf(6.5))).toBeCloseTo(6.5, 9);
});

it("a box is shown whole, and as large as it goes", () => {
  const view = fitted(PROVINCE, size, 16, 9);
  const [left, bottom] = onScreen(view, size, project(PROVINCE[0]));
  const [right, top] = onScreen(view, size, project(PROVINCE[1]));
  expect(Math.min(left, top, 800 - right, 600 - bottom)).toBeCloseTo(16, 6);
  expect(fitted([[104, 30], [104.001, 30.001]], size, 16, 9).scale).toBe(scaleOf(9));
});

it("a point of the screen is where it was: there and back, panned, zoomed", () => {
  const view = fitted(PROVINCE, size, 16, 9);
  const place = inWorld(view, size, [300, 200]);
  expect(onScreen(view, size, place)[0]).toBeCloseTo(300, 6);
  expect(onScreen(panned(view, 25, -10), size, place)[0]).toBeCloseTo(325, 6);
  const near = zoomed(view, size, [300, 200], 2);
  expect(onScreen(near, size, place)).toEqual([expect.closeTo(300, 6), expect.closeTo(200, 6)]);
  expect(near.scale).toBe(2 * view.scale);
});

it("nobody gets lost", () => {
  const far = panned(fitted(PROVINCE, size, 16, 9), -1e6, -1e6);
  expect(far.x).toBe(project(PROVINCE[1])[0]);
  expect(zoomed(far, size, [400, 300], 1e9).scale).toBe(scaleOf(12));
});
