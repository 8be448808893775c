"""Verify the proof of a draw with nothing but Python's standard library.

    python verify_draw.py draw-proof.json [COMMITMENT]

It knows none of the platform's code: the formulas below are the published ones, written down anew.
It ends with status 0 when every step holds, and otherwise says which one does not. The signature
of a drand beacon is a pairing on BLS12-381: quicknet_signature.py, beside this file, has the
arithmetic.

    commitment = SHA-256( declaration's lines, joined by a line feed each )
    nonce's    = SHA-256( "tianfu-nonce-1" 0 draw 0 department 0 nonce )
    randomness = XOR of all nonces, or SHA-256( beacon's signature )
    seed       = SHA-256( commitment || randomness || draw )
"""

import hashlib
import hmac
import json
import sys
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from importlib import util
from pathlib import Path

GENESIS_S, PERIOD_S, LEAD_S = 1_692_803_367, 3, 30
"""Of quicknet, and between a declaration and its round."""

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


def read(lines):
    """Return the declaration's lines by their first word, each as the words after it."""
    found = {}
    for line in lines:
        kind, *words = line.split(" ")
        found.setdefault(kind, []).append(words)
    return found


def quicknet():
    """Return the module beside this file; an isolated Python does not find it by itself."""
    file = Path(__file__).with_name("quicknet_signature.py")
    spec = util.spec_from_file_location(file.stem, file)
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def of_beacon(declared, beacon):
    """Return the randomness of a round that quicknet has signed, later than the declaration."""
    number, signature = int(declared["beacon"][0][1]), bytes.fromhex(beacon["signature"])
    hold("beacon", beacon["round"] == number, "another round")
    told = datetime.strptime(declared["time"][0][0] + "+0000", "%Y-%m-%dT%H:%M:%SZ%z")
    made_s = GENESIS_S + (number - 1) * PERIOD_S
    declared_s = told.timestamp()
    hold("beacon", made_s >= declared_s + LEAD_S, "the round could have been known before")
    hold("beacon", quicknet().is_signed(number, signature), "the signature is not quicknet's")
    return sha256(signature)


def randomness_of(declared, beacon):
    """Return the randomness, from a beacon or from what the departments had committed to."""
    draw = declared["draw"][0][0]
    if declared["beacon"][0][0] == "drand-quicknet":
        return of_beacon(declared, beacon)
    nonces = {name: bytes.fromhex(text) for name, text in beacon["nonces"].items()}
    committed = {department: digest for _, department, digest in declared["beacon"]}
    hold("beacon", set(nonces) == set(committed), "not who had committed has revealed")
    mixed = bytes(32)
    for name, nonce in nonces.items():
        named = b"\0".join((b"tianfu-nonce-1", draw.encode(), name.encode(), nonce))
        hold("beacon", sha256(named).hex() == committed[name], f"{name} had committed otherwise")
        mixed = bytes(a ^ b for a, b in zip(mixed, nonce, strict=True))
    return mixed


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
    conflicts = {tuple(words) for words in declared.get("conflict", [])}
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


def verify(bundle, published=None):
    """Check every step; raise Discrepancy for the first that does not hold."""
    lines = bundle["declaration"]
    declared = read(lines)
    committed = sha256("\n".join(lines).encode()).hex()
    hold("commitment", bundle["commitment"] == committed, f"must be {committed}")
    hold("commitment", published in {None, committed}, "not the one published before the draw")
    randomness = randomness_of(declared, bundle["beacon"])
    hold("randomness", bundle["randomness"] == randomness.hex(), f"must be {randomness.hex()}")
    draw = declared["draw"][0][0]
    seed = sha256(bytes.fromhex(committed) + randomness + draw.encode())
    hold("seed", bundle["seed"] == seed.hex(), f"must be {seed.hex()}")
    expected = visits_of(declared, seed)
    for number, (visit, other) in enumerate(zip(expected, bundle["visits"], strict=False)):
        hold(f"visits[{number}]", visit == other, f"must be {visit}")
    hold("visits", len(expected) == len(bundle["visits"]), f"must be {len(expected)}")


def main(arguments):
    """Check a bundle; return the exit status."""
    bundle = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    try:
        verify(bundle, arguments[1] if len(arguments) > 1 else None)
    except Discrepancy as error:
        sys.stdout.write(f"does not hold: {error}\n")
        return 1
    sys.stdout.write(f"every step holds: {len(bundle['visits'])} visits\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
