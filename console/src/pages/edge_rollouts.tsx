// Rollouts of apps: how far each is, and pausing it, going on, having an earlier revision back.
import { useState } from "react";

import { CALL, fleet } from "../api/clients";
import { useRole } from "../api/session";
import { useAct } from "../components/act";
import { Conditions, Summary } from "../components/conditions";
import { Figure } from "../components/figure";
import { Link } from "../components/link";
import { useLoad } from "../components/load";
import { Failed, Loading } from "../components/message";
import { Table } from "../components/table";
import { OFTEN_MS, Told } from "../components/told";
import { lastPart, number, time } from "../domain/format";
import { type Rollout, RolloutAction, RolloutProgress, SteeringState } from "../gen/tianfu/fleet/v1/control_plane_pb.js";
import { useText } from "../i18n";
import type { Key } from "../i18n/zh-CN";

/** namespaces/NAMESPACE/rollouts/NAME or namespaces/NAMESPACE/pools/NAME, as a path of the console. */
export const pathOf = (name: string): string => {
  const [, namespace = "", kind = "", id = ""] = name.split("/");
  return `/edge/${kind}/${namespace}/${id}`;
};
const namespaceOf = (name: string): string => name.split("/")[1] ?? "";

type Stage = "paused" | "failed" | "rolling" | "complete" | "waiting";
export function stageOf(rollout: Rollout): Stage {
  if (rollout.progress === RolloutProgress.PAUSED) return "paused";
  if (!rollout.revision) return "waiting";
  if (rollout.failedRevision === rollout.revision) return "failed";
  return rollout.stableRevision === rollout.revision ? "complete" : "rolling";
}
const SHAPES: Record<Stage, string> = { paused: "❚❚", failed: "✕", rolling: "◐", complete: "●", waiting: "○" };

function StageBadge({ rollout }: { rollout: Rollout }) {
  const { t } = useText();
  const stage = stageOf(rollout);
  return (
    <span className={`badge rollout-${stage}`} data-rollout={stage}>
      <span aria-hidden="true">{SHAPES[stage]}</span> {t(`rollout.${stage}`)}
    </span>
  );
}

export function Rollouts() {
  const { t, language } = useText();
  const page = async (pageToken: string, signal: AbortSignal) => {
    const found = await fleet.listRollouts({ pageSize: 500, pageToken }, { ...CALL, signal });
    return { rows: found.rollouts, heard: found.heardTime !== undefined, next: found.nextPageToken };
  };
  return (
    <Told name="rollouts" page={page}>
      {(all) => (
        <Table
          name="rollouts" label={t("rollouts")} rows={all} keyOf={(row) => row.name}
          emptyTitle={t("rollouts.none")} emptyHint={t("rollouts.none.hint")}
          columns={[
            { id: "app", title: t("app"), width: 1.4, value: (row) => lastPart(row.name), show: (row) => <Link to={pathOf(row.name)}>{lastPart(row.name)}</Link> },
            { id: "namespace", title: t("namespace"), value: (row) => namespaceOf(row.name) },
            { id: "artifact", title: t("artifact"), width: 1.8, value: (row) => row.artifact },
            { id: "stage", title: t("state"), width: 1.2, value: (row) => t(`rollout.${stageOf(row)}`), show: (row) => <StageBadge rollout={row} /> },
            { id: "ready", title: t("rollout.ready"), numeric: true, value: (row) => row.ready, show: (row) => `${number(row.ready, language)} / ${number(row.desired, language)}` },
            { id: "offline", title: t("presence.offline"), numeric: true, value: (row) => row.offline },
            { id: "failed", title: t("failed"), numeric: true, value: (row) => row.failed },
            { id: "why", title: t("explanation"), width: 3, value: (row) => row.conditions.map((each) => each.message).join(" "), show: (row) => <Summary conditions={row.conditions} /> },
          ]}
        />
      )}
    </Told>
  );
}

export default function RolloutPage({ namespace, id }: { namespace: string; id: string }) {
  const { t, language } = useText();
  const name = `namespaces/${namespace}/rollouts/${id}`;
  const found = useLoad((signal) => fleet.getRollout({ name }, { ...CALL, signal }), name, OFTEN_MS);
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const rollout = found.value;
  const step = rollout.steps[rollout.step];
  return (
    <div className="page">
      <header className="row wrap">
        <StageBadge rollout={rollout} />
        <span>{rollout.artifact}</span>
        <span className="quiet">{namespace} · {rollout.tenant}</span>
      </header>
      <h1>{id}</h1>
      <p className="row wrap" role="status">
        <progress max={Math.max(1, rollout.desired)} value={rollout.ready} aria-label={t("rollout.ready")} />
        <span>{t("rollout.line", { ready: rollout.ready, desired: rollout.desired, offline: rollout.offline })}</span>
        {stageOf(rollout) === "rolling" && step !== undefined && <span>{t("rollout.step", { step: rollout.step + 1, steps: rollout.steps.length, percent: step })}</span>}
      </p>
      <dl className="figures wide">
        <Figure title={t("rollout.revision")} value={rollout.revision || "—"} />
        <Figure title={t("rollout.stable")} value={rollout.stableRevision || "—"} />
        <Figure title={t("rollout.updated")} value={number(rollout.updated, language)} />
        <Figure title={t("failed")} value={number(rollout.failed, language)} />
      </dl>
      {rollout.failedRevision && <p className="hint">{t("rollout.failed_says", { revision: rollout.failedRevision, reason: rollout.failedReason })}</p>}
      {rollout.wantedRevision && <p className="hint">{t("rollout.wanted", { revision: rollout.wantedRevision })}</p>}
      <Steer rollout={rollout} again={found.again} />
      <Conditions conditions={rollout.conditions} />
      <p className="quiet">{t("said_at")}: {time(rollout.updateTime, language)}</p>
    </div>
  );
}

const ACTIONS: Record<RolloutAction, Key> = {
  [RolloutAction.UNSPECIFIED]: "rollout.act.resume",
  [RolloutAction.PAUSE]: "rollout.act.pause",
  [RolloutAction.RESUME]: "rollout.act.resume",
  [RolloutAction.ROLL_BACK]: "rollout.act.roll_back",
};

function Steer({ rollout, again }: { rollout: Rollout; again: () => void }) {
  const { t, language } = useText();
  const mine = useRole("PLATFORM_ENGINEER", "APP_OWNER");
  const doing = useAct(again);
  const earlier = rollout.history.filter((each) => each.revision !== rollout.revision && each.revision !== rollout.failedRevision);
  const [chosen, setChosen] = useState("");
  const { steering, name } = rollout;
  const run = (action: RolloutAction, revision = ""): unknown => doing.run(() => fleet.steerRollout({ name, action, revision }, CALL));
  const back = earlier.find((each) => each.revision === chosen) ?? earlier[0];
  return (
    <section className="actions" aria-label={t("actions")}>
      {mine ? (
        <div className="row wrap">
          {rollout.progress === RolloutProgress.PAUSED || rollout.wantedRevision
            ? <button type="button" className="primary" disabled={doing.busy()} onClick={() => void run(RolloutAction.RESUME)}>{t("rollout.act.resume")}</button>
            : <button type="button" className="primary" disabled={doing.busy()} onClick={() => void run(RolloutAction.PAUSE)}>{t("rollout.act.pause")}</button>}
          {back && (
            <>
              <label className="field inline">
                <span>{t("rollout.to")}</span>
                <select value={back.revision} onChange={(event) => setChosen(event.target.value)}>
                  {earlier.map((each) => <option key={each.revision} value={each.revision}>{t("rollout.choice", { number: Number(each.number), revision: each.revision })}</option>)}
                </select>
              </label>
              <button type="button" className="danger" disabled={doing.busy()} onClick={() => void run(RolloutAction.ROLL_BACK, back.revision)}>{t("rollout.act.roll_back")}</button>
            </>
          )}
        </div>
      ) : <p className="quiet">{t("rollout.not_yours")}</p>}
      {steering && (
        <p role="status">
          {t("steering.says", { who: steering.requester, act: t(ACTIONS[steering.action]), when: time(steering.requestTime, language) })}
          {" "}{steering.state === SteeringState.PENDING ? t("steering.pending") : steering.state === SteeringState.DONE ? t("steering.done") : t("steering.refused", { reason: steering.reason })}
        </p>
      )}
      {doing.error !== undefined && <Failed error={doing.error} />}
    </section>
  );
}
