"""The local platform's authority, and a certificate for each of its services."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cli import channels
from cli.authority import Authority
from cli.local.folder import Folder
from tianfu import service_rights

HOSTS: Final = ("127.0.0.1", "::1", "localhost")


def authority(folder: Folder) -> Authority:
    """Return the authority; it exists after ``ensure``."""
    return Authority(channels.authority_of(folder.keys).parent)


def ensure(folder: Folder, now: datetime | None = None) -> None:
    """Make what lacks, and anew what soon ends."""
    made, when = authority(folder), now or datetime.now(UTC)
    made.ensure(when)
    for service in service_rights.SERVICES:
        made.issue(service, HOSTS, when)


def environment(folder: Folder, service: str) -> dict[str, str]:
    """Return the settings by which a service finds its certificate."""
    made = authority(folder)
    return {
        "TIANFU_TLS_CERTIFICATE_FILE": str(Path(made.folder) / f"{service}.pem"),
        "TIANFU_TLS_KEY_FILE": str(Path(made.folder) / f"{service}-key.pem"),
        "TIANFU_TLS_CLIENT_CA_FILE": str(made.certificate),
    }
