// Nodes, and what became of every reading that they have produced.
import { useMemo } from "react";

import { CALL } from "../api/clients";
import { nodes, useStore } from "../api/live";
import { telemetry } from "../api/telemetry";
import { PRESENCE_NAMES, PresenceBadge } from "../components/badges";
import { Figure } from "../components/figure";
import { Link } from "../components/link";
import { useLoad } from "../components/load";
import { Failed } from "../components/message";
import { Table } from "../components/table";
import { longPlaceName } from "../domain/counties";
import { lastPart, ms, number, time } from "../domain/format";
import type { Delivery } from "../gen/tianfu/telemetry/v1/telemetry_pb.js";
import { useText } from "../i18n";
import { useQuery } from "../router";
import { Pools } from "./edge_pools";
import { Rollouts } from "./edge_rollouts";

const EVERY_MS = 2_000;

async function deliveries(signal: AbortSignal): Promise<Map<string, Delivery>> {
  const found = new Map<string, Delivery>();
  let pageToken = "";
  do {
    const page = await telemetry.listDeliveries({ pageSize: 1000, pageToken }, { ...CALL, signal });
    for (const each of page.deliveries) found.set(each.name.replace(/\/delivery$/, ""), each);
    pageToken = page.nextPageToken;
  } while (pageToken);
  return found;
}

const VIEWS = ["nodes", "rollouts", "pools"] as const;

export default function Edge() {
  const { t } = useText();
  const [view, setView] = useQuery("view", "nodes");
  return (
    <div className="page">
      <h1>{t("nav.edge")}</h1>
      <div className="tabs" role="tablist" aria-label={t("view")}>
        {VIEWS.map((name) => (
          <button key={name} type="button" role="tab" aria-selected={view === name} onClick={() => setView(name)}>
            {t(`edge.${name}`)}
          </button>
        ))}
      </div>
      {view === "rollouts" ? <Rollouts /> : view === "pools" ? <Pools /> : <Nodes />}
    </div>
  );
}

function Nodes() {
  const { t, language } = useText();
  const known = useStore(nodes);
  const found = useLoad(deliveries, "deliveries", EVERY_MS);
  const status = useLoad((signal) => telemetry.getIngestStatus({}, { ...CALL, signal }), "status", EVERY_MS);
  const rows = useMemo(
    () => [...known.values()].map((node) => ({ node, account: found.value?.get(node.name) })),
    [known, found.value],
  );
  const sum = (of: (each: Delivery) => bigint): bigint =>
    [...(found.value?.values() ?? [])].reduce((total, each) => total + of(each), 0n);
  const of = (account: Delivery | undefined, part: (each: Delivery) => bigint): number =>
    account ? Number(part(account)) : 0;
  return (
    <>
      <dl className="figures wide">
        <Figure title={t("readings_per_second")} value={number(status.value?.readingsPerSecond ?? 0, language)} />
        <Figure title={t("produced")} value={number(sum((each) => each.produced), language)} />
        <Figure title={t("stored")} value={number(sum((each) => each.stored), language)} />
        <Figure title={t("dropped")} value={number(sum((each) => each.dropped), language)} />
        <Figure title={t("in_flight")} value={number(sum((each) => each.inFlight), language)} />
        <Figure title={t("missing_batches")} value={number(sum((each) => each.missingBatches), language)} />
      </dl>
      <p className="quiet">{t("account.says")}</p>
      {found.error !== undefined && <Failed error={found.error} retry={found.again} />}
      <Table
        name="nodes" label={t("nodes")} rows={rows} keyOf={({ node }) => node.name}
        emptyTitle={t("nodes.none")} emptyHint={t("nodes.none.hint")}
        columns={[
          { id: "name", title: t("node"), width: 1.6, value: ({ node }) => `${lastPart(node.name)} ${node.displayName}`, show: ({ node }) => <Link to={`/edge/${lastPart(node.name)}`}>{lastPart(node.name)}</Link> },
          { id: "place", title: t("county"), width: 1.6, value: ({ node }) => longPlaceName(node.placeCode, language) },
          { id: "presence", title: t("presence"), value: ({ node }) => t(`presence.${PRESENCE_NAMES[node.presence]}`), show: ({ node }) => <PresenceBadge presence={node.presence} /> },
          { id: "produced", title: t("produced"), numeric: true, value: ({ account }) => of(account, (each) => each.produced), show: ({ account }) => number(account?.produced ?? 0n, language) },
          { id: "stored", title: t("stored"), numeric: true, value: ({ account }) => of(account, (each) => each.stored), show: ({ account }) => number(account?.stored ?? 0n, language) },
          { id: "dropped", title: t("dropped"), numeric: true, value: ({ account }) => of(account, (each) => each.dropped), show: ({ account }) => number(account?.dropped ?? 0n, language) },
          { id: "flight", title: t("in_flight"), numeric: true, value: ({ account }) => of(account, (each) => each.inFlight), show: ({ account }) => number(account?.inFlight ?? 0n, language) },
          { id: "missing", title: t("missing"), numeric: true, value: ({ account }) => of(account, (each) => each.missingBatches), show: ({ account }) => number(account?.missingBatches ?? 0n, language) },
          { id: "store", title: t("last_stored"), width: 1.4, value: ({ account }) => ms(account?.storeTime), show: ({ account }) => time(account?.storeTime, language) },
        ]}
      />
    </>
  );
}
