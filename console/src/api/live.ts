// What is watched all the time, shared by all pages: nodes, warnings, earthquakes.
// A hidden page holds no streams: browsers have six connections to an origin, whatever the tabs.
import { useSyncExternalStore } from "react";

import type { Earthquake } from "../gen/tianfu/disaster_warning/v1/earthquake_pb.js";
import { EarthquakeState } from "../gen/tianfu/disaster_warning/v1/earthquake_pb.js";
import type { Warning } from "../gen/tianfu/disaster_warning/v1/warning_pb.js";
import { WatchNodesResponse_Change as Change } from "../gen/tianfu/fleet/v1/fleet_service_pb.js";
import type { Node } from "../gen/tianfu/fleet/v1/node_pb.js";
import { CALL, fleet, warnings } from "./clients";
import { type LinkState, watch } from "./watch";

const FLUSH_MS = 200;
const CALM_MS = 2_000;
const URGENT_MS = 400;

export class Store<T> {
  private value: T;
  private listeners = new Set<() => void>();
  private make: (() => T) | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  constructor(first: T) {
    this.value = first;
  }
  get = (): T => this.value;
  set(next: T): void {
    this.make = undefined;
    this.value = next;
    this.tell();
  }
  /** What it is to be, made when it is told: of a thousand changes at once, one value is made. */
  later(make: () => T): void {
    this.make = make;
    this.tell();
  }
  private tell(): void {
    // Changes come by hundreds; what is shown changes five times a second.
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (this.make) this.value = this.make();
      this.make = undefined;
      for (const each of this.listeners) each();
    }, FLUSH_MS);
  }
  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

export const useStore = <T>(store: Store<T>): T => useSyncExternalStore(store.subscribe, store.get);

export const nodes = new Store<ReadonlyMap<string, Node>>(new Map());
/** Rises when a node comes, goes or moves: not when it changes its state. */
export const moves = new Store(0);
export const warningList = new Store<ReadonlyMap<string, Warning>>(new Map());
export const earthquakes = new Store<readonly Earthquake[]>([]);
export const links = new Store<Readonly<Record<string, LinkState>>>({});

const setLink = (name: string, state: LinkState): void => links.set({ ...links.get(), [name]: state });

function watchNodes(signal: AbortSignal): void {
  let seen = new Map<string, Node>();
  let moved = moves.get();
  void watch(
    {
      open: (resumeToken, stop) => fleet.watchNodes({ resumeToken }, { signal: stop }),
      onReset: () => (seen = new Map()),
      onState: (state) => setLink("nodes", state),
      onAnswer: ({ change, node }) => {
        if (!node) return;
        const gone = change === Change.DELETED;
        if (gone || seen.get(node.name)?.placeCode !== node.placeCode) moved += 1;
        if (gone) seen.delete(node.name);
        else seen.set(node.name, node);
        nodes.later(() => new Map(seen));
        moves.set(moved);
      },
    },
    signal,
  );
}

function watchWarnings(signal: AbortSignal): void {
  let seen = new Map<string, Warning>();
  void watch(
    {
      open: (resumeToken, stop) => warnings.watchWarnings({ resumeToken }, { signal: stop }),
      onReset: () => (seen = new Map()),
      onState: (state) => setLink("warnings", state),
      onAnswer: ({ warning }) => {
        if (!warning) return;
        seen = new Map(seen).set(warning.name, warning);
        warningList.set(seen);
      },
    },
    signal,
  );
}

/** Earthquakes have no watch: the list is small, and asked for often while the ground moves. */
async function pollEarthquakes(signal: AbortSignal): Promise<void> {
  const ended = (): boolean => signal.aborted;
  while (!ended()) {
    let urgent = false;
    try {
      const found = await warnings.listEarthquakes({ pageSize: 20 }, { ...CALL, signal });
      const whole = await Promise.all(
        found.earthquakes.map((each) =>
          each.state === EarthquakeState.ONGOING || isNew(each)
            ? warnings.getEarthquake({ name: each.name }, { ...CALL, signal })
            : Promise.resolve(kept(each)),
        ),
      );
      urgent = whole.some((each) => each.state === EarthquakeState.ONGOING);
      earthquakes.set(whole);
      setLink("earthquakes", "live");
    } catch {
      if (!ended()) setLink("earthquakes", "lost");
    }
    await new Promise((resolve) => setTimeout(resolve, urgent ? URGENT_MS : CALM_MS));
  }
}

const known = (name: string): Earthquake | undefined => earthquakes.get().find((each) => each.name === name);
const isNew = (each: Earthquake): boolean => {
  const before = known(each.name);
  return before?.solution?.number !== each.solution?.number || before?.state !== each.state;
};
const kept = (each: Earthquake): Earthquake => known(each.name) ?? each;

/** Watch while the page is seen; return how to end it. */
export function start(): () => void {
  let stop: AbortController | undefined;
  const go = (): void => {
    stop ??= new AbortController();
    watchNodes(stop.signal);
    watchWarnings(stop.signal);
    void pollEarthquakes(stop.signal);
  };
  const turn = (): void => {
    if (document.hidden) {
      stop?.abort();
      stop = undefined;
    } else if (!stop) go();
  };
  document.addEventListener("visibilitychange", turn);
  turn();
  return () => {
    document.removeEventListener("visibilitychange", turn);
    stop?.abort();
  };
}
