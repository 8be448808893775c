// The proof of a random inspection, checked here: nobody has to believe the server that shows it.
// The same steps as proto/tianfu/inspection_proof.py; tests compare both on the same bundles.
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { Decimal } from "decimal.js";

const FORMAT = "tianfu-draw-proof/1";
const KEY = hexToBytes(
  "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064" +
    "510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ec" +
    "e45a",
);
const GENESIS_S = 1_692_803_367;
const PERIOD_S = 3;
const LEAD_S = 30;
const TAG = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";
const KINDS = ["draw", "time", "rule", "beacon", "stratum", "department", "inspector", "conflict", "entity"];
const NUL = new Uint8Array([0]);
const Exact = Decimal.clone({ precision: 80, rounding: Decimal.ROUND_HALF_EVEN, toExpNeg: -200 });
const SPAN = new Exact(2).pow(256);

export interface Step {
  name: "declaration" | "commitment" | "beacon" | "seed" | "visits";
  detail: string;
}

/** The first place where a bundle is not what it must be. */
export class ProofRefused extends Error {
  readonly step: string;
  constructor(step: string, problem: string) {
    super(problem);
    this.step = step;
  }
}

interface Entity {
  code: string;
  stratum: string;
  weight: number;
}
interface Declaration {
  id: string;
  timeMs: number;
  rule: string;
  round: number | null;
  commitments: Map<string, string>;
  strata: [string, number][];
  departments: [string, number][];
  inspectors: [string, string][];
  conflicts: Set<string>;
  entities: Entity[];
}
interface Visit {
  entity: string;
  stratum: string;
  inspectors: Record<string, string[]>;
}

// Python sorts texts by code point; so must we. All tokens are ASCII.
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function need(found: boolean, step: string, problem: string): asserts found {
  if (!found) throw new ProofRefused(step, problem);
}

function parse(lines: readonly string[]): Declaration {
  const found = new Map<string, string[][]>(KINDS.map((kind) => [kind, []]));
  let last = -1;
  let before = "";
  for (const line of lines) {
    const [kind = "", ...rest] = line.split(" ");
    const at = KINDS.indexOf(kind);
    need(at >= 0, "declaration", `unknown line: ${line.slice(0, 80)}`);
    const inOrder = at > last || (at === last && order(before, line) < 0);
    need(inOrder, "declaration", "lines are not in order, or one stands twice");
    last = at;
    before = line;
    found.get(kind)?.push(rest);
  }
  const single = (kind: string): string => {
    const rows = found.get(kind) ?? [];
    const value = rows[0]?.[0];
    need(rows.length === 1 && rows[0]?.length === 1 && value !== undefined, "declaration", `one line ${kind}`);
    return value;
  };
  const rowsOf = (kind: string): string[][] => found.get(kind) ?? [];
  const pairs = (kind: string): [string, number][] =>
    rowsOf(kind).map(([name = "", count = ""]) => [name, Number(count)]);
  const beacon = rowsOf("beacon");
  const quicknet = beacon.length === 1 && beacon[0]?.[0] === "drand-quicknet";
  return {
    id: single("draw"),
    timeMs: Date.parse(single("time")),
    rule: single("rule"),
    round: quicknet ? Number(beacon[0]?.[1]) : null,
    commitments: new Map(quicknet ? [] : beacon.map(([, name = "", hash = ""]) => [name, hash])),
    strata: pairs("stratum"),
    departments: pairs("department"),
    inspectors: rowsOf("inspector").map(([department = "", badge = ""]) => [department, badge]),
    conflicts: new Set(rowsOf("conflict").map((row) => row.join(" "))),
    entities: rowsOf("entity").map(([code = "", stratum = "", weight = ""]) => ({
      code,
      stratum,
      weight: Number(weight),
    })),
  };
}

function quicknet(declaration: Declaration, beacon: Record<string, unknown>): Uint8Array {
  const round = declaration.round ?? 0;
  need(beacon.round === round, "beacon", `declared was round ${round}`);
  const made = (GENESIS_S + (round - 1) * PERIOD_S) * 1000;
  need(made >= declaration.timeMs + LEAD_S * 1000, "beacon", "the round could have been known before");
  const signature = hexToBytes(text(beacon.signature, "beacon"));
  const number = new Uint8Array(8);
  new DataView(number.buffer).setBigUint64(0, BigInt(round));
  const scheme = bls12_381.shortSignatures;
  let good = false;
  try {
    good = scheme.verify(signature, scheme.hash(sha256(number), TAG), KEY);
  } catch {
    good = false; // bytes that are no point: not a signature either
  }
  need(good, "beacon", `the signature is not quicknet's for round ${round}`);
  return sha256(signature);
}

function revealed(declaration: Declaration, beacon: Record<string, unknown>): Uint8Array {
  const nonces = beacon.nonces as Record<string, string> | undefined;
  need(typeof nonces === "object", "beacon", "the departments' bytes are missing");
  const made = new Uint8Array(32);
  for (const name of [...declaration.commitments.keys()].sort(order)) {
    const nonce = hexToBytes(text(nonces[name], "beacon"));
    need(nonce.length === 32, "beacon", `${name}: need 32 bytes`);
    const named = concatBytes(
      utf8ToBytes("tianfu-nonce-1"), NUL, utf8ToBytes(declaration.id), NUL, utf8ToBytes(name), NUL, nonce,
    );
    const same = bytesToHex(sha256(named)) === declaration.commitments.get(name);
    need(same, "beacon", `${name}: not what it had committed to`);
    for (let i = 0; i < 32; i += 1) made[i] = (made[i] ?? 0) ^ (nonce[i] ?? 0);
  }
  const strangers = Object.keys(nonces).filter((name) => !declaration.commitments.has(name));
  need(strangers.length === 0, "beacon", `${strangers[0] ?? ""} reveals and had not committed`);
  return made;
}

function text(value: unknown, step: string): string {
  need(typeof value === "string", step, "a text is missing");
  return value;
}

const rank = (seed: Uint8Array, name: string): string => bytesToHex(hmac(sha256, seed, utf8ToBytes(name)));

function drawn(seed: Uint8Array, members: Entity[], size: number): Entity[] {
  const ranked = members.map((each) => ({ each, h: rank(seed, each.code) }));
  if (new Set(members.map((each) => each.weight)).size <= 1) {
    return ranked.sort((a, b) => order(a.h, b.h)).slice(0, size).map((one) => one.each);
  }
  const keyed = ranked.map(({ each, h }) => {
    const survival = SPAN.minus(new Exact(`0x${h}`)).minus("0.5").dividedBy(SPAN);
    return { each, key: survival.ln().negated().dividedBy(each.weight) };
  });
  keyed.sort((a, b) => a.key.comparedTo(b.key) || order(a.each.code, b.each.code));
  return keyed.slice(0, size).map((one) => one.each);
}

function visits(declaration: Declaration, seed: Uint8Array): Visit[] {
  const chosen = declaration.strata.flatMap(([name, perMille]) => {
    const members = declaration.entities.filter((each) => each.stratum === name);
    return drawn(seed, members, Math.ceil((members.length * perMille) / 1000));
  });
  chosen.sort((a, b) => order(a.code, b.code) || order(a.stratum, b.stratum));
  const gone = new Map<string, number>();
  return chosen.map((entity) => {
    const inspectors: Record<string, string[]> = {};
    for (const [department, count] of [...declaration.departments].sort((a, b) => order(a[0], b[0]))) {
      const free = declaration.inspectors
        .filter(([of, badge]) => of === department && !declaration.conflicts.has(`${badge} ${entity.code}`))
        .map(([, badge]) => ({ badge, times: gone.get(badge) ?? 0, h: rank(seed, `${entity.code}|${badge}`) }))
        .sort((a, b) => a.times - b.times || order(a.h, b.h) || order(a.badge, b.badge));
      need(free.length >= count, "visits", `${entity.code}: too few inspectors of ${department}`);
      const sent = free.slice(0, count).map((one) => one.badge);
      for (const badge of sent) gone.set(badge, (gone.get(badge) ?? 0) + 1);
      inspectors[department] = sent.sort(order);
    }
    return { entity: entity.code, stratum: entity.stratum, inspectors };
  });
}

/** Check a bundle from its bytes; return the steps, or throw ProofRefused with the first fault. */
export function verify(data: Uint8Array, published = ""): Step[] {
  let bundle: Record<string, unknown>;
  try {
    bundle = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data)) as Record<string, unknown>;
  } catch {
    throw new ProofRefused("bundle", "is no JSON in UTF-8");
  }
  need(bundle.format === FORMAT, "bundle", `its format is not ${FORMAT}`);
  const lines = bundle.declaration as string[];
  need(Array.isArray(lines) && lines.every((line) => typeof line === "string"), "declaration", "need lines");
  const declaration = parse(lines);
  const committed = bytesToHex(sha256(utf8ToBytes(lines.join("\n"))));
  need(bundle.commitment === committed, "commitment", `the declaration's is ${committed}`);
  need(!published || published === committed, "commitment", "is not the one that was published");
  const beacon = bundle.beacon as Record<string, unknown>;
  const randomness = declaration.round === null ? revealed(declaration, beacon) : quicknet(declaration, beacon);
  need(bundle.randomness === bytesToHex(randomness), "beacon", `it gives ${bytesToHex(randomness)}`);
  const seed = sha256(concatBytes(hexToBytes(committed), randomness, utf8ToBytes(declaration.id)));
  need(bundle.seed === bytesToHex(seed), "seed", `must be ${bytesToHex(seed)}`);
  const expected = visits(declaration, seed);
  const shown = bundle.visits as Visit[];
  need(Array.isArray(shown) && shown.length === expected.length, "visits", `must be ${expected.length}`);
  expected.forEach((visit, i) => {
    need(same(visit, shown[i]), "visits", `number ${i + 1} must be ${visit.entity}`);
  });
  const source = declaration.round === null ? `${declaration.commitments.size}` : `quicknet ${declaration.round}`;
  return [
    { name: "declaration", detail: `${declaration.entities.length} · ${declaration.rule}` },
    { name: "commitment", detail: committed },
    { name: "beacon", detail: source },
    { name: "seed", detail: bytesToHex(seed) },
    { name: "visits", detail: `${expected.length}` },
  ];
}

function same(expected: Visit, found: Visit | undefined): boolean {
  if (found?.entity !== expected.entity || found.stratum !== expected.stratum) return false;
  const names = Object.keys(expected.inspectors);
  return (
    Object.keys(found.inspectors).length === names.length &&
    names.every((name) => expected.inspectors[name]?.join("\n") === found.inspectors[name]?.join("\n"))
  );
}
