"""What keeps a process from starting: one line for a person, one exit status for a supervisor."""

from __future__ import annotations

from typing import Final

EXIT_FAILURE: Final = 1
EXIT_SETTINGS: Final = 2
"""Exit status of a process whose settings are wrong."""

EXIT_PORT_IN_USE: Final = 3
"""Exit status of a process whose port another one holds."""


class CannotStart(Exception):
    """The process can't start; ``reason`` is a stable code, ``exit_status`` what it ends with."""

    reason: str = "CANNOT_START"
    exit_status: int = EXIT_FAILURE

    def line(self) -> str:
        """Return what to tell the person who started it."""
        return f"{self.reason}: {self}"


class PortInUse(CannotStart):
    """Another process listens where this one should."""

    reason = "PORT_IN_USE"
    exit_status = EXIT_PORT_IN_USE


class AddressUnusable(CannotStart):
    """The address is not one of this machine's, or may not be listened on."""

    reason = "ADDRESS_UNUSABLE"
