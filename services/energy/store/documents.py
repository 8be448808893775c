"""Resources that are kept as the messages they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.energy.model.records import Document
from services.energy.store.tables import documents


class DocumentRows:
    """The part of a transaction that keeps documents."""

    _connection: sa.Connection
    _hold: bool

    def document(self, kind: str, name: str) -> Document | None:
        """Return a document."""
        query = sa.select(documents.c.name, documents.c.digest, documents.c.body).where(
            documents.c.kind == kind, documents.c.name == name
        )
        if self._hold:
            query = query.with_for_update()
        row = self._connection.execute(query).one_or_none()
        return None if row is None else Document(*row)

    def documents(self, kind: str, parent: str, after: str, limit: int) -> Sequence[Document]:
        """Return documents of a parent after a name, in order of name."""
        query = (
            sa.select(documents.c.name, documents.c.digest, documents.c.body)
            .where(documents.c.kind == kind, documents.c.parent == parent, documents.c.name > after)
            .order_by(documents.c.name)
            .limit(limit)
        )
        return [Document(*row) for row in self._connection.execute(query)]

    def add_document(
        self, kind: str, parent: str, document: Document, create_time: datetime
    ) -> bool:
        """Store a document; return False when there is one of its name."""
        statement = postgresql.insert(documents).values(
            kind=kind, parent=parent, create_time=create_time, **document._asdict()
        )
        done = self._connection.execute(
            statement.on_conflict_do_nothing().returning(documents.c.name)
        )
        return done.one_or_none() is not None

    def replace_document(
        self, kind: str, name: str, body: bytes, create_time: datetime | None = None
    ) -> None:
        """Store another body for a document, made anew when a time is given."""
        again = {} if create_time is None else {"create_time": create_time}
        self._connection.execute(
            sa.update(documents)
            .where(documents.c.kind == kind, documents.c.name == name)
            .values(body=body, **again)
        )

    def delete_documents(self, kind: str, names: Sequence[str]) -> None:
        """Remove documents."""
        which = sa.and_(documents.c.kind == kind, documents.c.name.in_(names))
        self._connection.execute(sa.delete(documents).where(which))

    def settled_events(self, unit_id: str, after: str, limit: int) -> Sequence[str]:
        """Return the events after one that were settled for a unit, in order of name."""
        # As the index of migration 0003 has it.
        unit: sa.ColumnElement[str] = sa.literal_column("split_part(name, '/', 4)")
        query = (
            sa.select(documents.c.name)
            .where(
                documents.c.kind == sa.literal_column("'settlement'"),
                documents.c.parent == sa.literal_column("''"),
                unit == unit_id,
                documents.c.name > f"{after}/units/{unit_id}" if after else sa.true(),
            )
            .order_by(documents.c.name)
            .limit(limit)
        )
        suffix = f"/units/{unit_id}"
        return [name.removesuffix(suffix) for name in self._connection.execute(query).scalars()]
