// States of energy as shape and word, never by colour alone (WCAG 1.4.1).
import { STAGES } from "../domain/energy";
import type { QuotaStage } from "../gen/tianfu/energy/v1/unit_pb.js";
import { useText } from "../i18n";

const SHAPES = { none: "–", within: "●", notice: "◔", warning: "◑", exceeded: "▲" } as const;

export function QuotaBadge({ stage }: { stage: QuotaStage }) {
  const { t } = useText();
  const name = STAGES[stage];
  return (
    <span className={`stage stage-${name}`}>
      <span aria-hidden="true">{SHAPES[name]}</span> {t(`quota_stage.${name}`)}
    </span>
  );
}

export function SleepBadge({ asleep }: { asleep: boolean | undefined }) {
  const { t } = useText();
  const name = asleep === undefined ? "unplanned" : asleep ? "asleep" : "awake";
  return (
    <span className={`sleep sleep-${name}`}>
      <span aria-hidden="true">{{ unplanned: "–", asleep: "◐", awake: "●" }[name]}</span> {t(`sleep.${name}`)}
    </span>
  );
}
