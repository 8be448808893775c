import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";

import { SleepPlanSchema } from "../gen/tianfu/energy/v1/station_pb.js";
import { type Interval, IntervalQuality, IntervalSchema } from "../gen/tianfu/energy/v1/unit_pb.js";
import { intervalMs, lastKnown, planAt, powerOf, stepAt, sumOf } from "./energy";

const QUARTER_MS = 900_000;
const interval = (index: number, amount: number, quality = IntervalQuality.MEASURED): Interval =>
  create(IntervalSchema, { startTime: timestampFromMs(index * QUARTER_MS), amount, quality });

describe("power", () => {
  it("is energy by the hour", () => {
    expect(powerOf([interval(0, 25), interval(1, 50)])).toEqual([[0, 100], [QUARTER_MS, 200]]);
  });
  it("is not known where the energy is doubted or missing", () => {
    const line = powerOf([interval(0, 25), interval(1, 0, IntervalQuality.ROLLBACK), interval(3, 25)]);
    expect(line.map(([, kw]) => kw)).toEqual([100, NaN, NaN, 100]);
  });
  it("of a lone interval takes it for a quarter of an hour", () => {
    expect(intervalMs([interval(0, 1)])).toBe(QUARTER_MS);
  });
  it("of several meters is known where all of them are", () => {
    const sum = sumOf([[[0, 1], [1, 2]], [[0, 10]]]);
    expect(sum).toEqual([[0, 11], [1, NaN]]);
    expect(lastKnown(sum)).toBe(11);
  });
});

describe("a cell", () => {
  const plan = (createdMs: number, asleep: boolean) =>
    create(SleepPlanSchema, {
      name: `p${createdMs}`, stepS: 60, createTime: timestampFromMs(createdMs),
      steps: [0, 60_000].map((at) => ({ startTime: timestampFromMs(at), asleep })),
    });
  it("sleeps by the step that now falls in, and by none outside of the plan", () => {
    const found = plan(0, true);
    expect([stepAt(found, 59_999)?.asleep, stepAt(found, 120_000), stepAt(undefined, 0)]).toEqual([true, undefined, undefined]);
  });
  it("follows the plan made last", () => {
    expect(planAt([plan(1000, true), plan(2000, false), plan(500, true)], 10)?.name).toBe("p2000");
  });
});
