"""A folder of signed releases: TUF's metadata and targets, and the wheels beside them.

``metadata`` has ``N.root.json``, ``targets.json``, ``snapshot.json`` and ``timestamp.json``,
``targets`` the small files that are signed, ``wheels`` each wheel by its name. It holds no secret.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from cli.failures import Exit, Failure
from cli.keyfiles import KeyFiles
from tianfu.releases import release, trust
from tianfu.releases.release import Release, ReleaseInvalid, ReleaseWheel
from tianfu.releases.trust import Believed, UpdateRefused

ROLES: Final = ("root", "targets", "snapshot", "timestamp")
LIVES: Final = {
    "root": timedelta(days=365),
    "targets": timedelta(days=365),
    "snapshot": timedelta(days=14),
    "timestamp": timedelta(days=14),
}
"""How long each is good. What is kept back from a node is noticed when the timestamp ends; whoever
refreshes it each week may miss a week."""


@dataclass(frozen=True)
class Repository:
    """A folder of releases, and the keys that sign for it."""

    folder: Path
    keys: KeyFiles
    now: datetime

    # -- what is changed -----------------------------------------------------------------------

    def create(self) -> Path:
        """Make keys and empty metadata; return the root's file, which nodes are to trust."""
        if self._path("1.root.json").exists() or (self.keys.folder / "root.pem").exists():
            raise Failure(
                "KEYS_EXIST",
                f"there are keys in {self.keys.folder}, or metadata in {self.folder}",
                "nodes that trust them would believe no others: choose other folders",
                status=Exit.CONFLICT,
            )
        self.keys.begin()
        self._path("").mkdir(parents=True, exist_ok=True)
        root = Root(consistent_snapshot=False)
        for role in ROLES:
            self.keys.write(role, Ed25519PrivateKey.generate())
            root.add_key(self._signer(role).public_key, role)
        self._write("targets.json", Targets(), "targets")
        self._write("snapshot.json", Snapshot(), "snapshot")
        self._write("timestamp.json", Timestamp(), "timestamp")
        self._stamp()
        self._write("1.root.json", root, "root")  # last: where it is, all is
        return self._path("1.root.json")

    def add(self, version: str, wheels: Sequence[Path]) -> Release:
        """Sign a release of these wheels; a version that is there already is refused."""
        targets = self._targets()
        try:
            made = release.parsed(release.rendered(Release(version, tuple(map(measured, wheels)))))
            path = release.release_path(version)
        except ReleaseInvalid as error:
            raise Failure("RELEASE_INVALID", str(error), status=Exit.USAGE) from error
        if path in targets.signed.targets:
            raise Failure(
                "RELEASE_EXISTS",
                f"release {version} is signed already",
                "nodes that have it would not take another under its name: raise the version",
                status=Exit.CONFLICT,
            )
        (self.folder / "wheels").mkdir(exist_ok=True)
        for wheel in wheels:
            _write(self.folder / "wheels" / wheel.name, wheel.read_bytes())
        self._put(targets.signed, path, release.rendered(made))
        self._sign(targets.signed, "targets")
        self._stamp()
        return made

    def point(self, channel: str, version: str) -> None:
        """Have a channel at a version that is signed."""
        targets = self._targets()
        try:
            path, content = release.channel_path(channel), release.rendered_channel(version)
        except ReleaseInvalid as error:
            raise Failure("RELEASE_INVALID", str(error), status=Exit.USAGE) from error
        self._known(targets.signed, version)
        self._put(targets.signed, path, content)
        self._sign(targets.signed, "targets")
        self._stamp()

    def withdraw(self, version: str) -> None:
        """Sign a release no more: no node installs it again, whatever a plan says."""
        targets = self._targets()
        path = self._known(targets.signed, version)
        if at := [channel for channel, one in self.channels().items() if one == version]:
            raise Failure(
                "RELEASE_IN_CHANNEL",
                f"channel {at[0]} is at {version}",
                f"`tianfu releases point {at[0]} OTHER` first",
                status=Exit.CONFLICT,
            )
        del targets.signed.targets[path]
        self._sign(targets.signed, "targets")
        self._stamp()

    def refresh(self) -> None:
        """Sign snapshot and timestamp anew, for another fortnight."""
        self._stamp()

    def rotate(self, role: str) -> Path:
        """Replace a role's key by a new one; return the new root's file.

        Nodes learn of it from the root before, so that none has to be told. For the root itself
        the new root has both signatures.
        """
        number = self.root_version()
        root = self._load(f"{number}.root.json")
        before = self._signer("root")
        old = self._signer(role).public_key.keyid
        key = Ed25519PrivateKey.generate()
        fresh = CryptoSigner(key)
        self.keys.write(f"{role}-next", key)  # before the root that names it
        root.signed.revoke_key(old, role)
        root.signed.add_key(fresh.public_key, role)
        signers = (fresh, before) if role == "root" else (before,)
        root.signed.version += 1
        made = self._write(f"{number + 1}.root.json", root.signed, "root", signers)
        self.keys.write(role, key)
        (self.keys.folder / f"{role}-next.pem").unlink()
        if role == "targets":
            self._sign(self._targets().signed, "targets")
        self._stamp()
        return made

    # -- what is there -------------------------------------------------------------------------

    def root_version(self) -> int:
        """Return the newest root's number; raise Failure where there is none."""
        numbers = [int(p.name.split(".")[0]) for p in self._path("").glob("*.root.json")]
        if not numbers:
            raise Failure(
                "RELEASES_MISSING",
                f"there are no releases in {self.folder}",
                "`tianfu keys updates` begins them",
                status=Exit.NOT_FOUND,
            )
        return max(numbers)

    def ends(self) -> dict[str, datetime]:
        """Return when each role's metadata ends."""
        number = self.root_version()
        names = {role: f"{role}.json" for role in ROLES[1:]} | {"root": f"{number}.root.json"}
        return {role: self._load(names[role]).signed.expires for role in ROLES}

    def channels(self) -> dict[str, str]:
        """Return the version that each channel is at."""
        found = {}
        for path in sorted(self._targets().signed.targets):
            if path.startswith("channels/"):
                content = (self.folder / "targets" / path).read_bytes()
                found[Path(path).stem] = release.parsed_channel(content)
        return found

    def releases(self) -> list[Release]:
        """Return the releases that are signed, in order of their names."""
        paths = sorted(self._targets().signed.targets)
        folder = self.folder / "targets"
        return [
            release.parsed((folder / p).read_bytes()) for p in paths if p.startswith("releases/")
        ]

    def files(self) -> dict[str, bytes]:
        """Return what is published, checked as a node checks it; raise Failure."""
        last = self.root_version()
        names = [f"{n}.root.json" for n in range(max(1, last - trust.ROOTS_MAX + 1), last + 1)]
        names += ["timestamp.json", "snapshot.json", "targets.json"]
        found = {name: self._path(name).read_bytes() for name in names}
        for path in self._targets().signed.targets:
            found[path] = (self.folder / "targets" / path).read_bytes()
        root = self._path(f"{last}.root.json").read_bytes()
        try:
            with tempfile.TemporaryDirectory() as folder:
                self._ask(trust.believe(found, root, Path(folder)))
        except UpdateRefused as error:
            raise Failure(
                error.reason, str(error), "`tianfu releases refresh` signs anew what has ended"
            ) from error
        return found

    def wheel(self, one: ReleaseWheel) -> bytes:
        """Return a wheel's bytes, which are those of its sum; raise Failure."""
        path = self.folder / "wheels" / one.name
        content = path.read_bytes()
        if sha256(content).hexdigest() != one.sha256:
            raise Failure("WHEEL_CHANGED", f"{path} is not the file that was signed")
        return content

    # -- pieces --------------------------------------------------------------------------------

    def _ask(self, believed: Believed) -> None:
        for channel, version in self.channels().items():
            believed.release(believed.version_of(channel))
            believed.release(version)

    def _path(self, name: str) -> Path:
        return self.folder / "metadata" / name

    def _signer(self, role: str) -> CryptoSigner:
        return CryptoSigner(self.keys.read(role))

    def _load(self, name: str) -> Metadata[Any]:
        return Metadata.from_file(str(self._path(name)))

    def _targets(self) -> Metadata[Targets]:
        self.root_version()
        try:
            return self._load("targets.json")
        except RepositoryError as error:
            text = f"{self._path('targets.json')}: {error}"
            raise Failure("RELEASES_DAMAGED", text, "bring it back from a copy") from error

    def _known(self, targets: Targets, version: str) -> str:
        try:
            path = release.release_path(version)
        except ReleaseInvalid as error:
            raise Failure("RELEASE_INVALID", str(error), status=Exit.USAGE) from error
        if path not in targets.targets:
            raise Failure(
                "RELEASE_UNKNOWN",
                f"no release {version} is signed in {self.folder}",
                "`tianfu releases list` shows those that are",
                status=Exit.NOT_FOUND,
            )
        return path

    def _put(self, targets: Targets, path: str, content: bytes) -> None:
        file = self.folder / "targets" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, content)
        targets.targets[path] = TargetFile.from_data(path, content, ["sha256"])

    def _stamp(self) -> None:
        """Sign a snapshot of the targets, and a timestamp of the snapshot."""
        snapshot = self._load("snapshot.json").signed
        snapshot.meta["targets.json"] = self._meta("targets.json")
        self._sign(snapshot, "snapshot")
        timestamp = self._load("timestamp.json").signed
        timestamp.snapshot_meta = self._meta("snapshot.json")
        self._sign(timestamp, "timestamp")

    def _meta(self, name: str) -> MetaFile:
        content = self._path(name).read_bytes()
        version = self._load(name).signed.version
        return MetaFile.from_data(version, content, ["sha256"])

    def _sign(self, signed: Any, role: str) -> None:
        """Write a role's metadata with its next version."""
        signed.version += 1
        self._write(f"{role}.json", signed, role)

    def _write(
        self, name: str, signed: Any, role: str, signers: Sequence[CryptoSigner] = ()
    ) -> Path:
        """Write metadata with a new end, signed by its role or by others; return its file."""
        signed.expires = (self.now + LIVES[role]).replace(microsecond=0)
        metadata = Metadata(signed)
        for signer in signers or (self._signer(role),):
            metadata.sign(signer, append=True)
        path = self._path(name)
        _write(path, metadata.to_bytes())
        return path


def measured(path: Path) -> ReleaseWheel:
    """Return what is signed of a wheel; raise Failure."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Failure("WHEEL_UNREADABLE", f"{path}: {error.strerror}", status=Exit.USAGE) from error
    return ReleaseWheel(path.name, sha256(content).hexdigest(), len(content))


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_bytes(content)
    fresh.replace(path)
