// The energy service. Apart from the other clients: who looks at the map loads nothing of it.
import { type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";

import { EnergyService } from "../gen/tianfu/energy/v1/energy_service_pb.js";
import type { Interval, Quota, Unit } from "../gen/tianfu/energy/v1/unit_pb.js";
import type { SleepPlan, Station } from "../gen/tianfu/energy/v1/station_pb.js";
import { CALL, transport } from "./clients";
import { pages } from "./pages";

export const energy = createClient(EnergyService, transport);

const PAGE = 1000;

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

/** The budget of a year; undefined of none. */
export async function quotaOf(unit: string, year: number, signal: AbortSignal): Promise<Quota | undefined> {
  const all = await pages(async (pageToken) => {
    const page = await energy.listQuotas({ parent: unit, pageSize: PAGE, pageToken }, { ...CALL, signal });
    return [page.quotas, page.nextPageToken];
  });
  return all.find((each) => each.name.endsWith(`/${year}`));
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
