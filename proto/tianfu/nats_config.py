"""The configuration of nats-server as text: users with their rights, JetStream, limits.

Deny by default: a user may do what its ``Permissions`` say and nothing else, and there is no way
in without an nkey. How keys are made is no matter of this module.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tianfu.subjects import Permissions

FREE_PORT: Final = -1
"""nats-server takes a free port, and writes it to the ports file."""

MAX_PAYLOAD_BYTES: Final = 1024 * 1024
"""Greatest message, headers included: what nats-server advises against exceeding."""

MAX_CONNECTIONS: Final = 65_536
"""Nodes and services of one server; a bound so that a leak of connections is noticed."""

JETSTREAM_MEMORY_BYTES: Final = 256 * 1024 * 1024
"""For streams in memory. Tianfu has none, so this bounds a mistake."""

JETSTREAM_FILE_BYTES: Final = 64 * 1024 * 1024 * 1024
"""For all streams together; each stream has its own, smaller bound."""

SYNC_ALWAYS: Final = "always"
"""Sync interval that flushes each message to the disk before it is acknowledged."""


@dataclass(frozen=True)
class NatsUser:
    """A user: its public nkey (``U...``) and what it may do."""

    public_key: str
    permissions: Permissions


@dataclass(frozen=True)
class NatsConfig:
    """What a nats-server is told at its start."""

    store_dir: Path
    users: Sequence[NatsUser] = ()
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
    lines += ["}", "authorization {", "  timeout: 5", "  users: ["]
    for user in config.users:
        lines += _user(user)
    lines += ["  ]", "}", ""]
    return "\n".join(lines)


def _user(user: NatsUser) -> list[str]:
    rights = user.permissions
    lines = [
        f"    {{ nkey: {_text(user.public_key)}, permissions: {{",
        f"      publish: {_rights(rights.publish)}",
        f"      subscribe: {_rights(rights.subscribe)}",
    ]
    if rights.allow_responses:
        # One answer a request, within a minute: the server forgets the rest.
        lines.append('      allow_responses: { max: 1, expires: "1m" }')
    lines.append("    } }")
    return lines


def _rights(allowed: Sequence[str]) -> str:
    """Return a list of rights. nats-server takes an empty one for "everything": deny it instead."""
    return f"{{ allow: {_texts(allowed)} }}" if allowed else '{ deny: [">"] }'


def _text(text: str) -> str:
    """Quote ``text``: in quotes, '$' is no variable."""
    return json.dumps(text)


def _texts(texts: Sequence[str]) -> str:
    return "[" + ", ".join(_text(text) for text in texts) + "]"
