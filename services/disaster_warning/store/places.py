"""Where the fleet has its nodes; see ``ports.Receipts``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import sqlalchemy as sa

from services.disaster_warning.model.receipts import (
    COUNTY_MISMATCH,
    NODE_UNKNOWN,
    Answer,
    NodePlace,
    ReceiptState,
)
from services.disaster_warning.store.gathered import Gathering
from services.disaster_warning.store.tables import places

_PUT: Final = sa.text(
    """
    INSERT INTO node_places (node, county, change_time, previous_county)
    SELECT * FROM unnest(
        CAST(:nodes AS text[]), CAST(:counties AS text[]), CAST(:times AS timestamptz[]),
        CAST(:previous AS text[]))
    ON CONFLICT (node) DO UPDATE
    SET county = excluded.county, change_time = excluded.change_time,
        previous_county = excluded.previous_county
    """
)

# As model.receipts.apart judges. What was refused as of another county counts now if it happened
# when the node stood there already, and only the word of it came later.
_SETTLE: Final = sa.text(
    """
    UPDATE receipts SET apart = CASE WHEN stands.counts THEN '' ELSE :mismatch END
    FROM (
        SELECT warning_id, version, node, sink,
               said.county = place.county
               OR (said.county = place.previous_county AND event_time < change_time) AS counts
        FROM receipts AS said JOIN node_places AS place USING (node)
        WHERE node = ANY(CAST(:nodes AS text[])) AND apart <> ''
          AND (apart = :unknown OR (said.county = place.county AND event_time >= change_time))
        ORDER BY warning_id, version, node, sink FOR UPDATE OF said
    ) AS stands
    WHERE receipts.warning_id = stands.warning_id AND receipts.version = stands.version
      AND receipts.node = stands.node AND receipts.sink = stands.sink
    RETURNING receipts.warning_id, receipts.version, receipts.county, state, apart
    """
)


class PlaceRows:
    """Part of a transaction."""

    _connection: Gathering

    def places_of(self, names: Collection[str]) -> Mapping[str, NodePlace]:
        """Return where the fleet has those of the nodes that it has told of."""
        query = sa.select(places).where(places.c.node.in_(sorted(names)))
        rows = self._connection.execute(query).mappings()
        return {row["node"]: NodePlace(**row) for row in rows}

    def put_places(self, stand: Mapping[str, NodePlace]) -> None:
        """Store where nodes stand."""
        if not stand:
            return
        rows = [stand[node] for node in sorted(stand)]
        values = {
            "nodes": [row.node for row in rows],
            "counties": [row.county for row in rows],
            "times": [row.change_time for row in rows],
            "previous": [row.previous_county for row in rows],
        }
        self._connection.execute(_PUT, values)

    def drop_places(self, names: Collection[str]) -> None:
        """Forget where nodes stand that are no more."""
        if names:
            self._connection.execute(sa.delete(places).where(places.c.node.in_(sorted(names))))

    def settle_apart(self, names: Collection[str]) -> Sequence[Answer]:
        """Judge again what nodes said before it was known where they stand.

        Return what they have acknowledged among what counts now.
        """
        if not names:
            return []
        values = {"nodes": sorted(names), "mismatch": COUNTY_MISMATCH, "unknown": NODE_UNKNOWN}
        return [
            Answer(row.warning_id, row.version, row.county)
            for row in self._connection.execute(_SETTLE, values)
            if row.state == ReceiptState.ACKED and not row.apart
        ]
