"""What the use cases of healthcare need of their surroundings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from google.protobuf.message import Message

from services.healthcare.model.ambulances import Holds
from services.healthcare.model.arrivals import Arrivals
from services.healthcare.model.beds import Staleness
from services.healthcare.model.casualties import Travel
from services.healthcare.model.closed_loop import Ladder, LoopState
from services.healthcare.model.consultation import Times
from services.healthcare.model.critical_values import Limits
from services.healthcare.model.distribution import Weights
from services.healthcare.model.documents import AsOf, Document, Kind, Mark, Wanted
from services.healthcare.model.hangings import Hanging
from services.healthcare.model.oxygen import OxygenScaleOrder
from services.healthcare.model.recognition import Rules
from services.healthcare.model.records import (
    Alert,
    AlertKind,
    Observation,
    Patient,
    StoredScore,
)
from services.healthcare.model.surge import Surge
from services.healthcare.model.triage import Protocol as TriageProtocol
from services.healthcare.model.vital_state import VitalState
from services.healthcare.model.vitals import Reading, Vital
from services.plumbing.audit_chain import Entry
from services.plumbing.rules import Rule
from tianfu.scores.monitor import Watched
from tianfu.scores.scale import Scale


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts are meant: all of the terms must hold."""

    state: LoopState | None = None
    kind: AlertKind | None = None
    patient_id: str = ""

    def matches(self, alert: Alert) -> bool:
        """Say whether an alert is meant."""
        return (
            (self.state is None or alert.loop.state is self.state)
            and (self.kind is None or alert.kind is self.kind)
            and self.patient_id in ("", alert.patient_id)
        )


@dataclass(frozen=True, slots=True)
class ObservationFilter:
    """Which results of a patient are meant: all of the terms must hold."""

    patient_id: str
    code: str = ""
    order: str = ""

    def matches(self, result: Observation) -> bool:
        """Say whether a result is meant, whosever it is."""
        return self.code in ("", result.code) and self.order in ("", result.order)


@dataclass(frozen=True, slots=True)
class ScoreFilter:
    """Which scores of a patient are meant: all of the terms must hold."""

    patient_id: str
    band: str = ""
    trend: str = ""

    def matches(self, score: StoredScore) -> bool:
        """Say whether a score is meant, whosever it is."""
        return self.band in ("", score.band) and self.trend in ("", score.trend)


@dataclass(frozen=True, slots=True)
class PatientFilter:
    """Which patients are meant: all of the terms must hold."""

    facility: str = ""
    ward: str = ""
    admitted: bool | None = None

    def matches(self, patient: Patient) -> bool:
        """Say whether a patient is meant."""
        return (
            self.facility in ("", patient.facility)
            and self.ward in ("", patient.ward)
            and self.admitted in (None, patient.admitted)
        )


class Desk(Protocol):
    """The rules in force at a moment."""

    def limits(self, now: datetime) -> tuple[Rule, Mapping[str, Limits]]:
        """Return the rule of critical values and its limits by LOINC code."""
        ...

    def ladder(self, kind: str, now: datetime) -> Ladder | None:
        """Return who is told of an alert of a kind, None when nobody is."""
        ...

    def scale(self, score_id: str, now: datetime) -> Scale:
        """Return a score."""
        ...

    def reading(self, now: datetime) -> Reading:
        """Return how observations become a score."""
        ...

    @property
    def jurisdiction(self) -> str:
        """Whose rules hold where nothing narrower is known."""
        ...

    def protocol(self, name: str, now: datetime) -> TriageProtocol:
        """Return a triage protocol."""
        ...

    def weights(self, now: datetime) -> Weights:
        """Return what a casualty's minutes cost."""
        ...

    def staleness(self, now: datetime) -> Staleness:
        """Return how long a report of beds is believed."""
        ...

    def holds(self, now: datetime) -> Holds:
        """Return how long an announced ambulance holds its place."""
        ...

    def travel(self, now: datetime) -> Travel:
        """Return how minutes on the road are estimated."""
        ...

    def times(self, now: datetime) -> Times:
        """Return how long an invited doctor has to answer."""
        ...

    def surge(self, now: datetime) -> Surge:
        """Return for which warnings hospitals get ready."""
        ...

    def recognition(self, jurisdiction: str, now: datetime) -> Rules:
        """Return what is recognised where a hospital is."""
        ...


class ScoreFacts(Protocol):
    """What a score is made of, and where it is kept."""

    def oxygen_order_at(self, patient_id: str, at: datetime) -> OxygenScaleOrder | None:
        """Return the latest order that a patient had at a moment."""
        ...

    def vitals(
        self, patient_id: str, after: datetime, until: datetime, watched: Watched | None = None
    ) -> Sequence[Vital]:
        """Return the results that a score looks at, of a span of time."""
        ...

    def score_before(self, patient_id: str, at: datetime, after: datetime) -> StoredScore | None:
        """Return the last score of a span of time."""
        ...

    def put_score(self, score: StoredScore) -> bool:
        """Store a score, in the place of an earlier one of the same moment.

        Return whether it says anything that was not stored.
        """
        ...


class Transaction(Protocol):
    """One transaction over patients, results, scores, alerts, the log, audit and outbox."""

    def first_time(self, name: str) -> bool:
        """Enter a message; return False when it has had its effect already."""
        ...

    def forget_messages(self, now: datetime) -> int:
        """Forget the names of messages of long ago, a bounded number; return how many."""
        ...

    def patient(self, patient_id: str) -> Patient | None:
        """Return a patient."""
        ...

    def patient_of(self, assigner: str, identifier: str) -> Patient | None:
        """Return the patient of an identifier; hold it until the end."""
        ...

    def put_patient(self, patient: Patient) -> Patient:
        """Store a patient; return who is stored, who came first when two came at once."""
        ...

    def patients(self, meant: PatientFilter, after: str, limit: int) -> Sequence[Patient]:
        """Return patients after an id, in order of id."""
        ...

    def put_observation(self, observation: Observation) -> Observation | None:
        """Store a result; return the one it took the place of, None for a new one."""
        ...

    def observations(
        self, meant: ObservationFilter, offset: int, limit: int
    ) -> Sequence[Observation]:
        """Return results, the latest first."""
        ...

    def vitals(
        self, patient_id: str, after: datetime, until: datetime, watched: Watched | None = None
    ) -> Sequence[Vital]:
        """Return the results that a score looks at, of a span of time.

        The monitor's are those of ``watched``, without it what it said last.
        """
        ...

    def hangings(self, node: str, prefix: str) -> Sequence[Hanging]:
        """Return whom a monitor hung on, in order of time."""
        ...

    def all_hangings(self, node: str = "") -> Mapping[tuple[str, str], Sequence[Hanging]]:
        """Return whom monitors hung on, of a node or of all, by node and prefix."""
        ...

    def add_hangings(self, node: str, prefix: str, added: Sequence[Hanging], now: datetime) -> None:
        """Add what has changed, and forget who was there too long ago."""
        ...

    def arrivals(self, nodes: Sequence[str]) -> Mapping[str, Arrivals]:
        """Return which batches of nodes have come; hold it until the end."""
        ...

    def put_arrivals(self, arrived: Mapping[str, Arrivals], now: datetime) -> None:
        """Store which batches have come."""
        ...

    def vital_states(self, patient_ids: Sequence[str]) -> Mapping[str, VitalState]:
        """Return what monitors said last, by patient; hold it until the end."""
        ...

    def vital_state(self, patient_id: str) -> Watched | None:
        """Return what a patient's monitor said last, without holding it."""
        ...

    def put_vital_states(self, states: Mapping[str, VitalState], now: datetime) -> None:
        """Store what monitors said last."""
        ...

    def put_score(self, score: StoredScore) -> bool:
        """Store a score, in the place of an earlier one of the same moment."""
        ...

    def score_before(self, patient_id: str, at: datetime, after: datetime) -> StoredScore | None:
        """Return the last score of a span of time."""
        ...

    def scores(self, meant: ScoreFilter, offset: int, limit: int) -> Sequence[StoredScore]:
        """Return scores, the latest first."""
        ...

    def oxygen_order(
        self, patient_id: str, order_id: str, request_id: str
    ) -> OxygenScaleOrder | None:
        """Return a patient's order that has either id; an empty ``request_id`` is nobody's."""
        ...

    def oxygen_order_at(self, patient_id: str, at: datetime) -> OxygenScaleOrder | None:
        """Return the latest order that a patient had at a moment."""
        ...

    def patients_of(self, ids: Sequence[str]) -> Mapping[str, Patient]:
        """Return patients by id."""
        ...

    def oxygen_orders_of(self, ids: Sequence[str]) -> Mapping[str, Sequence[OxygenScaleOrder]]:
        """Return patients' orders, the latest first."""
        ...

    def vitals_of(
        self, ids: Sequence[str], after: datetime, until: datetime
    ) -> Mapping[str, Sequence[Vital]]:
        """Return patients' results that a score looks at, monitors' aside."""
        ...

    def scores_before(
        self, moments: Mapping[str, datetime], within: timedelta
    ) -> Mapping[str, StoredScore]:
        """Return each patient's last score before a moment and not long before it."""
        ...

    def scores_since(self, moments: Mapping[str, datetime]) -> Sequence[StoredScore]:
        """Return the scores of each patient from a moment on, those withdrawn too."""
        ...

    def withdraw_scores(self, ids: Sequence[str]) -> None:
        """Show nobody some scores any more."""
        ...

    def put_scores(self, made: Sequence[StoredScore]) -> None:
        """Store scores, each in the place of an earlier one of the same moment."""
        ...

    def oxygen_orders(self, patient_id: str, offset: int, limit: int) -> Sequence[OxygenScaleOrder]:
        """Return a patient's orders, the latest first."""
        ...

    def put_oxygen_order(self, order: OxygenScaleOrder) -> None:
        """Store an order that is new."""
        ...

    def alert(self, alert_id: str) -> Alert | None:
        """Return an alert; if this transaction writes, hold it until the end."""
        ...

    def alerts_of(
        self, patient_id: str, kind: AlertKind, closed_after: datetime
    ) -> Sequence[Alert]:
        """Return a patient's alerts that are open, or were closed after a moment."""
        ...

    def put_alert(self, alert: Alert, now: datetime) -> int:
        """Store an alert and enter the change in the log; return the change's number."""
        ...

    def due_alerts(self, now: datetime, limit: int) -> Sequence[Alert]:
        """Return open alerts whose time to answer is over, and hold them; passes over held ones."""
        ...

    def alerts(self, meant: AlertFilter, offset: int, limit: int) -> Sequence[Alert]:
        """Return alerts, the latest first."""
        ...

    def last_change(self) -> int:
        """Return the number of the last change."""
        ...

    def changed_alerts(self, after: int, limit: int) -> Sequence[tuple[int, Alert]]:
        """Return (number, alert as it is now) of changes after a number, in order."""
        ...

    def observation(self, observation_id: str) -> Observation | None:
        """Return a result."""
        ...

    def score(self, score_id: str) -> StoredScore | None:
        """Return a score."""
        ...

    def document(self, kind: Kind, document_id: str) -> Document | None:
        """Return a document; if this transaction writes, hold it until the end."""
        ...

    def requested(self, kind: Kind, request: str) -> Document | None:
        """Return the document that was made under a request's UUID."""
        ...

    def put_documents(self, made: Sequence[Document]) -> None:
        """Store documents, each in the place of the one of its kind and id, in one round trip."""
        ...

    def known_documents(self, kind: Kind, ids: Sequence[str]) -> frozenset[str]:
        """Return those of some ids that there are."""
        ...

    def put_document(self, document: Document) -> None:
        """Store a document, in the place of the one of its kind and id."""
        ...

    def documents(
        self, kind: Kind, wanted: Wanted, offset: int, limit: int, *, by_id: bool = False
    ) -> Sequence[Document]:
        """Return documents, the latest made first, or in order of id."""
        ...

    def documents_at(self, kind: Kind, places: Sequence[str]) -> Sequence[Document]:
        """Return the documents of some places, in order of id."""
        ...

    def due_documents(self, kind: Kind, now: datetime, limit: int) -> Sequence[Document]:
        """Return documents that are due; one that writes holds them, and passes over held ones."""
        ...

    def make_due(self, kind: Kind, label: str, now: datetime) -> None:
        """Have every document of a label looked at again."""
        ...

    def horizon(self) -> Mark:
        """Return where a watch of what changes from now on begins."""
        ...

    def as_of(self, kind: Kind, before: AsOf | None = None) -> AsOf:
        """Return how far a kind has got; equal to ``before`` when nothing was changed since."""
        ...

    def changed(
        self, kind: Kind, parent: str, after: Mark, limit: int
    ) -> Sequence[tuple[Mark, str]]:
        """Return (mark, id) of what changed after a mark, in order."""
        ...

    def audit(self, entry: Entry) -> None:
        """Write an entry of the audit log."""
        ...

    def emit(self, subject: str, message: Message, message_id: str, group: str = "") -> None:
        """Put a message into the outbox: it is published if this transaction commits.

        Messages of one group, about different things, may overtake each other.
        """
        ...
