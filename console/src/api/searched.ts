// What is known but not watched, for the search over everything: read when somebody searches.
import { lastPart } from "../domain/format";
import type { Hit } from "../domain/found";
import type { Key } from "../i18n/zh-CN";
import { CALL, fleet } from "./clients";
import { pages } from "./pages";

/** A hit, its kind as the text's key. */
export type Known = Omit<Hit, "kind"> & { kind: Key };
export interface Read {
  known: Known[];
  /** Kinds that were not read, so that nobody takes them for searched. */
  missing: Key[];
}

const PAGE = 1000;
const FEWER = 500;
const POOLS = 200;

const inNamespace = (name: string): string => {
  const [, namespace = "", kind = "", id = ""] = name.split("/");
  return `/edge/${kind}/${namespace}/${id}`;
};

type Reader = (signal: AbortSignal) => Promise<Omit<Hit, "kind">[]>;

/** Clients come with the first search: who looks at the map loads none of them. */
const READERS: readonly [Key, Reader][] = [
  ["energy.unit", async (signal) => (await (await import("./energy")).units(signal))
    .map((each) => ({ to: `/energy/${each.name}`, title: `${each.displayName} ${lastPart(each.name)}` }))],
  ["station", async (signal) => (await (await import("./energy")).stations(signal))
    .map((each) => ({ to: `/energy/${each.name}`, title: `${each.operatorName} ${lastPart(each.name)}` }))],
  ["pool", async (signal) => (await pages(async (pageToken) => {
    const page = await fleet.listPools({ pageSize: POOLS, pageToken }, { ...CALL, signal });
    return [page.pools, page.nextPageToken];
  })).map((each) => ({ to: inNamespace(each.name), title: `${lastPart(each.name)} ${each.name.split("/")[1] ?? ""}` }))],
  ["app", async (signal) => (await pages(async (pageToken) => {
    const page = await fleet.listRollouts({ pageSize: FEWER, pageToken }, { ...CALL, signal });
    return [page.rollouts, page.nextPageToken];
  })).map((each) => ({ to: inNamespace(each.name), title: `${lastPart(each.name)} ${each.name.split("/")[1] ?? ""}` }))],
  ["hospital", async (signal) => {
    const { healthcare } = await import("./healthcare");
    return (await pages(async (pageToken) => {
      const page = await healthcare.listHospitals({ pageSize: FEWER, pageToken }, { ...CALL, signal });
      return [page.hospitals, page.nextPageToken];
    })).map((each) => ({ to: `/hospitals/at/${lastPart(each.name)}`, title: `${each.title} ${lastPart(each.name)}` }));
  }],
  ["draw", async (signal) => {
    const { credit } = await import("./credit");
    return (await pages(async (pageToken) => {
      const page = await credit.listDraws({ pageSize: PAGE, pageToken }, { ...CALL, signal });
      return [page.draws, page.nextPageToken];
    })).map((each) => ({ to: `/credit/${each.name}`, title: lastPart(each.name) }));
  }],
];

/** Read all kinds beside each other; one that fails leaves the others. */
export async function readAll(signal: AbortSignal): Promise<Read> {
  const settled = await Promise.allSettled(READERS.map(([, read]) => read(signal)));
  const read: Read = { known: [], missing: [] };
  settled.forEach((each, i) => {
    const kind = READERS[i]?.[0];
    if (!kind) return;
    if (each.status === "fulfilled") read.known.push(...each.value.map((hit) => ({ ...hit, kind })));
    else read.missing.push(kind);
  });
  return read;
}
