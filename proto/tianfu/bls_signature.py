"""BLS signatures on BLS12-381 with the signature on G1 and the key on G2, checked by ``py_ecc``.

A module of its own because to read ``py_ecc`` takes most of a second.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any, Final

from py_ecc.bls.hash_to_curve import hash_to_G1
from py_ecc.bls.point_compression import decompress_G1, decompress_G2
from py_ecc.optimized_bls12_381 import (
    FQ12,
    G2,
    curve_order,
    final_exponentiate,
    is_inf,
    multiply,
    neg,
    pairing,
)

KEYS_MAX: Final = 8
"""Keys kept decompressed: a chain has one."""


def is_signed(message: bytes, signature: bytes, public_key: bytes, tag: bytes) -> bool:
    """Return whether e(H(message), key) = e(signature, g2).

    ``signature`` has 48 bytes and ``public_key`` 96, both compressed; ``tag`` separates the domain
    of hashing to the curve (RFC 9380).
    """
    try:
        point = decompress_G1(int.from_bytes(signature, "big"))
    except (ValueError, AssertionError):
        return False
    if is_inf(point) or not is_inf(multiply(point, curve_order)):
        return False  # not in the group of the signatures
    hashed = hash_to_G1(message, tag, hashlib.sha256)
    left = pairing(_key(public_key), hashed, final_exponentiate=False)
    right = pairing(neg(G2), point, final_exponentiate=False)
    return bool(final_exponentiate(left * right) == FQ12.one())


@lru_cache(KEYS_MAX)
def _key(public_key: bytes) -> Any:
    half = len(public_key) // 2
    first, second = public_key[:half], public_key[half:]
    return decompress_G2((int.from_bytes(first, "big"), int.from_bytes(second, "big")))
