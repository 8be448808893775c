"""A device's identity on its card: the key it made, the token it got, where its platform is.

The folder is ``identity`` in the data folder, mode 0700::

    node.nk         seed of the key; it never leaves the device
    next.nk         seed of the key that is to take its place, while the answer is awaited
    node.jwt        the NATS user token
    identity.json   node, enrolment server, its authority, NATS addresses, times

Each file is replaced at once and flushed, the one that counts (``identity.json``) last.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tianfu import nats_jwt, subjects
from tianfu.nats_keys import KeyKind, KeyPair, SeedInvalid

FOLDER: Final = "identity"
SEED: Final = "node.nk"
NEXT_SEED: Final = "next.nk"
TOKEN: Final = "node.jwt"  # noqa: S105 - a file's name
FACTS: Final = "identity.json"
PRIVATE_FOLDER: Final = 0o700
PRIVATE_FILE: Final = 0o600
VERSION: Final = 1


class IdentityDamaged(Exception):
    """The identity can't be read, or its parts do not belong together."""

    reason = "IDENTITY_DAMAGED"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the identity beside its key. Times are Unix microseconds."""

    node: str
    server: str
    # PEM of who signs the server's certificate; empty for the system's authorities.
    ca_pem: str
    nats_urls: tuple[str, ...]
    issue_us: int
    renew_us: int
    expire_us: int


@dataclass(frozen=True, slots=True)
class Identity:
    """A device's identity, as it is on the card."""

    folder: Path
    facts: Facts
    key: KeyPair

    @property
    def credentials(self) -> tuple[str, str]:
        """The files that nats-py reads at each connect: token and seed."""
        return credentials_in(self.folder)


def credentials_in(folder: Path) -> tuple[str, str]:
    """Return the files of token and seed in an identity's folder."""
    return str(folder / TOKEN), str(folder / SEED)


def folder_of(data_dir: Path) -> Path:
    """Return where the identity lies."""
    return data_dir / FOLDER


def load(data_dir: Path) -> Identity | None:
    """Return the identity, None when there is none; raise IdentityDamaged."""
    folder = folder_of(data_dir)
    facts = facts_of(data_dir)
    if facts is None:
        return None
    key, claims = _key(folder / SEED), _claims(folder / TOKEN)
    if claims.subject != key.public_key:
        following = folder / NEXT_SEED
        if not following.exists() or _key(following).public_key != claims.subject:
            raise IdentityDamaged(_remedy(folder, "has a token of another key"))
        # The power went between the token's file and the key's: the new key is good.
        following.replace(folder / SEED)
        _flush(folder)
        key = _key(folder / SEED)
    if claims.name != f"node:{facts.node}":
        raise IdentityDamaged(_remedy(folder, f"is of {claims.name!r}, not of {facts.node!r}"))
    return Identity(folder, facts, key)


def facts_of(data_dir: Path) -> Facts | None:
    """Return what is known beside the key, None when there is nothing; raise IdentityDamaged."""
    folder = folder_of(data_dir)
    try:
        stored = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise IdentityDamaged(_remedy(folder / FACTS, "can't be read")) from error
    return _facts(folder, stored)


def load_for(node: str, data_dir: Path) -> Identity | None:
    """Return the identity of a node, None when there is none; raise IdentityDamaged."""
    held = load(data_dir)
    if held is not None and held.facts.node != node:
        raise IdentityDamaged(
            f"{held.folder} is of node {held.facts.node!r}, and the settings say {node!r}: "
            "correct the settings, or enrol as that node with a token for it"
        )
    return held


def keep_seed(data_dir: Path, name: str, key: KeyPair) -> None:
    """Put a seed on the card before anybody is told of its key."""
    folder = folder_of(data_dir)
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    folder.chmod(PRIVATE_FOLDER)
    give(folder, data_dir)
    _write(folder / name, key.seed)
    _flush(folder)


def pending_seed(data_dir: Path, name: str) -> KeyPair | None:
    """Return a key that was put on the card, None when there is none that can be read."""
    try:
        return _key(folder_of(data_dir) / name)
    except IdentityDamaged:
        return None


def store(data_dir: Path, facts: Facts, token: str, key: KeyPair) -> Identity:
    """Keep an identity; whatever is cut off in between, the card holds the old one or the new."""
    folder = folder_of(data_dir)
    following = folder / NEXT_SEED
    is_new_key = following.exists() and _key(following).public_key == key.public_key
    _write(folder / TOKEN, token)
    if is_new_key:
        following.replace(folder / SEED)
    _write(folder / FACTS, json.dumps({"version": VERSION, **asdict(facts)}, indent=2) + "\n")
    _flush(folder)
    return Identity(folder, facts, key)


def _facts(folder: Path, stored: Any) -> Facts:
    try:
        version = int(stored["version"])
        urls = tuple(str(url) for url in stored["nats_urls"])
        numbers = {name: int(stored[name]) for name in ("issue_us", "renew_us", "expire_us")}
        node = subjects.node_id(stored["node"])
        facts = Facts(node, str(stored["server"]), str(stored["ca_pem"]), urls, **numbers)
    except (KeyError, TypeError, ValueError) as error:
        raise IdentityDamaged(_remedy(folder / FACTS, "is not what was written")) from error
    if version != VERSION:
        raise IdentityDamaged(_remedy(folder / FACTS, "is of another version of the agent"))
    return facts


def _key(path: Path) -> KeyPair:
    try:
        return KeyPair(path.read_text(encoding="ascii"), KeyKind.USER)
    except (OSError, SeedInvalid, UnicodeDecodeError):
        raise IdentityDamaged(_remedy(path, "holds no seed")) from None


def _claims(path: Path) -> nats_jwt.Claims:
    try:
        return nats_jwt.read(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        raise IdentityDamaged(_remedy(path, "holds no token")) from None


def _remedy(path: Path, what: str) -> str:
    return f"{path} {what}; enrol again: `tianfu-edge enroll` with a new token"


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f"{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    give(temporary, path.parent.parent)
    temporary.replace(path)


def give(path: Path, data_dir: Path) -> None:
    """Give what root wrote to whom the data folder belongs: the agent runs as somebody else."""
    if os.geteuid() == 0:
        owner = data_dir.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def _flush(folder: Path) -> None:
    """Have the folder's entries on the card."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    with contextlib.suppress(OSError):  # some file systems flush no folders
        os.fsync(descriptor)
    os.close(descriptor)
