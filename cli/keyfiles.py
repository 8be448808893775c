"""Ed25519 keys in a folder: each an encrypted PKCS#8 PEM file, all by one passphrase.

The password is the passphrase stretched by scrypt, since PKCS#8's own stretching can't be set in
cryptography 50, and is meant for random passwords; ``stretch.json`` has salt and cost.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from cli.failures import Exit, Failure
from cli.local.folder import PRIVATE_FOLDER, read_json, write_json, write_private

STRETCH: Final = "stretch.json"
PASSPHRASE_MIN: Final = 12
"""Characters. Shorter ones are found by trying, whatever is done to slow that down."""

COST: Final = 1 << 17
"""Of scrypt, for passphrases that people think of: 128 MB and half a second (OWASP, 2023)."""

SALT_BYTES: Final = 16
PASSWORD_BYTES: Final = 32


@dataclass(frozen=True)
class KeyFiles:
    """A folder of keys, and what opens it."""

    folder: Path
    passphrase: str
    cost: int = COST

    def begin(self) -> None:
        """Make the folder; refuse a passphrase that is too short."""
        if len(self.passphrase) < PASSPHRASE_MIN:
            raise Failure(
                "PASSPHRASE_SHORT",
                f"the passphrase has fewer than {PASSPHRASE_MIN} characters",
                "choose a longer one; a sentence is easy to remember",
                status=Exit.USAGE,
            )
        self.folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        self.folder.chmod(PRIVATE_FOLDER)

    def write(self, name: str, key: Ed25519PrivateKey) -> None:
        """Keep a key as NAME.pem, in the place of the one before."""
        encrypted = BestAvailableEncryption(self._password)
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encrypted)
        write_private(self.folder / f"{name}.pem", text.decode())

    def read(self, name: str) -> Ed25519PrivateKey:
        """Return the key in NAME.pem; raise Failure."""
        path = self.folder / f"{name}.pem"
        try:
            key = load_pem_private_key(path.read_bytes(), self._password)
        except FileNotFoundError:
            raise Failure(
                "KEY_MISSING",
                f"{path} is not there",
                "bring it from where it is kept, or name the folder that has it with --keys",
                status=Exit.NOT_FOUND,
            ) from None
        except (OSError, ValueError, TypeError, InternalError, UnsupportedAlgorithm):
            raise self._wrong(path) from None
        if not isinstance(key, Ed25519PrivateKey):
            raise self._wrong(path)
        return key

    @staticmethod
    def _wrong(path: Path) -> Failure:
        return Failure(
            "PASSPHRASE_WRONG",
            f"{path} can't be opened with this passphrase",
            "give the one it was made with; what is lost can't be recovered",
        )

    @cached_property
    def _password(self) -> bytes:
        """The passphrase, stretched as this folder's is."""
        path = self.folder / STRETCH
        stored = read_json(path)
        if stored is None:
            stored = {"kdf": "scrypt", "salt": os.urandom(SALT_BYTES).hex(), "cost": self.cost}
            write_json(path, stored)
        salt, cost = bytes.fromhex(stored["salt"]), int(stored["cost"])
        stretched = Scrypt(salt, PASSWORD_BYTES, cost, 8, 1).derive(self.passphrase.encode())
        return base64.b64encode(stretched)
