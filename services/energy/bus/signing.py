"""The key that signs setpoints; nodes pin its public part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nkeys

from services.plumbing.startup import CannotStart


class SetpointKeyUnusable(CannotStart):
    """The seed file can't be read as an nkey."""

    reason = "SETPOINT_KEY_UNUSABLE"


class SetpointSigner:
    """Signs with an Ed25519 nkey; see ``ports.Signer``."""

    def __init__(self, seed_file: Path) -> None:
        """Raise SetpointKeyUnusable for what is no seed."""
        try:
            self._pair: Any = nkeys.from_seed(bytearray(seed_file.read_bytes().strip()))
            self._public: str = self._pair.public_key.decode()
        except (nkeys.NkeysError, ValueError, TypeError):
            # Not chained: an error of nkeys may quote the seed.
            raise SetpointKeyUnusable(
                f"{seed_file} is no nkey seed; make one with `tianfu keys`"
            ) from None

    @property
    def public_key(self) -> str:
        """Return the public nkey."""
        return self._public

    def sign(self, data: bytes) -> bytes:
        """Return the Ed25519 signature of bytes."""
        return bytes(self._pair.sign(data))
