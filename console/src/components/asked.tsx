// What is asked for row by row, and the words above a table that say how far that has come.
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";

import { type Asked, Asker, WHOLE_MAX } from "../api/asker";
import { useText } from "../i18n";
import { Failed } from "./message";

export interface Each<V> extends Asked<V> {
  /** All rows there are. */
  all: readonly string[];
  /** Tell which rows are on the screen. */
  seen: (keys: readonly string[]) => void;
  /** Read all of them. */
  whole: () => void;
}

/**
 * @param all Names of all rows.
 * @param ask Reads one; the same function as long as it means the same.
 * @param everyMs So often what is on the screen is read anew.
 */
export function useEach<V>(all: readonly string[], ask: (key: string, signal: AbortSignal) => Promise<V>, everyMs: number): Each<V> {
  const asker = useMemo(() => new Asker(ask, everyMs), [ask, everyMs]);
  const state = useSyncExternalStore(asker.subscribe, asker.get);
  const [shown, setShown] = useState("");
  const [every, setEvery] = useState(false);
  // A text and not a list, so that the same names are the same.
  const wanted = every || all.length <= WHOLE_MAX ? all.join(" ") : shown;
  useEffect(() => {
    const keys = wanted ? wanted.split(" ") : [];
    const round = (): void => {
      // A round that is under way is not begun anew: it would never end on a slow link.
      if (!document.hidden && !asker.busy) void asker.want(keys);
    };
    void asker.want(keys);
    const timer = setInterval(round, everyMs);
    return () => clearInterval(timer);
  }, [asker, wanted, everyMs]);
  return {
    ...state,
    all,
    seen: useCallback((keys: readonly string[]) => setShown(keys.join(" ")), []),
    whole: useCallback(() => setEvery(true), []),
  };
}

/** How many of a long list were read, and the way to read them all. */
export function HowFar<V>({ each }: { each: Each<V> }) {
  const { t } = useText();
  const read = each.all.filter((key) => each.known.has(key)).length;
  return (
    <>
      {each.error !== undefined && <Failed error={each.error} />}
      {each.all.length > WHOLE_MAX && read < each.all.length && (
        <p className="quiet row wrap" data-read={read}>
          <span>{t("asked.of", { read, all: each.all.length })}</span>
          <button type="button" disabled={each.waiting > 0} onClick={each.whole}>{t("asked.whole")}</button>
        </p>
      )}
    </>
  );
}
