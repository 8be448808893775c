// One patient: scores over time with what they were made of, and the latest results.
import { Suspense, lazy } from "react";

import { CALL } from "../api/clients";
import { healthcare } from "../api/healthcare";
import { useLoad } from "../components/load";
import { Empty, Failed, Loading } from "../components/message";
import { Table } from "../components/table";
import { TRENDS, bandText } from "../components/trend";
import { lastPart, ms, time } from "../domain/format";
import { courseOf, patientName, scoreOf } from "../domain/wards";
import { type Observation, Purpose, type Score } from "../gen/tianfu/healthcare/v1/patient_pb.js";
import { useText } from "../i18n";

const Chart = lazy(() => import("../components/chart"));
const purpose = Purpose.TREATMENT;

export default function PatientPage({ id }: { id: string }) {
  const { t } = useText();
  const name = `patients/${id}`;
  const found = useLoad((signal) => healthcare.getPatient({ name, purpose }, { ...CALL, signal }), name);
  const scores = useLoad((signal) => healthcare.listScores({ parent: name, pageSize: 500, purpose }, { ...CALL, signal }), `${name} scores`, 5_000);
  const results = useLoad((signal) => healthcare.listObservations({ parent: name, pageSize: 200, purpose }, { ...CALL, signal }), `${name} results`, 5_000);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const { visit, masked } = found.value;
  return (
    <div className="page">
      <h1>{patientName(found.value)}</h1>
      <p className="quiet">
        {[visit?.facility, visit?.ward, visit?.room, visit?.bed].filter(Boolean).join(" · ")}
        {masked ? ` · ${t("patients.masked")}` : ""}
      </p>
      {scores.error !== undefined && <Failed error={scores.error} retry={scores.again} />}
      {scores.value && <Scores scores={scores.value.scores} />}
      {results.error !== undefined && <Failed error={results.error} retry={results.again} />}
      {results.value && <Results results={results.value.observations} />}
    </div>
  );
}

function Scores({ scores }: { scores: readonly Score[] }) {
  const { t, language } = useText();
  const course = courseOf(scores);
  const figures = course?.latest.figures;
  if (!course || !figures) return <Empty title={t("scores.none")} />;
  const { latest, points } = course;
  const rule = scoreOf(latest);
  return (
    <section>
      <h2>{rule.toUpperCase()}</h2>
      <p>
        <strong className="magnitude">{figures.complete ? "" : "≥ "}{figures.total}</strong>{" "}
        {bandText(figures.band, t)} · {t(TRENDS[latest.trend])} · {time(latest.observeTime, language)}
      </p>
      {figures.missing.length > 0 && <p className="hint">{t("score.missing", { items: figures.missing.join(", ") })}</p>}
      <Suspense fallback={<Loading />}>
        <Chart lines={[{ name: rule, points, step: true }]} unit={t("points")} name={rule}
          label={t("score.label", { count: points.length, last: figures.total })} />
      </Suspense>
      <table className="small">
        <caption>{t("score.items")}</caption>
        <thead>
          <tr><th scope="col">{t("item")}</th><th scope="col" className="numeric">{t("value")}</th><th scope="col" className="numeric">{t("points")}</th></tr>
        </thead>
        <tbody>
          {figures.items.map((item) => (
            <tr key={item.item}>
              <td>{item.item}</td><td className="numeric">{item.value || "—"}</td><td className="numeric">{item.points ?? "—"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const shownValue = ({ result }: Observation): string => {
  switch (result?.value.case) {
    case "number":
      return String(result.value.value);
    case "text":
      return result.value.value;
    case "coded":
      return result.value.value.display || result.value.value.code;
    default:
      return "";
  }
};

function Results({ results }: { results: readonly Observation[] }) {
  const { t, language } = useText();
  return (
    <section>
      <h2>{t("results")}</h2>
      <Table
        name="results" label={t("results")} rows={results} keyOf={(row) => row.name} emptyTitle={t("results.none")}
        columns={[
          { id: "what", title: t("item"), width: 2, value: ({ result }) => result?.code?.display || result?.code?.code || "" },
          { id: "value", title: t("value"), numeric: true, value: shownValue },
          { id: "unit", title: t("unit"), value: ({ result }) => result?.unit ?? "" },
          { id: "flag", title: t("flag"), value: ({ result }) => result?.flag ?? "" },
          { id: "when", title: t("observed"), width: 1.3, value: ({ result }) => ms(result?.observeTime), show: ({ result }) => time(result?.observeTime, language) },
          { id: "node", title: t("node"), value: (row) => lastPart(row.node) },
        ]}
      />
    </section>
  );
}
