"""What disasters put off is reckoned from the deadline without any; what came of a clue is kept."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op

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
