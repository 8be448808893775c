"""What a backup is: a folder with a manifest, which is written last and names every file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from cli.failures import Exit, Failure
from cli.local.folder import read_json, write_json

NAME: Final = "manifest.json"
VERSION: Final = 1
VERSION_ENCRYPTED: Final = 2
"""A tianfu that can't decrypt refuses it by this."""

ENCRYPTED: Final = ".age"
"""Ends the name of a file that is encrypted."""

READ_BYTES: Final = 1024 * 1024
DATABASE: Final = "postgresql.dump"
STREAMS: Final = "streams"
READINGS: Final = "readings"
TABLES: Final = "readings-tables"
"""Readings of a ClickHouse by HTTP, where there are some."""

LOCAL: Final = "local"
"""Keys and choices of a local platform: whoever has them is the platform."""


@dataclass(frozen=True)
class StreamCopy:
    """A stream in a backup."""

    name: str
    config: Mapping[str, Any]
    state: Mapping[str, Any]
    # Where its durables are set back to; None where their own state is the right one.
    floors: Mapping[str, int] | None


@dataclass(frozen=True)
class Manifest:
    """What is in a backup."""

    version: int
    tianfu: str
    # RFC 3339: all that was acknowledged before it is in the backup.
    point: str
    finished: str
    streams: Sequence[StreamCopy]
    # Roles that own something in the database.
    owners: Sequence[str]
    # SHA-256 of each file, by its path in the folder.
    files: Mapping[str, str]
    # Public keys (age1…) that all files are encrypted to; none of a plain backup.
    recipients: Sequence[str] = ()

    def write(self, folder: Path) -> None:
        """Write it: from now on the folder is a backup."""
        version = VERSION_ENCRYPTED if self.recipients else VERSION
        write_json(folder / NAME, asdict(replace(self, version=version)))


def read(folder: Path) -> Manifest:
    """Return a backup's manifest; raise Failure for what is no backup of a version known here."""
    found: dict[str, Any] | None = read_json(folder / NAME)
    if found is None:
        raise Failure(
            "BACKUP_MISSING",
            f"{folder} is no complete backup: it has no {NAME}",
            "name the folder that `tianfu backup` has printed",
            status=Exit.NOT_FOUND,
        )
    if found.get("version") not in {VERSION, VERSION_ENCRYPTED}:
        raise Failure(
            "BACKUP_VERSION",
            f"{folder} is of version {found.get('version')}; this tianfu reads "
            f"{VERSION} and {VERSION_ENCRYPTED}",
            f"restore it with tianfu {found.get('tianfu')}, then upgrade",
            status=Exit.CONFLICT,
        )
    streams = [StreamCopy(**one) for one in found.pop("streams")]
    return Manifest(streams=streams, **found)


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a folder but the manifest, by its path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    names = {str(path.relative_to(folder)): path for path in paths}
    return {name: _digest(path) for name, path in names.items() if name != NAME}


def check(folder: Path, manifest: Manifest) -> None:
    """Raise Failure unless every file is there and as it was written."""
    found = digests(folder)
    wrong = [name for name, digest in manifest.files.items() if found.get(name) != digest]
    wrong += sorted(found.keys() - manifest.files.keys())
    if wrong:
        raise Failure(
            "BACKUP_DAMAGED",
            f"{folder}: {len(wrong)} files are not as they were written, such as {wrong[0]}",
            "take another backup; nothing was changed",
        )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
