// How far the P and S waves of an earthquake have come. The warning's own countdowns come from the
// service (s_arrival_time of each county); the fronts on the map show the same public speed.
export const P_KM_S = 6.0;
export const S_KM_S = 3.5;
const EARTH_KM = 6371;
/** Beyond this the fronts leave the province and are of no use on its map. */
export const RADIUS_MAX_KM = 900;

/** Radius at the surface in km, `elapsed_s` after the origin; 0 before the wave has come up. */
export function frontKm(elapsedS: number, depthKm: number, speedKmS: number): number {
  const way = elapsedS * speedKmS;
  return way <= depthKm ? 0 : Math.sqrt(way * way - depthKm * depthKm);
}

/** A ring of points around a place, closed. */
export function circle(lon: number, lat: number, radiusKm: number, points = 96): [number, number][] {
  const ring: [number, number][] = [];
  const d = radiusKm / EARTH_KM;
  const phi = (lat * Math.PI) / 180;
  const lambda = (lon * Math.PI) / 180;
  for (let i = 0; i <= points; i += 1) {
    const bearing = (2 * Math.PI * (i % points)) / points;
    const y = Math.asin(Math.sin(phi) * Math.cos(d) + Math.cos(phi) * Math.sin(d) * Math.cos(bearing));
    const x =
      lambda +
      Math.atan2(
        Math.sin(bearing) * Math.sin(d) * Math.cos(phi),
        Math.cos(d) - Math.sin(phi) * Math.sin(y),
      );
    ring.push([(x * 180) / Math.PI, (y * 180) / Math.PI]);
  }
  return ring;
}

/** Whole seconds left until a moment, never below 0. */
export function secondsLeft(arrivalMs: number, nowMs: number): number {
  return Math.max(0, Math.ceil((arrivalMs - nowMs) / 1000));
}
