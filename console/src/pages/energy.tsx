// Energy: units with their quotas, what is wrong, what is planned, who was asked, who sleeps.
import { useCallback, useMemo } from "react";

import { energy, quotaOf, units } from "../api/energy";
import { CALL } from "../api/clients";
import { now } from "../api/session";
import { HowFar, useEach } from "../components/asked";
import { QuotaBadge } from "../components/energy_badges";
import { Link } from "../components/link";
import { useLoad } from "../components/load";
import { Failed, Loading } from "../components/message";
import { Table } from "../components/table";
import { longPlaceName } from "../domain/counties";
import { STAGES } from "../domain/energy";
import { lastPart, ms, number, percent, time } from "../domain/format";
import { OrderState, type Order } from "../gen/tianfu/energy/v1/dispatch_pb.js";
import { SetpointAction } from "../gen/tianfu/energy/v1/setpoint_pb.js";
import { type Quota, QuotaStage } from "../gen/tianfu/energy/v1/unit_pb.js";
import { useText } from "../i18n";
import type { Key } from "../i18n/zh-CN";
import { useQuery } from "../router";
import { Plans } from "./energy_dispatch";
import { Events } from "./energy_response";
import { Stations } from "./energy_stations";

const VIEWS = ["units", "anomalies", "dispatch", "response", "stations", "orders"] as const;
const OFTEN_MS = 5_000;

export default function Energy() {
  const { t } = useText();
  const [view, setView] = useQuery("view", "units");
  return (
    <div className="page">
      <h1>{t("nav.energy")}</h1>
      <div className="tabs" role="tablist" aria-label={t("view")}>
        {VIEWS.map((name) => (
          <button key={name} type="button" role="tab" aria-selected={view === name} onClick={() => setView(name)}>
            {t(`energy.${name}`)}
          </button>
        ))}
      </div>
      {view === "anomalies" ? <Anomalies unit="" />
        : view === "dispatch" ? <Plans />
        : view === "response" ? <Events />
        : view === "stations" ? <Stations />
        : view === "orders" ? <Orders cause="" />
        : <Units />}
    </div>
  );
}

function Units() {
  const { t, language } = useText();
  const year = new Date(now()).getFullYear();
  const found = useLoad(units, "units", 2 * OFTEN_MS);
  const names = useMemo(() => (found.value ?? []).map((each) => each.name), [found.value]);
  const ask = useCallback((name: string, signal: AbortSignal) => quotaOf(name, year, signal), [year]);
  const budgets = useEach(names, ask, 2 * OFTEN_MS);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const { known } = budgets;
  const figure = (name: string, say: (quota: Quota) => string): string => {
    const quota = known.get(name);
    return quota ? say(quota) : known.has(name) ? "—" : t("asked.not_yet");
  };
  return (
    <>
      <HowFar each={budgets} />
      <Table
        name="units" label={t("energy.units")} rows={found.value} keyOf={(row) => row.name} onSeen={budgets.seen}
        emptyTitle={t("units.none")} emptyHint={t("units.none.hint")}
        columns={[
          { id: "unit", title: t("energy.unit"), width: 2, value: (row) => `${lastPart(row.name)} ${row.displayName}`, show: (row) => <Link to={`/energy/${row.name}`}>{row.displayName || lastPart(row.name)}</Link> },
          { id: "place", title: t("county"), width: 1.5, value: (row) => longPlaceName(row.placeCode, language) },
          { id: "quota", title: t("quota.tce", { year }), numeric: true, value: (row) => known.get(row.name)?.quotaTce ?? "", show: (row) => figure(row.name, (each) => number(each.quotaTce, language, 1)) },
          { id: "used", title: t("quota.used"), numeric: true, value: (row) => known.get(row.name)?.usedTce ?? "", show: (row) => figure(row.name, (each) => number(each.usedTce, language, 1)) },
          { id: "share", title: t("quota.share"), numeric: true, value: (row) => known.get(row.name)?.share ?? "", show: (row) => figure(row.name, (each) => percent(each.share, language)) },
          { id: "stage", title: t("quota.stage"), width: 1.2, value: (row) => figure(row.name, (each) => t(`quota_stage.${STAGES[each.stage]}`)), show: (row) => (known.has(row.name) ? <QuotaBadge stage={known.get(row.name)?.stage ?? QuotaStage.UNSPECIFIED} /> : t("asked.not_yet")) },
          { id: "shut", title: t("unit.shut"), value: (row) => (row.shutTime ? time(row.shutTime, language) : "") },
        ]}
      />
    </>
  );
}

/** What is wrong, the latest first; of one unit, or of all for "". */
export function Anomalies({ unit }: { unit: string }) {
  const { t, language } = useText();
  const found = useLoad(
    (signal) => energy.listAnomalies({ unit, pageSize: 500 }, { ...CALL, signal }), `anomalies ${unit}`, OFTEN_MS,
  );
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  return (
    <Table
      name="anomalies" label={t("energy.anomalies")} rows={found.value.anomalies} keyOf={(row) => row.name}
      emptyTitle={t("anomalies.none")} emptyHint={t("anomalies.none.hint")}
      columns={[
        { id: "kind", title: t("kind"), width: 1.4, value: (row) => row.kind, show: (row) => <code>{row.kind}</code> },
        { id: "unit", title: t("energy.unit"), value: (row) => lastPart(row.unit), show: (row) => <Link to={`/energy/${row.unit}`}>{lastPart(row.unit)}</Link> },
        { id: "meter", title: t("meter"), width: 1.2, value: (row) => lastPart(row.meter) },
        { id: "why", title: t("explanation"), width: 4, value: (row) => row.explanation, show: (row) => <span title={row.explanation}>{row.explanation}</span> },
        { id: "from", title: t("from"), width: 1.2, value: (row) => ms(row.startTime), show: (row) => time(row.startTime, language) },
        { id: "to", title: t("to"), width: 1.2, value: (row) => ms(row.endTime), show: (row) => time(row.endTime, language) },
      ]}
    />
  );
}

const stateKey = (state: OrderState): Key => `order.${OrderState[state].toLowerCase()}` as Key;

/** What equipment was told to do, and what it said of it. */
export function Orders({ cause }: { cause: string }) {
  const { t, language } = useText();
  const found = useLoad(
    (signal) => energy.listOrders({ cause, pageSize: 500 }, { ...CALL, signal }), `orders ${cause}`, OFTEN_MS,
  );
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const outcome = (row: Order): string => [t(stateKey(row.state)), row.refusal].filter(Boolean).join(" ");
  return (
    <Table
      name="orders" label={t("energy.orders")} rows={found.value.orders} keyOf={(row) => row.name}
      emptyTitle={t("orders.none")} emptyHint={t("orders.none.hint")}
      columns={[
        { id: "asset", title: t("asset"), width: 1.6, value: (row) => lastPart(row.asset) },
        { id: "node", title: t("node"), width: 1.2, value: (row) => lastPart(row.node), show: (row) => <Link to={`/edge/${lastPart(row.node)}`}>{lastPart(row.node)}</Link> },
        { id: "action", title: t("order.action"), width: 1.2, value: (row) => t(`setpoint.${SetpointAction[row.action].toLowerCase()}` as Key) },
        { id: "value", title: "kW", numeric: true, value: (row) => row.valueKw, show: (row) => (row.valueKw ? number(row.valueKw, language, 1) : "—") },
        { id: "cause", title: t("order.cause"), width: 1.6, value: (row) => row.cause },
        { id: "state", title: t("state"), width: 1.3, value: outcome, show: (row) => <span className={`badge order-${OrderState[row.state].toLowerCase()}`}>{outcome(row)}</span> },
        { id: "exercise", title: t("drill"), width: .6, value: (row) => (row.exercise ? t("drill") : "") },
        { id: "issued", title: t("issued"), width: 1.3, value: (row) => ms(row.issueTime), show: (row) => time(row.issueTime, language) },
        { id: "reported", title: t("reported"), width: 1.3, value: (row) => ms(row.reportTime), show: (row) => time(row.reportTime, language) },
      ]}
    />
  );
}
