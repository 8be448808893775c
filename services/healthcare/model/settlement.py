"""Cross-region settlement (异地就医直接结算): list of the place of care, policy of the insurer's.

Money is in fen throughout; the one rounding is of the fund's share, half up to the fen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Protocol

from services.plumbing.refusal import FailedPrecondition, InvalidArgument

ONE: Final = Decimal(1)


class NotRegistered(FailedPrecondition):
    """Care away from home is settled directly only after registration (备案)."""

    reason = "REFERRAL_NOT_REGISTERED"


class InvalidBill(InvalidArgument):
    """A bill that can't be settled as it is written."""

    reason = "INVALID_BILL"


@dataclass(frozen=True, slots=True)
class Line:
    """One service or drug: what was charged, and the patient's first-pay share of it."""

    item: str
    price_fen: int
    first_pay_fen: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """What the insured person's own place pays, as it stands this year for this person.

    ``rule_version`` names the rule it was taken from.
    """

    rule_version: str
    deductible_remaining_fen: int
    ratio: Decimal
    cap_remaining_fen: int


@dataclass(frozen=True, slots=True)
class Settled:
    """Who pays what, in fen, with each sum on the way. ``fund_fen + patient_fen == total_fen``."""

    total_fen: int
    payable_fen: int
    outside_fen: int
    first_pay_fen: int
    deductible_fen: int
    fund_fen: int
    patient_fen: int
    payer: str
    rule_version: str


class Payer(Protocol):
    """How the fund's share comes about; one for each way of paying."""

    @property
    def name(self) -> str:
        """Return the way's name, which a settlement carries."""
        ...

    def fund_fen(self, payable_fen: int, basis_fen: int, policy: Policy) -> int:
        """Return the fund's share of a bill, not less than 0; the engine caps it."""
        ...


class ByService:
    """Pays a ratio of what is above the deductible (按项目付费)."""

    name = "by-service"

    def fund_fen(self, payable_fen: int, basis_fen: int, policy: Policy) -> int:  # noqa: ARG002 - a payer's signature
        """Return the ratio of the basis above the deductible."""
        above = max(0, basis_fen - policy.deductible_remaining_fen)
        return _fen(above * policy.ratio)


@dataclass(frozen=True)
class ByGroup:
    """Pays a case's weight times the rate, whatever was charged (DRG, DIP)."""

    weight: Decimal
    rate_fen: int
    name: str = "by-group"

    def fund_fen(self, payable_fen: int, basis_fen: int, policy: Policy) -> int:
        """Return the ratio of the case's standard above what the patient pays first."""
        standard = _fen(self.weight * self.rate_fen)
        paid_first = payable_fen - basis_fen
        return _fen(max(0, standard - paid_first - policy.deductible_remaining_fen) * policy.ratio)


def settle(
    lines: Sequence[Line],
    care_list_fen: Mapping[str, int],
    policy: Policy,
    *,
    registered: bool,
    payer: Payer | None = None,
) -> Settled:
    """Settle a bill by ``care_list_fen``, the place of care's list of the highest prices paid.

    What is not on the list, or above its price, is the patient's. Raises NotRegistered or
    InvalidBill.
    """
    if not registered:
        raise NotRegistered("register the care away from home first; then it settles directly")
    if not Decimal(0) <= policy.ratio <= ONE:
        raise InvalidBill(f"ratio {policy.ratio} is outside 0..1", field="policy.ratio")
    for place, line in enumerate(lines):
        if line.price_fen < 0 or not 0 <= line.first_pay_fen <= line.price_fen:
            raise InvalidBill("amounts must not be negative", field=f"lines[{place}]")
    paying = payer if payer is not None else ByService()
    total = sum(line.price_fen for line in lines)
    listed = [(line, min(line.price_fen, care_list_fen.get(line.item, 0))) for line in lines]
    payable = sum(amount for _, amount in listed)
    first_pay = sum(min(line.first_pay_fen, amount) for line, amount in listed)
    basis = payable - first_pay
    fund = min(max(0, paying.fund_fen(payable, basis, policy)), policy.cap_remaining_fen, payable)
    return Settled(
        total_fen=total,
        payable_fen=payable,
        outside_fen=total - payable,
        first_pay_fen=first_pay,
        deductible_fen=min(basis, policy.deductible_remaining_fen),
        fund_fen=fund,
        patient_fen=total - fund,
        payer=paying.name,
        rule_version=policy.rule_version,
    )


def _fen(amount: Decimal) -> int:
    return int(amount.quantize(ONE, rounding=ROUND_HALF_UP))
