// Lists to their end, and calls a few at a time: browsers have six connections to an origin.
const PAGES_MAX = 50;

/** All pages of a list; bounded, since a list without end would never be shown. */
export async function pages<T>(page: (token: string) => Promise<[T[], string]>): Promise<T[]> {
  const found: T[] = [];
  let token = "";
  for (let count = 0; count < PAGES_MAX; count += 1) {
    const [rows, next] = await page(token);
    found.push(...rows);
    if (!next) break;
    token = next;
  }
  return found;
}

/** Do something for each, so many at once; the first failure is the failure of all. */
export async function atMost<T>(limit: number, all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...all];
  const work = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await act(one);
  };
  await Promise.all(Array.from({ length: Math.min(limit, all.length) }, work));
}
