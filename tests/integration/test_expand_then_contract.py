"""Two releases run beside each other during an upgrade: each step of a schema bears the one before.

A rolling upgrade migrates first, and then replaces processes one by one. Meanwhile code of before
reads and writes the tables of after. So a step may add, and may take away only what no code of the
release before it uses (expand, then contract): whatever a step takes is named here with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa

from services.plumbing import migrations
from services.plumbing.postgres import Database
from tests.support.schema import PASSWORD, Schema, service_url

pytestmark = pytest.mark.integration

ROOT: Final = Path(__file__).parents[2]
FOLDERS: Final = sorted(each.parent for each in ROOT.glob("services/*/migrations/versions"))
VERSIONS: Final = "schema_version"

UNRELEASED: Final = "both versions came before the first release: nobody ran the one before"
TAKEN_AWAY: Final = dict.fromkeys(
    (
        "credit_supervision 0005: recognitions.code: is new, and nothing fills it",
        "credit_supervision 0005: recognitions.decided: is new, and nothing fills it",
        "credit_supervision 0005: recognitions.outcome: is new, and nothing fills it",
        "credit_supervision 0005: recognitions.receiver_place: is new, and nothing fills it",
        "credit_supervision 0007: clue_extensions: the table is gone",
        "credit_supervision 0007: process_extensions: the table is gone",
        "disaster_warning 0005: receipts.apart: is new, and nothing fills it",
        "disaster_warning 0005: reporting_nodes.county: the column is gone",
        "disaster_warning 0005: reporting_nodes.move_time: the column is gone",
        "fleet 0003: plans.number: is new, and nothing fills it",
    ),
    UNRELEASED,
)
"""What a step takes, and why nobody misses it."""


@dataclass(frozen=True)
class Column:
    """A column as code meets it."""

    type: str
    is_nullable: bool
    # Whether PostgreSQL fills it when an INSERT does not name it.
    has_default: bool


@dataclass(frozen=True)
class Shape:
    """Tables by name, with columns by name and the conditions that rows must meet."""

    tables: dict[str, dict[str, Column]]
    conditions: dict[str, frozenset[str]]


def shape_of(connection: sa.Connection) -> Shape:
    looked = sa.inspect(connection)
    names = [name for name in looked.get_table_names() if name != VERSIONS]
    return Shape(
        {name: {c["name"]: column_of(c) for c in looked.get_columns(name)} for name in names},
        {name: frozenset(conditions_of(looked, name)) for name in names},
    )


def column_of(found: Any) -> Column:
    filled = found["default"] is not None or "identity" in found or "computed" in found
    return Column(str(found["type"]), bool(found["nullable"]), filled)


def conditions_of(looked: Any, table: str) -> Iterator[str]:
    for check in looked.get_check_constraints(table):
        yield f"check {check['sqltext']}"
    for unique in looked.get_indexes(table):
        if unique["unique"]:
            yield f"unique {unique['column_names']}"
    for key in looked.get_foreign_keys(table):
        yield f"reference {key['constrained_columns']} -> {key['referred_table']}"


def harm(before: Shape, after: Shape) -> Iterator[str]:
    """Yield what code of before would stumble over in the tables of after."""
    for table, columns in before.tables.items():
        if table not in after.tables:
            yield f"{table}: the table is gone"
            continue
        now = after.tables[table]
        for name, was in columns.items():
            yield from (f"{table}.{name}: {what}" for what in narrowed(was, now.get(name)))
        for name in sorted(now.keys() - columns.keys()):
            if not (now[name].is_nullable or now[name].has_default):
                yield f"{table}.{name}: is new, and nothing fills it"
        for condition in sorted(after.conditions[table] - before.conditions[table]):
            if any(name in condition for name in columns):
                yield f"{table}: {condition}"


def narrowed(was: Column, now: Column | None) -> Iterator[str]:
    """Yield what a column does not bear any more."""
    if now is None:
        yield "the column is gone"
        return
    if now.type != was.type:
        yield f"{was.type} became {now.type}"
    if was.is_nullable and not now.is_nullable:
        yield "may not be NULL any more"
    if was.has_default and not (now.has_default or now.is_nullable):
        yield "nothing fills it any more"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
async def test_every_step_bears_the_code_of_before(database_url: str, folder: Path) -> None:
    service = folder.parent.name
    await migrations.provision(database_url, service.replace("_", "-"), PASSWORD)
    schema = Schema(service, service_url(database_url, service))
    before: Shape | None = None
    found = set()
    for step in sorted((folder / "versions").glob("[0-9]*.py")):
        version = step.name.split("_")[0]
        await migrations.upgrade(schema.url, schema.name, folder, version)
        database = await schema.connect()
        try:
            after = await shape(database)
        finally:
            await database.close()
        if before is not None:
            found |= {f"{service} {version}: {what}" for what in harm(before, after)}
        before = after
    known = {what for what in TAKEN_AWAY if what.startswith(f"{service} ")}
    assert sorted(found - known) == [], "add what is new first; take away a release later"
    assert sorted(known - found) == [], "is taken away no more: strike it off"


async def shape(database: Database) -> Shape:
    async with database.engine.connect() as connection:
        return await connection.run_sync(shape_of)


PLAIN: Final = Column("TEXT", is_nullable=False, has_default=False)
FILLED: Final = Column("TEXT", is_nullable=False, has_default=True)
MAYBE: Final = Column("TEXT", is_nullable=True, has_default=False)


def one_table(*conditions: str, **columns: Column) -> Shape:
    return Shape({"t": columns}, {"t": frozenset(conditions)})


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param(one_table(a=PLAIN, b=MAYBE), [], id="same"),
        pytest.param(one_table(a=PLAIN, b=MAYBE, c=MAYBE, d=FILLED), [], id="expanded"),
        pytest.param(one_table(a=MAYBE, b=MAYBE), [], id="loosened"),
        pytest.param(one_table("check c > 0", a=PLAIN, b=MAYBE, c=MAYBE), [], id="new-condition"),
        pytest.param(Shape({}, {}), ["t: the table is gone"], id="dropped"),
        pytest.param(one_table(a=PLAIN), ["t.b: the column is gone"], id="column-dropped"),
        pytest.param(
            one_table(a=PLAIN, b=PLAIN), ["t.b: may not be NULL any more"], id="tightened"
        ),
        pytest.param(
            one_table(a=Column("INTEGER", is_nullable=False, has_default=False), b=MAYBE),
            ["t.a: TEXT became INTEGER"],
            id="retyped",
        ),
        pytest.param(
            one_table(a=PLAIN, b=MAYBE, c=PLAIN),
            ["t.c: is new, and nothing fills it"],
            id="wanted",
        ),
        pytest.param(
            one_table("unique ['a']", a=PLAIN, b=MAYBE), ["t: unique ['a']"], id="narrowed"
        ),
    ],
)
def test_what_code_of_before_would_stumble_over(after: Shape, expected: list[str]) -> None:
    assert list(harm(one_table(a=PLAIN, b=MAYBE), after)) == expected
