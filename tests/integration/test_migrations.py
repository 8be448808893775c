"""Databases of before: rows that each version had in its tables are there after the newest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from services.plumbing import migrations
from services.plumbing.postgres import Database
from tests.support.schema import PASSWORD, Schema, service_url

pytestmark = pytest.mark.integration

ROOT: Final = Path(__file__).parents[2]
FOLDERS: Final = sorted(each.parent for each in ROOT.glob("services/*/migrations/versions"))
NOW: Final = datetime(2026, 5, 12, 6, 28, tzinfo=UTC)
WITHOUT_ROWS: Final = 0.25
"""Of a service's tables, at most so many that no made-up row fits, as what it would refer to."""

CONTENTS: Final = {
    ("recognitions", "content"): {
        "result": {"code": "of-1"},
        "receiver_place": "510104",
        "outcome": 1,
        "decided": NOW.isoformat(),
    },
}
"""What a later version reads of a column, by table and column."""


def versions(folder: Path) -> list[str]:
    return sorted(file.name.split("_")[0] for file in (folder / "versions").glob("[0-9]*.py"))


def made_up(column: sa.Column[Any], number: int) -> Any:
    """Return a value that is another one for each number, where the type has so many."""
    return {
        bool: False,
        bytes: b"%d" % number,
        date: NOW.date(),
        datetime: NOW,
        float: float(number),
        int: number,
        list: [],
        object: {},  # JSON
        str: f"of-{number}",
    }[column.type.python_type]


def row_of(table: sa.Table, number: int) -> dict[str, Any]:
    """Return a made-up row: of each column that needs a value."""
    return {
        column.name: CONTENTS.get((table.name, column.name), made_up(column, number))
        for column in table.columns
        if not column.nullable and column.server_default is None and not column.identity
    }


def fill(connection: sa.Connection, number: int) -> set[str]:
    """Put a made-up row into every table that takes one; return which did."""
    found = sa.MetaData()
    found.reflect(connection)
    filled = set()
    for table in found.sorted_tables:
        if table.name == "schema_version":
            continue
        try:
            with connection.begin_nested():
                connection.execute(sa.insert(table).values(row_of(table, number)))
        except IntegrityError:
            continue  # a check or a reference that what is made up does not know
        filled.add(table.name)
    return filled


def tables(connection: sa.Connection) -> set[str]:
    return set(sa.inspect(connection).get_table_names()) - {"schema_version"}


@pytest.fixture
async def schema(database_url: str) -> Schema:
    await migrations.provision(database_url, "of-before", PASSWORD)
    return Schema("of_before", service_url(database_url, "of_before"))


@pytest.fixture
async def database(schema: Schema) -> AsyncIterator[Database]:
    database = await schema.connect()
    yield database
    await database.close()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
async def test_each_version_takes_the_rows_of_the_one_before(
    schema: Schema, database: Database, folder: Path
) -> None:
    filled: set[str] = set()
    for number, version in enumerate(versions(folder), 1):
        await migrations.upgrade(schema.url, schema.name, folder, version)
        filled |= await database.transact(fill, number)
    await migrations.upgrade(schema.url, schema.name, folder)

    without = await database.transact(tables) - filled
    assert len(without) <= WITHOUT_ROWS * len(filled), f"no row of before: {sorted(without)}"


def insert(connection: sa.Connection, name: str, **values: Any) -> None:
    """Put a row into a table as it is now; what is not named is made up."""
    table = sa.Table(name, sa.MetaData(), autoload_with=connection)
    connection.execute(sa.insert(table).values({**row_of(table, 1), **values}))


async def test_deadlines_that_disasters_put_off_are_known_without_them(
    schema: Schema, database: Database
) -> None:
    folder = ROOT / "services" / "credit_supervision" / "migrations"
    await migrations.upgrade(schema.url, schema.name, folder, "0006")

    def of_before(connection: sa.Connection) -> None:
        for emergency, state in (("flood", 1), ("quake", 1), ("storm", 2)):
            insert(connection, "emergencies", emergency_id=emergency, state=state, began=NOW)
        insert(connection, "clues", clue_id="twice", due=date(2026, 6, 30))
        insert(connection, "clues", clue_id="over", due=date(2026, 6, 30))
        for clue, emergency, days, due in (
            ("twice", "flood", 15, date(2026, 6, 15)),
            ("twice", "quake", 15, date(2026, 6, 30)),
            ("over", "storm", 15, date(2026, 6, 30)),
        ):
            insert(
                connection,
                "clue_extensions",
                clue_id=clue,
                emergency_id=emergency,
                days=days,
                due=due,
            )
        insert(connection, "records", record_id="r-1", department="tax", source_id="No. 7", kind=3)
        insert(connection, "adverse_uses", adverse_use_id="u-1", record_id="r-0", state=2)
        insert(connection, "tombstones", record_id="r-0")

    await database.transact(of_before)
    await migrations.upgrade(schema.url, schema.name, folder)

    def now(connection: sa.Connection) -> list[list[Any]]:
        return [
            [tuple(row) for row in connection.execute(sa.text(query))]
            for query in (
                "SELECT key, emergency_id, base, days FROM rests ORDER BY emergency_id",
                "SELECT record_id FROM record_lineages",
                "SELECT state FROM adverse_uses",
                "SELECT look_on IS NOT NULL FROM records",
                "SELECT outcome FROM clues",
            )
        ]

    rests, lineages, uses, looks, outcomes = await database.transact(now)
    base = date(2026, 5, 31)
    assert rests == [("twice", "flood", base, 15), ("twice", "quake", base, 15)]
    assert (lineages, uses, looks) == ([("r-1",)], [(4,)], [(True,)])
    assert outcomes == [(0,), (0,)]
