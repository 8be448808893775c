"""Files of a backup as they are, or encrypted to public keys by age (age-encryption.org/v1).

Whoever takes backups has public keys alone, so that a machine that is broken into does not open the
backups of before. What is encrypted is so before it reaches the disk, in chunks of 64 KiB that are
authenticated one by one and by their order: one that is changed, or a file that is cut, is found.
Who made a backup is not shown by it: anybody can encrypt to a public key.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyrage
from pyrage import x25519

from cli.backup.manifest import ENCRYPTED
from cli.failures import Exit, Failure
from cli.local.folder import PRIVATE_FOLDER

PACKED: Final = ".tar"
"""Ends the name of a folder that is encrypted as one file, before ENCRYPTED."""

REST_BYTES: Final = 64 * 1024
MAKE_KEY: Final = "tianfu keys backup --out backup.age-key makes one, and prints its public half"


@dataclass(frozen=True)
class Seal:
    """To whom files are encrypted, and by whose keys they are read; plain files need neither."""

    recipients: Sequence[Any] = ()
    identities: Sequence[Any] = ()

    @classmethod
    def to(cls, public_keys: Sequence[str]) -> Seal:
        """Encrypt to public keys (age1…); raise Failure for what is none. To nobody is plain."""
        try:
            return cls(recipients=[x25519.Recipient.from_str(each) for each in public_keys])
        except pyrage.RecipientError as error:
            raise Failure(
                "RECIPIENT_INVALID",
                "--recipient is no public key of age: they begin with age1",
                MAKE_KEY,
                status=Exit.USAGE,
            ) from error

    @classmethod
    def by(cls, file: Path | None) -> Seal:
        """Read by the secret keys in a file, as age-keygen writes it; without one, plain alone."""
        if file is None:
            return cls()
        try:
            lines = [line.strip() for line in file.read_text(encoding="ascii").splitlines()]
            keys = [line for line in lines if line and not line.startswith("#")]
            found = [x25519.Identity.from_str(each) for each in keys]
        except (OSError, UnicodeDecodeError, pyrage.IdentityError):
            found = []
        if not found:
            raise Failure(
                "IDENTITY_INVALID",
                f"there is no secret key of age in {file}",
                "name the file that `tianfu keys backup` wrote",
                status=Exit.USAGE,
            )
        return cls(identities=found)

    @property
    def public_keys(self) -> list[str]:
        """To whom is encrypted."""
        return [str(each) for each in self.recipients]


def new_key() -> tuple[str, str]:
    """Return a new key as the text of its file, and its public half."""
    identity = x25519.Identity.generate()
    public = str(identity.to_public())
    return f"# public key: {public}\n{identity}\n", public


def is_there(path: Path) -> bool:
    """Say whether a file or folder is in a backup, encrypted or not."""
    return any(each.exists() for each in (path, _sealed(path), _packed(path)))


def check_key(folder: Path, files: Sequence[str], seal: Seal) -> None:
    """Raise Failure unless the keys given open each of a backup's files."""
    for name in files:
        if not name.endswith(ENCRYPTED):
            continue
        if not seal.identities:
            raise Failure(
                "IDENTITY_MISSING",
                f"{folder} is encrypted",
                "name the file of its key with --identity",
                status=Exit.USAGE,
            )
        with reading(folder / name.removesuffix(ENCRYPTED), seal) as file:
            file.read(1)


# -- one file --------------------------------------------------------------------------------------


@contextmanager
def writing(path: Path, seal: Seal) -> Iterator[BinaryIO]:
    """Open a file of a backup to be written; it has a descriptor that programs can have."""
    if not seal.recipients:
        with path.open("wb") as file:
            yield file
        return

    def encrypt(clear: BinaryIO) -> None:
        with clear, _sealed(path).open("wb") as sealed:
            pyrage.encrypt_io(clear, sealed, seal.recipients)

    out, into = os.pipe()
    work = _Work(encrypt, os.fdopen(out, "rb"))
    try:
        with os.fdopen(into, "wb") as file:
            yield file
    except BrokenPipeError:
        work.ended()  # it says why nobody reads any more
        raise
    finally:
        work.thread.join()
    work.ended()


@contextmanager
def reading(path: Path, seal: Seal) -> Iterator[BinaryIO]:
    """Open a file of a backup; raise Failure for one that is cut or changed, or another's."""
    if path.exists():
        with path.open("rb") as file:
            yield file
        return

    def decrypt(clear: BinaryIO) -> None:
        with clear, _sealed(path).open("rb") as sealed:
            pyrage.decrypt_io(sealed, clear, seal.identities)

    out, into = os.pipe()
    work = _Work(decrypt, os.fdopen(into, "wb"))
    try:
        with os.fdopen(out, "rb") as file:
            yield file
    finally:
        work.thread.join()
        _explain(path, work.error)


def _explain(path: Path, error: BaseException | None) -> None:
    """Raise what kept a file from being read; who reads no further is no error."""
    if error is None or isinstance(error, BrokenPipeError):
        return
    if isinstance(error, pyrage.DecryptError) and "No matching keys" in str(error):
        raise Failure(
            "BACKUP_KEY_WRONG",
            f"{_sealed(path)} is encrypted to another key",
            "manifest.json names the public keys that it is encrypted to (recipients)",
            status=Exit.CONFLICT,
        ) from error
    raise Failure(
        "BACKUP_DAMAGED",
        f"{_sealed(path)} is cut, or not as it was written",
        "restore another backup; with --replace, if this one was begun with",
    ) from error


class _Work:
    """What a thread does at the other end of a pipe, and how it ended."""

    def __init__(self, do: Callable[[BinaryIO], None], end: BinaryIO) -> None:
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, args=(do, end), daemon=True)
        self.thread.start()

    def _run(self, do: Callable[[BinaryIO], None], end: BinaryIO) -> None:
        try:
            do(end)
        except BaseException as error:  # noqa: BLE001 - told to whom it works for
            self.error = error

    def ended(self) -> None:
        """Wait for the end; raise what it ended with."""
        self.thread.join()
        if self.error is not None:
            raise self.error


# -- folders ---------------------------------------------------------------------------------------


def pack(named: Mapping[str, Path], target: Path, seal: Seal) -> None:
    """Copy files and folders into one of a backup, each to its name there ("." is all of it)."""
    if not seal.recipients:
        target.mkdir(mode=PRIVATE_FOLDER)
        for name, path in named.items():
            if path.is_dir():
                shutil.copytree(path, target / name, symlinks=True, dirs_exist_ok=True)
            else:
                shutil.copy2(path, target / name)
        return
    with (
        writing(target.with_name(target.name + PACKED), seal) as file,
        tarfile.open(fileobj=file, mode="w|") as archive,
    ):
        for name, path in named.items():
            archive.add(path, arcname=name)


def unpack(source: Path, target: Path, seal: Seal) -> None:
    """Make a folder as it was packed; links that lead out of it are refused."""
    if source.exists():
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        return
    with reading(source.with_name(source.name + PACKED), seal) as file:
        with tarfile.open(fileobj=file, mode="r|") as archive:
            archive.extractall(target, filter="data")
        while file.read(REST_BYTES):  # the end of an archive is padded
            pass


@contextmanager
def unpacked(source: Path, beside: Path, seal: Seal) -> Iterator[Path]:
    """Yield a folder of a backup as it is, or unpacked in a private one for as long."""
    if source.exists():
        yield source
        return
    with tempfile.TemporaryDirectory(dir=beside) as made:
        unpack(source, Path(made), seal)
        yield Path(made)


def _sealed(path: Path) -> Path:
    return path.with_name(path.name + ENCRYPTED)


def _packed(path: Path) -> Path:
    return path.with_name(path.name + PACKED + ENCRYPTED)
