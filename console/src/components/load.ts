// A value that has to be fetched: again when asked, or when what it depends on changes.
import { useCallback, useEffect, useRef, useState } from "react";

export interface Loaded<T> {
  value: T | undefined;
  error: unknown;
  again: () => void;
}

interface Settled<T> {
  key: string;
  value?: T;
  error?: unknown;
}

export function useLoad<T>(
  fetch: (signal: AbortSignal) => Promise<T>,
  key: string,
  everyMs = 0,
): Loaded<T> {
  const [state, setState] = useState<Settled<T>>({ key });
  const [round, setRound] = useState(0);
  const latest = useRef(fetch);
  useEffect(() => {
    latest.current = fetch;
  });
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    // Counted from the answer, so that a slow one is waited for and not asked for again.
    const later = (): void => {
      if (everyMs <= 0 || stop.signal.aborted) return;
      timer = setTimeout(() => (document.hidden ? later() : setRound((n) => n + 1)), everyMs);
    };
    const settle = (next: (old: Settled<T>) => Settled<T>): void => {
      if (!stop.signal.aborted) setState(next);
      later();
    };
    latest.current(stop.signal).then(
      (value) => settle(() => ({ key, value })),
      // What is on the screen stays, with the failure beside it.
      (error: unknown) => settle((old) => ({ ...(old.key === key ? old : { key }), error })),
    );
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [key, round, everyMs]);
  const again = useCallback(() => setRound((n) => n + 1), []);
  const mine = state.key === key;
  return { value: mine ? state.value : undefined, error: mine ? state.error : undefined, again };
}
