"""What the use cases of energy need of their surroundings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from google.protobuf.message import Message

from services.energy.model.openadr_access import Kind
from services.energy.model.records import (
    AssetRow,
    Document,
    MeterRow,
    Notice,
    OpenAdrObject,
    QuotaRow,
    RecordRow,
    StoredOrder,
    UnitBlock,
    UnitRow,
)
from services.energy.model.slots import Block, Change
from services.plumbing.audit_chain import Entry
from services.plumbing.rules import Rule


class Signer(Protocol):
    """Signs what nodes are told."""

    @property
    def public_key(self) -> str:
        """Return the public nkey."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return the Ed25519 signature of bytes."""
        ...


class Desk(Protocol):
    """What use cases decide by: the rules in force, the interval of account, the signer."""

    @property
    def interval_s(self) -> int:
        """Return the seconds of an interval."""
        ...

    @property
    def signer(self) -> Signer:
        """Return who signs setpoints."""
        ...

    def rule(self, rule_id: str, now: datetime) -> Rule:
        """Return the version in force; raise RuleNotFound."""
        ...


class Transaction(Protocol):
    """One transaction over accounts, orders, documents, audit and outbox."""

    def document(self, kind: str, name: str) -> Document | None:
        """Return a document."""
        ...

    def documents(self, kind: str, parent: str, after: str, limit: int) -> Sequence[Document]:
        """Return documents of a parent after a name, in order of name."""
        ...

    def add_document(
        self, kind: str, parent: str, document: Document, create_time: datetime
    ) -> bool:
        """Store a document; return False when there is one of its name."""
        ...

    def replace_document(
        self, kind: str, name: str, body: bytes, create_time: datetime | None = None
    ) -> None:
        """Store another body for a document, made anew when a time is given."""
        ...

    def delete_documents(self, kind: str, names: Sequence[str]) -> None:
        """Remove documents."""
        ...

    def settled_events(self, unit_id: str, after: str, limit: int) -> Sequence[str]:
        """Return the events after one that were settled for a unit, in order of name."""
        ...

    def numbers(self, log: str, count: int) -> int:
        """Draw ``count`` numbers of a log; return the first. Others wait until the end."""
        ...

    def put_unit(self, unit: UnitRow) -> None:
        """Store a unit, in place of what was stored."""
        ...

    def unit(self, unit_id: str) -> UnitRow | None:
        """Return a unit."""
        ...

    def shut_units(self, now: datetime) -> Sequence[UnitRow]:
        """Return units that are declared shut."""
        ...

    def add_meter(self, meter: MeterRow) -> bool:
        """Store a meter; return False when its series is another's."""
        ...

    def meters(self, unit_id: str) -> Sequence[MeterRow]:
        """Return a unit's meters in order of id."""
        ...

    def meters_of(self, series: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], MeterRow]:
        """Return the meters of series, by node and series."""
        ...

    def metered(self, nodes: Collection[str]) -> frozenset[tuple[str, str]]:
        """Return node and series of every meter of some nodes."""
        ...

    def meters_after(self, after: tuple[str, str], limit: int) -> Sequence[MeterRow]:
        """Return meters with a series after one, in order of unit and meter."""
        ...

    def blocks(self, meter: MeterRow, numbers: Collection[int]) -> dict[int, Block]:
        """Return the blocks of a meter that there are, by number."""
        ...

    def block_range(self, meter: MeterRow, low: int, high: int) -> dict[int, Block]:
        """Return the blocks of a meter from ``low`` to ``high``, both included."""
        ...

    def put_blocks(self, meter: MeterRow, changed: Sequence[Block]) -> None:
        """Store blocks of a meter."""
        ...

    def energies(
        self, unit_id: str, meter_ids: Collection[str], number: int
    ) -> Sequence[tuple[str, bytes, bytes]]:
        """Return meter, energies and qualities of one block of some meters of a unit."""
        ...

    def unit_block(self, unit_id: str, energy: str, number: int) -> UnitBlock | None:
        """Return a unit's total of a block."""
        ...

    def put_unit_block(self, total: UnitBlock) -> None:
        """Store a unit's total of a block."""
        ...

    def unit_totals(self, unit_id: str, low: int, high: int) -> Mapping[str, float]:
        """Return a unit's amounts by energy over blocks, both ends included."""
        ...

    def region_totals(
        self, digits: int, low: int, high: int
    ) -> Sequence[tuple[str, str, float, int]]:
        """Return place, energy, amount and how many units, over blocks."""
        ...

    def add_restatements(
        self, meter: MeterRow, changes: Sequence[Change], cause: str, now: datetime
    ) -> int:
        """Note restated intervals; return the number of the first."""
        ...

    def restatements(self, meter: str, after: int, limit: int) -> Sequence[Any]:
        """Return restated intervals after a number, of one meter or of all."""
        ...

    def add_total_restatement(self, before: UnitBlock, after: UnitBlock, now: datetime) -> None:
        """Note a total that was restated."""
        ...

    def total_restatements(self, unit_id: str, after: int, limit: int) -> Sequence[Any]:
        """Return a unit's restated totals after a number."""
        ...

    def add_record(self, record: RecordRow) -> None:
        """Store energy that no meter counts."""
        ...

    def records(self, unit_id: str, first_month: str, last_month: str) -> Sequence[RecordRow]:
        """Return a unit's records of months, both included."""
        ...

    def put_quota(self, quota: QuotaRow) -> None:
        """Store a quota, in place of what was stored."""
        ...

    def quota(self, unit_id: str, year: int) -> QuotaRow | None:
        """Return a quota."""
        ...

    def quotas(self, unit_id: str, after: int, limit: int) -> Sequence[QuotaRow]:
        """Return a unit's quotas after a year."""
        ...

    def add_anomaly(self, anomaly_id: str, unit_id: str, body: bytes) -> bool:
        """Store an anomaly; return False when it is known."""
        ...

    def anomalies(
        self, unit_id: str, *, before: int | None, after: int, limit: int
    ) -> Sequence[tuple[int, bytes]]:
        """Return anomalies: the latest first when ``before`` is given, else in order."""
        ...

    def add_asset(self, asset: AssetRow) -> None:
        """Store a piece of equipment."""
        ...

    def asset(self, asset_id: str) -> AssetRow | None:
        """Return a piece of equipment."""
        ...

    def assets_in(self, counties: Collection[str]) -> Sequence[AssetRow]:
        """Return the equipment of counties."""
        ...

    def assets_of(self, units: Collection[str], places: Collection[str]) -> Sequence[AssetRow]:
        """Return the equipment of units, and in places of 2, 4 or 6 digits."""
        ...

    def add_orders(self, given: Sequence[StoredOrder]) -> None:
        """Store orders; their positions are drawn here, in this order."""
        ...

    def order(self, order_id: str) -> StoredOrder | None:
        """Return an order."""
        ...

    def replace_order(self, order_id: str, state: int, body: bytes) -> None:
        """Store what became of an order."""
        ...

    def order_ids_of(self, cause: str) -> set[str]:
        """Return the ids of the orders that a cause has given."""
        ...

    def last_generation(self, asset_id: str, scope: str) -> int:
        """Return the last generation of an asset within a scope, 0 for none."""
        ...

    def standing_orders(self, nodes: Collection[str], now: datetime) -> Sequence[StoredOrder]:
        """Return nodes' orders that have not expired, in the order they were given.

        What a later generation of the same asset and scope has taken the place of is left out.
        """
        ...

    def orders_before(self, cause: str, before: int, limit: int) -> Sequence[StoredOrder]:
        """Return orders before a position, the latest first."""
        ...

    def changed_orders(self, after: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """Return number and body of orders that changed after a number, as they are now."""
        ...

    def next_revisions(self, nodes: Collection[str]) -> Mapping[str, int]:
        """Draw the numbers of nodes' next sheets; others of those nodes wait until the end."""
        ...

    def put_warning(
        self, warning_id: str, version: int, counties: Mapping[str, datetime], *, exercise: bool
    ) -> bool:
        """Remember where a warning holds and until when; False when a later version is known."""
        ...

    def warned_until(self, county: str, now: datetime) -> datetime | None:
        """Return until when a county is under a real warning, None when it is not."""
        ...

    def openadr_object(self, object_id: str) -> OpenAdrObject | None:
        """Return an object of OpenADR 3."""
        ...

    def openadr_objects(
        self, kind: Kind, *, client_id: str = "", program_id: str = "", parent_id: str = ""
    ) -> Iterator[OpenAdrObject]:
        """Yield objects of a kind in the order they were made; an empty filter lets all pass."""
        ...

    def add_openadr_object(self, made: OpenAdrObject, unique_name: str | None) -> bool:
        """Store a new object; return False when another has its id or its name."""
        ...

    def replace_openadr_object(self, made: OpenAdrObject, unique_name: str | None) -> None:
        """Store an object in the place of what it was."""
        ...

    def openadr_name_taken(self, kind: Kind, unique_name: str, object_id: str) -> bool:
        """Return whether another object of a kind has a name."""
        ...

    def delete_openadr_object(self, object_id: str) -> None:
        """Remove an object, and what its subscribers were still to be told if it is theirs."""
        ...

    def openadr_key(self) -> bytes:
        """Return the key that access tokens are signed with."""
        ...

    def notices_waiting(self, subscription_id: str) -> int:
        """Return how many notices of a subscription are still to be delivered."""
        ...

    def add_notices(self, notices: Sequence[Notice]) -> None:
        """Store notices to be delivered."""
        ...

    def first_notices(self, now: datetime, limit: int) -> Sequence[Notice]:
        """Return the first notice of each subscription and address, those that are due."""
        ...

    def notice_done(self, number: int) -> None:
        """Remove a notice: delivered, or given up."""
        ...

    def notice_failed(self, number: int, due_time: datetime) -> None:
        """Note that a delivery failed, and when the next is due."""
        ...

    def put_reported_usage(
        self, unit_id: str, resource: str, report_id: str, kwh: Mapping[int, float]
    ) -> None:
        """Store what a resource of a unit used by slot, in place of what was reported before."""
        ...

    def forget_reported_usage(self, report_id: str) -> None:
        """Take back what a report said."""
        ...

    def forget_usage_of_reports(self, before: datetime, reports_max: int, rows_max: int) -> int:
        """Delete usage of the reports that changed first, before then; return how many rows."""
        ...

    def forget_reports(self, before: datetime, limit: int) -> int:
        """Delete OpenADR reports that changed last before then and whose usage is gone."""
        ...

    def forget_report_documents(self, before: datetime, limit: int) -> int:
        """Delete reports as demand response shows them, made before then; return how many."""
        ...

    def reporting_resources(self, unit_id: str) -> int:
        """Return how many resources of a unit report what they use."""
        ...

    def reported_usage(self, unit_id: str, low: int, high: int) -> Sequence[tuple[int, float, int]]:
        """Return slot, kWh and how many resources reported, from ``low`` up to ``high``."""
        ...

    def audit(self, entry: Entry) -> None:
        """Write an entry of the audit log, at the end of the transaction."""
        ...

    def emit(self, subject: str, message: Message, message_id: str) -> None:
        """Put a message into the outbox, at the end of the transaction."""
        ...

    def first_time(self, consumer: str, name: str) -> bool:
        """Enter a message; return False when it has had its effect already."""
        ...

    def forget_messages(self, now: datetime) -> int:
        """Forget the names of messages of long ago, a bounded number; return how many."""
        ...
