// One field for everything that is known here: nodes, warnings, counties, earthquakes, pages.
import { useEffect, useId, useMemo, useRef, useState } from "react";

import { earthquakes, nodes, useStore, warningList } from "../api/live";
import { counties, longPlaceName } from "../domain/counties";
import { lastPart } from "../domain/format";
import { headlineOf } from "../domain/warnings";
import { useText } from "../i18n";
import { go } from "../router";

interface Hit {
  to: string;
  title: string;
  kind: string;
}
const SHOWN = 12;

function useHits(words: string): Hit[] {
  const { t, language } = useText();
  const known = useStore(nodes);
  const listed = useStore(warningList);
  const shaken = useStore(earthquakes);
  return useMemo(() => {
    const wanted = words.trim().toLowerCase();
    if (!wanted) return [];
    const all: Hit[] = [
      ...[...listed.values()].map((each) => ({
        to: `/${each.name}`, title: headlineOf(each, language), kind: t("nav.warnings"),
      })),
      ...shaken.map((each) => ({
        to: `/?quake=${lastPart(each.name)}`,
        title: `M${(each.solution?.magnitude ?? 0).toFixed(1)} ${lastPart(each.name)}`,
        kind: t("earthquake"),
      })),
      ...[...known.values()].map((each) => ({
        to: `/edge/${lastPart(each.name)}`, title: `${each.displayName} ${lastPart(each.name)}`, kind: t("node"),
      })),
      ...counties.map((each) => ({
        to: `/?place=${each.code}`, title: `${longPlaceName(each.code, language)} ${each.code}`, kind: t("county"),
      })),
    ];
    return all.filter((hit) => hit.title.toLowerCase().includes(wanted)).slice(0, SHOWN);
  }, [words, known, listed, shaken, language, t]);
}

export function Search() {
  const { t } = useText();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const hits = useHits(words);
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
    </div>
  );
}
