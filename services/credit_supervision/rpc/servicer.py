"""CreditSupervisionService: decode, call, encode. The interceptor turns refusals into statuses."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any, Final

from typing_extensions import override

from services.credit_supervision.model import clues as clue_model
from services.credit_supervision.model import codes, draws
from services.credit_supervision.model.draws import Draw
from services.credit_supervision.model.register import RISK_CLASSES, RiskClass
from services.credit_supervision.rpc import callers, encoding
from services.credit_supervision.rpc.handhelds import HandheldServicer
from services.credit_supervision.rpc.looks import why
from services.credit_supervision.rpc.records import RecordServicer
from services.credit_supervision.rpc.supervision import SupervisionServicer, shown_inspections
from services.credit_supervision.store.transaction import CreditTransaction, Transactor
from services.credit_supervision.usecases import clues, declarations, register, signals
from services.credit_supervision.usecases import draws as drawing
from services.credit_supervision.usecases.declarations import Rules
from services.plumbing import audit, paging
from services.plumbing.audit_chain import Fault, Head
from services.plumbing.bell import Bell
from services.plumbing.clock import Clock
from services.plumbing.refusal import InvalidArgument
from services.plumbing.rpc_interceptor import caller
from services.plumbing.rules import RuleBook
from tianfu import inspection_draw, inspection_proof
from tianfu.credit_supervision.v1 import clue_pb2, draw_pb2, entity_pb2
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2 as pb
from tianfu.inspection_beacon import BeaconRefused
from tianfu.inspection_draw import InvalidDeclaration, Visit

PROVINCE: Final = "CN-51"
CHUNK_BYTES: Final = 1 << 20
"""Of a proof, in one message: a quarter of what gRPC lets through by default."""


class BeaconInvalid(InvalidArgument):
    """The randomness is not what its source gave."""

    reason = "BEACON_REFUSED"


class CreditServicer(RecordServicer, SupervisionServicer, HandheldServicer):
    """The register, records, draws and their visits, clues, and the audit log."""

    def __init__(self, transactor: Transactor, book: RuleBook, clock: Clock, bell: Bell) -> None:
        self._bell = bell
        self._transactor = transactor
        self._book = book
        self._clock = clock

    # -- register ---------------------------------------------------------------------------------

    @override
    async def ImportEntities(
        self, request: pb.ImportEntitiesRequest, context: Any
    ) -> pb.ImportEntitiesResponse:
        """Take rows of a register."""
        rows = [encoding.row_from(each) for each in request.rows]
        found = await self._transactor.write(
            register.import_rows, rows, _actor(), now=self._clock()
        )
        return pb.ImportEntitiesResponse(
            accepted_count=len(found.entities),
            faults=[entity_pb2.RowFault(**each._asdict()) for each in found.faults],
        )

    @override
    async def GetEntity(self, request: pb.GetEntityRequest, context: Any) -> entity_pb2.Entity:
        """Return an entity, and write down who looked, and why."""
        code = encoding.last_part(request.name)
        _check_code(code)
        asking, now = why(request.purpose), self._clock()
        found = await self._counted(request, register.get_entity, code, asking, now=now)
        if found is None:
            raise register.EntityNotFound(f"no entity {code} is in the register")
        return encoding.entity_to(*found)

    @override
    async def ListEntities(
        self, request: pb.ListEntitiesRequest, context: Any
    ) -> pb.ListEntitiesResponse:
        """List the entities of a place in order of code."""
        question = ("entities", request.place_code, str(request.risk_class), request.title_part)
        after = str(paging.position(request.page_token, *question) or "")
        limit = paging.page_size(request.page_size)
        found = await self._transactor.write(
            register.list_entities,
            request.place_code,
            RiskClass(request.risk_class) if request.risk_class else None,
            request.title_part,
            after,
            limit + 1,
            why(request.purpose),
            now=self._clock(),
        )
        more = len(found) > limit
        return pb.ListEntitiesResponse(
            entities=[encoding.entity_to(*each) for each in found[:limit]],
            next_page_token=paging.token(found[limit - 1][0].code, *question) if more else "",
        )

    @override
    async def LookupEntity(
        self, request: pb.LookupEntityRequest, context: Any
    ) -> entity_pb2.Entity:
        """Return the entity that a code of before is of, as GetEntity does."""
        code = await self._transactor.write(
            register.lookup, request.former_code, why(request.purpose), now=self._clock()
        )
        if code is None:
            raise register.EntityNotFound("no entity of this code of before is in the register")
        found = pb.GetEntityRequest(name=f"entities/{code}", purpose=request.purpose)
        return await self.GetEntity(found, context)

    @override
    async def CountEntities(
        self, request: pb.CountEntitiesRequest, context: Any
    ) -> pb.CountEntitiesResponse:
        """Count entities by place and class."""
        found = await self._transactor.write(signals.count_entities)
        return pb.CountEntitiesResponse(
            cells=[
                pb.EntityCount(
                    place_code=place,
                    risk_class=entity_pb2.RiskClass.ValueType(RISK_CLASSES[name]),
                    entity_count=count or 0,
                    withheld=count is None,
                )
                for (place, name), count in sorted(found.items())
            ]
        )

    # -- draws ------------------------------------------------------------------------------------

    @override
    async def CreateDraw(self, request: pb.CreateDrawRequest, context: Any) -> draw_pb2.Draw:
        """Declare a draw."""
        asked, actor = encoding.asked_from(request), _actor()
        found = await self._transactor.read(drawing.roster, asked)
        if isinstance(found, Draw):
            return encoding.draw_to(found)
        now = self._clock()
        rules = Rules.in_force(self._book, now)
        # Seconds of work for a large place, and never within a transaction.
        written = await asyncio.to_thread(declarations.write, asked, found, rules, actor, now=now)
        return encoding.draw_to(
            await self._transactor.write(drawing.declare, asked, written, actor, now=self._clock())
        )

    @override
    async def GetDraw(self, request: pb.GetDrawRequest, context: Any) -> draw_pb2.Draw:
        """Return a draw."""
        draw_id = encoding.last_part(request.name)
        return encoding.draw_to(await self._transactor.read(drawing.get_draw, draw_id))

    @override
    async def ListDraws(self, request: pb.ListDrawsRequest, context: Any) -> pb.ListDrawsResponse:
        """List draws in order of name."""
        after = str(paging.position(request.page_token, "draws") or "")
        limit = paging.page_size(request.page_size)
        found: Sequence[Draw] = await self._transactor.read(lambda tx: tx.draws(after, limit + 1))
        more = len(found) > limit
        return pb.ListDrawsResponse(
            draws=[encoding.draw_to(each) for each in found[:limit]],
            next_page_token=paging.token(found[limit - 1].draw_id, "draws") if more else "",
        )

    @override
    async def RevealNonce(self, request: pb.RevealNonceRequest, context: Any) -> draw_pb2.Draw:
        """Note the bytes that a department had committed to."""
        callers.act_for(request.department)
        draw_id = encoding.last_part(request.name)
        return encoding.draw_to(
            await self._transactor.write(
                drawing.reveal,
                draw_id,
                request.department,
                request.nonce,
                _actor(),
                now=self._clock(),
            )
        )

    @override
    async def PublishDraw(self, request: pb.PublishDrawRequest, context: Any) -> draw_pb2.Draw:
        """Draw, and publish the proof."""
        draw_id = encoding.last_part(request.name)
        draw, lines = await self._transactor.read(drawing.material, draw_id)
        if draw.state is not draws.State.DECLARED:
            return encoding.draw_to(draw)
        # Seconds of arithmetic for a province, and never within a transaction.
        data, visits = await asyncio.to_thread(_drawn, draw, lines, request.beacon_signature)
        published = await self._transactor.write(
            drawing.publish,
            draw_id,
            data,
            visits,
            _actor(),
            now=self._clock(),
        )
        return encoding.draw_to(published)

    @override
    async def VoidDraw(self, request: pb.VoidDrawRequest, context: Any) -> draw_pb2.Draw:
        """End a draw without a proof, for a reason that stays."""
        draw_id = encoding.last_part(request.name)
        return encoding.draw_to(
            await self._transactor.write(
                drawing.void, draw_id, request.reason, _actor(), now=self._clock()
            )
        )

    @override
    async def GetDrawProof(
        self, request: pb.GetDrawProofRequest, context: Any
    ) -> AsyncIterator[pb.GetDrawProofResponse]:
        """Return the proof of a draw in parts."""
        draw_id = encoding.last_part(request.name)
        data = await self._transactor.write(drawing.proof, draw_id, _actor(), now=self._clock())
        for start in range(0, len(data), CHUNK_BYTES):
            yield pb.GetDrawProofResponse(chunk=data[start : start + CHUNK_BYTES])

    @override
    async def ListInspections(
        self, request: pb.ListInspectionsRequest, context: Any
    ) -> pb.ListInspectionsResponse:
        """List the visits of a draw in order of code."""
        draw_id = encoding.last_part(request.parent)
        question = ("inspections", f"{draw_id}/{request.state}")
        after = str(paging.position(request.page_token, *question) or "")
        limit = paging.page_size(request.page_size)
        now, done = self._clock(), encoding.is_reported(request.state)

        def wanted(tx: CreditTransaction) -> list[draw_pb2.Inspection]:
            found = tx.inspections(draw_id, after, limit + 1, is_reported=done)
            return shown_inspections(tx, self._book, found, now)

        found = await self._looked(request, "inspections", wanted)
        more = len(found) > limit
        last = encoding.last_part(found[limit - 1].name) if more else ""
        token = paging.token(last, *question) if more else ""
        return pb.ListInspectionsResponse(
            inspections=found[:limit],
            next_page_token=token,
        )

    @override
    async def ReportFinding(
        self, request: pb.ReportFindingRequest, context: Any
    ) -> draw_pb2.Inspection:
        """Note what a department found on a visit."""
        callers.report_as(request.finding.department, request.finding.badge)
        _, draw_id, _, code = request.name.split("/")
        return encoding.inspection_to(
            await self._transactor.write(
                drawing.report,
                self._book,
                draw_id,
                code,
                encoding.finding_from(request.finding),
                _actor(),
                now=self._clock(),
            )
        )

    # -- clues ------------------------------------------------------------------------------------

    @override
    async def CreateClue(self, request: pb.CreateClueRequest, context: Any) -> clue_pb2.Clue:
        """Take a clue, or join it to the open one that says the same."""
        told = encoding.report_from(request)
        _check_code(told.code)
        return encoding.clue_to(
            await self._transactor.write(clues.take, self._book, told, _actor(), now=self._clock())
        )

    @override
    async def GetClue(self, request: pb.GetClueRequest, context: Any) -> clue_pb2.Clue:
        """Return a clue."""
        found = await self._looked(request, "clues", clues.get, encoding.last_part(request.name))
        return encoding.clue_to(found)

    @override
    async def ListClues(self, request: pb.ListCluesRequest, context: Any) -> pb.ListCluesResponse:
        """List clues, those due first first."""
        place = request.place_code
        question = ("clues", f"{request.state}/{place}")
        after = str(paging.position(request.page_token, *question) or "")
        if after and not _is_position(after):
            raise paging.TokenDamaged("the token is damaged; begin again", field="page_token")
        limit = paging.page_size(request.page_size)
        state = clue_model.State(request.state) if request.state else None
        found, more = await self._looked(request, "clues", clues.page, state, place, after, limit)
        last = f"{found[-1].due.isoformat()}/{found[-1].clue_id}" if more else ""
        return pb.ListCluesResponse(
            clues=[encoding.clue_to(each) for each in found],
            next_page_token=paging.token(last, *question) if more else "",
        )

    @override
    async def AdvanceClue(self, request: pb.AdvanceClueRequest, context: Any) -> clue_pb2.Clue:
        """Take a clue to its next state."""
        return encoding.clue_to(
            await self._transactor.write(
                clues.advance,
                self._book,
                encoding.last_part(request.name),
                clue_model.State(request.state),
                request.reason,
                clue_model.Outcome(request.outcome) if request.outcome else None,
                _actor(),
                now=self._clock(),
            )
        )

    @override
    async def RecognizeClue(self, request: pb.RecognizeClueRequest, context: Any) -> clue_pb2.Clue:
        """Take a clue's result as one's own."""
        return encoding.clue_to(
            await self._transactor.write(
                clues.recognise,
                encoding.last_part(request.name),
                request.department,
                _actor(),
                now=self._clock(),
            )
        )

    # -- audit ------------------------------------------------------------------------------------

    @override
    async def VerifyAudit(
        self, request: pb.VerifyAuditRequest, context: Any
    ) -> pb.VerifyAuditResponse:
        """Check the audit log from its first entry to its last."""
        published = None
        if request.published_number:
            published = Head(request.published_number, bytes.fromhex(request.published_sha256))
        found = await self._transactor.database.transact(audit.verify, published)
        answer = pb.VerifyAuditResponse(number=found.number, sound=isinstance(found, Head))
        if isinstance(found, Fault):
            answer.problem = found.problem
        else:
            answer.sha256 = found.hash.hex()
        answer.check_time.FromDatetime(self._clock())
        return answer


def _drawn(draw: Draw, lines: Sequence[str], signature: bytes) -> tuple[bytes, list[Visit]]:
    """Return the bytes of a draw's proof, and its visits."""
    bundle = _bundle(draw, lines, signature)
    return inspection_proof.encode(bundle), inspection_proof.visits_of(bundle)


def _bundle(draw: Draw, lines: Sequence[str], signature: bytes) -> dict[str, Any]:
    """Return the proof of a draw; raise BeaconInvalid for randomness that is not its source's."""
    beacon: dict[str, Any]
    if draw.round is None:
        beacon = {"nonces": dict(draw.nonces)}
    else:
        beacon = {"round": draw.round, "signature": signature.hex()}
    try:
        return inspection_proof.make(inspection_draw.parse(lines), beacon)
    except BeaconRefused as error:
        raise BeaconInvalid(str(error), field="beacon_signature") from None
    except InvalidDeclaration as error:
        raise declarations.DrawInvalid(str(error), field="name") from None


def _is_position(text: str) -> bool:
    """Return whether a token's position is a day and an id, as this service gives them."""
    day, _, clue_id = text.partition("/")
    with contextlib.suppress(ValueError):
        return bool(date.fromisoformat(day) and clue_id)
    return False


def _actor() -> str:
    return caller().subject


def _check_code(code: str) -> None:
    problem = codes.problem_of(code)
    if problem is not None:
        raise clues.CodeInvalid(
            codes.explain(code, problem), field="name", metadata={"why": problem.value}
        )
