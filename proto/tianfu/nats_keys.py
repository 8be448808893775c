"""Private nkeys: made, read from a seed, and signing. Needs the package ``nkeys``."""

from __future__ import annotations

import enum
import os
from typing import Any, Final

import nkeys

SEED_BYTES: Final = 32


class KeyKind(enum.Enum):
    """What a key is of."""

    OPERATOR = nkeys.PREFIX_BYTE_OPERATOR
    ACCOUNT = nkeys.PREFIX_BYTE_ACCOUNT
    USER = nkeys.PREFIX_BYTE_USER


LETTERS: Final = {KeyKind.OPERATOR: "O", KeyKind.ACCOUNT: "A", KeyKind.USER: "U"}
"""First letter of a public key of each kind."""


class SeedInvalid(ValueError):
    """No seed of the kind that is needed. ``reason`` is SEED_INVALID; the text shows no seed."""

    reason = "SEED_INVALID"


class KeyPair:
    """A private key; see ``nats_jwt.Signer``."""

    def __init__(self, seed: str, kind: KeyKind) -> None:
        """Raise SeedInvalid for what is no seed of that kind."""
        try:
            text = seed.strip().encode("ascii")
            self._pair: Any = nkeys.from_seed(bytearray(text))
            self._public: str = bytes(self._pair.public_key).decode()
            whole = _is_whole(text)
        except (nkeys.NkeysError, ValueError, TypeError, IndexError):
            # Not chained: an error of nkeys may quote the seed.
            raise SeedInvalid(
                f"no seed of a NATS {kind.name.lower()} (S{LETTERS[kind]}...)"
            ) from None
        if not whole:
            raise SeedInvalid("a seed with a letter missing or wrong: its check sum does not fit")
        if not self._public.startswith(LETTERS[kind]):
            raise SeedInvalid(
                f"a seed of another kind: need that of a NATS {kind.name.lower()} "
                f"(S{LETTERS[kind]}...)"
            )
        self.kind = kind

    @property
    def public_key(self) -> str:
        """The public nkey."""
        return self._public

    @property
    def seed(self) -> str:
        """The private half. Whoever has it, is who the key says."""
        return bytes(self._pair.seed).decode()

    def sign(self, data: bytes) -> bytes:
        """Return the signature, 64 bytes."""
        return bytes(self._pair.sign(data))


def _is_whole(text: bytes) -> bool:
    """Say whether a seed's check sum fits; nkeys 0.2 does not look."""
    prefix, raw = nkeys.decode_seed(text)
    return bool(nkeys.encode_seed(bytes(raw), prefix) == text)


def generate(kind: KeyKind, entropy: bytes | None = None) -> KeyPair:
    """Return a new key; ``entropy``, 32 bytes, is from the system unless given."""
    raw = os.urandom(SEED_BYTES) if entropy is None else entropy
    return KeyPair(nkeys.encode_seed(raw, kind.value).decode(), kind)
