import { readFileSync, readdirSync } from "node:fs";

import { expect, it } from "vitest";

import { en } from "./en";
import { zh } from "./zh-CN";

const source = new URL("..", import.meta.url);
const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
  (name) => /\.tsx?$/.test(name) && !/^gen|test\.ts$|^i18n/.test(name),
);
const code = files.map((name) => readFileSync(new URL(name, source), "utf8"));

it("English has every text, with the same values in it", () => {
  const values = (text: string): string[] => (text.match(/\{\{\w+\}\}/g) ?? []).sort();
  for (const [key, text] of Object.entries(zh)) {
    expect(values(en[key as keyof typeof zh]), key).toEqual(values(text));
  }
});

it("no text is empty, and no key is one that nothing shows", () => {
  const all = code.join("\n");
  const built = [...all.matchAll(/[`"]([a-z_]+)\.\$\{/g)].map((found) => found[1] ?? "");
  const unused = Object.keys(zh).filter(
    (key) => !all.includes(`"${key}"`) && !built.includes(key.split(".")[0] ?? ""),
  );
  expect(unused).toEqual([]);
  expect(Object.values({ ...zh, ...en }).filter((text) => !text)).toEqual([]);
});

it("pages hold no Chinese of their own", () => {
  const found = files.filter((name, i) => !name.startsWith("domain") &&
    (code[i] ?? "")
      .replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, "")
      .replaceAll(/中文|"、"|，/g, "")
      .match(/\p{Script=Han}/u),
  );
  expect(found).toEqual([]);
});
