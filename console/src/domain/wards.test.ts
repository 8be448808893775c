import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, it } from "vitest";

import { AlertKind, AlertSchema, AlertState, type Score, ScoreSchema } from "../gen/tianfu/healthcare/v1/patient_pb.js";
import { courseOf, openAlerts, pathOf } from "./wards";

const score = (at: number, total: number, rule = "news2"): Score =>
  create(ScoreSchema, { observeTime: timestampFromMs(at), figures: { total, ruleVersion: `${rule}/CN/2017-12-19` } });

it("the course is of the kind that was scored last, in order of time", () => {
  const found = courseOf([score(3_000, 7), score(1_000, 2), score(2_000, 5, "qsofa")]);
  expect(found?.points).toEqual([[1_000, 2], [3_000, 7]]);
  expect(courseOf([])).toBeUndefined();
});

it("open alerts are counted by patient, critical values apart", () => {
  const alert = (state: AlertState, kind: AlertKind) => create(AlertSchema, { patient: "patients/a", state, kind });
  const found = openAlerts([
    alert(AlertState.OPEN, AlertKind.CRITICAL_VALUE), alert(AlertState.OPEN, AlertKind.SCORE), alert(AlertState.ACKNOWLEDGED, AlertKind.CRITICAL_VALUE),
  ]);
  expect(found.get("patients/a")).toEqual({ critical: 1, other: 1 });
});

it("a line is drawn within its box, and one value is a level", () => {
  expect(pathOf([[0, 0], [10, 20]], 60, 20, 20)).toBe("M0,20L60,0");
  expect(pathOf([[5, 10]], 60, 20, 20)).toBe("M0,10L60,10");
  expect(pathOf([], 60, 20, 20)).toBe("");
});
