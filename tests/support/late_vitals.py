"""A patient's course as batches of a monitor, and a schema of healthcare to take them into."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from services.healthcare.build import MIGRATIONS
from services.healthcare.bus.vitals import Heard, block_of, nodes_of
from services.healthcare.model.hangings import BEGINNING, Hanging
from services.healthcare.model.records import Patient, StoredScore
from services.healthcare.store.tables import scores
from services.healthcare.store.transaction import HealthcareTransaction, Transactor
from services.healthcare.usecases import monitoring
from services.healthcare.usecases.rules_in_force import RuleDesk
from services.plumbing.rules import RuleBook
from tests.healthcare.rulebook import BOOK, NOW
from tests.support.schema import make_schema
from tianfu.scores import shipped

WELL: Final[Mapping[str, float]] = {
    "respiration_rate": 16.0,
    "oxygen_saturation": 97.0,
    "oxygen_flow": 0.0,
    "systolic_pressure": 122.0,
    "pulse": 82.0,
    "consciousness": 0.0,
    "temperature": 37.0,
}
SHOCK: Final = {"systolic_pressure": 85.0, "pulse": 134.0, "respiration_rate": 27.0}
COURSE: Final[Sequence[Mapping[str, float]]] = (
    WELL,
    {"pulse": 84.0},
    {"pulse": 95.0},
    SHOCK,
    {"pulse": 120.0, "temperature": 38.4},
    {"systolic_pressure": 104.0, "respiration_rate": 22.0},
    {"pulse": 121.0, "respiration_rate": 16.0},
    {"systolic_pressure": 122.0, "pulse": 84.0},
    {"temperature": 38.3},
    {"pulse": 96.0},
)
"""What a monitor says in each second: a shock of two seconds, in the fourth and fifth."""

LATE: Final = slice(2, 5)
"""Those that come after the others. The shock shows in no other."""

ORDERED: Final = "in-order"
DISORDERED: Final = "late"


def node_of(patient_id: str) -> str:
    """Return the node of a patient's monitor."""
    return f"ward-{patient_id}"


def always(patient_id: str) -> list[Hanging]:
    """Return a monitor that hangs on a patient and never hung on another."""
    return [Hanging(BEGINNING, patient_id)]


def batches(patient_id: str, began: datetime = NOW) -> list[Heard]:
    """Return the course as the batches of a node of the patient's own, one a second."""
    began_us = int(began.timestamp()) * 1_000_000
    return [
        Heard(
            node_of(patient_id),
            (1, number, number),
            [
                (patient_id, (name, began_us + number * 1_000_000, value))
                for name, value in values.items()
            ],
        )
        for number, values in enumerate(COURSE, 1)
    ]


class Kept:
    """Healthcare's schema with two patients, and what is in it."""

    def __init__(self, transactor: Transactor) -> None:
        """Take who runs transactions."""
        self.transactor = transactor
        self._desk = RuleDesk(BOOK, RuleBook.read(shipped.TABLES), "CN")

    async def take(self, *taken: Heard, now: datetime = NOW) -> tuple[int, int]:
        """Take batches together; return (scores, alerts) made."""
        nodes = nodes_of({node_of(each): {"": always(each)} for each in (ORDERED, DISORDERED)})
        made: tuple[int, int] = await self.transactor.write(
            monitoring.record, self._desk, block_of(taken, nodes), now=now
        )
        return made

    async def add(self, patient_id: str) -> None:
        """Add a patient."""
        patient = Patient(
            patient_id=patient_id, assigner="", identifier=patient_id, family_name="",
            given_name="", birth_date="", sex="", facility="", ward="", room="", bed="", visit="",
            patient_class="", admitted=True, message_time=NOW, create_time=NOW, update_time=NOW,
        )  # fmt: skip
        await self.transactor.write(lambda tx: tx.put_patient(patient))

    async def look(self, use: Any) -> Any:
        """Return what ``use`` reads of a transaction."""
        return await self.transactor.read(use)

    async def scores(self, patient_id: str, *, withdrawn: bool = False) -> list[StoredScore]:
        """Return a patient's scores in the order of time."""

        def use(tx: HealthcareTransaction) -> list[StoredScore]:
            query = (
                sa.select(scores)
                .where(scores.c.patient_id == patient_id, scores.c.withdrawn.is_(withdrawn))
                .order_by(scores.c.observe_time)
            )
            rows = tx.connection.execute(query).mappings()
            return [StoredScore(**row) for row in rows]

        found: list[StoredScore] = await self.look(use)
        return found

    async def dump(self, *tables: str) -> dict[str, list[Any]]:
        """Return all that is in some tables."""

        def use(tx: HealthcareTransaction) -> dict[str, list[Any]]:
            return {
                each: sorted(map(str, tx.connection.execute(sa.text(f"SELECT * FROM {each}"))))  # noqa: S608 - named by the test
                for each in tables
            }

        found: dict[str, list[Any]] = await self.look(use)
        return found


@contextlib.asynccontextmanager
async def kept_vitals(admin_url: str) -> AsyncIterator[Kept]:
    """Make the schema, as migrations do, and two patients."""
    schema = await make_schema(admin_url, "healthcare", MIGRATIONS)
    database = await schema.connect()
    try:
        kept = Kept(Transactor(database))
        for patient_id in (ORDERED, DISORDERED):
            await kept.add(patient_id)
        yield kept
    finally:
        await database.engine.dispose()
