import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";

import { Colour, WarningSchema, WarningState } from "../gen/tianfu/disaster_warning/v1/warning_pb.js";
import { borders, countiesOf, longPlaceName } from "./counties";
import { csv } from "./csv";
import { places } from "./places";
import { steps } from "./warnings";
import { circle, frontKm, secondsLeft } from "./waves";

describe("waves", () => {
  it("come up after they have crossed the depth, and then spread", () => {
    expect(frontKm(2, 10, 3.5)).toBe(0);
    expect(frontKm(10, 10, 3.5)).toBeCloseTo(33.54, 1);
  });
  it("are rings that close, of the radius asked for", () => {
    const ring = circle(103.6, 31, 111.19);
    expect(ring[0]).toEqual(ring.at(-1));
    expect(ring[0]?.[1]).toBeCloseTo(32, 1);
  });
  it("count down to nothing and never below", () => {
    expect([secondsLeft(5_500, 1_000), secondsLeft(1_000, 5_000)]).toEqual([5, 0]);
  });
});

describe("counties", () => {
  it("are 183, each a closed ring within the province", () => {
    const all = borders();
    expect(all).toHaveLength(183);
    for (const ring of all.flatMap(({ rings }) => rings)) {
      expect(ring[0]).toEqual(ring.at(-1));
      expect(ring.every(([x, y]) => x > 97 && x < 109 && y > 26 && y < 35)).toBe(true);
    }
  });
  it("are found by the code above them, and named with it", () => {
    expect(countiesOf("5101")).toHaveLength(20);
    expect(longPlaceName("510104", "zh-CN")).toBe("成都市锦江区");
  });
});

it("places of nodes stay, whatever order they come in", () => {
  const nodes = [{ name: "b", placeCode: "510104" }, { name: "a", placeCode: "510104" }];
  expect(places(nodes)).toEqual(places(nodes.toReversed()));
});

it("csv quotes what must be, and runs no formula", () => {
  expect(csv(["a"], [['=1+1, "x"'], ["-5"]])).toBe('\uFEFFa\r\n"\'=1+1, ""x"""\r\n-5\r\n');
});

describe("the next step of a warning", () => {
  const warning = (state: WarningState, colour = Colour.YELLOW) =>
    create(WarningSchema, { state, colour, drafter: "wang", reviewer: "li" });
  it.each([
    ["review", "own_draft", WarningState.DRAFT, "wang", ["DUTY_OFFICER"], Colour.YELLOW],
    ["review", "", WarningState.DRAFT, "li", ["DUTY_OFFICER"], Colour.YELLOW],
    ["review", "role", WarningState.DRAFT, "guest", ["VIEWER"], Colour.YELLOW],
    ["sign", "own_review", WarningState.REVIEWED, "li", ["WARNING_SIGNER"], Colour.YELLOW],
    ["sign", "authority", WarningState.REVIEWED, "chen", ["WARNING_SIGNER"], Colour.RED],
    ["sign", "", WarningState.REVIEWED, "zhao", ["WARNING_AUTHORITY"], Colour.RED],
    ["publish", "", WarningState.SIGNED_OFF, "chen", ["WARNING_SIGNER"], Colour.YELLOW],
  ] as const)("%s is hindered by '%s'", (act, hindrance, state, who, roles, colour) => {
    expect(steps(warning(state, colour), who, roles)[0]).toEqual({ act, hindrance });
  });
});
