"""What is no longer kept: reports of demand response, with the usage that they told of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.energy.model.report_retention import RETENTION_RULE, kept
from services.energy.ports import Desk, Transaction
from services.plumbing.audit_chain import Entry

REPORTS_AT_ONCE: Final = 50
"""Reports of one transaction; one takes up to two megabytes."""

ROWS_AT_ONCE: Final = 5_000
"""Rows of usage of one transaction: some tens of milliseconds."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What one transaction has let go of."""

    reports: int = 0
    rows: int = 0
    is_all: bool = True
    """Nothing more was due."""


def forget_reports(tx: Transaction, desk: Desk, *, now: datetime) -> Forgotten:
    """Let go of what the rule in force says is kept no longer, a bounded number."""
    before = now - kept(desk.rule(RETENTION_RULE, now))
    rows = tx.forget_usage_of_reports(before, REPORTS_AT_ONCE, ROWS_AT_ONCE)
    if rows == ROWS_AT_ONCE:
        return Forgotten(0, rows, is_all=False)
    reports = tx.forget_reports(before, REPORTS_AT_ONCE)
    copies = tx.forget_report_documents(before, REPORTS_AT_ONCE)
    if reports or copies:
        details = {"before": before.isoformat(), "objects": str(reports), "documents": str(copies)}
        tx.audit(Entry(now, "energy", "demand-response-report.forget", "reports", details=details))
    is_all = reports < REPORTS_AT_ONCE and copies < REPORTS_AT_ONCE
    return Forgotten(reports + copies, rows, is_all)
