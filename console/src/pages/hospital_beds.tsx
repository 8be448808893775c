// What hospitals can take, ambulances on their way to them, and what a warning asks of them.

import { CALL } from "../api/clients";
import { healthcare } from "../api/healthcare";
import { atMost, pages } from "../api/pages";
import { now, useRole } from "../api/session";
import { useAct } from "../components/act";
import { Link } from "../components/link";
import { useLoad } from "../components/load";
import { Failed, Loading } from "../components/message";
import { Table } from "../components/table";
import { bandText } from "../components/trend";
import { longPlaceName } from "../domain/counties";
import { lastPart, ms, number, time } from "../domain/format";
import { type Arrival, ArrivalState } from "../gen/tianfu/healthcare/v1/arrival_pb.js";
import { TriageTag } from "../gen/tianfu/healthcare/v1/decisions_pb.js";
import { Purpose } from "../gen/tianfu/healthcare/v1/patient_pb.js";
import { type BedReport, BedType, EmergencyStatus, type Hospital, SurgeActionKind, SurgeState, type SurgePlan } from "../gen/tianfu/healthcare/v1/region_pb.js";
import { useText } from "../i18n";
import type { Key } from "../i18n/zh-CN";
import { useQuery } from "../router";

const purpose = Purpose.TREATMENT;
const OFTEN_MS = 5_000;
const AT_ONCE = 4;
/** Of which arrivals are asked for one by one. */
const HOSPITALS_MAX = 50;

export const emergencyKey = (status: EmergencyStatus): Key => `emergency.${EmergencyStatus[status].toLowerCase()}` as Key;
export const bedKey = (type: BedType): Key => `bed_type.${BedType[type].toLowerCase()}` as Key;
const surgeKey = (state: SurgeState): Key => `surge.${SurgeState[state].toLowerCase()}` as Key;
const actionKey = (kind: SurgeActionKind): Key => `surge_action.${SurgeActionKind[kind].toLowerCase()}` as Key;
const arrivalKey = (state: ArrivalState): Key => `arrival.${ArrivalState[state].toLowerCase()}` as Key;
const tagKey = (tag: TriageTag): Key => `triage.${TriageTag[tag].toLowerCase()}` as Key;

const hospitals = (signal: AbortSignal): Promise<Hospital[]> =>
  pages(async (pageToken) => {
    const page = await healthcare.listHospitals({ pageSize: 500, pageToken }, { ...CALL, signal });
    return [page.hospitals, page.nextPageToken];
  });

const reports = async (signal: AbortSignal): Promise<Map<string, BedReport>> => {
  const all = await pages<BedReport>(async (pageToken) => {
    const page = await healthcare.listBedReports({ pageSize: 500, pageToken }, { ...CALL, signal });
    return [page.bedReports, page.nextPageToken];
  });
  return new Map(all.map((each) => [each.name.replace(/\/bedReport$/, ""), each]));
};

export function EmergencyBadge({ status }: { status: EmergencyStatus }) {
  const { t } = useText();
  return <span className={`emergency emergency-${EmergencyStatus[status].toLowerCase()}`}>{t(emergencyKey(status))}</span>;
}

export function Age({ report }: { report: BedReport | undefined }) {
  const { t } = useText();
  if (!report) return <>—</>;
  const minutes = Math.round(report.ageSeconds / 60);
  return <span className={report.stale ? "doubt" : ""}>{t("beds.age", { count: minutes })}{report.stale ? ` · ${t("beds.stale")}` : ""}</span>;
}

export function Beds() {
  const { t, language } = useText();
  const found = useLoad(async (signal) => ({ all: await hospitals(signal), told: await reports(signal) }), "beds", OFTEN_MS);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const { all, told } = found.value;
  const of = (row: Hospital): BedReport | undefined => told.get(row.name);
  const places = (row: Hospital, colour: "red" | "yellow" | "green"): number => of(row)?.casualties?.[colour] ?? 0;
  const beds = (row: Hospital, type: BedType) => of(row)?.beds.find((each) => each.type === type);
  const shown = (row: Hospital, type: BedType): string => {
    const count = beds(row, type);
    return count ? `${number(count.available, language)} / ${number(count.baseline, language)}` : "—";
  };
  return (
    <Table
      name="beds" label={t("hospitals.beds")} rows={all} keyOf={(row) => row.name}
      emptyTitle={t("beds.none")} emptyHint={t("beds.none.hint")}
      columns={[
        { id: "hospital", title: t("hospital"), width: 1.8, value: (row) => `${row.title} ${lastPart(row.name)}`, show: (row) => <Link to={`/hospitals/at/${lastPart(row.name)}`}>{row.title}</Link> },
        { id: "county", title: t("county"), width: 1.4, value: (row) => longPlaceName(row.placeCode, language) },
        { id: "emergency", title: t("emergency"), value: (row) => t(emergencyKey(of(row)?.emergency ?? EmergencyStatus.UNSPECIFIED)), show: (row) => <EmergencyBadge status={of(row)?.emergency ?? EmergencyStatus.UNSPECIFIED} /> },
        { id: "red", title: t("triage.red"), width: 0.7, numeric: true, value: (row) => places(row, "red") },
        { id: "yellow", title: t("triage.yellow"), width: 0.7, numeric: true, value: (row) => places(row, "yellow") },
        { id: "green", title: t("triage.green"), width: 0.7, numeric: true, value: (row) => places(row, "green") },
        { id: "icu", title: t("bed_type.icu"), numeric: true, value: (row) => beds(row, BedType.ICU)?.available ?? 0, show: (row) => shown(row, BedType.ICU) },
        { id: "wards", title: t("bed_type.ward"), numeric: true, value: (row) => beds(row, BedType.WARD)?.available ?? 0, show: (row) => shown(row, BedType.WARD) },
        { id: "counted", title: t("beds.counted"), width: 1.2, value: (row) => ms(of(row)?.reportTime), show: (row) => <Age report={of(row)} /> },
      ]}
    />
  );
}

interface Expected extends Arrival {
  hospital: string;
}

/** Ambulances; of one hospital, or of all for "". */
export function Arrivals({ hospital }: { hospital: string }) {
  const { t, language } = useText();
  const clinician = useRole("CLINICIAN");
  const [state, setState] = useQuery("arrivals", "announced");
  const found = useLoad(
    async (signal) => {
      const parents = hospital ? [hospital] : (await hospitals(signal)).slice(0, HOSPITALS_MAX).map((each) => each.name);
      const all: Expected[] = [];
      const filter = state === "announced" ? "state=ANNOUNCED" : "";
      await atMost(AT_ONCE, parents, async (parent) => {
        const page = await healthcare.listArrivals({ parent, filter, pageSize: 200, purpose }, { ...CALL, signal });
        all.push(...page.arrivals.map((each) => ({ ...each, hospital: parent })));
      });
      return all.sort((a, b) => a.state - b.state || ms(a.etaTime) - ms(b.etaTime));
    },
    `arrivals ${hospital} ${state}`, OFTEN_MS,
  );
  const doing = useAct(found.again);
  const take = (name: string): unknown => doing.run(() => healthcare.acknowledgeArrival({ name }, CALL), name);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const left = (row: Arrival): string =>
    row.state === ArrivalState.ANNOUNCED ? t("minutes_left", { count: Math.max(0, Math.round((ms(row.etaTime) - now()) / 60_000)) }) : time(row.etaTime, language);
  const score = (row: Arrival): string => (row.score?.figures ? `${row.score.figures.complete ? "" : "≥ "}${row.score.figures.total} ${bandText(row.score.figures.band, t)}` : "—");
  return (
    <>
      {doing.error !== undefined && <Failed error={doing.error} />}
      <Table
        name="arrivals" label={t("hospitals.arrivals")} rows={found.value} keyOf={(row) => row.name}
        emptyTitle={t("arrivals.none")} emptyHint={t("arrivals.none.hint")}
        tools={
          <label>
            <span className="visually-hidden">{t("state")}</span>
            <select value={state} onChange={(event) => setState(event.target.value)}>
              <option value="announced">{t("arrival.announced")}</option>
              <option value="all">{t("desk.all")}</option>
            </select>
          </label>
        }
        columns={[
          { id: "hospital", title: t("hospital"), width: 1.4, value: (row) => lastPart(row.hospital), show: (row) => <Link to={`/hospitals/at/${lastPart(row.hospital)}`}>{lastPart(row.hospital)}</Link> },
          { id: "tag", title: t("triage"), width: 0.8, value: (row) => t(tagKey(row.tag)), show: (row) => <span className={`badge tag-${TriageTag[row.tag].toLowerCase()}`}>{t(tagKey(row.tag))}</span> },
          { id: "state", title: t("state"), value: (row) => t(arrivalKey(row.state)) },
          { id: "eta", title: t("arrivals.eta"), width: 1.2, value: (row) => ms(row.etaTime), show: left },
          { id: "score", title: t("wards.score"), value: (row) => row.score?.figures?.total ?? -1, show: score },
          { id: "patient", title: t("patient"), width: 1.1, value: (row) => lastPart(row.patient), show: (row) => (row.patient ? <Link to={`/hospitals/${lastPart(row.patient)}`}>{lastPart(row.patient).slice(0, 10)}…</Link> : "—") },
          { id: "node", title: t("node"), width: 1.4, value: (row) => row.node, show: (row) => <Link to={`/edge/${row.node}`}>{row.node}</Link> },
          { id: "hold", title: t("arrivals.hold"), width: 1.2, value: (row) => ms(row.holdUntilTime), show: (row) => time(row.holdUntilTime, language, false) },
          { id: "clinician", title: t("noted"), width: 1.1, value: (row) => row.clinician, show: (row) => row.clinician || (clinician && row.state === ArrivalState.ANNOUNCED ? <button type="button" className="primary small" disabled={doing.busy(row.name)} onClick={() => void take(row.name)}>{t("note_it")}</button> : "—") },
        ]}
      />
    </>
  );
}

/** What warnings ask of hospitals; of one, or of all for "". */
export function Surges({ hospital }: { hospital: string }) {
  const { t, language } = useText();
  const clinician = useRole("CLINICIAN");
  const found = useLoad((signal) => healthcare.listSurgePlans({ pageSize: 500 }, { ...CALL, signal }), "surges", OFTEN_MS);
  const doing = useAct(found.again);
  const take = (name: string): unknown => doing.run(() => healthcare.acknowledgeSurgePlan({ name }, CALL), name);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const rows = found.value.surgePlans.filter((each) => hospital === "" || each.hospital === hospital);
  const actions = (row: SurgePlan): string => row.actions.map((each) => t(actionKey(each.kind))).join(" · ");
  return (
    <>
      {doing.error !== undefined && <Failed error={doing.error} />}
      <Table
        name="surges" label={t("hospitals.surge")} rows={rows} keyOf={(row) => row.name}
        emptyTitle={t("surges.none")} emptyHint={t("surges.none.hint")}
        columns={[
          { id: "hospital", title: t("hospital"), width: 1.3, value: (row) => lastPart(row.hospital), show: (row) => <Link to={`/hospitals/at/${lastPart(row.hospital)}`}>{lastPart(row.hospital)}</Link> },
          { id: "drill", title: t("channel"), width: 0.6, value: (row) => (row.drill ? t("drill") : ""), show: (row) => (row.drill ? <span className="badge drill">{t("drill")}</span> : null) },
          { id: "cause", title: t("surge.cause"), width: 1.3, value: (row) => lastPart(row.earthquake || row.warning), show: (row) => <Link to={row.earthquake ? `/?quake=${lastPart(row.earthquake)}` : `/${row.warning}`}>{lastPart(row.earthquake || row.warning)}</Link> },
          { id: "intensity", title: t("intensity"), width: 0.6, numeric: true, value: (row) => row.intensity, show: (row) => (row.intensity > 0 ? number(row.intensity, language, 1) : "—") },
          { id: "actions", title: t("surge.actions"), width: 3.2, value: actions, show: (row) => <span title={row.actions.map((each) => each.text).join(" ")}>{actions(row)}</span> },
          { id: "delay", title: t("surge.delay_ms"), width: 0.8, numeric: true, value: (row) => Number(row.delayMs) },
          { id: "reported", title: t("surge.beds_by"), width: 1.2, value: (row) => ms(row.bedReportTime), show: (row) => (row.bedReportTime ? time(row.bedReportTime, language) : t("until", { time: time(row.reportByTime, language) })) },
          { id: "state", title: t("state"), width: 0.8, value: (row) => t(surgeKey(row.state)) },
          { id: "clinician", title: t("noted"), value: (row) => row.clinician, show: (row) => row.clinician || (clinician && row.state === SurgeState.ORDERED ? <button type="button" className="primary small" disabled={doing.busy(row.name)} onClick={() => void take(row.name)}>{t("take_over")}</button> : "—") },
        ]}
      />
    </>
  );
}
