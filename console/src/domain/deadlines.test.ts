import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, it } from "vitest";

import { ClueSchema, ClueState } from "../gen/tianfu/credit_supervision/v1/clue_pb.js";
import { ObjectionSchema, ObjectionState, RepairSchema, RepairState } from "../gen/tianfu/credit_supervision/v1/record_pb.js";
import { daysLeft, deadlines, endOfDay } from "./deadlines";

it("a day is China's: it is over at 16:00 UTC", () => {
  expect(new Date(endOfDay("2026-03-01")).toISOString()).toBe("2026-03-01T16:00:00.000Z");
  expect(endOfDay("")).toBe(0);
});

it("the last day has no day left, and the minute after it is one too late", () => {
  const end = endOfDay("2026-03-02");
  expect(daysLeft(end, Date.parse("2026-03-02T15:59:00Z"))).toBe(0);
  expect(daysLeft(end, Date.parse("2026-03-01T15:59:00Z"))).toBe(1);
  expect(daysLeft(end, Date.parse("2026-03-02T16:00:00Z"))).toBe(-1);
  expect(daysLeft(end, Date.parse("2026-03-04T16:00:00Z"))).toBe(-3);
});

it("an hour that is over today is too late already", () => {
  const end = Date.parse("2026-03-02T02:00:00Z");
  expect(daysLeft(end, Date.parse("2026-03-02T01:59:00Z"))).toBe(0);
  expect(daysLeft(end, Date.parse("2026-03-02T02:00:00Z"))).toBe(-1);
});

it("what waits is listed by its time, and what is settled is not", () => {
  const clues = [
    create(ClueSchema, { name: "clues/a", entity: "entities/x", state: ClueState.NEW, dueDay: "2026-03-05" }),
    create(ClueSchema, { name: "clues/b", state: ClueState.CLOSED, dueDay: "2026-03-01" }),
  ];
  const objections = [
    create(ObjectionSchema, { name: "objections/a", record: "records/x", state: ObjectionState.OPEN, dueDay: "2026-03-03" }),
    create(ObjectionSchema, { name: "objections/b", state: ObjectionState.UPHELD, dueDay: "2026-03-03" }),
  ];
  const repairs = [
    create(RepairSchema, { name: "repairs/a", record: "records/y", state: RepairState.APPLIED, dueDay: "2026-03-04" }),
    create(RepairSchema, { name: "repairs/b", state: RepairState.GRANTED, dueDay: "2026-03-01", withdrawByTime: timestampFromMs(Date.parse("2026-03-02T00:00:00Z")) }),
    create(RepairSchema, { name: "repairs/c", state: RepairState.COMPLETE, dueDay: "2026-03-01" }),
  ];
  expect(deadlines(clues, objections, repairs).map((each) => [each.kind, each.name])).toEqual([
    ["letting_go", "repairs/b"], ["objection", "objections/a"], ["repair", "repairs/a"], ["clue", "clues/a"],
  ]);
});
