import { Code, ConnectError } from "@connectrpc/connect";
import { expect, it } from "vitest";

import { type LinkState, watch } from "./watch";

interface Answer {
  resumeToken: string;
  value: number;
}

async function* give(from: number, to: number, then?: Error): AsyncIterable<Answer> {
  for (let value = from; value <= to; value += 1) {
    yield await Promise.resolve({ resumeToken: String(value), value });
  }
  if (then) throw then;
}

async function run(rounds: ((token: string) => AsyncIterable<Answer>)[]) {
  const stop = new AbortController();
  const values: number[] = [];
  const states: LinkState[] = [];
  let resets = 0;
  await watch<Answer>(
    {
      open: (token) => {
        const next = rounds.shift();
        if (!next) stop.abort();
        return next ? next(token) : give(1, 0);
      },
      onAnswer: ({ value }) => values.push(value),
      onReset: () => (resets += 1),
      onState: (state) => states.push(state),
      wait: () => Promise.resolve(),
      random: () => 0,
    },
    stop.signal,
  );
  return { values, states, resets };
}

const lost = new ConnectError("gone", Code.Unavailable);

it("goes on behind the last answer, without gap or repeat", async () => {
  const { values, states } = await run([
    () => give(1, 3, lost),
    (token) => give(Number(token) + 1, 5),
  ]);
  expect(values).toEqual([1, 2, 3, 4, 5]);
  expect(states).toContain("lost");
});

it("begins anew when the service can't go on from there", async () => {
  const { values, resets } = await run([
    () => give(1, 2, lost),
    () => give(1, 0, new ConnectError("unknown token", Code.InvalidArgument)),
    (token) => give(token ? 99 : 1, 2),
  ]);
  expect(resets).toBe(1);
  expect(values).toEqual([1, 2, 1, 2]);
});

it("stops where it may not watch", async () => {
  const { states } = await run([() => give(1, 0, new ConnectError("no", Code.PermissionDenied))]);
  expect(states.at(-1)).toBe("refused");
});
