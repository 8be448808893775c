"""Triage by protocols that are data: what they decide, and what they ask for next."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest

from services.healthcare.model.triage import (
    RULES,
    Finding,
    FindingUnknown,
    Protocol,
    Tag,
    triage,
)
from services.plumbing.rules import InvalidRule
from tests.healthcare.rulebook import BOOK, NOW

PROTOCOLS: Final = {
    name: Protocol.parse(BOOK.in_force(rule, "CN", NOW)) for name, rule in RULES.items()
}
VECTORS: Final = json.loads((Path(__file__).parent / "data" / "vectors.json").read_text())["start"]
NAMES: Final = {
    "after_airway": "breathes_after_airway",
    "rr": "respiration_rate",
    "cap_refill": "capillary_refill_s",
}


@pytest.mark.parametrize("vector", VECTORS, ids=[str(n) for n in range(len(VECTORS))])
def test_start_as_published(vector: dict[str, Any]) -> None:
    findings = {NAMES.get(k, k): v for k, v in vector.items() if k != "tag"}

    assert Tag[vector["tag"]] is triage(PROTOCOLS["START"], findings).tag


BREATHING: Final[dict[str, Finding]] = {"walks": False, "respiration_rate": 20}


@pytest.mark.parametrize(
    ("protocol", "findings", "expected"),
    [
        ("START", {**BREATHING, "capillary_refill_s": 2.1}, Tag.RED),
        ("START", {**BREATHING, "radial_pulse": False}, Tag.RED),
        ("START", {**BREATHING, "radial_pulse": True, "obeys": False}, Tag.RED),
        ("START", {**BREATHING, "radial_pulse": True, "obeys": True}, Tag.YELLOW),
        ("JUMPSTART", {"walks": True}, Tag.GREEN),
        ("JUMPSTART", {"walks": False, "breathing": False, "breathes_after_airway": True}, Tag.RED),
        (
            "JUMPSTART",
            {"walks": False, "breathing": False, "breathes_after_airway": False, "pulse": False},
            Tag.BLACK,
        ),
        (
            "JUMPSTART",
            {
                "walks": False,
                "breathing": False,
                "breathes_after_airway": False,
                "pulse": True,
                "breathes_after_rescue": True,
            },
            Tag.RED,
        ),
        (
            "JUMPSTART",
            {
                "walks": False,
                "breathing": False,
                "breathes_after_airway": False,
                "pulse": True,
                "breathes_after_rescue": False,
            },
            Tag.BLACK,
        ),
        ("JUMPSTART", {"walks": False, "respiration_rate": 14}, Tag.RED),
        ("JUMPSTART", {"walks": False, "respiration_rate": 46}, Tag.RED),
        ("JUMPSTART", {"walks": False, "respiration_rate": 15, "pulse": False}, Tag.RED),
        (
            "JUMPSTART",
            {"walks": False, "respiration_rate": 45, "pulse": True, "avpu": "A"},
            Tag.YELLOW,
        ),
        (
            "JUMPSTART",
            {
                "walks": False,
                "respiration_rate": 20,
                "pulse": True,
                "avpu": "P",
                "appropriate": True,
            },
            Tag.YELLOW,
        ),
        (
            "JUMPSTART",
            {
                "walks": False,
                "respiration_rate": 20,
                "pulse": True,
                "avpu": "P",
                "appropriate": False,
            },
            Tag.RED,
        ),
        (
            "JUMPSTART",
            {"walks": False, "respiration_rate": 20, "pulse": True, "avpu": "U"},
            Tag.RED,
        ),
        ("SALT", {"breathing": False}, Tag.BLACK),
        (
            "SALT",
            {"breathing": True, "obeys_or_purposeful": False, "likely_to_survive": False},
            Tag.GREY,
        ),
        (
            "SALT",
            {"breathing": True, "obeys_or_purposeful": False, "likely_to_survive": True},
            Tag.RED,
        ),
    ],
)
def test_protocols_decide(protocol: str, findings: dict[str, Finding], expected: Tag) -> None:
    assert expected is triage(PROTOCOLS[protocol], findings).tag


@pytest.mark.parametrize("protocol", RULES)
def test_asked_one_by_one_every_casualty_gets_a_tag_and_a_path(protocol: str) -> None:
    held = PROTOCOLS[protocol]
    values: dict[str, tuple[Finding, ...]] = {"yes-no": (True, False), "number": (0, 20, 60)}
    names = list(held.findings)
    answers = [values.get(sort, ("A", "P", "U")) for sort in held.findings.values()]
    for chosen in product(*answers):
        full = dict(zip(names, chosen, strict=True))
        known: dict[str, Finding] = {}
        made = triage(held, known)
        while made.ask is not None:
            assert made.tag is None
            assert made.ask not in known
            known[made.ask] = full[made.ask]
            made = triage(held, known)
        assert made.tag is not None
        assert made.path


@pytest.mark.parametrize(
    "findings",
    [{"height": 1.8}, {"walks": "yes"}, {"walks": 1}, {"respiration_rate": True},
     {"respiration_rate": float("nan")}],
)  # fmt: skip
def test_findings_of_no_protocol_are_refused(findings: dict[str, Finding]) -> None:
    with pytest.raises(FindingUnknown):
        triage(PROTOCOLS["START"], findings)


@pytest.mark.parametrize(
    "steps",
    [
        [{"name": "x", "when": {"flies": True}, "tag": "RED"}],
        [{"name": "x", "when": {"walks": True}, "tag": "BLUE"}],
        [{"name": "x", "when": {"walks": {"above": 3}}, "tag": "RED"}],
        [],
    ],
)
def test_a_protocol_that_cannot_be_is_refused(steps: list[dict[str, Any]]) -> None:
    from dataclasses import replace

    rule = BOOK.in_force("triage-start", "CN", NOW)

    with pytest.raises(InvalidRule):
        Protocol.parse(replace(rule, parameters={**rule.parameters, "steps": tuple(steps)}))
