import { expect, test, vi } from "vitest";

import { Asker } from "./asker";

const keys = (count: number): string[] => Array.from({ length: count }, (_, i) => `units/u-${i}`);

function asker(ask: (key: string) => Promise<string>, freshMs = 1_000) {
  let at = 0;
  const made = new Asker<string>(ask, freshMs, () => at);
  return { made, pass: (ms: number) => (at += ms) };
}

test("each row that is wanted is read once, few at a time, and again when it is old", async () => {
  let [now, most] = [0, 0];
  const ask = vi.fn(async (key: string) => {
    most = Math.max(most, (now += 1));
    await Promise.resolve();
    now -= 1;
    return key;
  });
  const { made, pass } = asker(ask);
  await made.want(keys(50));
  await made.want(keys(60));
  expect([made.get().known.size, made.get().waiting, ask.mock.calls.length]).toEqual([60, 0, 60]);
  expect(most).toBeLessThanOrEqual(4);
  pass(1_000);
  await made.want(keys(10));
  expect(ask.mock.calls.length).toBe(70);
});

test("who scrolls on does not wait for what has left the screen", async () => {
  const held: (() => void)[] = [];
  const asked: string[] = [];
  const { made } = asker((key) => new Promise((done) => {
    asked.push(key);
    held.push(() => done(key));
  }));
  const first = made.want(keys(1_000));
  const then = made.want(["units/last"]);
  while (held.length > 0) held.shift()?.();
  await Promise.all([first, then]);
  expect(asked).toHaveLength(5);
  expect([...made.get().known.keys()]).toEqual(["units/last"]);
});

test("a refusal ends the round and is said; the next round asks again", async () => {
  let refuse = true;
  const ask = vi.fn((key: string) => (refuse ? Promise.reject(new Error("UNAVAILABLE")) : Promise.resolve(key)));
  const { made } = asker(ask);
  await made.want(keys(500));
  expect(made.get().error).toBeInstanceOf(Error);
  expect(ask.mock.calls.length).toBeLessThan(10);
  refuse = false;
  await made.want(keys(500));
  expect([made.get().error, made.get().known.size]).toEqual([undefined, 500]);
});
