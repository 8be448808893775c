"""A plant declared shut that draws power at night: one anomaly, one clue for credit supervision."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.energy.store.transaction import Transactor
from services.energy.usecases import checking, units
from services.energy.usecases.desk import RuleDesk
from services.plumbing import outbox
from tests.energy.accounting_world import START, Accounts
from tianfu import subjects
from tianfu.energy.v1 import events_pb2, unit_pb2

pytestmark = pytest.mark.integration

SHUT = START + timedelta(days=3)
NOW = SHUT + timedelta(days=4, hours=1)
QUARTERS = 96


async def test_a_night_load_after_shutting_is_told_of_once(
    transactor: Transactor, desk: RuleDesk
) -> None:
    accounts = Accounts(transactor, desk)
    await accounts.unit("plant")
    await accounts.meter("plant", "power", "electricity")
    shown = 0.0
    for day in range(7):
        kwh = 100.0 if day < 3 else 40.0
        values = [shown + kwh * n for n in range(QUARTERS + 1)]
        shown = values[-1]
        await accounts.record(accounts.batch("power", values, START + timedelta(days=day)))
    changed = unit_pb2.Unit(name="units/plant")
    changed.shut_time.FromDatetime(SHUT)
    await transactor.write(units.update_unit, changed, ["shut_time"], "e2", "somebody", now=NOW)

    for _ in range(2):
        await transactor.write(checking.check_shut, desk, now=NOW)

    def told(connection: sa.Connection) -> list[Any]:
        subject = subjects.event("energy", "clue-raised")
        query = sa.select(outbox.table.c.payload).where(outbox.table.c.subject == subject)
        return list(connection.execute(query).scalars())

    [payload] = await transactor.database.transact(told)
    clue = events_pb2.ClueRaised.FromString(payload)
    assert (clue.credit_code, clue.place_code) == ("91510100MA6XXXXX0K", "510104")
    assert "160.0 kW" in clue.explanation
    assert (await accounts.anomalies("plant")).count("NIGHT_LOAD") == 1
