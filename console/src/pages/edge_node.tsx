// One node: its account, what it measures, and a plot of one series.
import { durationFromMs, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Suspense, lazy } from "react";

import { CALL, fleet } from "../api/clients";
import { nodes, useStore } from "../api/live";
import { now } from "../api/session";
import { telemetry } from "../api/telemetry";
import { PresenceBadge } from "../components/badges";
import type { Line } from "../components/chart";
import { Figure } from "../components/figure";
import { useLoad } from "../components/load";
import { Empty, Failed, Loading } from "../components/message";
import { longPlaceName } from "../domain/counties";
import { lastPart, number, time } from "../domain/format";
import { NodeClass } from "../gen/tianfu/fleet/v1/node_pb.js";
import { Aggregate } from "../gen/tianfu/telemetry/v1/telemetry_service_pb.js";
import { useText } from "../i18n";
import { useQuery } from "../router";

const Chart = lazy(() => import("../components/chart"));
const RANGES = { "15m": 900_000, "1h": 3_600_000, "6h": 21_600_000, "24h": 86_400_000 } as const;
type Range = keyof typeof RANGES;
const POINTS = 400;

export default function EdgeNode({ id }: { id: string }) {
  const { t, language } = useText();
  const name = `nodes/${id}`;
  const live = useStore(nodes).get(name);
  const found = useLoad((signal) => fleet.getNode({ name }, { ...CALL, signal }), name);
  const account = useLoad(
    (signal) => telemetry.getDelivery({ name: `${name}/delivery` }, { ...CALL, signal }), `${name} account`, 2_000,
  );
  const node = live ?? found.value;
  if (!node) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const delivery = account.value;
  return (
    <div className="page">
      <header className="row wrap">
        <PresenceBadge presence={node.presence} />
        <span>{t(node.nodeClass === NodeClass.BASE_STATION ? "class.base_station" : "class.gateway")}</span>
        <span>{longPlaceName(node.placeCode, language)}</span>
        <span className="quiet">{t("agent_version", { version: node.agentVersion || "—" })}</span>
      </header>
      <h1>{node.displayName || id} <span className="quiet">{id}</span></h1>
      <section>
        <h2>{t("account")}</h2>
        {delivery ? (
          <>
            <dl className="figures wide">
              <Figure title={t("produced")} value={number(delivery.produced, language)} />
              <Figure title={t("stored")} value={number(delivery.stored, language)} />
              <Figure title={t("dropped")} value={number(delivery.dropped, language)} />
              <Figure title={t("refused")} value={number(delivery.refusedReadings, language)} />
              <Figure title={t("in_flight")} value={number(delivery.inFlight, language)} />
              <Figure title={t("missing_batches")} value={number(delivery.missingBatches, language)} />
            </dl>
            {delivery.missingRanges.length > 0 && (
              <p role="status">
                {t("missing.ranges", {
                  ranges: delivery.missingRanges.slice(0, 10).map((r) => `${r.firstSequence}–${r.lastSequence}`).join(", "),
                })}
              </p>
            )}
            <p className="quiet">{t("last_stored")}: {time(delivery.storeTime, language)}</p>
          </>
        ) : account.error === undefined ? <Loading /> : <Failed error={account.error} retry={account.again} />}
      </section>
      <SeriesPlot node={name} />
    </div>
  );
}

function SeriesPlot({ node }: { node: string }) {
  const { t } = useText();
  const [chosen, setChosen] = useQuery("series");
  const [range, setRange] = useQuery("range", "15m");
  const listed = useLoad((signal) => telemetry.listSeries({ parent: node, pageSize: 1000 }, { ...CALL, signal }), node);
  const series = listed.value?.series ?? [];
  const at = series.find((each) => lastPart(each.name) === chosen) ?? series[0];
  if (!listed.value) return listed.error === undefined ? <Loading /> : <Failed error={listed.error} retry={listed.again} />;
  if (!at) return <Empty title={t("series.none")}>{t("series.none.hint")}</Empty>;
  const span: Range = range in RANGES ? (range as Range) : "15m";
  return (
    <section>
      <h2>{t("series")}</h2>
      <div className="row wrap">
        <label className="field">
          <span>{t("series")}</span>
          <select value={lastPart(at.name)} onChange={(event) => setChosen(event.target.value)}>
            {series.map((each) => <option key={each.name}>{lastPart(each.name)}</option>)}
          </select>
        </label>
        <label className="field">
          <span>{t("range")}</span>
          <select value={span} onChange={(event) => setRange(event.target.value)}>
            {(Object.keys(RANGES) as Range[]).map((each) => <option key={each} value={each}>{t(`range.${each}`)}</option>)}
          </select>
        </label>
      </div>
      <Plot name={at.name} unit={at.unit} span={span} />
    </section>
  );
}

function Plot({ name, unit, span }: { name: string; unit: string; span: Range }) {
  const { t, language } = useText();
  const found = useLoad(
    async (signal): Promise<Line[]> => {
      const end = now();
      const lengthMs = RANGES[span];
      // Up to an hour the readings themselves, thinned out so that spikes stay; beyond it, means.
      const step = lengthMs > RANGES["1h"] ? { aggregate: Aggregate.MEAN, step: durationFromMs(lengthMs / POINTS) } : { maxPoints: POINTS };
      const answer = await telemetry.querySeries(
        { name, startTime: timestampFromDate(new Date(end - lengthMs)), endTime: timestampFromDate(new Date(end)), ...step },
        { ...CALL, signal },
      );
      return [{ name: lastPart(name), points: answer.timeUs.map((us, i) => [Number(us / 1000n), answer.value[i] ?? NaN]) }];
    },
    `${name} ${span}`, 5_000,
  );
  const points = found.value?.[0]?.points ?? [];
  const last = points.at(-1);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  if (!last) return <Empty title={t("series.empty")}>{t("series.empty.hint")}</Empty>;
  return (
    <Suspense fallback={<Loading />}>
      <Chart
        lines={found.value} unit={unit} name={lastPart(name)}
        label={t("series.label", { name: lastPart(name), count: points.length, last: number(last[1], language, 2), unit })}
      />
    </Suspense>
  );
}
