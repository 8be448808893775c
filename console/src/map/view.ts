// Which part of the world a map shows: Web Mercator, the whole world being 1 by 1.
export type Point = [number, number];

export interface View {
  /** The world's point in the middle. */
  x: number;
  y: number;
  /** Pixels of the whole world's width. */
  scale: number;
}
export interface Size {
  width: number;
  height: number;
}

/** Pixels of the world at zoom 0, as web maps count. */
const WORLD_PX = 512;
export const scaleOf = (zoom: number): number => WORLD_PX * 2 ** zoom;
export const zoomOf = (scale: number): number => Math.log2(scale / WORLD_PX);
const SCALE_MIN = scaleOf(4);
const SCALE_MAX = scaleOf(12);

/** Longitude and latitude in degrees as a point of the world. */
export function project([longitude, latitude]: readonly [number, number]): Point {
  const sine = Math.sin((latitude * Math.PI) / 180);
  return [(longitude + 180) / 360, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
}

/** Nobody pans so far that the province is lost: its box in degrees. */
export const PROVINCE: readonly [Point, Point] = [[97.3, 26.0], [108.6, 34.4]];
const [WEST, SOUTH] = project(PROVINCE[0]);
const [EAST, NORTH] = project(PROVINCE[1]);
const between = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

export const clamped = (view: View): View => ({
  x: between(view.x, WEST, EAST),
  y: between(view.y, NORTH, SOUTH),
  scale: between(view.scale, SCALE_MIN, SCALE_MAX),
});

/** The view that shows a box of degrees as large as it goes. */
export function fitted([low, high]: readonly [Point, Point], size: Size, padding: number, zoomMax: number): View {
  const [west, south] = project(low);
  const [east, north] = project(high);
  const wide = Math.max(1, size.width - 2 * padding) / (east - west);
  const tall = Math.max(1, size.height - 2 * padding) / (south - north);
  return clamped({ x: (west + east) / 2, y: (north + south) / 2, scale: Math.min(wide, tall, scaleOf(zoomMax)) });
}

export const onScreen = (view: View, size: Size, [x, y]: Point): Point => [
  (x - view.x) * view.scale + size.width / 2, (y - view.y) * view.scale + size.height / 2,
];
export const inWorld = (view: View, size: Size, [x, y]: Point): Point => [
  (x - size.width / 2) / view.scale + view.x, (y - size.height / 2) / view.scale + view.y,
];

export const panned = (view: View, dx: number, dy: number): View =>
  clamped({ ...view, x: view.x - dx / view.scale, y: view.y - dy / view.scale });

/** Zoomed by a factor, with what is under a point of the screen staying there. */
export function zoomed(view: View, size: Size, at: Point, factor: number): View {
  const [x, y] = inWorld(view, size, at);
  const scale = between(view.scale * factor, SCALE_MIN, SCALE_MAX);
  return clamped({ x: x - (at[0] - size.width / 2) / scale, y: y - (at[1] - size.height / 2) / scale, scale });
}
