"""What the doctor says of what is kept: versions of schemas, and how old the last backup is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import cli
from cli.backup import database, manifest
from cli.failures import Failure
from cli.finding import Finding
from cli.local import stores
from cli.local.folder import Folder, read_json
from cli.local.state import remembered

ADMINISTRATOR: Final = "postgres"
SERVICES: Final = Path(cli.__file__).parents[1] / "services"
"""Of this release: they are installed together."""

BACKUP_AGE_MAX: Final = timedelta(hours=26)
"""One a day, as the chart's CronJob takes them, and two hours for it to be late."""


def of_schemas(folder: Folder) -> Finding:
    """Check that schemas of a running platform are of this release."""
    try:
        url = stores.primary_url(folder, remembered(folder), ADMINISTRATOR)
        found = database.versions(database.Server.of(url))
    except Failure as failure:
        return Finding("schemas", ok=False, found=failure.message, fix=failure.fix)
    return compared(found, newest(SERVICES))


def newest(services: Path) -> dict[str, str]:
    """Return the newest version of each service's schema, by the files of its migrations."""
    return {
        folder.parents[1].name: max(file.name.split("_")[0] for file in folder.glob("[0-9]*.py"))
        for folder in services.glob("*/migrations/versions")
    }


def compared(found: Mapping[str, str], known: Mapping[str, str]) -> Finding:
    """Compare versions in a database with those that services of this release bring.

    A schema that is not there is of a service that does not run here.
    """
    both = sorted(found.keys() & known.keys())
    behind = [
        f"{name} {found[name]} of {known[name]}" for name in both if found[name] < known[name]
    ]
    ahead = [
        f"{name} {found[name]} past {known[name]}" for name in both if found[name] > known[name]
    ]
    if ahead and not behind:
        fix = "a later release has been here: upgrade, or stay, as docs/upgrading.md has it"
    else:
        fix = "start the service anew, which migrates; on a cluster look at its migrate job"
    said = "; ".join([*behind, *ahead]) or f"{len(both)}, all of this release"
    return Finding("schemas", not (behind or ahead), said, fix)


def of_backups(folder: Path, now: datetime | None = None) -> Finding:
    """Check that the newest backup in a folder is not too old; say whether it is encrypted."""
    found = sorted(
        (datetime.fromisoformat(str(described["point"])), bool(described.get("recipients")))
        for path in folder.glob(f"*/{manifest.NAME}")
        if (described := read_json(path)) is not None and "point" in described
    )
    fix = f"tianfu backup --out {folder}; on a cluster look at the last backup job"
    if not found:
        return Finding("backups", ok=False, found=f"none in {folder}", fix=fix)
    point, encrypted = found[-1]
    age = (now or datetime.now(UTC)) - point
    hours, kept = age / timedelta(hours=1), "encrypted" if encrypted else "in the clear"
    said = f"{len(found)}, the newest as of {point:%Y-%m-%dT%H:%M}Z, {hours:.1f} h ago, {kept}"
    return Finding("backups", age <= BACKUP_AGE_MAX, said, fix)
