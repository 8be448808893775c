// What a person does with one click: once, however often it is clicked, with what came of it.
import { useRef, useState } from "react";

export interface Doing {
  /** Whether an act is under way: of one row by its key. */
  busy: (key?: string) => boolean;
  /** Why the last one was refused. */
  error: unknown;
  /** Do it; return whether it was done. A second click while the first is under way does nothing. */
  run: (act: () => Promise<unknown>, key?: string) => Promise<boolean>;
}

/** @param settled What is to be done after each act, done or refused: to read what it changed. */
export function useAct(settled?: () => void): Doing {
  const underWay = useRef<ReadonlySet<string>>(new Set());
  const [shown, setShown] = useState<ReadonlySet<string>>(new Set());
  const [error, setError] = useState<unknown>();
  const mark = (change: (keys: Set<string>) => void): void => {
    const keys = new Set(underWay.current);
    change(keys);
    underWay.current = keys;
    setShown(keys);
  };
  const run = async (act: () => Promise<unknown>, key = ""): Promise<boolean> => {
    // By the reference and not by the state: two clicks may come before React draws the first.
    if (underWay.current.has(key)) return false;
    mark((keys) => keys.add(key));
    setError(undefined);
    try {
      await act();
      return true;
    } catch (refused) {
      setError(refused);
      return false;
    } finally {
      mark((keys) => keys.delete(key));
      settled?.();
    }
  };
  return { busy: (key = "") => shown.has(key), error, run };
}
