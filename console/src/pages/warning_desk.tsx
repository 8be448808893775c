// The warnings desk: what waits for whom, what is out, what is over.
import { useMemo } from "react";

import { useStore, warningList } from "../api/live";
import { useRole, useSession } from "../api/session";
import { ColourBadge, DrillBadge, StateBadge, stateKey } from "../components/badges";
import { useLoad } from "../components/load";
import { Link } from "../components/link";
import { Failed } from "../components/message";
import { Table } from "../components/table";
import { CALL, warnings } from "../api/clients";
import { ms, time } from "../domain/format";
import { headlineOf, steps } from "../domain/warnings";
import { useEvents } from "../domain/events";
import { type Warning, WarningState } from "../gen/tianfu/disaster_warning/v1/warning_pb.js";
import { useText } from "../i18n";
import { useQuery } from "../router";

const FILTERS = ["open", "mine", "published", "all"] as const;

export default function WarningDesk() {
  const { t, language } = useText();
  const session = useSession();
  const mayDraft = useRole("DUTY_OFFICER", "WARNING_SIGNER", "WARNING_AUTHORITY");
  const [filter, setFilter] = useQuery("state", "all");
  const live = useStore(warningList);
  // The watch begins with drafts and what holds; what is over comes by a list.
  const past = useLoad((signal) => warnings.listWarnings({ pageSize: 200 }, { ...CALL, signal }), "past");
  const events = useEvents();
  const all = useMemo(() => {
    const found = new Map((past.value?.warnings ?? []).map((each) => [each.name, each]));
    for (const [name, each] of live) found.set(name, each);
    return [...found.values()].sort((a, b) => ms(b.updateTime) - ms(a.updateTime));
  }, [past.value, live]);
  const waits = (each: Warning): boolean =>
    steps(each, session.subject, session.roles).some((one) => one.act !== "cancel" && !one.hindrance);
  const rows = all.filter((each) => {
    if (filter === "open") return each.state >= WarningState.DRAFT && each.state <= WarningState.SIGNED_OFF;
    if (filter === "mine") return waits(each);
    return filter === "published" ? each.state === WarningState.PUBLISHED : true;
  });
  return (
    <div className="page">
      <div className="row between">
        <h1>{t("desk")}</h1>
        {mayDraft && <Link to="/warnings/new" className="button primary">{t("draft.new")}</Link>}
      </div>
      {past.error !== undefined && <Failed error={past.error} retry={past.again} />}
      <div className="tabs" role="tablist" aria-label={t("state")}>
        {FILTERS.map((name) => (
          <button key={name} type="button" role="tab" aria-selected={filter === name} onClick={() => setFilter(name)}>
            {t(`desk.${name}`)}
            {name === "mine" && <span className="count">{all.filter(waits).length}</span>}
          </button>
        ))}
      </div>
      <Table
        name="warnings" label={t("desk")} rows={rows} keyOf={(row) => row.name}
        emptyTitle={t("desk.none")} emptyHint={t("desk.none.hint")}
        columns={[
          { id: "colour", title: t("level"), width: 0.9, value: (row) => row.colour, show: (row) => <ColourBadge colour={row.colour} /> },
          { id: "state", title: t("state"), width: 1, value: (row) => t(stateKey(row.state)), show: (row) => <StateBadge state={row.state} /> },
          { id: "event", title: t("event"), width: 0.9, value: (row) => events(row.eventCode) },
          { id: "headline", title: t("headline"), width: 3.4, value: (row) => headlineOf(row, language), show: (row) => <Link to={`/${row.name}`}>{headlineOf(row, language)}</Link> },
          { id: "channel", title: t("channel"), width: 0.7, value: (row) => row.channel, show: (row) => <DrillBadge channel={row.channel} /> },
          { id: "drafter", title: t("drafter"), width: 1, value: (row) => row.drafter },
          { id: "update", title: t("changed"), width: 1.2, value: (row) => ms(row.updateTime), show: (row) => time(row.updateTime, language) },
        ]}
      />
    </div>
  );
}
