import { expect, it } from "vitest";

import { amounts, quantity, shareOf } from "./quantities";

it.each([["500m", 0.5], ["4", 4], ["256Mi", 268_435_456], ["1.5k", 1500], ["", 0], [undefined, 0]] as const)(
  "%s is %d", (text, value) => {
    expect(quantity(text)).toBe(value);
  },
);

it("what can't be read is no number, and no amount", () => {
  expect(quantity("much")).toBeNaN();
  expect(amounts({})).toBe("—");
  expect(amounts({ memory: "1Gi", cpu: "2" })).toBe("cpu 2, memory 1Gi");
});

it("a share is of what there is", () => {
  expect([shareOf("2", "4"), shareOf("8", "4"), shareOf(undefined, "4"), shareOf("1", undefined)]).toEqual([0.5, 1, 0, 0]);
});
