"""The keys of a NATS operator on disk: private halves encrypted, each in a file of its own.

The folder holds ``realm.json`` with all that is public, ``stretch.json`` with salt and cost,
``operator.pem`` and ``account-NAME.pem`` (the keys that everything hangs on: put them in a safe and
remove them here, day to day nothing needs them), and ``signing-NAME.pem``, which sign for them and
can be replaced one at a time.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cli.failures import Exit, Failure
from cli.keyfiles import COST, KeyFiles
from cli.local.folder import read_json, write_json
from tianfu import nats_accounts, nats_jwt, nats_keys
from tianfu.nats_accounts import ACCOUNTS, OPERATOR, SYSTEM, AccountKeys
from tianfu.nats_keys import KeyKind, KeyPair
from tianfu.nats_realm import Realm

REALM: Final = "realm.json"
VERSION: Final = 1

COST_RANDOM: Final = 1 << 8
"""For a passphrase of 192 random bits, which no stretching makes any safer."""

SEED_SLICE: Final = slice(2, 34)
"""Where a decoded nkey seed has its 32 bytes of key: after two of prefix, before the sum."""


@dataclass(frozen=True)
class Keystore:
    """A folder of keys, and what opens it."""

    folder: Path
    passphrase: str
    cost: int = COST

    @property
    def exists(self) -> bool:
        """Whether keys have been made here."""
        return (self.folder / REALM).exists()

    def create(self, *, now: int) -> None:
        """Make all keys; refuse to do so over others."""
        if self.exists:
            raise Failure(
                "KEYS_EXIST",
                f"there are keys in {self.folder}",
                "everything signed by them would be refused: choose another folder",
                status=Exit.CONFLICT,
            )
        self._files.begin()
        root = nats_keys.generate(KeyKind.OPERATOR)
        self._write("operator", root)
        own = {}
        for name in ACCOUNTS:
            pair = nats_keys.generate(KeyKind.ACCOUNT)
            self._write(f"account-{name}", pair)
            own[name] = {"public_key": pair.public_key, "signing_keys": [self._signing(name)]}
        signing = [self._signing(OPERATOR)]
        # Last: where it is, all is.
        self._write_realm(root, own, signing, now)

    def realm(self) -> Realm:
        """Return what signs day by day; needs no key that belongs in a safe."""
        stored = self._read_realm()
        accounts: dict[str, dict[str, Any]] = stored["accounts"]
        return Realm(
            operator_token=stored["operator_token"],
            operator_signing=self.signing(OPERATOR),
            accounts={
                name: AccountKeys(one["public_key"], tuple(one["signing_keys"]))
                for name, one in accounts.items()
            },
            account_signing={name: self.signing(name) for name in accounts},
        )

    def signing(self, name: str) -> KeyPair:
        """Return the signing key of the operator or of an account."""
        kind = KeyKind.OPERATOR if name == OPERATOR else KeyKind.ACCOUNT
        return self._read(f"signing-{name}", kind)

    def rotate(self, name: str, *, now: int) -> None:
        """Replace a signing key. What the one before has signed stays good until ``retire``.

        For the operator's the operator's own key has to be in the folder.
        """
        stored = self._read_realm()
        root = self._read("operator", KeyKind.OPERATOR) if name == OPERATOR else None
        fresh = self._signing(name)
        if root is not None:
            stored["operator_signing_keys"] = [fresh, *stored["operator_signing_keys"]]
            stored["operator_token"] = _operator_token(root, stored, now)
        else:
            one = stored["accounts"][name]
            one["signing_keys"] = [fresh, *one["signing_keys"]]
        write_json(self.folder / REALM, stored)

    def retire(self, name: str, *, now: int) -> list[str]:
        """Trust only the newest signing key from now on; return those that are not any more."""
        stored = self._read_realm()
        if name == OPERATOR:
            keys = stored["operator_signing_keys"]
            gone, stored["operator_signing_keys"] = keys[1:], keys[:1]
            root = self._read("operator", KeyKind.OPERATOR)
            stored["operator_token"] = _operator_token(root, stored, now)
        else:
            keys = stored["accounts"][name]["signing_keys"]
            gone, stored["accounts"][name]["signing_keys"] = keys[1:], keys[:1]
        write_json(self.folder / REALM, stored)
        return list(gone)

    def public(self) -> Mapping[str, Any]:
        """Return what is public: tokens and public keys."""
        return self._read_realm()

    # -- files --------------------------------------------------------------------------------

    @cached_property
    def _files(self) -> KeyFiles:
        return KeyFiles(self.folder, self.passphrase, self.cost)

    def _signing(self, name: str) -> str:
        kind = KeyKind.OPERATOR if name == OPERATOR else KeyKind.ACCOUNT
        pair = nats_keys.generate(kind)
        self._write(f"signing-{name}", pair)
        return pair.public_key

    def _write_realm(
        self, root: KeyPair, accounts: dict[str, Any], signing: list[str], now: int
    ) -> None:
        stored = {"version": VERSION, "accounts": accounts, "operator_signing_keys": signing}
        stored["operator_token"] = _operator_token(root, stored, now)
        write_json(self.folder / REALM, stored)

    def _read_realm(self) -> dict[str, Any]:
        stored: dict[str, Any] | None = read_json(self.folder / REALM)
        if stored is None:
            raise Failure(
                "KEYS_MISSING",
                f"there are no keys in {self.folder}",
                "`tianfu keys init` makes them",
                status=Exit.NOT_FOUND,
            )
        return stored

    def _write(self, name: str, pair: KeyPair) -> None:
        key = Ed25519PrivateKey.from_private_bytes(base64.b32decode(_padded(pair.seed))[SEED_SLICE])
        self._files.write(name, key)

    def _read(self, name: str, kind: KeyKind) -> KeyPair:
        key = self._files.read(name)
        raw = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        return nats_keys.generate(kind, raw)


def _operator_token(root: KeyPair, stored: Mapping[str, Any], now: int) -> str:
    return nats_jwt.operator_token(
        nats_accounts.OPERATOR,
        root,
        system_account=stored["accounts"][SYSTEM]["public_key"],
        signing_keys=stored["operator_signing_keys"],
        issued=now,
    )


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 8)
