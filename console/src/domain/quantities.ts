// Amounts as Kubernetes writes them ("500m", "4", "256Mi"), as numbers to compare.
const SCALES: Record<string, number> = {
  m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15,
  Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50,
};

export function quantity(text: string | undefined): number {
  if (!text) return 0;
  const [, digits = "", scale = ""] = /^([0-9.]+)([A-Za-z]*)$/.exec(text) ?? [];
  return Number(digits || NaN) * (scale ? (SCALES[scale] ?? NaN) : 1);
}

/** "cpu 2, memory 1Gi"; a dash for nothing. */
export const amounts = (given: Readonly<Record<string, string>>): string =>
  Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, text]) => `${name} ${text}`).join(", ") || "—";

/** What share of what there is one has, 0 to 1; of nothing it is nothing. */
export function shareOf(part: string | undefined, whole: string | undefined): number {
  const all = quantity(whole);
  return all > 0 ? Math.min(1, quantity(part) / all) : 0;
}
