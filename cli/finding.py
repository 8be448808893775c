"""What one look at the platform found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What one check found, and what to do when it is not well."""

    check: str
    ok: bool
    found: str
    fix: str = ""

    @property
    def code(self) -> str:
        """A stable name of what is not well, for whoever looks by program; empty when all is."""
        return "" if self.ok else self.check.upper().replace(" ", "_").replace("-", "_")
