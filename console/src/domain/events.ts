// Names of events by their code of GB/T 35561, as the dated rule of the service lists them.
import { CALL, warnings } from "../api/clients";
import { useLoad } from "../components/load";
import { useText } from "../i18n";

interface Named {
  zh: string;
  en: string;
}
let kept: Promise<Map<string, Named>> | undefined;

async function fetchEvents(): Promise<Map<string, Named>> {
  const found = await warnings.listRules({ filter: "rule_id=event-codes" }, CALL);
  const latest = found.rules.toSorted((a, b) => (a.validFrom < b.validFrom ? 1 : -1))[0];
  const listed = (latest?.parameters?.events ?? {}) as unknown as Record<string, Named>;
  return new Map(Object.entries(listed));
}

/** All events, by code. */
export function useEventList(): ReadonlyMap<string, Named> {
  const found = useLoad(() => (kept ??= fetchEvents().catch((error: unknown) => {
    kept = undefined;
    throw error;
  })), "events");
  return found.value ?? new Map<string, Named>();
}

/** A function from a code to the event's name; the code itself when nothing is known of it. */
export function useEvents(): (code: string) => string {
  const { language } = useText();
  const events = useEventList();
  return (code) => {
    const found = events.get(code);
    return found ? (language === "en" ? found.en : found.zh) : code;
  };
}
