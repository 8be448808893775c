"""A program of OpenADR 3 with one event, and what a VEN reports of it, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from services.energy.model.openadr_access import Client, ClientKind, Kind, scopes_for
from services.energy.model.records import UnitRow
from services.energy.store import tables
from services.energy.store.transaction import Transactor
from services.energy.usecases import demand_response, keeping, openadr, retention, settlement
from services.energy.usecases.desk import RuleDesk
from services.energy.usecases.openadr import Registry
from tianfu.energy.v1 import unit_pb2

BEGIN = datetime(2026, 6, 16, 6, tzinfo=UTC)
DAY = timedelta(days=1)
UNIT = "units/plant"
BL = Client("utility", ClientKind.BL, scopes_for(ClientKind.BL, ()) or frozenset())
VEN = Client("ven-a", ClientKind.VEN, scopes_for(ClientKind.VEN, ()) or frozenset(), UNIT)
CLIENTS = Registry(
    {"utility": ClientKind.BL, "ven-a": ClientKind.VEN}, {"ven-a": UNIT}, lambda _: None
)


class World:
    """A program with one event, and what a VEN reports of it."""

    def __init__(self, transactor: Transactor, desk: RuleDesk) -> None:
        self.transactor = transactor
        self.desk = desk
        self.event = ""

    async def make(
        self, client: Client, kind: Kind, body: dict[str, Any], key: str, now: datetime
    ) -> str:
        made = await self.transactor.write(
            openadr.create, self.desk, CLIENTS, client, kind, body, key, now=now
        )
        return str(made["id"])

    async def begin(self) -> None:
        def unit(tx: Any) -> None:
            tx.put_unit(UnitRow("plant", "510104", "", False, None))
            keeping.keep(tx, "unit", "", unit_pb2.Unit(name=UNIT), "", "somebody", BEGIN)

        await self.transactor.write(unit)
        ven = {"objectType": "BL_VEN_REQUEST", "venName": "ven-a", "clientID": "ven-a"}
        await self.make(BL, Kind.VEN, ven, "ven", BEGIN)
        attributes = [{"type": "TIANFU_COMMITTED_KWH", "values": [8]}]
        named = {"programName": "peak", "attributes": attributes}
        program = await self.make(BL, Kind.PROGRAM, named, "program", BEGIN)
        payloads = [{"type": "SIMPLE", "values": [1]}]
        period = {"start": BEGIN.isoformat(), "duration": "PT15M"}
        event = {
            "programID": program,
            "intervalPeriod": period,
            "intervals": [{"id": n, "payloads": payloads} for n in range(2)],
        }
        self.event = await self.make(BL, Kind.EVENT, event, "event", BEGIN)

    async def report(
        self, start: datetime, kwh: list[float], now: datetime, *resources: str
    ) -> str:
        body = self._body(start, kwh, resources or ("site",))
        return await self.make(VEN, Kind.REPORT, body, f"{start} {now}", now)

    async def change_report(
        self, report: str, start: datetime, kwh: list[float], now: datetime
    ) -> None:
        body = self._body(start, kwh, ("site",))
        await self.transactor.write(
            openadr.update, self.desk, CLIENTS, VEN, Kind.REPORT, report, body, now=now
        )

    def _body(self, start: datetime, kwh: list[float], names: Sequence[str]) -> dict[str, Any]:
        intervals = [
            {"id": n, "payloads": [{"type": "USAGE", "values": [value]}]}
            for n, value in enumerate(kwh)
        ]
        period = {"start": start.isoformat(), "duration": "PT15M"}
        resources = [
            {"resourceName": name, "intervalPeriod": period, "intervals": intervals}
            for name in names
        ]
        return {"eventID": self.event, "clientName": "ven-a", "resources": resources}

    async def settle(self, now: datetime) -> Any:
        name = f"demandResponseEvents/{self.event}"
        return await self.transactor.write(settlement.settle, self.desk, name, UNIT, now=now)

    async def forget(self, now: datetime) -> retention.Forgotten:
        found: retention.Forgotten = await self.transactor.write(
            retention.forget_reports, self.desk, now=now
        )
        return found

    async def count(self, table: sa.Table, *which: sa.ColumnElement[bool]) -> int:
        query = sa.select(sa.func.count()).select_from(table).where(*which)
        found = await self.transactor.database.transact(lambda c: c.execute(query).scalar_one())
        return int(found)

    async def left(self) -> tuple[int, int, int]:
        """Return how many reports, copies of them and rows of usage there are."""
        return (
            await self.count(tables.openadr_objects, tables.openadr_objects.c.kind == "reports"),
            await self.count(tables.documents, tables.documents.c.kind == demand_response.REPORT),
            await self.count(tables.reported_usage),
        )
