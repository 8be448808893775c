// Hospitals: alerts that somebody has to answer, wards, patients, and what hospitals do together.
import { useEffect, useState } from "react";

import { CALL } from "../api/clients";
import { healthcare } from "../api/healthcare";
import { now, useRole } from "../api/session";
import { type LinkState, watch } from "../api/watch";
import { useAct } from "../components/act";
import { Link } from "../components/link";
import { useLoad } from "../components/load";
import { Failed, Loading } from "../components/message";
import { Table } from "../components/table";
import { lastPart, ms, time } from "../domain/format";
import { patientName } from "../domain/wards";
import { type Alert, AlertKind, AlertState, Purpose } from "../gen/tianfu/healthcare/v1/patient_pb.js";
import { useText } from "../i18n";
import type { Key } from "../i18n/zh-CN";
import { useQuery } from "../router";
import { Arrivals, Beds, Surges } from "./hospital_beds";
import { Consultations } from "./hospital_consultations";
import { Recognitions } from "./hospital_recognitions";
import { Wards } from "./hospital_wards";

const purpose = Purpose.TREATMENT;
const VIEWS = ["alerts", "wards", "patients", "beds", "arrivals", "surge", "recognitions", "consultations"] as const;

export const alertKind = (kind: AlertKind): Key => (kind === AlertKind.SCORE ? "alert.score" : "alert.critical");
const STATES: Record<AlertState, Key> = {
  [AlertState.UNSPECIFIED]: "alert.open",
  [AlertState.OPEN]: "alert.open",
  [AlertState.ACKNOWLEDGED]: "alert.acknowledged",
  [AlertState.EXHAUSTED]: "alert.exhausted",
  [AlertState.WITHDRAWN]: "alert.withdrawn",
};

/** Alerts, live: those that are open, and those that were answered since the page was opened. */
function useAlerts(): { alerts: readonly Alert[]; state: LinkState; error: unknown } {
  const [alerts, setAlerts] = useState<ReadonlyMap<string, Alert>>(new Map());
  const [state, setState] = useState<LinkState>("connecting");
  const first = useLoad((signal) => healthcare.listAlerts({ pageSize: 200, purpose }, { ...CALL, signal }), "alerts");
  useEffect(() => {
    const stop = new AbortController();
    void watch(
      {
        open: (resumeToken, signal) => healthcare.watchAlerts({ resumeToken, purpose }, { signal }),
        onReset: () => setAlerts(new Map()),
        onState: setState,
        onAnswer: ({ alert }) => {
          if (alert) setAlerts((old) => new Map(old).set(alert.name, alert));
        },
      },
      stop.signal,
    );
    return () => stop.abort();
  }, []);
  const all = new Map((first.value?.alerts ?? []).map((each) => [each.name, each]));
  for (const [name, each] of alerts) all.set(name, each);
  const sorted = [...all.values()].sort((a, b) => Number(isOpen(b)) - Number(isOpen(a)) || ms(b.createTime) - ms(a.createTime));
  return { alerts: sorted, state, error: first.error };
}

const isOpen = (each: Alert): boolean => each.state === AlertState.OPEN;

export default function Hospitals() {
  const { t } = useText();
  const [view, setView] = useQuery("view", "alerts");
  const { alerts, error } = useAlerts();
  const open = alerts.filter(isOpen).length;
  return (
    <div className="page">
      <h1>{t("nav.hospitals")}</h1>
      <div className="tabs" role="tablist" aria-label={t("view")}>
        {VIEWS.map((name) => (
          <button key={name} type="button" role="tab" aria-selected={view === name} onClick={() => setView(name)}>
            {t(`hospitals.${name}`)}{name === "alerts" && <> <span className="count">{open}</span></>}
          </button>
        ))}
      </div>
      {error !== undefined && alerts.length === 0 && (view === "alerts" || view === "wards") && <Failed error={error} />}
      <View name={view} alerts={alerts} failed={error !== undefined} />
    </div>
  );
}

function View({ name, alerts, failed }: { name: string; alerts: readonly Alert[]; failed: boolean }) {
  switch (name) {
    case "wards":
      return <Wards alerts={alerts} />;
    case "patients":
      return <Patients />;
    case "beds":
      return <Beds />;
    case "arrivals":
      return <Arrivals hospital="" />;
    case "surge":
      return <Surges hospital="" />;
    case "recognitions":
      return <Recognitions />;
    case "consultations":
      return <Consultations />;
    default:
      return failed && alerts.length === 0 ? null : <Alerts alerts={alerts} />;
  }
}

function Alerts({ alerts }: { alerts: readonly Alert[] }) {
  const { t, language } = useText();
  const clinician = useRole("CLINICIAN");
  const doing = useAct();
  const take = (name: string): unknown => doing.run(() => healthcare.acknowledgeAlert({ name }, CALL), name);
  return (
    <>
      {doing.error !== undefined && <Failed error={doing.error} />}
      {!clinician && <p className="quiet">{t("alerts.not_yours")}</p>}
      <Table
        name="alerts" label={t("hospitals.alerts")} rows={alerts} keyOf={(row) => row.name} emptyTitle={t("alerts.none")}
        columns={[
          { id: "state", title: t("state"), width: 1, value: (row) => t(STATES[row.state]), show: (row) => <span className={`badge alert-${isOpen(row) ? "open" : "closed"}`}>{t(STATES[row.state])}</span> },
          { id: "kind", title: t("kind"), value: (row) => t(alertKind(row.kind)) },
          { id: "grade", title: t("grade"), value: (row) => row.grade },
          { id: "patient", title: t("patient"), width: 1.4, value: (row) => lastPart(row.patient), show: (row) => <Link to={`/hospitals/${lastPart(row.patient)}`}>{lastPart(row.patient).slice(0, 10)}…</Link> },
          { id: "told", title: t("told_role"), width: 1.2, value: (row) => row.toldRole },
          { id: "left", title: t("answer_by"), width: 1.2, value: (row) => ms(row.answerByTime), show: (row) => (isOpen(row) && row.answerByTime ? t("minutes_left", { count: Math.max(0, Math.round((ms(row.answerByTime) - now()) / 60_000)) }) : row.clinician || "—") },
          { id: "created", title: t("opened"), width: 1.3, value: (row) => ms(row.createTime), show: (row) => time(row.createTime, language) },
          { id: "act", title: t("actions"), width: 1, value: () => "", show: (row) => (clinician && isOpen(row) ? <button type="button" className="primary small" disabled={doing.busy(row.name)} onClick={() => void take(row.name)}>{t("take_over")}</button> : null) },
        ]}
      />
    </>
  );
}

function Patients() {
  const { t, language } = useText();
  const found = useLoad((signal) => healthcare.listPatients({ pageSize: 500, purpose }, { ...CALL, signal }), "patients", 10_000);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const masked = found.value.patients.some((each) => each.masked);
  return (
    <>
      {masked && <p className="quiet">{t("patients.masked")}</p>}
      <Table
        name="patients" label={t("hospitals.patients")} rows={found.value.patients} keyOf={(row) => row.name}
        emptyTitle={t("patients.none")} emptyHint={t("patients.none.hint")}
        columns={[
          { id: "name", title: t("patient"), width: 1.4, value: patientName, show: (row) => <Link to={`/hospitals/${lastPart(row.name)}`}>{patientName(row)}</Link> },
          { id: "facility", title: t("facility"), width: 1.4, value: (row) => row.visit?.facility ?? "" },
          { id: "ward", title: t("ward"), value: (row) => row.visit?.ward ?? "" },
          { id: "bed", title: t("bed"), value: (row) => [row.visit?.room, row.visit?.bed].filter(Boolean).join("-") },
          { id: "in", title: t("admitted"), value: (row) => t(row.admitted ? "yes" : "no") },
          { id: "changed", title: t("changed"), width: 1.3, value: (row) => ms(row.updateTime), show: (row) => time(row.updateTime, language) },
        ]}
      />
    </>
  );
}
