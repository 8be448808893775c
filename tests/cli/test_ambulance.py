"""The record that the local platform's ambulance plays: twelve leads that agree."""

from __future__ import annotations

import tomllib
from pathlib import Path

from cli.local import ambulance

LIMB = ("ecg-i", "ecg-ii", "ecg-iii", "ecg-avr", "ecg-avl", "ecg-avf")
ROUNDED_UV = 3
"""Each sample is a whole number of microvolt."""


def test_twelve_leads_of_ten_seconds_that_agree_with_each_other() -> None:
    samples = ambulance.leads()
    assert len(samples) == 10 * ambulance.ECG_HZ
    assert tuple(samples[0]) == (*LIMB, *(f"ecg-v{number}" for number in range(1, 7)))
    for each in samples:
        one, two, three, avr, avl, avf = (each[name] for name in LIMB)
        # Einthoven's and Goldberger's laws: a lead taken for another would break them.
        assert abs(one + three - two) <= ROUNDED_UV
        assert abs(avr + (one + two) / 2) <= ROUNDED_UV
        assert abs(avl - (one - three) / 2) <= ROUNDED_UV
        assert abs(avf - (two + three) / 2) <= ROUNDED_UV


def test_every_lead_is_a_series_of_the_node() -> None:
    lines = ambulance.agent_lines(Path("vitals.csv"), Path("ecg.csv"))
    drivers = tomllib.loads("\n".join(lines))["driver"]
    assert {each["id"] for each in drivers[1]["series"]} == {
        f"{ambulance.PREFIX}{lead}" for lead in ambulance.leads()[0]
    }
