"""What disasters put off is reckoned from the deadline without any; what came of a clue is kept."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ACTIVE = 1


def upgrade() -> None:
    """Make and fill the tables. Later versions change them; this one never changes again."""
    _rests()
    # Of results of before it is not known what they were: they count for nothing.
    op.add_column(
        "clues", sa.Column("outcome", sa.SmallInteger(), nullable=False, server_default="0")
    )
    op.create_table(
        "entity_looks",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("entity_looks_of", "entity_looks", ["code", "actor", "at"])

    _records()
    op.create_table(
        "registrations",
        sa.Column("number", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, nullable=False),
    )
    op.create_index("entities_organisation", "entities", [sa.text("substr(code, 9, 9)")])


def _records() -> None:
    """Keep who corrected a record, and which numbers of departments have been there."""
    op.add_column(
        "records",
        sa.Column("corrected_by", postgresql.JSONB(), nullable=False, server_default="[]"),
    )
    # Entries in lists end now, some of them long ago: the timer looks at them all.
    op.execute("UPDATE records SET look_on = CURRENT_DATE WHERE kind = 3 AND look_on IS NULL")
    lineages = op.create_table(
        "record_lineages",
        sa.Column("lineage", sa.Text, primary_key=True),
        sa.Column("record_id", sa.Text, nullable=False),
    )
    # Of two records of one number the first entered keeps it; of ended ones none is known.
    known = sa.text("SELECT department, source_id, record_id FROM records ORDER BY created DESC")
    owners = {
        _lineage(row.department, row.source_id): row.record_id
        for row in op.get_bind().execute(known)
    }
    op.bulk_insert(lineages, [{"lineage": k, "record_id": of} for k, of in owners.items()])
    op.create_index("adverse_uses_record", "adverse_uses", ["record_id"])
    op.execute(
        "UPDATE adverse_uses SET state = 4 WHERE state IN (1, 2)"
        " AND record_id IN (SELECT record_id FROM tombstones)"
    )


def _lineage(department: str, number: str) -> str:
    """Return the key of a number as the model makes it on the day of this version."""
    plain = "".join(unicodedata.normalize("NFKC", number).split()).casefold()
    return hashlib.sha256(json.dumps([department, plain], ensure_ascii=False).encode()).hexdigest()


def _rests() -> None:
    rests = op.create_table(
        "rests",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("kind", "key", "emergency_id")),
        sa.Column("base", sa.Date, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("days", sa.Integer, nullable=False),
    )
    op.create_index("rests_emergency", "rests", ["emergency_id"])
    op.bulk_insert(rests, _held(op.get_bind()))
    op.drop_table("clue_extensions")
    op.drop_table("process_extensions")


def _held(connection: sa.Connection) -> list[dict[str, object]]:
    """Return what disasters that go on have put off, by the deadlines of now.

    A row's ``due`` is what it had put the deadline off to: they are taken off one after the other,
    the last first, and what then is left is the deadline without any.
    """
    query = sa.text("""
        WITH deadlines (kind, key, due) AS (
            SELECT 'clue', clue_id, due FROM clues
            UNION ALL SELECT 'objection', objection_id, decide_by FROM objections
            UNION ALL SELECT 'repair', repair_id, decide_by FROM repairs
            UNION ALL SELECT 'adverse-use', adverse_use_id, decide_from FROM adverse_uses
        ), extensions AS (
            SELECT 'clue' AS kind, clue_id AS key, emergency_id, days, due FROM clue_extensions
            UNION ALL SELECT kind, key, emergency_id, days, due FROM process_extensions
        )
        SELECT kind, key, emergency_id, began AS since, days, extensions.due, deadlines.due AS now
        FROM extensions JOIN deadlines USING (kind, key) JOIN emergencies USING (emergency_id)
        WHERE emergencies.state = :active ORDER BY kind, key, extensions.due DESC
    """)
    found: dict[tuple[str, str], tuple[date, list[dict[str, object]]]] = {}
    for row in connection.execute(query, {"active": ACTIVE}):
        base, held = found.get((row.kind, row.key), (row.now, []))
        if row.due == base:
            made = {
                name: getattr(row, name)
                for name in ("kind", "key", "emergency_id", "since", "days")
            }
            held.append(made)
            base = date.fromordinal(base.toordinal() - row.days)
        found[row.kind, row.key] = base, held
    return [{**each, "base": base} for base, held in found.values() for each in held]


def downgrade() -> None:
    """Refuse: what a court may ask for is not thrown away by a command."""
    raise NotImplementedError("restore a backup instead")
