"""Subsidies for base stations' electricity: what a claim is worth, and what speaks against it.

Nothing is refused in silence: each objection is named, with the figures that it rests on, and the
evidence of a claim has a digest that anyone can compute again.
"""

from __future__ import annotations

import enum
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from services.energy.model.base_station import Radio
from services.plumbing.refusal import InvalidArgument
from services.plumbing.rules import Rule

SUBSIDY_RULE: Final = "base-station-subsidy"
FEN: Final = 2
"""Money is rounded to fen once, at the end."""


class InvalidClaim(InvalidArgument):
    """A claim with figures that cannot be."""

    reason = "SUBSIDY_CLAIM_INVALID"


class Objection(enum.Enum):
    """Why a claim is looked at by a person; the value is the stable code."""

    DOUBLE_CLAIM = "DOUBLE_CLAIM"
    ABOVE_BAND = "ABOVE_POWER_BAND"
    BELOW_BAND = "BELOW_POWER_BAND"
    RESALE_MARKUP = "RESALE_MARKUP"
    ESTIMATED = "ENERGY_ESTIMATED"


@dataclass(frozen=True, slots=True)
class Claim:
    """One operator's claim for one meter and month.

    ``meter`` is what is paid for, so that a tower shared by operators is claimed once;
    ``is_metered`` is False for a share of a bill by formula. ``mean_load`` is the reported
    traffic, ``other_kw`` what the site draws beside its radios (cooling, transmission).
    """

    claim: str
    operator: str
    station: str
    meter: str
    month: str
    kwh: float
    hours: float
    mean_load: float
    radios: int
    other_kw: float
    is_metered: bool
    price_paid: float
    price_grid: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a claim is worth by the rule, and what speaks against it.

    Objected claims are paid nothing until a person has decided.
    """

    claim: str
    eligible_kwh: float
    yuan: float
    is_capped: bool
    expected_kwh: tuple[float, float]
    objections: tuple[Objection, ...]
    rule_version: str
    evidence_sha256: str


def assess_all(claims: Sequence[Claim], radio: Radio, rule: Rule) -> list[Assessment]:
    """Return the assessment of each claim; of one meter and month only the first may be paid.

    First by claim number, not by arrival: the same claims give the same result in any order.
    """
    first: dict[tuple[str, str], str] = {}
    for claim in sorted(claims, key=lambda each: each.claim):
        first.setdefault((claim.meter, claim.month), claim.claim)
    return [
        _assess(claim, radio, rule, is_double=first[claim.meter, claim.month] != claim.claim)
        for claim in claims
    ]


def _assess(claim: Claim, radio: Radio, rule: Rule, *, is_double: bool) -> Assessment:
    figures = (claim.kwh, claim.hours, claim.other_kw, claim.price_paid, claim.price_grid)
    if any(not math.isfinite(each) or each < 0 for each in figures) or claim.radios < 1:
        raise InvalidClaim(f"claim {claim.claim}: figures are numbers from 0 up, radios 1 or more")
    low, high = expected_kwh(claim, radio, rule.number("band"))
    objections = []
    if is_double:
        objections.append(Objection.DOUBLE_CLAIM)
    if claim.kwh > high:
        objections.append(Objection.ABOVE_BAND)
    if claim.kwh < low:
        objections.append(Objection.BELOW_BAND)
    if claim.price_paid > claim.price_grid * (1 + rule.number("resale_markup_max")):
        objections.append(Objection.RESALE_MARKUP)
    if not claim.is_metered:
        objections.append(Objection.ESTIMATED)
    worth = claim.kwh * rule.number("yuan_per_kwh")
    cap = rule.number("cap_yuan_per_month")
    # An estimate is flagged for whoever reads the claim, but it is how shared bills are split.
    is_payable = not set(objections) - {Objection.ESTIMATED}
    return Assessment(
        claim.claim,
        claim.kwh if is_payable else 0.0,
        round(min(worth, cap), FEN) if is_payable else 0.0,
        worth > cap,
        (low, high),
        tuple(objections),
        rule.version,
        evidence_digest(claim, rule),
    )


def expected_kwh(claim: Claim, radio: Radio, band: float) -> tuple[float, float]:
    """Return the least and most that such a station draws at its traffic, by the power model."""
    kw = claim.radios * radio.watts(claim.mean_load) / 1000 + claim.other_kw
    return kw * claim.hours * (1 - band), kw * claim.hours * (1 + band)


def evidence_digest(claim: Claim, rule: Rule) -> str:
    """Return the SHA-256 of claim and rule version, as canonical JSON."""
    evidence = {"claim": asdict(claim), "rule": rule.version, "rule_sha256": rule.sha256}
    text = json.dumps(evidence, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
