"""PostgreSQL as a file: ``pg_dump`` of the whole database, at one moment of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import unquote, urlsplit

from cli.failures import Exit, Failure
from cli.local import stores

DUMP_S: Final = 6 * 3600.0
ASK_S: Final = 60.0
NOT_OURS: Final = ("pg_catalog", "information_schema", "public", "pg_toast")
SAID_MAX: Final = 10
"""Lines of a program that failed: the first says why."""

QUOTED_VALUE: Final = re.compile(r"(ERROR: [^:]*:) .*")
ROLE_PATTERN: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
TABLES: Final = (
    "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
)
OWNERS: Final = (
    "SELECT DISTINCT r.rolname FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner "
    "WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'public') "
    "ORDER BY 1"
)


@dataclass(frozen=True)
class Server:
    """A database, and its administrator."""

    host: str
    port: int
    database: str
    user: str
    password: str

    @classmethod
    def of(cls, url: str) -> Server:
        """Take a URL as services have it: postgresql+asyncpg://USER:PASSWORD@HOST:PORT/NAME."""
        parts = urlsplit(url)
        name = parts.path.removeprefix("/")
        if not parts.scheme.startswith("postgresql") or not parts.hostname or not name:
            raise Failure(
                "DATABASE_URL_INVALID",
                "that is no URL of a database",
                "write postgresql://USER:PASSWORD@HOST:5432/tianfu",
                status=Exit.USAGE,
            )
        return cls(
            parts.hostname,
            parts.port or 5432,
            name,
            unquote(parts.username or "postgres"),
            unquote(parts.password or ""),
        )

    @property
    def options(self) -> tuple[str, ...]:
        """Return what PostgreSQL's programs are told; the password is in the environment."""
        return (f"--host={self.host}", f"--port={self.port}", f"--username={self.user}")


def dump(server: Server, file: BinaryIO) -> list[str]:
    """Write the database to a file; return the roles that own something in it."""
    owners = _ask(server, server.database, OWNERS)
    command = ("--format=custom", f"--dbname={_name(server)}")
    _run(server, "pg_dump", *command, timeout_s=DUMP_S, out=file)
    return [owner for owner in owners if owner != server.user]


def is_empty(server: Server) -> bool:
    """Say whether there is no table of anybody's in the database, or no such database."""
    if not _exists(server):
        return True
    return _ask(server, server.database, TABLES) == ["0"]


def restore(server: Server, file: BinaryIO, owners: Sequence[str], *, replace: bool) -> None:
    """Make the database of a file, and the roles that own it, which can't log in yet.

    A role that is there stays as it is. ``migrate`` of each service gives its role a password.
    ``replace`` removes the database that is there.
    """
    for owner in owners:
        if not ROLE_PATTERN.fullmatch(owner):
            raise Failure("BACKUP_DAMAGED", f"{owner!r} is no role of Tianfu's")
        known = _ask(server, "postgres", f"SELECT 1 FROM pg_roles WHERE rolname = '{owner}'")  # noqa: S608 - checked above
        if not known:
            _ask(server, "postgres", f'CREATE ROLE "{owner}" NOLOGIN')
    quoted = '"' + server.database.replace('"', '""') + '"'
    if _exists(server) and replace:
        _ask(server, "postgres", f"DROP DATABASE {quoted} WITH (FORCE)")
    if not _exists(server):
        _ask(server, "postgres", f"CREATE DATABASE {quoted}")
    command = ("--exit-on-error", "--single-transaction", f"--dbname={_name(server)}")
    _run(server, "pg_restore", *command, timeout_s=DUMP_S, given=file)


def versions(server: Server) -> dict[str, str]:
    """Return the version of each service's schema, by the schema's name."""
    named = "SELECT schemaname FROM pg_tables WHERE tablename = 'schema_version' ORDER BY 1"
    schemas = [
        name for name in _ask(server, server.database, named) if ROLE_PATTERN.fullmatch(name)
    ]
    if not schemas:
        return {}
    each = (f"SELECT '{name}=' || version_num FROM \"{name}\".schema_version" for name in schemas)  # noqa: S608 - checked above
    lines = _ask(server, server.database, " UNION ALL ".join(each))
    return dict(line.split("=", 1) for line in lines)


def _exists(server: Server) -> bool:
    quoted = "'" + server.database.replace("'", "''") + "'"
    return bool(_ask(server, "postgres", f"SELECT 1 FROM pg_database WHERE datname = {quoted}"))  # noqa: S608 - quoted above


def _name(server: Server) -> str:
    # A name with `=` or `:` in it would be read as a list of settings.
    return f"dbname='{server.database}'" if not server.database.isidentifier() else server.database


def _ask(server: Server, database: str, statement: str) -> list[str]:
    command = ("--no-psqlrc", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1")
    done = _run(
        server, "psql", *command, f"--dbname={database}", "--command", statement, timeout_s=ASK_S
    )
    # What a statement did (CREATE ROLE) is said in capitals; only rows count.
    return [line for line in done.splitlines() if line and not line.startswith(("CREATE", "DROP"))]


def _run(
    server: Server,
    program: str,
    *arguments: str,
    timeout_s: float,
    given: BinaryIO | None = None,
    out: BinaryIO | None = None,
) -> str:
    environment = {**os.environ, "PGPASSWORD": server.password, "PGCONNECT_TIMEOUT": "10"}
    try:
        done = subprocess.run(  # noqa: S603 - PostgreSQL's own program, no shell
            (_program(program), *server.options, "--no-password", *arguments),
            env=environment,
            stdin=subprocess.DEVNULL if given is None else given,
            stdout=subprocess.PIPE if out is None else out,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=timeout_s,
        )
    except subprocess.TimeoutExpired:
        raise Failure(
            "DATABASE_COPY_FAILED", f"{program} did not end within {timeout_s:.0f} s"
        ) from None
    if done.returncode != 0:
        said = harmless(program, done.stderr)
        raise Failure(
            "DATABASE_COPY_FAILED",
            "\n".join([f"{program} ended with status {done.returncode}", *said]),
            "is the administrator's password right, and is PostgreSQL no newer than 18?",
            status=Exit.UNAVAILABLE,
        )
    return done.stdout or ""


def harmless(program: str, said: str) -> list[str]:
    """Return what a program of PostgreSQL says went wrong, without what rows hold.

    DETAIL and CONTEXT quote whole rows, and a message ends with the value that it is about.
    """
    own = [line for line in said.splitlines() if line.startswith((f"{program}:", "ERROR:"))]
    return [QUOTED_VALUE.sub(r"\1 …", line) for line in own[:SAID_MAX]]


def _program(name: str) -> str:
    """Return PostgreSQL's program: the wheel's, or the machine's own."""
    try:
        beside = stores.postgres_binaries() / name
    except Failure:
        beside = Path(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise Failure(
            "PROGRAM_MISSING",
            f"there is no {name}",
            "pip install 'tianfu[cli]', or install PostgreSQL's client programs",
        )
    return found
