// Every threshold with its dates and its source, and whether the source was read.
import { CALL, warnings } from "../api/clients";
import { Link } from "../components/link";
import { useLoad } from "../components/load";
import { Failed, Loading } from "../components/message";
import { Table } from "../components/table";
import { lastPart } from "../domain/format";
import type { Rule } from "../gen/tianfu/disaster_warning/v1/rule_pb.js";
import { useText } from "../i18n";

async function all(signal: AbortSignal): Promise<Rule[]> {
  const found: Rule[] = [];
  let pageToken = "";
  do {
    const page = await warnings.listRules({ pageSize: 1000, pageToken }, { ...CALL, signal });
    found.push(...page.rules);
    pageToken = page.nextPageToken;
  } while (pageToken);
  return found;
}

export default function Rules({ chosen }: { chosen: string }) {
  const { t } = useText();
  const found = useLoad(all, "rules");
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const rule = found.value.find((each) => lastPart(each.name) === chosen);
  return (
    <div className="page">
      <h1>{t("nav.rules")}</h1>
      <p className="quiet">{t("rules.about")}</p>
      {rule && <Details rule={rule} />}
      <Table
        name="rules" label={t("nav.rules")} rows={found.value} keyOf={(row) => row.name} emptyTitle={t("rules.none")}
        columns={[
          { id: "rule", title: t("rule"), width: 1.6, value: (row) => row.ruleId, show: (row) => <Link to={`/rules/${encodeURIComponent(lastPart(row.name))}`}>{row.ruleId}</Link> },
          { id: "where", title: t("jurisdiction"), width: 0.8, value: (row) => row.jurisdiction },
          { id: "from", title: t("valid_from"), width: 0.9, value: (row) => row.validFrom },
          { id: "to", title: t("valid_to"), width: 0.9, value: (row) => row.validTo, show: (row) => row.validTo || t("still") },
          { id: "verified", title: t("verified"), width: 0.8, value: (row) => t(row.verified ? "verified.yes" : "verified.no"), show: (row) => <span className={row.verified ? "good" : "doubt"}><span aria-hidden="true">{row.verified ? "✓" : "?"}</span> {t(row.verified ? "verified.yes" : "verified.no")}</span> },
          { id: "source", title: t("source"), width: 4, value: (row) => row.source, show: (row) => <span title={row.source}>{row.source}</span> },
        ]}
      />
    </div>
  );
}

function Details({ rule }: { rule: Rule }) {
  const { t } = useText();
  return (
    <section className="rule">
      <h2>{rule.version}</h2>
      <p>{rule.source}</p>
      <p className="quiet">SHA-256 <code>{rule.sha256}</code></p>
      <pre tabIndex={0} aria-label={t("parameters")}>{JSON.stringify(rule.parameters ?? {}, null, 2)}</pre>
    </section>
  );
}
