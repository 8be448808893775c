// Remote consultations: where each stands, and the next step of one.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { useState } from "react";

import { CALL } from "../api/clients";
import { healthcare } from "../api/healthcare";
import { useRole, useSession } from "../api/session";
import { Link } from "../components/link";
import { useLoad } from "../components/load";
import { Empty, Failed, Loading } from "../components/message";
import { Table } from "../components/table";
import { type NextStep, nextSteps } from "../domain/consultations";
import { lastPart, ms, time } from "../domain/format";
import { ConsentScope, type Consultation, ConsultationAction, ConsultationConsent, ConsultationState, ConsultationUrgency } from "../gen/tianfu/healthcare/v1/consultation_pb.js";
import { Purpose } from "../gen/tianfu/healthcare/v1/patient_pb.js";
import { useText } from "../i18n";
import type { Key } from "../i18n/zh-CN";

const purpose = Purpose.TREATMENT;
const OFTEN_MS = 5_000;
const stateKey = (state: ConsultationState): Key => `consultation_state.${ConsultationState[state].toLowerCase()}` as Key;
const urgencyKey = (urgency: ConsultationUrgency): Key => `urgency.${ConsultationUrgency[urgency].toLowerCase()}` as Key;
const consentKey = (consent: ConsultationConsent): Key => `consent.${ConsultationConsent[consent].toLowerCase()}` as Key;
const actionKey = (action: ConsultationAction): Key => `consult.${ConsultationAction[action].toLowerCase()}` as Key;

export function Consultations() {
  const { t, language } = useText();
  const clinician = useRole("CLINICIAN");
  const found = useLoad(
    async (signal) => (clinician ? (await healthcare.listConsultations({ pageSize: 500, purpose }, { ...CALL, signal })).consultations : []),
    "consultations", OFTEN_MS,
  );
  if (!clinician) return <Empty title={t("consultations.not_yours")}>{t("recognitions.not_yours.hint")}</Empty>;
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  return (
    <Table
      name="consultations" label={t("hospitals.consultations")} rows={found.value} keyOf={(row) => row.name}
      emptyTitle={t("consultations.none")} emptyHint={t("consultations.none.hint")}
      columns={[
        { id: "name", title: t("consultation"), width: 1.2, value: (row) => lastPart(row.name), show: (row) => <Link to={`/hospitals/${row.name}`}>{lastPart(row.name)}</Link> },
        { id: "urgency", title: t("urgency"), width: 0.7, value: (row) => t(urgencyKey(row.urgency)), show: (row) => <span className={row.urgency === ConsultationUrgency.EMERGENCY ? "badge alert-open" : ""}>{t(urgencyKey(row.urgency))}</span> },
        { id: "state", title: t("state"), width: 1.1, value: (row) => t(stateKey(row.state)) },
        { id: "consent", title: t("consent"), width: 0.9, value: (row) => t(consentKey(row.consent)) },
        { id: "inviting", title: t("consultation.inviting"), width: 1.4, value: (row) => lastPart(row.invitingHospital) },
        { id: "doctor", title: t("consultation.doctor"), width: 1.4, value: (row) => [row.doctor, lastPart(row.hospital)].filter(Boolean).join(" · ") },
        { id: "by", title: t("answer_by"), width: 1.2, value: (row) => ms(row.answerByTime), show: (row) => time(row.answerByTime, language) },
        { id: "changed", title: t("changed"), width: 1.2, value: (row) => ms(row.updateTime), show: (row) => time(row.updateTime, language) },
      ]}
    />
  );
}

export default function ConsultationPage({ id }: { id: string }) {
  const { t, language } = useText();
  const clinician = useRole("CLINICIAN");
  const name = `consultations/${id}`;
  const found = useLoad((signal) => (clinician ? healthcare.getConsultation({ name, purpose }, { ...CALL, signal }) : Promise.resolve(undefined)), name, OFTEN_MS);
  if (!clinician) return <Empty title={t("consultations.not_yours")}>{t("recognitions.not_yours.hint")}</Empty>;
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const each = found.value;
  const facts: [Key, string][] = [
    ["urgency", t(urgencyKey(each.urgency))],
    ["consent", [t(consentKey(each.consent)), each.consentReason].filter(Boolean).join(" · ")],
    ["consultation.inviting", lastPart(each.invitingHospital)],
    ["consultation.doctor", [each.doctor, lastPart(each.hospital)].filter(Boolean).join(" · ") || "—"],
    ["answer_by", time(each.answerByTime, language)],
    ["consultation.scheduled", time(each.scheduledTime, language, false)],
    ["rule_versions", each.ruleVersion || "—"],
  ];
  return (
    <div className="page" data-consultation={ConsultationState[each.state].toLowerCase()}>
      <header className="row wrap"><span className="badge">{t(stateKey(each.state))}</span></header>
      <h1>{t("consultation")} {id}</h1>
      <p>{each.question}</p>
      <p><Link to={`/hospitals/${lastPart(each.patient)}`}>{t("patient")} {lastPart(each.patient).slice(0, 10)}…</Link></p>
      <dl className="facts">
        {facts.map(([key, value]) => <div key={key}><dt>{t(key)}</dt><dd>{value}</dd></div>)}
      </dl>
      {each.opinion && <section className="preview"><h2>{t("consultation.opinion")} {each.signedBy}</h2><p>{each.opinion}</p></section>}
      {each.reason && <p className="quiet">{t("reason")} {each.reason}</p>}
      <Steps consultation={each} again={found.again} />
      <table className="small">
        <caption>{t("steps")}</caption>
        <thead><tr><th scope="col">{t("actions")}</th><th scope="col">{t("state")}</th><th scope="col">{t("recognition.doctor")}</th><th scope="col">{t("observed")}</th></tr></thead>
        <tbody>
          {each.steps.map((step, i) => (
            <tr key={i}>
              <td>{t(actionKey(step.action))}</td><td>{t(stateKey(step.state))}</td>
              <td>{[step.actor, lastPart(step.hospital)].filter(Boolean).join(" · ") || "—"}</td><td>{time(step.stepTime, language)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Steps({ consultation, again }: { consultation: Consultation; again: () => void }) {
  const { t } = useText();
  const { subject } = useSession();
  const [asked, setAsked] = useState<NextStep>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const steps = nextSteps(consultation, subject);
  const run = async (step: NextStep, given: FormData | undefined): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await advance(consultation, step, given);
      setAsked(undefined);
    } catch (found) {
      setError(found);
    }
    setBusy(false);
    again();
  };
  if (steps.length === 0) return null;
  return (
    <section className="actions" aria-label={t("actions")}>
      <div className="row wrap">
        {steps.map((step) => (
          <button key={step.action} type="button" disabled={busy} className={step.action === ConsultationAction.CANCEL ? "danger" : "primary"}
            onClick={() => (step.need === undefined ? void run(step, undefined) : setAsked(step))}>
            {t(actionKey(step.action))}
          </button>
        ))}
      </div>
      {asked && (
        <form key={asked.action} className="comment-form" onSubmit={(event) => {
          event.preventDefault();
          void run(asked, new FormData(event.currentTarget));
        }}>
          <Needed step={asked} patient={consultation.patient} opinion={consultation.opinion} />
          <div className="row">
            <button type="submit" className="primary" disabled={busy}>{t("confirm")} {t(actionKey(asked.action))}</button>
            <button type="button" onClick={() => setAsked(undefined)}>{t("leave")}</button>
          </div>
        </form>
      )}
      {error !== undefined && <Failed error={error} />}
    </section>
  );
}

function Needed({ step, patient, opinion }: { step: NextStep; patient: string; opinion: string }) {
  const { t } = useText();
  switch (step.need) {
    case "doctor":
      return <Invited />;
    case "time":
      return <label className="field"><span>{t("consultation.scheduled")}</span><input name="time" type="datetime-local" required /></label>;
    case "opinion":
      return <label className="field"><span>{t("consultation.opinion")}</span><textarea name="opinion" required maxLength={8000} rows={4} defaultValue={opinion} /></label>;
    case "consent":
      return <Consents patient={patient} />;
    default:
      return <label className="field"><span>{t("reason")}</span><textarea name="reason" required maxLength={500} rows={2} /></label>;
  }
}

function Invited() {
  const { t } = useText();
  const found = useLoad((signal) => healthcare.listHospitals({ pageSize: 1000 }, { ...CALL, signal }), "hospitals");
  return (
    <>
      <label className="field"><span>{t("consultation.doctor")}</span><input name="doctor" required maxLength={80} /></label>
      <label className="field">
        <span>{t("hospital")}</span>
        <select name="hospital" required>
          {(found.value?.hospitals ?? []).map((each) => <option key={each.name} value={each.name}>{each.title}</option>)}
        </select>
      </label>
      {found.error !== undefined && <Failed error={found.error} retry={found.again} />}
    </>
  );
}

/** The patient's consents to a consultation, one of which is named. */
function Consents({ patient }: { patient: string }) {
  const { t, language } = useText();
  const found = useLoad((signal) => healthcare.listConsents({ parent: patient, pageSize: 100, purpose }, { ...CALL, signal }), `${patient} consents`);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const held = found.value.consents.filter((each) => each.scope === ConsentScope.CONSULTATION && !each.revokeTime);
  if (held.length === 0) return <p className="hint">{t("consents.none")}</p>;
  return (
    <label className="field">
      <span>{t("consent")}</span>
      <select name="consent" required>
        {held.map((each) => <option key={each.name} value={each.name}>{lastPart(each.name)} · {each.recorder} · {time(each.createTime, language)}</option>)}
      </select>
    </label>
  );
}

async function advance(consultation: Consultation, step: NextStep, given: FormData | undefined): Promise<void> {
  const text = (name: string): string => {
    const value = given?.get(name);
    return typeof value === "string" ? value : "";
  };
  const at = text("time");
  await healthcare.advanceConsultation(
    {
      name: consultation.name,
      action: step.action,
      actingHospital: step.hospital,
      reason: text("reason"),
      doctor: text("doctor"),
      hospital: text("hospital"),
      opinion: text("opinion"),
      consentRecord: text("consent"),
      ...(at ? { scheduledTime: timestampFromMs(new Date(at).getTime()) } : {}),
    },
    CALL,
  );
}
