// The energy service. Apart from the other clients: who looks at the map loads nothing of it.
import { type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";

import { EnergyService } from "../gen/tianfu/energy/v1/energy_service_pb.js";
import type { Interval, Quota, Unit } from "../gen/tianfu/energy/v1/unit_pb.js";
import type { SleepPlan, Station } from "../gen/tianfu/energy/v1/station_pb.js";
import { CALL, transport } from "./clients";
import { atMost, pages } from "./pages";

export const energy = createClient(EnergyService, transport);

const PAGE = 1000;
/** So many rows are asked about one by one; the page says when there are more. */
export const ASKED_MAX = 200;
const AT_ONCE = 6;

export interface Span {
  startTime: Timestamp;
  endTime: Timestamp;
}

export const span = (endMs: number, lengthMs: number): Span => ({
  startTime: timestampFromMs(Math.floor(endMs - lengthMs)), endTime: timestampFromMs(Math.floor(endMs)),
});

export const units = (signal: AbortSignal): Promise<Unit[]> =>
  pages(async (pageToken) => {
    const page = await energy.listUnits({ pageSize: PAGE, pageToken }, { ...CALL, signal });
    return [page.units, page.nextPageToken];
  });

export const intervals = (parent: string, of: Span, signal: AbortSignal): Promise<Interval[]> =>
  pages(async (pageToken) => {
    const page = await energy.listIntervals({ parent, ...of, pageSize: PAGE, pageToken }, { ...CALL, signal });
    return [page.intervals, page.nextPageToken];
  });

/** The quota of a year for each of the first units. */
export async function quotas(all: readonly Unit[], year: number, signal: AbortSignal): Promise<Map<string, Quota>> {
  const found = new Map<string, Quota>();
  await atMost(AT_ONCE, all.slice(0, ASKED_MAX), async (unit) => {
    const page = await energy.listQuotas({ parent: unit.name, pageSize: 100 }, { ...CALL, signal });
    const own = page.quotas.find((each) => each.name.endsWith(`/${year}`));
    if (own) found.set(unit.name, own);
  });
  return found;
}

export const stations = (signal: AbortSignal): Promise<Station[]> =>
  pages(async (pageToken) => {
    const page = await energy.listStations({ pageSize: PAGE, pageToken }, { ...CALL, signal });
    return [page.stations, page.nextPageToken];
  });

export const sleepPlans = (parent: string, signal: AbortSignal): Promise<SleepPlan[]> =>
  pages(async (pageToken) => {
    const page = await energy.listSleepPlans({ parent, pageSize: 100, pageToken }, { ...CALL, signal });
    return [page.sleepPlans, page.nextPageToken];
  });

/** Sleep plans of the first stations. */
export async function plansOf(all: readonly Station[], signal: AbortSignal): Promise<Map<string, SleepPlan[]>> {
  const found = new Map<string, SleepPlan[]>();
  await atMost(AT_ONCE, all.slice(0, ASKED_MAX), async (station) => {
    found.set(station.name, await sleepPlans(station.name, signal));
  });
  return found;
}
