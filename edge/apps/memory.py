"""What a restart must not forget of apps: what was well, what failed, which epochs were seen.

One JSON file, written whole and to the disk before anything is done about what it says. A file
that can't be read counts as empty: then a failed revision is tried once more, and leases are
judged by the plan's own time.
"""

from __future__ import annotations

import base64
import json
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from google.protobuf.message import DecodeError

from edge import durable_file
from edge.apps import app_message
from edge.apps.model import App
from edge.counters import Counters
from tianfu.fleet.v1 import app_pb2

NAME: Final = "memory.json"
FAILED_KEPT: Final = 8
"""Failed revisions remembered of an app."""
CLAIMS_KEPT: Final = 1024
"""Claims whose epochs are remembered."""

log = logging.getLogger(__name__)


@dataclass
class OfApp:
    """What is remembered of one app: the last revision that was well, and those that failed."""

    good: App | None = None
    failed: dict[str, str] = field(default_factory=dict)


class Memory:
    """The file, in a folder that is there."""

    def __init__(self, folder: Path, counters: Counters) -> None:
        """Read what there is."""
        self._counters = counters
        self._file = folder / NAME
        self.apps: dict[str, OfApp] = {}
        self.epochs: dict[str, int] = {}
        self.platform_us = 0
        """Latest time of the platform that was known."""
        try:
            self._load(json.loads(self._file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError, KeyError, AttributeError, DecodeError):
            log.warning("what was remembered of apps can't be read", extra={"file": NAME})
            self.apps, self.epochs, self.platform_us = {}, {}, 0

    def of(self, name: str) -> OfApp:
        """Return what is remembered of an app."""
        return self.apps.setdefault(name, OfApp())

    def is_good(self, app: App) -> bool:
        """Say whether a revision was well before."""
        good = self.of(app.name).good
        return good is not None and good.fingerprint == app.fingerprint

    def mark_good(self, app: App) -> None:
        """Remember that a revision was well."""
        known = self.of(app.name)
        known.good = app
        known.failed.pop(app.fingerprint, None)
        self.save()

    def mark_failed(self, app: App, reason: str) -> None:
        """Remember that a revision failed."""
        failed = self.of(app.name).failed
        failed.pop(app.fingerprint, None)
        failed[app.fingerprint] = reason
        while len(failed) > FAILED_KEPT:
            failed.pop(next(iter(failed)))
        self.save()

    def forget(self, name: str) -> None:
        """Forget an app that is not wanted any more."""
        if self.apps.pop(name, None) is not None:
            self.save()

    def see_epoch(self, claim: str, epoch: int) -> bool:
        """Remember the epoch of a claim's share; tell whether it is new."""
        if epoch <= self.epochs.get(claim, 0):
            return False
        self.epochs.pop(claim, None)
        self.epochs[claim] = epoch
        while len(self.epochs) > CLAIMS_KEPT:
            self.epochs.pop(next(iter(self.epochs)))
        return True

    def save(self) -> None:
        """Write the file. What a full disk does not take is known until the next start only."""
        data = {
            "apps": {
                name: {
                    "good": None if one.good is None else _text(one.good.payload),
                    "failed": one.failed,
                }
                for name, one in self.apps.items()
                if one.good is not None or one.failed
            },
            "epochs": self.epochs,
            "platform_us": self.platform_us,
        }
        try:
            durable_file.replace(self._file, json.dumps(data).encode())
            durable_file.sync_folder(self._file.parent)
        except OSError:
            self._counters.add("APP_MEMORY_UNWRITTEN")

    def _load(self, data: dict[str, Any]) -> None:
        for name, one in data["apps"].items():
            good = None if one["good"] is None else _app(one["good"])
            self.apps[name] = OfApp(good, {str(k): str(v) for k, v in one["failed"].items()})
        self.epochs = {str(claim): int(epoch) for claim, epoch in data["epochs"].items()}
        self.platform_us = int(data["platform_us"])


def _text(payload: bytes) -> str:
    return base64.b64encode(payload).decode()


def _app(text: str) -> App:
    return app_message.app(app_pb2.NodeApp.FromString(base64.b64decode(text, validate=True)))
