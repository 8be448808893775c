// The proof of a random inspection, checked here: nobody has to believe the server that shows it.
// The same steps as proto/tianfu/inspection_proof.py; examples/credit/draw-proof-vectors.json has
// bundles that both, and the verifier of the standard library, are to accept or refuse alike.
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
// How many words follow each kind but the beacon, of which there are two.
const WORDS: Record<string, number> = {
  draw: 1, time: 1, rule: 1, stratum: 2, department: 2, inspector: 2, conflict: 2, entity: 3,
};
const PARTS = ["beacon", "commitment", "declaration", "format", "randomness", "seed", "visits"];
const BYTES_MAX = 512 * 2 ** 20;
const LINES_MAX = 3_000_000;
const PER_MILLE_MAX = 1_000;
const WEIGHT_MAX = 1_000;
const INSPECTORS_MAX = 20;
const SIGNATURE_BYTES = 48;
const WORD = /^[A-Za-z0-9][A-Za-z0-9._/:-]{0,99}$/;
const NUMBER = /^(?:0|[1-9][0-9]{0,14})$/;
const DIGEST = /^[0-9a-f]{64}$/;
const HEX = /^(?:[0-9a-f]{2})*$/;
const TIME = /^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/;
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
  need(lines.length <= LINES_MAX, "declaration", `at most ${LINES_MAX} lines`);
  const found = new Map<string, string[][]>(KINDS.map((kind) => [kind, []]));
  let last = -1;
  let before = "";
  for (const line of lines) {
    const [kind = "", ...rest] = line.split(" ");
    const at = KINDS.indexOf(kind);
    need(at >= 0, "declaration", `unknown line: ${line.slice(0, 80)}`);
    const inOrder = at > last || (at === last && order(before, line) < 0);
    need(inOrder, "declaration", "lines are not in order, or one stands twice");
    const whole = kind === "beacon" || rest.length === WORDS[kind];
    need(whole && rest.every((word) => WORD.test(word)), "declaration", `not the words of a line ${kind}`);
    last = at;
    before = line;
    found.get(kind)?.push(rest);
  }
  const rowsOf = (kind: string): string[][] => found.get(kind) ?? [];
  const single = (kind: string): string => {
    const rows = rowsOf(kind);
    need(rows.length === 1, "declaration", `need one line ${kind}`);
    return rows[0]?.[0] ?? "";
  };
  const pairs = (kind: string, low: number, high: number): [string, number][] =>
    rowsOf(kind).map(([name = "", count = ""]) => [name, numberOf(count, low, high)]);
  const time = single("time");
  const timeMs = TIME.test(time) ? Date.parse(time) : Number.NaN;
  // A day or an hour that there is not becomes another one, or none.
  const isTime = !Number.isNaN(timeMs) && new Date(timeMs).toISOString() === time.replace("Z", ".000Z");
  need(isTime, "declaration", `${time}: need such as 2026-04-01T08:00:00Z`);
  const declaration = {
    id: single("draw"),
    timeMs,
    rule: single("rule"),
    ...beaconOf(rowsOf("beacon")),
    strata: pairs("stratum", 0, PER_MILLE_MAX),
    departments: pairs("department", 1, INSPECTORS_MAX),
    inspectors: rowsOf("inspector").map(([department = "", badge = ""]): [string, string] => [department, badge]),
    conflicts: new Set(rowsOf("conflict").map((row) => row.join(" "))),
    entities: rowsOf("entity").map(([code = "", stratum = "", weight = ""]) => ({
      code,
      stratum,
      weight: numberOf(weight, 1, WEIGHT_MAX),
    })),
  };
  check(declaration);
  return declaration;
}

function numberOf(text: string, low: number, high: number): number {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  need(value >= low && value <= high, "declaration", `${text.slice(0, 20)}: need a number, ${low} to ${high}`);
  return value;
}

function beaconOf(rows: readonly string[][]): Pick<Declaration, "round" | "commitments"> {
  const [first = []] = rows;
  if (rows.length === 1 && first.length === 2 && first[0] === "drand-quicknet") {
    return { round: numberOf(first[1] ?? "", 0, Number.MAX_SAFE_INTEGER), commitments: new Map() };
  }
  const commitments = new Map<string, string>();
  for (const [kind = "", name = "", digest = "", ...more] of rows) {
    const sound = kind === "commit-reveal" && DIGEST.test(digest) && more.length === 0 && !commitments.has(name);
    need(sound, "declaration", "beacon: need a round, or one hash of each department");
    commitments.set(name, digest);
  }
  // One department alone would choose the randomness.
  need(commitments.size >= 2, "declaration", "beacon: need a round, or hashes of two departments");
  return { round: null, commitments };
}

/** Whichever entities are drawn, there is somebody to send. */
function check(declaration: Declaration): void {
  const { strata, departments, inspectors, conflicts, entities, commitments } = declaration;
  const once = (names: string[], kind: string): void =>
    need(new Set(names).size === names.length, "declaration", `a ${kind} stands twice`);
  once(strata.map(([name]) => name), "stratum");
  once(departments.map(([name]) => name), "department");
  once(inspectors.map(([, badge]) => badge), "inspector");
  once(entities.map((each) => each.code), "entity");
  const some = strata.length > 0 && departments.length > 0 && entities.length > 0;
  need(some, "declaration", "need a stratum, a department and an entity");
  const known = new Set(strata.map(([name]) => name));
  need(entities.every((each) => known.has(each.stratum)), "declaration", "an entity of no stratum");
  const part = new Set(departments.map(([name]) => name));
  need(inspectors.every(([name]) => part.has(name)), "declaration", "inspectors of who takes no part");
  const same = commitments.size === part.size && [...commitments.keys()].every((name) => part.has(name));
  need(declaration.round !== null || same, "declaration", "not every department has committed");
  const whose = new Map(inspectors.map(([name, badge]) => [badge, name]));
  const barred = new Map<string, number>();
  for (const conflict of conflicts) {
    const [badge = "", code = ""] = conflict.split(" ");
    const department = whose.get(badge);
    need(department !== undefined, "declaration", `a conflict of ${badge}, who is no inspector`);
    const key = `${department} ${code}`;
    barred.set(key, (barred.get(key) ?? 0) + 1);
  }
  for (const [name, count] of departments) {
    const team = inspectors.filter(([of]) => of === name).length;
    const worst = [...barred].reduce((most, [key, n]) => (key.startsWith(`${name} `) ? Math.max(most, n) : most), 0);
    need(team - worst >= count, "declaration", `too few inspectors of ${name}`);
  }
}

function quicknet(declaration: Declaration, beacon: Record<string, unknown>): Uint8Array {
  const round = declaration.round ?? 0;
  need(hasKeys(beacon, ["round", "signature"]), "beacon", "need a round and its signature");
  need(beacon.round === round, "beacon", `declared was round ${round}`);
  const made = (GENESIS_S + (round - 1) * PERIOD_S) * 1000;
  need(made >= declaration.timeMs + LEAD_S * 1000, "beacon", "the round could have been known before");
  const signature = inHex(beacon.signature);
  const number = new Uint8Array(8);
  new DataView(number.buffer).setBigUint64(0, BigInt(round));
  const scheme = bls12_381.shortSignatures;
  let good = false;
  try {
    // Of a longer form of the same point another hash would be taken.
    good = round >= 1 && signature.length === SIGNATURE_BYTES && scheme.verify(signature, scheme.hash(sha256(number), TAG), KEY);
  } catch {
    good = false; // bytes that are no point: not a signature either
  }
  need(good, "beacon", `the signature is not quicknet's for round ${round}`);
  return sha256(signature);
}

function revealed(declaration: Declaration, beacon: Record<string, unknown>): Uint8Array {
  const nonces = beacon.nonces;
  need(hasKeys(beacon, ["nonces"]) && isObject(nonces), "beacon", "need the departments' bytes alone");
  const names = [...declaration.commitments.keys()];
  need(hasKeys(nonces, names), "beacon", "not who had committed has revealed");
  const made = new Uint8Array(32);
  for (const name of names) {
    const nonce = inHex(nonces[name]);
    need(nonce.length === 32, "beacon", `${name}: need 32 bytes`);
    const named = concatBytes(
      utf8ToBytes("tianfu-nonce-1"), NUL, utf8ToBytes(declaration.id), NUL, utf8ToBytes(name), NUL, nonce,
    );
    const same = bytesToHex(sha256(named)) === declaration.commitments.get(name);
    need(same, "beacon", `${name}: not what it had committed to`);
    for (let i = 0; i < 32; i += 1) made[i] = (made[i] ?? 0) ^ (nonce[i] ?? 0);
  }
  return made;
}

function inHex(value: unknown): Uint8Array {
  need(typeof value === "string" && HEX.test(value), "beacon", "no bytes in small hex digits");
  return hexToBytes(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasKeys(value: Record<string, unknown>, keys: readonly string[]): boolean {
  return Object.keys(value).length === keys.length && keys.every((key) => Object.hasOwn(value, key));
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

/** The names that objects have in a text of JSON, however often: a parser keeps the last of two. */
function namesIn(json: string): number {
  let count = 0;
  for (const found of json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)) if (found[1] !== undefined) count += 1;
  return count;
}

function namesOf(value: unknown): number {
  let count = 0;
  const left = [value];
  while (left.length > 0) {
    const each = left.pop();
    if (typeof each !== "object" || each === null) continue;
    const inside: unknown[] = Object.values(each);
    if (!Array.isArray(each)) count += inside.length;
    for (const one of inside) if (typeof one === "object") left.push(one);
  }
  return count;
}

function opened(data: Uint8Array): Record<string, unknown> {
  need(data.length <= BYTES_MAX, "bundle", "is too large");
  let bundle: unknown;
  let json = "";
  try {
    json = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
    bundle = JSON.parse(json);
  } catch {
    throw new ProofRefused("bundle", "is no JSON in UTF-8");
  }
  need(isObject(bundle) && bundle.format === FORMAT, "bundle", `its format is not ${FORMAT}`);
  need(hasKeys(bundle, PARTS), "bundle", "a part is missing, or unknown");
  need(namesIn(json) === namesOf(bundle), "bundle", "a name stands twice");
  return bundle;
}

/** Check a bundle from its bytes; return the steps, or throw ProofRefused with the first fault. */
export function verify(data: Uint8Array, published = ""): Step[] {
  const bundle = opened(data);
  const lines = bundle.declaration as string[];
  need(Array.isArray(lines) && lines.every((line) => typeof line === "string"), "declaration", "need lines");
  const declaration = parse(lines);
  const committed = bytesToHex(sha256(utf8ToBytes(lines.join("\n"))));
  need(bundle.commitment === committed, "commitment", `the declaration's is ${committed}`);
  need(!published || published.toLowerCase() === committed, "commitment", "is not the one that was published");
  const beacon = bundle.beacon;
  need(isObject(beacon), "beacon", "need an object");
  const randomness = declaration.round === null ? revealed(declaration, beacon) : quicknet(declaration, beacon);
  need(bundle.randomness === bytesToHex(randomness), "randomness", `it gives ${bytesToHex(randomness)}`);
  const seed = sha256(concatBytes(hexToBytes(committed), randomness, utf8ToBytes(declaration.id)));
  need(bundle.seed === bytesToHex(seed), "seed", `must be ${bytesToHex(seed)}`);
  const expected = visits(declaration, seed);
  const shown: unknown = bundle.visits;
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

/** Whether a value is what was made here: nothing more, nothing less, nothing of another type. */
function same(expected: unknown, found: unknown): boolean {
  if (Array.isArray(expected)) {
    return (
      Array.isArray(found) && found.length === expected.length && expected.every((each, at) => same(each, found[at]))
    );
  }
  if (!isObject(expected)) return expected === found;
  if (!isObject(found) || !hasKeys(found, Object.keys(expected))) return false;
  return Object.keys(expected).every((key) => same(expected[key], found[key]));
}
