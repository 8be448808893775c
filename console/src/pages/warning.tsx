// One warning: what people are told, where, who has answered for it, who has received it.
import { create } from "@bufbuild/protobuf";
import { Suspense, lazy, useMemo, useState } from "react";

import { CALL, warnings } from "../api/clients";
import { useStore, warningList } from "../api/live";
import { useSession } from "../api/session";
import { useAct } from "../components/act";
import { COLOUR_NAMES, ColourBadge, DrillBadge, StateBadge, stateKey } from "../components/badges";
import { useLoad } from "../components/load";
import { Failed, Loading } from "../components/message";
import { Table } from "../components/table";
import { download } from "../domain/csv";
import { placeName } from "../domain/counties";
import { useEvents } from "../domain/events";
import { lastPart, ms, number, percent, time } from "../domain/format";
import { type Act, type Allowed, headlineOf, steps, textOf } from "../domain/warnings";
import { ReviewWarningRequestSchema, Verdict } from "../gen/tianfu/disaster_warning/v1/disaster_warning_service_pb.js";
import { type Warning, WarningState } from "../gen/tianfu/disaster_warning/v1/warning_pb.js";
import { useText } from "../i18n";
import type { Key } from "../i18n/zh-CN";

const ProvinceMap = lazy(() => import("../components/map"));
const RECEIPTS_MS = 2_000;

export default function WarningPage({ id }: { id: string }) {
  const name = `warnings/${id}`;
  const live = useStore(warningList).get(name);
  const found = useLoad((signal) => warnings.getWarning({ name }, { ...CALL, signal }), `${name} ${live?.etag ?? ""}`);
  const [shown, setShown] = useState<Warning>();
  // While a newer one is fetched the former stays on the screen.
  if (found.value && found.value !== shown) setShown(found.value);
  const warning = found.value ?? shown;
  if (!warning) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  return (
    <>
      {found.error !== undefined && <Failed error={found.error} retry={found.again} />}
      <Shown warning={warning} again={found.again} />
    </>
  );
}

function Shown({ warning, again }: { warning: Warning; again: () => void }) {
  const { t, language } = useText();
  const events = useEvents();
  const colours = useMemo(
    () => new Map(warning.counties.map((each) => [each.placeCode, COLOUR_NAMES[each.colour || warning.colour]])),
    [warning],
  );
  const out = warning.version > 0;
  return (
    <div className="page warning">
      <header className="row wrap">
        <ColourBadge colour={warning.colour} />
        <StateBadge state={warning.state} />
        <DrillBadge channel={warning.channel} />
        <span>{events(warning.eventCode)}</span>
        <span className="quiet">{lastPart(warning.name)}</span>
      </header>
      <h1>{headlineOf(warning, language)}</h1>
      {warning.stateReason && <p className="reason">{t("reason")}: {warning.stateReason}</p>}
      <Actions warning={warning} again={again} />
      <div className="columns">
        <div>
          <Preview warning={warning} />
          <Facts warning={warning} />
          <Steps warning={warning} />
        </div>
        <div>
          <div className="map-small">
            <Suspense fallback={<Loading />}>
              <ProvinceMap label={t("warning.area")} counties={colours} fit={[...colours.keys()]} />
            </Suspense>
          </div>
          {out && <Receipts warning={warning} />}
          {out ? <Cap warning={warning} /> : <p className="quiet">{t("cap.later")}</p>}
        </div>
      </div>
    </div>
  );
}

function Preview({ warning }: { warning: Warning }) {
  const { t, language } = useText();
  const text = textOf(warning, language);
  return (
    <section className={`preview edge-${COLOUR_NAMES[warning.colour]}`} aria-label={t("preview")}>
      <h2>{t("preview")}</h2>
      <p className="preview-head">{text?.headline ?? t("preview.template")}</p>
      <p>{text?.description}</p>
      {text?.instruction && <p><strong>{t("instruction")}</strong> {text.instruction}</p>}
    </section>
  );
}

function Facts({ warning }: { warning: Warning }) {
  const { t, language } = useText();
  const facts: [Key, string][] = [
    ["area", warning.area?.description || t("counties.n", { count: warning.counties.length })],
    ["population", number(warning.population, language)],
    ["effective", time(warning.effectiveTime ?? warning.publishTime, language)],
    ["expires", time(warning.expireTime, language)],
    ["version", String(warning.version)],
    ["drafter", warning.drafter || "—"],
    ["reviewer", warning.reviewer || "—"],
    ["signer", warning.signer || "—"],
    ["rule_versions", warning.ruleVersions.join(", ") || "—"],
  ];
  return (
    <dl className="facts">
      {facts.map(([key, value]) => (
        <div key={key}>
          <dt>{t(key)}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Steps({ warning }: { warning: Warning }) {
  const { t, language } = useText();
  return (
    <section>
      <h2>{t("steps")}</h2>
      <ol className="steps">
        {warning.steps.map((step, i) => (
          <li key={`${i}-${step.actor}`}>
            <StateBadge state={step.toState} /> <strong>{step.actor}</strong>{" "}
            <span className="quiet">{time(step.stepTime, language)}</span>
            {step.comment && <span className="comment">{step.comment}</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}

// -- what may be done ------------------------------------------------------------------------------

function Actions({ warning, again }: { warning: Warning; again: () => void }) {
  const { t } = useText();
  const session = useSession();
  const doing = useAct(again);
  const [asked, setAsked] = useState<{ act: Act; approve: boolean }>();
  // Who may not cancel is not told so of every warning; who may not do the next step is.
  const allowed = steps(warning, session.subject, session.roles).filter((one) => one.act !== "cancel" || !one.hindrance);
  const run = async (act: Act, approve: boolean, comment: string): Promise<void> => {
    if (await doing.run(() => perform(warning, act, approve, comment))) setAsked(undefined);
  };
  if (allowed.length === 0) return null;
  return (
    <section className="actions" aria-label={t("actions")}>
      <div className="row wrap">
        {allowed.map((one) => (
          <Buttons key={one.act} one={one} busy={doing.busy()} choose={(approve) => {
            if (one.act === "publish") void run("publish", true, "");
            else if (approve && one.act !== "cancel") void run(one.act, true, "");
            else setAsked({ act: one.act, approve });
          }} />
        ))}
      </div>
      {asked && (
        <Comment
          label={t(asked.act === "cancel" ? "cancel.reason" : "reject.reason")}
          busy={doing.busy()}
          done={(comment) => void run(asked.act, false, comment)}
          leave={() => setAsked(undefined)}
        />
      )}
      {doing.error !== undefined && <Failed error={doing.error} />}
    </section>
  );
}

function Buttons({ one, busy, choose }: { one: Allowed; busy: boolean; choose: (approve: boolean) => void }) {
  const { t } = useText();
  const hint = one.hindrance ? t(`hindrance.${one.hindrance}` as Key, { act: t(`act.${one.act}` as Key) }) : "";
  if (one.hindrance) return <p className="hint">{hint}</p>;
  return (
    <>
      <button type="button" className={one.act === "cancel" ? "danger" : "primary"} disabled={busy} onClick={() => choose(true)}>
        {t(`act.${one.act}` as Key)}
      </button>
      {(one.act === "review" || one.act === "sign") && (
        <button type="button" disabled={busy} onClick={() => choose(false)}>{t("act.reject")}</button>
      )}
    </>
  );
}

function Comment({ label, busy, done, leave }: { label: string; busy: boolean; done: (comment: string) => void; leave: () => void }) {
  const { t } = useText();
  const [comment, setComment] = useState("");
  return (
    <form
      className="comment-form"
      onSubmit={(event) => {
        event.preventDefault();
        done(comment);
      }}
    >
      <label className="field">
        <span>{label}</span>
        <textarea required maxLength={400} rows={2} value={comment} onChange={(event) => setComment(event.target.value)} />
      </label>
      <div className="row">
        <button type="submit" className="danger" disabled={busy || !comment.trim()}>{t("confirm")}</button>
        <button type="button" onClick={leave}>{t("leave")}</button>
      </div>
    </form>
  );
}

async function perform(warning: Warning, act: Act, approve: boolean, comment: string): Promise<void> {
  const { name, etag } = warning;
  const verdict = create(ReviewWarningRequestSchema, {
    name, etag, comment, verdict: approve ? Verdict.APPROVE : Verdict.REJECT,
  });
  if (act === "review") await warnings.reviewWarning(verdict, CALL);
  else if (act === "sign") {
    await warnings.signWarning({ name, etag, comment, verdict: verdict.verdict }, CALL);
  } else if (act === "publish") await warnings.publishWarning({ name, etag }, CALL);
  else if (act === "cancel") await warnings.cancelWarning({ name, etag, reason: comment }, CALL);
}

// -- what became of it -----------------------------------------------------------------------------

function Receipts({ warning }: { warning: Warning }) {
  const { t, language } = useText();
  const open = warning.state === WarningState.PUBLISHED;
  const { name } = warning;
  const found = useLoad((signal) => warnings.getReceipts({ name }, { ...CALL, signal }), name, open ? RECEIPTS_MS : 0);
  const total = found.value?.total;
  if (!found.value) return found.error === undefined ? <Loading /> : <Failed error={found.error} retry={found.again} />;
  const share = total && total.nodeCount > 0 ? total.deliveredCount / total.nodeCount : 0;
  return (
    <section data-delivered={total?.deliveredCount ?? 0}>
      <h2>{t("receipts")}</h2>
      <p className="row wrap" role="status">
        <progress max={total?.nodeCount || 1} value={total?.deliveredCount ?? 0} aria-label={t("receipts")} />
        <span>
          {t("receipts.line", {
            delivered: total?.deliveredCount ?? 0, all: total?.nodeCount ?? 0,
            share: percent(share, language), people: number(found.value.toldPopulation, language),
          })}
        </span>
      </p>
      <div className="table-short">
        <Table
          name="receipts" label={t("receipts")} keyOf={(row) => row.name} rows={found.value.counties}
          emptyTitle={t("receipts.none")}
          columns={[
            { id: "county", title: t("county"), width: 1.6, value: (row) => row.displayName || placeName(lastPart(row.name), language) },
            { id: "nodes", title: t("nodes"), numeric: true, value: (row) => row.nodeCount },
            { id: "delivered", title: t("delivered"), numeric: true, value: (row) => row.deliveredCount },
            { id: "acknowledged", title: t("acknowledged"), numeric: true, value: (row) => row.acknowledgedCount },
            { id: "failed", title: t("failed"), numeric: true, value: (row) => row.failedCount },
            { id: "first", title: t("first_delivery"), width: 1.6, value: (row) => ms(row.firstDeliveryTime), show: (row) => time(row.firstDeliveryTime, language) },
          ]}
        />
      </div>
    </section>
  );
}

function Cap({ warning }: { warning: Warning }) {
  const { t } = useText();
  const { name, version } = warning;
  const found = useLoad((signal) => warnings.exportCap({ name }, { ...CALL, signal }), `${name} ${version}`);
  if (!found.value) return found.error === undefined ? null : <Failed error={found.error} retry={found.again} />;
  const text = new TextDecoder().decode(found.value.content);
  return (
    <details className="cap">
      <summary>{t("cap")} <code>{found.value.identifier}</code></summary>
      <button type="button" onClick={() => download(`${lastPart(name)}.cap.xml`, "application/xml", text)}>
        {t("download")}
      </button>
      <pre tabIndex={0} aria-label={t("cap")}>{text}</pre>
      <p className="quiet">{t(stateKey(warning.state))}</p>
    </details>
  );
}
