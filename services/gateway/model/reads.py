"""Which calls change something: those that are written into the audit log."""

from __future__ import annotations

from typing import Final

READS: Final = (
    "Get",
    "List",
    "Watch",
    "Query",
    "Count",
    "Evaluate",
    "Export",
    "Verify",
    "AuditDelivery",
    "Search",
    "Explain",
)
"""How calls begin that change nothing (AIP-131, 132, and our own verbs)."""


def changes(method: str) -> bool:
    """Say whether a method's name is that of a call that may change something."""
    return not method.startswith(READS)
