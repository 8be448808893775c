"""Reports are looked up by order, code and status: those there are get their columns filled."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op
from google.protobuf.message import DecodeError

from tianfu.healthcare.v1 import clinical_pb2, exchange_pb2

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

REPORT: Final = 4
"""Kind of document, as in the contract's WatchKind."""

AT_ONCE: Final = 1_000

FILL: Final = sa.text(
    "UPDATE documents SET label = :status, cause = :order, place = :code "
    "WHERE kind = :kind AND document_id = :own"
)


def upgrade() -> None:
    """Fill the columns from each report's own words, a bounded number of reports at a time."""
    connection, after = op.get_bind(), ""
    query = sa.text(
        "SELECT document_id, body FROM documents "
        "WHERE kind = :kind AND document_id > :after ORDER BY document_id LIMIT :limit"
    )
    while True:
        bounds = {"kind": REPORT, "after": after, "limit": AT_ONCE}
        rows = connection.execute(query, bounds).all()
        if not rows:
            return
        filled = [_columns(row.document_id, bytes(row.body)) for row in rows]
        if readable := [each for each in filled if each]:
            connection.execute(FILL, readable)
        after = rows[-1].document_id


def _columns(own: str, body: bytes) -> dict[str, object]:
    """Return a report's columns; none for a body that is no report, which stays as it is.

    It can't be shown either; that it can't be found must not keep the service from starting.
    """
    try:
        report = exchange_pb2.Report.FromString(body)
    except DecodeError:
        return {}
    status = clinical_pb2.ResultStatus.Name(report.status).removeprefix("RESULT_STATUS_")
    return {
        "own": own,
        "kind": REPORT,
        "status": status,
        "order": report.order,
        "code": report.code.code,
    }


def downgrade() -> None:
    """Refuse: what hospitals have sent is not thrown away by a command."""
    raise NotImplementedError("restore a backup instead")
