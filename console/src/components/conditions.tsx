// What an operator says of an object: condition, reason and what to do, as Kubernetes has it.
import { time } from "../domain/format";
import type { ObjectCondition } from "../gen/tianfu/fleet/v1/control_plane_pb.js";
import { useText } from "../i18n";

const SHAPES: Record<string, string> = { True: "●", False: "○", Unknown: "?" };

export function Conditions({ conditions }: { conditions: readonly ObjectCondition[] }) {
  const { t, language } = useText();
  return (
    <table className="small">
      <caption>{t("conditions")}</caption>
      <thead>
        <tr><th scope="col">{t("condition")}</th><th scope="col">{t("reason")}</th><th scope="col">{t("explanation")}</th><th scope="col">{t("since")}</th></tr>
      </thead>
      <tbody>
        {conditions.map((each) => (
          <tr key={each.type}>
            <td><span aria-hidden="true">{SHAPES[each.status]}</span> {each.type} <span className="quiet">{each.status}</span></td>
            <td><code>{each.reason}</code></td>
            <td>{each.message}</td>
            <td>{time(each.transitionTime, language)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The condition that says most of how it stands. */
export function Summary({ conditions }: { conditions: readonly ObjectCondition[] }) {
  const told = conditions.find((each) => each.type === "Progressing" || each.type === "Granted" || each.type === "Ready");
  return told ? <span title={told.message}><code>{told.reason}</code> {told.message}</span> : <>—</>;
}
