"""The configuration of nats-server as text: whom it trusts, JetStream, limits.

Operator mode: the server knows an operator's public key and the accounts that it signed; users
bring tokens that an account signed, which say what they may do (``nats_jwt``), so that nobody is
configured here. How keys are made is no matter of this module.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

MAX_PAYLOAD_BYTES: Final = 1024 * 1024
"""Greatest message, headers included: what nats-server advises against exceeding."""

MAX_CONNECTIONS: Final = 65_536
"""Nodes and services of one server; a bound so that a leak of connections is noticed."""

MAX_CONTROL_LINE_BYTES: Final = 128 * 1024
"""Longest line of the protocol. The first one of a client carries its token, which says what it
may do: a service's has 8 KB, a station's with 64 gateways 72 KB. The server's own bound is 4 KB.
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


CLUSTER_USER: Final = "route"
"""What servers of a cluster call themselves to each other."""


@dataclass(frozen=True)
class Cluster:
    """What one server of a cluster is told of the others. JetStream wants an odd number of them."""

    name: str
    host: str
    port: int
    # HOST:PORT of every server, this one may be among them.
    servers: Sequence[str]
    # Shown by each to the others: whoever has it takes part in the cluster.
    password: str


@dataclass(frozen=True)
class NatsConfig:
    """What a nats-server is told at its start."""

    store_dir: Path
    trust: Trust
    host: str = "127.0.0.1"
    port: int = 4222
    server_name: str = "tianfu"
    max_payload_bytes: int = MAX_PAYLOAD_BYTES
    memory_bytes: int = JETSTREAM_MEMORY_BYTES
    file_bytes: int = JETSTREAM_FILE_BYTES
    # How often files are flushed, such as "2m" (the server's own default) or SYNC_ALWAYS.
    sync_interval: str | None = None
    # Where leaf servers of base stations connect; None for nowhere.
    leaf_port: int | None = None
    # Of how many servers, and where; None for one alone.
    cluster: Cluster | None = None
    # The environment variable that holds the server's name, where one text serves a whole cluster.
    server_name_variable: str | None = None
    # Where health and figures are shown by HTTP; None for nowhere.
    monitor_port: int | None = None
    # Where the server writes its process id, for its signals; None for nowhere.
    pid_file: Path | None = None


def render(config: NatsConfig) -> str:
    """Return the text of the configuration file."""
    lines = [
        f"server_name: {_name(config)}",
        f"listen: {_text(f'{config.host}:{config.port}')}",
        f"max_payload: {config.max_payload_bytes}",
        f"max_control_line: {MAX_CONTROL_LINE_BYTES}",
        f"max_connections: {MAX_CONNECTIONS}",
    ]
    if config.monitor_port is not None:
        lines.append(f"http: {_text(f'{config.host}:{config.monitor_port}')}")
    if config.pid_file is not None:
        lines.append(f"pid_file: {_text(str(config.pid_file))}")
    if config.cluster is not None:
        lines += _cluster(config.cluster)
    if config.leaf_port is not None:
        lines.append(f"leafnodes {{ listen: {_text(f'{config.host}:{config.leaf_port}')} }}")
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


@dataclass(frozen=True)
class LeafConfig:
    """What the leaf server of a base station is told: its gateways' local hub.

    It stores nothing. When the hub is away it passes messages between who is connected to it, and
    whoever sends to the cloud is told at once that nobody is there, and keeps what it has.
    """

    name: str
    # The hub's addresses for leaf servers, as nats-leaf://HOST:PORT or tls://HOST:PORT.
    hub_urls: Sequence[str]
    credentials: Path
    """Of the station's node, with ``station_rights.station_permissions``."""

    account: str
    """Public key of the account that its gateways are in."""

    trust: Trust
    """With that account as ``nats_accounts.leaf_account`` has it."""

    host: str = "0.0.0.0"  # noqa: S104 - gateways reach it from their network
    port: int = 4222
    max_payload_bytes: int = MAX_PAYLOAD_BYTES


STATION_NAME: Final = "TIANFU-LEAF-NAME"
"""In place of a station's name, in a text that serves all stations."""

STATION_CREDENTIALS: Final = "station.creds"
"""File of a leaf server's credentials, in the folder that the operators mount."""

STATION_FOLDER: Final = Path("/etc/station")

ACCOUNT_KEY: Final = re.compile(r"A[A-Z2-7]{55}")
"""A public nkey of an account."""

LEAF_RECONNECT_S: Final = 1
"""Between attempts to reach the hub: a backhaul that is back is in use at once."""


def render_leaf(config: LeafConfig) -> str:
    """Return the text of a leaf server's configuration file."""
    lines = [
        f"server_name: {_text(config.name)}",
        f"listen: {_text(f'{config.host}:{config.port}')}",
        f"max_payload: {config.max_payload_bytes}",
        f"max_control_line: {MAX_CONTROL_LINE_BYTES}",
    ]
    lines += [
        f"operator: {_text(config.trust.operator_token)}",
        f"system_account: {_text(config.trust.system_account)}",
        # In memory: a leaf learns of accounts by its configuration alone, also without a hub.
        "resolver: MEMORY",
        "resolver_preload: {",
        *(f"  {key}: {_text(token)}" for key, token in config.trust.account_tokens.items()),
        "}",
        "leafnodes {",
        f'  reconnect: "{LEAF_RECONNECT_S}s"',
        "  remotes: [ {",
        f"    urls: [{', '.join(_text(url) for url in config.hub_urls)}]",
        f"    account: {_text(config.account)}",
        f"    credentials: {_text(str(config.credentials))}",
        "  } ]",
        "}",
        "",
    ]
    return "\n".join(lines)


def leaf_trust(text: str) -> tuple[Trust, str]:
    """Return whom a leaf server's configuration says to believe, and which account it serves.

    Raise ValueError for a text without them. What else it says, such as TLS, is left alone.
    """
    told: dict[str, str] = {}
    for line in text.splitlines():
        key, separator, value = line.strip().partition(": ")
        with contextlib.suppress(ValueError):
            if separator:
                told[key] = json.loads(value)
    tokens = {key: token for key, token in told.items() if ACCOUNT_KEY.fullmatch(key)}
    lacking = [key for key in ("operator", "system_account", "account") if key not in told]
    if lacking or told["account"] not in tokens:
        raise ValueError(f"it lacks {', '.join(lacking) or 'the token of its account'}")
    return Trust(told["operator"], told["system_account"], tokens), told["account"]


def with_account_token(text: str, account: str, token: str) -> str:
    """Return a leaf server's configuration with another token of the account that it serves."""
    line = re.compile(rf"^(\s*){account}: .*$", re.MULTILINE)
    return line.sub(lambda found: f"{found[1]}{account}: {_text(token)}", text)


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


def _name(config: NatsConfig) -> str:
    # Without quotes '$' is a variable of the environment.
    variable = config.server_name_variable
    return _text(config.server_name) if variable is None else f"${variable}"


def _cluster(cluster: Cluster) -> list[str]:
    shown = f"{CLUSTER_USER}:{quote(cluster.password, safe='')}"
    return [
        "cluster {",
        f"  name: {_text(cluster.name)}",
        f"  listen: {_text(f'{cluster.host}:{cluster.port}')}",
        f"  authorization {{ user: {CLUSTER_USER}, password: {_text(cluster.password)} }}",
        "  routes: [",
        *(f"    {_text(f'nats-route://{shown}@{server}')}" for server in cluster.servers),
        "  ]",
        "}",
    ]


def _text(text: str) -> str:
    """Quote ``text``: in quotes, '$' is no variable."""
    return json.dumps(text)
