// Remote consultations: where each stands, and the next step of one.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { useState } from "react";

import { CALL } from "../api/clients";
import { healthcare } from "../api/healthcare";
import { useRole, useSession } from "../api/session";
import { useAct } from "../components/act";
import { Link } from "../components/link";
import { useLoad } from "../components/load";
import { Empty, Failed, Loading } from "../components/message";
import { Table } from "../components/table";
import { type NextStep, nextSteps } from "../domain/consultations";
import { lastPart, ms, time } from "../domain/format";
import { type Consent, ConsentScope, type Consultation, ConsultationAction, ConsultationConsent, ConsultationState, ConsultationUrgency } from "../gen/tianfu/healthcare/v1/consultation_pb.js";
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
  const doing = useAct(again);
  const steps = nextSteps(consultation, subject);
  const run = async (step: NextStep, given?: FormData): Promise<void> => {
    if (await doing.run(() => advance(consultation, step, given))) setAsked(undefined);
  };
  if (steps.length === 0) return null;
  return (
    <section className="actions" aria-label={t("actions")}>
      <div className="row wrap">
        {steps.map((step) => (
          <button key={step.action} type="button" disabled={doing.busy()} className={step.action === ConsultationAction.CANCEL ? "danger" : "primary"}
            onClick={() => (step.need === undefined ? void run(step) : setAsked(step))}>
            {t(actionKey(step.action))}
          </button>
        ))}
      </div>
      {asked && (
        <Asked key={asked.action} step={asked} consultation={consultation} busy={doing.busy()}
          done={(given) => void run(asked, given)} leave={() => setAsked(undefined)} />
      )}
      {doing.error !== undefined && <Failed error={doing.error} />}
    </section>
  );
}

interface Choice {
  name: string;
  title: string;
}

/** What a step lets choose from; nothing for a step that lets choose nothing. */
async function choices(step: NextStep, patient: string, when: (consent: Consent) => string, signal: AbortSignal): Promise<Choice[] | undefined> {
  if (step.need === "doctor") return (await healthcare.listHospitals({ pageSize: 1000 }, { ...CALL, signal })).hospitals;
  if (step.need !== "consent") return undefined;
  const { consents } = await healthcare.listConsents({ parent: patient, pageSize: 100, purpose }, { ...CALL, signal });
  const held = consents.filter((each) => each.scope === ConsentScope.CONSULTATION && !each.revokeTime);
  return held.map((each) => ({ name: each.name, title: `${lastPart(each.name)} · ${each.recorder} · ${when(each)}` }));
}

/** What a step asks for. It can be confirmed when there is what to choose from, and not while that is still read. */
function Asked({ step, consultation, busy, done, leave }: {
  step: NextStep;
  consultation: Consultation;
  busy: boolean;
  done: (given: FormData) => void;
  leave: () => void;
}) {
  const { t, language } = useText();
  const { patient, opinion } = consultation;
  const found = useLoad(
    async (signal) => ({ listed: await choices(step, patient, (each) => time(each.createTime, language), signal) }),
    `choices ${step.action} ${patient}`,
  );
  const listed = found.value?.listed;
  const whole = found.value !== undefined && listed?.length !== 0;
  return (
    <form className="comment-form" onSubmit={(event) => {
      event.preventDefault();
      done(new FormData(event.currentTarget));
    }}>
      {found.value ? <Needed step={step} opinion={opinion} choices={listed ?? []} /> : found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />}
      <div className="row">
        <button type="submit" className="primary" disabled={busy || !whole}>{t("confirm")} {t(actionKey(step.action))}</button>
        <button type="button" onClick={leave}>{t("leave")}</button>
      </div>
    </form>
  );
}

function Needed({ step, opinion, choices: listed }: { step: NextStep; opinion: string; choices: readonly Choice[] }) {
  const { t } = useText();
  switch (step.need) {
    case "doctor":
      return (
        <>
          <label className="field"><span>{t("consultation.doctor")}</span><input name="doctor" required maxLength={80} /></label>
          <Choose name="hospital" label={t("hospital")} choices={listed} />
        </>
      );
    case "time":
      return <label className="field"><span>{t("consultation.scheduled")}</span><input name="time" type="datetime-local" required /></label>;
    case "opinion":
      return <label className="field"><span>{t("consultation.opinion")}</span><textarea name="opinion" required maxLength={8000} rows={4} defaultValue={opinion} /></label>;
    case "consent":
      return listed.length === 0 ? <p className="hint">{t("consents.none")}</p> : <Choose name="consent" label={t("consent")} choices={listed} />;
    default:
      return <label className="field"><span>{t("reason")}</span><textarea name="reason" required maxLength={500} rows={2} /></label>;
  }
}

function Choose({ name, label, choices: listed }: { name: string; label: string; choices: readonly Choice[] }) {
  return (
    <label className="field">
      <span>{label}</span>
      <select name={name} required>
        {listed.map((each) => <option key={each.name} value={each.name}>{each.title}</option>)}
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
