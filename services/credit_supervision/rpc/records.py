"""RPCs of records, objections, repairs, rulings, adverse uses and receivers."""

from __future__ import annotations

import contextlib
import secrets
from datetime import date
from typing import Any, Final

from typing_extensions import override

from services.credit_supervision.model.deliveries import KEY_BYTES
from services.credit_supervision.model.due_process import (
    AdverseState,
    ObjectionState,
    ProcessRefused,
)
from services.credit_supervision.model.repair import State as RepairState
from services.credit_supervision.rpc import record_encoding as encoding
from services.credit_supervision.rpc.encoding import last_part
from services.credit_supervision.rpc.looks import Looks, actor, why
from services.credit_supervision.store.transaction import CreditTransaction, Transactor
from services.credit_supervision.usecases import objections, records, repairs
from services.credit_supervision.usecases.refused import (
    NotYourDeliveries,
    RecordNotFound,
    StepRefused,
)
from services.plumbing import paging
from services.plumbing.clock import Clock
from services.plumbing.rpc_interceptor import caller
from services.plumbing.rules import RuleBook
from tianfu.authz.v1 import authz_pb2
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2_grpc as pb_grpc
from tianfu.credit_supervision.v1 import record_pb2 as pb
from tianfu.credit_supervision.v1 import record_requests_pb2 as asks

SUPERVISOR: Final = authz_pb2.ROLE_SUPERVISOR


class RecordServicer(Looks, pb_grpc.CreditSupervisionServiceServicer):
    """Records and what is asked and decided about them."""

    _transactor: Transactor
    _book: RuleBook
    _clock: Clock

    # -- records ----------------------------------------------------------------------------------

    @override
    async def CreateRecord(self, request: asks.CreateRecordRequest, context: Any) -> pb.Record:
        """Take a record in."""
        record = encoding.record_from(request.record, request.record_id)
        return await self._settled(records.enter, record, actor())

    @override
    async def GetRecord(self, request: asks.GetRecordRequest, context: Any) -> pb.Record:
        """Return a record, and write down who looked, and why."""
        record_id, now = last_part(request.name), self._clock()
        found = await self._counted(request, records.look, record_id, why(request.purpose), now=now)
        if found is None:
            raise RecordNotFound(f"no record {record_id!r} is there")
        return encoding.record_to(found, self._book, now)

    @override
    async def ListRecords(
        self, request: asks.ListRecordsRequest, context: Any
    ) -> asks.ListRecordsResponse:
        """List the records of an entity in order of id."""
        question = ("records", request.parent)
        after = str(paging.position(request.page_token, *question) or "")
        limit, now = paging.page_size(request.page_size), self._clock()
        found, more = await self._counted(
            request,
            records.of_entity,
            last_part(request.parent),
            why(request.purpose),
            after,
            limit,
            now=now,
        )
        token = paging.token(found[-1].record.record_id, *question) if more else ""
        return asks.ListRecordsResponse(
            records=[encoding.record_to(each, self._book, now) for each in found],
            next_page_token=token,
        )

    @override
    async def CorrectRecord(self, request: asks.CorrectRecordRequest, context: Any) -> pb.Record:
        """Put a record right."""
        record = encoding.record_from(request.record, last_part(request.name))
        return await self._settled(records.correct, record, request.reason, actor())

    @override
    async def RevokeRecord(self, request: asks.RevokeRecordRequest, context: Any) -> pb.Record:
        """End a record for good."""
        return await self._settled(records.revoke, last_part(request.name), request.reason, actor())

    @override
    async def ListRecordDecisions(
        self, request: asks.ListRecordDecisionsRequest, context: Any
    ) -> asks.ListRecordDecisionsResponse:
        """List what was decided about a record."""
        record_id = last_part(request.parent)
        question = ("decisions", record_id)
        after = paging.number(request.page_token, *question)
        limit = paging.page_size(request.page_size)
        found = await self._looked(
            request, "record-decisions", lambda tx: tx.decisions(record_id, after, limit + 1)
        )
        more = len(found) > limit
        return asks.ListRecordDecisionsResponse(
            record_decisions=[encoding.decided_to(each) for each in found[:limit]],
            next_page_token=paging.token(found[limit - 1].number, *question) if more else "",
        )

    @override
    async def ReplayRecordDecision(
        self, request: asks.ReplayRecordDecisionRequest, context: Any
    ) -> asks.ReplayRecordDecisionResponse:
        """Make a decision again under the rules of its day."""
        _, record_id, _, number = request.name.split("/")
        brought = None
        if request.HasField("record"):
            brought = encoding.record_from(request.record, record_id)
        stored, again = await self._looked(
            request, "record-decisions", records.replay, self._book, record_id, int(number), brought
        )
        return asks.ReplayRecordDecisionResponse(
            stored=encoding.decided_to(stored),
            replayed=encoding.decided_to(stored, again),
            is_same=stored.decision == again,
        )

    # -- objections -------------------------------------------------------------------------------

    @override
    async def CreateObjection(
        self, request: asks.CreateObjectionRequest, context: Any
    ) -> pb.Objection:
        """Freeze the use of a record."""
        stated = request.objection
        made = await self._transactor.deliver(
            objections.raise_objection,
            self._book,
            request.objection_id,
            last_part(stated.record),
            stated.ground,
            tuple(stated.evidence_sha256),
            actor(),
            now=self._clock(),
        )
        return encoding.objection_to(made)

    @override
    async def GetObjection(self, request: asks.GetObjectionRequest, context: Any) -> pb.Objection:
        """Return an objection."""
        found = await self._looked(
            request, "objections", objections.objection_of, last_part(request.name)
        )
        return encoding.objection_to(found)

    @override
    async def ListObjections(
        self, request: asks.ListObjectionsRequest, context: Any
    ) -> asks.ListObjectionsResponse:
        """List objections, those due first first."""
        after, limit = _due_position(request, "objections")
        state = ObjectionState(request.state) if request.state else None
        found = await self._looked(
            request, "objections", lambda tx: tx.objections(state, after, limit + 1)
        )
        last = [f"{each.decide_by.isoformat()}/{each.objection_id}" for each in found]
        return asks.ListObjectionsResponse(
            objections=[encoding.objection_to(each) for each in found[:limit]],
            next_page_token=_due_token(request, "objections", last, limit),
        )

    @override
    async def DecideObjection(
        self, request: asks.DecideObjectionRequest, context: Any
    ) -> pb.Objection:
        """Decide an objection."""
        objection_id, now = last_part(request.name), self._clock()
        correction = request.correction if request.HasField("correction") else None

        def use(tx: CreditTransaction) -> Any:
            record = None
            if correction is not None:
                about = objections.objection_of(tx, objection_id).record_id
                record = encoding.record_from(correction, about)
            return objections.decide_objection(
                tx,
                self._book,
                objection_id,
                ObjectionState(request.state),
                request.reason,
                record,
                decider,
                now=now,
            )

        decider = actor()
        return encoding.objection_to(await self._transactor.deliver(use))

    @override
    async def WithdrawObjection(
        self, request: asks.WithdrawObjectionRequest, context: Any
    ) -> pb.Objection:
        """Take an objection back."""
        found = await self._transactor.deliver(
            objections.withdraw_objection,
            self._book,
            last_part(request.name),
            actor(),
            now=self._clock(),
        )
        return encoding.objection_to(found)

    # -- repairs ----------------------------------------------------------------------------------

    @override
    async def CreateRepair(self, request: asks.CreateRepairRequest, context: Any) -> pb.Repair:
        """Apply for the repair of a record."""
        now = self._clock()
        made = await self._transactor.write(
            repairs.apply,
            self._book,
            request.repair_id,
            last_part(request.repair.record),
            encoding.evidence_from(request.repair.evidence),
            actor(),
            now=now,
        )
        return encoding.repair_to(made, now)

    @override
    async def GetRepair(self, request: asks.GetRepairRequest, context: Any) -> pb.Repair:
        """Return an application with its receipts."""
        found = await self._looked(request, "repairs", repairs.repair_of, last_part(request.name))
        return encoding.repair_to(found, self._clock())

    @override
    async def ListRepairs(
        self, request: asks.ListRepairsRequest, context: Any
    ) -> asks.ListRepairsResponse:
        """List applications, those due first first."""
        after, limit = _due_position(request, "repairs")
        state = RepairState(request.state) if request.state else None
        found = await self._looked(
            request, "repairs", lambda tx: tx.repairs(state, after, limit + 1)
        )
        last = [f"{each.decide_by.isoformat()}/{each.repair_id}" for each in found]
        now = self._clock()
        return asks.ListRepairsResponse(
            repairs=[encoding.repair_to(each, now) for each in found[:limit]],
            next_page_token=_due_token(request, "repairs", last, limit),
        )

    @override
    async def DecideRepair(self, request: asks.DecideRepairRequest, context: Any) -> pb.Repair:
        """Grant or reject."""
        now = self._clock()
        found = await self._transactor.deliver(
            repairs.decide,
            self._book,
            last_part(request.name),
            RepairState(request.state),
            request.reason,
            actor(),
            now=now,
        )
        return encoding.repair_to(found, now)

    @override
    async def WithdrawRepair(self, request: asks.WithdrawRepairRequest, context: Any) -> pb.Repair:
        """Take an application back."""
        now = self._clock()
        found = await self._transactor.write(
            repairs.withdraw, last_part(request.name), actor(), now=now
        )
        return encoding.repair_to(found, now)

    # -- rulings and adverse uses -----------------------------------------------------------------

    @override
    async def CreateRuling(self, request: asks.CreateRulingRequest, context: Any) -> pb.Ruling:
        """Do to records what a court ruled."""
        now = self._clock()
        try:
            ruling = encoding.ruling_from(request.ruling, request.ruling_id, now)
        except ProcessRefused as refused:
            raise StepRefused(str(refused), metadata={"why": refused.reason}) from None
        made = await self._transactor.deliver(
            objections.enter_ruling, self._book, ruling, actor(), now=now
        )
        return encoding.ruling_to(made)

    @override
    async def GetRuling(self, request: asks.GetRulingRequest, context: Any) -> pb.Ruling:
        """Return a ruling."""
        found = await self._looked(
            request, "rulings", objections.ruling_of, last_part(request.name)
        )
        return encoding.ruling_to(found)

    @override
    async def CreateAdverseUse(
        self, request: asks.CreateAdverseUseRequest, context: Any
    ) -> pb.AdverseUse:
        """Note that an entity was given notice."""
        stated = request.adverse_use
        made = await self._transactor.write(
            objections.give_notice,
            self._book,
            request.adverse_use_id,
            last_part(stated.record),
            stated.measure,
            stated.notice_sha256,
            actor(),
            now=self._clock(),
        )
        return encoding.adverse_to(made)

    @override
    async def GetAdverseUse(
        self, request: asks.GetAdverseUseRequest, context: Any
    ) -> pb.AdverseUse:
        """Return an intended adverse use."""
        found = await self._looked(
            request, "adverse-uses", objections.adverse_use_of, last_part(request.name)
        )
        return encoding.adverse_to(found)

    @override
    async def ListAdverseUses(
        self, request: asks.ListAdverseUsesRequest, context: Any
    ) -> asks.ListAdverseUsesResponse:
        """List intended adverse uses in order of name."""
        question = ("adverse uses", str(request.state))
        after = str(paging.position(request.page_token, *question) or "")
        limit = paging.page_size(request.page_size)
        state = AdverseState(request.state) if request.state else None
        found = await self._looked(
            request, "adverse-uses", lambda tx: tx.adverse_uses(state, after, limit + 1)
        )
        more = len(found) > limit
        token = paging.token(found[limit - 1].adverse_use_id, *question) if more else ""
        return asks.ListAdverseUsesResponse(
            adverse_uses=[encoding.adverse_to(each) for each in found[:limit]],
            next_page_token=token,
        )

    @override
    async def DecideAdverseUse(
        self, request: asks.DecideAdverseUseRequest, context: Any
    ) -> pb.AdverseUse:
        """Decide about an adverse use."""
        found = await self._transactor.write(
            objections.decide_adverse_use,
            self._book,
            last_part(request.name),
            AdverseState(request.state),
            request.reason,
            actor(),
            now=self._clock(),
        )
        return encoding.adverse_to(found)

    # -- receivers --------------------------------------------------------------------------------

    @override
    async def CreateReceiver(
        self, request: asks.CreateReceiverRequest, context: Any
    ) -> pb.Receiver:
        """Enter a receiver."""
        now = self._clock()
        receiver = encoding.receiver_from(
            request.receiver, request.receiver_id, secrets.token_bytes(KEY_BYTES), now
        )
        made = await self._transactor.deliver(
            repairs.enter_receiver, self._book, receiver, actor(), now=now
        )
        return encoding.receiver_to(made)

    @override
    async def ListReceivers(
        self, request: asks.ListReceiversRequest, context: Any
    ) -> asks.ListReceiversResponse:
        """List receivers in order of name."""
        after = str(paging.position(request.page_token, "receivers") or "")
        limit = paging.page_size(request.page_size)
        found = await self._transactor.read(lambda tx: tx.receivers(after, limit + 1))
        more = len(found) > limit
        return asks.ListReceiversResponse(
            receivers=[encoding.receiver_to(each) for each in found[:limit]],
            next_page_token=paging.token(found[limit - 1].receiver_id, "receivers") if more else "",
        )

    @override
    async def ListDeliveries(
        self, request: asks.ListDeliveriesRequest, context: Any
    ) -> asks.ListDeliveriesResponse:
        """List what a receiver is to do, in order."""
        receiver_id = last_part(request.parent)
        asking = caller()
        if SUPERVISOR not in asking.roles and asking.subject != receiver_id:
            raise NotYourDeliveries("a receiver sees its own deliveries alone", field="parent")
        question = ("deliveries", receiver_id, str(request.include_acknowledged))
        after = paging.number(request.page_token, *question)
        limit, now = paging.page_size(request.page_size), self._clock()

        def use(tx: CreditTransaction) -> Any:
            receiver = repairs.receiver_of(tx, receiver_id)
            found = tx.deliveries(
                receiver_id, after, limit + 1, all_of_them=request.include_acknowledged
            )
            return [
                encoding.delivery_to(each, tx.record(each.record_id), receiver, self._book, now)
                for each in found
            ]

        found = await self._looked(request, "deliveries", use)
        more = len(found) > limit
        last = int(last_part(found[limit - 1].name)) if more else 0
        return asks.ListDeliveriesResponse(
            deliveries=found[:limit],
            next_page_token=paging.token(last, *question) if more else "",
        )

    @override
    async def AcknowledgeDelivery(
        self, request: asks.AcknowledgeDeliveryRequest, context: Any
    ) -> pb.Delivery:
        """Note that a receiver has done what it was sent."""
        _, receiver_id, _, number = request.name.split("/")
        acting, now = actor(), self._clock()

        def use(tx: CreditTransaction) -> Any:
            done = repairs.acknowledge(tx, receiver_id, int(number), acting, now=now)
            receiver = repairs.receiver_of(tx, receiver_id)
            return encoding.delivery_to(done, tx.record(done.record_id), receiver, self._book, now)

        answer: pb.Delivery = await self._transactor.write(use)
        return answer

    async def _settled(self, use: Any, *arguments: Any) -> pb.Record:
        now = self._clock()
        found = await self._transactor.deliver(use, self._book, *arguments, now=now)
        return encoding.record_to(found, self._book, now)


def _due_position(request: Any, what: str) -> tuple[str, int]:
    """Return where a list in order of days due goes on, and how many it gives."""
    after = str(paging.position(request.page_token, what, str(request.state)) or "")
    if after and not _is_position(after):
        raise paging.TokenDamaged("the token is damaged; begin again", field="page_token")
    return after, paging.page_size(request.page_size)


def _due_token(request: Any, what: str, positions: list[str], limit: int) -> str:
    if len(positions) <= limit:
        return ""
    return paging.token(positions[limit - 1], what, str(request.state))


def _is_position(text: str) -> bool:
    day, _, of = text.partition("/")
    with contextlib.suppress(ValueError):
        return bool(date.fromisoformat(day) and of)
    return False
