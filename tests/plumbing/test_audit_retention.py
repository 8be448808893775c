"""What an audit log keeps no longer, on a real PostgreSQL: gone by the rule alone, and told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib import resources

import pytest
import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from services.plumbing import audit, audit_retention
from services.plumbing.audit_chain import EMPTY, Entry, Fault, Head
from services.plumbing.audit_retention import AT_ONCE, Keeper
from services.plumbing.postgres import Database, DatabaseFault
from services.plumbing.rules import InvalidRule, Rule, RuleBook
from tests.support.schema import make_schema

pytestmark = pytest.mark.integration

DAY = timedelta(days=1)
NOW = datetime(2026, 4, 1, tzinfo=UTC)
RULE = Rule(
    "audit-retention",
    "audit-retention/CN/2020-11-27",
    "CN",
    date(2020, 11, 27),
    None,
    "test",
    verified=True,
    parameters={"days": 200},
    sha256="",
)
SOONER = """
UPDATE audit SET entry = convert_to(
    replace(convert_from(entry, 'UTF8'), '2025-09', '2026-03'), 'UTF8'
) WHERE resource = 'audit'
"""
ENTRY = Entry(NOW, "engineer-7", "node.diagnose", "nodes/gw-1")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    schema = await make_schema(database_url, "fleet")
    database = await schema.connect()
    await database.transact(audit.create)
    await database.transact(audit_retention.create)
    yield database
    await database.close()


async def write(database: Database, *ages_days: int) -> None:
    entries = [replace(ENTRY, when=NOW - age * DAY) for age in ages_days]
    await database.transact(audit.append_all, entries)
    while await database.transact(audit.seal):
        pass


async def forget(database: Database, now: datetime = NOW, limit: int = AT_ONCE) -> int:
    count = await database.transact(audit_retention.forget, RULE, "fleet", now, limit)
    while await database.transact(audit.seal):
        pass
    return count


async def tamper(database: Database, *statements: str) -> Head | Fault:
    def use(connection: sa.Connection) -> None:
        for statement in statements:
            connection.execute(sa.text(statement))

    await database.transact(use)
    return (await database.transact(audit_retention.verify)).found


async def test_what_is_due_goes_and_the_rest_is_a_sound_chain_that_says_so(
    database: Database,
) -> None:
    await write(database, 400, 300, 201, 199, 1)
    noted = await database.transact(audit.head)

    assert await forget(database) == 3

    checked = await database.transact(audit_retention.verify, noted)
    assert checked.found == await database.transact(audit.head)
    assert (checked.floor.number, checked.found.number) == (3, 6)
    (told,) = await database.transact(audit.of_resource, "audit", 10)
    assert (told.action, told.actor) == ("audit.forget", "fleet")
    assert told.details["sha256"] == checked.floor.hash.hex()
    assert (told.details["first"], told.details["last"]) == ("1", "3")
    assert told.details["rule"] == RULE.version
    assert await forget(database) == 0


async def test_a_bounded_number_at_a_time_and_each_is_told(database: Database) -> None:
    await write(database, 400, 399, 398, 1)
    assert [await forget(database, limit=2) for _ in range(3)] == [2, 1, 0]
    assert len(await database.transact(audit.of_resource, "audit", 10)) == 2
    assert isinstance((await database.transact(audit_retention.verify)).found, Head)


async def test_years_later_what_told_of_the_former_goes_too_and_is_told(
    database: Database,
) -> None:
    await write(database, 400, 1)
    await forget(database)
    assert await forget(database, NOW + 300 * DAY) == 2  # what was left, and what told of it
    checked = await database.transact(audit_retention.verify)
    assert (checked.floor.number, checked.found.number) == (3, 4)
    assert isinstance(checked.found, Head)


async def test_two_that_look_at_once_tell_once(database: Database) -> None:
    await write(database, *range(300, 250, -1))
    counts = await asyncio.gather(forget(database), forget(database))
    assert sorted(counts) == [0, 50]
    assert isinstance((await database.transact(audit_retention.verify)).found, Head)


async def test_what_is_unsealed_or_not_due_stays(database: Database) -> None:
    await database.transact(audit.append, replace(ENTRY, when=NOW - 400 * DAY))
    assert await database.transact(audit_retention.forget, RULE, "fleet", NOW) == 0
    assert (await database.transact(audit_retention.verify)).floor == EMPTY


@pytest.mark.parametrize(
    ("statements", "problem"),
    [
        pytest.param(
            ["UPDATE audit_floor SET number = 4", "DELETE FROM audit WHERE number = 4"],
            "its entry says 3",
            id="more-than-is-told",
        ),
        pytest.param(
            ["UPDATE audit_floor SET number = 0, hash = decode(repeat('00', 32), 'hex')"],
            "its entry says 3",
            id="floor-back",
        ),
        pytest.param(
            ["ALTER TABLE audit DISABLE TRIGGER ALL", "DELETE FROM audit WHERE number = 4"],
            "is missing",
            id="beside-the-floor",
        ),
        pytest.param(
            [
                "ALTER TABLE audit DISABLE TRIGGER ALL",
                SOONER,
            ],
            "days old",
            id="too-soon",
        ),
        pytest.param(
            [
                "ALTER TABLE audit DISABLE TRIGGER ALL",
                "DELETE FROM audit WHERE resource = 'audit'",
            ],
            "no entry says so",
            id="untold",
        ),
    ],
)
async def test_a_front_that_is_cut_off_otherwise_is_found(
    database: Database, statements: list[str], problem: str
) -> None:
    await write(database, 400, 300, 201, 199, 1)
    await forget(database)
    found = await tamper(database, *statements)
    assert isinstance(found, Fault)
    assert problem in found.problem


async def test_what_is_kept_is_still_neither_changed_nor_deleted(database: Database) -> None:
    await write(database, 400, 1)
    await forget(database)
    for statement in ("DELETE FROM audit", "UPDATE audit SET actor = 'x'"):
        with pytest.raises(DatabaseFault, match="23001"):
            await tamper(database, statement)


async def test_a_noted_head_of_what_is_gone_is_held_to_the_last_that_went(
    database: Database,
) -> None:
    await write(database, 400, 1)
    noted = await database.transact(audit.head)
    await forget(database)
    floor = (await database.transact(audit_retention.verify)).floor
    for head, is_sound in ((floor, True), (Head(1, b"\1" * 32), False), (noted, True)):
        checked = await database.transact(audit_retention.verify, head)
        assert isinstance(checked.found, Head) is is_sound


async def test_the_keeper_goes_by_the_fleet_s_rule_until_nothing_is_due(
    database: Database,
) -> None:
    await write(database, *[1_200] * (AT_ONCE + 5), 1_090)
    rules = RuleBook.read(resources.files("services.fleet") / "rules")
    keeper = Keeper(database, rules, "CN", "fleet", lambda: NOW, CollectorRegistry())
    assert await keeper.forget(asyncio.Event()) == AT_ONCE + 5
    await database.transact(audit.seal)
    checked = await database.transact(audit_retention.verify)
    assert isinstance(checked.found, Head)
    assert checked.floor.number == AT_ONCE + 5


def test_no_rule_keeps_less_than_the_law() -> None:
    with pytest.raises(InvalidRule):
        audit_retention.kept(replace(RULE, parameters={"days": 179}))
