// Addresses that reproduce a view: the path says which page, the query everything on it.
import { useCallback, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
const changed = (): void => {
  for (const each of listeners) each();
};
window.addEventListener("popstate", changed);

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
const here = (): string => `${location.pathname}${location.search}`;

export function go(to: string, replace = false): void {
  if (to === here()) return;
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  changed();
}

export function usePath(): string[] {
  const at = useSyncExternalStore(subscribe, here);
  return new URL(at, location.origin).pathname.split("/").filter(Boolean).map(decodeURIComponent);
}

/** One value of the query. An empty one is left out of the address. */
export function useQuery(name: string, usual = ""): [string, (value: string) => void] {
  const at = useSyncExternalStore(subscribe, here);
  const value = new URL(at, location.origin).searchParams.get(name) ?? usual;
  const set = useCallback(
    (next: string) => {
      const url = new URL(location.href);
      if (next === usual || next === "") url.searchParams.delete(name);
      else url.searchParams.set(name, next);
      go(`${url.pathname}${url.search}`, true);
    },
    [name, usual],
  );
  return [value, set];
}
