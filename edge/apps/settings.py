"""Settings of a node that runs programs of the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge.settings_table import Table

GOOD_AFTER_S: Final = 30.0
"""How long a revision stays well until the node will go back to it."""

ACCEPT: Final = {"all": "all", "none": "none"}


@dataclass(frozen=True, slots=True)
class AppsSettings:
    """Whether programs of the plan are run, and by what."""

    accept: str = "all"
    podman: str = "podman"
    good_after_s: float = GOOD_AFTER_S


def parse(root: Table) -> AppsSettings:
    """Return the settings of table ``[apps]``, which may be left out."""
    table = root.table("apps")
    accept = table.choice("accept", ACCEPT, "all")
    podman = table.text("podman", "podman", pattern=r"[!-~]{1,256}", need="a program")
    good_after_s = table.number("good_after_s", GOOD_AFTER_S, low=0.1, high=86_400)
    table.done()
    return AppsSettings(accept, podman, good_after_s)
