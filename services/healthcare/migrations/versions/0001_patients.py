"""Patients, results, scores, alerts and their log, audit log, outbox and inbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from services.plumbing import audit, inbox, outbox

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def texts(*names: str) -> list[sa.Column[str]]:
    """Return columns of text that are never null."""
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def upgrade() -> None:
    """Make everything. Later versions change it; this one never changes again."""
    op.create_table(
        "patients",
        sa.Column("patient_id", sa.Text, primary_key=True),
        *texts("assigner", "identifier", "family_name", "given_name", "birth_date", "sex"),
        *texts("facility", "ward", "room", "bed", "visit", "patient_class"),
        sa.Column("admitted", sa.Boolean, nullable=False),
        sa.Column("message_time", TIME, nullable=False),
        sa.Column("create_time", TIME, nullable=False),
        sa.Column("update_time", TIME, nullable=False),
        sa.UniqueConstraint("assigner", "identifier"),
    )
    op.create_index("patients_ward", "patients", ["facility", "ward"])
    op.create_table(
        "observations",
        sa.Column("observation_id", sa.Text, primary_key=True),
        *texts("patient_id", "order", "code", "system", "unit", "word", "node"),
        sa.Column("number", sa.Float, nullable=True),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("observe_time", TIME, nullable=False),
        sa.Column("create_time", TIME, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("observations_of", "observations", ["patient_id", "observe_time"])
    op.create_table(
        "scores",
        sa.Column("score_id", sa.Text, primary_key=True),
        *texts("patient_id", "rule_version", "band", "trend"),
        sa.Column("total", sa.SmallInteger, nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("observe_time", TIME, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("scores_of", "scores", ["patient_id", "observe_time"])
    _alerts()
    outbox.create(op.get_bind())
    inbox.create(op.get_bind())
    audit.create(op.get_bind())


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.Text, primary_key=True),
        *texts("patient_id", "cause", "grade", "ladder", "rule_version", "told_role"),
        *texts("ladder_version", "clinician", "note"),
        *(
            sa.Column(name, sa.SmallInteger, nullable=False)
            for name in ("kind", "rank", "state", "step")
        ),
        sa.Column("open_time", TIME, nullable=False, index=True),
        sa.Column("told_time", TIME, nullable=False),
        sa.Column("answer_by", TIME, nullable=True),
        sa.Column("close_time", TIME, nullable=True),
    )
    op.create_index("alerts_of", "alerts", ["patient_id", "kind"])
    op.create_index(
        "alerts_due", "alerts", ["answer_by"], postgresql_where=sa.text("answer_by IS NOT NULL")
    )
    op.create_table(
        "changes",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        *texts("alert_id"),
        sa.Column("change_time", TIME, nullable=False),
    )
    counter = op.create_table(
        "change_counter",
        sa.Column("only", sa.Boolean, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(counter, [{"only": True, "number": 0}])


def downgrade() -> None:
    """Refuse: patients' records are not thrown away by a command."""
    raise NotImplementedError("restore a backup instead")
