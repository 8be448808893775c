// What operators have told the platform of: its rows, or why there are none.
import type { ReactNode } from "react";
import { pages } from "../api/pages";
import { useText } from "../i18n";
import { useLoad } from "./load";
import { Empty, Failed, Loading } from "./message";

export const OFTEN_MS = 2_000;

export interface ToldPage<Row> {
  rows: Row[];
  /** Whether an operator is heard from just now. */
  heard: boolean;
  next: string;
}

export function Told<Row>({ name, page, children }: {
  name: string;
  page: (pageToken: string, signal: AbortSignal) => Promise<ToldPage<Row>>;
  children: (rows: Row[]) => ReactNode;
}) {
  const { t } = useText();
  const found = useLoad(async (signal) => {
    let heard = false;
    const all = await pages(async (pageToken) => {
      const one = await page(pageToken, signal);
      heard ||= one.heard;
      return [one.rows, one.next];
    });
    return { all, heard };
  }, name, OFTEN_MS);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const { all, heard } = found.value;
  if (all.length === 0 && !heard) return <Empty title={t("operators.none")}>{t("operators.none.hint")}</Empty>;
  return (
    <>
      {!heard && <p className="hint">{t("operators.silent")}</p>}
      {children(all)}
    </>
  );
}
