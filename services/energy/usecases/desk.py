"""What use cases decide by, looked up once for each decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.energy.model import (
    base_station,
    carbon,
    demand_response,
    metering,
    orders,
    quota,
    report_retention,
    standard_coal,
    subsidy,
)
from services.energy.ports import Signer
from services.energy.usecases.warnings import COLOURS, INTENSITY_RULE
from services.plumbing.rules import Rule, RuleBook

NEEDED: Final = (
    base_station.POWER_RULE,
    base_station.SLEEP_RULE,
    carbon.FUEL_RULE,
    carbon.GRID_RULE,
    demand_response.DR_RULE,
    metering.CHECKS_RULE,
    metering.METERING_RULE,
    orders.ORDERS_RULE,
    quota.KEY_UNIT_RULE,
    quota.QUOTA_RULE,
    report_retention.RETENTION_RULE,
    standard_coal.COAL_RULE,
    standard_coal.SUPPLY_RULE,
    subsidy.SUBSIDY_RULE,
    INTENSITY_RULE,
)


@dataclass(frozen=True)
class RuleDesk:
    """Rules of one jurisdiction, the interval of account, the signer; see ``ports.Desk``."""

    rules: RuleBook
    jurisdiction: str
    interval_s: int
    signer: Signer

    def check(self, now: datetime) -> None:
        """Look up all that will be needed; raise InvalidRule or RuleNotFound at the start."""
        for rule_id in NEEDED:
            self.rule(rule_id, now)
        report_retention.kept(self.rule(report_retention.RETENTION_RULE, now))
        for colour in COLOURS.values():
            self.rule(INTENSITY_RULE, now).number(colour)

    def rule(self, rule_id: str, now: datetime) -> Rule:
        """Return the version in force; raise RuleNotFound."""
        return self.rules.in_force(rule_id, self.jurisdiction, now)
