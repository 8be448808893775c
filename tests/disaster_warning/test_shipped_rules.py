"""The rules that are shipped: each is read, and each is parsed by what uses it."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import pytest

from services.disaster_warning.model import debris_flow, fire_weather, flood, retention
from services.disaster_warning.model.colours import Colour
from services.disaster_warning.model.debris_flow import (
    CriticalIndex,
    EarthquakeFactor,
    LevelRatios,
    Thresholds,
)
from services.disaster_warning.model.fire_weather import FireWeatherRule
from services.disaster_warning.model.flood import FloodRule
from services.disaster_warning.model.level_changes import CHANGES, ChangeRule, Hazard
from services.disaster_warning.model.rain import RAINSTORM, RainstormThresholds
from services.disaster_warning.model.rules_of_day import ANTECEDENT, AntecedentRule
from services.plumbing.rules import InvalidRule, RuleBook
from tests.disaster_warning.made_rules import made

BOOK = RuleBook.read(files("services.disaster_warning") / "rules")
NOW = datetime(2026, 7, 1, tzinfo=UTC)

PARSERS: dict[str, Any] = {
    RAINSTORM: RainstormThresholds.parse,
    ANTECEDENT: AntecedentRule.parse,
    debris_flow.THRESHOLDS: Thresholds.parse,
    debris_flow.LEVELS: LevelRatios.parse,
    debris_flow.EARTHQUAKE: EarthquakeFactor.parse,
    debris_flow.GULLY: lambda rule: CriticalIndex.parse(rule, "hour"),
    flood.COLOUR_RULE: FloodRule.parse,
    fire_weather.CLASSES: FireWeatherRule.parse,
    CHANGES: ChangeRule.parse,
    retention.RULE_ID: retention.Retention.of,
}


@pytest.mark.parametrize("rule_id", PARSERS)
def test_every_version_of_every_rule_is_parsed(rule_id: str) -> None:
    rules = [rule for rule in BOOK.list() if rule.rule_id == rule_id]

    assert rules
    for rule in rules:
        PARSERS[rule_id](rule)


@pytest.mark.parametrize("rule_id", PARSERS)
@pytest.mark.parametrize("county", ["CN-51-0104", "CN-51-0181", "CN-51-3221"])
def test_every_rule_holds_in_sichuan(rule_id: str, county: str) -> None:
    assert BOOK.in_force(rule_id, county, NOW).rule_id == rule_id


def test_no_hazard_of_weather_goes_out_without_a_person() -> None:
    rule = ChangeRule.parse(BOOK.in_force(CHANGES, "CN-51", NOW))

    assert {each for colours in rule.automatic.values() for each in colours} == set()
    assert set(rule.automatic) == set(Hazard)


@pytest.mark.parametrize(
    ("rule_id", "expected"),
    [
        (RAINSTORM, True),
        (debris_flow.THRESHOLDS, True),
        (debris_flow.LEVELS, False),
        (debris_flow.EARTHQUAKE, False),
        (debris_flow.GULLY, True),
        (flood.COLOUR_RULE, True),
        (fire_weather.CLASSES, False),
        (CHANGES, False),
        (retention.RULE_ID, False),
    ],
)
def test_what_nobody_has_verified_says_so(rule_id: str, expected: bool) -> None:
    assert BOOK.in_force(rule_id, "CN-51", NOW).verified is expected


@pytest.mark.parametrize(
    ("rule_id", "path", "value"),
    [
        (RAINSTORM, ("blue", "mm"), 0),
        (RAINSTORM, ("blue", "hours"), 1.5),
        (RAINSTORM, ("red", "hours"), 73),
        (RAINSTORM, ("red", "mm"), 40),
        (RAINSTORM, ("yellow", "hours"), 12),
        (RAINSTORM, ("continuing_mm",), -1),
        (ANTECEDENT, ("decay",), 1),
        (ANTECEDENT, ("decay",), 0),
        (ANTECEDENT, ("dry_hours",), 0),
        (debris_flow.THRESHOLDS, ("regions", "yingxiu", "alpha"), 0),
        (debris_flow.THRESHOLDS, ("regions", "yingxiu", "beta"), 1),
        (debris_flow.THRESHOLDS, ("regions", "yingxiu", "hours_min"), 53),
        (debris_flow.THRESHOLDS, ("regions", "yingxiu", "hours_min"), "two"),
        (debris_flow.THRESHOLDS, ("counties", "510181"), "nowhere"),
        (debris_flow.THRESHOLDS, ("default",), "nowhere"),
        (debris_flow.THRESHOLDS, ("extrapolate",), 1),
        (debris_flow.LEVELS, ("blue",), 0),
        (debris_flow.LEVELS, ("orange",), 0.8),
        (debris_flow.LEVELS, ("antecedent", "reduction"), 1),
        (debris_flow.LEVELS, ("antecedent", "saturated_mm"), 0),
        (debris_flow.EARTHQUAKE, ("start",), 1.1),
        (debris_flow.EARTHQUAKE, ("start",), 0),
        (debris_flow.EARTHQUAKE, ("recovery_years",), 0),
        (debris_flow.GULLY, ("hour", "warn"), 0.4),
        (flood.COLOUR_RULE, ("years", "red"), 10),
        (flood.COLOUR_RULE, ("near", "years"), 1),
        (flood.COLOUR_RULE, ("falling", "below_m"), -0.1),
        (fire_weather.CLASSES, ("low",), 12),
        (fire_weather.CLASSES, ("colours", "red"), "moderate"),
        (fire_weather.CLASSES, ("colours", "red"), "unheard-of"),
        (fire_weather.CLASSES, ("overwinter", "wetting"), 0),
        (CHANGES, ("falling_minutes",), -1),
        (CHANGES, ("coverage_min",), 1.1),
        (CHANGES, ("automatic", "flood"), ("purple",)),
        (CHANGES, ("automatic", "flood"), ("none",)),
        (CHANGES, ("automatic", "plague"), ()),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(
    rule_id: str, path: tuple[str, ...], value: object
) -> None:
    with pytest.raises(InvalidRule):
        PARSERS[rule_id](made(BOOK.in_force(rule_id, "CN-51", NOW), path, value))


def test_colours_are_ordered() -> None:
    assert sorted(Colour) == [
        Colour.NONE,
        Colour.BLUE,
        Colour.YELLOW,
        Colour.ORANGE,
        Colour.RED,
    ]
