// Results of other hospitals: which stood in for a repeat, why or why not, and what that saved.
import { CALL } from "../api/clients";
import { healthcare } from "../api/healthcare";
import { useRole } from "../api/session";
import { Figure } from "../components/figure";
import { Link } from "../components/link";
import { useLoad } from "../components/load";
import { Empty, Failed, Loading } from "../components/message";
import { Table } from "../components/table";
import { lastPart, ms, number, percent, time } from "../domain/format";
import { Purpose } from "../gen/tianfu/healthcare/v1/patient_pb.js";
import { type Recognition, RecognitionOutcome, RecognitionStep, RepeatReason } from "../gen/tianfu/healthcare/v1/recognition_pb.js";
import { useText } from "../i18n";
import type { Key } from "../i18n/zh-CN";
import { useQuery } from "../router";

const OFTEN_MS = 10_000;
const FEN = 100;
const MICRO = 1000;
const OUTCOMES = ["RECOGNISED", "NOT_RECOGNISED", "REPEAT_ALLOWED", "NOT_APPLICABLE", "REVOKED"] as const;

const outcomeKey = (row: Recognition): Key =>
  (row.revoked ? "recognition.revoked" : `recognition.${RecognitionOutcome[row.outcome].toLowerCase()}`) as Key;
const stepKey = (row: Recognition): Key => `recognition_step.${RecognitionStep[row.step].toLowerCase()}` as Key;
const reasonKey = (reason: RepeatReason): Key => `repeat.${RepeatReason[reason].toLowerCase()}` as Key;

export function Recognitions() {
  const { t, language } = useText();
  const clinician = useRole("CLINICIAN");
  const [outcome, setOutcome] = useQuery("outcome");
  const filter = outcome ? `outcome=${outcome}` : "";
  const found = useLoad(
    async (signal) => (clinician ? (await healthcare.listRecognitions({ pageSize: 500, filter, purpose: Purpose.TREATMENT }, { ...CALL, signal })).recognitions : []),
    `recognitions ${filter}`, OFTEN_MS,
  );
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  return (
    <>
      <Saved />
      {!clinician && <Empty title={t("recognitions.not_yours")}>{t("recognitions.not_yours.hint")}</Empty>}
      {clinician && (
        <Table
          name="recognitions" label={t("hospitals.recognitions")} rows={found.value} keyOf={(row) => row.name}
          emptyTitle={t("recognitions.none")} emptyHint={t("recognitions.none.hint")}
          tools={
            <label>
              <span className="visually-hidden">{t("recognition.outcome")}</span>
              <select value={outcome} onChange={(event) => setOutcome(event.target.value)}>
                <option value="">{t("desk.all")}</option>
                {OUTCOMES.map((each) => <option key={each} value={each}>{t(`recognition.${each.toLowerCase()}` as Key)}</option>)}
              </select>
            </label>
          }
          columns={[
            { id: "item", title: t("item"), value: (row) => row.item },
            { id: "patient", title: t("patient"), width: 1.1, value: (row) => lastPart(row.patient), show: (row) => <Link to={`/hospitals/${lastPart(row.patient)}`}>{lastPart(row.patient).slice(0, 10)}…</Link> },
            { id: "producer", title: t("recognition.producer"), width: 1.3, value: (row) => lastPart(row.producer) },
            { id: "receiver", title: t("recognition.receiver"), width: 1.3, value: (row) => lastPart(row.receiver) },
            { id: "outcome", title: t("recognition.outcome"), width: 1.1, value: (row) => t(outcomeKey(row)), show: (row) => <span className={`outcome outcome-${row.revoked ? "revoked" : RecognitionOutcome[row.outcome].toLowerCase()}`}>{t(outcomeKey(row))}</span> },
            { id: "step", title: t("recognition.step"), value: (row) => t(stepKey(row)) },
            { id: "why", title: t("explanation"), width: 2, value: (row) => row.why, show: (row) => <span title={row.why}>{row.why || "—"}</span> },
            { id: "age", title: t("recognition.age_hours"), width: 0.9, numeric: true, value: (row) => Math.round(row.ageHours) },
            { id: "doctor", title: t("recognition.doctor"), value: (row) => row.doctor },
            { id: "made", title: t("opened"), width: 1.3, value: (row) => ms(row.createTime), show: (row) => time(row.createTime, language) },
          ]}
        />
      )}
    </>
  );
}

/** What recognition came to. */
function Saved() {
  const { t, language } = useText();
  const may = useRole("CLINICIAN", "DUTY_OFFICER", "AUDITOR");
  const found = useLoad(
    async (signal) => (may ? await healthcare.evaluateRecognitionFigures({}, { ...CALL, signal }) : undefined), "recognition figures", OFTEN_MS,
  );
  if (found.error !== undefined) return <Failed error={found.error} retry={found.again} />;
  if (!found.value) return null;
  const { rate, recognised, recognisable, savedFen, avoidedUsv, repeats, revoked } = found.value;
  const byReason = new Map<RepeatReason, number>();
  for (const each of repeats) byReason.set(each.reason, (byReason.get(each.reason) ?? 0) + each.count);
  return (
    <>
      <dl className="figures wide">
        <Figure title={t("recognition.rate")} value={rate === undefined ? "—" : `${percent(rate, language)} (${recognised} / ${recognisable})`} />
        <Figure title={t("recognition.saved_cny")} value={number(Number(savedFen) / FEN, language, 2)} />
        <Figure title={t("recognition.avoided_msv")} value={number(Number(avoidedUsv) / MICRO, language, 2)} />
        <Figure title={t("recognition.revoked")} value={number(revoked, language)} />
      </dl>
      {byReason.size > 0 && (
        <p className="quiet">{t("repeats")} {[...byReason].map(([reason, count]) => `${t(reasonKey(reason))} ${count}`).join(" · ")}</p>
      )}
    </>
  );
}
