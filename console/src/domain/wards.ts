// Wards as pages show them: the course of each patient's score, and what is open there.
import { AlertKind, AlertState, type Alert, type Patient, type Score } from "../gen/tianfu/healthcare/v1/patient_pb.js";
import { lastPart, ms } from "./format";

export interface Course {
  /** The latest score. */
  latest: Score;
  /** Time in ms and total of all scores of its kind, the earliest first. */
  points: [number, number][];
}

/** The rule of a score without its version: "news2". */
export const scoreOf = (each: Score): string => each.figures?.ruleVersion.split("/")[0] ?? "";

/** The course of the kind of score that was made last; undefined when there is none. */
export function courseOf(scores: readonly Score[]): Course | undefined {
  const sorted = scores.toSorted((a, b) => ms(a.observeTime) - ms(b.observeTime));
  const latest = sorted.at(-1);
  if (!latest?.figures) return undefined;
  const mine = sorted.filter((each) => scoreOf(each) === scoreOf(latest));
  return { latest, points: mine.map((each) => [ms(each.observeTime), each.figures?.total ?? 0]) };
}

/** A patient's name as the caller may see it; the beginning of the id where there is none. */
export const patientName = (patient: Patient): string =>
  `${patient.facts?.familyName ?? ""}${patient.facts?.givenName ?? ""}` || lastPart(patient.name).slice(0, 10);

/** Where a patient lies: facility and ward, empty when that is not known. */
export const wardOf = (patient: Patient): string =>
  [patient.visit?.facility, patient.visit?.ward].filter(Boolean).join(" ");

/** Alerts that nobody has answered, by patient: critical values and others. */
export function openAlerts(alerts: readonly Alert[]): ReadonlyMap<string, { critical: number; other: number }> {
  const found = new Map<string, { critical: number; other: number }>();
  for (const each of alerts) {
    if (each.state !== AlertState.OPEN) continue;
    const counts = found.get(each.patient) ?? { critical: 0, other: 0 };
    if (each.kind === AlertKind.CRITICAL_VALUE) counts.critical += 1;
    else counts.other += 1;
    found.set(each.patient, counts);
  }
  return found;
}

/** A line through points within a box, as SVG draws it. A single value is a level line. */
export function pathOf(points: readonly (readonly [number, number])[], width: number, height: number, top: number): string {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return "";
  const span = Math.max(1, last[0] - first[0]);
  const y = (value: number): number => Math.round((height - (Math.min(value, top) / top) * height) * 10) / 10;
  const drawn = points.map(([at, value]) => `${Math.round(((at - first[0]) / span) * width)},${y(value)}`);
  if (points.length === 1) drawn.push(`${width},${y(first[1])}`);
  return `M${drawn.join("L")}`;
}
