"""Encrypted backups: nothing in the clear, one key that opens them, damage that is found."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.backup import manifest, put_back, readings, sealing, take
from cli.backup.sealing import Seal
from cli.failures import Failure
from cli.keys import app as keys_app
from cli.local.folder import read_json, write_json

SECRET = b"a key of the platform" * 10_000


def silent(_: str) -> None:
    """Say nothing."""


@pytest.fixture
def key(tmp_path: Path) -> tuple[Path, str]:
    """Return the file of a key, and its public half, as the command makes them."""
    file = tmp_path / "backup.age-key"
    done = CliRunner().invoke(keys_app, ["backup", "--out", str(file)])
    assert done.exit_code == 0, done.output
    assert file.stat().st_mode & 0o777 == 0o600
    return file, done.stdout.strip().splitlines()[0]


@pytest.fixture
def backup(tmp_path: Path, key: tuple[Path, str]) -> Path:
    """Return an encrypted backup of a folder and a file."""
    folder = tmp_path / "keys"
    (folder / "nats").mkdir(parents=True)
    (folder / "nats" / "operator.pem").write_bytes(SECRET)
    (tmp_path / "state.json").write_text('{"ports": {}}')
    sources = take.Sources(None, None, local=(folder, tmp_path / "state.json"))
    return asyncio.run(take.take(sources, tmp_path / "out", silent, Seal.to([key[1]])))


def put(backup: Path, seal: Seal) -> manifest.Manifest:
    return asyncio.run(
        put_back.put_back(backup, put_back.Targets(None, None), silent, seal, replace=False)
    )


def test_what_is_encrypted_comes_back_by_its_key(
    backup: Path, key: tuple[Path, str], tmp_path: Path
) -> None:
    seal = Seal.by(key[0])
    found = put(backup, seal)

    assert found.recipients == [key[1]]
    assert found.version == manifest.VERSION_ENCRYPTED
    assert found.files.keys() == {"local.tar.age"}
    assert b"a key" not in (backup / "local.tar.age").read_bytes()
    with sealing.unpacked(backup / manifest.LOCAL, tmp_path, seal) as there:
        assert (there / "keys" / "nats" / "operator.pem").read_bytes() == SECRET
        assert (there / "state.json").exists()
    assert not there.exists()


def test_another_key_opens_nothing(backup: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text(sealing.new_key()[0])

    for seal, reason in ((Seal.by(other), "BACKUP_KEY_WRONG"), (Seal(), "IDENTITY_MISSING")):
        with pytest.raises(Failure) as refused:
            put(backup, seal)
        assert refused.value.reason == reason


@pytest.mark.parametrize("at", [1, 300, 65_836, 100_000], ids=["header", "body", "chunk", "later"])
@pytest.mark.parametrize("harm", ["cut", "changed"])
def test_what_is_cut_or_changed_is_found_without_its_digest(
    backup: Path, key: tuple[Path, str], tmp_path: Path, at: int, harm: str
) -> None:
    file = backup / "local.tar.age"
    content = file.read_bytes()
    assert len(content) > at
    rest = b"" if harm == "cut" else bytes([content[at] ^ 1]) + content[at + 1 :]
    file.write_bytes(content[:at] + rest)

    with pytest.raises(Failure) as damaged:
        put(backup, Seal.by(key[0]))
    assert damaged.value.reason == "BACKUP_DAMAGED"

    # By whoever writes the manifest anew too.
    described = manifest.read(backup)
    replace(described, files=manifest.digests(backup)).write(backup)
    with pytest.raises(Failure) as refused:
        sealing.unpack(backup / manifest.LOCAL, tmp_path / "made", Seal.by(key[0]))
    assert refused.value.reason in {"BACKUP_DAMAGED", "BACKUP_KEY_WRONG"}


def test_a_folder_with_links_is_one_encrypted_file(key: tuple[Path, str], tmp_path: Path) -> None:
    engine = tmp_path / "telemetry"
    (engine / "store").mkdir(parents=True)
    (engine / "store" / "rows").write_bytes(SECRET)
    (engine / "data").symlink_to("store")

    readings.copy_folder(engine, tmp_path / "readings", None, Seal.to([key[1]]))
    sealing.unpack(tmp_path / "readings", tmp_path / "again", Seal.by(key[0]))

    assert not (tmp_path / "readings").exists()
    assert (tmp_path / "again" / "data").readlink() == Path("store")
    assert (tmp_path / "again" / "data" / "rows").read_bytes() == SECRET


def test_what_can_not_be_written_ends_a_backup(key: tuple[Path, str], tmp_path: Path) -> None:
    (tmp_path / "full.age").symlink_to("/dev/full")

    def write() -> None:
        with sealing.writing(tmp_path / "full", Seal.to([key[1]])) as file:
            for _ in range(100):
                file.write(SECRET)

    with pytest.raises(OSError, match="No space left"):
        write()


def test_keys_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure) as refused:
        Seal.to(["age1nobody"])
    assert refused.value.reason == "RECIPIENT_INVALID"
    (tmp_path / "empty").write_text("# nothing\n")
    with pytest.raises(Failure) as refused:
        Seal.by(tmp_path / "empty")
    assert refused.value.reason == "IDENTITY_INVALID"


def test_plain_backups_stay_of_the_version_that_others_read(tmp_path: Path) -> None:
    sources = take.Sources(None, None)
    made = asyncio.run(take.take(sources, tmp_path / "out", silent))
    stored = read_json(made / manifest.NAME)
    assert stored is not None
    assert stored["version"] == manifest.VERSION
    # One of before has no word of recipients.
    del stored["recipients"]
    write_json(made / manifest.NAME, stored)
    assert manifest.read(made).recipients == ()
