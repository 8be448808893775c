"""Certificates of an authority that a test makes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cli.authority import Authority, Certificate

HOSTS = ("127.0.0.1", "localhost")


def issued(folder: Path, service: str = "fleet") -> Certificate:
    """Return a service's certificate by the authority in a folder."""
    authority = Authority(folder / "tls")
    authority.ensure(datetime.now(UTC))
    return authority.issue(service, HOSTS, datetime.now(UTC))


def authority_of(folder: Path) -> Path:
    """Return that authority's own certificate."""
    return Authority(folder / "tls").certificate


def certified(folder: Path, service: str = "fleet") -> dict[str, Path]:
    """Return the settings of a server that shows a certificate."""
    made = issued(folder, service)
    return {"tls_certificate_file": made.certificate, "tls_key_file": made.key}
