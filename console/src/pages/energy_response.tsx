// Demand response: events, what they ask, who took part and what that came to.

import { CALL } from "../api/clients";
import { energy } from "../api/energy";
import { failureOf } from "../api/failures";
import { atMost } from "../api/pages";
import { now, useRole } from "../api/session";
import { useAct } from "../components/act";
import { Figure } from "../components/figure";
import { Link } from "../components/link";
import { useLoad } from "../components/load";
import { Failed, Loading } from "../components/message";
import { Table } from "../components/table";
import { placeName } from "../domain/counties";
import { lastPart, ms, number, percent, time } from "../domain/format";
import { type DemandResponseEvent, PayloadType, type Settlement } from "../gen/tianfu/energy/v1/demand_response_pb.js";
import { useText } from "../i18n";
import type { Key } from "../i18n/zh-CN";
import { Orders } from "./energy";

const SETTLED_MAX = 100;
const AT_ONCE = 6;

/** When an event ends: its intervals follow each other, unless one says when it begins. */
export function endMs(event: DemandResponseEvent): number {
  let at = ms(event.startTime);
  let end = at;
  for (const each of event.intervals) {
    if (each.startTime) at = ms(each.startTime);
    at += Number(each.durationS) * 1000;
    end = Math.max(end, at);
  }
  return end;
}

type Stage = "cancelled" | "coming" | "running" | "over";
function stageOf(event: DemandResponseEvent, nowMs: number): Stage {
  if (event.cancelTime) return "cancelled";
  if (nowMs < ms(event.startTime)) return "coming";
  return nowMs < endMs(event) ? "running" : "over";
}

const kinds = (event: DemandResponseEvent): PayloadType[] => [...new Set(event.intervals.map((each) => each.payloadType))];
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

function useKinds(): (event: DemandResponseEvent) => string {
  const { t } = useText();
  return (event) => kinds(event).map((kind) => t(`payload.${PayloadType[kind].toLowerCase()}` as Key)).join(" · ");
}

export function Events() {
  const { t, language } = useText();
  const kindsOf = useKinds();
  const found = useLoad((signal) => energy.listDemandResponseEvents({ pageSize: 500 }, { ...CALL, signal }), "events", 5_000);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const rows = found.value.demandResponseEvents.toSorted((a, b) => ms(b.startTime) - ms(a.startTime));
  return (
    <Table
      name="events" label={t("energy.response")} rows={rows} keyOf={(row) => row.name}
      emptyTitle={t("events.none")} emptyHint={t("events.none.hint")}
      columns={[
        { id: "event", title: t("response.event"), width: 1.8, value: (row) => `${lastPart(row.name)} ${row.displayName}`, show: (row) => <Link to={`/energy/${row.name}`}>{row.displayName || lastPart(row.name)}</Link> },
        { id: "kind", title: t("kind"), width: 1.6, value: kindsOf },
        { id: "stage", title: t("state"), value: (row) => t(`response.${stageOf(row, now())}`) },
        { id: "exercise", title: t("drill"), width: .6, value: (row) => (row.exercise ? t("drill") : "") },
        { id: "units", title: t("energy.units"), numeric: true, value: (row) => row.units.length },
        { id: "orders", title: t("energy.orders"), numeric: true, value: (row) => row.orders.length },
        { id: "start", title: t("from"), width: 1.3, value: (row) => ms(row.startTime), show: (row) => time(row.startTime, language) },
      ]}
    />
  );
}

export default function EventPage({ id }: { id: string }) {
  const { t, language } = useText();
  const kindsOf = useKinds();
  const name = `demandResponseEvents/${id}`;
  const found = useLoad((signal) => energy.getDemandResponseEvent({ name }, { ...CALL, signal }), name, 5_000);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const event = found.value;
  return (
    <div className="page">
      <header className="row wrap">
        {event.exercise && <span className="badge drill">{t("drill")}</span>}
        <span>{t(`response.${stageOf(event, now())}`)}</span>
        <span>{kindsOf(event)}</span>
        <span className="quiet">{lastPart(event.program)}</span>
      </header>
      <h1>{event.displayName || id}</h1>
      <dl className="figures wide">
        <Figure title={t("from")} value={time(event.startTime, language)} />
        <Figure title={t("minutes")} value={number((endMs(event) - ms(event.startTime)) / 60_000, language, 1)} />
        <Figure title={t("committed_kwh")} value={number(event.committedKwh, language, 1)} />
        <Figure title={t("place")} value={event.placeCodes.map((code) => placeName(code, language)).join(", ") || "—"} />
      </dl>
      <CallOff event={event} again={found.again} />
      <table className="small">
        <caption>{t("intervals")}</caption>
        <thead><tr><th scope="col">{t("step")}</th><th scope="col">{t("kind")}</th><th scope="col">{t("value")}</th><th scope="col">{t("seconds")}</th></tr></thead>
        <tbody>
          {event.intervals.map((each) => (
            <tr key={each.interval}>
              <td>{each.interval}</td>
              <td>{t(`payload.${PayloadType[each.payloadType].toLowerCase()}` as Key)}</td>
              <td>{each.values.map((value) => number(value, language, 2)).join(", ")}</td>
              <td>{number(each.durationS, language)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {event.units.length > 0 && <Settlements event={event} />}
      {event.orders.length > 0 && <section><h2>{t("energy.orders")}</h2><Orders cause={event.name} /></section>}
    </div>
  );
}

function CallOff({ event, again }: { event: DemandResponseEvent; again: () => void }) {
  const { t } = useText();
  const mine = useRole("GRID_DISPATCHER");
  const doing = useAct(again);
  const stage = stageOf(event, now());
  if (!mine || stage === "cancelled" || stage === "over") return null;
  const run = (): unknown => doing.run(() => energy.cancelDemandResponseEvent({ name: event.name }, CALL));
  return (
    <section className="actions" aria-label={t("actions")}>
      <button type="button" className="danger" disabled={doing.busy()} onClick={() => void run()}>{t("call_off")}</button>
      {doing.error !== undefined && <Failed error={doing.error} />}
    </section>
  );
}

interface Settled {
  unit: string;
  settlement?: Settlement;
  /** Why there is none, as the service says. */
  reason: string;
}

function Settlements({ event }: { event: DemandResponseEvent }) {
  const { t, language } = useText();
  const found = useLoad(async (signal): Promise<Settled[]> => {
    const rows: Settled[] = [];
    await atMost(AT_ONCE, event.units.slice(0, SETTLED_MAX), async (unit) => {
      try {
        rows.push({ unit, reason: "", settlement: await energy.getSettlement({ name: event.name, unit }, { ...CALL, signal }) });
      } catch (error) {
        const { reason, transient } = failureOf(error);
        // A unit without a settlement has a reason; a service that can't be reached is another matter.
        if (transient) throw error;
        rows.push({ unit, reason });
      }
    });
    return rows.toSorted((a, b) => (a.unit < b.unit ? -1 : 1));
  }, `${event.name} settlements`, 15_000);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const of = (row: Settled, part: (each: Settlement) => number): number => (row.settlement ? part(row.settlement) : 0);
  const show = (row: Settled, part: (each: Settlement) => number): string =>
    row.settlement ? number(part(row.settlement), language, 2) : "—";
  return (
    <section>
      <h2>{t("settlements")}</h2>
      {event.units.length > SETTLED_MAX && (
        <p className="hint">{t("settlements.first", { shown: SETTLED_MAX, all: event.units.length })}</p>
      )}
      <div className="table-short">
        <Table
          name="settlements" label={t("settlements")} rows={found.value} keyOf={(row) => row.unit}
          emptyTitle={t("settlements.none")}
          columns={[
            { id: "unit", title: t("energy.unit"), width: 1.2, value: (row) => lastPart(row.unit), show: (row) => <Link to={`/energy/${row.unit}`}>{lastPart(row.unit)}</Link> },
            { id: "baseline", title: t("baseline_kwh"), numeric: true, value: (row) => of(row, (s) => sum(s.baselineKwh)), show: (row) => show(row, (s) => sum(s.baselineKwh)) },
            { id: "actual", title: t("actual_kwh"), numeric: true, value: (row) => of(row, (s) => sum(s.actualKwh)), show: (row) => show(row, (s) => sum(s.actualKwh)) },
            { id: "shed", title: t("shed_kwh"), numeric: true, value: (row) => of(row, (s) => sum(s.shedKwh)), show: (row) => show(row, (s) => sum(s.shedKwh)) },
            { id: "share", title: t("delivered_share"), numeric: true, value: (row) => of(row, (s) => s.deliveredShare), show: (row) => (row.settlement ? percent(row.settlement.deliveredShare, language) : "—") },
            { id: "paid", title: t("amount_cny"), numeric: true, value: (row) => of(row, (s) => s.amountCny), show: (row) => show(row, (s) => s.amountCny) },
            { id: "reason", title: t("explanation"), width: 1.4, value: (row) => row.reason, show: (row) => (row.reason ? <code>{row.reason}</code> : t(row.settlement?.delivered ? "settlement.delivered" : "settlement.short")) },
          ]}
        />
      </div>
    </section>
  );
}
