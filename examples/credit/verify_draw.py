"""Verify the proof of a draw with nothing but Python's standard library.

    python verify_draw.py draw-proof.json [COMMITMENT]

It knows none of the platform's code: the formulas below are the published ones, written down anew.
It ends with status 0 when every step holds, and otherwise says which one does not. The signature
of a drand beacon is a pairing on BLS12-381, for which the library has nothing: of a draw by beacon
it checks that the randomness is the signature's hash, says that the signature itself is not checked
here, and ends with status 3. Draws by commitment and revelation are checked whole.

    commitment = SHA-256( declaration's lines, joined by a line feed each )
    nonce's    = SHA-256( "tianfu-nonce-1" 0 draw 0 department 0 nonce )
    randomness = XOR of all nonces, or SHA-256( beacon's signature )
    seed       = SHA-256( commitment || randomness || draw )
"""

import hashlib
import hmac
import json
import sys
from decimal import ROUND_HALF_EVEN, Context, Decimal

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


def randomness_of(declared, beacon):
    """Return the randomness, and whether all of it was checked."""
    draw = declared["draw"][0][0]
    kind = declared["beacon"][0][0]
    if kind == "drand-quicknet":
        hold("beacon", beacon["round"] == int(declared["beacon"][0][1]), "another round")
        return sha256(bytes.fromhex(beacon["signature"])), False
    nonces = {name: bytes.fromhex(text) for name, text in beacon["nonces"].items()}
    committed = {department: digest for _, department, digest in declared["beacon"]}
    hold("beacon", set(nonces) == set(committed), "not who had committed has revealed")
    mixed = bytes(32)
    for name, nonce in nonces.items():
        named = b"\0".join((b"tianfu-nonce-1", draw.encode(), name.encode(), nonce))
        hold("beacon", sha256(named).hex() == committed[name], f"{name} had committed otherwise")
        mixed = bytes(a ^ b for a, b in zip(mixed, nonce, strict=True))
    return mixed, True


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
    """Check every step; return whether the randomness too was checked whole."""
    lines = bundle["declaration"]
    declared = read(lines)
    committed = sha256("\n".join(lines).encode()).hex()
    hold("commitment", bundle["commitment"] == committed, f"must be {committed}")
    hold("commitment", published in {None, committed}, "not the one published before the draw")
    randomness, whole = randomness_of(declared, bundle["beacon"])
    hold("randomness", bundle["randomness"] == randomness.hex(), f"must be {randomness.hex()}")
    draw = declared["draw"][0][0]
    seed = sha256(bytes.fromhex(committed) + randomness + draw.encode())
    hold("seed", bundle["seed"] == seed.hex(), f"must be {seed.hex()}")
    expected = visits_of(declared, seed)
    for number, (visit, other) in enumerate(zip(expected, bundle["visits"], strict=False)):
        hold(f"visits[{number}]", visit == other, f"must be {visit}")
    hold("visits", len(expected) == len(bundle["visits"]), f"must be {len(expected)}")
    return whole


def main(arguments):
    """Check a bundle; return the exit status."""
    with open(arguments[0], encoding="utf-8") as file:
        bundle = json.load(file)
    try:
        whole = verify(bundle, arguments[1] if len(arguments) > 1 else None)
    except Discrepancy as error:
        sys.stdout.write(f"does not hold: {error}\n")
        return 1
    if not whole:
        sys.stdout.write("holds, but the beacon's signature is not checked here\n")
        return 3
    sys.stdout.write(f"every step holds: {len(bundle['visits'])} visits\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
