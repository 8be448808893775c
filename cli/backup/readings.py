"""Readings as files: the embedded engine's folder, or tables of a ClickHouse by HTTP.

The embedded engine has its folder for itself. Its process is stopped for as long as it takes to
link its files under other names, so that what is copied is what a crash at that moment would have
left. Parts of ClickHouse never change once they are there; all other files are copied.

By HTTP each table is a file of Native blocks. What is committed later is written first: accounts,
then the ledger, then readings. Readings of blocks that the ledger does not have are what a crash
leaves, and the service removes them when it starts.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import time
import urllib.error
import urllib.request
import urllib.response
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast
from urllib.parse import quote, urlsplit

import psutil

from cli.backup import sealing
from cli.backup.sealing import Seal
from cli.failures import Exit, Failure

PART: Final = "checksums.txt"
"""The file that a complete part of a table has, written last."""

STOPPED_S: Final = 10.0
POLL_S: Final = 0.001
HTTP_S: Final = 3600.0
COPY_BYTES: Final = 1024 * 1024
DATABASE: Final = "tianfu"
ROWS: Final = ".native"
MADE_BY: Final = ".sql"
# In this order: what says that something is there before what is there.
TABLES: Final = (
    "rollup_progress",
    "marks",
    "counters",
    "batches",
    "readings",
    "retired_readings",
    "dropped_readings",
    "minutes",
    "quarter_hours",
    "series",
)


# -- the embedded engine -------------------------------------------------------------------------


def copy_folder(source: Path, target: Path, pid: int | None, seal: Seal) -> float:
    """Copy the engine's folder as it is at one moment; return for how long it was stopped.

    ``pid`` is the process that has it, None when none runs. ``target`` is made beside nothing.
    """
    frozen = source.with_name(f"{source.name}.frozen")
    shutil.rmtree(frozen, ignore_errors=True)  # of a backup that was killed
    try:
        began = time.monotonic()
        with stopped(pid):
            _link(source, frozen)
            took = time.monotonic() - began
        sealing.pack({".": frozen}, target, seal)
    finally:
        shutil.rmtree(frozen, ignore_errors=True)
    return took


@contextmanager
def stopped(pid: int | None) -> Iterator[None]:
    """Stop a process while the block lasts; it goes on whatever happens."""
    if pid is None:
        yield
        return
    process = psutil.Process(pid)
    process.send_signal(signal.SIGSTOP)
    try:
        deadline = time.monotonic() + STOPPED_S
        while process.status() != psutil.STATUS_STOPPED:
            if time.monotonic() > deadline:
                raise Failure("PROCESS_RUNS_ON", f"process {pid} did not stop: nothing was copied")
            time.sleep(POLL_S)
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def _link(source: Path, target: Path) -> None:
    for base, folders, files in os.walk(source):
        place = target / Path(base).relative_to(source)
        place.mkdir(parents=True)
        is_part = PART in files
        for name in files:
            if is_part:
                os.link(Path(base) / name, place / name)
            else:
                shutil.copy2(Path(base) / name, place / name)
        for name in [each for each in folders if (Path(base) / each).is_symlink()]:
            (place / name).symlink_to(_within(source, Path(base), name))
            folders.remove(name)


def _within(source: Path, base: Path, name: str) -> Path:
    """Return where a link leads, so that it still does when the folder is elsewhere."""
    leads = (base / name).readlink()
    if leads.is_absolute() and leads.is_relative_to(source):
        return Path(os.path.relpath(leads, base))
    return leads


# -- a ClickHouse by HTTP ------------------------------------------------------------------------


def export(url: str, target: Path, seal: Seal) -> None:
    """Write each table that there is to a file, and the statement that made it to another."""
    target.mkdir()
    for table in TABLES:
        made = _text(url, _about("create_table_query", table))
        if not made:
            continue
        with sealing.writing(target / f"{table}{MADE_BY}", seal) as file:
            file.write(made.encode())
        with (
            _post(url, f"{_all('*', table)} FORMAT Native") as answer,
            sealing.writing(target / f"{table}{ROWS}", seal) as file,
        ):
            shutil.copyfileobj(answer, file, COPY_BYTES)


def is_empty(url: str) -> bool:
    """Say whether no table of telemetry's has a row."""
    for table in TABLES:
        there = _text(url, _about("count()", table)) != "0"
        if there and _text(url, _all("count()", table)) != "0":
            return False
    return True


def load(url: str, source: Path, seal: Seal, *, replace: bool) -> None:
    """Make the tables of files; ``replace`` takes away what is in them."""
    _text(url, f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
    for table in reversed(TABLES):
        made = source / f"{table}{MADE_BY}"
        if not sealing.is_there(made):
            continue
        with sealing.reading(made, seal) as file:
            statement = file.read().decode()
        _text(url, statement.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1))
        if replace:
            _text(url, f"TRUNCATE TABLE {DATABASE}.{table}")
        with sealing.reading(source / f"{table}{ROWS}", seal) as rows:
            if cast("io.BufferedReader", rows).peek(1):
                _post(url, f"INSERT INTO {DATABASE}.{table} FORMAT Native", rows).close()


def _about(column: str, table: str) -> str:
    where = f"database = '{DATABASE}' AND name = '{table}'"
    return f"SELECT {column} FROM system.tables WHERE {where}"  # noqa: S608 - names of ours


def _all(columns: str, table: str) -> str:
    return f"SELECT {columns} FROM {DATABASE}.{table}"  # noqa: S608 - names of ours


def _text(url: str, sql: str) -> str:
    wanted = f"{sql} FORMAT TabSeparatedRaw" if sql.startswith("SELECT") else sql
    with _post(url, wanted) as answer:
        return str(answer.read().decode()).strip()


def _post(url: str, sql: str, rows: BinaryIO | None = None) -> urllib.response.addinfourl:
    parts = urlsplit(url)
    plain = f"{parts.scheme}://{parts.hostname}:{parts.port or 8123}/?query={quote(sql)}"
    headers = {}
    if parts.username:
        headers = {"X-ClickHouse-User": parts.username, "X-ClickHouse-Key": parts.password or ""}
    # Rows go in chunks: how many bytes they are decrypted is known at their end.
    body = b"" if rows is None else rows
    request = urllib.request.Request(plain, data=body, headers=headers, method="POST")  # noqa: S310 - a ClickHouse of ours
    try:
        answer: urllib.response.addinfourl = urllib.request.urlopen(request, timeout=HTTP_S)  # noqa: S310 - as above
    except urllib.error.HTTPError as error:
        said = error.read(500).decode("utf-8", "replace")
        raise _failed(f"status {error.code}: {said}") from error
    except OSError as error:
        raise _failed(str(error)) from error
    return answer


def _failed(why: str) -> Failure:
    return Failure(
        "READINGS_COPY_FAILED",
        f"ClickHouse: {why}",
        "is it up, and may the user read, or make, the tables of the database tianfu?",
        status=Exit.UNAVAILABLE,
    )
