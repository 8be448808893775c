// Pools of capacity: who has, who borrows, who waits, and why.
import { CALL, fleet } from "../api/clients";
import { Conditions, Summary } from "../components/conditions";
import { Link } from "../components/link";
import { useLoad } from "../components/load";
import { Failed, Loading } from "../components/message";
import { Table } from "../components/table";
import { OFTEN_MS, Told } from "../components/told";
import { lastPart, ms, number, percent, time } from "../domain/format";
import { amounts, shareOf } from "../domain/quantities";
import type { Pool, PoolClaim } from "../gen/tianfu/fleet/v1/control_plane_pb.js";
import { useText } from "../i18n";
import { pathOf } from "./edge_rollouts";

export function Pools() {
  const { t, language } = useText();
  const page = async (pageToken: string, signal: AbortSignal) => {
    const found = await fleet.listPools({ pageSize: 200, pageToken }, { ...CALL, signal });
    return { rows: found.pools, heard: found.heardTime !== undefined, next: found.nextPageToken };
  };
  return (
    <Told name="pools" page={page}>
      {(all) => (
        <Table
          name="pools" label={t("pools")} rows={all} keyOf={(row) => row.name}
          emptyTitle={t("pools.none")} emptyHint={t("pools.none.hint")}
          columns={[
            { id: "pool", title: t("pool"), width: 1.4, value: (row) => lastPart(row.name), show: (row) => <Link to={pathOf(row.name)}>{lastPart(row.name)}</Link> },
            { id: "namespace", title: t("namespace"), value: (row) => row.name.split("/")[1] ?? "" },
            { id: "resources", title: t("pool.has"), width: 2, value: (row) => amounts(row.resources) },
            { id: "tenants", title: t("pool.tenants"), width: 2, value: (row) => row.tenants.map((each) => each.tenant).join(", ") },
            { id: "granted", title: t("pool.granted"), numeric: true, value: (row) => row.granted, show: (row) => number(row.granted, language) },
            { id: "pending", title: t("pool.pending"), numeric: true, value: (row) => row.pending, show: (row) => number(row.pending, language) },
            { id: "why", title: t("explanation"), width: 2.4, value: (row) => row.conditions.map((each) => each.message).join(" "), show: (row) => <Summary conditions={row.conditions} /> },
          ]}
        />
      )}
    </Told>
  );
}

export default function PoolPage({ namespace, id }: { namespace: string; id: string }) {
  const { t, language } = useText();
  const name = `namespaces/${namespace}/pools/${id}`;
  const found = useLoad((signal) => fleet.getPool({ name }, { ...CALL, signal }), name, OFTEN_MS);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const pool = found.value;
  return (
    <div className="page">
      <h1>{id} <span className="quiet">{namespace}</span></h1>
      <p>{t("pool.has")}: {amounts(pool.resources)}{pool.emergencyClasses.length > 0 && ` · ${t("pool.emergency", { classes: pool.emergencyClasses.join(", ") })}`}</p>
      {Object.keys(pool.resources).sort().map((resource) => <Resource key={resource} pool={pool} resource={resource} />)}
      <section>
        <h2>{t("pool.claims")}</h2>
        {pool.claimsLeftOut > 0 && <p className="quiet">{t("pool.left_out", { count: pool.claimsLeftOut })}</p>}
        <Claims claims={pool.claims} />
      </section>
      <Conditions conditions={pool.conditions} />
      <p className="quiet">{t("said_at")}: {time(pool.updateTime, language)}</p>
    </div>
  );
}

/** Of one resource: what each tenant is due, has, borrows and lends, as a table with bars. */
function Resource({ pool, resource }: { pool: Pool; resource: string }) {
  const { t, language } = useText();
  const whole = pool.resources[resource];
  return (
    <table className="small">
      <caption>{resource} · {whole}</caption>
      <thead>
        <tr>
          <th scope="col">{t("pool.tenant")}</th><th scope="col">{t("pool.nominal")}</th><th scope="col">{t("pool.used")}</th>
          <th scope="col">{t("pool.share")}</th><th scope="col">{t("pool.borrowed")}</th><th scope="col">{t("pool.lent")}</th>
        </tr>
      </thead>
      <tbody>
        {pool.tenants.map((each) => {
          const share = shareOf(each.used[resource], whole);
          return (
            <tr key={each.tenant}>
              <td>{each.tenant}</td>
              <td>{each.nominal[resource] ?? "—"}</td>
              <td>{each.used[resource] ?? "—"}</td>
              <td>
                <progress max={1} value={share} aria-label={t("pool.share_of", { tenant: each.tenant, resource })} /> {percent(share, language)}
              </td>
              <td>{each.borrowed[resource] ?? "—"}</td>
              <td>{each.lent[resource] ?? "—"}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

type Stage = "has" | "borrows" | "waits" | "taken";
function stageOf(claim: PoolClaim): Stage {
  const is = (type: string): boolean => claim.conditions.some((each) => each.type === type && each.status === "True");
  const granted = claim.conditions.find((each) => each.type === "Granted" && each.status === "True");
  if (granted) return granted.reason === "Borrowed" ? "borrows" : "has";
  return is("Preempted") ? "taken" : "waits";
}
const SHAPES: Record<Stage, string> = { has: "●", borrows: "◐", waits: "○", taken: "✕" };

function Claims({ claims }: { claims: readonly PoolClaim[] }) {
  const { t, language } = useText();
  const why = (claim: PoolClaim): string => {
    const told = claim.conditions.find((each) => each.type === "Pending" && each.status === "True") ??
      claim.conditions.find((each) => each.type === "Granted");
    return told ? `${told.reason}: ${told.message}` : "";
  };
  return (
    <Table
      name="claims" label={t("pool.claims")} rows={claims} keyOf={(row) => row.claim}
      emptyTitle={t("claims.none")} emptyHint={t("claims.none.hint")}
      columns={[
        { id: "claim", title: t("claim"), width: 1.3, value: (row) => row.claim },
        { id: "tenant", title: t("pool.tenant"), value: (row) => row.tenant },
        { id: "node", title: t("node"), value: (row) => row.node, show: (row) => (row.node ? <Link to={`/edge/${row.node}`}>{row.node}</Link> : "—") },
        { id: "stage", title: t("state"), value: (row) => t(`claim.${stageOf(row)}`), show: (row) => <span className={`badge claim-${stageOf(row)}`}><span aria-hidden="true">{SHAPES[stageOf(row)]}</span> {t(`claim.${stageOf(row)}`)}</span> },
        { id: "asked", title: t("claim.asked"), width: 1.4, value: (row) => amounts(row.asked) },
        { id: "granted", title: t("claim.granted"), width: 1.4, value: (row) => amounts(row.granted) },
        { id: "class", title: t("claim.class"), value: (row) => [row.priorityClass, row.priority || ""].filter(Boolean).join(" ") },
        { id: "why", title: t("explanation"), width: 3, value: why, show: (row) => <span title={why(row)}>{why(row)}</span> },
        { id: "lease", title: t("claim.lease"), width: 1.2, value: (row) => ms(row.leaseEndTime), show: (row) => time(row.leaseEndTime, language) },
      ]}
    />
  );
}
