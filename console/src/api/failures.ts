// What went wrong, as a person can use it: a stable reason code and what to do.
import { Code, ConnectError } from "@connectrpc/connect";

export interface Failure {
  reason: string;
  message: string;
  /** Whether trying again may help. */
  transient: boolean;
  signedOut: boolean;
}

/** Field 1 of google.rpc.ErrorInfo is the reason: read here, since nothing else of it is needed. */
export function reasonOf(value: Uint8Array): string {
  const length = value[1] ?? 0;
  return value[0] === 0x0a ? new TextDecoder().decode(value.subarray(2, 2 + length)) : "";
}

export function failureOf(error: unknown): Failure {
  const found = ConnectError.from(error);
  let reason = Code[found.code].replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
  for (const detail of found.details) {
    if ("type" in detail && detail.type === "google.rpc.ErrorInfo") {
      reason = reasonOf(detail.value) || reason;
    }
  }
  return {
    reason,
    message: found.rawMessage,
    transient: [Code.Unavailable, Code.DeadlineExceeded, Code.Aborted, Code.Unknown].includes(found.code),
    signedOut: found.code === Code.Unauthenticated,
  };
}
