// Base stations as users of energy: whose cells sleep now and why, and what their batteries do.
import { Suspense, lazy, useMemo } from "react";

import { CALL } from "../api/clients";
import { energy, sleepPlans, stations } from "../api/energy";
import { now } from "../api/session";
import { HowFar, useEach } from "../components/asked";
import { SleepBadge } from "../components/energy_badges";
import { Figure } from "../components/figure";
import { Link } from "../components/link";
import { useLoad } from "../components/load";
import { Empty, Failed, Loading } from "../components/message";
import { Table } from "../components/table";
import { longPlaceName } from "../domain/counties";
import { planAt, stepAt } from "../domain/energy";
import { lastPart, ms, number, percent, time } from "../domain/format";
import { type BatteryPlan, RadioKind, type SleepPlan, type Station } from "../gen/tianfu/energy/v1/station_pb.js";
import { useText } from "../i18n";
import type { Key } from "../i18n/zh-CN";

const Chart = lazy(() => import("../components/chart"));
const OFTEN_MS = 10_000;
const HOUR_S = 3600;

const radio = (station: Station): Key => `radio.${RadioKind[station.radioKind].toLowerCase()}` as Key;

/** Why a step is as it is; a code that the console does not know is shown as it is. */
const REASONS: ReadonlySet<string> = new Set([
  "WARNING_ACTIVE", "SERVES_AMBULANCE", "STATE_STALE", "TRAFFIC", "NO_NEIGHBOUR", "IDLE_TOO_SHORT", "WOKEN_LATELY", "IDLE",
]);

function useReason(): (code: string) => string {
  const { t } = useText();
  return (code) => (REASONS.has(code) ? t(`sleep_reason.${code}` as Key) : code);
}

export function Stations() {
  const { t, language } = useText();
  const reason = useReason();
  const found = useLoad(stations, "stations", OFTEN_MS);
  const names = useMemo(() => (found.value ?? []).map((each) => each.name), [found.value]);
  const plans = useEach(names, sleepPlans, OFTEN_MS);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const at = now();
  const rows = found.value.map((station) => {
    const plan = planAt(plans.known.get(station.name) ?? [], at);
    return { station, plan, step: stepAt(plan, at), read: plans.known.has(station.name) };
  });
  const asleep = rows.filter((row) => row.step?.asleep).length;
  const planned = rows.filter((row) => row.step).length;
  return (
    <>
      <dl className="figures wide">
        <Figure title={t("sleep.asleep")} value={number(asleep, language)} />
        <Figure title={t("sleep.awake")} value={number(planned - asleep, language)} />
        <Figure title={t("sleep.unplanned")} value={number(rows.filter((row) => row.read).length - planned, language)} />
      </dl>
      <HowFar each={plans} />
      <Table
        name="stations" label={t("energy.stations")} rows={rows} keyOf={(row) => row.station.name} onSeen={plans.seen}
        emptyTitle={t("stations.none")} emptyHint={t("stations.none.hint")}
        columns={[
          { id: "station", title: t("station"), width: 1.4, value: ({ station }) => lastPart(station.name), show: ({ station }) => <Link to={`/energy/${station.name}`}>{lastPart(station.name)}</Link> },
          { id: "operator", title: t("operator"), width: 1.4, value: ({ station }) => station.operatorName },
          { id: "place", title: t("county"), width: 1.6, value: ({ station }) => longPlaceName(station.placeCode, language) },
          { id: "radio", title: t("radio"), value: ({ station }) => `${station.radioCount} × ${t(radio(station))}` },
          { id: "sleep", title: t("sleep.now"), value: ({ step, read }) => t(!read ? "asked.not_yet" : step === undefined ? "sleep.unplanned" : step.asleep ? "sleep.asleep" : "sleep.awake"), show: ({ step, read }) => (read ? <SleepBadge asleep={step?.asleep} /> : t("asked.not_yet")) },
          { id: "why", title: t("explanation"), width: 1.4, value: ({ step }) => (step ? reason(step.reason) : "") },
          { id: "saved", title: t("saved_kwh"), numeric: true, value: ({ plan }) => (plan ? plan.alwaysOnKwh - plan.energyKwh : ""), show: ({ plan, read }) => (plan ? number(plan.alwaysOnKwh - plan.energyKwh, language, 1) : read ? "—" : t("asked.not_yet")) },
          { id: "reserve", title: t("reserve_kwh"), numeric: true, value: ({ station }) => station.reserveKwh, show: ({ station }) => number(station.reserveKwh, language, 1) },
        ]}
      />
    </>
  );
}

export default function StationPage({ id }: { id: string }) {
  const { t, language } = useText();
  const name = `stations/${id}`;
  const found = useLoad(async (signal) => {
    const [station, sleeps, batteries] = await Promise.all([
      energy.getStation({ name }, { ...CALL, signal }),
      sleepPlans(name, signal),
      energy.listBatteryPlans({ parent: name, pageSize: 100 }, { ...CALL, signal }),
    ]);
    return { station, sleeps, batteries: batteries.batteryPlans };
  }, name, OFTEN_MS);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const { station, sleeps, batteries } = found.value;
  const plan = planAt(sleeps, now()) ?? latest(sleeps);
  const battery = latest(batteries);
  return (
    <div className="page">
      <h1>{id} <span className="quiet">{station.operatorName}</span></h1>
      <p className="row wrap">
        <SleepBadge asleep={stepAt(plan, now())?.asleep} />
        <span>{longPlaceName(station.placeCode, language)}</span>
        <span>{station.radioCount} × {t(radio(station))}</span>
        <span>{t("reserve.says", { kwh: number(station.reserveKwh, language, 1), hours: number(station.backupHours, language, 1) })}</span>
      </p>
      {plan ? <Sleep plan={plan} /> : <Empty title={t("sleep_plans.none")}>{t("sleep_plans.none.hint")}</Empty>}
      {battery && <BatteryChart plan={battery} />}
    </div>
  );
}

const latest = <P extends SleepPlan | BatteryPlan>(plans: readonly P[]): P | undefined =>
  plans.toSorted((a, b) => ms(b.createTime) - ms(a.createTime))[0];

function Sleep({ plan }: { plan: SleepPlan }) {
  const { t, language } = useText();
  const reason = useReason();
  const asleep = plan.steps.filter((step) => step.asleep).length;
  const saved = plan.alwaysOnKwh - plan.energyKwh;
  const load = plan.steps.map((step, i): [number, number] => [ms(step.startTime), (plan.scenes[i]?.load ?? 0) * 100]);
  const sleep = plan.steps.map((step): [number, number] => [ms(step.startTime), step.asleep ? 100 : 0]);
  return (
    <section>
      <h2>{t("sleep_plan")} <span className="quiet">{lastPart(plan.name)}</span></h2>
      <dl className="figures wide">
        <Figure title={t("sleep.hours")} value={number((asleep * plan.stepS) / HOUR_S, language, 1)} />
        <Figure title={t("plan_kwh")} value={number(plan.energyKwh, language, 1)} />
        <Figure title={t("always_on_kwh")} value={number(plan.alwaysOnKwh, language, 1)} />
        <Figure title={t("saved_kwh")} value={`${number(saved, language, 1)} (${percent(plan.alwaysOnKwh ? saved / plan.alwaysOnKwh : 0, language)})`} />
      </dl>
      <Suspense fallback={<Loading />}>
        <Chart
          name={lastPart(plan.name)} unit="%"
          lines={[{ name: t("cell_load"), points: load }, { name: t("sleep.asleep"), points: sleep, step: true }]}
          label={t("sleep.label", { steps: plan.steps.length, asleep })}
        />
      </Suspense>
      <p className="quiet">{t("rule")}: {plan.ruleVersion}</p>
      <div className="table-short">
        <Table
          name="sleep-steps" label={t("sleep_plan")} keyOf={(row) => String(ms(row.startTime))} rows={plan.steps}
          emptyTitle={t("sleep_plans.none")}
          columns={[
            { id: "from", title: t("from"), width: 1.4, value: (row) => ms(row.startTime), show: (row) => time(row.startTime, language) },
            { id: "sleep", title: t("state"), value: (row) => t(row.asleep ? "sleep.asleep" : "sleep.awake"), show: (row) => <SleepBadge asleep={row.asleep} /> },
            { id: "why", title: t("explanation"), width: 2, value: (row) => reason(row.reason) },
          ]}
        />
      </div>
    </section>
  );
}

function BatteryChart({ plan }: { plan: BatteryPlan }) {
  const { t, language } = useText();
  const power = plan.steps.map((step): [number, number] => [ms(step.startTime), step.kw]);
  const stored = plan.steps.map((step): [number, number] => [ms(step.startTime), step.storedKwh]);
  return (
    <section>
      <h2>{t("battery_plan")} <span className="quiet">{lastPart(plan.name)}</span></h2>
      <p>{t("battery.says", { cost: number(plan.costCny, language, 2), idle: number(plan.idleCostCny, language, 2), reserve: number(plan.reserveKwh, language, 1) })}</p>
      <Suspense fallback={<Loading />}>
        <Chart
          name={lastPart(plan.name)} unit="kW / kWh" label={t("battery.label", { steps: plan.steps.length })}
          lines={[{ name: t("battery.power"), points: power, step: true }, { name: t("battery.stored"), points: stored }]}
        />
      </Suspense>
    </section>
  );
}
