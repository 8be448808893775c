// Which of all that is known is meant by some words: the best first, and something of each kind.

export interface Hit {
  to: string;
  title: string;
  kind: string;
}

export const SHOWN_MAX = 24;
/** Of one kind so many at first, so that ten thousand nodes leave room for a unit. */
const OF_KIND_MAX = 6;

/** 0 when the whole title or one of its words is meant, 1 when one begins so, 2 when it is in there. */
function rank(title: string, words: string): number {
  const text = title.toLowerCase();
  const parts = text.split(/\s+/);
  if (text === words || parts.includes(words)) return 0;
  return text.startsWith(words) || parts.some((part) => part.startsWith(words)) ? 1 : 2;
}

/** Hits that have every word in their titles; those of a kind that has many come behind, or not at all. */
export function found(all: readonly Hit[], asked: string): Hit[] {
  const words = asked.trim().toLowerCase();
  if (!words) return [];
  const each = words.split(/\s+/);
  const matching = all
    .filter((hit) => each.every((word) => hit.title.toLowerCase().includes(word)))
    .map((hit) => ({ hit, at: rank(hit.title, words) }))
    .sort((a, b) => a.at - b.at);
  const count = new Map<string, number>();
  const first: Hit[] = [];
  const rest: Hit[] = [];
  for (const { hit } of matching) {
    const before = count.get(hit.kind) ?? 0;
    count.set(hit.kind, before + 1);
    (before < OF_KIND_MAX ? first : rest).push(hit);
  }
  return [...first, ...rest].slice(0, SHOWN_MAX);
}
