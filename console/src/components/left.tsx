// How long is left until a deadline, in words: what is late stands out by its shape too.
import { now } from "../api/session";
import { daysLeft } from "../domain/deadlines";
import { useText } from "../i18n";

export function Left({ endMs }: { endMs: number }) {
  const { t } = useText();
  const days = daysLeft(endMs, now());
  if (days < 0) return <span className="badge alert-open"><span aria-hidden="true">!</span> {t("deadline.over", { count: -days })}</span>;
  return <span>{days === 0 ? t("deadline.today") : t("deadline.days", { count: days })}</span>;
}
