"""The 5G ambulance of the local platform: a node whose monitor plays an ECG and vital signs.

The ECG is a real one: the 12-lead record in pydicom 3.0.2 (MIT, waveform_ecg.dcm), ten seconds at
1000 Hz, means of eight samples here, in microvolt. The vital signs begin as those of a made-up
patient of carebundle (seeded, calibrated on NHANES); from there a written course leads to shock
and, by oxygen, half the way back. The node scores them itself, with or without a link, and the
service scores them too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from cli.local.fleet import Gateway, quoted
from cli.local.folder import write_private
from tianfu import subjects
from tianfu.scores.monitor import SIGNS

NODE: Final = subjects.node_id("jinjiang-ambulance")
COUNTY: Final = "510104"
MONITOR: Final = "ambulance-1"
PREFIX: Final = "stretcher."
SEED: Final = 3
"""Of the bundle whose patient lies in it: one of those that the hospital's system sends."""

ECG: Final = Path(__file__).with_name("ecg_12_leads.csv")
ECG_HZ: Final = 125
ROUND_S: Final = 180
"""One round of the course; then it begins anew."""

EVERY_S: Final[Mapping[str, int]] = {
    "pulse": 1,
    "oxygen_saturation": 1,
    "respiration_rate": 2,
    "oxygen_flow": 2,
    "systolic_pressure": 5,
    "consciousness": 5,
    "temperature": 5,
}
"""Seconds between values of a sign."""

WORST: Final[Mapping[str, float]] = {
    "pulse": 128.0,
    "oxygen_saturation": 89.0,
    "respiration_rate": 27.0,
    "systolic_pressure": 88.0,
    "temperature": 38.6,
}
WORSE_FROM_S, WORST_AT_S, BETTER_AT_S = 30, 90, 150
OXYGEN_FROM_S: Final = 75
OXYGEN_L_MIN: Final = 6.0
HALF: Final = 0.5


def gateway() -> Gateway:
    """Return the node."""
    return Gateway(NODE, COUNTY, "锦江区 120 急救车 (made up)", ())


def first_values(bundle: Mapping[str, Any]) -> dict[str, float]:
    """Return a bundle's vital signs; KeyError when it has not all of them."""
    found: dict[str, float] = {}
    for entry in bundle["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] != "Observation":
            continue
        for each in (resource, *resource.get("component", ())):
            if "valueQuantity" in each:
                found[each["code"]["coding"][0]["code"]] = float(each["valueQuantity"]["value"])
    return {name: found[SIGNS[name].loinc] for name in WORST}


def illness(at_s: float) -> float:
    """Return how ill the patient is, 0 as at first to 1."""
    if at_s < WORSE_FROM_S:
        return 0.0
    if at_s < WORST_AT_S:
        return (at_s - WORSE_FROM_S) / (WORST_AT_S - WORSE_FROM_S)
    better = min(1.0, (at_s - WORST_AT_S) / (BETTER_AT_S - WORST_AT_S))
    return 1.0 - HALF * better


def course(first: Mapping[str, float]) -> Iterator[tuple[int, str, float]]:
    """Yield (second, sign, value) of one round."""
    for at_s in range(ROUND_S):
        for name, every_s in EVERY_S.items():
            if at_s % every_s:
                continue
            if name == "oxygen_flow":
                value = OXYGEN_L_MIN if at_s >= OXYGEN_FROM_S else 0.0
            elif name == "consciousness":
                value = 0.0
            else:
                value = first[name] + (WORST[name] - first[name]) * illness(at_s)
                value = round(value, 1 if name == "temperature" else 0)
            yield at_s, name, value


def leads() -> list[dict[str, int]]:
    """Return the record's samples in order of time: microvolt by lead (ecg-i to ecg-v6)."""
    first, *rows = ECG.read_text(encoding="ascii").split()
    names = [f"ecg-{name}" for name in first.split(",")]
    return [dict(zip(names, map(int, row.split(",")), strict=True)) for row in rows]


def write_recordings(folder: Path, bundle: Mapping[str, Any]) -> tuple[Path, Path]:
    """Write what the monitor plays; return (vital signs, ECG) as the replay driver reads them."""
    vitals, ecg = folder / "ambulance-vitals.csv", folder / "ambulance-ecg.csv"
    rows = [f"{at_s},{PREFIX}{name},{value}" for at_s, name, value in course(first_values(bundle))]
    write_private(vitals, "\n".join(["time,series,value", *rows]) + "\n")
    rows = [
        f"{at / ECG_HZ},{PREFIX}{lead},{value}"
        for at, sample in enumerate(leads())
        for lead, value in sample.items()
    ]
    write_private(ecg, "\n".join(["time,series,value", *rows]) + "\n")
    return vitals, ecg


def agent_lines(vitals: Path, ecg: Path, *, speed: float = 1.0) -> list[str]:
    """Return the settings of the monitor's drivers, and of its score."""
    lines = [
        "",
        "[[early_warning]]",
        f"name = {quoted(MONITOR)}",
        f"series_prefix = {quoted(PREFIX)}",
        *_driver("vitals", vitals, speed),
    ]
    for name in EVERY_S:
        lines += _series(f"{PREFIX}{name}", SIGNS[name].unit, "urgent")
    lines += _driver("ecg", ecg, 1.0)
    for lead in leads()[0]:
        lines += _series(f"{PREFIX}{lead}", "uV", "bulk")
    return lines


def _driver(name: str, file: Path, speed: float) -> list[str]:
    return [
        "[[driver]]",
        'kind = "replay"',
        f"name = {quoted(name)}",
        f"file = {json.dumps(str(file))}",
        "loop = true",
        f"speed = {speed}",
        f"interval_s = {1 / speed}",
    ]


def _series(name: str, unit: str, priority: str) -> list[str]:
    return [
        "[[driver.series]]",
        f"id = {quoted(name)}",
        f"unit = {quoted(unit)}",
        f"priority = {quoted(priority)}",
    ]
