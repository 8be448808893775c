"""What the use cases need of their surroundings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from typing import Protocol

from google.protobuf.message import Message

from services.credit_supervision.model import due_process
from services.credit_supervision.model.clues import Clue, State
from services.credit_supervision.model.deliveries import Action, Delivery, Receiver
from services.credit_supervision.model.draws import Draw, Finding, Inspection
from services.credit_supervision.model.emergencies import Deadline, Emergency, Rest
from services.credit_supervision.model.emergencies import State as EmergencyState
from services.credit_supervision.model.grades import Grade
from services.credit_supervision.model.handhelds import Handheld, TakenForm
from services.credit_supervision.model.monitoring import Hour, Point
from services.credit_supervision.model.recognition import Recognition, Wanted
from services.credit_supervision.model.record_log import Decided, Stored
from services.credit_supervision.model.records import Tombstone
from services.credit_supervision.model.register import Entity, RiskClass
from services.credit_supervision.model.repair import Repair
from services.credit_supervision.model.repair import State as RepairState
from services.credit_supervision.model.successions import Succession
from services.plumbing.audit_chain import Entry


class RecordTransaction(Protocol):
    """Records, their decisions, tombstones; receivers and what each was sent."""

    def record(self, record_id: str) -> Stored | None:
        """Return a record that has not ended; if this transaction writes, hold it."""
        ...

    def records_of(self, code: str, after: str, limit: int) -> Sequence[Stored]:
        """Return the records of an entity after an id, in order of id."""
        ...

    def records_to_look_at(self, today: date, limit: int) -> Sequence[Stored]:
        """Return records whose day has come, held; those that others hold are passed over."""
        ...

    def put_record(self, stored: Stored) -> None:
        """Store a record in place of what was there under its id."""
        ...

    def claim_lineage(self, key: str, record_id: str) -> str:
        """Note a department's number as a record's unless it is another's; return whose it is."""
        ...

    def bury(self, stone: Tombstone, entered_by: str, revision: int) -> None:
        """Put a tombstone in a record's place."""
        ...

    def tombstone(self, record_id: str) -> Tombstone | None:
        """Return what is left of a record that has ended."""
        ...

    def add_decision(self, decided: Decided) -> None:
        """Add a decision to a record's."""
        ...

    def last_decision(self, record_id: str) -> Decided | None:
        """Return the last decision about a record, ended ones included."""
        ...

    def decisions(self, record_id: str, after: int, limit: int) -> Sequence[Decided]:
        """Return the decisions about a record after a number, in order."""
        ...

    def receiver(self, receiver_id: str) -> Receiver | None:
        """Return a receiver."""
        ...

    def receivers(self, after: str = "", limit: int = 10_000) -> Sequence[Receiver]:
        """Return receivers after an id, in order of id."""
        ...

    def add_receiver(self, receiver: Receiver, due: datetime) -> None:
        """Add a receiver, and hand it what there is for it already."""
        ...

    def last_sent(self, record_id: str) -> Mapping[str, tuple[Action, int]]:
        """Return what each receiver was told of a record last: the action and the revision."""
        ...

    def holders(self, record_id: str) -> Sequence[str]:
        """Return the receivers that have a record: from its first PUT to a WITHDRAW's receipt."""
        ...

    def send(
        self,
        receiver_id: str,
        record_id: str,
        revision: int,
        action: Action,
        sent: datetime,
        due: datetime,
    ) -> None:
        """Add a delivery after the receiver's last one."""
        ...

    def delivery(self, receiver_id: str, number: int) -> Delivery | None:
        """Return a delivery."""
        ...

    def deliveries(
        self, receiver_id: str, after: int, limit: int, *, all_of_them: bool
    ) -> Sequence[Delivery]:
        """Return a receiver's deliveries after a number, in order; open ones, or all."""
        ...

    def acknowledge(self, delivery: Delivery, now: datetime) -> None:
        """Note that a delivery, and all before it about the same record, are done."""
        ...

    def late_deliveries(self, now: datetime, limit: int) -> Sequence[Delivery]:
        """Return deliveries that are late and were not told of as such, held and marked."""
        ...


class ProcessTransaction(Protocol):
    """Objections, repairs, rulings and adverse uses."""

    def objection(self, objection_id: str) -> due_process.Objection | None:
        """Return an objection; if this transaction writes, hold it."""
        ...

    def objections(
        self, state: due_process.ObjectionState | None, after: str, limit: int
    ) -> Sequence[due_process.Objection]:
        """Return objections in order of day due, then id; ``after`` is "DAY/ID"."""
        ...

    def put_objection(self, objection: due_process.Objection) -> None:
        """Store an objection."""
        ...

    def repair(self, repair_id: str) -> Repair | None:
        """Return an application for repair; if this transaction writes, hold it."""
        ...

    def repairs(self, state: RepairState | None, after: str, limit: int) -> Sequence[Repair]:
        """Return applications in order of day due, then id; ``after`` is "DAY/ID"."""
        ...

    def repairs_of(self, record_id: str) -> Sequence[Repair]:
        """Return the applications about a record."""
        ...

    def put_repair(self, repair: Repair) -> None:
        """Store an application."""
        ...

    def ruling(self, ruling_id: str) -> due_process.Ruling | None:
        """Return a court's ruling."""
        ...

    def put_ruling(self, ruling: due_process.Ruling) -> None:
        """Store a court's ruling."""
        ...

    def adverse_use(self, adverse_use_id: str) -> due_process.AdverseUse | None:
        """Return an intended adverse use; if this transaction writes, hold it."""
        ...

    def adverse_uses(
        self, state: due_process.AdverseState | None, after: str, limit: int
    ) -> Sequence[due_process.AdverseUse]:
        """Return intended adverse uses after an id, in order of id."""
        ...

    def adverse_uses_of(self, record_id: str) -> Sequence[due_process.AdverseUse]:
        """Return the intended adverse uses of a record; if this transaction writes, hold them."""
        ...

    def put_adverse_use(self, adverse: due_process.AdverseUse) -> None:
        """Store an intended adverse use."""
        ...


class SupervisionTransaction(Protocol):
    """Grades, signals, statistics, successions, recognitions, emergencies, changes."""

    def put_grades(self, made: Sequence[Grade], now: datetime) -> None:
        """Store grades; of one scheme an entity has one, and an older never replaces a newer."""
        ...

    def grades_of(self, code: str) -> Sequence[tuple[Grade, datetime]]:
        """Return the grades of an entity in order of scheme, each with when it was received."""
        ...

    def count_bins(self, version: str, month: str, counts: Mapping[str, Mapping[int, int]]) -> None:
        """Add to how many values fell into each bin in a month."""
        ...

    def bins_until(self, version: str, month: str) -> dict[str, Mapping[str, Mapping[int, int]]]:
        """Return how many values fell into each bin, by month, up to a month and with it."""
        ...

    def first_alarm(self, version: str, item: str, month: str) -> bool:
        """Note an alarm; return False when it was noted before."""
        ...

    def cells(self, statistic: str) -> Mapping[tuple[str, str], int]:
        """Return what the last table of a statistic was made of."""
        ...

    def put_cells(self, statistic: str, cells: Mapping[tuple[str, str], int]) -> None:
        """Keep what a table of a statistic was made of."""
        ...

    def record_counts(self) -> Mapping[tuple[str, str], int]:
        """Return how many entities have a record in use, by prefecture and kind."""
        ...

    def clues_of(self, code: str, limit: int) -> Sequence[Clue]:
        """Return the latest clues about an entity."""
        ...

    def inspections_of(self, code: str, limit: int) -> Sequence[Inspection]:
        """Return the visits to an entity that somebody has reported on."""
        ...

    def succession(self, succession_id: str) -> Succession | None:
        """Return one step of the history of entities."""
        ...

    def history(self, code: str) -> Sequence[Succession]:
        """Return all steps that lead to an entity and from it, in order of day."""
        ...

    def hold_successions(self, *, alone: bool) -> None:
        """Before anything else: have none come in meanwhile; ``alone``, to change them."""
        ...

    def endings(self, codes: Sequence[str]) -> Mapping[str, Sequence[Succession]]:
        """Return the documented steps that ended entities, by code, in order of day."""
        ...

    def links(self, codes: Sequence[str]) -> Mapping[str, AbstractSet[str]]:
        """Return who took over from entities, from those, and so on: of register or document."""
        ...

    def add_succession(self, made: Succession, now: datetime) -> None:
        """Add a step; whoever ended by it has the successor's code in the register."""
        ...

    def recognition(self, recognition_id: str) -> Recognition | None:
        """Return a decision about recognition."""
        ...

    def recognitions(self, wanted: Wanted, offset: int, limit: int) -> Sequence[Recognition]:
        """Return decisions about recognition, the latest first."""
        ...

    def add_recognition(self, made: Recognition) -> None:
        """Add a decision about recognition."""
        ...

    def emergency(self, emergency_id: str) -> Emergency | None:
        """Return an emergency; if this transaction writes, hold it."""
        ...

    def emergencies(
        self, state: EmergencyState | None, offset: int = 0, limit: int = 1_000
    ) -> Sequence[Emergency]:
        """Return emergencies, the latest first."""
        ...

    def put_emergency(self, emergency: Emergency) -> None:
        """Store an emergency."""
        ...

    def running_clues(self, places: Sequence[str]) -> Sequence[Clue]:
        """Return the clues in some counties that a deadline runs for, held."""
        ...

    def running_deadlines(self, places: Sequence[str]) -> Sequence[Deadline]:
        """Return the deadlines of processes about entities in some counties, held."""
        ...

    def rests(self, deadline: Deadline) -> Sequence[Rest]:
        """Return the disasters that have put a deadline off."""
        ...

    def rested_by(self, emergency_id: str) -> Sequence[tuple[Deadline, Sequence[Rest]]]:
        """Return the deadlines that run and that a disaster has put off, each with all rests."""
        ...

    def add_rest(self, deadline: Deadline, rest: Rest) -> None:
        """Note that a disaster puts a deadline off."""
        ...

    def forget_rests(self, deadline: Deadline) -> None:
        """Let go of what put a deadline off that is another one now."""
        ...

    def put_deadline(self, deadline: Deadline) -> None:
        """Store a deadline."""
        ...

    def place_of_record(self, record_id: str) -> str:
        """Return the county of the entity that a record is about, empty when it is not known."""
        ...

    def note_change(self, kind: str, key: str) -> None:
        """Enter a change in the log that watches read."""
        ...

    def add_look(self, code: str, actor: str, now: datetime, since: datetime) -> None:
        """Note that somebody looked at an entity, and let go of looks of before ``since``."""

    def looks(self, code: str, actor: str, since: datetime) -> Sequence[datetime]:
        """Return when somebody looked at an entity since a time, in order."""
        ...


class HandheldTransaction(Protocol):
    """Handhelds with their forms; monitoring points with what they showed."""

    def first_time(self, consumer: str, message_id: str) -> bool:
        """Enter a message; return False when it has had its effect already."""

    def handheld(self, node: str) -> Handheld | None:
        """Return a handheld; if this transaction writes, hold it."""

    def handhelds(self, after: str, limit: int) -> Sequence[Handheld]:
        """Return handhelds after a node id, in order of it."""

    def put_handheld(self, handheld: Handheld) -> None:
        """Store a handheld."""

    def visits_of(self, department: str, badge: str, limit: int) -> Sequence[Inspection]:
        """Return the visits that a badge goes along on and whose department has not reported."""

    def add_form(self, form: TakenForm) -> None:
        """Add a form as it was signed."""

    def forms_of(self, draw_id: str, code: str) -> Sequence[TakenForm]:
        """Return the forms of a visit, in order of department."""

    def point(self, point_id: str) -> Point | None:
        """Return a monitoring point; if this transaction writes, hold it."""

    def points(self, after: str, limit: int) -> Sequence[Point]:
        """Return monitoring points after an id, in order of it."""

    def watched_series(self) -> Sequence[Point]:
        """Return the points in use that are a series."""

    def points_of_hospital(self, hospital: str) -> Sequence[Point]:
        """Return the points in use of a hospital."""

    def put_point(self, point: Point) -> None:
        """Store a monitoring point."""

    def add_readings(self, hours: Sequence[Hour]) -> None:
        """Add readings to hours; each is to be judged, or judged again."""

    def hours_to_judge(self, before: int, limit: int) -> Sequence[Hour]:
        """Return hours before one that are not judged, and mark them as judged."""

    def forget_hours(self, before: int) -> None:
        """Let go of hours of long ago."""


class Transaction(
    RecordTransaction, ProcessTransaction, SupervisionTransaction, HandheldTransaction, Protocol
):
    """One transaction over the register, records, draws, clues, audit log and outbox."""

    def put_entities(self, entities: Sequence[Entity], now: datetime) -> None:
        """Store entities, in place of what was stored under their codes."""
        ...

    def entity(self, code: str) -> tuple[Entity, datetime] | None:
        """Return an entity and when it was changed last."""
        ...

    def put_registrations(self, made: Mapping[str, str]) -> None:
        """Store whose, by code, each registration number of before is."""

    def code_of_former(self, former: str) -> str | None:
        """Return the code of the entity that an organisation code or registration number is of."""

    def entities(
        self, place: str, risk_class: RiskClass | None, part: str, after: str, limit: int
    ) -> Sequence[tuple[Entity, datetime]]:
        """Return the entities of a place after a code, in order, each with its last change.

        ``part`` is one of their names; it finds no person's business.
        """
        ...

    def count_in(self, place: str, most: int) -> int:
        """Return how many there are in a place that nobody has taken over, ``most`` at most."""
        ...

    def strata(self, place: str) -> Sequence[tuple[str, str]]:
        """Return (code, name of risk class) of all in a place that nobody has taken over."""
        ...

    def visited(self, place: str) -> Mapping[str, datetime]:
        """Return when the entities of a place were visited last, of those that ever were."""
        ...

    def counts(self) -> Mapping[tuple[str, str], int]:
        """Return how many entities there are by prefecture and class."""
        ...

    def draw(self, draw_id: str) -> Draw | None:
        """Return a draw; if this transaction writes, hold it until the end."""
        ...

    def draws(self, after: str, limit: int) -> Sequence[Draw]:
        """Return draws after an id, in order of id."""
        ...

    def declaration(self, draw_id: str) -> Sequence[str]:
        """Return a draw's declaration, line by line."""
        ...

    def bundle(self, draw_id: str) -> bytes | None:
        """Return a draw's proof, None while it has none."""
        ...

    def hold_draws(self) -> None:
        """Before anything else: have no other draw declared meanwhile."""
        ...

    def open_draws(self) -> Sequence[Draw]:
        """Return the draws that are neither published nor void, in order of id."""
        ...

    def add_draw(self, draw: Draw, lines: Sequence[str]) -> None:
        """Add a draw with its declaration."""
        ...

    def put_draw(self, draw: Draw, bundle: bytes | None = None) -> None:
        """Store a draw's new state, and its proof if it has one now."""
        ...

    def add_inspections(self, inspections: Sequence[Inspection]) -> None:
        """Add a draw's visits."""
        ...

    def inspection(self, draw_id: str, code: str) -> Inspection | None:
        """Return a visit with what was found; if this transaction writes, hold it."""
        ...

    def inspections(
        self, draw_id: str, after: str, limit: int, *, is_reported: bool | None = None
    ) -> Sequence[Inspection]:
        """Return visits after a code, in order; all, or those that are reported on or not."""
        ...

    def add_finding(self, draw_id: str, code: str, finding: Finding) -> None:
        """Add what a department found."""
        ...

    def clue(self, clue_id: str) -> Clue | None:
        """Return a clue; if this transaction writes, hold it until the end."""
        ...

    def clue_of_report(self, report_id: str) -> Clue | None:
        """Return the clue that a report was made into, or joined to."""
        ...

    def clues_about(self, code: str, matter: str) -> Sequence[Clue]:
        """Return the clues of one entity and matter, held until the end."""
        ...

    def clues(self, state: State | None, place: str, after: str, limit: int) -> Sequence[Clue]:
        """Return clues in a place, in order of day due, then id; ``after`` is "DAY/ID"."""
        ...

    def put_clue(self, clue: Clue, report_id: str = "") -> None:
        """Store a clue, and that a report belongs to it."""
        ...

    def audit(self, entry: Entry) -> None:
        """Write an entry of the audit log."""
        ...

    def emit(self, subject: str, message: Message, message_id: str) -> None:
        """Put an event into the outbox: it is published if this transaction commits."""
        ...
