import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";

import type { Key } from "./zh-CN";

export type Language = "zh-CN" | "en";
const STORED = "tianfu.language";

export const stored = (): Language => (localStorage.getItem(STORED) === "en" ? "en" : "zh-CN");

type Texts = Record<string, string>;

/** Texts of a language, fetched when it is chosen: both are complete, so one is enough. */
async function texts(language: Language): Promise<Texts> {
  return language === "en" ? (await import("./en")).en : (await import("./zh-CN")).zh;
}

export async function start(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: { [stored()]: { translation: await texts(stored()) } },
    lng: stored(),
    fallbackLng: false,
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
  });
  document.documentElement.lang = stored();
}

export async function choose(language: Language): Promise<void> {
  localStorage.setItem(STORED, language);
  i18next.addResourceBundle(language, "translation", await texts(language));
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
}

export interface Text {
  /** A text by its key: the compiler knows them all. */
  t: (key: Key, values?: Record<string, string | number>) => string;
  language: Language;
}

export function useText(): Text {
  const { t, i18n } = useTranslation();
  return { t: (key, values) => t(key, values ?? {}), language: i18n.language === "en" ? "en" : "zh-CN" };
}
