"""Where a draw's randomness comes from, and how anybody checks that it does.

**drand's quicknet**, a public beacon of the League of Entropy: a signature every three seconds
under one group key, by a threshold of members, so that nobody knows a round's before its time and
nobody can choose it. BLS on BLS12-381 with signatures on G1, unchained: the message is SHA-256 of
the round as 8 bytes, big-endian; the randomness is SHA-256 of the signature. Checked offline with
``py_ecc`` (the ``drand-verify`` wheel is from 2023 and made for single versions of Python).

**Commit and reveal**, for a place without the internet: each department publishes the hash of 32
bytes of its own before, and the bytes after. The randomness is their XOR: if one department alone
drew its bytes at random, so is the outcome. A department's name is in what it hashes, so that
nobody can take over another's bytes. If one does not reveal, it is named and the draw is void: a
draw from what is left would let the last one choose between two outcomes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

QUICKNET_CHAIN_HASH: Final = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
QUICKNET_PUBLIC_KEY: Final = bytes.fromhex(
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064"
    "510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ec"
    "e45a"
)
"""The group's key on G2, compressed, as drand publishes it for this chain."""
QUICKNET_GENESIS_S: Final = 1_692_803_367
QUICKNET_PERIOD_S: Final = 3

SIGNATURE_TAG: Final = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
"""Domain separation of hashing to G1 (RFC 9380), as drand's scheme bls-unchained-g1-rfc9380."""

SIGNATURE_BYTES: Final = 48
NONCE_BYTES: Final = 32
NONCE_TAG: Final = b"tianfu-nonce-1"


class BeaconRefused(ValueError):
    """The randomness is not what its source gave; the message says what does not fit."""

    reason = "BEACON_REFUSED"


class DepartmentDefaulted(BeaconRefused):
    """A department did not reveal what it had committed to, so that the draw is void."""

    reason = "DEPARTMENT_DEFAULTED"


def round_at(moment: datetime) -> int:
    """Return quicknet's last round at or before an aware time; 0 before the chain began."""
    elapsed = int(moment.timestamp()) - QUICKNET_GENESIS_S
    return elapsed // QUICKNET_PERIOD_S + 1 if elapsed >= 0 else 0


def time_of(number: int) -> datetime:
    """Return when a round of quicknet is made, in UTC, or raise BeaconRefused: no such moment."""
    genesis = datetime.fromtimestamp(QUICKNET_GENESIS_S, UTC)
    try:
        return genesis + timedelta(seconds=(number - 1) * QUICKNET_PERIOD_S)
    except OverflowError:
        raise BeaconRefused(f"round {number} is not on the calendar") from None


def quicknet_randomness(number: int, signature: bytes) -> bytes:
    """Return the 32 bytes of a round, or raise BeaconRefused for another signature than its own."""
    if not 1 <= number < 2**63:
        raise BeaconRefused(f"round {number} is none")
    if len(signature) != SIGNATURE_BYTES:
        raise BeaconRefused(f"round {number}: {len(signature)} bytes; a signature has 48")
    from tianfu import bls_signature  # noqa: PLC0415 - a third of a service's start, seldom needed

    message = hashlib.sha256(number.to_bytes(8, "big")).digest()
    if not bls_signature.is_signed(message, signature, QUICKNET_PUBLIC_KEY, SIGNATURE_TAG):
        raise BeaconRefused(f"round {number}: the signature is not quicknet's for this round")
    return hashlib.sha256(signature).digest()


def nonce_commitment(draw_id: str, department: str, nonce: bytes) -> str:
    """Return what a department publishes before the draw: SHA-256, in hex."""
    named = b"\0".join((NONCE_TAG, draw_id.encode(), department.encode(), nonce))
    return hashlib.sha256(named).hexdigest()


def check_nonce(draw_id: str, department: str, nonce: bytes, committed: str) -> None:
    """Raise BeaconRefused unless these are the bytes a department had committed to."""
    if len(nonce) != NONCE_BYTES:
        raise BeaconRefused(f"{department}: {len(nonce)} bytes; need {NONCE_BYTES}")
    if not hmac.compare_digest(nonce_commitment(draw_id, department, nonce), committed):
        raise BeaconRefused(f"{department}: not what it had committed to")


def combined_randomness(
    draw_id: str, commitments: Mapping[str, str], nonces: Mapping[str, bytes]
) -> bytes:
    """Return the XOR of all departments' bytes.

    Raises DepartmentDefaulted when one is missing, BeaconRefused when one is not as committed.
    """
    made = bytes(NONCE_BYTES)
    for department, committed in sorted(commitments.items()):
        if department not in nonces:
            raise DepartmentDefaulted(f"{department} has not revealed; the draw is void")
        nonce = nonces[department]
        check_nonce(draw_id, department, nonce, committed)
        made = bytes(a ^ b for a, b in zip(made, nonce, strict=True))
    for department in sorted(nonces.keys() - commitments.keys()):
        raise BeaconRefused(f"{department} reveals and had not committed")
    return made
