// Streams that survive: a watch that breaks goes on behind the last answer it has seen.
import { Code, ConnectError } from "@connectrpc/connect";

export type LinkState = "connecting" | "live" | "lost" | "refused";

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 8_000;
const QUIET_MS = 1_500;
// Codes of a token that the service can't go on from: begin anew.
const STALE = new Set([Code.InvalidArgument, Code.OutOfRange, Code.FailedPrecondition, Code.NotFound]);
const HOPELESS = new Set([Code.PermissionDenied, Code.Unauthenticated, Code.Unimplemented]);

export interface Watched<T extends { resumeToken: string }> {
  open: (resumeToken: string, signal: AbortSignal) => AsyncIterable<T>;
  onAnswer: (answer: T) => void;
  /** All that was known is no longer: the stream begins anew. */
  onReset: () => void;
  onState: (state: LinkState) => void;
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  random?: () => number;
}

export async function watch<T extends { resumeToken: string }>(
  watched: Watched<T>,
  signal: AbortSignal,
): Promise<void> {
  const wait = watched.wait ?? pause;
  const random = watched.random ?? Math.random;
  let token = "";
  let waitMs = FIRST_WAIT_MS;
  // Asked by a call: the signal changes while we wait, which the compiler can't know.
  const ended = (): boolean => signal.aborted;
  while (!ended()) {
    let heard = false;
    watched.onState("connecting");
    // Where nothing changes nothing is said: a stream that has held for a moment is a good one.
    const quiet = setTimeout(() => watched.onState("live"), QUIET_MS);
    try {
      for await (const answer of watched.open(token, signal)) {
        if (!heard) watched.onState("live");
        heard = true;
        waitMs = FIRST_WAIT_MS;
        watched.onAnswer(answer);
        if (answer.resumeToken) token = answer.resumeToken;
      }
    } catch (error) {
      clearTimeout(quiet);
      if (ended()) return;
      const { code } = ConnectError.from(error);
      if (HOPELESS.has(code)) {
        watched.onState("refused");
        return;
      }
      if (STALE.has(code) && token && !heard) {
        token = "";
        watched.onReset();
        continue;
      }
    }
    clearTimeout(quiet);
    if (ended()) return;
    watched.onState("lost");
    // Half of it by chance, so that a thousand consoles do not come back in one moment.
    await wait(waitMs * (0.5 + random() / 2), signal);
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      window.removeEventListener("online", done);
      resolve();
    }
    signal.addEventListener("abort", done);
    window.addEventListener("online", done);
  });
}
