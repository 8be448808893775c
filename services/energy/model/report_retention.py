"""How long reports of demand response are kept (留存期限): the dated rule report-retention."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from services.plumbing.rules import Rule

RETENTION_RULE: Final = "report-retention"
SHORTEST: Final = timedelta(days=180)
"""No rule may say less: six months of logs, Cybersecurity Law of China, article 21(3). A baseline
looks back a third of it."""


def kept(rule: Rule) -> timedelta:
    """Return how long reports are kept; raise InvalidRule for a time that is too short."""
    days = rule.number("reports")
    if days < SHORTEST.days:
        raise rule.invalid("reports", f"need {SHORTEST.days} days or more")
    return timedelta(days=days)


def is_known(rule: Rule, event_start: datetime, look_back: timedelta, now: datetime) -> bool:
    """Return whether all reports are kept that an event's settlement may rest on.

    What is used is reported afterwards, so that a report is never older than what it tells of.
    """
    return event_start - look_back >= now - kept(rule)
