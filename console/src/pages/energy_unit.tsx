// One unit: its load, what that is in standard coal, its budgets, its carbon, its meters' audit.
import { Suspense, lazy } from "react";

import { CALL } from "../api/clients";
import { energy, intervals, span } from "../api/energy";
import { pages } from "../api/pages";
import { now } from "../api/session";
import { QuotaBadge } from "../components/energy_badges";
import { Figure } from "../components/figure";
import { useLoad } from "../components/load";
import { Empty, Failed, Loading } from "../components/message";
import { longPlaceName } from "../domain/counties";
import { intervalMs, lastKnown, powerOf, sumOf } from "../domain/energy";
import { lastPart, number, percent } from "../domain/format";
import { ElectricityBasis, type Meter, MeteringLevel } from "../gen/tianfu/energy/v1/unit_pb.js";
import { useText } from "../i18n";
import { useQuery } from "../router";
import { Anomalies } from "./energy";

const Chart = lazy(() => import("../components/chart"));
const RANGES = { "15m": 900_000, "1h": 3_600_000, "6h": 21_600_000, "24h": 86_400_000 } as const;
type Range = keyof typeof RANGES;
const QUARTER_MS = 900_000;
const OFTEN_MS = 10_000;
const LINES_MAX = 8;
const YEARS = 6;

export default function UnitPage({ id }: { id: string }) {
  const { t, language } = useText();
  const name = `units/${id}`;
  const [asked, setRange] = useQuery("range", "1h");
  const range: Range = asked in RANGES ? (asked as Range) : "1h";
  const found = useLoad((signal) => energy.getUnit({ name }, { ...CALL, signal }), name);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const unit = found.value;
  return (
    <div className="page">
      <header className="row wrap">
        <span>{longPlaceName(unit.placeCode, language)}</span>
        {unit.creditCode && <code>{unit.creditCode}</code>}
        {unit.designated && <span className="badge">{t("unit.designated")}</span>}
      </header>
      <h1>{unit.displayName || id} <span className="quiet">{id}</span></h1>
      <label className="field">
        <span>{t("range")}</span>
        <select value={range} onChange={(event) => setRange(event.target.value)}>
          {(Object.keys(RANGES) as Range[]).map((each) => <option key={each} value={each}>{t(`range.${each}`)}</option>)}
        </select>
      </label>
      <Load name={name} range={range} />
      <Budgets name={name} />
      <Carbon name={name} />
      <section>
        <h2>{t("energy.anomalies")}</h2>
        <div className="table-short"><Anomalies unit={name} /></div>
      </section>
    </div>
  );
}

interface Seen {
  lines: { name: string; points: [number, number][] }[];
  left: number;
  stepMs: number;
}

const isEntry = (meter: Meter): boolean =>
  meter.level === MeteringLevel.UNIT && meter.energy === "electricity" && meter.terms.length === 0;

async function loadOf(name: string, range: Range, signal: AbortSignal): Promise<Seen> {
  const meters = await pages(async (pageToken) => {
    const page = await energy.listMeters({ parent: name, pageSize: 1000, pageToken }, { ...CALL, signal });
    return [page.meters, page.nextPageToken];
  });
  const shown = meters.filter(isEntry);
  // The quarter of an hour that has begun is of it: what is known of it is shown.
  const end = Math.ceil(now() / QUARTER_MS) * QUARTER_MS;
  const of = span(end, RANGES[range] + QUARTER_MS);
  const each = await Promise.all(
    shown.slice(0, LINES_MAX).map(async (meter) => ({
      name: meter.displayName || lastPart(meter.name), all: await intervals(meter.name, of, signal),
    })),
  );
  return {
    lines: each.map((one) => ({ name: one.name, points: powerOf(one.all) })),
    left: shown.length - each.length,
    stepMs: Math.min(QUARTER_MS, ...each.map((one) => intervalMs(one.all))),
  };
}

function Load({ name, range }: { name: string; range: Range }) {
  const { t, language } = useText();
  const found = useLoad((signal) => loadOf(name, range, signal), `${name} ${range}`, OFTEN_MS);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const { lines, left, stepMs } = found.value;
  const total = sumOf(lines.map((line) => line.points));
  const current = lastKnown(total);
  const shown = lines.length > 1 && left === 0 ? [{ name: t("load.total"), points: total }, ...lines] : lines;
  return (
    <section>
      <h2>{t("load")}</h2>
      {left > 0 && <p className="quiet">{t("load.first", { count: LINES_MAX, left })}</p>}
      {lines.some((line) => line.points.length > 0) ? (
        <Suspense fallback={<Loading />}>
          <Chart
            name={`${lastPart(name)}-load`} unit="kW" lines={shown}
            label={t("load.label", { count: lines.length, last: current === undefined ? "—" : number(current, language, 1) })}
          />
        </Suspense>
      ) : <Empty title={t("load.none")}>{t("load.none.hint")}</Empty>}
      <Consumption name={name} range={range} stepMs={stepMs} />
    </section>
  );
}

function Consumption({ name, range, stepMs }: { name: string; range: Range; stepMs: number }) {
  const { t, language } = useText();
  const found = useLoad(async (signal) => {
    const of = span(Math.floor(now() / stepMs) * stepMs, RANGES[range]);
    const by = (basis: ElectricityBasis) => energy.getConsumption({ name, basis, ...of }, { ...CALL, signal });
    const [own, supply] = await Promise.all([by(ElectricityBasis.EQUIVALENT), by(ElectricityBasis.SUPPLY_COAL)]);
    return { own, supply };
  }, `${name} ${range} ${stepMs} consumption`, OFTEN_MS);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const { own, supply } = found.value;
  return (
    <>
      <dl className="figures wide">
        <Figure title={t("tce.equivalent")} value={number(own.tce, language, 3)} />
        <Figure title={t("tce.supply")} value={number(supply.tce, language, 3)} />
        <Figure title={t("intervals.unknown")} value={number(own.unknownIntervals, language)} />
        <Figure title={t("intervals.estimated")} value={number(own.estimatedIntervals, language)} />
      </dl>
      {own.energies.length > 0 && (
        <table className="small">
          <caption>{t("energies")}</caption>
          <thead><tr><th scope="col">{t("carrier")}</th><th scope="col" className="numeric">{t("amount")}</th><th scope="col">{t("unit")}</th><th scope="col" className="numeric">tce</th></tr></thead>
          <tbody>
            {own.energies.map((each) => (
              <tr key={each.energy}>
                <td>{each.energy}</td><td className="numeric">{number(each.amount, language, 1)}</td><td>{each.unit}</td>
                <td className="numeric">{number(each.tce, language, 3)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {own.unconvertedEnergies.length > 0 && <p className="hint">{t("unconverted", { names: own.unconvertedEnergies.join(", ") })}</p>}
    </>
  );
}

function Budgets({ name }: { name: string }) {
  const { t, language } = useText();
  const found = useLoad((signal) => energy.listQuotas({ parent: name, pageSize: 100 }, { ...CALL, signal }), `${name} quotas`, OFTEN_MS);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const all = found.value.quotas.toSorted((a, b) => (a.name < b.name ? 1 : -1));
  return (
    <section>
      <h2>{t("quotas")}</h2>
      {all.length === 0 && <Empty title={t("quotas.none")}>{t("quotas.none.hint")}</Empty>}
      {all.map((quota) => (
        <p key={quota.name} className="row wrap">
          <strong>{lastPart(quota.name)}</strong>
          <progress max={1} value={Math.min(1, quota.share)} aria-label={t("quota.share")} />
          <span>{t("quota.line", { used: number(quota.usedTce, language, 1), all: number(quota.quotaTce, language, 1), share: percent(quota.share, language) })}</span>
          <QuotaBadge stage={quota.stage} />
          {quota.unconvertedEnergies.length > 0 && <span className="hint">{t("unconverted", { names: quota.unconvertedEnergies.join(", ") })}</span>}
        </p>
      ))}
    </section>
  );
}

function Carbon({ name }: { name: string }) {
  const { t, language } = useText();
  const current = new Date(now()).getFullYear();
  const [asked, setYear] = useQuery("year", String(current));
  const year = Number(asked) || current;
  const found = useLoad((signal) => energy.getCarbonFootprint({ name, year }, { ...CALL, signal }), `${name} carbon ${year}`);
  return (
    <section>
      <h2>{t("carbon")}</h2>
      <label className="field">
        <span>{t("carbon.year")}</span>
        <select value={String(year)} onChange={(event) => setYear(event.target.value)}>
          {Array.from({ length: YEARS }, (_, i) => current - i).map((each) => <option key={each}>{each}</option>)}
        </select>
      </label>
      {found.value ? (
        <>
          <dl className="figures wide">
            <Figure title={t("carbon.location")} value={number(found.value.locationT, language, 3)} />
            <Figure title={t("carbon.market")} value={found.value.marketKnown ? number(found.value.marketT, language, 3) : t("carbon.unpublished")} />
            <Figure title={t("carbon.fuel")} value={number(found.value.fuelT, language, 3)} />
            <Figure title={t("carbon.grid_kwh")} value={number(found.value.gridKwh, language, 1)} />
          </dl>
          <p className="quiet">{t("rule")}: {found.value.ruleVersions.join(", ")}</p>
        </>
      ) : found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />}
    </section>
  );
}
