// What a page says when it has nothing to show: why, and what to do.
import type { ReactNode } from "react";

import { failureOf } from "../api/failures";
import { signIn } from "../api/session";
import { useText } from "../i18n";
import type { Key } from "../i18n/zh-CN";

const KNOWN: ReadonlySet<string> = new Set([
  "ROLE_MISSING", "RATE_LIMITED", "BACKEND_UNAVAILABLE", "ETAG_MISMATCH", "UNAVAILABLE", "NOT_FOUND",
  "CARBON_FACTOR_NOT_FOUND", "SPAN_INVALID", "HOSPITAL_NOT_AFFILIATED",
]);

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="message" role="status">
      <p className="message-title">{title}</p>
      {children && <p>{children}</p>}
    </div>
  );
}

export function Loading() {
  const { t } = useText();
  return (
    <div className="message" role="status">
      <p>{t("loading")}</p>
    </div>
  );
}

export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useText();
  const failure = failureOf(error);
  const key = KNOWN.has(failure.reason) ? (`failure.${failure.reason}` as Key) : undefined;
  return (
    <div className="message failed" role="alert">
      <p className="message-title">
        {key ? t(key) : t("failure.other")} <code>{failure.reason}</code>
      </p>
      <p>{failure.message}</p>
      <p className="row">
        {failure.signedOut && (
          <button type="button" className="primary" onClick={signIn}>
            {t("sign_in")}
          </button>
        )}
        {!failure.signedOut && retry && (
          <button type="button" onClick={retry}>
            {t("retry")}
          </button>
        )}
      </p>
    </div>
  );
}
