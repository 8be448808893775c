// One hospital: beds, a new count of them, ambulances that come, what warnings ask of it.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { useState } from "react";

import { CALL } from "../api/clients";
import { healthcare } from "../api/healthcare";
import { now, useRole } from "../api/session";
import { useAct } from "../components/act";
import { Figure } from "../components/figure";
import { useLoad } from "../components/load";
import { Failed, Loading } from "../components/message";
import { longPlaceName } from "../domain/counties";
import { number, time } from "../domain/format";
import { type BedReport, BedReportSchema, EmergencyStatus } from "../gen/tianfu/healthcare/v1/region_pb.js";
import { useText } from "../i18n";
import { Age, Arrivals, EmergencyBadge, Surges, bedKey, emergencyKey } from "./hospital_beds";

const OFTEN_MS = 10_000;
const COLOURS = ["red", "yellow", "green"] as const;
const STATUSES = [EmergencyStatus.OPEN, EmergencyStatus.FULL, EmergencyStatus.DIVERTING, EmergencyStatus.CLOSED];

export default function HospitalPage({ id }: { id: string }) {
  const { t, language } = useText();
  const name = `hospitals/${id}`;
  const found = useLoad((signal) => healthcare.getHospital({ name }, { ...CALL, signal }), name);
  const told = useLoad(async (signal) => {
    const page = await healthcare.listBedReports({ pageSize: 1000 }, { ...CALL, signal });
    return { report: page.bedReports.find((each) => each.name === `${name}/bedReport`) };
  }, `${name} beds`, OFTEN_MS);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const report = told.value?.report;
  return (
    <div className="page">
      <header className="row wrap">
        <EmergencyBadge status={report?.emergency ?? EmergencyStatus.UNSPECIFIED} />
        <span>{longPlaceName(found.value.placeCode, language)}</span>
        <Age report={report} />
      </header>
      <h1>{found.value.title}</h1>
      {told.error !== undefined && <Failed error={told.error} retry={told.again} />}
      {told.value && <Report report={report} />}
      <Count name={name} report={report} again={told.again} />
      <h2>{t("hospitals.arrivals")}</h2>
      <div className="table-short"><Arrivals hospital={name} /></div>
      <h2>{t("hospitals.surge")}</h2>
      <div className="table-short"><Surges hospital={name} /></div>
    </div>
  );
}

function Report({ report }: { report: BedReport | undefined }) {
  const { t, language } = useText();
  if (!report) return <p className="quiet">{t("beds.unreported")}</p>;
  return (
    <>
      <dl className="figures wide">
        {COLOURS.map((colour) => <Figure key={colour} title={t(`triage.${colour}`)} value={number(report.casualties?.[colour] ?? 0, language)} />)}
        <Figure title={t("beds.offload")} value={number(report.offloadMinutes, language)} />
        <Figure title={t("beds.counted")} value={time(report.reportTime, language)} />
      </dl>
      <table className="small">
        <caption>{t("hospitals.beds")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("bed")}</th><th scope="col" className="numeric">{t("beds.baseline")}</th><th scope="col" className="numeric">{t("beds.available")}</th>
            <th scope="col" className="numeric">{t("beds.day")}</th><th scope="col" className="numeric">{t("beds.three_days")}</th>
          </tr>
        </thead>
        <tbody>
          {report.beds.map((each) => (
            <tr key={each.type}>
              <td>{t(bedKey(each.type))}</td>
              {[each.baseline, each.available, each.surgeDay, each.surgeThreeDays].map((count, i) => <td key={i} className="numeric">{number(count, language)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** What the hospital counts now, in the caller's name. What the form does not ask stays as it was counted. */
function Count({ name, report, again }: { name: string; report: BedReport | undefined; again: () => void }) {
  const { t } = useText();
  const may = useRole("CLINICIAN", "DUTY_OFFICER");
  const doing = useAct(again);
  const [done, setDone] = useState(false);
  if (!may) return null;
  const send = async (form: FormData): Promise<void> => {
    setDone(false);
    const count = (colour: string): number => Number(form.get(colour));
    const bedReport = create(BedReportSchema, {
      ...(report ? { beds: report.beds, offloadMinutes: report.offloadMinutes } : {}),
      emergency: STATUSES.find((each) => String(each) === form.get("emergency")) ?? EmergencyStatus.OPEN,
      casualties: { red: count("red"), yellow: count("yellow"), green: count("green") },
      reportTime: timestampFromMs(Math.floor(now())),
    });
    setDone(await doing.run(() => healthcare.reportBeds({ parent: name, bedReport }, CALL)));
  };
  return (
    <details className="cap">
      <summary>{t("beds.report")}</summary>
      <form className="actions row wrap" onSubmit={(event) => {
        event.preventDefault();
        void send(new FormData(event.currentTarget));
      }}>
        <label className="field">
          <span>{t("emergency")}</span>
          <select name="emergency" defaultValue={report?.emergency ?? EmergencyStatus.OPEN}>
            {STATUSES.map((each) => <option key={each} value={each}>{t(emergencyKey(each))}</option>)}
          </select>
        </label>
        {COLOURS.map((colour) => (
          <label key={colour} className="field">
            <span>{t(`triage.${colour}`)}</span>
            <input name={colour} type="number" min={0} max={100_000} required defaultValue={report?.casualties?.[colour] ?? 0} />
          </label>
        ))}
        <button type="submit" className="primary" disabled={doing.busy()}>{t("beds.send")}</button>
        {done && <span role="status" className="good">{t("beds.sent")}</span>}
      </form>
      {doing.error !== undefined && <Failed error={doing.error} />}
    </details>
  );
}
