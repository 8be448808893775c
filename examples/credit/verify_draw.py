"""Verify the proof of a draw with nothing but Python's standard library.

    python verify_draw.py draw-proof.json [COMMITMENT]

It knows none of the platform's code: the rules and formulas below are the published ones, written
down anew. It ends with status 0 when every step holds, and otherwise says which one does not; what
it accepts and refuses is the same as `tianfu credit verify` and the console do
(draw-proof-vectors.json). The signature of a drand beacon is a pairing on BLS12-381:
quicknet_signature.py, beside this file, has the arithmetic.

    commitment = SHA-256( declaration's lines, joined by a line feed each )
    nonce's    = SHA-256( "tianfu-nonce-1" 0 draw 0 department 0 nonce )
    randomness = XOR of all nonces, or SHA-256( beacon's signature )
    seed       = SHA-256( commitment || randomness || draw )
"""

import hashlib
import hmac
import json
import re
import sys
from collections import Counter
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from importlib import util
from pathlib import Path

FORMAT = "tianfu-draw-proof/1"
KEYS = {"format", "declaration", "commitment", "beacon", "randomness", "seed", "visits"}

GENESIS_S, PERIOD_S, LEAD_S = 1_692_803_367, 3, 30
"""Of quicknet, and between a declaration and its round."""

BYTES_MAX, LINES_MAX = 512 << 20, 3_000_000
NONCE_BYTES = 32
PER_MILLE_MAX, WEIGHT_MAX, INSPECTORS_MAX = 1_000, 1_000, 20

# How many words follow each kind of line; the kinds stand in this order.
WORDS = {
    "draw": 1, "time": 1, "rule": 1, "beacon": 0, "stratum": 2, "department": 2, "inspector": 2,
    "conflict": 2, "entity": 3,
}  # fmt: skip
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:-]{0,99}")
NUMBER = re.compile(r"0|[1-9][0-9]{0,14}")
TIME = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
HEX = re.compile(r"(?:[0-9a-f]{2})*")
SHA256 = re.compile(r"[0-9a-f]{64}")

EXACT = Context(prec=80, rounding=ROUND_HALF_EVEN)


class Discrepancy(Exception):
    """A step does not hold."""


def hold(step, is_so, problem):
    """Say that a step holds; raise Discrepancy when it does not."""
    if not is_so:
        raise Discrepancy(f"{step}: {problem}")


def sha256(data):
    """Return a SHA-256 as bytes."""
    return hashlib.sha256(data).digest()


# -- the bundle and its declaration ----------------------------------------------------------------


def members(pairs):
    """Return a JSON object, in which no name may stand twice."""
    made = dict(pairs)
    hold("bundle", len(made) == len(pairs), "a name stands twice")
    return made


def no_constant(word):
    """Refuse NaN and Infinity, which are no JSON."""
    raise ValueError(word)


def opened(data):
    """Return the bundle of its bytes."""
    hold("bundle", len(data) <= BYTES_MAX, "too many bytes")
    try:
        text = data.decode("utf-8")
        bundle = json.loads(text, object_pairs_hook=members, parse_constant=no_constant)
    except (ValueError, RecursionError):
        raise Discrepancy("bundle: no JSON in UTF-8") from None
    hold("bundle", isinstance(bundle, dict) and bundle.get("format") == FORMAT, "another format")
    hold("bundle", set(bundle) == KEYS, "a part is missing, or unknown")
    lines = bundle["declaration"]
    is_text = isinstance(lines, list) and all(isinstance(line, str) for line in lines)
    hold("declaration", is_text, "need a list of lines")
    return bundle


def number(text, low, high, name):
    """Return a number from its one way to be written."""
    is_number = NUMBER.fullmatch(text) and low <= int(text) <= high
    hold("declaration", is_number, f"{name} must be {low} to {high}")
    return int(text)


def read(lines):
    """Return the declaration's lines by their first word, each as the words after it."""
    hold("declaration", len(lines) <= LINES_MAX, "too many lines")
    kinds = list(WORDS)
    found = {kind: [] for kind in kinds}
    before = (-1, "")
    for line in lines:
        kind, *words = line.split(" ")
        hold("declaration", kind in found, "unknown line")
        here = (kinds.index(kind), line)
        hold("declaration", before < here, "lines are not in order, or one stands twice")
        before = here
        is_sound = all(WORD.fullmatch(word) for word in words)
        is_sound = is_sound and len(words) == (WORDS[kind] or len(words))
        hold("declaration", is_sound, f"not the words of a line {kind}")
        found[kind].append(words)
    for kind in ("draw", "time", "rule"):
        hold("declaration", len(found[kind]) == 1, f"need one line {kind}")
    check_beacon(found)
    check_roster(found)
    return found


def check_beacon(found):
    """Hold that the randomness is declared: a round, or a hash of each department's."""
    time, beacon = found["time"][0][0], found["beacon"]
    try:
        hold("declaration", TIME.fullmatch(time), "no time")
        told_s(time)
    except ValueError:
        raise Discrepancy("declaration: the time is not on the calendar") from None
    names = []
    for words in beacon:
        match words:
            case ["drand-quicknet", text] if len(beacon) == 1:
                hold("declaration", NUMBER.fullmatch(text), "the round is no number")
                return
            case ["commit-reveal", name, digest] if SHA256.fullmatch(digest):
                names.append(name)
            case _:
                raise Discrepancy("declaration: need a round, or a hash for each department")
    hold("declaration", len(set(names)) == len(names), "a department has committed twice")
    hold("declaration", len(names) > 1, "one department alone would choose the randomness")
    is_whole = set(names) == {words[0] for words in found["department"]}
    hold("declaration", is_whole, "not every department has committed")


def check_roster(found):
    """Hold that strata, departments, inspectors and entities fit together."""
    for kind, place in (("stratum", 0), ("department", 0), ("inspector", 1), ("entity", 0)):
        names = [words[place] for words in found[kind]]
        hold("declaration", len(set(names)) == len(names), f"a {kind} stands twice")
    strata = {name for name, _ in found["stratum"]}
    whose = {badge: department for department, badge in found["inspector"]}
    teams = Counter(whose.values())
    hold("declaration", strata and found["entity"] and found["department"], "nothing to draw")
    for _, per_mille in found["stratum"]:
        number(per_mille, 0, PER_MILLE_MAX, "a ratio")
    for _, stratum, weight in found["entity"]:
        hold("declaration", stratum in strata, "an entity of no stratum")
        number(weight, 1, WEIGHT_MAX, "a weight")
    departments = {
        name: number(count, 1, INSPECTORS_MAX, "inspectors") for name, count in found["department"]
    }
    hold("declaration", set(teams) <= set(departments), "inspectors of who takes no part")
    barred = Counter()
    for badge, code in found["conflict"]:
        hold("declaration", badge in whose, "a conflict of no inspector")
        barred[whose[badge], code] += 1
    worst = Counter()
    for (name, _), count in barred.items():
        worst[name] = max(worst[name], count)
    for name, count in departments.items():
        hold("declaration", teams[name] - worst[name] >= count, f"too few inspectors of {name}")


def told_s(time):
    """Return a declaration's time in seconds since 1970; raise ValueError for none."""
    return datetime.strptime(f"{time}+0000", "%Y-%m-%dT%H:%M:%SZ%z").timestamp()


# -- the randomness --------------------------------------------------------------------------------


def in_hex(text):
    """Return bytes from their one way to be written in hex."""
    hold("beacon", isinstance(text, str) and HEX.fullmatch(text), "no bytes in small hex digits")
    return bytes.fromhex(text)


def quicknet():
    """Return the module beside this file; an isolated Python does not find it by itself."""
    file = Path(__file__).with_name("quicknet_signature.py")
    spec = util.spec_from_file_location(file.stem, file)
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def of_beacon(declared, beacon):
    """Return the randomness of a round that quicknet has signed, later than the declaration."""
    hold("beacon", set(beacon) == {"round", "signature"}, "need a round and its signature")
    declared_round = int(declared["beacon"][0][1])
    is_it = beacon["round"] == declared_round and not isinstance(beacon["round"], bool)
    hold("beacon", is_it, "another round")
    made_s = GENESIS_S + (declared_round - 1) * PERIOD_S
    declared_s = told_s(declared["time"][0][0])
    hold("beacon", made_s >= declared_s + LEAD_S, "the round could have been known before")
    signature = in_hex(beacon["signature"])
    is_signed = declared_round >= 1 and quicknet().is_signed(declared_round, signature)
    hold("beacon", is_signed, "the signature is not quicknet's")
    return sha256(signature)


def of_departments(declared, beacon):
    """Return the randomness of the bytes that departments had committed to."""
    draw, nonces = declared["draw"][0][0], beacon.get("nonces")
    is_whole = set(beacon) == {"nonces"} and isinstance(nonces, dict)
    hold("beacon", is_whole, "need the departments' bytes")
    committed = {department: digest for _, department, digest in declared["beacon"]}
    hold("beacon", set(nonces) == set(committed), "not who had committed has revealed")
    mixed = bytes(NONCE_BYTES)
    for name, text in nonces.items():
        nonce = in_hex(text)
        hold("beacon", len(nonce) == NONCE_BYTES, f"{name}: need 32 bytes")
        named = b"\0".join((b"tianfu-nonce-1", draw.encode(), name.encode(), nonce))
        hold("beacon", sha256(named).hex() == committed[name], f"{name} had committed otherwise")
        mixed = bytes(a ^ b for a, b in zip(mixed, nonce, strict=True))
    return mixed


def randomness_of(declared, beacon):
    """Return the randomness, from a beacon or from what the departments had committed to."""
    hold("beacon", isinstance(beacon, dict), "need an object")
    if declared["beacon"][0][0] == "drand-quicknet":
        return of_beacon(declared, beacon)
    return of_departments(declared, beacon)


# -- the draw --------------------------------------------------------------------------------------


def rank(seed, name):
    """Return where a name stands in the order that the seed makes."""
    return int.from_bytes(hmac.new(seed, name.encode(), hashlib.sha256).digest(), "big")


def key(seed, code, weight):
    """Return -ln(1 - u) / weight, where u = (rank + 1/2) / 2^256."""
    span = Decimal(2**256)
    left = EXACT.subtract(EXACT.subtract(span, Decimal(rank(seed, code))), Decimal("0.5"))
    return EXACT.divide(EXACT.minus(EXACT.ln(EXACT.divide(left, span))), Decimal(weight))


def drawn(declared, seed):
    """Return the (code, stratum) that the seed draws, in order of code."""
    found = []
    for stratum, per_mille in declared["stratum"]:
        members = [(code, int(w)) for code, s, w in declared["entity"] if s == stratum]
        size = -(-len(members) * int(per_mille) // 1000)
        members.sort(key=lambda each: (key(seed, *each), each[0]))
        found += [(code, stratum) for code, _ in members[:size]]
    return sorted(found)


def visits_of(declared, seed):
    """Return the visits with who goes: the least burdened first, the seed between equals."""
    conflicts = {tuple(words) for words in declared["conflict"]}
    burden, visits = {}, []
    for code, stratum in drawn(declared, seed):
        going = {}
        for department, count in sorted((name, int(n)) for name, n in declared["department"]):
            free = [
                badge
                for team, badge in declared["inspector"]
                if team == department and (badge, code) not in conflicts
            ]
            free.sort(key=lambda b: (burden.get(b, 0), rank(seed, f"{code}|{b}"), b))
            going[department] = sorted(free[:count])
            for badge in going[department]:
                burden[badge] = burden.get(badge, 0) + 1
        visits.append({"entity": code, "stratum": stratum, "inspectors": going})
    return visits


def verify(data, published=None):
    """Check every step of a bundle's bytes; return how many visits there are, or Discrepancy."""
    bundle = opened(data)
    lines = bundle["declaration"]
    declared = read(lines)
    committed = sha256("\n".join(lines).encode()).hex()
    hold("commitment", bundle["commitment"] == committed, f"must be {committed}")
    is_published = published is None or published.lower() == committed
    hold("commitment", is_published, "not the one published before the draw")
    randomness = randomness_of(declared, bundle["beacon"])
    hold("randomness", bundle["randomness"] == randomness.hex(), f"must be {randomness.hex()}")
    draw = declared["draw"][0][0]
    seed = sha256(bytes.fromhex(committed) + randomness + draw.encode())
    hold("seed", bundle["seed"] == seed.hex(), f"must be {seed.hex()}")
    expected = visits_of(declared, seed)
    hold("visits", isinstance(bundle["visits"], list), "need a list")
    for at, (visit, other) in enumerate(zip(expected, bundle["visits"], strict=False)):
        hold(f"visits[{at}]", visit == other, f"must be {visit}")
    hold("visits", len(expected) == len(bundle["visits"]), f"must be {len(expected)}")
    return len(expected)


def main(arguments):
    """Check a bundle; return the exit status."""
    try:
        count = verify(Path(arguments[0]).read_bytes(), *arguments[1:2])
    except Discrepancy as error:
        sys.stdout.write(f"does not hold: {error}\n")
        return 1
    sys.stdout.write(f"every step holds: {count} visits\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
