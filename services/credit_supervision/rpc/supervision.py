"""RPCs of grades, signals, statistics, successions, recognitions, emergencies, and watches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Final

from typing_extensions import override

from services.credit_supervision.model.draws import Inspection
from services.credit_supervision.model.emergencies import State
from services.credit_supervision.model.recognition import Outcome, Wanted
from services.credit_supervision.model.records import Kind
from services.credit_supervision.rpc import supervision_encoding as encoding
from services.credit_supervision.rpc.encoding import clue_to, inspection_to, last_part
from services.credit_supervision.rpc.looks import Looks, actor, why
from services.credit_supervision.store.transaction import CreditTransaction, Transactor
from services.credit_supervision.usecases import draws, emergencies, signals
from services.credit_supervision.usecases.refused import WatchTooOld
from services.credit_supervision.usecases.register import EntityNotFound
from services.credit_supervision.usecases.signals import names_of, scorecard_of
from services.plumbing import paging
from services.plumbing.bell import Bell
from services.plumbing.clock import Clock
from services.plumbing.rules import RuleBook
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2_grpc as pb_grpc
from tianfu.credit_supervision.v1 import (
    draw_pb2,
    emergency_pb2,
    entity_pb2,
    recognition_pb2,
    record_pb2,
    signal_pb2,
)
from tianfu.credit_supervision.v1 import supervision_requests_pb2 as asks

WATCH_POLL_S: Final = 1.0
"""How often a watch looks for changes that nobody in this process told of."""

WATCH_BATCH: Final = 500
"""Changes read at a time by a watch."""

OFFSET_MAX: Final = 1_000_000


class SupervisionServicer(Looks, pb_grpc.CreditSupervisionServiceServicer):
    """What supervision plans with, and what it watches."""

    _transactor: Transactor
    _book: RuleBook
    _clock: Clock
    _bell: Bell

    # -- successions ------------------------------------------------------------------------------

    @override
    async def CreateSuccession(
        self, request: asks.CreateSuccessionRequest, context: Any
    ) -> entity_pb2.Succession:
        """Note a merger or a split."""
        made = encoding.succession_from(request.succession, request.succession_id)
        return encoding.succession_to(
            await self._transactor.write(signals.succeed, made, actor(), now=self._clock())
        )

    @override
    async def ListSuccessions(
        self, request: asks.ListSuccessionsRequest, context: Any
    ) -> asks.ListSuccessionsResponse:
        """List the history of an entity, in order of day."""
        question = ("successions", request.parent)
        found = await self._looked(
            request, "successions", lambda tx: tx.history(last_part(request.parent))
        )
        page, token = _part(found, request, question)
        return asks.ListSuccessionsResponse(
            successions=[encoding.succession_to(each) for each in page], next_page_token=token
        )

    # -- grades and signals -----------------------------------------------------------------------

    @override
    async def ImportGrades(
        self, request: asks.ImportGradesRequest, context: Any
    ) -> asks.ImportGradesResponse:
        """Receive grades."""
        rows = [encoding.grade_row_from(each) for each in request.rows]
        accepted, faults = await self._transactor.write(
            signals.import_grades,
            rows,
            request.scheme,
            request.source_sha256,
            actor(),
            now=self._clock(),
        )
        return asks.ImportGradesResponse(
            accepted_count=accepted,
            faults=[entity_pb2.RowFault(**each._asdict()) for each in faults],
        )

    @override
    async def ListGrades(
        self, request: asks.ListGradesRequest, context: Any
    ) -> asks.ListGradesResponse:
        """List the grades of an entity that hold today."""
        found = await self._counted(
            request,
            signals.grades_of,
            last_part(request.parent),
            why(request.purpose),
            now=self._clock(),
        )
        page, token = _part(found, request, ("grades", request.parent))
        return asks.ListGradesResponse(
            grades=[encoding.grade_to(*each) for each in page], next_page_token=token
        )

    @override
    async def ListScorecards(
        self, request: asks.ListScorecardsRequest, context: Any
    ) -> asks.ListScorecardsResponse:
        """List the tables of points in force, in order of name."""
        page, token = _part(names_of(self._book), request, ("scorecards",))
        now = self._clock()
        return asks.ListScorecardsResponse(
            scorecards=[
                encoding.scorecard_to(name, *scorecard_of(self._book, name, now)) for name in page
            ],
            next_page_token=token,
        )

    @override
    async def GetScorecard(
        self, request: asks.GetScorecardRequest, context: Any
    ) -> signal_pb2.Scorecard:
        """Return the table of points in force."""
        name = last_part(request.name)
        return encoding.scorecard_to(name, *scorecard_of(self._book, name, self._clock()))

    @override
    async def GetSignal(self, request: asks.GetSignalRequest, context: Any) -> signal_pb2.Signal:
        """Compute an entity's risk signal."""
        _, code, _ = request.name.split("/")
        now = self._clock()
        found = await self._counted(
            request, signals.of_entity, self._book, code, why(request.purpose), now=now
        )
        if found is None:
            raise EntityNotFound(f"no entity {code} is in the register")
        return encoding.signal_to(request.name, found, now)

    @override
    async def EvaluateSignals(
        self, request: asks.EvaluateSignalsRequest, context: Any
    ) -> asks.EvaluateSignalsResponse:
        """Score rows of values by a table."""
        now = self._clock()
        found = await self._transactor.write(
            signals.of_rows,
            self._book,
            last_part(request.scorecard),
            [encoding.values_from(each) for each in request.rows],
            actor(),
            now=now,
        )
        return asks.EvaluateSignalsResponse(
            signals=encoding.signals_to([row.row_id for row in request.rows], found, now)
        )

    @override
    async def EvaluateStability(
        self, request: asks.EvaluateStabilityRequest, context: Any
    ) -> asks.EvaluateStabilityResponse:
        """Compare what was scored in a month with what the table was fitted on."""
        found, version = await self._transactor.read(
            signals.stability,
            self._book,
            last_part(request.scorecard),
            request.month,
            now=self._clock(),
        )
        return asks.EvaluateStabilityResponse(
            items=encoding.stability_to(found), rule_version=version
        )

    @override
    async def CountRecords(
        self, request: asks.CountRecordsRequest, context: Any
    ) -> asks.CountRecordsResponse:
        """Count entities with records by place and kind."""
        found = await self._transactor.write(signals.count_records)
        return asks.CountRecordsResponse(
            cells=[
                asks.RecordCount(
                    place_code=place,
                    kind=record_pb2.RecordKind.ValueType(Kind[name]),
                    entity_count=count or 0,
                    withheld=count is None,
                )
                for (place, name), count in sorted(found.items())
            ]
        )

    # -- emergencies and recognitions -------------------------------------------------------------

    @override
    async def CreateEmergency(
        self, request: asks.CreateEmergencyRequest, context: Any
    ) -> emergency_pb2.Emergency:
        """Declare an emergency."""
        made = await self._transactor.write(
            emergencies.declare,
            self._book,
            request.emergency_id,
            tuple(request.emergency.place_codes),
            request.emergency.ground,
            actor(),
            now=self._clock(),
        )
        return encoding.emergency_to(made)

    @override
    async def EndEmergency(
        self, request: asks.EndEmergencyRequest, context: Any
    ) -> emergency_pb2.Emergency:
        """End an emergency."""
        found = await self._transactor.write(
            emergencies.end,
            last_part(request.name),
            State(request.state),
            actor(),
            now=self._clock(),
        )
        return encoding.emergency_to(found)

    @override
    async def ListEmergencies(
        self, request: asks.ListEmergenciesRequest, context: Any
    ) -> asks.ListEmergenciesResponse:
        """List emergencies, the latest first."""
        question = ("emergencies", str(request.state))
        offset = min(paging.number(request.page_token, *question), OFFSET_MAX)
        limit = paging.page_size(request.page_size)
        state = State(request.state) if request.state else None
        found = await self._transactor.read(lambda tx: tx.emergencies(state, offset, limit + 1))
        token = paging.token(offset + limit, *question) if len(found) > limit else ""
        return asks.ListEmergenciesResponse(
            emergencies=[encoding.emergency_to(each) for each in found[:limit]],
            next_page_token=token,
        )

    @override
    async def CreateRecognition(
        self, request: asks.CreateRecognitionRequest, context: Any
    ) -> recognition_pb2.Recognition:
        """Decide whether another department's result stands in for one's own."""
        stated = request.recognition
        made = await self._transactor.write(
            signals.recognise,
            self._book,
            request.recognition_id,
            encoding.result_from(stated),
            stated.receiving_department,
            stated.receiving_place_code,
            stated.repeat_reason,
            actor(),
            now=self._clock(),
        )
        return encoding.recognition_to(made)

    @override
    async def GetRecognition(
        self, request: asks.GetRecognitionRequest, context: Any
    ) -> recognition_pb2.Recognition:
        """Return a decision about recognition."""
        found = await self._looked(
            request, "recognitions", signals.recognition_of, last_part(request.name)
        )
        return encoding.recognition_to(found)

    @override
    async def ListRecognitions(
        self, request: asks.ListRecognitionsRequest, context: Any
    ) -> asks.ListRecognitionsResponse:
        """List decisions about recognition, the latest first."""
        wanted = Wanted(
            last_part(request.entity),
            request.receiving_place_code,
            Outcome(request.outcome) if request.outcome else None,
        )
        question = ("recognitions", f"{wanted.code}/{wanted.receiver_place}/{request.outcome}")
        offset = min(paging.number(request.page_token, *question), OFFSET_MAX)
        limit = paging.page_size(request.page_size)
        found = await self._looked(
            request, "recognitions", lambda tx: tx.recognitions(wanted, offset, limit + 1)
        )
        token = paging.token(offset + limit, *question) if len(found) > limit else ""
        return asks.ListRecognitionsResponse(
            recognitions=[encoding.recognition_to(each) for each in found[:limit]],
            next_page_token=token,
        )

    # -- watches ----------------------------------------------------------------------------------

    @override
    async def WatchClues(
        self, request: asks.WatchCluesRequest, context: Any
    ) -> AsyncIterator[asks.WatchCluesResponse]:
        """Stream the clues that are open, then every change of one."""
        question, place = ("watch clues", request.place_code), request.place_code
        resumed = paging.position(request.resume_token, *question, field="resume_token")
        if resumed is None:
            # The number first: what changes while clues are read comes again as a change.
            number, found = await self._looked(
                request, "clues", lambda tx: (tx.last_change(), tx.open_clues(place))
            )
            for clue in found:
                yield asks.WatchCluesResponse(clue=clue_to(clue))
            yield asks.WatchCluesResponse(resume_token=paging.token(number, *question))
        else:
            number = int(resumed)
            await self._looked(request, "clues", _changes, "clue", number)
        while True:
            changed = await self._transactor.read(_changes, "clue", number)
            for number, key in changed:
                clue = await self._transactor.read(lambda tx, of: tx.clue(of), key)
                if clue is not None and clue.place.startswith(place):
                    token = paging.token(number, *question)
                    yield asks.WatchCluesResponse(clue=clue_to(clue), resume_token=token)
            if not changed:
                await self._bell.wait(WATCH_POLL_S)

    @override
    async def WatchInspections(
        self, request: asks.WatchInspectionsRequest, context: Any
    ) -> AsyncIterator[asks.WatchInspectionsResponse]:
        """Stream the visits of a draw, then every change of one."""
        draw_id = last_part(request.parent)
        question, kind = ("watch inspections", draw_id), f"inspection/{draw_id}"
        await self._looked(request, "inspections", draws.get_draw, draw_id)
        resumed = paging.position(request.resume_token, *question, field="resume_token")
        if resumed is None:
            number, after = int(await self._transactor.read(lambda tx: tx.last_change())), ""
            while found := await self._transactor.read(self._visits, draw_id, after):
                for visit in found:
                    yield asks.WatchInspectionsResponse(inspection=visit)
                after = last_part(found[-1].name)
            yield asks.WatchInspectionsResponse(resume_token=paging.token(number, *question))
        else:
            number = int(resumed)
        while True:
            changed = await self._transactor.read(_changes, kind, number)
            for number, code in changed:
                for visit in await self._transactor.read(self._visit, draw_id, code):
                    token = paging.token(number, *question)
                    yield asks.WatchInspectionsResponse(inspection=visit, resume_token=token)
            if not changed:
                await self._bell.wait(WATCH_POLL_S)

    def _visits(self, tx: CreditTransaction, draw_id: str, after: str) -> list[draw_pb2.Inspection]:
        found = tx.inspections(draw_id, after, WATCH_BATCH)
        return shown_inspections(tx, self._book, found, self._clock())

    def _visit(self, tx: CreditTransaction, draw_id: str, code: str) -> list[draw_pb2.Inspection]:
        found = tx.inspection(draw_id, code)
        return shown_inspections(
            tx, self._book, [found] if found is not None else [], self._clock()
        )


def shown_inspections(
    tx: CreditTransaction, book: RuleBook, found: Sequence[Inspection], now: datetime
) -> list[draw_pb2.Inspection]:
    """Return a draw's visits as the contract has them, with their last day and rest."""
    if not found:
        return []
    declared = tx.emergencies(None)
    published = draws.get_draw(tx, found[0].draw_id).published
    places = tx.places_of([each.code for each in found]) if declared else {}
    shown = []
    for each in found:
        message, place = inspection_to(each), places.get(each.code, "")
        if published is not None:
            message.due_day = draws.due_day(book, published, place, declared, now=now)
        for emergency in declared:
            if emergency.state is State.ACTIVE and emergency.covers(place, now):
                message.suspended_by = f"emergencies/{emergency.emergency_id}"
        shown.append(message)
    return shown


def _changes(tx: CreditTransaction, kind: str, after: int) -> Sequence[tuple[int, str]]:
    """Return changes after a number; raise WatchTooOld when they are not kept any more."""
    if after + 1 < tx.first_change():
        raise WatchTooOld("too long ago: begin again without a resume token", field="resume_token")
    return tx.changes(kind, after, WATCH_BATCH)


def _part(found: Sequence[Any], request: Any, question: tuple[str, ...]) -> tuple[Any, str]:
    """Return a page of a short list, and the token of the next."""
    offset = paging.number(request.page_token, *question)
    limit = paging.page_size(request.page_size)
    token = paging.token(offset + limit, *question) if len(found) > offset + limit else ""
    return found[offset : offset + limit], token
