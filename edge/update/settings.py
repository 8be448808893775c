"""Settings of a node that renews its agent by itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.settings_table import Table
from edge.update.state import FOLDER
from tianfu.releases import release

HEALTH_S: Final = 120.0
"""What a new release has until the platform has answered it: a radio that is slow to come up takes
a minute."""

HEALTH_S_MIN: Final = 1.0
HEALTH_S_MAX: Final = 3_600.0


ROOT: Final = "root.json"


def pinned_root(data_dir: Path) -> Path:
    """Return where the root is that was handed over at enrolment, for settings that name none."""
    return data_dir / FOLDER / ROOT


@dataclass(frozen=True, slots=True)
class UpdateSettings:
    """Whom to believe, which channel, and how long a new release has."""

    root_file: Path
    channel: str
    health_s: float


def parse(root: Table, folder: Path, data_dir: Path) -> UpdateSettings | None:
    """Return the settings, None when the file has no table of updates."""
    if not root.has("update"):
        root.table("update")
        return None
    table = root.table("update")
    root_file = table.file("root_file", folder) or pinned_root(data_dir)
    channel = table.text(
        "channel", release.STABLE, pattern=release.CHANNEL_PATTERN.pattern, need="a channel's name"
    )
    health_s = table.number("health_s", HEALTH_S, low=HEALTH_S_MIN, high=HEALTH_S_MAX)
    table.done()
    return UpdateSettings(root_file, channel, health_s)
