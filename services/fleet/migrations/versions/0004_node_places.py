"""The nodes that there are go into the bucket of places; later ones do as they are registered."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from services.plumbing import outbox
from tianfu import subjects
from tianfu.fleet.v1 import events_pb2

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

AT_ONCE: Final = 1_000


def upgrade() -> None:
    """Put a message a node into the outbox: who counts by place has to know all of them."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text("SELECT node_id, place_code, revision, update_time FROM nodes ORDER BY node_id")
    ).all()
    for start in range(0, len(rows), AT_ONCE):
        outbox.emit_all(connection, [_message(row) for row in rows[start : start + AT_ONCE]])


def _message(row: sa.Row[tuple[object, ...]]) -> outbox.Outgoing:
    place = events_pb2.NodePlace(node=row.node_id, place_code=row.place_code)
    place.change_time.FromDatetime(row.update_time)
    return outbox.Outgoing(
        subjects.bucket_key(subjects.NODE_PLACES, subjects.node_id(row.node_id)),
        place.SerializeToString(),
        {"content-type": "application/protobuf"},
        f"fleet-{row.node_id}-{row.revision}-first-place",
    )


def downgrade() -> None:
    """Refuse: a fleet's register is not changed back by a command."""
    raise NotImplementedError("restore a backup instead")
