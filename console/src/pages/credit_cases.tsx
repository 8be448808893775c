// Credit repair: what is applied for, deciding it, who has let go; and what is due when, of all kinds.
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
import { type Deadline, deadlines, endOfDay } from "../domain/deadlines";
import { lastPart, ms, time } from "../domain/format";
import type { Clue } from "../gen/tianfu/credit_supervision/v1/clue_pb.js";
import { type Repair, RepairState } from "../gen/tianfu/credit_supervision/v1/record_pb.js";
import { useText } from "../i18n";
import type { Key } from "../i18n/zh-CN";
import { objections } from "./credit_objections";

const OFTEN_MS = 10_000;
const PAGE = 500;
const purpose = PURPOSE;

const stateKey = (state: RepairState): Key => `repair_state.${RepairState[state].toLowerCase()}` as Key;
const done = (each: Repair): string => `${each.receipts.filter((one) => one.acknowledgeTime).length} / ${each.receipts.length}`;

const repairs = (signal: AbortSignal): Promise<Repair[]> =>
  pages(async (pageToken) => {
    const page = await credit.listRepairs({ pageSize: PAGE, pageToken, purpose }, { ...CALL, signal });
    return [page.repairs, page.nextPageToken];
  });
const clues = (signal: AbortSignal): Promise<Clue[]> =>
  pages(async (pageToken) => {
    const page = await credit.listClues({ pageSize: PAGE, pageToken, purpose }, { ...CALL, signal });
    return [page.clues, page.nextPageToken];
  });

export function Repairs() {
  const { t, language } = useText();
  const mine = useRole("SUPERVISOR");
  const found = useLoad((signal) => (mine ? repairs(signal) : Promise.resolve([])), "repairs", OFTEN_MS);
  if (!mine) return <Empty title={t("repairs.not_yours")} />;
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  return (
    <Table
      name="repairs" label={t("credit.repairs")} rows={found.value} keyOf={(row) => row.name}
      emptyTitle={t("repairs.none")} emptyHint={t("repairs.none.hint")}
      columns={[
        { id: "name", title: t("repair"), width: 1.2, value: (row) => lastPart(row.name), show: (row) => <Link to={`/credit/${row.name}`}>{lastPart(row.name)}</Link> },
        { id: "state", title: t("state"), value: (row) => t(stateKey(row.state)) },
        { id: "record", title: t("repair.record"), width: 1.2, value: (row) => lastPart(row.record) },
        { id: "due", title: t("due"), value: (row) => row.dueDay },
        { id: "left", title: t("deadline.left"), value: (row) => endOfDay(row.dueDay), show: (row) => (row.state === RepairState.APPLIED ? <Left endMs={endOfDay(row.dueDay)} /> : "—") },
        { id: "let_go", title: t("repair.let_go"), value: done },
        { id: "by", title: t("repair.withdraw_by"), width: 1.2, value: (row) => ms(row.withdrawByTime), show: (row) => time(row.withdrawByTime, language) },
        { id: "decider", title: t("repair.decider"), value: (row) => row.decider },
      ]}
    />
  );
}

export function Deadlines() {
  const { t, language } = useText();
  const supervisor = useRole("SUPERVISOR");
  const may = useRole("SUPERVISOR", "INSPECTOR");
  const found = useLoad(async (signal): Promise<Deadline[]> => {
    if (!may) return [];
    // Objections and repairs are the supervisors'; an inspector has clues.
    const [first, second, third] = await Promise.all([clues(signal), supervisor ? objections(signal) : [], supervisor ? repairs(signal) : []]);
    return deadlines(first, second, third);
  }, `deadlines ${supervisor}`, OFTEN_MS);
  if (!may) return <Empty title={t("clues.not_yours")} />;
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const at = (row: Deadline) => new Intl.DateTimeFormat(language, { timeZone: "Asia/Shanghai", dateStyle: "medium", timeStyle: "short" }).format(row.endMs - 1);
  return (
    <Table
      name="deadlines" label={t("credit.deadlines")} rows={found.value} keyOf={(row) => `${row.kind} ${row.name}`}
      emptyTitle={t("deadlines.none")} emptyHint={t("deadlines.none.hint")}
      columns={[
        { id: "left", title: t("deadline.left"), value: (row) => row.endMs, show: (row) => <Left endMs={row.endMs} /> },
        { id: "end", title: t("due"), width: 1.4, value: (row) => row.endMs, show: at },
        { id: "kind", title: t("kind"), width: 1.4, value: (row) => t(`deadline_kind.${row.kind}`) },
        { id: "name", title: t("deadline.waits"), width: 1.4, value: (row) => lastPart(row.name), show: (row) => (row.name.startsWith("repairs/") || row.name.startsWith("objections/") ? <Link to={`/credit/${row.name}`}>{lastPart(row.name)}</Link> : lastPart(row.name)) },
        { id: "about", title: t("deadline.about"), width: 1.6, value: (row) => lastPart(row.about) },
      ]}
    />
  );
}

export default function RepairPage({ id }: { id: string }) {
  const { t, language } = useText();
  const mine = useRole("SUPERVISOR");
  const name = `repairs/${id}`;
  const found = useLoad((signal) => (mine ? credit.getRepair({ name, purpose }, { ...CALL, signal }) : Promise.resolve(undefined)), name, OFTEN_MS);
  if (!mine) return <Empty title={t("repairs.not_yours")} />;
  const repair = found.value;
  if (!repair) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const facts: [Key, string][] = [
    ["repair.record", lastPart(repair.record)],
    ["due", repair.dueDay],
    ["repair.applied", time(repair.createTime, language)],
    ["repair.decider", repair.decider || "—"],
    ["repair.decided", time(repair.decideTime, language)],
    ["repair.withdraw_by", time(repair.withdrawByTime, language)],
    ["rule_versions", repair.ruleVersion || "—"],
  ];
  return (
    <div className="page" data-repair={RepairState[repair.state].toLowerCase()}>
      <header className="row wrap">
        <span className="badge">{t(stateKey(repair.state))}</span>
        {repair.state === RepairState.APPLIED && <Left endMs={endOfDay(repair.dueDay)} />}
      </header>
      <h1>{t("repair")} {id}</h1>
      <dl className="facts">
        {facts.map(([key, value]) => <div key={key}><dt>{t(key)}</dt><dd>{value}</dd></div>)}
      </dl>
      {repair.reason && <p className="reason">{t("reason")}: {repair.reason}</p>}
      {repair.state === RepairState.APPLIED && <Decide repair={repair} again={found.again} />}
      <Evidence repair={repair} />
      {repair.receipts.length > 0 && <LettingGo repair={repair} />}
    </div>
  );
}

/** Granting or rejecting, by another person than who applied: the service holds to that. */
function Decide({ repair, again }: { repair: Repair; again: () => void }) {
  const { t } = useText();
  return (
    <Decision again={again} choices={[
      { key: "granted", word: t("repair.grant"), sure: t("repair.sure"), act: () => credit.decideRepair({ name: repair.name, state: RepairState.GRANTED }, CALL) },
      { key: "rejected", word: t("repair.reject"), why: t("repair.why"), danger: true, act: (reason) => credit.decideRepair({ name: repair.name, state: RepairState.REJECTED, reason }, CALL) },
    ]} />
  );
}

function Evidence({ repair }: { repair: Repair }) {
  const { t } = useText();
  return (
    <table className="small">
      <caption>{t("repair.evidence")}</caption>
      <thead><tr><th scope="col">{t("condition")}</th><th scope="col">SHA-256</th></tr></thead>
      <tbody>
        {repair.evidence.map((each) => <tr key={each.condition}><td>{each.condition}</td><td><code>{each.sha256}</code></td></tr>)}
      </tbody>
    </table>
  );
}

function LettingGo({ repair }: { repair: Repair }) {
  const { t, language } = useText();
  return (
    <table className="small">
      <caption>{t("repair.let_go")} {done(repair)}</caption>
      <thead><tr><th scope="col">{t("repair.receiver")}</th><th scope="col">{t("state")}</th></tr></thead>
      <tbody>
        {repair.receipts.map((each) => (
          <tr key={each.receiver}>
            <td>{lastPart(each.receiver)}</td>
            <td>{each.acknowledgeTime ? time(each.acknowledgeTime, language) : t(repair.lateReceivers.includes(each.receiver) ? "repair.late" : "repair.waited")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
