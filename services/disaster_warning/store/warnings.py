"""Warnings, steps and versions; see ``ports.Warnings``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.disaster_warning.model.filters import WarningFilter
from services.disaster_warning.model.warning import (
    Channel,
    HazardWarning,
    NoticeType,
    State,
    Step,
    Version,
)
from services.disaster_warning.store.gathered import Gathering
from services.disaster_warning.store.tables import steps, versions, warnings
from services.disaster_warning.usecases import encoding
from tianfu.disaster_warning.v1 import warning_pb2

_WARNING: Final = sa.text("SELECT body, holds_until FROM warnings WHERE warning_id = :warning_id")
_HELD: Final = sa.text(f"{_WARNING.text} FOR UPDATE")

_REFERENCES: Final = sa.text(
    """
    SELECT cap_identifier, send_time FROM warning_versions
    WHERE warning_id = :warning_id AND version IN (
        1, (SELECT max(version) FROM warning_versions WHERE warning_id = :warning_id))
    ORDER BY version
    """
)

_IDENTIFIERS: Final = sa.text(
    """
    SELECT cap_identifier FROM warning_versions
    WHERE cap_identifier = ANY (CAST(:candidates AS text[]))
    """
)

_REPLACE: Final = """
    UPDATE warnings SET channel = :channel, state = :state, event_code = :event_code,
        colour = :colour, version = :version, earthquake_id = :earthquake_id,
        revision = :revision, places = CAST(:places AS text[]), create_time = :create_time,
        update_time = :update_time, end_time = :end_time, holds_until = :holds_until, body = :body
    WHERE warning_id = :warning_id
"""

_ADD_STEP: Final = """
    INSERT INTO warning_steps (warning_id, number, from_state, to_state, actor, step_time,
                               comment, version)
    VALUES (:warning_id, :number, :from_state, :to_state, :actor, :step_time, :comment, :version)
"""

_ADD_VERSION: Final = """
    INSERT INTO warning_versions (warning_id, version, channel, notice_type, cap_identifier,
                                  cap_xml, send_time, expire_time, facts, counties, notices,
                                  rule_versions)
    VALUES (:warning_id, :version, :channel, :notice_type, :cap_identifier,
            :cap_xml, :send_time, :expire_time, :facts, CAST(:counties AS text[]),
            CAST(:notices AS bytea[]), CAST(:rule_versions AS text[]))
"""


class WarningRows:
    """Part of a transaction."""

    _connection: Gathering
    _hold: bool

    def warning(self, warning_id: str) -> HazardWarning | None:
        """Return a warning; if this transaction writes, hold it until the end."""
        query = _HELD if self._hold else _WARNING
        row = self._connection.execute(query, {"warning_id": warning_id}).one_or_none()
        return None if row is None else _warning(row)

    def warnings_of(self, warning_ids: Sequence[str]) -> Mapping[str, HazardWarning]:
        """Return those of the warnings that there are."""
        # In order of id: two transactions that hold several warnings never wait for each other.
        query = _query().where(warnings.c.warning_id.in_(warning_ids))
        query = query.order_by(warnings.c.warning_id)
        if self._hold:
            query = query.with_for_update()
        found = [_warning(row) for row in self._connection.execute(query)]
        return {each.warning_id: each for each in found}

    def warnings(
        self, meant: WarningFilter, before: tuple[datetime, str] | None, limit: int
    ) -> Sequence[HazardWarning]:
        """Return warnings, the latest drafted first, after a position (create time, id)."""
        key = sa.tuple_(warnings.c.create_time, warnings.c.warning_id)
        query = _query().where(*_terms(meant))
        if before is not None:
            query = query.where(key < before)
        query = query.order_by(warnings.c.create_time.desc(), warnings.c.warning_id.desc())
        return [_warning(row) for row in self._connection.execute(query.limit(limit))]

    def open_warnings(
        self, meant: WarningFilter, after: str, limit: int
    ) -> Sequence[HazardWarning]:
        """Return warnings that have not ended, after an id, in order of id."""
        query = (
            _query()
            .where(warnings.c.end_time.is_not(None), warnings.c.warning_id > after, *_terms(meant))
            .order_by(warnings.c.warning_id)
        )
        return [_warning(row) for row in self._connection.execute(query.limit(limit))]

    def due_warnings(self, now: datetime, limit: int) -> Sequence[HazardWarning]:
        """Return warnings whose end has come, and hold them."""
        query = (
            _query()
            .where(warnings.c.end_time <= now)
            .order_by(warnings.c.end_time, warnings.c.warning_id)
            .limit(limit)
            .with_for_update()
        )
        return [_warning(row) for row in self._connection.execute(query)]

    def add_warning(self, warning: HazardWarning) -> bool:
        """Add a warning; False when its id is taken."""
        statement = (
            postgresql.insert(warnings)
            .values(row_of(warning))
            .on_conflict_do_nothing(index_elements=[warnings.c.warning_id])
            .returning(warnings.c.warning_id)
        )
        return self._connection.execute(statement).one_or_none() is not None

    def replace_warning(self, warning: HazardWarning) -> None:
        """Store a warning's new state."""
        self._connection.later(_REPLACE, row_of(warning))

    def add_step(self, warning: HazardWarning, step: Step) -> None:
        """Append a step of a warning, which has its revision."""
        values = {
            "warning_id": warning.warning_id,
            "number": warning.revision,
            "from_state": int(step.from_state),
            "to_state": int(step.to_state),
            "actor": step.actor,
            "step_time": step.step_time,
            "comment": step.comment,
            "version": step.version,
        }
        self._connection.later(_ADD_STEP, values)

    def steps(self, warning_id: str) -> Sequence[Step]:
        """Return a warning's steps, oldest first."""
        query = sa.select(steps).where(steps.c.warning_id == warning_id).order_by(steps.c.number)
        return [
            Step(
                State(row.from_state),
                State(row.to_state),
                row.actor,
                row.step_time,
                row.comment,
                row.version,
            )
            for row in self._connection.execute(query)
        ]

    def add_version(self, version: Version) -> None:
        """Append a version."""
        values = {
            "warning_id": version.warning_id,
            "version": version.version,
            "channel": version.channel.value,
            "notice_type": int(version.notice_type),
            "cap_identifier": version.cap_identifier,
            "cap_xml": version.cap_xml,
            "send_time": version.send_time,
            "expire_time": version.expire_time,
            "facts": version.facts,
            "counties": list(version.notices),
            "notices": list(version.notices.values()),
            "rule_versions": list(version.rule_versions),
        }
        self._connection.later(_ADD_VERSION, values)

    def version(self, warning_id: str, version: int) -> Version | None:
        """Return a version of a warning; 0 means the latest."""
        query = sa.select(versions).where(versions.c.warning_id == warning_id)
        if version:
            query = query.where(versions.c.version == version)
        query = query.order_by(versions.c.version.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        return Version(
            warning_id=row.warning_id,
            version=row.version,
            channel=Channel(row.channel),
            notice_type=NoticeType(row.notice_type),
            cap_identifier=row.cap_identifier,
            cap_xml=row.cap_xml,
            send_time=row.send_time,
            expire_time=row.expire_time,
            facts=row.facts,
            notices=dict(zip(row.counties, row.notices, strict=True)),
            rule_versions=tuple(row.rule_versions),
        )

    def references(self, warning_id: str) -> Sequence[tuple[str, datetime]]:
        """Return identifier and time of a warning's first CAP message and of its last."""
        rows = self._connection.execute(_REFERENCES, {"warning_id": warning_id})
        return [(row.cap_identifier, row.send_time) for row in rows]

    def cap_identifiers(self, candidates: Sequence[str]) -> frozenset[str]:
        """Return those of the identifiers that CAP messages have already."""
        found = self._connection.execute(_IDENTIFIERS, {"candidates": list(candidates)})
        return frozenset(found.scalars())


def _query() -> sa.Select[Any]:
    return sa.select(warnings.c.body, warnings.c.holds_until)


def _warning(row: sa.Row[Any]) -> HazardWarning:
    message = warning_pb2.Warning.FromString(row.body)
    return encoding.warning_from(message, holds_until=row.holds_until)


def row_of(warning: HazardWarning) -> dict[str, Any]:
    """Return a warning as its table has it."""
    return {
        "warning_id": warning.warning_id,
        "channel": warning.channel.value,
        "state": int(warning.state),
        "event_code": warning.event_code,
        "colour": int(warning.content.colour),
        "version": warning.version,
        "earthquake_id": warning.earthquake_id or None,
        "revision": warning.revision,
        "places": _places(warning),
        "create_time": warning.create_time,
        "update_time": warning.update_time,
        "end_time": warning.end_time,
        "holds_until": warning.holds_until,
        "body": encoding.warning_to(warning).SerializeToString(deterministic=True),
    }


def _places(warning: HazardWarning) -> list[str]:
    codes = {each.place_code for each in warning.counties}
    return sorted({code[:digits] for code in codes for digits in (2, 4, 6)})


def _terms(meant: WarningFilter) -> list[sa.ColumnElement[bool]]:
    terms: list[sa.ColumnElement[bool]] = []
    if meant.place_code:
        terms.append(warnings.c.places.contains([meant.place_code]))
    if meant.colour is not None:
        terms.append(warnings.c.colour == int(meant.colour))
    if meant.event_code:
        terms.append(warnings.c.event_code == meant.event_code)
    if meant.state is not None:
        terms.append(warnings.c.state == int(meant.state))
    if meant.channel is not None:
        terms.append(warnings.c.channel == meant.channel.value)
    if meant.from_time is not None:
        terms.append(warnings.c.update_time >= meant.from_time)
    if meant.to_time is not None:
        terms.append(warnings.c.update_time < meant.to_time)
    return terms
