import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";

import { en } from "./en";
import { type Key, zh } from "./zh-CN";

export type Language = "zh-CN" | "en";
const STORED = "tianfu.language";

export const stored = (): Language => (localStorage.getItem(STORED) === "en" ? "en" : "zh-CN");

export async function start(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: { "zh-CN": { translation: zh }, en: { translation: en } },
    lng: stored(),
    fallbackLng: "zh-CN",
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
  });
  document.documentElement.lang = stored();
}

export async function choose(language: Language): Promise<void> {
  localStorage.setItem(STORED, language);
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
