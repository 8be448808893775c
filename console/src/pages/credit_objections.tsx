// Objections to credit records: which are open, and deciding one; until then nobody may use the record.
import { CALL } from "../api/clients";
import { credit, PURPOSE } from "../api/credit";
import { pages } from "../api/pages";
import { useRole } from "../api/session";
import { Decision } from "../components/decision";
import { Left } from "../components/left";
import { Link } from "../components/link";
import { useLoad } from "../components/load";
import { Empty, Failed, Loading } from "../components/message";
import { Table } from "../components/table";
import { endOfDay } from "../domain/deadlines";
import { lastPart, ms, time } from "../domain/format";
import { type Objection, ObjectionState } from "../gen/tianfu/credit_supervision/v1/record_pb.js";
import { useText } from "../i18n";
import type { Key } from "../i18n/zh-CN";

const OFTEN_MS = 10_000;
const PAGE = 500;
const purpose = PURPOSE;

const stateKey = (state: ObjectionState): Key => `objection_state.${ObjectionState[state].toLowerCase()}` as Key;

export const objections = (signal: AbortSignal): Promise<Objection[]> =>
  pages(async (pageToken) => {
    const page = await credit.listObjections({ pageSize: PAGE, pageToken, purpose }, { ...CALL, signal });
    return [page.objections, page.nextPageToken];
  });

export function Objections() {
  const { t, language } = useText();
  const mine = useRole("SUPERVISOR");
  const found = useLoad((signal) => (mine ? objections(signal) : Promise.resolve([])), "objections", OFTEN_MS);
  if (!mine) return <Empty title={t("objections.not_yours")} />;
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  return (
    <Table
      name="objections" label={t("credit.objections")} rows={found.value} keyOf={(row) => row.name}
      emptyTitle={t("objections.none")} emptyHint={t("objections.none.hint")}
      columns={[
        { id: "name", title: t("objection"), width: 1.2, value: (row) => lastPart(row.name), show: (row) => <Link to={`/credit/${row.name}`}>{lastPart(row.name)}</Link> },
        { id: "state", title: t("state"), value: (row) => t(stateKey(row.state)) },
        { id: "record", title: t("repair.record"), width: 1.2, value: (row) => lastPart(row.record) },
        { id: "ground", title: t("objection.ground"), width: 1.2, value: (row) => row.ground },
        { id: "due", title: t("due"), value: (row) => row.dueDay },
        { id: "left", title: t("deadline.left"), value: (row) => endOfDay(row.dueDay), show: (row) => (row.state === ObjectionState.OPEN ? <Left endMs={endOfDay(row.dueDay)} /> : "—") },
        { id: "raised", title: t("objection.raised"), width: 1.2, value: (row) => ms(row.createTime), show: (row) => time(row.createTime, language) },
        { id: "decider", title: t("repair.decider"), value: (row) => row.decider },
      ]}
    />
  );
}

export default function ObjectionPage({ id }: { id: string }) {
  const { t, language } = useText();
  const mine = useRole("SUPERVISOR");
  const name = `objections/${id}`;
  const found = useLoad((signal) => (mine ? credit.getObjection({ name, purpose }, { ...CALL, signal }) : Promise.resolve(undefined)), name, OFTEN_MS);
  if (!mine) return <Empty title={t("objections.not_yours")} />;
  const objection = found.value;
  if (!objection) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const facts: [Key, string][] = [
    ["repair.record", lastPart(objection.record)],
    ["objection.ground", objection.ground],
    ["due", objection.dueDay],
    ["objection.raised", time(objection.createTime, language)],
    ["repair.decider", objection.decider || "—"],
    ["repair.decided", time(objection.decideTime, language)],
    ["rule_versions", objection.ruleVersion || "—"],
  ];
  const decided = (state: ObjectionState, reason: string) => credit.decideObjection({ name, state, reason }, CALL);
  return (
    <div className="page" data-objection={ObjectionState[objection.state].toLowerCase()}>
      <header className="row wrap">
        <span className="badge">{t(stateKey(objection.state))}</span>
        {objection.state === ObjectionState.OPEN && <Left endMs={endOfDay(objection.dueDay)} />}
      </header>
      <h1>{t("objection")} {id}</h1>
      <dl className="facts">
        {facts.map(([key, value]) => <div key={key}><dt>{t(key)}</dt><dd>{value}</dd></div>)}
      </dl>
      {objection.reason && <p className="reason">{t("reason")}: {objection.reason}</p>}
      {objection.state === ObjectionState.OPEN && (
        <Decision again={found.again} choices={[
          { key: "upheld", word: t("objection.uphold"), sure: t("objection.sure"), why: t("objection.why"), act: (reason) => decided(ObjectionState.UPHELD, reason) },
          { key: "rejected", word: t("objection.reject"), why: t("objection.why"), danger: true, act: (reason) => decided(ObjectionState.REJECTED, reason) },
        ]} />
      )}
      <table className="small">
        <caption>{t("repair.evidence")}</caption>
        <thead><tr><th scope="col">SHA-256</th></tr></thead>
        <tbody>
          {objection.evidenceSha256.map((each) => <tr key={each}><td><code>{each}</code></td></tr>)}
        </tbody>
      </table>
    </div>
  );
}
