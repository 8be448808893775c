// Where a node is drawn. Its county is known and not its place: nodes of a county stand in a spiral
// around the county's seat, each always at the same place of it.
import { type County, countiesOf, county } from "./counties";

const GOLDEN = Math.PI * (3 - Math.sqrt(5));
const SPREAD_DEGREES = 0.012;

export function spot(code: string, rank: number): [number, number] | undefined {
  // A node may name its prefecture alone.
  const found: County | undefined = county(code) ?? county(countiesOf(code.replace(/(00)+$/, ""))[0] ?? "");
  if (!found) return undefined;
  const radius = SPREAD_DEGREES * Math.sqrt(rank);
  const angle = rank * GOLDEN;
  return [found.at[0] + radius * Math.cos(angle), found.at[1] + radius * Math.sin(angle)];
}

/** A place for each node, by name; the same arrays as long as the nodes are the same. */
export function places(nodes: Iterable<{ name: string; placeCode: string }>): Map<string, [number, number]> {
  const ranks = new Map<string, number>();
  const found = new Map<string, [number, number]>();
  const sorted = [...nodes].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const node of sorted) {
    const rank = ranks.get(node.placeCode) ?? 0;
    ranks.set(node.placeCode, rank + 1);
    const at = spot(node.placeCode, rank);
    if (at) found.set(node.name, at);
  }
  return found;
}
