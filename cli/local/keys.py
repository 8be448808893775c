"""NATS user keys of the local platform: one a node and one a service, made once, mode 0600."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import nkeys

from cli.local.folder import Folder, write_private
from tianfu import subjects
from tianfu.nats_config import NatsUser
from tianfu.subjects import NodeId

SEED_BYTES: Final = 32
# Who plays drills: it reads what the drill's stations have sent.
PLAYER: Final = "player"


def seed_file(folder: Folder, role: str, name: str) -> Path:
    """Return where a user's seed lies; role is "node", "service" or "drill"."""
    return folder.keys / f"{role}-{name}.nk"


def ensure(path: Path) -> str:
    """Make a user's seed unless it is there; return the public key."""
    if not path.exists():
        seed = nkeys.encode_seed(os.urandom(SEED_BYTES), nkeys.PREFIX_BYTE_USER)
        write_private(path, seed.decode())
    pair = nkeys.from_seed(bytearray(path.read_bytes().strip()))
    public = bytes(pair.public_key).decode()
    pair.wipe()
    return public


def users(folder: Folder, nodes: Mapping[NodeId, str | None]) -> list[NatsUser]:
    """Return every user there is, with its rights; make the keys that lack.

    Of a node it is said in which county it hears warnings, or that it hears none.
    """
    found = [
        NatsUser(ensure(seed_file(folder, "service", name)), subjects.service_permissions(name))
        for name in subjects.SERVICES
    ]
    found += [
        NatsUser(ensure(seed_file(folder, "node", node)), subjects.node_permissions(node, county))
        for node, county in nodes.items()
    ]
    player = ensure(seed_file(folder, "drill", PLAYER))
    return [*found, NatsUser(player, subjects.drill_permissions(PLAYER))]
