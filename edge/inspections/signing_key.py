"""The key that an inspector signs forms with: made on the handheld, sealed by a passphrase.

    file = "tianfu-inspector-1" newline salt (16 bytes) sealed seed (XSalsa20-Poly1305)
    key  = Argon2id(passphrase, salt), moderate

Whoever finds the handheld finds no key; who forgets the passphrase makes another, and has it
entered.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from nacl import pwhash, secret
from nacl.exceptions import CryptoError

from tianfu import nats_keys
from tianfu.nats_keys import KeyKind, KeyPair, SeedInvalid

FILE: Final = "inspector.key"
MAGIC: Final = b"tianfu-inspector-1\n"
PASSPHRASE_MIN: Final = 8

OPS: Final = pwhash.argon2id.OPSLIMIT_INTERACTIVE
MEMORY: Final = pwhash.argon2id.MEMLIMIT_INTERACTIVE
"""64 MiB: what a handheld has to spare, and a second of a slow one."""


class KeyRefused(ValueError):
    """No key can be made or opened; ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the reason code and the sentence."""
        super().__init__(message)
        self.reason = reason


def make(folder: Path, passphrase: str, entropy: bytes) -> KeyPair:
    """Make a key of 32 random bytes and keep it sealed; raise KeyRefused when there is one."""
    if len(passphrase) < PASSPHRASE_MIN:
        raise KeyRefused("PASSPHRASE_SHORT", f"need {PASSPHRASE_MIN} characters or more")
    pair = nats_keys.generate(KeyKind.USER, entropy)
    salt = os.urandom(pwhash.argon2id.SALTBYTES)
    sealed = _box(passphrase, salt).encrypt(pair.seed.encode())
    folder.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        number = os.open(folder / FILE, flags, 0o600)
    except FileExistsError:
        message = f"{folder / FILE} is there; move it away to make another"
        raise KeyRefused("KEY_EXISTS", message) from None
    with os.fdopen(number, "wb") as stream:
        stream.write(MAGIC + salt + bytes(sealed))
        stream.flush()
        os.fsync(stream.fileno())
    return pair


def opened(folder: Path, passphrase: str) -> KeyPair:
    """Return the key; raise KeyRefused for a wrong passphrase, or when there is none."""
    try:
        data = (folder / FILE).read_bytes()
    except OSError as error:
        message = f"{folder / FILE}: {error.strerror}; make one with `tianfu-edge inspector`"
        raise KeyRefused("KEY_MISSING", message) from error
    start = len(MAGIC)
    end = start + pwhash.argon2id.SALTBYTES
    if not data.startswith(MAGIC):
        raise KeyRefused("KEY_DAMAGED", f"{folder / FILE} is no inspector's key")
    try:
        seed = _box(passphrase, data[start:end]).decrypt(data[end:])
        return KeyPair(seed.decode(), KeyKind.USER)
    except (CryptoError, ValueError, SeedInvalid) as error:
        raise KeyRefused("PASSPHRASE_WRONG", "the passphrase does not open the key") from error


def _box(passphrase: str, salt: bytes) -> secret.SecretBox:
    key = pwhash.argon2id.kdf(
        secret.SecretBox.KEY_SIZE, passphrase.encode(), salt, opslimit=OPS, memlimit=MEMORY
    )
    return secret.SecretBox(key)
