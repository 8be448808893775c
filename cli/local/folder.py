"""The data folder of a local platform: what lies where, and the lock that one stack holds."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cli.failures import Exit, Failure

DEFAULT: Final = Path(".tianfu")
PRIVATE_FOLDER: Final = 0o700
PRIVATE_FILE: Final = 0o600


@dataclass(frozen=True)
class Folder:
    """Paths below a data folder."""

    root: Path

    @classmethod
    def at(cls, path: Path) -> Folder:
        """Return the folder at ``path``, which need not exist."""
        return cls(path.expanduser().resolve())

    @property
    def keys(self) -> Path:
        """Seeds and private keys; nobody else may read them."""
        return self.root / "keys"

    @property
    def logs(self) -> Path:
        """One log per process, and the one before."""
        return self.root / "logs"

    @property
    def traces(self) -> Path:
        """Spans as JSON lines, a file per process."""
        return self.root / "traces"

    @property
    def settings(self) -> Path:
        """Configuration files that are written at each start."""
        return self.root / "settings"

    @property
    def edge(self) -> Path:
        """The spools of the nodes."""
        return self.root / "edge"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data."""
        return self.root / "postgres"

    @property
    def nats(self) -> Path:
        """JetStream's data."""
        return self.root / "nats"

    @property
    def telemetry(self) -> Path:
        """The telemetry service's data."""
        return self.root / "telemetry"

    @property
    def state(self) -> Path:
        """What was chosen at the first start and stays: ports, nodes, passwords."""
        return self.root / "state.json"

    @property
    def context(self) -> Path:
        """Where the other commands find the platform."""
        return self.root / "context.json"

    @property
    def pids(self) -> Path:
        """The processes of the running stack."""
        return self.root / "pids.json"

    @property
    def drill_pids(self) -> Path:
        """The processes of a drill that `tianfu drill` plays."""
        return self.root / "drill-pids.json"

    @property
    def drill_lock(self) -> Path:
        """Held by whoever plays a drill."""
        return self.root / "drill-lock"

    @property
    def lock(self) -> Path:
        """Held by the supervisor as long as it lives."""
        return self.root / "lock"

    def make(self) -> None:
        """Make the folders; raise Failure where a context of a platform elsewhere is kept."""
        try:
            self._refuse_elsewhere()
            self.root.mkdir(parents=True, exist_ok=True)
            for path in (self.logs, self.traces, self.settings, self.edge, self.nats):
                path.mkdir(exist_ok=True)
            self.telemetry.mkdir(exist_ok=True)
            self.keys.mkdir(exist_ok=True, mode=PRIVATE_FOLDER)
            self.keys.chmod(PRIVATE_FOLDER)
        except OSError as error:
            raise Failure(
                "DATA_FOLDER_UNUSABLE",
                f"data folder {self.root}: {error.strerror}",
                "choose another folder with --data",
                status=Exit.USAGE,
            ) from error

    def _refuse_elsewhere(self) -> None:
        if (read_json(self.context) or {}).get("elsewhere"):
            raise Failure(
                "CONTEXT_ELSEWHERE",
                f"{self.root} is the context of a platform elsewhere: nothing is run in it",
                "name a folder of this machine with --data, or use another context",
                status=Exit.USAGE,
            )


def write_private(path: Path, text: str) -> None:
    """Replace a file at once with one that only its owner may read."""
    temporary = path.with_name(f"{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)


def write_json(path: Path, value: Any) -> None:
    """Replace a file at once with ``value`` as JSON."""
    write_private(path, json.dumps(value, indent=2) + "\n")


def read_json(path: Path) -> Any:
    """Return what a JSON file holds, None when there is no such file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise Failure(
            "DATA_FOLDER_DAMAGED",
            f"{path} is not JSON: {error}",
            f"remove {path} and start again; the stored readings are not in it",
        ) from error


@contextmanager
def locked(folder: Folder) -> Iterator[None]:
    """Hold the folder's lock; refuse when another supervisor holds it."""
    refusal = Failure(
        "STACK_RUNNING",
        f"a platform runs already in {folder.root}",
        f"`tianfu down --data {folder.root}` stops it; --data names another folder",
        status=Exit.CONFLICT,
    )
    with _held(folder.lock, refusal):
        yield


@contextmanager
def drill_locked(folder: Folder) -> Iterator[None]:
    """Hold the drill's lock: two earthquakes at the same stations would be neither."""
    refusal = Failure(
        "DRILL_RUNNING",
        f"a drill is being played already in {folder.root}",
        "wait until it is over; `tianfu up --no-drill` starts a platform without one",
        status=Exit.CONFLICT,
    )
    with _held(folder.drill_lock, refusal):
        yield


@contextmanager
def _held(lock: Path, refusal: Failure) -> Iterator[None]:
    with lock.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            refusal.message += f" (process {holder})"
            raise refusal from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def holder(folder: Folder) -> int | None:
    """Return the process id of the supervisor that runs in the folder, None when none does."""
    try:
        with folder.lock.open("r+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                text = file.read().strip()
                return int(text) if text.isdigit() else None
            return None
    except FileNotFoundError:
        return None
