"""What is no longer kept: receipts, then warnings with all their versions and steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.disaster_warning.model.retention import RULE_ID, Retention
from services.disaster_warning.ports import Desk, Transaction

RECEIPTS_AT_ONCE: Final = 2_000
"""Receipts of one transaction: some 20 ms, for which a warning may have to wait."""

WARNINGS_AT_ONCE: Final = 20
"""Warnings of one transaction; a version for the whole province is a megabyte."""

NODES_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What one transaction has let go of."""

    receipts: int = 0
    warnings: int = 0
    nodes: int = 0
    is_all: bool = True
    """Nothing more was due."""


def forget_records(tx: Transaction, desk: Desk, *, now: datetime) -> Forgotten:
    """Let go of what the rule in force says is kept no longer, a bounded number of each."""
    kept = Retention.of(desk.rules.in_force(RULE_ID, desk.office.jurisdiction, now))
    receipts = warnings = 0
    is_all = True
    for channel, times in kept.channels.items():
        gone = tx.forget_receipts(channel, now - times.receipts, RECEIPTS_AT_ONCE, now)
        ended = tx.forget_warnings(channel, now - times.records, WARNINGS_AT_ONCE)
        is_all = is_all and gone is None and ended < WARNINGS_AT_ONCE
        receipts, warnings = receipts + (gone or 0), warnings + ended
    nodes = tx.forget_nodes(now - kept.silent_nodes, NODES_AT_ONCE)
    return Forgotten(receipts, warnings, nodes, is_all and nodes < NODES_AT_ONCE)
