"""Backups as folders: whole or not at all, checked before anything is changed, a few kept."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cli.backup import database, manifest, put_back, readings, take
from cli.backup.take import PLAIN
from cli.failures import Failure
from cli.local.folder import read_json, write_json


def silent(_: str) -> None:
    """Say nothing."""


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    (folder / "nats").mkdir(parents=True)
    (folder / "nats" / "operator.pem").write_text("a key")
    return folder


def taken(keys: Path, out: Path) -> Path:
    sources = take.Sources(nats=None, database_url=None, local=(keys,))
    return asyncio.run(take.take(sources, out, silent))


def put(backup: Path) -> manifest.Manifest:
    targets = put_back.Targets(nats=None, database_url=None)
    return asyncio.run(put_back.put_back(backup, targets, silent, PLAIN, replace=False))


def test_a_backup_says_what_is_in_it(keys: Path, tmp_path: Path) -> None:
    backup = taken(keys, tmp_path / "out")

    found = manifest.read(backup)
    assert found.files.keys() == {"local/keys/nats/operator.pem"}
    assert found.point < found.finished
    assert backup.stat().st_mode & 0o777 == 0o700
    put(backup)


@pytest.mark.parametrize("harm", ["changed", "missing", "added"])
def test_what_is_damaged_is_not_restored(keys: Path, tmp_path: Path, harm: str) -> None:
    backup = taken(keys, tmp_path / "out")
    file = backup / "local" / "keys" / "nats" / "operator.pem"
    match harm:
        case "changed":
            file.write_text("a kez")
        case "missing":
            file.unlink()
        case _:
            (backup / "streams").mkdir()
            (backup / "streams" / "EVENTS").write_text("more")

    with pytest.raises(Failure) as refused:
        put(backup)

    assert refused.value.reason == "BACKUP_DAMAGED"


def test_what_was_broken_off_is_no_backup_and_leaves_nothing(keys: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    sources = take.Sources(
        nats=None, database_url="postgresql://a:b@127.0.0.1:1/tianfu", local=(keys,)
    )
    with pytest.raises(Failure) as failed:
        asyncio.run(take.take(sources, out, silent))
    assert failed.value.reason == "DATABASE_COPY_FAILED"
    assert list(out.iterdir()) == []

    # Of a writer that was killed the folder stays, and has no manifest.
    partial = out / f"{take.PREFIX}20260101T000000.000000Z{take.PARTIAL}"
    partial.mkdir()
    with pytest.raises(Failure) as refused:
        put(partial)
    assert refused.value.reason == "BACKUP_MISSING"
    kept = taken(keys, out)
    assert take.forget(out, 3) == [partial.name]
    assert list(out.iterdir()) == [kept]


def test_the_newest_are_kept_and_what_is_not_ours_stays(keys: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = [taken(keys, out) for _ in range(4)]
    (out / "notes").mkdir()

    take.forget(out, 2)

    assert sorted(out.iterdir()) == sorted([*made[2:], out / "notes"])


def test_a_backup_of_another_version_is_refused(keys: Path, tmp_path: Path) -> None:
    backup = taken(keys, tmp_path / "out")
    stored = read_json(backup / manifest.NAME)
    write_json(backup / manifest.NAME, stored | {"version": 99})

    with pytest.raises(Failure) as refused:
        put(backup)

    assert refused.value.reason == "BACKUP_VERSION"


# -- the embedded engine's folder -----------------------------------------------------------------


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    """Return a folder with a part, which never changes, and a file that does."""
    part = tmp_path / "telemetry" / "store" / "abc" / "all_1_1_0"
    part.mkdir(parents=True)
    (part / "data.bin").write_bytes(b"rows" * 1000)
    (part / readings.PART).write_text("sums")
    (part.parent / "log.txt").write_text("one\n")
    (tmp_path / "telemetry" / "data").symlink_to("store/abc")
    (tmp_path / "telemetry" / "metadata").symlink_to(tmp_path / "telemetry" / "store")
    return tmp_path / "telemetry"


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as one:
        yield one
        one.kill()


def test_a_copy_is_of_one_moment_and_the_process_goes_on(
    engine: Path, tmp_path: Path, process: subprocess.Popen[bytes]
) -> None:
    target = tmp_path / "copy"

    took_s = readings.copy_folder(engine, target, process.pid, PLAIN)
    (engine / "store" / "abc" / "log.txt").write_text("one\ntwo\n")
    shutil.rmtree(engine / "store" / "abc" / "all_1_1_0")  # merged away

    assert took_s > 0
    assert psutil.Process(process.pid).status() != psutil.STATUS_STOPPED
    assert (target / "store" / "abc" / "log.txt").read_text() == "one\n"
    assert (target / "store" / "abc" / "all_1_1_0" / "data.bin").stat().st_size == 4000
    assert (target / "data").readlink() == Path("store/abc")
    assert (target / "metadata").readlink() == Path("store")
    assert not engine.with_name("telemetry.frozen").exists()


def test_a_process_goes_on_when_a_copy_fails(
    engine: Path, tmp_path: Path, process: subprocess.Popen[bytes]
) -> None:
    target = engine / "not" / "there"
    (engine / "store" / "abc" / "gone").symlink_to("nowhere")

    with pytest.raises(OSError, match="gone"):
        readings.copy_folder(engine, target, process.pid, PLAIN)

    assert psutil.Process(process.pid).status() != psutil.STATUS_STOPPED


def test_a_url_of_a_database_is_taken_apart() -> None:
    server = database.Server.of("postgresql+asyncpg://tianfu:a%40b@db.example:5433/tianfu")

    assert server == database.Server("db.example", 5433, "tianfu", "tianfu", "a@b")
    with pytest.raises(Failure, match="no URL of a database"):
        database.Server.of("mysql://x/y")


def test_what_rows_hold_is_in_no_error() -> None:
    said = (
        'pg_restore: error: COPY failed for table "patients": ERROR:  duplicate key value '
        'violates unique constraint "patients_pkey"\n'
        "DETAIL:  Key (name)=(Zhang San) already exists.\n"
        'CONTEXT:  COPY patients, line 3: "Zhang San\t1980"\n'
        'pg_restore: error: COPY failed: ERROR:  invalid input syntax for type date: "Zhang San"\n'
    )
    shown = database.harmless("pg_restore", said)
    assert len(shown) == 2
    assert "Zhang" not in "".join(shown)
    assert "patients_pkey" in shown[0]
