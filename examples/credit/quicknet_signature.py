"""Verify a round of drand's quicknet with nothing but Python's standard library.

A signature is a point on G1 of BLS12-381 (48 bytes); it is good when

    e( H(SHA-256(round)), key ) = e( signature, generator of G2 )

with H of RFC 9380, suite BLS12381G1_XMD:SHA-256_SSWU_RO_, and e the optimal ate pairing. Written
from the RFC and the curve's definition, slowly and plainly: a round takes about a second. The
isogeny's coefficients (RFC 9380, appendix E.2) are in bls12-381-isogeny.json beside this file.

Fp2 is (a, b) for a + b i with i^2 = -1. Fp12 is twelve numbers, the coefficients of 1, w, ... w^11
with w^12 = 2 w^6 - 2, so that i = w^6 - 1.
"""

import hashlib
import json
from pathlib import Path

P = int(
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f624"
    "1eabfffeb153ffffb9feffffffffaaab",
    16,
)
R = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
X = 0xD201000000010000
H_EFF = X + 1
SIGNATURE_BYTES = 48
Z = 11
DST = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
KEY = bytes.fromhex(
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064"
    "510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ec"
    "e45a"
)
GENERATOR = bytes.fromhex(
    "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b"
    "7e024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121"
    "bdb8"
)
ISOGENY = {
    name: [int(each, 16) for each in listed]
    for name, listed in json.loads(
        Path(__file__).with_name("bls12-381-isogeny.json").read_text(encoding="utf-8")
    ).items()
}
A, B = ISOGENY["curve"]


class NoPoint(ValueError):
    """The bytes are no point."""


# -- Fp2 and the twisted curve y^2 = x^3 + 4 (1 + i) -----------------------------------------------


def add2(a, b):
    """Return a + b."""
    return ((a[0] + b[0]) % P, (a[1] + b[1]) % P)


def sub2(a, b):
    """Return a - b."""
    return ((a[0] - b[0]) % P, (a[1] - b[1]) % P)


def mul2(a, b):
    """Return a b."""
    return ((a[0] * b[0] - a[1] * b[1]) % P, (a[0] * b[1] + a[1] * b[0]) % P)


def inv2(a):
    """Return 1 / a."""
    norm = pow(a[0] * a[0] + a[1] * a[1], -1, P)
    return (a[0] * norm % P, -a[1] * norm % P)


def pow2(a, exponent):
    """Return a to a power."""
    made = (1, 0)
    while exponent:
        if exponent & 1:
            made = mul2(made, a)
        a, exponent = mul2(a, a), exponent >> 1
    return made


def sqrt2(a):
    """Return a square root; raise NoPoint where there is none (p is 3 modulo 4)."""
    half = pow2(a, (P - 3) // 4)
    root = mul2(half, a)
    alpha = mul2(half, root)
    if alpha == (P - 1, 0):
        root = mul2((0, 1), root)
    else:
        root = mul2(pow2(add2((1, 0), alpha), (P - 1) // 2), root)
    if mul2(root, root) != a:
        raise NoPoint("no such point on the twisted curve")
    return root


def step2(t, q):
    """Return the slope of the line through two points of the twisted curve, and their sum."""
    if t == q:
        slope = mul2(mul2((3, 0), mul2(t[0], t[0])), inv2(mul2((2, 0), t[1])))
    else:
        slope = mul2(sub2(q[1], t[1]), inv2(sub2(q[0], t[0])))
    x = sub2(sub2(mul2(slope, slope), t[0]), q[0])
    return slope, (x, sub2(mul2(slope, sub2(t[0], x)), t[1]))


def read_g2(data):
    """Return a point from its 96 bytes."""
    x = (int.from_bytes(data[48:], "big"), int.from_bytes(data[:48], "big") & ((1 << 381) - 1))
    y = sqrt2(add2(mul2(x, mul2(x, x)), (4, 4)))
    is_large = y[1] > (P - 1) // 2 if y[1] else y[0] > (P - 1) // 2
    return (x, y if is_large == bool(data[0] & 0x20) else (-y[0] % P, -y[1] % P))


# -- Fp and the curve y^2 = x^3 + 4 ----------------------------------------------------------------


def add1(a, b, curve_a=0):
    """Return the sum of two points; None is the one at infinity."""
    if a is None or b is None:
        return b if a is None else a
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] + curve_a) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return (x, (slope * (a[0] - x) - a[1]) % P)


def times(point, number):
    """Return a multiple of a point."""
    made = None
    while number:
        if number & 1:
            made = add1(made, point)
        point, number = add1(point, point), number >> 1
    return made


def read_g1(data):
    """Return a point of the group from its 48 bytes; raise NoPoint for any other bytes."""
    flags = data[0] >> 5
    x = int.from_bytes(data, "big") & ((1 << 381) - 1)
    if len(data) != SIGNATURE_BYTES or not flags & 4 or flags & 2 or x >= P:
        raise NoPoint("need 48 bytes of a compressed point that is not at infinity")
    square = (x**3 + 4) % P
    y = pow(square, (P + 1) // 4, P)
    if y * y % P != square:
        raise NoPoint("no such point on the curve")
    point = (x, y if (y > (P - 1) // 2) == bool(flags & 1) else P - y)
    if times(point, R) is not None:
        raise NoPoint("not in the group")
    return point


# -- hash to G1 (RFC 9380) -------------------------------------------------------------------------


def expand(message, length):
    """Return ``length`` bytes (expand_message_xmd with SHA-256)."""
    tag = DST + bytes([len(DST)])
    first = hashlib.sha256(bytes(64) + message + length.to_bytes(2, "big") + b"\0" + tag).digest()
    block, made = bytes(32), b""
    for number in range(1, length // 32 + 1):
        mixed = bytes(a ^ b for a, b in zip(first, block, strict=True))
        block = hashlib.sha256(mixed + bytes([number]) + tag).digest()
        made += block
    return made


def to_curve(u):
    """Return the point that a number is mapped to (simplified SWU, then the isogeny)."""
    zu2 = Z * u * u % P
    down = (zu2 * zu2 + zu2) % P
    # Where the fraction has no bottom, RFC 9380 gives it one.
    over = 1 + pow(down, -1, P) if down else -pow(Z, -1, P)
    x = -B * pow(A, -1, P) * over % P
    square = (x**3 + A * x + B) % P
    if pow(square, (P - 1) // 2, P) == P - 1:
        x = zu2 * x % P
        square = (x**3 + A * x + B) % P
    y = pow(square, (P + 1) // 4, P)
    if y & 1 != u & 1:
        y = P - y

    def at(name):
        return sum(k * pow(x, n, P) for n, k in enumerate(ISOGENY[name])) % P

    return (
        at("x_numerator") * pow(at("x_denominator"), -1, P) % P,
        y * at("y_numerator") * pow(at("y_denominator"), -1, P) % P,
    )


def hash_to_g1(message):
    """Return the point of the group that a message is hashed to."""
    data = expand(message, 128)
    first, second = (int.from_bytes(data[n : n + 64], "big") % P for n in (0, 64))
    return times(add1(to_curve(first), to_curve(second)), H_EFF)


# -- Fp12 and the pairing --------------------------------------------------------------------------


def mul12(a, b):
    """Return a b."""
    wide = [0] * 23
    for n, x in enumerate(a):
        if x:
            for m, y in enumerate(b):
                wide[n + m] += x * y
    for n in range(22, 11, -1):
        wide[n - 6] += 2 * wide[n]
        wide[n - 12] -= 2 * wide[n]
    return [each % P for each in wide[:12]]


def line(slope, at, point):
    """Return the line through ``at`` at a point of G1, times w^3, which the last power takes away.

    The twisted point (x, y) is (x / w^2, y / w^3) on the curve, and the slope there is slope / w.
    """
    made = [0] * 12
    up = mul2(slope, (point[0], 0))
    rest = sub2(at[1], mul2(slope, at[0]))
    made[0], made[6] = rest[0] - rest[1], rest[1]
    made[2], made[8] = up[0] - up[1], up[1]
    made[3] = -point[1]
    return [each % P for each in made]


def miller(q, point):
    """Return the pairing of a point of G2 and one of G1, before its last power."""
    made, t = [1] + [0] * 11, q
    for bit in bin(X)[3:]:
        slope, twice = step2(t, t)
        made = mul12(mul12(made, made), line(slope, t, point))
        t = twice
        if bit == "1":
            slope, more = step2(t, q)
            made = mul12(made, line(slope, t, point))
            t = more
    return made


def is_one(value):
    """Return whether a value's last power is one."""
    made, base, exponent = [1] + [0] * 11, value, (P**12 - 1) // R
    while exponent:
        if exponent & 1:
            made = mul12(made, base)
        base, exponent = mul12(base, base), exponent >> 1
    return made == [1] + [0] * 11


def is_signed(number, signature):
    """Return whether quicknet has signed a round with these bytes."""
    try:
        point = read_g1(signature)
    except (NoPoint, IndexError):
        return False
    hashed = hash_to_g1(hashlib.sha256(number.to_bytes(8, "big")).digest())
    minus = (point[0], P - point[1])
    return is_one(mul12(miller(read_g2(KEY), hashed), miller(read_g2(GENERATOR), minus)))
