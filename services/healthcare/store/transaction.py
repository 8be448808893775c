"""One transaction over all of it, and who runs use cases in such transactions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from google.protobuf.message import Message
from sqlalchemy.dialects import postgresql

from services.healthcare.model import vital_state, vitals
from services.healthcare.model.closed_loop import Loop, LoopState
from services.healthcare.model.documents import Kind
from services.healthcare.model.oxygen import OxygenScale, OxygenScaleOrder
from services.healthcare.model.records import (
    Alert,
    AlertKind,
    Observation,
    Patient,
    Status,
    StoredScore,
)
from services.healthcare.model.vitals import Vital
from services.healthcare.ports import (
    AlertFilter,
    ObservationFilter,
    PatientFilter,
    ScoreFilter,
)
from services.healthcare.store.hangings import HangingRows
from services.healthcare.store.score_facts import ScoreFactRows
from services.healthcare.store.tables import (
    alerts,
    changes,
    counter,
    observations,
    oxygen_scale_orders,
    patients,
    scores,
)
from services.healthcare.store.vital_states import VitalStateRows
from services.plumbing import audit, inbox, outbox
from services.plumbing.audit_chain import Entry
from services.plumbing.postgres import Database
from tianfu.scores.monitor import Watched

CONSUMER: Final = "clinical"

CHANGES_KEPT: Final = 100_000
"""Changes in the log of alerts: weeks of a province. A watch away for longer begins anew."""

LOOP_COLUMNS: Final = {"rule_version": "ladder_version"}
"""Columns of a loop that are called otherwise in the table."""


class HealthcareTransaction(ScoreFactRows, VitalStateRows, HangingRows):
    """One transaction on a connection; see ``ports.Transaction``.

    ``hold`` says whether what is read is held until the end, as a transaction that writes needs it.
    Messages are gathered, and put into the outbox at the end (``flush``): its lock is taken last.
    """

    def __init__(self, connection: sa.Connection, *, hold: bool) -> None:
        self._connection = connection
        self._hold = hold
        self._messages: list[outbox.Outgoing] = []
        self._entries: list[Entry] = []
        self._marks: dict[tuple[int, str], str] = {}

    @property
    def connection(self) -> sa.Connection:
        """The connection, for the mechanisms that have tables of their own beside ours."""
        return self._connection

    def flush(self) -> None:
        """Write marks and audit entries, and put what was emitted into the outbox."""
        self.flush_marks()
        audit.append_all(self._connection, self._entries)
        outbox.emit_all(self._connection, self._messages)
        self._entries, self._messages = [], []

    def audit(self, entry: Entry) -> None:
        """Write an entry of the audit log, at the end of the transaction."""
        self._entries.append(entry)

    def emit(self, subject: str, message: Message, message_id: str, group: str = "") -> None:
        """Put a message into the outbox, at the end of the transaction."""
        headers = {"content-type": "application/protobuf"}
        payload = message.SerializeToString()
        self._messages.append(outbox.Outgoing(subject, payload, headers, message_id, group))

    def first_time(self, name: str) -> bool:
        """Enter a message; return False when it has had its effect already."""
        return inbox.first_time(self._connection, CONSUMER, name)

    def forget_messages(self, now: datetime) -> int:
        """Forget the names of messages of long ago, a bounded number; return how many."""
        return inbox.prune(self._connection, now)

    # -- patients --------------------------------------------------------------------------------

    def patient(self, patient_id: str) -> Patient | None:
        """Return a patient."""
        return self._patient(patients.c.patient_id == patient_id)

    def patient_of(self, assigner: str, identifier: str) -> Patient | None:
        """Return the patient of an identifier."""
        return self._patient(
            sa.and_(patients.c.assigner == assigner, patients.c.identifier == identifier)
        )

    def _patient(self, where: sa.ColumnElement[bool]) -> Patient | None:
        query = sa.select(patients).where(where)
        if self._hold:
            query = query.with_for_update()
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else Patient(**row)

    def put_patient(self, patient: Patient) -> Patient:
        """Store a patient; return who is stored, who came first when two came at once."""
        values = asdict(patient)
        statement = postgresql.insert(patients).values(values)
        kept = {k: v for k, v in values.items() if k not in _PATIENT_KEYS}
        stored = statement.on_conflict_do_update(
            index_elements=[patients.c.assigner, patients.c.identifier], set_=kept
        ).returning(patients)
        found = Patient(**self._connection.execute(stored).mappings().one())
        self.mark(Kind.PATIENT, found.patient_id, found.patient_id)
        return found

    def patients(self, meant: PatientFilter, after: str, limit: int) -> Sequence[Patient]:
        """Return patients after an id, in order of id."""
        terms = [patients.c.patient_id > after]
        if meant.facility:
            terms.append(patients.c.facility == meant.facility)
        if meant.ward:
            terms.append(patients.c.ward == meant.ward)
        if meant.admitted is not None:
            terms.append(patients.c.admitted == meant.admitted)
        query = sa.select(patients).where(*terms).order_by(patients.c.patient_id).limit(limit)
        return [Patient(**row) for row in self._connection.execute(query).mappings()]

    # -- results and scores ----------------------------------------------------------------------

    def put_observation(self, observation: Observation) -> Observation | None:
        """Store a result; return the one it took the place of, None for a new one."""
        query = sa.select(observations).where(
            observations.c.observation_id == observation.observation_id
        )
        row = self._connection.execute(query.with_for_update()).mappings().one_or_none()
        values = asdict(observation)
        statement = postgresql.insert(observations).values(values)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[observations.c.observation_id], set_=values
            )
        )
        self.mark(Kind.OBSERVATION, observation.observation_id, observation.patient_id)
        return None if row is None else _observation(row)

    def observation(self, observation_id: str) -> Observation | None:
        """Return a result."""
        query = sa.select(observations).where(observations.c.observation_id == observation_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _observation(row)

    def observations(
        self, meant: ObservationFilter, offset: int, limit: int
    ) -> Sequence[Observation]:
        """Return results, the latest first."""
        query = (
            sa.select(observations)
            .where(*_stated(observations, asdict(meant)))
            .order_by(observations.c.observe_time.desc(), observations.c.observation_id)
            .offset(offset)
            .limit(limit)
        )
        return [_observation(row) for row in self._connection.execute(query).mappings()]

    def vitals(
        self, patient_id: str, after: datetime, until: datetime, watched: Watched | None = None
    ) -> Sequence[Vital]:
        """Return the results that a score looks at, of a span of time."""
        columns = observations.c
        query = sa.select(
            columns.code, columns.number, columns.unit, columns.word, columns.observe_time
        ).where(
            columns.patient_id == patient_id,
            columns.system == vitals.LOINC,
            columns.code.in_(sorted(vitals.CODES)),
            columns.observe_time > after,
            columns.observe_time <= until,
            columns.status != int(Status.CANCELLED),
        )
        found = [Vital(*row) for row in self._connection.execute(query)]
        state = self.vital_state(patient_id) if watched is None else watched
        if state is not None:
            own = vital_state.vitals_of(state)
            found += [each for each in own if after < each.observe_time <= until]
        return found

    def put_score(self, score: StoredScore) -> bool:
        """Store a score, in the place of an earlier one of the same moment."""
        values = asdict(score)
        statement = postgresql.insert(scores).values(values)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=[scores.c.score_id], set_=values)
        )
        self.mark(Kind.SCORE, score.score_id, score.patient_id)
        return True

    def score(self, score_id: str) -> StoredScore | None:
        """Return a score."""
        query = sa.select(scores).where(scores.c.score_id == score_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else StoredScore(**row)

    def score_before(self, patient_id: str, at: datetime, after: datetime) -> StoredScore | None:
        """Return the last score of a span of time."""
        query = (
            sa.select(scores)
            .where(
                scores.c.patient_id == patient_id,
                scores.c.observe_time < at,
                scores.c.observe_time >= after,
                sa.not_(scores.c.withdrawn),
            )
            .order_by(scores.c.observe_time.desc())
            .limit(1)
        )
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else StoredScore(**row)

    def scores(self, meant: ScoreFilter, offset: int, limit: int) -> Sequence[StoredScore]:
        """Return scores, the latest first."""
        query = (
            sa.select(scores)
            .where(*_stated(scores, asdict(meant)), sa.not_(scores.c.withdrawn))
            .order_by(scores.c.observe_time.desc(), scores.c.score_id)
            .offset(offset)
            .limit(limit)
        )
        return [StoredScore(**row) for row in self._connection.execute(query).mappings()]

    # -- orders of an SpO2 scale -----------------------------------------------------------------

    def oxygen_order(
        self, patient_id: str, order_id: str, request_id: str
    ) -> OxygenScaleOrder | None:
        """Return a patient's order that has either id; an empty ``request_id`` is nobody's."""
        columns = oxygen_scale_orders.c
        same = columns.order_id == order_id
        if request_id:
            same = sa.or_(same, columns.request_id == request_id)
        found = self._oxygen(columns.patient_id == patient_id, same)
        return found[0] if found else None

    def oxygen_order_at(self, patient_id: str, at: datetime) -> OxygenScaleOrder | None:
        """Return the latest order that a patient had at a moment."""
        columns = oxygen_scale_orders.c
        found = self._oxygen(columns.patient_id == patient_id, columns.create_time <= at, limit=1)
        return found[0] if found else None

    def oxygen_orders(self, patient_id: str, offset: int, limit: int) -> Sequence[OxygenScaleOrder]:
        """Return a patient's orders, the latest first."""
        of_patient = oxygen_scale_orders.c.patient_id == patient_id
        return self._oxygen(of_patient, offset=offset, limit=limit)

    def _oxygen(
        self, *terms: sa.ColumnElement[bool], offset: int = 0, limit: int = 1
    ) -> Sequence[OxygenScaleOrder]:
        columns = oxygen_scale_orders.c
        query = (
            sa.select(oxygen_scale_orders)
            .where(*terms)
            .order_by(columns.create_time.desc(), columns.order_id.desc())
            .offset(offset)
            .limit(limit)
        )
        rows = self._connection.execute(query).mappings()
        return [OxygenScaleOrder(**{**row, "scale": OxygenScale(row["scale"])}) for row in rows]

    def put_oxygen_order(self, order: OxygenScaleOrder) -> None:
        """Store an order that is new."""
        values = {**asdict(order), "scale": int(order.scale)}
        self._connection.execute(sa.insert(oxygen_scale_orders).values(values))

    # -- alerts ----------------------------------------------------------------------------------

    def alert(self, alert_id: str) -> Alert | None:
        """Return an alert."""
        query = sa.select(alerts).where(alerts.c.alert_id == alert_id)
        if self._hold:
            query = query.with_for_update()
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _alert(row)

    def alerts_of(
        self, patient_id: str, kind: AlertKind, closed_after: datetime
    ) -> Sequence[Alert]:
        """Return a patient's alerts that are open, or were closed after a moment."""
        columns = alerts.c
        query = (
            sa.select(alerts)
            .where(
                columns.patient_id == patient_id,
                columns.kind == int(kind),
                sa.or_(columns.close_time.is_(None), columns.close_time > closed_after),
            )
            .order_by(columns.alert_id)
        )
        if self._hold:
            query = query.with_for_update()
        return [_alert(row) for row in self._connection.execute(query).mappings()]

    def put_alert(self, alert: Alert, now: datetime) -> int:
        """Store an alert and enter the change in the log; return the change's number."""
        take = sa.update(counter).values(number=counter.c.number + 1).returning(counter.c.number)
        number = int(self._connection.execute(take).scalar_one())
        values = _alert_row(alert)
        statement = postgresql.insert(alerts).values(values)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=[alerts.c.alert_id], set_=values)
        )
        self._connection.execute(
            sa.insert(changes).values(number=number, alert_id=alert.alert_id, change_time=now)
        )
        self._connection.execute(
            sa.delete(changes).where(changes.c.number <= number - CHANGES_KEPT)
        )
        return number

    def due_alerts(self, now: datetime, limit: int) -> Sequence[Alert]:
        """Return open alerts whose time to answer is over, and hold them; passes over held ones."""
        query = (
            sa.select(alerts)
            .where(alerts.c.state == int(LoopState.OPEN), alerts.c.answer_by <= now)
            .order_by(alerts.c.answer_by)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [_alert(row) for row in self._connection.execute(query).mappings()]

    def alerts(self, meant: AlertFilter, offset: int, limit: int) -> Sequence[Alert]:
        """Return alerts, the latest first."""
        terms: list[sa.ColumnElement[bool]] = []
        if meant.state is not None:
            terms.append(alerts.c.state == int(meant.state))
        if meant.kind is not None:
            terms.append(alerts.c.kind == int(meant.kind))
        if meant.patient_id:
            terms.append(alerts.c.patient_id == meant.patient_id)
        query = (
            sa.select(alerts)
            .where(*terms)
            .order_by(alerts.c.open_time.desc(), alerts.c.alert_id)
            .offset(offset)
            .limit(limit)
        )
        return [_alert(row) for row in self._connection.execute(query).mappings()]

    def last_change(self) -> int:
        """Return the number of the last change."""
        return int(self._connection.execute(sa.select(counter.c.number)).scalar_one())

    def changed_alerts(self, after: int, limit: int) -> Sequence[tuple[int, Alert]]:
        """Return (number, alert as it is now) of changes after a number, in order."""
        query = (
            sa.select(changes.c.number, alerts)
            .join(alerts, alerts.c.alert_id == changes.c.alert_id)
            .where(changes.c.number > after)
            .order_by(changes.c.number)
            .limit(limit)
        )
        rows = self._connection.execute(query).mappings()
        return [(int(row["number"]), _alert(row)) for row in rows]


class Transactor:
    """Runs use cases in transactions. A read of personal data writes too: its audit entry."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._after_write: list[Callable[[], None]] = []

    def after_write(self, call: Callable[[], None]) -> None:
        """Have ``call`` called after each committed write, such as to wake watches."""
        self._after_write.append(call)

    async def read(self, use: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a use case that changes nothing but the audit log."""

        def within(connection: sa.Connection) -> Any:
            tx = HealthcareTransaction(connection, hold=False)
            result = use(tx, *args, **kwargs)
            tx.flush()
            return result

        return await self._database.transact(within)

    async def write(self, use: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a use case that changes something."""

        def within(connection: sa.Connection) -> Any:
            tx = HealthcareTransaction(connection, hold=True)
            result = use(tx, *args, **kwargs)
            tx.flush()
            return result

        result = await self._database.transact(within)
        for call in self._after_write:
            call()
        return result


_PATIENT_KEYS: Final = frozenset({"patient_id", "assigner", "identifier", "create_time"})
_LOOP: Final = tuple(each.name for each in fields(Loop))


def _observation(row: sa.RowMapping) -> Observation:
    return Observation(**{**row, "status": Status(row["status"])})


def _alert_row(alert: Alert) -> dict[str, Any]:
    row = {f.name: getattr(alert, f.name) for f in fields(Alert) if f.name != "loop"}
    loop = {LOOP_COLUMNS.get(name, name): getattr(alert.loop, name) for name in _LOOP}
    return {**row, **loop, "kind": int(alert.kind), "state": int(alert.loop.state)}


def _alert(row: sa.RowMapping) -> Alert:
    loop = {name: row[LOOP_COLUMNS.get(name, name)] for name in _LOOP}
    loop["state"] = LoopState(row["state"])
    names = [f.name for f in fields(Alert) if f.name not in ("loop", "kind")]
    return Alert(
        **{name: row[name] for name in names}, kind=AlertKind(row["kind"]), loop=Loop(**loop)
    )


def _stated(table: sa.Table, terms: Mapping[str, str]) -> list[sa.ColumnElement[bool]]:
    """Return the terms of a filter that say something."""
    return [table.c[name] == value for name, value in terms.items() if value]
