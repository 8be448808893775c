// Counties of the province: names by GB/T 2260 code, borders for the map. Data: tools/console.py.
import data from "../data/counties.json";

export interface County {
  code: string;
  zh: string;
  en: string;
  at: [number, number];
}

interface Stored extends County {
  rings: number[][];
}

const stored = data.counties as unknown as Stored[];
export const counties: readonly County[] = stored;
export const prefectures: readonly { code: string; zh: string; en: string }[] = data.prefectures;

const byCode = new Map<string, { zh: string; en: string }>([
  ["510000", { zh: "四川省", en: "Sichuan" }],
  ...prefectures.map((each) => [each.code, each] as const),
  ...stored.map((each) => [each.code, each] as const),
]);
const countyByCode = new Map(stored.map((each) => [each.code, each]));

/** Name of a place of 2, 4 or 6 digits; the code itself when there is none. */
export function placeName(code: string, language: string): string {
  const found = byCode.get(code.padEnd(6, "0"));
  if (!found) return code;
  return language.startsWith("zh") ? found.zh : found.en;
}

/** A county with its prefecture before it: "成都市锦江区". */
export function longPlaceName(code: string, language: string): string {
  const own = placeName(code, language);
  const above = code.length === 6 && !code.endsWith("00") ? placeName(code.slice(0, 4), language) : "";
  if (!above) return own;
  return language.startsWith("zh") ? `${above}${own}` : `${own}, ${above}`;
}

export function county(code: string): County | undefined {
  return countyByCode.get(code);
}

/** Rings as longitude and latitude. A ring is stored as a start and steps of `data.step` degrees. */
export function ringOf(steps: readonly number[]): [number, number][] {
  const points: [number, number][] = [];
  let x = 0;
  let y = 0;
  for (let i = 0; i + 1 < steps.length; i += 2) {
    x += steps[i] ?? 0;
    y += steps[i + 1] ?? 0;
    points.push([x * data.step, y * data.step]);
  }
  return points;
}

/** Rings of each county, as longitude and latitude. */
export const borders = (): { code: string; zh: string; en: string; rings: [number, number][][] }[] =>
  stored.map(({ code, zh, en, rings }) => ({ code, zh, en, rings: rings.map(ringOf) }));

/** Codes of all counties that a code of 2, 4 or 6 digits takes in. */
export function countiesOf(code: string): string[] {
  return stored.filter((each) => each.code.startsWith(code)).map((each) => each.code);
}
