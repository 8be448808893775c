import { expect, test } from "vitest";

import { type Hit, SHOWN_MAX, found } from "./found";

const hit = (title: string, kind = "node"): Hit => ({ to: `/${title}`, title, kind });
const titles = (all: readonly Hit[], words: string): string[] => found(all, words).map((each) => each.title);

test("nothing is meant by no words", () => {
  expect(found([hit("a")], "  ")).toEqual([]);
});

test("who is named whole comes first, then who begins so, then who has it somewhere", () => {
  expect(titles([hit("x plant-10"), hit("my-plant-1"), hit("plant-1 x"), hit("other")], "Plant-1")).toEqual(["plant-1 x", "x plant-10", "my-plant-1"]);
});

test("every word has to be there, in any order", () => {
  expect(titles([hit("foundry chengdu"), hit("foundry")], "chengdu foundry")).toEqual(["foundry chengdu"]);
});

test("ten thousand nodes leave room for a unit and a pool", () => {
  const many = Array.from({ length: 10_000 }, (_, i) => hit(`node-${i} west`));
  const shown = found([...many, hit("west works", "unit"), hit("west", "pool")], "west");
  expect(shown).toHaveLength(SHOWN_MAX);
  expect(new Set(shown.map((each) => each.kind))).toEqual(new Set(["node", "unit", "pool"]));
});
