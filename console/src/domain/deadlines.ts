// What credit supervision has to do by when, of all kinds in one list: what is due first comes first.
import { type Clue, ClueState } from "../gen/tianfu/credit_supervision/v1/clue_pb.js";
import { type Objection, ObjectionState, type Repair, RepairState } from "../gen/tianfu/credit_supervision/v1/record_pb.js";

export type DeadlineKind = "clue" | "objection" | "repair" | "letting_go";

export interface Deadline {
  kind: DeadlineKind;
  /** The resource that waits. */
  name: string;
  /** Whom or what it is about: an entity, or a record. */
  about: string;
  /** When the time is over, in milliseconds. */
  endMs: number;
}

const DAY_MS = 86_400_000;
/** China's days begin eight hours before those of UTC, all the year. */
const CHINA_MS = 8 * 3_600_000;
const SETTLED: readonly ClueState[] = [ClueState.REFUSED, ClueState.RESULT, ClueState.CLOSED];

/** The end of a day in China, YYYY-MM-DD; 0 of none. */
export const endOfDay = (day: string): number => (day ? Date.parse(`${day}T00:00:00Z`) + DAY_MS - CHINA_MS : 0);

/** Whole days of China from now to the day on which the time is over: 0 today, less than 0 when it is over. */
export function daysLeft(endMs: number, nowMs: number): number {
  const day = (at: number): number => Math.floor((at + CHINA_MS) / DAY_MS);
  if (nowMs >= endMs) return Math.min(-1, day(endMs - 1) - day(nowMs));
  return day(endMs - 1) - day(nowMs);
}

/** What waits to be done; what is done, refused or taken back does not. */
export function deadlines(clues: readonly Clue[], objections: readonly Objection[], repairs: readonly Repair[]): Deadline[] {
  const letGo = (each: Repair): number => Number(each.withdrawByTime?.seconds ?? 0n) * 1000;
  const all: Deadline[] = [
    ...clues.filter((each) => !SETTLED.includes(each.state))
      .map((each) => ({ kind: "clue" as const, name: each.name, about: each.entity, endMs: endOfDay(each.dueDay) })),
    ...objections.filter((each) => each.state === ObjectionState.OPEN)
      .map((each) => ({ kind: "objection" as const, name: each.name, about: each.record, endMs: endOfDay(each.dueDay) })),
    ...repairs.filter((each) => each.state === RepairState.APPLIED)
      .map((each) => ({ kind: "repair" as const, name: each.name, about: each.record, endMs: endOfDay(each.dueDay) })),
    ...repairs.filter((each) => each.state === RepairState.GRANTED)
      .map((each) => ({ kind: "letting_go" as const, name: each.name, about: each.record, endMs: letGo(each) })),
  ];
  return all.filter((each) => each.endMs > 0).sort((a, b) => a.endMs - b.endMs || a.name.localeCompare(b.name));
}
