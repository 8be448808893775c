import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { ProofRefused, verify } from "./verify_draw";

const published = readFileSync(new URL("../../../examples/credit/draw-proof.json", import.meta.url));
interface Vector {
  name: string;
  step: string;
  text: string;
}
const vectors = JSON.parse(
  readFileSync(new URL("../../../examples/credit/draw-proof-vectors.json", import.meta.url), "utf-8"),
) as Vector[];
const encode = (bundle: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(bundle));
interface Bundle {
  commitment: string;
  visits: { entity: string }[];
  beacon: { round: number; signature: string };
  declaration: string[];
}
const bundle = (): Bundle => JSON.parse(published.toString()) as Bundle;

function refusedAt(change: (made: Bundle) => void): string {
  const made = bundle();
  change(made);
  try {
    verify(encode(made));
  } catch (error) {
    if (error instanceof ProofRefused) return error.step;
    throw error;
  }
  return "";
}

describe("the published example", () => {
  it("holds, as it does for `tianfu credit verify`", () => {
    const steps = verify(published, bundle().commitment);
    expect(steps.map((step) => step.name)).toEqual(["declaration", "commitment", "beacon", "seed", "visits"]);
    expect(steps.at(-1)?.detail).toBe("4");
  });
  it("is not what was published under another hash", () => {
    expect(() => verify(published, "0".repeat(64))).toThrow(ProofRefused);
  });
});

describe("a forged bundle ends with its first discrepancy", () => {
  it.each([
    ["visits", (made: Bundle) => void made.visits.reverse()],
    ["visits", (made: Bundle) => void made.visits.pop()],
    ["declaration", (made: Bundle) => void made.declaration.reverse()],
    ["commitment", (made: Bundle) => void (made.declaration[0] = `${made.declaration[0] ?? ""}x`)],
    ["beacon", (made: Bundle) => void (made.beacon.round += 1)],
    ["beacon", (made: Bundle) => void (made.beacon.signature = `b0${made.beacon.signature.slice(2)}`)],
  ])("at %s", (step, change) => {
    expect(refusedAt(change)).toBe(step);
  });
});

// The same table as tests/contract/test_draw_proof_vectors.py has for the verifiers in Python.
describe("one table for all who verify", () => {
  it.each(vectors.map((vector): [string, string, string] => [vector.name, vector.step, vector.text]))(
    "%s: %s",
    (_, step, text) => {
      let found = "";
      try {
        verify(new TextEncoder().encode(text));
      } catch (error) {
        if (!(error instanceof ProofRefused)) throw error;
        found = error.step;
      }
      expect(found).toBe(step);
    },
  );
});
