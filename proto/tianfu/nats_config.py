"""The configuration of nats-server as text: whom it trusts, JetStream, limits.

Operator mode: the server knows an operator's public key and the accounts that it signed; users
bring tokens that an account signed, which say what they may do (``nats_jwt``), so that nobody is
configured here. How keys are made is no matter of this module.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FREE_PORT: Final = -1
"""nats-server takes a free port, and writes it to the ports file."""

MAX_PAYLOAD_BYTES: Final = 1024 * 1024
"""Greatest message, headers included: what nats-server advises against exceeding."""

MAX_CONNECTIONS: Final = 65_536
"""Nodes and services of one server; a bound so that a leak of connections is noticed."""

MAX_CONTROL_LINE_BYTES: Final = 64 * 1024
"""Longest line of the protocol. The first one of a client carries its token, which says what it
may do: a service's has 8 KB, a station's with 256 gateways 40 KB. The server's own bound is 4 KB.
"""

JETSTREAM_MEMORY_BYTES: Final = 256 * 1024 * 1024
"""For streams in memory. Tianfu has none, so this bounds a mistake."""

JETSTREAM_FILE_BYTES: Final = 64 * 1024 * 1024 * 1024
"""For all streams together; each stream has its own, smaller bound."""

SYNC_ALWAYS: Final = "always"
"""Sync interval that flushes each message to the disk before it is acknowledged."""


ACCOUNTS_FOLDER: Final = "accounts"
"""Below the store: the accounts' tokens as they were last pushed, ``PUBLIC_KEY.jwt``."""


@dataclass(frozen=True)
class Trust:
    """Whom a server believes: an operator, and its accounts' tokens by their public keys."""

    operator_token: str
    system_account: str
    account_tokens: Mapping[str, str]


@dataclass(frozen=True)
class NatsConfig:
    """What a nats-server is told at its start."""

    store_dir: Path
    trust: Trust
    host: str = "127.0.0.1"
    port: int = FREE_PORT
    # Where the server writes the port it took, as *.ports; None for nowhere.
    ports_dir: Path | None = None
    server_name: str = "tianfu"
    max_payload_bytes: int = MAX_PAYLOAD_BYTES
    memory_bytes: int = JETSTREAM_MEMORY_BYTES
    file_bytes: int = JETSTREAM_FILE_BYTES
    # How often files are flushed, such as "2m" (the server's own default) or SYNC_ALWAYS.
    sync_interval: str | None = None


def render(config: NatsConfig) -> str:
    """Return the text of the configuration file."""
    lines = [
        f"server_name: {_text(config.server_name)}",
        f"listen: {_text(f'{config.host}:{config.port}')}",
        f"max_payload: {config.max_payload_bytes}",
        f"max_control_line: {MAX_CONTROL_LINE_BYTES}",
        f"max_connections: {MAX_CONNECTIONS}",
    ]
    if config.ports_dir is not None:
        lines.append(f"ports_file_dir: {_text(str(config.ports_dir))}")
    lines += [
        "jetstream {",
        f"  store_dir: {_text(str(config.store_dir))}",
        f"  max_memory_store: {config.memory_bytes}",
        f"  max_file_store: {config.file_bytes}",
    ]
    if config.sync_interval is not None:
        lines.append(f"  sync_interval: {_text(config.sync_interval)}")
    lines += ["}", *_trust(config.trust, accounts_folder(config.store_dir)), ""]
    return "\n".join(lines)


def accounts_folder(store_dir: Path) -> Path:
    """Return where the server keeps the accounts' tokens."""
    return store_dir / ACCOUNTS_FOLDER


def _trust(trust: Trust, folder: Path) -> list[str]:
    lines = [
        f"operator: {_text(trust.operator_token)}",
        f"system_account: {_text(trust.system_account)}",
        # A token that is pushed is kept, and of two the newer one holds, also after a restart.
        f"resolver: {{ type: full, dir: {_text(str(folder))}, allow_delete: false, limit: 1000 }}",
        "resolver_preload: {",
    ]
    lines += [f"  {key}: {_text(token)}" for key, token in trust.account_tokens.items()]
    return [*lines, "}"]


def _text(text: str) -> str:
    """Quote ``text``: in quotes, '$' is no variable."""
    return json.dumps(text)
