// Dispatch plans: what each plant does when, what one more kWh would cost, and putting one into force.
import { Suspense, lazy, useState } from "react";

import { CALL } from "../api/clients";
import { energy } from "../api/energy";
import { useRole } from "../api/session";
import { useAct } from "../components/act";
import { Figure } from "../components/figure";
import { Link } from "../components/link";
import { useLoad } from "../components/load";
import { Failed, Loading } from "../components/message";
import { Table } from "../components/table";
import { lastPart, ms, number, time } from "../domain/format";
import { DispatchMode, type DispatchPlan, DispatchState } from "../gen/tianfu/energy/v1/dispatch_pb.js";
import { useText } from "../i18n";
import type { Key } from "../i18n/zh-CN";

const Chart = lazy(() => import("../components/chart"));
const HOUR_MS = 3_600_000;

const modeKey = (mode: DispatchMode): Key => `dispatch_mode.${DispatchMode[mode].toLowerCase()}` as Key;
const stateKey = (state: DispatchState): Key => `dispatch_state.${DispatchState[state].toLowerCase()}` as Key;
const unserved = (plan: DispatchPlan): number => plan.unserved.reduce((sum, each) => sum + each.kwh, 0);

export function Plans() {
  const { t, language } = useText();
  const found = useLoad((signal) => energy.listDispatchPlans({ pageSize: 200 }, { ...CALL, signal }), "plans", 5_000);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  return (
    <Table
      name="dispatch-plans" label={t("energy.dispatch")} rows={found.value.dispatchPlans} keyOf={(row) => row.name}
      emptyTitle={t("plans.none")} emptyHint={t("plans.none.hint")}
      columns={[
        { id: "plan", title: t("plan"), width: 1.4, value: (row) => lastPart(row.name), show: (row) => <Link to={`/energy/${row.name}`}>{lastPart(row.name)}</Link> },
        { id: "mode", title: t("dispatch_mode"), value: (row) => t(modeKey(row.mode)) },
        { id: "state", title: t("state"), value: (row) => t(stateKey(row.state)) },
        { id: "cost", title: t("cost_cny"), numeric: true, value: (row) => row.cost, show: (row) => number(row.cost, language, 0) },
        { id: "unserved", title: t("unserved_kwh"), numeric: true, value: unserved, show: (row) => number(unserved(row), language, 0) },
        { id: "orders", title: t("energy.orders"), numeric: true, value: (row) => row.orders.length },
        { id: "start", title: t("from"), width: 1.3, value: (row) => ms(row.startTime), show: (row) => time(row.startTime, language) },
        { id: "made", title: t("made"), width: 1.3, value: (row) => ms(row.createTime), show: (row) => time(row.createTime, language) },
      ]}
    />
  );
}

export default function PlanPage({ id }: { id: string }) {
  const { t, language } = useText();
  const name = `dispatchPlans/${id}`;
  const found = useLoad((signal) => energy.getDispatchPlan({ name }, { ...CALL, signal }), name, 5_000);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const plan = found.value;
  return (
    <div className="page" data-dispatch={DispatchState[plan.state].toLowerCase()}>
      <h1>{id}</h1>
      <dl className="figures wide">
        <Figure title={t("dispatch_mode")} value={t(modeKey(plan.mode))} />
        <Figure title={t("state")} value={t(stateKey(plan.state))} />
        <Figure title={t("cost_cny")} value={number(plan.cost, language, 2)} />
        <Figure title={t("unserved_kwh")} value={number(unserved(plan), language, 1)} />
        <Figure title={t("energy.orders")} value={number(plan.orders.length, language)} />
      </dl>
      <Release plan={plan} again={found.again} />
      <Schedules plan={plan} />
      <Limits plan={plan} />
    </div>
  );
}

function Release({ plan, again }: { plan: DispatchPlan; again: () => void }) {
  const { t } = useText();
  const mine = useRole("GRID_DISPATCHER");
  const doing = useAct(again);
  const [asked, setAsked] = useState(false);
  if (plan.state !== DispatchState.PLANNED) return null;
  if (!mine) return <p className="quiet">{t("release.not_yours")}</p>;
  const run = async (): Promise<void> => {
    await doing.run(() => energy.releaseDispatchPlan({ name: plan.name }, CALL));
    setAsked(false);
  };
  return (
    <section className="actions" aria-label={t("actions")}>
      {asked ? (
        <p className="row wrap">
          <span>{t("release.sure")}</span>
          <button type="button" className="primary" disabled={doing.busy()} onClick={() => void run()}>{t("confirm")}</button>
          <button type="button" onClick={() => setAsked(false)}>{t("leave")}</button>
        </p>
      ) : (
        <button type="button" className="primary" onClick={() => setAsked(true)}>{t("release")}</button>
      )}
      {doing.error !== undefined && <Failed error={doing.error} />}
    </section>
  );
}

function Schedules({ plan }: { plan: DispatchPlan }) {
  const { t } = useText();
  const stepMs = (plan.site?.stepHours ?? 1) * HOUR_MS;
  const begin = ms(plan.startTime) || ms(plan.createTime);
  const points = (values: readonly number[]): [number, number][] =>
    values.map((value, i) => [begin + i * stepMs, value]);
  const lines = plan.schedules.map((each) => ({ name: each.plant, points: points(each.kw), step: true }));
  const prices = [
    { name: t("price.marginal"), points: points(plan.marginalPrice), step: true },
    ...(plan.heatPrice.length > 0 ? [{ name: t("price.heat"), points: points(plan.heatPrice), step: true }] : []),
  ];
  return (
    <section>
      <h2>{t("schedules")}</h2>
      <Suspense fallback={<Loading />}>
        <Chart lines={lines} unit="kW" name={`${lastPart(plan.name)}-kw`} label={t("schedules.label", { count: lines.length })} />
        <Chart lines={prices} unit="CNY/kWh" name={`${lastPart(plan.name)}-price`} label={t("price.label")} />
      </Suspense>
    </section>
  );
}

function Limits({ plan }: { plan: DispatchPlan }) {
  const { t, language } = useText();
  return (
    <section>
      <h2>{t("limits")}</h2>
      {plan.unserved.map((each) => (
        <p key={each.load} className="hint">{t("unserved.says", { load: each.load, kwh: number(each.kwh, language, 1) })}</p>
      ))}
      <div className="table-short">
        <Table
          name="limits" label={t("limits")} rows={plan.limits} keyOf={(row) => `${row.plant} ${row.step}`}
          emptyTitle={t("limits.none")} emptyHint={t("limits.none.hint")}
          columns={[
            { id: "plant", title: t("plant"), width: 1.4, value: (row) => row.plant },
            { id: "step", title: t("step"), numeric: true, value: (row) => row.step },
            { id: "limit", title: t("limit_kw"), numeric: true, value: (row) => row.limit, show: (row) => number(row.limit, language, 1) },
            { id: "saving", title: t("limit_saving"), numeric: true, value: (row) => row.saving, show: (row) => number(row.saving, language, 3) },
          ]}
        />
      </div>
    </section>
  );
}
