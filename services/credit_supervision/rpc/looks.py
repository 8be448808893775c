"""Reads of what is about an entity: who looked, what for and under which provision is kept."""

from __future__ import annotations

from typing import Any, Final

from services.credit_supervision.model.clues import Clue
from services.credit_supervision.model.due_process import AdverseUse, Objection, Ruling
from services.credit_supervision.model.recognition import Recognition
from services.credit_supervision.model.repair import Repair
from services.credit_supervision.store.transaction import CreditTransaction, Transactor
from services.credit_supervision.usecases import clues, records, register
from services.credit_supervision.usecases.clues import Report
from services.credit_supervision.usecases.register import Purpose
from services.plumbing.audit_chain import Entry
from services.plumbing.clock import Clock
from services.plumbing.refusal import Refusal
from services.plumbing.rpc_interceptor import caller
from services.plumbing.rules import RuleBook
from tianfu.credit_supervision.v1 import purpose_pb2

PROVINCE: Final = "CN-51"
WATCH: Final = "access-watch"
"""The rule of how many looks are a lead."""

NAMED_BY: Final = ("name", "parent")
"""Fields of a request that say what is looked at; a list of all is of its collection."""

OWN: Final = "deliveries"
"""What a receiver that knows entities by tokens may read: what it was sent."""


def actor() -> str:
    """Return who calls."""
    return caller().subject


def why(stated: purpose_pb2.Purpose) -> Purpose:
    """Return who asks, what for, and under which provision."""
    return Purpose(actor(), stated.purpose, stated.legal_basis)


class Looks:
    """Reads with an entry in the audit log; the contract has refused a call without a purpose."""

    _transactor: Transactor
    _book: RuleBook
    _clock: Clock

    async def _looked(self, request: Any, what: str, use: Any, *args: Any, **kwargs: Any) -> Any:
        """Run a read of ``what``, such as "objections", and write down who looked and why.

        What is refused, as it is not there, is written down as well.
        """
        asking, now = why(request.purpose), self._clock()
        resource = _named(request) or what

        def within(tx: CreditTransaction) -> Any:
            found: Any
            try:
                if what != OWN:
                    records.check_reader(tx, asking.actor)
                found = use(tx, *args, **kwargs)
                outcome = "read"
            except Refusal as refusal:
                # It has read and changed nothing: the entry stays, and the refusal goes on below.
                found, outcome = refusal, refusal.reason
            tx.audit(
                Entry(
                    now,
                    asking.actor,
                    f"{what}.read",
                    resource,
                    asking.purpose,
                    asking.basis,
                    outcome,
                )
            )
            return found

        found = await self._counted(request, within)
        if isinstance(found, Refusal):
            raise found
        return found

    async def _counted(self, request: Any, use: Any, *args: Any, **kwargs: Any) -> Any:
        """Run a read that has its own entry in the audit log, and count whom it showed."""
        asking, now = why(request.purpose), self._clock()

        def within(tx: CreditTransaction) -> tuple[Any, Report | None]:
            found = use(tx, *args, **kwargs)
            code = shown(tx, request, found)
            if not code:
                return found, None
            rule = self._book.in_force(WATCH, PROVINCE, now)
            return found, register.watch_access(tx, rule, code, asking, now=now)

        found, lead = await self._transactor.write(within)
        if lead is not None:
            # After the look and its entry have been kept: a lead never undoes them.
            await self._transactor.write(clues.report, self._book, lead, "access-log", now=now)
        return found


def shown(tx: CreditTransaction, request: Any, found: Any) -> str:
    """Return the code of the one entity that a read showed; empty for none, or for a page of many.

    A list is of one entity when it was asked for by it; what was asked for by name says it itself.
    """
    if found is None or isinstance(found, Refusal):
        return ""
    match _named(request).split("/"):
        case ["entities", code, *_] | ["draws", _, "inspections", code]:
            return str(code)
        case ["records", record_id, *_]:
            return _of_record(tx, record_id)
        case ["receivers", *_]:
            return ""
        case _:
            return _code_of(tx, request, found)


def _code_of(tx: CreditTransaction, request: Any, found: Any) -> str:
    match found:
        case Clue() | Ruling():
            return found.code
        case Recognition():
            return found.result.code
        case Objection() | Repair() | AdverseUse():
            return _of_record(tx, found.record_id)
        case _:
            return str(getattr(request, "entity", "")).removeprefix("entities/")


def _named(request: Any) -> str:
    named = (getattr(request, field, "") for field in NAMED_BY)
    return next((name for name in named if name), "")


def _of_record(tx: CreditTransaction, record_id: str) -> str:
    stored = tx.record(record_id)
    return "" if stored is None else stored.record.code
