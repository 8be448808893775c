"""Reads of what is about an entity: who looked, what for and under which provision is kept."""

from __future__ import annotations

from typing import Any, Final

from services.credit_supervision.store.transaction import CreditTransaction, Transactor
from services.credit_supervision.usecases import records
from services.credit_supervision.usecases.register import Purpose
from services.plumbing.audit_chain import Entry
from services.plumbing.clock import Clock
from services.plumbing.refusal import Refusal
from services.plumbing.rpc_interceptor import caller
from tianfu.credit_supervision.v1 import purpose_pb2

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
    _clock: Clock

    async def _looked(self, request: Any, what: str, use: Any, *args: Any, **kwargs: Any) -> Any:
        """Run a read of ``what``, such as "objections", and write down who looked and why.

        What is refused, as it is not there, is written down as well.
        """
        asking, now = why(request.purpose), self._clock()
        named = (getattr(request, field, "") for field in NAMED_BY)
        resource = next((name for name in named if name), what)

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

        found = await self._transactor.write(within)
        if isinstance(found, Refusal):
            raise found
        return found
