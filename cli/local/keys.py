"""Who may use NATS on the local platform: its operator's keys, and credentials for everyone.

Keys are made once. Tokens are signed anew at each start, so that rights follow the programs.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cli.keystore import COST_RANDOM, Keystore
from cli.local.folder import Folder, write_private
from tianfu import (
    keeping_rights,
    nats_accounts,
    nats_config,
    nats_jwt,
    nats_keys,
    service_rights,
    subjects,
)
from tianfu.nats_config import Trust
from tianfu.nats_keys import KeyKind, KeyPair
from tianfu.nats_realm import Realm
from tianfu.subjects import NodeId, Permissions

PASSPHRASE_BYTES: Final = 24
# Who plays drills: it reads what the drill's stations have sent.
PLAYER: Final = "player"
# Who copies streams, and who puts them back.
KEEPER: Final = "keeper"
# The fleet service, where it turns users out.
PUSHER: Final = "fleet"


def credentials_file(folder: Folder, role: str, name: str) -> Path:
    """Return where a user's credentials lie; ``role`` as `tianfu keys user` has them."""
    return folder.keys / f"{role}-{name}.creds"


def seed_file(folder: Folder, name: str) -> Path:
    """Return where the fleet service finds a signing key: "operator" or "edge"."""
    return folder.keys / f"signing-{name}.nk"


def ensure(path: Path) -> str:
    """Make a seed that signs unless it is there; return the public key."""
    if not path.exists():
        write_private(path, nats_keys.generate(KeyKind.USER).seed)
    return KeyPair(path.read_text(encoding="ascii"), KeyKind.USER).public_key


def keystore(folder: Folder) -> Keystore:
    """Return the operator's keys, made if they lack.

    The passphrase lies beside them: this is a machine to try things on. In production it is
    somewhere else, and so are the operator's own keys (`tianfu keys --help`).
    """
    path = folder.keys / "passphrase"
    if not path.exists():
        write_private(path, secrets.token_urlsafe(PASSPHRASE_BYTES))
    store = Keystore(folder.keys / "nats", path.read_text(encoding="ascii"), COST_RANDOM)
    if not store.exists:
        store.create(now=int(time.time()))
    return store


def issue(folder: Folder, nodes: Mapping[NodeId, str | None]) -> Trust:
    """Write everybody's credentials; return what the server is told.

    Of a node it is said in which county it hears warnings, or that it hears none.
    """
    realm, now = keystore(folder).realm(), int(time.time())
    for name in service_rights.SERVICES:
        _issue(folder, realm, "service", name, service_rights.service_permissions(name), now)
    for node, county in nodes.items():
        _issue(folder, realm, "node", node, subjects.node_permissions(node, county), now)
    _issue(folder, realm, "drill", PLAYER, subjects.drill_permissions(PLAYER), now)
    _issue(folder, realm, "backup", KEEPER, keeping_rights.backup_permissions(KEEPER), now)
    _issue(folder, realm, "restore", KEEPER, keeping_rights.restore_permissions(KEEPER), now)
    pusher = nats_accounts.pusher_permissions(PUSHER)
    _issue(folder, realm, "system", PUSHER, pusher, now)
    write_private(seed_file(folder, "operator"), realm.operator_signing.seed)
    write_private(seed_file(folder, "edge"), realm.account_signing[nats_accounts.EDGE].seed)
    return realm.trust(issued=now, revocations=_revocations(folder, realm))


def enrolment_environment(folder: Folder) -> dict[str, str]:
    """Return the settings by which the fleet service enrols nodes; there after ``issue``."""
    return {
        "TIANFU_EDGE_ACCOUNT": keystore(folder).public()["accounts"][nats_accounts.EDGE][
            "public_key"
        ],
        "TIANFU_EDGE_SIGNING_SEED_FILE": str(seed_file(folder, "edge")),
        "TIANFU_OPERATOR_SIGNING_SEED_FILE": str(seed_file(folder, "operator")),
        "TIANFU_NATS_SYSTEM_CREDENTIALS_FILE": str(credentials_file(folder, "system", PUSHER)),
    }


def _issue(
    folder: Folder, realm: Realm, role: str, name: str, permissions: Permissions, now: int
) -> None:
    path = credentials_file(folder, role, name)
    if path.exists():
        _, seed = nats_jwt.split_credentials(path.read_text(encoding="ascii"))
        pair = KeyPair(seed, KeyKind.USER)
    else:
        pair = nats_keys.generate(KeyKind.USER)
    token = realm.user_token(role, name, pair.public_key, permissions, issued=now)
    write_private(path, nats_jwt.credentials(token, pair.seed))


def _revocations(folder: Folder, realm: Realm) -> dict[str, Mapping[str, int]]:
    """Return whom the server has turned out so far: a new token must not let them in again."""
    found: dict[str, Mapping[str, int]] = {}
    for name, keys in realm.accounts.items():
        path = nats_config.accounts_folder(folder.nats) / f"{keys.public_key}.jwt"
        if path.exists():
            claims = nats_jwt.read(path.read_text(encoding="ascii"))
            found[name] = dict(claims.body.get("revocations", {}))
    return found
