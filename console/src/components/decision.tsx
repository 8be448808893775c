// A decision that a person takes once: choose, say why where that is asked, confirm.
import { useState } from "react";

import { useText } from "../i18n";
import { useAct } from "./act";
import { Failed } from "./message";

export interface Choice {
  key: string;
  /** What is done, as on its button. */
  word: string;
  /** What confirming means, where no reason is asked for. */
  sure?: string;
  /** What the reason is for; with it one has to be given. */
  why?: string;
  danger?: boolean;
  act: (reason: string) => Promise<unknown>;
}

const REASON_MAX = 500;

export function Decision({ choices, again }: { choices: readonly Choice[]; again: () => void }) {
  const { t } = useText();
  const [asked, setAsked] = useState<Choice>();
  const doing = useAct(again);
  const look = (choice: Choice): string => (choice.danger ? "danger" : "primary");
  const decide = async (choice: Choice, reason: string): Promise<void> => {
    if (await doing.run(() => choice.act(reason))) setAsked(undefined);
  };
  return (
    <section className="actions" aria-label={t("actions")}>
      <div className="row wrap">
        {choices.map((choice) => (
          <button key={choice.key} type="button" className={look(choice)} disabled={doing.busy()} onClick={() => setAsked(choice)}>{choice.word}</button>
        ))}
      </div>
      {asked !== undefined && (
        <form key={asked.key} className="comment-form" onSubmit={(event) => {
          event.preventDefault();
          const reason = new FormData(event.currentTarget).get("reason");
          void decide(asked, typeof reason === "string" ? reason.trim() : "");
        }}>
          {asked.sure && <p>{asked.sure}</p>}
          {asked.why && <label className="field"><span>{asked.why}</span><textarea name="reason" required maxLength={REASON_MAX} rows={2} /></label>}
          <div className="row">
            <button type="submit" className={look(asked)} disabled={doing.busy()}>{t("confirm")} {asked.word}</button>
            <button type="button" onClick={() => setAsked(undefined)}>{t("leave")}</button>
          </div>
        </form>
      )}
      {doing.error !== undefined && <Failed error={doing.error} />}
    </section>
  );
}
