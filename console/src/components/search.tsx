// One field for everything that is known here: nodes, warnings, counties, earthquakes, and by asking
// for them when somebody searches, units, stations, pools, apps, hospitals and draws.
import { useEffect, useId, useMemo, useRef, useState } from "react";

import { earthquakes, nodes, useStore, warningList } from "../api/live";
import { type Read, readAll } from "../api/searched";
import { counties, longPlaceName } from "../domain/counties";
import { lastPart } from "../domain/format";
import { type Hit, found } from "../domain/found";
import { headlineOf } from "../domain/warnings";
import { useText } from "../i18n";
import { go } from "../router";
import { useLoad } from "./load";

/** What is read for a search is read anew this long after, while the search goes on. */
const AGAIN_MS = 60_000;
const NOTHING: Read = { known: [], missing: [] };

interface Found {
  hits: Hit[];
  /** What isn't searched yet, in words; empty when all is. */
  lacks: string;
}

function useHits(words: string): Found {
  const { t, language } = useText();
  const known = useStore(nodes);
  const listed = useStore(warningList);
  const shaken = useStore(earthquakes);
  const searching = words.trim() !== "";
  const read = useLoad((signal) => (searching ? readAll(signal) : Promise.resolve(NOTHING)), searching ? "searched" : "idle", searching ? AGAIN_MS : 0);
  const others = read.value;
  return useMemo(() => {
    if (!searching) return { hits: [], lacks: "" };
    const all: Hit[] = [
      ...[...listed.values()].map((each) => ({
        to: `/${each.name}`, title: headlineOf(each, language), kind: t("nav.warnings"),
      })),
      ...shaken.map((each) => ({
        to: `/?quake=${lastPart(each.name)}`,
        title: `M${(each.solution?.magnitude ?? 0).toFixed(1)} ${lastPart(each.name)}`,
        kind: t("earthquake"),
      })),
      ...(others?.known ?? []).map((each) => ({ ...each, kind: t(each.kind) })),
      ...[...known.values()].map((each) => ({
        to: `/edge/${lastPart(each.name)}`, title: `${each.displayName} ${lastPart(each.name)}`, kind: t("node"),
      })),
      ...counties.map((each) => ({
        to: `/?place=${each.code}`, title: `${longPlaceName(each.code, language)} ${each.code}`, kind: t("county"),
      })),
    ];
    const missing = (others?.missing ?? []).map((kind) => t(kind)).join(", ");
    const lacks = others === undefined ? t("loading") : missing && t("search.missing", { kinds: missing });
    return { hits: found(all, words), lacks };
  }, [searching, words, known, listed, shaken, others, language, t]);
}

export function Search() {
  const { t } = useText();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const { hits, lacks } = useHits(words);
  const searching = words.trim() !== "";
  const says = !searching ? "" : [
    hits.length > 0 ? t("search.count", { count: hits.length }) : lacks === "" && t("search.none"), lacks,
  ].filter(Boolean).join(" · ");
  useEffect(() => {
    const focus = (event: KeyboardEvent): void => {
      if (event.key === "k" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        field.current?.focus();
      }
    };
    window.addEventListener("keydown", focus);
    return () => window.removeEventListener("keydown", focus);
  }, []);
  const open = (hit: Hit | undefined): void => {
    if (!hit) return;
    setWords("");
    go(hit.to);
  };
  return (
    <div className="search">
      <input
        ref={field}
        type="search"
        role="combobox"
        aria-label={t("search")}
        aria-expanded={hits.length > 0}
        aria-controls={id}
        aria-activedescendant={hits[at] ? `${id}-${at}` : undefined}
        aria-autocomplete="list"
        placeholder={t("search.placeholder")}
        value={words}
        onChange={(event) => {
          setWords(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") setAt((n) => Math.min(n + 1, hits.length - 1));
          else if (event.key === "ArrowUp") setAt((n) => Math.max(n - 1, 0));
          else if (event.key === "Enter") open(hits[at]);
          else if (event.key === "Escape") setWords("");
          else return;
          event.preventDefault();
        }}
        onBlur={() => setTimeout(() => setWords(""), 200)}
      />
      <div className={searching ? "search-drop" : "visually-hidden"}>
        <ul id={id} role="listbox" aria-label={t("search")} hidden={hits.length === 0}>
          {hits.map((hit, i) => (
            // Keys go to the field, which says which one is meant (aria-activedescendant).
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events
            <li key={`${hit.to}${hit.title}`} id={`${id}-${i}`} role="option" tabIndex={-1} aria-selected={i === at} onClick={() => open(hit)}>
              <span>{hit.title}</span>
              <span className="kind">{hit.kind}</span>
            </li>
          ))}
        </ul>
        <p role="status">{says}</p>
      </div>
    </div>
  );
}
