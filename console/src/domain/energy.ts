// Energy as pages show it: power of intervals, where a quota stands, whether a cell sleeps now.
import { type Interval, IntervalQuality, QuotaStage } from "../gen/tianfu/energy/v1/unit_pb.js";
import type { SleepPlan, SleepStep } from "../gen/tianfu/energy/v1/station_pb.js";
import { ms } from "./format";

const HOUR_MS = 3_600_000;
const KNOWN: ReadonlySet<IntervalQuality> = new Set([IntervalQuality.MEASURED, IntervalQuality.ESTIMATED]);

/** Length of an interval: the least distance of two beginnings; a quarter of an hour for one alone. */
export function intervalMs(intervals: readonly Interval[]): number {
  let least = Infinity;
  for (let i = 1; i < intervals.length; i += 1) {
    const step = ms(intervals[i]?.startTime) - ms(intervals[i - 1]?.startTime);
    if (step > 0 && step < least) least = step;
  }
  return Number.isFinite(least) ? least : HOUR_MS / 4;
}

/** Mean power of each interval in kW; NaN, a gap in the line, where the energy is not known. */
export function powerOf(intervals: readonly Interval[]): [number, number][] {
  const lengthMs = intervalMs(intervals);
  const points: [number, number][] = [];
  let due: number | undefined;
  for (const each of intervals) {
    const at = ms(each.startTime);
    if (due !== undefined && at > due) points.push([due, NaN]);
    points.push([at, KNOWN.has(each.quality) ? (each.amount * HOUR_MS) / lengthMs : NaN]);
    due = at + lengthMs;
  }
  return points;
}

/** Sum of lines at the moments that all of them know: one meter unknown, the sum is unknown. */
export function sumOf(lines: readonly (readonly [number, number][])[]): [number, number][] {
  const [first, ...others] = lines;
  if (!first) return [];
  const maps = others.map((line) => new Map(line));
  return first.map(([at, kw]) => [at, maps.reduce((sum, map) => sum + (map.get(at) ?? NaN), kw)]);
}

/** The last known value of a line. */
export const lastKnown = (line: readonly [number, number][]): number | undefined =>
  line.findLast(([, value]) => !Number.isNaN(value))?.[1];

export const STAGES: Record<QuotaStage, "none" | "within" | "notice" | "warning" | "exceeded"> = {
  [QuotaStage.UNSPECIFIED]: "none",
  [QuotaStage.WITHIN]: "within",
  [QuotaStage.NOTICE]: "notice",
  [QuotaStage.WARNING]: "warning",
  [QuotaStage.EXCEEDED]: "exceeded",
};

/** The step of a plan that a moment falls in; undefined before it begins and after it has ended. */
export function stepAt(plan: SleepPlan | undefined, nowMs: number): SleepStep | undefined {
  if (!plan) return undefined;
  return plan.steps.find((step) => {
    const from = ms(step.startTime);
    return from <= nowMs && nowMs < from + plan.stepS * 1000;
  });
}

/** The plan that is in force: of those that a moment falls in, the one made last. */
export function planAt(plans: readonly SleepPlan[], nowMs: number): SleepPlan | undefined {
  return plans
    .filter((plan) => stepAt(plan, nowMs) !== undefined)
    .toSorted((a, b) => ms(b.createTime) - ms(a.createTime))[0];
}
