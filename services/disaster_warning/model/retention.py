"""How long the record of warnings is kept (留存期限), by a dated rule.

The rule is ``rules/record-retention.toml``: days since a warning ended, by channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from services.disaster_warning.model.warning import Channel
from services.plumbing.rules import Rule

RULE_ID: Final = "record-retention"

SHORTEST_DAYS: Final = 180
"""No rule may say less: six months of logs, Cybersecurity Law of China, article 21(3)."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Of one channel: how long receipts are kept, and how long all the rest."""

    receipts: timedelta
    records: timedelta


@dataclass(frozen=True, slots=True)
class Retention:
    """The rule's figures."""

    channels: Mapping[Channel, Kept]
    silent_nodes: timedelta

    @classmethod
    def of(cls, rule: Rule) -> Retention:
        """Return the figures of a rule; raise InvalidRule for times that are too short.

        A warning is never gone before its receipts are.
        """
        return cls(
            channels={channel: _kept(rule, channel.value) for channel in Channel},
            silent_nodes=_days(rule, "silent_nodes"),
        )


def _kept(rule: Rule, channel: str) -> Kept:
    kept = Kept(_days(rule, channel, "receipts"), _days(rule, channel, "records"))
    if kept.records < kept.receipts:
        raise rule.invalid(f"{channel}.records", "need at least as many days as for receipts")
    return kept


def _days(rule: Rule, *path: str) -> timedelta:
    days = rule.number(*path)
    if days < SHORTEST_DAYS:
        raise rule.invalid(".".join(path), f"need {SHORTEST_DAYS} days or more")
    return timedelta(days=days)
