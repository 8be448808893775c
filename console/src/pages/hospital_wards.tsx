// Wards: who lies there, how the early-warning score goes, which critical values nobody has answered.
import { CALL } from "../api/clients";
import { healthcare } from "../api/healthcare";
import { atMost, pages } from "../api/pages";
import { Figure } from "../components/figure";
import { Link } from "../components/link";
import { useLoad } from "../components/load";
import { Failed, Loading } from "../components/message";
import { Table } from "../components/table";
import { TRENDS, TrendLine, bandText } from "../components/trend";
import { lastPart, ms, number, time } from "../domain/format";
import { type Course, courseOf, openAlerts, patientName, scoreOf, wardOf } from "../domain/wards";
import { type Alert, type Patient, Purpose, Trend } from "../gen/tianfu/healthcare/v1/patient_pb.js";
import { useText } from "../i18n";
import { useQuery } from "../router";

const purpose = Purpose.TREATMENT;
/** Every look at a patient is kept in the audit log: scores are read of a ward, and not more often than rounds need. */
const SCORED_MAX = 60;
const SCORES_EACH = 24;
const AGAIN_MS = 30_000;
const AT_ONCE = 4;

async function courses(patients: readonly Patient[], signal: AbortSignal): Promise<ReadonlyMap<string, Course>> {
  const found = new Map<string, Course>();
  await atMost(AT_ONCE, patients, async ({ name }) => {
    const { scores } = await healthcare.listScores({ parent: name, pageSize: SCORES_EACH, purpose }, { ...CALL, signal });
    const course = courseOf(scores);
    if (course) found.set(name, course);
  });
  return found;
}

const inHospital = (signal: AbortSignal): Promise<Patient[]> =>
  pages(async (pageToken) => {
    const page = await healthcare.listPatients({ pageSize: 500, pageToken, purpose, filter: "admitted=true" }, { ...CALL, signal });
    return [page.patients, page.nextPageToken];
  });

export function Wards({ alerts }: { alerts: readonly Alert[] }) {
  const found = useLoad(inHospital, "wards", AGAIN_MS);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  return <Beside patients={found.value} alerts={alerts} />;
}

function Beside({ patients, alerts }: { patients: readonly Patient[]; alerts: readonly Alert[] }) {
  const { t, language } = useText();
  const [ward, setWard] = useQuery("ward");
  const wards = [...new Set(patients.map(wardOf))].sort();
  const shown = patients.filter((each) => ward === "" || wardOf(each) === ward);
  const scored = shown.slice(0, SCORED_MAX);
  const found = useLoad((signal) => courses(scored, signal), scored.map((each) => each.name).join(), AGAIN_MS);
  const known = found.value ?? new Map<string, Course>();
  const open = openAlerts(alerts);
  const critical = shown.reduce((sum, each) => sum + (open.get(each.name)?.critical ?? 0), 0);
  const rising = shown.filter((each) => known.get(each.name)?.latest.trend === Trend.RISING).length;
  const total = (row: Patient): number => known.get(row.name)?.latest.figures?.total ?? -1;
  const sorted = shown.toSorted((a, b) => (open.get(b.name)?.critical ?? 0) - (open.get(a.name)?.critical ?? 0) || total(b) - total(a));
  return (
    <>
      <dl className="figures wide" data-scored={known.size}>
        <Figure title={t("wards.beds_taken")} value={number(shown.length, language)} />
        <Figure title={t("wards.critical")} value={number(critical, language)} />
        <Figure title={t("wards.rising")} value={number(rising, language)} />
      </dl>
      {patients.some((each) => each.masked) && <p className="quiet">{t("patients.masked")}</p>}
      {shown.length > SCORED_MAX && <p className="quiet">{t("wards.first", { count: SCORED_MAX })}</p>}
      {found.error !== undefined && <Failed error={found.error} retry={found.again} />}
      <Table
        name="wards" label={t("hospitals.wards")} rows={sorted} keyOf={(row) => row.name}
        emptyTitle={t("patients.none")} emptyHint={t("patients.none.hint")}
        tools={
          <label>
            <span className="visually-hidden">{t("ward")}</span>
            <select value={ward} onChange={(event) => setWard(event.target.value)}>
              <option value="">{t("wards.all")}</option>
              {wards.filter(Boolean).map((each) => <option key={each} value={each}>{each}</option>)}
            </select>
          </label>
        }
        columns={[
          { id: "ward", title: t("ward"), width: 1.4, value: wardOf },
          { id: "bed", title: t("bed"), width: 0.8, value: (row) => [row.visit?.room, row.visit?.bed].filter(Boolean).join("-") },
          { id: "patient", title: t("patient"), width: 1.2, value: patientName, show: (row) => <Link to={`/hospitals/${lastPart(row.name)}`}>{patientName(row)}</Link> },
          { id: "score", title: t("wards.score"), numeric: true, value: total, show: (row) => <Total course={known.get(row.name)} /> },
          { id: "trend", title: t("wards.trend"), width: 1.8, value: (row) => t(TRENDS[known.get(row.name)?.latest.trend ?? Trend.UNSPECIFIED]), show: (row) => <TrendLine course={known.get(row.name)} /> },
          { id: "critical", title: t("wards.critical"), numeric: true, value: (row) => open.get(row.name)?.critical ?? 0, show: (row) => <Open count={open.get(row.name)?.critical ?? 0} /> },
          { id: "other", title: t("wards.other"), numeric: true, value: (row) => open.get(row.name)?.other ?? 0 },
          { id: "observed", title: t("observed"), width: 1.2, value: (row) => ms(known.get(row.name)?.latest.observeTime), show: (row) => time(known.get(row.name)?.latest.observeTime, language) },
        ]}
      />
    </>
  );
}

function Total({ course }: { course: Course | undefined }) {
  const { t } = useText();
  const figures = course?.latest.figures;
  if (!course || !figures) return <>—</>;
  return <span className={`band-${figures.band}`} title={scoreOf(course.latest).toUpperCase()}>{figures.complete ? "" : "≥ "}{figures.total} <span className="quiet">{bandText(figures.band, t)}</span></span>;
}

function Open({ count }: { count: number }) {
  return count > 0 ? <span className="badge alert-open">{count}</span> : <>0</>;
}
