"""What the servicers of resources share: who makes what, and pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Any, Final, TypeVar

from services.healthcare.model.documents import Kind, Wanted
from services.healthcare.rpc import values
from services.healthcare.rpc.decisions import DecisionServicer
from services.healthcare.store.transaction import Transactor
from services.healthcare.usecases import consenting
from services.healthcare.usecases.keeping import Making
from services.healthcare.usecases.looking import Look
from services.healthcare.usecases.rules_in_force import RuleDesk
from services.plumbing import paging
from services.plumbing.bell import Bell
from services.plumbing.clock import Clock
from services.plumbing.refusal import PermissionDenied
from services.plumbing.rpc_interceptor import caller
from tianfu.healthcare.v1 import patient_pb2

M = TypeVar("M")

OFFSET_MAX: Final = 1_000_000


class ConsentWithheld(PermissionDenied):
    """The patient has not agreed to reads for this purpose."""

    reason = "CONSENT_WITHHELD"


class ResourceServicer(DecisionServicer):
    """Reads and writes in transactions, in the caller's name."""

    def __init__(self, transactor: Transactor, desk: RuleDesk, clock: Clock, bell: Bell) -> None:
        super().__init__(desk, clock)
        self._transactor = transactor
        self._bell = bell

    def _making(self, document_id: str, request_id: str) -> Making:
        """Return who makes what is asked for."""
        return Making(caller().subject, document_id, request_id, self._clock())

    def _look(self, purpose: patient_pb2.Purpose) -> Look:
        return values.look(purpose, self._clock())

    async def _allowed(self, purpose: patient_pb2.Purpose, patient_id: str) -> Look:
        """Return the look at a patient's data; raise ConsentWithheld, which is kept too."""
        look = self._look(purpose)
        if purpose == patient_pb2.PURPOSE_QUALITY and not await self._transactor.read(
            consenting.may_read, look, patient_id
        ):
            raise ConsentWithheld(
                "the patient has not agreed to reads for this purpose", field="purpose"
            )
        return look

    async def _consented(
        self, look: Look, found: Sequence[M], patient_of: Callable[[M], str]
    ) -> list[M]:
        """Return what is of patients who let it be read for this purpose."""
        if not look.needs_consent:
            return list(found)
        ids = [patient_of(each) for each in found]
        may = await self._transactor.read(consenting.all_readable, look, ids)
        return [each for each, own in zip(found, ids, strict=True) if own in may]

    async def _pages(
        self, request: Any, question: tuple[str, ...], use: Any, *args: Any, **kwargs: Any
    ) -> tuple[Any, str]:
        """Return a page of ``use(tx, *args, offset, limit)``, and the token of the next."""
        offset = paging.number(request.page_token, *question)
        limit = paging.page_size(request.page_size)
        found, more = await self._transactor.read(
            use, *args, min(offset, OFFSET_MAX), limit, **kwargs
        )
        return found, paging.token(offset + limit, *question) if more else ""


def patient_of(kept: Any) -> str:
    """Return whose a recognition or consultation is."""
    return str(kept.patient.partition("/")[2])


def wanted(text: str, labels: type[Any] | None, known: dict[str, str]) -> Wanted:
    """Return which documents a filter means; ``known`` maps its fields to those of Wanted.

    ``labels`` are the states that there are. Raises FilterInvalid.
    """
    found = values.terms(text, tuple(known))
    columns: dict[str, str] = {}
    for field, value in found.items():
        column = known[field]
        if column == "label" and labels is not None and value not in labels.__members__:
            states = ", ".join(labels.__members__)
            raise values.FilterInvalid(f"{field} is among {states}", field="filter")
        columns[column] = value.rpartition("/")[2] if column == "parent" else value
    return Wanted(**columns)  # type: ignore[arg-type]  # none of them is a time


def span(request: Any, place: str) -> Wanted:
    """Return the documents of a span of time."""
    return Wanted(
        place=place,
        from_time=request.start_time.ToDatetime(UTC) if request.HasField("start_time") else None,
        until_time=request.end_time.ToDatetime(UTC) if request.HasField("end_time") else None,
    )


__all__ = ["Kind", "ResourceServicer", "patient_of", "span", "wanted"]
