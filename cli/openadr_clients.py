"""The file of OpenADR 3 clients: secrets are drawn here, and kept as their digests alone."""

from __future__ import annotations

import re
import secrets
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cli.failures import Exit, Failure

SECRET_BYTES: Final = 32
CLIENT_ID: Final = re.compile(r"[A-Za-z0-9._@-]{1,128}")
UNIT: Final = re.compile(r"units/[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def drawn() -> str:
    """Return a new secret."""
    return secrets.token_urlsafe(SECRET_BYTES)


def table(client_id: str, kind: str, unit: str, secret: str) -> str:
    """Return a client's table as TOML."""
    lines = ["[[client]]", f'id = "{client_id}"', f'kind = "{kind}"']
    lines += [f'secret_sha256 = "{_digest(secret)}"', *([f'unit = "{unit}"'] if unit else [])]
    return "\n".join(lines) + "\n"


def check(client_id: str, kind: str, unit: str) -> None:
    """Raise Failure for what the service would not take."""
    if not CLIENT_ID.fullmatch(client_id):
        said = "an id is 1 to 128 letters, digits, . _ @ or -"
        raise Failure("CLIENT_INVALID", said, status=Exit.USAGE)
    if unit and (kind != "ven" or not UNIT.fullmatch(unit)):
        said = "--unit is units/NAME, and only a VEN speaks for one"
        raise Failure("CLIENT_INVALID", said, status=Exit.USAGE)


def known(path: Path) -> dict[str, dict[str, Any]]:
    """Return the clients of a file by id, none when there is no file; raise Failure."""
    if not path.exists():
        return {}
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("client", [])
        return {str(each["id"]): dict(each) for each in tables}
    except (OSError, ValueError, KeyError, TypeError):
        raise Failure(
            "CLIENTS_UNREADABLE",
            f"{path} is no file of clients",
            "examples/energy/openadr-clients.toml shows one; or name another with --clients",
            status=Exit.CONFLICT,
        ) from None


def added(path: Path, client_id: str, kind: str, unit: str, secret: str) -> str:
    """Return the file's text with one more client; raise Failure for one that is there."""
    check(client_id, kind, unit)
    if client_id in known(path):
        raise Failure(
            "CLIENT_EXISTS",
            f"{path} has a client {client_id}",
            "--renew draws it a new secret",
            status=Exit.CONFLICT,
        )
    before = path.read_text(encoding="utf-8").rstrip("\n") + "\n\n" if path.exists() else ""
    return before + table(client_id, kind, unit, secret)


def renewed(path: Path, client_id: str, secret: str) -> str:
    """Return the file's text with another secret of a client; raise Failure when it has none."""
    client = known(path).get(client_id)
    old = "" if client is None else str(client.get("secret_sha256", ""))
    text = path.read_text(encoding="utf-8") if old else ""
    if not old or text.count(old) != 1:
        raise Failure(
            "CLIENT_UNKNOWN",
            f"{path} has no client {client_id} with a digest of its own",
            "leave --renew out to add it",
            status=Exit.NOT_FOUND,
        )
    return text.replace(old, _digest(secret))


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
