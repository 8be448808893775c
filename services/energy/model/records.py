"""What is remembered of units, meters, orders: plain values between store and use cases."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.energy.model.metering import Level
from services.energy.model.openadr_access import Kind
from services.energy.model.orders import Equipment

LEVELS: tuple[Level, ...] = (Level.UNIT, Level.UNIT, Level.SUB_UNIT, Level.EQUIPMENT)
"""Metering levels by the contract's numbers; 0 is never stored."""

EQUIPMENT: tuple[Equipment, ...] = (
    Equipment.GAS_VALVE,
    Equipment.GAS_VALVE,
    Equipment.CHARGER,
    Equipment.BATTERY,
    Equipment.MICROGRID,
)
"""Equipment by the contract's numbers; 0 is never stored."""

ENTRY_LEVEL = 1
"""The contract's number of the level at which energy enters a unit."""


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit, as far as it is computed with."""

    unit_id: str
    place_code: str
    credit_code: str
    designated: bool
    shut_time: datetime | None


@dataclass(frozen=True, slots=True)
class MeterRow:
    """A meter, as far as it is computed with; ``series`` is empty for a virtual one."""

    unit_id: str
    meter_id: str
    node: str
    series: str
    energy: str
    place: str
    upstream: str
    level: int
    register_max: float
    capacity_kva: float
    multiplier: float

    @property
    def is_entry(self) -> bool:
        """Return whether what it counts enters the unit, and is a register of its own."""
        return self.level == ENTRY_LEVEL and bool(self.series)

    @property
    def name(self) -> str:
        """Return its resource name."""
        return f"units/{self.unit_id}/meters/{self.meter_id}"


@dataclass(frozen=True, slots=True)
class UnitBlock:
    """A unit's total of one energy carrier in a block; ``version`` counts restatements from 1."""

    unit_id: str
    energy: str
    block: int
    amount: float
    unknown: int
    estimated: int
    version: int


@dataclass(frozen=True, slots=True)
class RecordRow:
    """Energy that no meter counts."""

    unit_id: str
    record_id: str
    energy: str
    unit: str
    month: str
    amount: float
    ncv_kj: float
    sold: bool


@dataclass(frozen=True, slots=True)
class QuotaRow:
    """A quota of a year, and what was told of it."""

    unit_id: str
    year: int
    quota_tce: float
    used_tce: float
    told_stage: int
    create_time: datetime


@dataclass(frozen=True, slots=True)
class AssetRow:
    """A piece of equipment."""

    asset_id: str
    node: str
    place_code: str
    unit_id: str
    equipment: int


class Document(NamedTuple):
    """A stored message: its name, the digest of what was asked for, its bytes."""

    name: str
    digest: str
    body: bytes


class StoredOrder(NamedTuple):
    """An order with what it is found by; ``body`` is the contract's message."""

    order_id: str
    position: int
    generation: int
    node: str
    asset_id: str
    cause: str
    scope: str
    state: int
    expire_time: datetime
    body: bytes


class OpenAdrObject(NamedTuple):
    """An object of OpenADR 3; ``content`` is what its client said, as JSON.

    ``number`` is its place in lists, ``parent_id`` a report's event or a resource's VEN,
    ``program_id`` a program's own id, else the program it belongs to; both empty for none.
    """

    object_id: str
    number: int
    kind: Kind
    client_id: str
    program_id: str
    parent_id: str
    digest: str
    content: str
    create_time: datetime
    change_time: datetime


class Notice(NamedTuple):
    """What a subscriber is to be told; ``body`` is the notification as JSON."""

    number: int
    subscription_id: str
    url: str
    body: str
    attempts: int
    due_time: datetime
    create_time: datetime


def derived(*parts: str) -> str:
    """Return an id that the same parts always give."""
    # The lengths keep two parts apart from others that join to the same text.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
