// Credit supervision: how many entities of which class where, draws, clues with their deadlines.
import { CALL } from "../api/clients";
import { credit, PURPOSE } from "../api/credit";
import { useRole } from "../api/session";
import { Link } from "../components/link";
import { useLoad } from "../components/load";
import { Failed, Loading } from "../components/message";
import { Table } from "../components/table";
import { placeName } from "../domain/counties";
import { lastPart, ms, number, time } from "../domain/format";
import { ClueOutcome, ClueState } from "../gen/tianfu/credit_supervision/v1/clue_pb.js";
import { DrawState } from "../gen/tianfu/credit_supervision/v1/draw_pb.js";
import { RiskClass } from "../gen/tianfu/credit_supervision/v1/entity_pb.js";
import { useText } from "../i18n";
import type { Key } from "../i18n/zh-CN";
import { useQuery } from "../router";
import { Deadlines, Repairs } from "./credit_cases";
import { Objections } from "./credit_objections";

const VIEWS = ["draws", "register", "clues", "objections", "repairs", "deadlines"] as const;
export const drawKey = (state: DrawState): Key => `draw.${DrawState[state].toLowerCase()}` as Key;

export default function Credit() {
  const { t } = useText();
  const [view, setView] = useQuery("view", "draws");
  return (
    <div className="page">
      <h1>{t("nav.credit")}</h1>
      <div className="tabs" role="tablist" aria-label={t("view")}>
        {VIEWS.map((name) => (
          <button key={name} type="button" role="tab" aria-selected={view === name} onClick={() => setView(name)}>
            {t(`credit.${name}`)}
          </button>
        ))}
      </div>
      <View name={view} />
    </div>
  );
}

function View({ name }: { name: string }) {
  switch (name) {
    case "register":
      return <Register />;
    case "clues":
      return <Clues />;
    case "objections":
      return <Objections />;
    case "repairs":
      return <Repairs />;
    case "deadlines":
      return <Deadlines />;
    default:
      return <Draws />;
  }
}

function Draws() {
  const { t, language } = useText();
  const found = useLoad((signal) => credit.listDraws({ pageSize: 500 }, { ...CALL, signal }), "draws", 10_000);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  return (
    <Table
      name="draws" label={t("credit.draws")} rows={found.value.draws} keyOf={(row) => row.name}
      emptyTitle={t("draws.none")} emptyHint={t("draws.none.hint")}
      columns={[
        { id: "name", title: t("draw"), width: 1.6, value: (row) => lastPart(row.name), show: (row) => <Link to={`/credit/${row.name}`}>{lastPart(row.name)}</Link> },
        { id: "state", title: t("state"), value: (row) => t(drawKey(row.state)) },
        { id: "place", title: t("place"), width: 1.2, value: (row) => placeName(row.placeCode, language) },
        { id: "entities", title: t("entities"), numeric: true, value: (row) => row.entityCount, show: (row) => number(row.entityCount, language) },
        { id: "visits", title: t("visits"), numeric: true, value: (row) => row.visitCount },
        { id: "declared", title: t("declared"), width: 1.4, value: (row) => ms(row.declareTime), show: (row) => time(row.declareTime, language) },
        { id: "published", title: t("published_at"), width: 1.4, value: (row) => ms(row.publishTime), show: (row) => time(row.publishTime, language) },
      ]}
    />
  );
}

function Register() {
  const { t, language } = useText();
  const found = useLoad((signal) => credit.countEntities({}, { ...CALL, signal }), "register");
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  return (
    <>
      <p className="quiet">{t("register.withheld")}</p>
      <Table
        name="register" label={t("credit.register")} rows={found.value.cells}
        keyOf={(row) => `${row.placeCode}-${row.riskClass}`}
        emptyTitle={t("register.none")} emptyHint={t("register.none.hint")}
        columns={[
          { id: "place", title: t("prefecture"), value: (row) => placeName(row.placeCode, language) },
          { id: "class", title: t("risk_class"), value: (row) => RiskClass[row.riskClass] },
          { id: "count", title: t("entities"), numeric: true, value: (row) => (row.withheld ? -1 : Number(row.entityCount)), show: (row) => (row.withheld ? t("withheld") : number(row.entityCount, language)) },
        ]}
      />
    </>
  );
}

function Clues() {
  const { t, language } = useText();
  const may = useRole("SUPERVISOR", "INSPECTOR");
  const found = useLoad((signal) => (may ? credit.listClues({ pageSize: 500, purpose: PURPOSE }, { ...CALL, signal }) : Promise.resolve(undefined)), "clues");
  if (!may) return <p className="quiet">{t("clues.not_yours")}</p>;
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  return (
    <Table
      name="clues" label={t("credit.clues")} rows={found.value.clues} keyOf={(row) => row.name} emptyTitle={t("clues.none")}
      columns={[
        { id: "name", title: t("clue"), width: 1.4, value: (row) => lastPart(row.name) },
        { id: "state", title: t("state"), value: (row) => t(`clue.${ClueState[row.state].toLowerCase()}` as Key) },
        { id: "outcome", title: t("clue_outcome"), value: (row) => t(`clue_outcome.${ClueOutcome[row.outcome].toLowerCase()}` as Key) },
        { id: "entity", title: t("entity"), width: 1.6, value: (row) => lastPart(row.entity) },
        { id: "matter", title: t("matter"), width: 1.4, value: (row) => row.matter },
        { id: "place", title: t("county"), value: (row) => placeName(row.placeCode, language) },
        { id: "due", title: t("due"), value: (row) => row.dueDay },
        { id: "reports", title: t("reports"), numeric: true, value: (row) => row.reportCount },
      ]}
    />
  );
}
