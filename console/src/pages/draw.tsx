// A draw with its proof, checked in this browser: the page believes no server.
import { useState } from "react";

import { CALL } from "../api/clients";
import { credit, PURPOSE } from "../api/credit";
import { useRole } from "../api/session";
import { useLoad } from "../components/load";
import { Failed, Loading } from "../components/message";
import { Table } from "../components/table";
import { placeName } from "../domain/counties";
import { download } from "../domain/csv";
import { lastPart, number, time } from "../domain/format";
import type { ProofRefused, Step } from "../domain/verify_draw";
import { type Draw, DrawState, DrawWeighting } from "../gen/tianfu/credit_supervision/v1/draw_pb.js";
import { useText } from "../i18n";
import type { Key } from "../i18n/zh-CN";
import { drawKey } from "./credit";

const PROOF = { timeoutMs: 60_000 };

export default function DrawPage({ id }: { id: string }) {
  const { t, language } = useText();
  const name = `draws/${id}`;
  const found = useLoad((signal) => credit.getDraw({ name }, { ...CALL, signal }), name, 5_000);
  const draw = found.value;
  if (!draw) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const facts: [Key, string][] = [
    ["state", t(drawKey(draw.state))],
    ["place", placeName(draw.placeCode, language)],
    ["entities", number(draw.entityCount, language)],
    ["visits", number(draw.visitCount, language)],
    ["declared", time(draw.declareTime, language)],
    ["published_at", time(draw.publishTime, language)],
    ["commitment", draw.commitment],
    ["weighting", t(`weighting.${DrawWeighting[draw.weighting].toLowerCase()}` as Key)],
    ["rule_versions", draw.ruleVersion],
  ];
  return (
    <div className="page">
      <h1>{t("draw")} {id}</h1>
      <dl className="facts">
        {facts.map(([key, value]) => <div key={key}><dt>{t(key)}</dt><dd>{value}</dd></div>)}
      </dl>
      {draw.state === DrawState.VOID && draw.voidReason !== "" && <p role="alert">{t("draw.void_reason", { reason: draw.voidReason })}</p>}
      {draw.state === DrawState.VOID && draw.namedDepartments.length > 0 && <p role="alert">{t("draw.defaulted", { departments: draw.namedDepartments.join(", ") })}</p>}
      {draw.state === DrawState.PUBLISHED ? <Proof draw={draw} /> : <p className="quiet">{t("proof.later")}</p>}
      {draw.state === DrawState.PUBLISHED && <Visits name={name} />}
    </div>
  );
}

type Outcome = { state: "idle" | "busy" } | { state: "good"; steps: Step[] } | { state: "bad"; step: string; problem: string } | { state: "failed"; error: unknown };

function Proof({ draw }: { draw: Draw }) {
  const { t } = useText();
  const [outcome, setOutcome] = useState<Outcome>({ state: "idle" });
  const fetchProof = async (): Promise<Uint8Array<ArrayBuffer>> => {
    const parts: Uint8Array[] = [];
    for await (const part of credit.getDrawProof({ name: draw.name }, PROOF)) parts.push(part.chunk);
    return new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  };
  const check = async (): Promise<void> => {
    setOutcome({ state: "busy" });
    try {
      const [data, { verify, ProofRefused }] = await Promise.all([fetchProof(), import("../domain/verify_draw")]);
      try {
        setOutcome({ state: "good", steps: verify(data, draw.commitment) });
      } catch (error) {
        if (!(error instanceof ProofRefused)) throw error;
        const refused: ProofRefused = error;
        setOutcome({ state: "bad", step: refused.step, problem: refused.message });
      }
    } catch (error) {
      setOutcome({ state: "failed", error });
    }
  };
  const save = async (): Promise<void> => download(`${lastPart(draw.name)}.json`, "application/json", await fetchProof());
  return (
    <section className="proof">
      <h2>{t("proof")}</h2>
      <p className="quiet">{t("proof.about")}</p>
      <p className="row">
        <button type="button" className="primary" disabled={outcome.state === "busy"} onClick={() => void check()}>{t("proof.check")}</button>
        <button type="button" onClick={() => void save()}>{t("download")}</button>
      </p>
      <div role="status">
        {outcome.state === "busy" && <p>{t("proof.busy")}</p>}
        {outcome.state === "good" && (
          <>
            <p className="good" data-verified="true"><span aria-hidden="true">✓</span> {t("proof.good")}</p>
            <ol className="proof-steps">
              {outcome.steps.map((step) => <li key={step.name}><strong>{t(`proof.${step.name}`)}</strong> <code>{step.detail}</code></li>)}
            </ol>
          </>
        )}
        {outcome.state === "bad" && <p className="bad"><span aria-hidden="true">✕</span> {t("proof.bad", { step: outcome.step, problem: outcome.problem })}</p>}
        {outcome.state === "failed" && <Failed error={outcome.error} />}
      </div>
    </section>
  );
}

function Visits({ name }: { name: string }) {
  const { t } = useText();
  const may = useRole("SUPERVISOR", "INSPECTOR");
  const found = useLoad((signal) => (may ? credit.listInspections({ parent: name, pageSize: 1000, purpose: PURPOSE }, { ...CALL, signal }) : Promise.resolve(undefined)), name);
  if (!may) return <p className="quiet">{t("visits.not_yours")}</p>;
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  return (
    <section>
      <h2>{t("visits")}</h2>
      <Table
        name="visits" label={t("visits")} rows={found.value.inspections} keyOf={(row) => row.name} emptyTitle={t("visits.none")}
        columns={[
          { id: "entity", title: t("entity"), width: 1.6, value: (row) => lastPart(row.name) },
          { id: "stratum", title: t("stratum"), value: (row) => row.stratum },
          { id: "inspectors", title: t("inspectors"), width: 2, value: (row) => row.inspectors.map(lastPart).join(", ") },
          { id: "findings", title: t("findings"), numeric: true, value: (row) => row.findings.length },
        ]}
      />
    </section>
  );
}
