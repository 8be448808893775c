// States as colour, shape and word: never by colour alone (WCAG 1.4.1).
import { Colour, WarningChannel, WarningState } from "../gen/tianfu/disaster_warning/v1/warning_pb.js";
import { Presence } from "../gen/tianfu/fleet/v1/node_pb.js";
import { useText } from "../i18n";
import type { Key } from "../i18n/zh-CN";

export const COLOUR_NAMES: Record<Colour, "none" | "blue" | "yellow" | "orange" | "red"> = {
  [Colour.UNSPECIFIED]: "none",
  [Colour.BLUE]: "blue",
  [Colour.YELLOW]: "yellow",
  [Colour.ORANGE]: "orange",
  [Colour.RED]: "red",
};
const LEVELS: Record<string, string> = { none: "–", blue: "Ⅳ", yellow: "Ⅲ", orange: "Ⅱ", red: "Ⅰ" };

export function ColourBadge({ colour }: { colour: Colour }) {
  const { t } = useText();
  const name = COLOUR_NAMES[colour];
  return (
    <span className={`badge colour-${name}`}>
      <span aria-hidden="true">{LEVELS[name]}</span> {t(`colour.${name}`)}
    </span>
  );
}

export const STATE_NAMES: Record<WarningState, string> = {
  [WarningState.UNSPECIFIED]: "unspecified",
  [WarningState.DRAFT]: "draft",
  [WarningState.REVIEWED]: "reviewed",
  [WarningState.SIGNED_OFF]: "signed_off",
  [WarningState.PUBLISHED]: "published",
  [WarningState.CANCELLED]: "cancelled",
  [WarningState.EXPIRED]: "expired",
};

export const stateKey = (state: WarningState): Key => `state.${STATE_NAMES[state]}` as Key;

export function StateBadge({ state }: { state: WarningState }) {
  const { t } = useText();
  return <span className={`badge state-${STATE_NAMES[state]}`}>{t(stateKey(state))}</span>;
}

export function DrillBadge({ channel }: { channel: WarningChannel }) {
  const { t } = useText();
  return channel === WarningChannel.DRILL ? <span className="badge drill">{t("drill")}</span> : null;
}

export const PRESENCE_NAMES: Record<Presence, "never_seen" | "online" | "silent" | "offline"> = {
  [Presence.UNSPECIFIED]: "never_seen",
  [Presence.NEVER_SEEN]: "never_seen",
  [Presence.ONLINE]: "online",
  [Presence.SILENT]: "silent",
  [Presence.OFFLINE]: "offline",
};
const SHAPES = { never_seen: "○", online: "●", silent: "◐", offline: "✕" } as const;

export function PresenceBadge({ presence }: { presence: Presence }) {
  const { t } = useText();
  const name = PRESENCE_NAMES[presence];
  return (
    <span className={`presence presence-${name}`}>
      <span aria-hidden="true">{SHAPES[name]}</span> {t(`presence.${name}`)}
    </span>
  );
}
