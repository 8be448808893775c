"""``python -m cli.local.postgres_member SETTINGS NAME``: become what the record says a member is.

The primary, on the data there is; or the primary's standby, on a copy of its data that is made anew
when there has been another primary since.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from cli.local.postgres_pair import ADMINISTRATOR, HOST, Pair, Record, Settings, other_of

COPY_S: Final = 600.0
"""For a copy of the primary's data: minutes on a slow card."""

ASK_S: Final = 10.0
POLL_S: Final = 0.2
SIGNAL: Final = "standby.signal"
"""PostgreSQL's own sign of a standby."""

COPY_OF: Final = "tianfu-copy-of"
"""In a standby's data: of which generation's primary it is a copy."""

OWN_SETTINGS: Final = "postgresql.auto.conf"
"""What was set at run time, which a copy has of its primary: for the new one it would be wrong."""


def say(text: str) -> None:
    """Write a line into our log."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def begin(pair: Pair, name: str) -> Record:
    """Return what we are from now on. Nothing of our former life runs: its lock is ours.

    A primary that starts alone takes no standby for granted, and neither does a standby itself.
    """
    with pair.locked():
        record = pair.read()
        if record.primary == name and record.in_sync and pair.is_alive(other_of(name)):
            # The other has all that we acknowledged, and is there: it is the quicker one.
            return pair.write(record.handed_over())
        starts = record.starts + (record.primary != name)
        return pair.write(replace(record, in_sync=False, starts=starts))


def copy(settings: Settings, name: str, record: Record) -> None:
    """Make our data a copy of the primary's, once that answers as one."""
    data, primary = settings.data(name), settings.ports[record.primary]
    beside = data.with_name(f"{data.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    arguments = [
        str(settings.binaries / "pg_basebackup"),
        f"--pgdata={beside}",
        f"--host={HOST}",
        f"--port={primary}",
        f"--username={ADMINISTRATOR}",
        "--no-password",
        "--checkpoint=fast",
        "--wal-method=stream",
        "--no-sync",
    ]
    environment = {**os.environ, "PGPASSFILE": str(settings.passwords)}
    subprocess.run(arguments, check=True, timeout=COPY_S, env=environment)  # noqa: S603 - our own
    (beside / OWN_SETTINGS).write_text("", encoding="ascii")
    (beside / SIGNAL).touch()
    (beside / COPY_OF).write_text(json.dumps(record.generation), encoding="ascii")
    os.sync()
    shutil.rmtree(data, ignore_errors=True)
    beside.rename(data)


def is_copy(data: Path, record: Record) -> bool:
    """Say whether data are a copy of this generation's primary, to go on from where it was."""
    with contextlib.suppress(OSError, ValueError):
        generation = json.loads((data / COPY_OF).read_text(encoding="ascii"))
        return bool(generation == record.generation and (data / SIGNAL).exists())
    return False


def answers_as_primary(settings: Settings, name: str) -> bool:
    """Ask a member whether it takes writes."""
    question = "SELECT NOT pg_is_in_recovery()"
    environment = {**os.environ, "PGPASSFILE": str(settings.passwords), "PGCONNECT_TIMEOUT": "2"}
    arguments = [
        *(str(settings.binaries / "psql"), "-XAtw", "-h", HOST, "-p", str(settings.ports[name])),
        *("-U", ADMINISTRATOR, "-d", "postgres", "-c", question),
    ]
    with contextlib.suppress(subprocess.TimeoutExpired):
        answer = subprocess.run(  # noqa: S603 - our own
            arguments, check=False, timeout=ASK_S, env=environment, capture_output=True
        )
        return answer.stdout.strip() == b"t"
    return False


def become(settings: Settings, pair: Pair, name: str) -> list[str]:
    """Return the command line of what we are to be, with the data that it needs in place."""
    record = begin(pair, name)
    data = settings.data(name)
    options = dict(settings.options) | {"port": str(settings.ports[name])}
    if record.primary == name:
        say(f"{name}: primary of generation {record.generation}")
        (data / OWN_SETTINGS).write_text("", encoding="ascii")
    else:
        say(f"{name}: standby of {record.primary}, generation {record.generation}")
        while not is_copy(data, record):
            while not answers_as_primary(settings, record.primary):
                if pair.read().primary != record.primary:
                    return become(settings, pair, name)
                time.sleep(POLL_S)
            copy(settings, name, record)
        options["primary_conninfo"] = (
            f"host={HOST} port={settings.ports[record.primary]} user={ADMINISTRATOR} "
            f"passfile='{settings.passwords}' application_name={name}"
        )
    arguments = [str(settings.binaries / "postgres"), "-D", str(data)]
    for option, value in options.items():
        arguments += ["-c", f"{option}={value}"]
    return arguments


def main(arguments: list[str]) -> None:
    """Become PostgreSQL; return only by raising."""
    settings, name = Settings.read(Path(arguments[0])), arguments[1]
    pair = Pair(settings.folder)
    pair.live(name)
    command = become(settings, pair, name)
    os.execv(command[0], command)  # noqa: S606 - becoming a program is its purpose


if __name__ == "__main__":
    main(sys.argv[1:])
