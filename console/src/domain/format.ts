// Numbers and times as people of the language write them; the platform's time zone is China's.
import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";

const ZONE = "Asia/Shanghai";

export const lastPart = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

export const number = (value: number | bigint, language: string, digits = 0): string =>
  new Intl.NumberFormat(language, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);

export const percent = (value: number, language: string): string =>
  new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(value);

export const ms = (time: Timestamp | undefined): number => (time ? timestampDate(time).getTime() : 0);

export function time(value: Timestamp | undefined, language: string, withSeconds = true): string {
  if (!value) return "—";
  return new Intl.DateTimeFormat(language, {
    timeZone: ZONE,
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    ...(withSeconds ? { second: "2-digit" as const } : {}),
    hourCycle: "h23",
  }).format(timestampDate(value));
}
