"""Stores that are named on the command line, one by one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cli.backup import streams
from cli.failures import Exit, Failure
from cli.local import keys

NatsOption = Annotated[str, typer.Option(help="NATS, as nats://HOST:4222, when it is elsewhere.")]
CredentialsOption = Annotated[
    Path | None, typer.Option(help="Credentials of NATS: `tianfu keys user backup keeper`.")
]
DatabaseOption = Annotated[
    Path | None,
    typer.Option(help="File with the URL of PostgreSQL, as its administrator."),
]
ClickhouseOption = Annotated[
    Path | None, typer.Option(help="File with the URL of ClickHouse, where readings are there.")
]


@dataclass(frozen=True)
class Elsewhere:
    """Stores that are named one by one."""

    nats_url: str
    credentials: Path | None
    database_url_file: Path | None
    clickhouse_url_file: Path | None

    @property
    def is_named(self) -> bool:
        """Whether any store is."""
        return bool(self.nats_url or self.database_url_file or self.clickhouse_url_file)

    def nats(self, role: str) -> streams.Place | None:
        """Return where NATS is, None when it is not to be touched."""
        if not self.nats_url:
            return None
        if self.credentials is None:
            raise Failure(
                "CREDENTIALS_MISSING",
                "--nats needs --credentials",
                f"tianfu keys user {role} {keys.KEEPER} --out {role}.creds",
                status=Exit.USAGE,
            )
        return streams.Place(self.nats_url, self.credentials, role, keys.KEEPER)

    @property
    def database_url(self) -> str | None:
        """Return the database's URL, None when it is not to be touched."""
        return _first_line(self.database_url_file)

    @property
    def clickhouse_url(self) -> str | None:
        """Return ClickHouse's URL, None when it is not to be touched."""
        return _first_line(self.clickhouse_url_file)


def _first_line(path: Path | None) -> str | None:
    return None if path is None else path.read_text(encoding="utf-8").strip()
