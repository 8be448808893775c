"""What nodes say of the warnings they were given; see ``ports.Receipts``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from services.disaster_warning.model.receipts import (
    EXPIRED_REASON,
    RANKS,
    CountyBoard,
    Receipt,
    ReceiptState,
    ReportKey,
    SinkKey,
    Summary,
)
from services.disaster_warning.model.warning import Channel
from services.disaster_warning.store.gathered import Gathering
from services.disaster_warning.store.tables import versions, warnings
from tianfu import subjects

CONSUMER: Final = str(subjects.WARNING_RECEIPTS)
"""Whose inbox rows these are."""

_DELIVERED: Final = (ReceiptState.DELIVERED, ReceiptState.ACKED)

_FIRST: Final = sa.text(
    """
    INSERT INTO inbox (consumer, message_id)
    SELECT :consumer, message_id FROM unnest(CAST(:ids AS text[])) AS message_id
    ON CONFLICT DO NOTHING RETURNING message_id
    """
)

_PUT: Final = sa.text(
    """
    INSERT INTO receipts AS known (
        warning_id, version, node, sink, state, rank, county, event_time, receive_time,
        delivery_time, reason, apart)
    SELECT warning_id, version, node, sink, state, rank, county, event_time, :now,
           CASE WHEN delivered THEN event_time END, reason, apart
    FROM unnest(
        CAST(:warning_ids AS text[]), CAST(:versions AS int[]), CAST(:nodes AS text[]),
        CAST(:sinks AS smallint[]), CAST(:states AS smallint[]), CAST(:ranks AS smallint[]),
        CAST(:counties AS text[]), CAST(:event_times AS timestamptz[]), CAST(:reasons AS text[]),
        CAST(:delivered AS boolean[]), CAST(:aparts AS text[])
    ) AS said (
        warning_id, version, node, sink, state, rank, county, event_time, reason, delivered, apart)
    ON CONFLICT (warning_id, version, node, sink) DO UPDATE
    SET state = excluded.state, rank = excluded.rank, event_time = excluded.event_time,
        receive_time = excluded.receive_time, reason = excluded.reason,
        county = excluded.county, apart = excluded.apart,
        delivery_time = CASE WHEN known.apart = excluded.apart
                             THEN coalesce(known.delivery_time, excluded.delivery_time)
                             ELSE excluded.delivery_time END
    -- What counts before what is kept apart: see model.receipts.moves.
    WHERE (excluded.apart = '', excluded.rank) > (known.apart = '', known.rank)
    """
)

_HEARD: Final = sa.text(
    """
    INSERT INTO reporting_nodes AS known (node, report_time)
    SELECT node, :now FROM unnest(CAST(:nodes AS text[])) AS node
    ON CONFLICT (node) DO UPDATE SET report_time = excluded.report_time
    -- A row is written once an hour, not once a report.
    WHERE known.report_time < excluded.report_time - interval '1 hour'
    """
)

_SUMMARIES: Final = sa.text(
    """
    WITH told AS (
        SELECT unnest(counties) AS county FROM warning_versions
        WHERE warning_id = :warning_id AND version = :version
    ), said AS (
        SELECT county,
               count(DISTINCT node) FILTER (WHERE counts AND state IN (:delivered, :acked))
                   AS delivered,
               count(DISTINCT node) FILTER (WHERE counts AND state = :acked) AS acknowledged,
               count(*) FILTER (WHERE counts AND state = :failed) AS failed,
               count(DISTINCT node)
                   FILTER (WHERE counts AND state = :refused AND reason = :expired_reason)
                   AS expired,
               count(DISTINCT node) FILTER (WHERE NOT counts) AS apart,
               min(delivery_time) FILTER (WHERE counts) AS first_delivery,
               max(delivery_time) FILTER (WHERE counts) AS last_delivery
        FROM receipts CROSS JOIN LATERAL (SELECT apart = '' AS counts) AS judged
        WHERE warning_id = :warning_id AND version = :version
        GROUP BY county
    ), standing AS (
        SELECT county, count(*) AS nodes FROM reporting_nodes JOIN node_places USING (node)
        GROUP BY county
    ), levels AS (
        SELECT county, level FROM calls
        WHERE warning_id = :warning_id AND (:is_last OR version = :version)
    )
    SELECT county, coalesce(nodes, 0) AS nodes, coalesce(delivered, 0) AS delivered,
           coalesce(acknowledged, 0) AS acknowledged, coalesce(failed, 0) AS failed,
           coalesce(expired, 0) AS expired, coalesce(level, 0) AS level,
           coalesce(apart, 0) AS apart,
           first_delivery, last_delivery
    FROM told FULL JOIN said USING (county) LEFT JOIN standing USING (county)
         LEFT JOIN levels USING (county)
    ORDER BY county
    """
)


_BOARD: Final = sa.text(
    """
    WITH told AS (
        SELECT warning_id, version, unnest(told.counties) AS county
        FROM warnings JOIN warning_versions AS told USING (warning_id, version)
        WHERE warnings.channel = :live AND warnings.end_time IS NOT NULL
    ), said AS (
        SELECT warning_id, county, node, max(rank) AS rank, bool_or(state = :failed) AS failed
        FROM told JOIN receipts USING (warning_id, version, county)
        WHERE apart = ''
        GROUP BY warning_id, county, node
    ), counted AS (
        SELECT warning_id, county,
               count(*) FILTER (WHERE rank = :rank_sent) AS sent,
               count(*) FILTER (WHERE rank >= :rank_delivered) AS delivered,
               count(*) FILTER (WHERE rank >= :rank_acked) AS acknowledged,
               count(*) FILTER (WHERE failed) AS failed
        FROM said GROUP BY warning_id, county
    ), standing AS (
        SELECT county, count(*) AS nodes FROM reporting_nodes JOIN node_places USING (node)
        GROUP BY county
    ), per_warning AS (
        SELECT told.county, coalesce(sent, 0) AS sent, coalesce(delivered, 0) AS delivered,
               coalesce(acknowledged, 0) AS acknowledged, coalesce(failed, 0) AS failed,
               greatest(coalesce(nodes, 0) - coalesce(delivered, 0), 0) AS outstanding,
               CASE WHEN coalesce(acknowledged, 0) = 0 THEN coalesce(level, 0) ELSE 0 END AS level
        FROM told LEFT JOIN counted USING (warning_id, county) LEFT JOIN standing USING (county)
             LEFT JOIN calls ON calls.warning_id = told.warning_id
                             AND calls.county = told.county AND calls.version = told.version
    )
    SELECT county, CAST(sum(sent) AS bigint) AS sent, CAST(sum(delivered) AS bigint) AS delivered,
           CAST(sum(acknowledged) AS bigint) AS acknowledged, CAST(sum(failed) AS bigint) AS failed,
           CAST(sum(outstanding) AS bigint) AS outstanding, max(level) AS level
    FROM per_warning GROUP BY county ORDER BY county
    """
)


def _forgotten() -> sa.ColumnElement[bool]:
    """Say of a version that its warning's receipts are no longer kept: nor are late ones."""
    return sa.exists().where(
        warnings.c.warning_id == versions.c.warning_id,
        warnings.c.receipts_forget_time.is_not(None),
    )


class ReceiptRows:
    """Part of a transaction."""

    _connection: Gathering

    def first_reports(self, keys: Sequence[ReportKey]) -> frozenset[ReportKey]:
        """Enter reports and return those that were not taken before."""
        by_id = {key.message_id: key for key in keys}
        values = {"consumer": CONSUMER, "ids": sorted(by_id)}
        new = self._connection.execute(_FIRST, values).scalars()
        return frozenset(by_id[each] for each in new)

    def published(
        self, pairs: Sequence[tuple[str, int]]
    ) -> Mapping[tuple[str, int], tuple[Channel, datetime]]:
        """Return channel and time of sending of those (warning, version) that were published."""
        if not pairs:
            return {}
        key = sa.tuple_(versions.c.warning_id, versions.c.version)
        query = sa.select(
            versions.c.warning_id, versions.c.version, versions.c.channel, versions.c.send_time
        ).where(key.in_(pairs), ~_forgotten())
        return {
            (row.warning_id, row.version): (Channel(row.channel), row.send_time)
            for row in self._connection.execute(query)
        }

    def put_receipts(self, receipts: Mapping[SinkKey, Receipt], now: datetime) -> None:
        """Store receipts where they move a sink's state forwards."""
        if not receipts:
            return
        # In order of key: two transactions that change the same rows never wait for each other.
        rows = [receipts[key] for key in sorted(receipts)]
        values = {
            "now": now,
            "warning_ids": [row.key.warning_id for row in rows],
            "versions": [row.key.version for row in rows],
            "nodes": [row.key.node for row in rows],
            "sinks": [row.key.sink for row in rows],
            "states": [int(row.state) for row in rows],
            "ranks": [RANKS[row.state] for row in rows],
            "counties": [row.county for row in rows],
            "event_times": [row.event_time for row in rows],
            "reasons": [row.reason for row in rows],
            "delivered": [row.state in _DELIVERED for row in rows],
            "aparts": [row.apart for row in rows],
        }
        self._connection.execute(_PUT, values)

    def heard_nodes(self, names: Collection[str], now: datetime) -> None:
        """Remember that nodes report."""
        self._connection.execute(_HEARD, {"nodes": sorted(names), "now": now})

    def board(self) -> Sequence[CountyBoard]:
        """Return what became of the warnings to the public that hold, by county."""
        values = {
            "live": Channel.LIVE.value,
            "failed": int(ReceiptState.FAILED),
            "rank_sent": RANKS[ReceiptState.SENT],
            "rank_delivered": RANKS[ReceiptState.DELIVERED],
            "rank_acked": RANKS[ReceiptState.ACKED],
        }
        rows = self._connection.execute(_BOARD, values).mappings()
        return [CountyBoard(**row) for row in rows]

    def summaries(
        self, warning_id: str, version: int, *, is_last: bool = True
    ) -> Sequence[Summary]:
        """Return who has received a version, by county, in order of code.

        How far people were called is known of the last one; of others, where calls ended with it.
        """
        values = {
            "is_last": is_last,
            "warning_id": warning_id,
            "version": version,
            "delivered": int(ReceiptState.DELIVERED),
            "acked": int(ReceiptState.ACKED),
            "failed": int(ReceiptState.FAILED),
            "refused": int(ReceiptState.REFUSED),
            "expired_reason": EXPIRED_REASON,
        }
        return [
            Summary(version=version, **row)
            for row in self._connection.execute(_SUMMARIES, values).mappings()
        ]
