"""Which releases to believe: TUF's rules (theupdateframework.io, 1.0.33) over one bundle of files.

A bundle is what is published at once, by name: ``N.root.json`` for each root from the first,
``timestamp.json``, ``snapshot.json``, ``targets.json`` and the targets. What was believed last is
kept in a folder, so that nothing older is believed later.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tuf.api import exceptions
from tuf.ngclient import Updater, UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface
from typing_extensions import override

from tianfu.releases import release
from tianfu.releases.release import Release, ReleaseInvalid

BUNDLE_BYTES_MAX: Final = 512 << 10
"""Of all files together: it is one message of NATS, which takes a megabyte."""

FILES_MAX: Final = 512
ROOT_BYTES_MAX: Final = 32 << 10
TIMESTAMP_BYTES_MAX: Final = 16 << 10
SNAPSHOT_BYTES_MAX: Final = 16 << 10
TARGETS_BYTES_MAX: Final = 256 << 10
ROOTS_MAX: Final = 32
"""Times that keys are replaced between two looks of a node."""

CONFIG: Final = UpdaterConfig(
    max_root_rotations=ROOTS_MAX,
    root_max_length=ROOT_BYTES_MAX,
    timestamp_max_length=TIMESTAMP_BYTES_MAX,
    snapshot_max_length=SNAPSHOT_BYTES_MAX,
    targets_max_length=TARGETS_BYTES_MAX,
)
BASE: Final = "bundle/"
ABSENT: Final = 404

EXPIRED: Final = "UPDATE_EXPIRED"
ROLLED_BACK: Final = "UPDATE_ROLLED_BACK"
SIGNATURE_WRONG: Final = "UPDATE_SIGNATURE_WRONG"
MIXED: Final = "UPDATE_MIXED"
TOO_LARGE: Final = "UPDATE_TOO_LARGE"
INCOMPLETE: Final = "UPDATE_INCOMPLETE"
MALFORMED: Final = "UPDATE_MALFORMED"
CHANNEL_UNKNOWN: Final = "UPDATE_CHANNEL_UNKNOWN"
VERSION_UNKNOWN: Final = "UPDATE_VERSION_UNKNOWN"

# The first that fits counts: python-tuf's errors are a tree.
REASONS: Final = (
    (exceptions.ExpiredMetadataError, EXPIRED, "has expired: `tianfu releases refresh`"),
    (exceptions.BadVersionNumberError, ROLLED_BACK, "is older than what was believed before"),
    (exceptions.UnsignedMetadataError, SIGNATURE_WRONG, "is not signed by who may"),
    (exceptions.LengthOrHashMismatchError, MIXED, "is not what the files beside it name"),
    (exceptions.DownloadLengthMismatchError, TOO_LARGE, "has more bytes than allowed"),
    (exceptions.DownloadHTTPError, INCOMPLETE, "lacks a file"),
)


class UpdateRefused(Exception):
    """A bundle that is not believed, or that says nothing of what was asked for."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the stable reason code and the sentence."""
        super().__init__(message)
        self.reason = reason


class Believed:
    """What a bundle says, its metadata believed; targets are checked as they are asked for."""

    def __init__(self, updater: Updater, files: Mapping[str, bytes]) -> None:
        """Take a refreshed updater and the files that it was refreshed from."""
        self._updater = updater
        self._files = files

    def version_of(self, channel: str) -> str:
        """Return the version that a channel is at; raise UpdateRefused."""
        data = self._target(release.channel_path, channel, CHANNEL_UNKNOWN)
        with _read(f"channel {channel}"):
            return release.parsed_channel(data)

    def release(self, version: str) -> Release:
        """Return a release; raise UpdateRefused."""
        data = self._target(release.release_path, version, VERSION_UNKNOWN)
        with _read(f"release {version}"):
            found = release.parsed(data)
        if found.version != version:
            raise UpdateRefused(MALFORMED, f"release {version} calls itself {found.version}")
        return found

    def _target(self, path_of: Callable[[str], str], name: str, unknown: str) -> bytes:
        with _read(name):
            path = path_of(name)
        with _checked(path):
            target = self._updater.get_targetinfo(path)
            if target is None:
                raise UpdateRefused(unknown, f"nobody signed {path}")
            data = self._files.get(path)
            if data is None:
                raise UpdateRefused(INCOMPLETE, f"the bundle lacks {path}")
            target.verify_length_and_hashes(data)
        return data


def believe(files: Mapping[str, bytes], root: bytes, folder: Path) -> Believed:
    """Return what a bundle says; raise UpdateRefused when it is not to be believed.

    ``root`` is the root that is pinned, ``folder`` remembers what was believed last; raises OSError
    when it can't be written.
    """
    total = sum(map(len, files.values()))
    if total > BUNDLE_BYTES_MAX or len(files) > FILES_MAX:
        raise UpdateRefused(TOO_LARGE, f"{len(files)} files of {total} bytes")
    folder.mkdir(parents=True, exist_ok=True)
    with _checked("the bundle"):
        updater = Updater(str(folder), BASE, fetcher=_Bundle(files), config=CONFIG, bootstrap=root)
        try:
            updater.refresh()
        finally:
            _sync(folder)
    return Believed(updater, files)


class _Bundle(FetcherInterface):
    """Files of a bundle, in the place of a server's."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    @override
    def _fetch(self, url: str) -> Iterator[bytes]:
        content = self._files.get(url.removeprefix(BASE))
        if content is None:
            raise exceptions.DownloadHTTPError(f"no {url}", ABSENT)
        return iter((content,))


@contextmanager
def _checked(what: str) -> Iterator[None]:
    try:
        yield
    except (exceptions.RepositoryError, exceptions.DownloadError) as error:
        for kind, reason, words in REASONS:
            if isinstance(error, kind):
                raise UpdateRefused(reason, f"{what} {words}: {error}") from error
        raise UpdateRefused(MALFORMED, f"{what} can't be read: {error}") from error


@contextmanager
def _read(what: str) -> Iterator[None]:
    try:
        yield
    except ReleaseInvalid as error:
        raise UpdateRefused(MALFORMED, f"{what}: {error}") from error


def _sync(folder: Path) -> None:
    """Have what is remembered on the disk: a power cut must not make an old bundle new again."""
    for path in (*folder.glob("*.json"), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
