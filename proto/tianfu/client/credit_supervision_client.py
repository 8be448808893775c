"""Client of tianfu.credit_supervision.v1.CreditSupervisionService, made by tools/clientgen.py."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tianfu.credit_supervision.v1 import clue_pb2
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2
from tianfu.credit_supervision.v1 import draw_pb2
from tianfu.credit_supervision.v1 import emergency_pb2
from tianfu.credit_supervision.v1 import entity_pb2
from tianfu.credit_supervision.v1 import handheld_pb2
from tianfu.credit_supervision.v1 import monitoring_pb2
from tianfu.credit_supervision.v1 import purpose_pb2
from tianfu.credit_supervision.v1 import recognition_pb2
from tianfu.credit_supervision.v1 import record_pb2
from tianfu.credit_supervision.v1 import record_requests_pb2
from tianfu.credit_supervision.v1 import signal_pb2
from tianfu.credit_supervision.v1 import supervision_requests_pb2
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2_grpc
from tianfu.client import calls


class CreditSupervision:
    """tianfu.credit_supervision.v1.CreditSupervisionService, call by call."""

    def __init__(self, channel: calls.Channel) -> None:
        self._stub: Any = credit_supervision_service_pb2_grpc.CreditSupervisionServiceStub(
            channel.grpc
        )
        self._calls = channel

    def import_entities(
        self,
        *,
        rows: Iterable[entity_pb2.EntityRow] | None = None,
        timeout_s: float | None = None,
    ) -> credit_supervision_service_pb2.ImportEntitiesResponse:
        """Takes rows of a register.

        Good ones are stored, each bad one is reported; none is lost. Repeating it changes
        nothing.
        """
        found: credit_supervision_service_pb2.ImportEntitiesResponse = self._calls.unary(
            self._stub.ImportEntities,
            calls.request(credit_supervision_service_pb2.ImportEntitiesRequest, dict(rows=rows)),
            timeout_s,
        )
        return found

    def get_entity(
        self,
        *,
        name: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> entity_pb2.Entity:
        """Returns an entity.

        Who looked, and why, is in the audit log.
        """
        found: entity_pb2.Entity = self._calls.unary(
            self._stub.GetEntity,
            calls.request(
                credit_supervision_service_pb2.GetEntityRequest, dict(name=name, purpose=purpose)
            ),
            timeout_s,
        )
        return found

    def list_entities(
        self,
        *,
        place_code: str,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        risk_class: int | str | None = None,
        title_part: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[entity_pb2.Entity]:
        """Lists the entities of a place, of a class or by part of their names, those that others took over included.

        Who looked, and why, is in the audit log. A person's business (个体工商户) is found by no
        part of its name, which is personal data. Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListEntities,
            calls.request(
                credit_supervision_service_pb2.ListEntitiesRequest,
                dict(
                    place_code=place_code,
                    purpose=purpose,
                    page_size=page_size,
                    risk_class=risk_class,
                    title_part=title_part,
                ),
            ),
            "entities",
            timeout_s,
        )

    def lookup_entity(
        self,
        *,
        former_code: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> entity_pb2.Entity:
        """Returns the entity that a code of before the unified ones is of: an organisation code, which stands in its own, or a business registration number that its row came with.

        Who looked, and why, is in the audit log.
        """
        found: entity_pb2.Entity = self._calls.unary(
            self._stub.LookupEntity,
            calls.request(
                credit_supervision_service_pb2.LookupEntityRequest,
                dict(former_code=former_code, purpose=purpose),
            ),
            timeout_s,
        )
        return found

    def count_entities(
        self,
        *,
        timeout_s: float | None = None,
    ) -> credit_supervision_service_pb2.CountEntitiesResponse:
        """Counts entities by place and class; no number tells of fewer than five."""
        found: credit_supervision_service_pb2.CountEntitiesResponse = self._calls.unary(
            self._stub.CountEntities,
            calls.request(credit_supervision_service_pb2.CountEntitiesRequest, {}),
            timeout_s,
        )
        return found

    def create_draw(
        self,
        *,
        draw: draw_pb2.Draw,
        draw_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> draw_pb2.Draw:
        """Declares a draw: writes down all that it depends on, and publishes the hash.

        Repeating the call with the same id gives the first answer. While a draw is open,
        none is declared of the same entities for one of its departments: it is published,
        or made void for a reason.
        """
        found: draw_pb2.Draw = self._calls.unary(
            self._stub.CreateDraw,
            calls.request(
                credit_supervision_service_pb2.CreateDrawRequest,
                dict(draw=draw, draw_id=draw_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def get_draw(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> draw_pb2.Draw:
        """Returns a draw."""
        found: draw_pb2.Draw = self._calls.unary(
            self._stub.GetDraw,
            calls.request(credit_supervision_service_pb2.GetDrawRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_draws(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[draw_pb2.Draw]:
        """Lists draws in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListDraws,
            calls.request(
                credit_supervision_service_pb2.ListDrawsRequest, dict(page_size=page_size)
            ),
            "draws",
            timeout_s,
        )

    def reveal_nonce(
        self,
        *,
        name: str,
        department: str | None = None,
        nonce: bytes | None = None,
        timeout_s: float | None = None,
    ) -> draw_pb2.Draw:
        """Reveals the bytes that a department had committed to.

        The caller works for it (claim departments of the token), and has revealed for no
        other.
        """
        found: draw_pb2.Draw = self._calls.unary(
            self._stub.RevealNonce,
            calls.request(
                credit_supervision_service_pb2.RevealNonceRequest,
                dict(name=name, department=department, nonce=nonce),
            ),
            timeout_s,
        )
        return found

    def publish_draw(
        self,
        *,
        name: str,
        beacon_signature: bytes | None = None,
        timeout_s: float | None = None,
    ) -> draw_pb2.Draw:
        """Draws, and publishes the proof: with the beacon's signature, or once all departments have revealed.

        Repeating it gives the same draw.
        """
        found: draw_pb2.Draw = self._calls.unary(
            self._stub.PublishDraw,
            calls.request(
                credit_supervision_service_pb2.PublishDrawRequest,
                dict(name=name, beacon_signature=beacon_signature),
            ),
            timeout_s,
        )
        return found

    def void_draw(
        self,
        *,
        name: str,
        reason: str | None = None,
        timeout_s: float | None = None,
    ) -> draw_pb2.Draw:
        """Ends a draw whose departments have not all revealed; who has not is named.

        A draw by a beacon is ended with a reason, which stays in the record; once its round
        is made, by another person than who declared it.
        """
        found: draw_pb2.Draw = self._calls.unary(
            self._stub.VoidDraw,
            calls.request(
                credit_supervision_service_pb2.VoidDrawRequest, dict(name=name, reason=reason)
            ),
            timeout_s,
        )
        return found

    def get_draw_proof(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> Iterator[credit_supervision_service_pb2.GetDrawProofResponse]:
        """Returns the proof of a draw: JSON that `tianfu credit verify` and anybody else checks.

        It names the risk class of every entity, which is not published: whoever may read it
        hands it to those whom it concerns.
        """
        return self._calls.stream(
            self._stub.GetDrawProof,
            calls.request(credit_supervision_service_pb2.GetDrawProofRequest, dict(name=name)),
            timeout_s,
        )

    def list_inspections(
        self,
        *,
        parent: str,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        state: int | str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[draw_pb2.Inspection]:
        """Lists the visits of a draw in order of code.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListInspections,
            calls.request(
                credit_supervision_service_pb2.ListInspectionsRequest,
                dict(parent=parent, purpose=purpose, page_size=page_size, state=state),
            ),
            "inspections",
            timeout_s,
        )

    def report_finding(
        self,
        *,
        name: str,
        finding: draw_pb2.Finding,
        timeout_s: float | None = None,
    ) -> draw_pb2.Inspection:
        """Notes what a department found on a visit.

        The same finding again, as a handheld sends it that was offline, changes nothing. An
        inspector reports for a badge of their own (claim badges of the token,
        DEPARTMENT/BADGE), a service for a department of its own (claim departments).
        """
        found: draw_pb2.Inspection = self._calls.unary(
            self._stub.ReportFinding,
            calls.request(
                credit_supervision_service_pb2.ReportFindingRequest,
                dict(name=name, finding=finding),
            ),
            timeout_s,
        )
        return found

    def create_handheld(
        self,
        *,
        handheld: handheld_pb2.Handheld,
        handheld_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> handheld_pb2.Handheld:
        """Enters the handheld of an inspector: its visits and form go to it, and the forms that its inspector signs are taken.

        The caller works for the inspector's department (token claim "departments").
        """
        found: handheld_pb2.Handheld = self._calls.unary(
            self._stub.CreateHandheld,
            calls.request(
                supervision_requests_pb2.CreateHandheldRequest,
                dict(handheld=handheld, handheld_id=handheld_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def list_handhelds(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[handheld_pb2.Handheld]:
        """Lists handhelds in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListHandhelds,
            calls.request(supervision_requests_pb2.ListHandheldsRequest, dict(page_size=page_size)),
            "handhelds",
            timeout_s,
        )

    def retire_handheld(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> handheld_pb2.Handheld:
        """Retires a handheld that was lost or given back; its sheet is emptied, and what it sends from now on is refused."""
        found: handheld_pb2.Handheld = self._calls.unary(
            self._stub.RetireHandheld,
            calls.request(supervision_requests_pb2.RetireHandheldRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_taken_forms(
        self,
        *,
        parent: str,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[handheld_pb2.TakenForm]:
        """Lists the forms of a visit as their inspectors signed them.

        Who looked, and why, is in the audit log. Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListTakenForms,
            calls.request(
                supervision_requests_pb2.ListTakenFormsRequest,
                dict(parent=parent, purpose=purpose, page_size=page_size),
            ),
            "taken_forms",
            timeout_s,
        )

    def create_monitoring_point(
        self,
        *,
        monitoring_point: monitoring_pb2.MonitoringPoint,
        monitoring_point_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> monitoring_pb2.MonitoringPoint:
        """Enters whose readings, or which hospital, are leads about an entity."""
        found: monitoring_pb2.MonitoringPoint = self._calls.unary(
            self._stub.CreateMonitoringPoint,
            calls.request(
                supervision_requests_pb2.CreateMonitoringPointRequest,
                dict(
                    monitoring_point=monitoring_point,
                    monitoring_point_id=monitoring_point_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    def list_monitoring_points(
        self,
        *,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[monitoring_pb2.MonitoringPoint]:
        """Lists monitoring points in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListMonitoringPoints,
            calls.request(
                supervision_requests_pb2.ListMonitoringPointsRequest,
                dict(purpose=purpose, page_size=page_size),
            ),
            "monitoring_points",
            timeout_s,
        )

    def retire_monitoring_point(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> monitoring_pb2.MonitoringPoint:
        """Retires a monitoring point: nothing of it is a lead any more."""
        found: monitoring_pb2.MonitoringPoint = self._calls.unary(
            self._stub.RetireMonitoringPoint,
            calls.request(supervision_requests_pb2.RetireMonitoringPointRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def create_clue(
        self,
        *,
        clue: clue_pb2.Clue,
        clue_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> clue_pb2.Clue:
        """Takes a clue.

        One that says what an open clue says already is joined to it.
        """
        found: clue_pb2.Clue = self._calls.unary(
            self._stub.CreateClue,
            calls.request(
                credit_supervision_service_pb2.CreateClueRequest,
                dict(clue=clue, clue_id=clue_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def get_clue(
        self,
        *,
        name: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> clue_pb2.Clue:
        """Returns a clue."""
        found: clue_pb2.Clue = self._calls.unary(
            self._stub.GetClue,
            calls.request(
                credit_supervision_service_pb2.GetClueRequest, dict(name=name, purpose=purpose)
            ),
            timeout_s,
        )
        return found

    def list_clues(
        self,
        *,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        state: int | str | None = None,
        place_code: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[clue_pb2.Clue]:
        """Lists clues, those due first first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListClues,
            calls.request(
                credit_supervision_service_pb2.ListCluesRequest,
                dict(purpose=purpose, page_size=page_size, state=state, place_code=place_code),
            ),
            "clues",
            timeout_s,
        )

    def advance_clue(
        self,
        *,
        name: str,
        state: int | str | None = None,
        reason: str | None = None,
        outcome: int | str | None = None,
        timeout_s: float | None = None,
    ) -> clue_pb2.Clue:
        """Takes a clue to its next state.

        Only a person may.
        """
        found: clue_pb2.Clue = self._calls.unary(
            self._stub.AdvanceClue,
            calls.request(
                credit_supervision_service_pb2.AdvanceClueRequest,
                dict(name=name, state=state, reason=reason, outcome=outcome),
            ),
            timeout_s,
        )
        return found

    def recognize_clue(
        self,
        *,
        name: str,
        department: str | None = None,
        timeout_s: float | None = None,
    ) -> clue_pb2.Clue:
        """Takes a clue's result as one's own (结果互认)."""
        found: clue_pb2.Clue = self._calls.unary(
            self._stub.RecognizeClue,
            calls.request(
                credit_supervision_service_pb2.RecognizeClueRequest,
                dict(name=name, department=department),
            ),
            timeout_s,
        )
        return found

    def create_record(
        self,
        *,
        record: record_pb2.Record,
        record_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.Record:
        """Takes a record of a department, decides what may be done with it today, and hands it to whoever is to have it."""
        found: record_pb2.Record = self._calls.unary(
            self._stub.CreateRecord,
            calls.request(
                record_requests_pb2.CreateRecordRequest,
                dict(record=record, record_id=record_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def get_record(
        self,
        *,
        name: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> record_pb2.Record:
        """Returns a record; who looked, and why, is in the audit log."""
        found: record_pb2.Record = self._calls.unary(
            self._stub.GetRecord,
            calls.request(record_requests_pb2.GetRecordRequest, dict(name=name, purpose=purpose)),
            timeout_s,
        )
        return found

    def list_records(
        self,
        *,
        parent: str,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[record_pb2.Record]:
        """Lists the records of an entity that may be used, those frozen included.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListRecords,
            calls.request(
                record_requests_pb2.ListRecordsRequest,
                dict(parent=parent, purpose=purpose, page_size=page_size),
            ),
            "records",
            timeout_s,
        )

    def correct_record(
        self,
        *,
        name: str,
        record: record_pb2.Record,
        reason: str | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.Record:
        """Corrects a record; every receiver is given it anew, and acknowledges."""
        found: record_pb2.Record = self._calls.unary(
            self._stub.CorrectRecord,
            calls.request(
                record_requests_pb2.CorrectRecordRequest,
                dict(name=name, record=record, reason=reason),
            ),
            timeout_s,
        )
        return found

    def revoke_record(
        self,
        *,
        name: str,
        reason: str | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.Record:
        """Revokes a record; every receiver lets go of it, and acknowledges."""
        found: record_pb2.Record = self._calls.unary(
            self._stub.RevokeRecord,
            calls.request(record_requests_pb2.RevokeRecordRequest, dict(name=name, reason=reason)),
            timeout_s,
        )
        return found

    def list_record_decisions(
        self,
        *,
        parent: str,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[record_pb2.RecordDecision]:
        """Lists what was decided about a record, from the first on; of ended ones too.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListRecordDecisions,
            calls.request(
                record_requests_pb2.ListRecordDecisionsRequest,
                dict(parent=parent, purpose=purpose, page_size=page_size),
            ),
            "record_decisions",
            timeout_s,
        )

    def replay_record_decision(
        self,
        *,
        name: str,
        purpose: purpose_pb2.Purpose,
        record: record_pb2.Record | None = None,
        timeout_s: float | None = None,
    ) -> record_requests_pb2.ReplayRecordDecisionResponse:
        """Makes a decision again, under the rules of its day."""
        found: record_requests_pb2.ReplayRecordDecisionResponse = self._calls.unary(
            self._stub.ReplayRecordDecision,
            calls.request(
                record_requests_pb2.ReplayRecordDecisionRequest,
                dict(name=name, purpose=purpose, record=record),
            ),
            timeout_s,
        )
        return found

    def create_objection(
        self,
        *,
        objection: record_pb2.Objection,
        objection_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.Objection:
        """Raises an objection: from now on nobody may use the record."""
        found: record_pb2.Objection = self._calls.unary(
            self._stub.CreateObjection,
            calls.request(
                record_requests_pb2.CreateObjectionRequest,
                dict(objection=objection, objection_id=objection_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def get_objection(
        self,
        *,
        name: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> record_pb2.Objection:
        """Returns an objection."""
        found: record_pb2.Objection = self._calls.unary(
            self._stub.GetObjection,
            calls.request(
                record_requests_pb2.GetObjectionRequest, dict(name=name, purpose=purpose)
            ),
            timeout_s,
        )
        return found

    def list_objections(
        self,
        *,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        state: int | str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[record_pb2.Objection]:
        """Lists objections, those due first first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListObjections,
            calls.request(
                record_requests_pb2.ListObjectionsRequest,
                dict(purpose=purpose, page_size=page_size, state=state),
            ),
            "objections",
            timeout_s,
        )

    def decide_objection(
        self,
        *,
        name: str,
        state: int | str | None = None,
        reason: str | None = None,
        correction: record_pb2.Record | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.Objection:
        """Decides an objection, as another person than who entered the record."""
        found: record_pb2.Objection = self._calls.unary(
            self._stub.DecideObjection,
            calls.request(
                record_requests_pb2.DecideObjectionRequest,
                dict(name=name, state=state, reason=reason, correction=correction),
            ),
            timeout_s,
        )
        return found

    def withdraw_objection(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> record_pb2.Objection:
        """Takes an objection back."""
        found: record_pb2.Objection = self._calls.unary(
            self._stub.WithdrawObjection,
            calls.request(record_requests_pb2.WithdrawObjectionRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def create_repair(
        self,
        *,
        repair: record_pb2.Repair,
        repair_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.Repair:
        """Applies for the repair of a record."""
        found: record_pb2.Repair = self._calls.unary(
            self._stub.CreateRepair,
            calls.request(
                record_requests_pb2.CreateRepairRequest,
                dict(repair=repair, repair_id=repair_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def get_repair(
        self,
        *,
        name: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> record_pb2.Repair:
        """Returns an application with its receipts."""
        found: record_pb2.Repair = self._calls.unary(
            self._stub.GetRepair,
            calls.request(record_requests_pb2.GetRepairRequest, dict(name=name, purpose=purpose)),
            timeout_s,
        )
        return found

    def list_repairs(
        self,
        *,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        state: int | str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[record_pb2.Repair]:
        """Lists applications, those due first first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListRepairs,
            calls.request(
                record_requests_pb2.ListRepairsRequest,
                dict(purpose=purpose, page_size=page_size, state=state),
            ),
            "repairs",
            timeout_s,
        )

    def decide_repair(
        self,
        *,
        name: str,
        state: int | str | None = None,
        reason: str | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.Repair:
        """Grants or rejects; once granted, the record ends and everybody lets go."""
        found: record_pb2.Repair = self._calls.unary(
            self._stub.DecideRepair,
            calls.request(
                record_requests_pb2.DecideRepairRequest, dict(name=name, state=state, reason=reason)
            ),
            timeout_s,
        )
        return found

    def withdraw_repair(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> record_pb2.Repair:
        """Takes an application back."""
        found: record_pb2.Repair = self._calls.unary(
            self._stub.WithdrawRepair,
            calls.request(record_requests_pb2.WithdrawRepairRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def create_ruling(
        self,
        *,
        ruling: record_pb2.Ruling,
        ruling_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.Ruling:
        """Enters a court's ruling, and does to the records what it says."""
        found: record_pb2.Ruling = self._calls.unary(
            self._stub.CreateRuling,
            calls.request(
                record_requests_pb2.CreateRulingRequest,
                dict(ruling=ruling, ruling_id=ruling_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def get_ruling(
        self,
        *,
        name: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> record_pb2.Ruling:
        """Returns a ruling."""
        found: record_pb2.Ruling = self._calls.unary(
            self._stub.GetRuling,
            calls.request(record_requests_pb2.GetRulingRequest, dict(name=name, purpose=purpose)),
            timeout_s,
        )
        return found

    def create_adverse_use(
        self,
        *,
        adverse_use: record_pb2.AdverseUse,
        adverse_use_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.AdverseUse:
        """Notes that an entity was given notice that a record will be used against it."""
        found: record_pb2.AdverseUse = self._calls.unary(
            self._stub.CreateAdverseUse,
            calls.request(
                record_requests_pb2.CreateAdverseUseRequest,
                dict(adverse_use=adverse_use, adverse_use_id=adverse_use_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def get_adverse_use(
        self,
        *,
        name: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> record_pb2.AdverseUse:
        """Returns an intended adverse use."""
        found: record_pb2.AdverseUse = self._calls.unary(
            self._stub.GetAdverseUse,
            calls.request(
                record_requests_pb2.GetAdverseUseRequest, dict(name=name, purpose=purpose)
            ),
            timeout_s,
        )
        return found

    def list_adverse_uses(
        self,
        *,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        state: int | str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[record_pb2.AdverseUse]:
        """Lists intended adverse uses in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListAdverseUses,
            calls.request(
                record_requests_pb2.ListAdverseUsesRequest,
                dict(purpose=purpose, page_size=page_size, state=state),
            ),
            "adverse_uses",
            timeout_s,
        )

    def decide_adverse_use(
        self,
        *,
        name: str,
        state: int | str | None = None,
        reason: str | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.AdverseUse:
        """Decides about an adverse use, as another person, after the time for an answer."""
        found: record_pb2.AdverseUse = self._calls.unary(
            self._stub.DecideAdverseUse,
            calls.request(
                record_requests_pb2.DecideAdverseUseRequest,
                dict(name=name, state=state, reason=reason),
            ),
            timeout_s,
        )
        return found

    def create_receiver(
        self,
        *,
        receiver: record_pb2.Receiver,
        receiver_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.Receiver:
        """Enters a receiver; it gets the records that are there, then every change."""
        found: record_pb2.Receiver = self._calls.unary(
            self._stub.CreateReceiver,
            calls.request(
                record_requests_pb2.CreateReceiverRequest,
                dict(receiver=receiver, receiver_id=receiver_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def list_receivers(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[record_pb2.Receiver]:
        """Lists receivers in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListReceivers,
            calls.request(record_requests_pb2.ListReceiversRequest, dict(page_size=page_size)),
            "receivers",
            timeout_s,
        )

    def list_deliveries(
        self,
        *,
        parent: str,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        include_acknowledged: bool | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[record_pb2.Delivery]:
        """Lists what a receiver is to do, in order.

        A service sees its own alone. Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListDeliveries,
            calls.request(
                record_requests_pb2.ListDeliveriesRequest,
                dict(
                    parent=parent,
                    purpose=purpose,
                    page_size=page_size,
                    include_acknowledged=include_acknowledged,
                ),
            ),
            "deliveries",
            timeout_s,
        )

    def acknowledge_delivery(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> record_pb2.Delivery:
        """Notes that the caller has done what a delivery says, and what came before it."""
        found: record_pb2.Delivery = self._calls.unary(
            self._stub.AcknowledgeDelivery,
            calls.request(record_requests_pb2.AcknowledgeDeliveryRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def create_succession(
        self,
        *,
        succession: entity_pb2.Succession,
        succession_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> entity_pb2.Succession:
        """Notes a merger or a split; the register follows it."""
        found: entity_pb2.Succession = self._calls.unary(
            self._stub.CreateSuccession,
            calls.request(
                supervision_requests_pb2.CreateSuccessionRequest,
                dict(succession=succession, succession_id=succession_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def list_successions(
        self,
        *,
        parent: str,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[entity_pb2.Succession]:
        """Lists the history of an entity: who came before it and after it.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListSuccessions,
            calls.request(
                supervision_requests_pb2.ListSuccessionsRequest,
                dict(parent=parent, purpose=purpose, page_size=page_size),
            ),
            "successions",
            timeout_s,
        )

    def import_grades(
        self,
        *,
        scheme: str | None = None,
        source_sha256: str | None = None,
        rows: Iterable[signal_pb2.GradeRow] | None = None,
        timeout_s: float | None = None,
    ) -> supervision_requests_pb2.ImportGradesResponse:
        """Receives grades that the nation or a sector gave."""
        found: supervision_requests_pb2.ImportGradesResponse = self._calls.unary(
            self._stub.ImportGrades,
            calls.request(
                supervision_requests_pb2.ImportGradesRequest,
                dict(scheme=scheme, source_sha256=source_sha256, rows=rows),
            ),
            timeout_s,
        )
        return found

    def list_grades(
        self,
        *,
        parent: str,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[signal_pb2.Grade]:
        """Lists the grades of an entity that hold today.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListGrades,
            calls.request(
                supervision_requests_pb2.ListGradesRequest,
                dict(parent=parent, purpose=purpose, page_size=page_size),
            ),
            "grades",
            timeout_s,
        )

    def list_scorecards(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[signal_pb2.Scorecard]:
        """Lists the tables of points in force.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListScorecards,
            calls.request(
                supervision_requests_pb2.ListScorecardsRequest, dict(page_size=page_size)
            ),
            "scorecards",
            timeout_s,
        )

    def get_scorecard(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> signal_pb2.Scorecard:
        """Returns the table of points in force."""
        found: signal_pb2.Scorecard = self._calls.unary(
            self._stub.GetScorecard,
            calls.request(supervision_requests_pb2.GetScorecardRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def get_signal(
        self,
        *,
        name: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> signal_pb2.Signal:
        """Computes an entity's risk signal from what may be used of it today, with what it was counted from.

        Who looked, and why, is in the audit log.
        """
        found: signal_pb2.Signal = self._calls.unary(
            self._stub.GetSignal,
            calls.request(
                supervision_requests_pb2.GetSignalRequest, dict(name=name, purpose=purpose)
            ),
            timeout_s,
        )
        return found

    def evaluate_signals(
        self,
        *,
        scorecard: str,
        rows: Iterable[signal_pb2.SignalRow] | None = None,
        timeout_s: float | None = None,
    ) -> supervision_requests_pb2.EvaluateSignalsResponse:
        """Scores rows of values by a table."""
        found: supervision_requests_pb2.EvaluateSignalsResponse = self._calls.unary(
            self._stub.EvaluateSignals,
            calls.request(
                supervision_requests_pb2.EvaluateSignalsRequest,
                dict(scorecard=scorecard, rows=rows),
            ),
            timeout_s,
        )
        return found

    def evaluate_stability(
        self,
        *,
        scorecard: str,
        month: str | None = None,
        timeout_s: float | None = None,
    ) -> supervision_requests_pb2.EvaluateStabilityResponse:
        """Compares what was scored in a month with what the table was fitted on."""
        found: supervision_requests_pb2.EvaluateStabilityResponse = self._calls.unary(
            self._stub.EvaluateStability,
            calls.request(
                supervision_requests_pb2.EvaluateStabilityRequest,
                dict(scorecard=scorecard, month=month),
            ),
            timeout_s,
        )
        return found

    def count_records(
        self,
        *,
        timeout_s: float | None = None,
    ) -> supervision_requests_pb2.CountRecordsResponse:
        """Counts entities with records by place and kind; no number, and no difference of two answers, tells of fewer than five."""
        found: supervision_requests_pb2.CountRecordsResponse = self._calls.unary(
            self._stub.CountRecords,
            calls.request(supervision_requests_pb2.CountRecordsRequest, {}),
            timeout_s,
        )
        return found

    def create_emergency(
        self,
        *,
        emergency: emergency_pb2.Emergency,
        emergency_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> emergency_pb2.Emergency:
        """Declares an emergency; its measures hold at once."""
        found: emergency_pb2.Emergency = self._calls.unary(
            self._stub.CreateEmergency,
            calls.request(
                supervision_requests_pb2.CreateEmergencyRequest,
                dict(emergency=emergency, emergency_id=emergency_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def end_emergency(
        self,
        *,
        name: str,
        state: int | str | None = None,
        timeout_s: float | None = None,
    ) -> emergency_pb2.Emergency:
        """Ends an emergency; what it changed is changed back."""
        found: emergency_pb2.Emergency = self._calls.unary(
            self._stub.EndEmergency,
            calls.request(
                supervision_requests_pb2.EndEmergencyRequest, dict(name=name, state=state)
            ),
            timeout_s,
        )
        return found

    def list_emergencies(
        self,
        *,
        page_size: int | None = None,
        state: int | str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[emergency_pb2.Emergency]:
        """Lists emergencies, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListEmergencies,
            calls.request(
                supervision_requests_pb2.ListEmergenciesRequest,
                dict(page_size=page_size, state=state),
            ),
            "emergencies",
            timeout_s,
        )

    def create_recognition(
        self,
        *,
        recognition: recognition_pb2.Recognition,
        recognition_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> recognition_pb2.Recognition:
        """Decides whether another department's result stands in for one's own."""
        found: recognition_pb2.Recognition = self._calls.unary(
            self._stub.CreateRecognition,
            calls.request(
                supervision_requests_pb2.CreateRecognitionRequest,
                dict(recognition=recognition, recognition_id=recognition_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def get_recognition(
        self,
        *,
        name: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> recognition_pb2.Recognition:
        """Returns a decision about recognition."""
        found: recognition_pb2.Recognition = self._calls.unary(
            self._stub.GetRecognition,
            calls.request(
                supervision_requests_pb2.GetRecognitionRequest, dict(name=name, purpose=purpose)
            ),
            timeout_s,
        )
        return found

    def list_recognitions(
        self,
        *,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        entity: str | None = None,
        receiving_place_code: str | None = None,
        outcome: int | str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[recognition_pb2.Recognition]:
        """Lists decisions about recognition, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListRecognitions,
            calls.request(
                supervision_requests_pb2.ListRecognitionsRequest,
                dict(
                    purpose=purpose,
                    page_size=page_size,
                    entity=entity,
                    receiving_place_code=receiving_place_code,
                    outcome=outcome,
                ),
            ),
            "recognitions",
            timeout_s,
        )

    def watch_clues(
        self,
        *,
        purpose: purpose_pb2.Purpose,
        place_code: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[supervision_requests_pb2.WatchCluesResponse]:
        """Streams the clues that are open, then every change of one.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchClues,
            calls.request(
                supervision_requests_pb2.WatchCluesRequest,
                dict(purpose=purpose, place_code=place_code),
            ),
            timeout_s,
        )

    def watch_inspections(
        self,
        *,
        parent: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> Iterator[supervision_requests_pb2.WatchInspectionsResponse]:
        """Streams the visits of a draw, then every change of one.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchInspections,
            calls.request(
                supervision_requests_pb2.WatchInspectionsRequest,
                dict(parent=parent, purpose=purpose),
            ),
            timeout_s,
        )

    def verify_audit(
        self,
        *,
        published_number: int | None = None,
        published_sha256: str | None = None,
        timeout_s: float | None = None,
    ) -> credit_supervision_service_pb2.VerifyAuditResponse:
        """Checks the audit log from its first entry to its last."""
        found: credit_supervision_service_pb2.VerifyAuditResponse = self._calls.unary(
            self._stub.VerifyAudit,
            calls.request(
                credit_supervision_service_pb2.VerifyAuditRequest,
                dict(published_number=published_number, published_sha256=published_sha256),
            ),
            timeout_s,
        )
        return found


class AsyncCreditSupervision:
    """tianfu.credit_supervision.v1.CreditSupervisionService, awaited."""

    def __init__(self, channel: calls.AsyncChannel) -> None:
        self._stub: Any = credit_supervision_service_pb2_grpc.CreditSupervisionServiceStub(
            channel.grpc
        )
        self._calls = channel

    async def import_entities(
        self,
        *,
        rows: Iterable[entity_pb2.EntityRow] | None = None,
        timeout_s: float | None = None,
    ) -> credit_supervision_service_pb2.ImportEntitiesResponse:
        """Takes rows of a register.

        Good ones are stored, each bad one is reported; none is lost. Repeating it changes
        nothing.
        """
        found: credit_supervision_service_pb2.ImportEntitiesResponse = await self._calls.unary(
            self._stub.ImportEntities,
            calls.request(credit_supervision_service_pb2.ImportEntitiesRequest, dict(rows=rows)),
            timeout_s,
        )
        return found

    async def get_entity(
        self,
        *,
        name: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> entity_pb2.Entity:
        """Returns an entity.

        Who looked, and why, is in the audit log.
        """
        found: entity_pb2.Entity = await self._calls.unary(
            self._stub.GetEntity,
            calls.request(
                credit_supervision_service_pb2.GetEntityRequest, dict(name=name, purpose=purpose)
            ),
            timeout_s,
        )
        return found

    def list_entities(
        self,
        *,
        place_code: str,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        risk_class: int | str | None = None,
        title_part: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[entity_pb2.Entity]:
        """Lists the entities of a place, of a class or by part of their names, those that others took over included.

        Who looked, and why, is in the audit log. A person's business (个体工商户) is found by no
        part of its name, which is personal data. Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListEntities,
            calls.request(
                credit_supervision_service_pb2.ListEntitiesRequest,
                dict(
                    place_code=place_code,
                    purpose=purpose,
                    page_size=page_size,
                    risk_class=risk_class,
                    title_part=title_part,
                ),
            ),
            "entities",
            timeout_s,
        )

    async def lookup_entity(
        self,
        *,
        former_code: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> entity_pb2.Entity:
        """Returns the entity that a code of before the unified ones is of: an organisation code, which stands in its own, or a business registration number that its row came with.

        Who looked, and why, is in the audit log.
        """
        found: entity_pb2.Entity = await self._calls.unary(
            self._stub.LookupEntity,
            calls.request(
                credit_supervision_service_pb2.LookupEntityRequest,
                dict(former_code=former_code, purpose=purpose),
            ),
            timeout_s,
        )
        return found

    async def count_entities(
        self,
        *,
        timeout_s: float | None = None,
    ) -> credit_supervision_service_pb2.CountEntitiesResponse:
        """Counts entities by place and class; no number tells of fewer than five."""
        found: credit_supervision_service_pb2.CountEntitiesResponse = await self._calls.unary(
            self._stub.CountEntities,
            calls.request(credit_supervision_service_pb2.CountEntitiesRequest, {}),
            timeout_s,
        )
        return found

    async def create_draw(
        self,
        *,
        draw: draw_pb2.Draw,
        draw_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> draw_pb2.Draw:
        """Declares a draw: writes down all that it depends on, and publishes the hash.

        Repeating the call with the same id gives the first answer. While a draw is open,
        none is declared of the same entities for one of its departments: it is published,
        or made void for a reason.
        """
        found: draw_pb2.Draw = await self._calls.unary(
            self._stub.CreateDraw,
            calls.request(
                credit_supervision_service_pb2.CreateDrawRequest,
                dict(draw=draw, draw_id=draw_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    async def get_draw(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> draw_pb2.Draw:
        """Returns a draw."""
        found: draw_pb2.Draw = await self._calls.unary(
            self._stub.GetDraw,
            calls.request(credit_supervision_service_pb2.GetDrawRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_draws(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[draw_pb2.Draw]:
        """Lists draws in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListDraws,
            calls.request(
                credit_supervision_service_pb2.ListDrawsRequest, dict(page_size=page_size)
            ),
            "draws",
            timeout_s,
        )

    async def reveal_nonce(
        self,
        *,
        name: str,
        department: str | None = None,
        nonce: bytes | None = None,
        timeout_s: float | None = None,
    ) -> draw_pb2.Draw:
        """Reveals the bytes that a department had committed to.

        The caller works for it (claim departments of the token), and has revealed for no
        other.
        """
        found: draw_pb2.Draw = await self._calls.unary(
            self._stub.RevealNonce,
            calls.request(
                credit_supervision_service_pb2.RevealNonceRequest,
                dict(name=name, department=department, nonce=nonce),
            ),
            timeout_s,
        )
        return found

    async def publish_draw(
        self,
        *,
        name: str,
        beacon_signature: bytes | None = None,
        timeout_s: float | None = None,
    ) -> draw_pb2.Draw:
        """Draws, and publishes the proof: with the beacon's signature, or once all departments have revealed.

        Repeating it gives the same draw.
        """
        found: draw_pb2.Draw = await self._calls.unary(
            self._stub.PublishDraw,
            calls.request(
                credit_supervision_service_pb2.PublishDrawRequest,
                dict(name=name, beacon_signature=beacon_signature),
            ),
            timeout_s,
        )
        return found

    async def void_draw(
        self,
        *,
        name: str,
        reason: str | None = None,
        timeout_s: float | None = None,
    ) -> draw_pb2.Draw:
        """Ends a draw whose departments have not all revealed; who has not is named.

        A draw by a beacon is ended with a reason, which stays in the record; once its round
        is made, by another person than who declared it.
        """
        found: draw_pb2.Draw = await self._calls.unary(
            self._stub.VoidDraw,
            calls.request(
                credit_supervision_service_pb2.VoidDrawRequest, dict(name=name, reason=reason)
            ),
            timeout_s,
        )
        return found

    def get_draw_proof(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> AsyncIterator[credit_supervision_service_pb2.GetDrawProofResponse]:
        """Returns the proof of a draw: JSON that `tianfu credit verify` and anybody else checks.

        It names the risk class of every entity, which is not published: whoever may read it
        hands it to those whom it concerns.
        """
        return self._calls.stream(
            self._stub.GetDrawProof,
            calls.request(credit_supervision_service_pb2.GetDrawProofRequest, dict(name=name)),
            timeout_s,
        )

    def list_inspections(
        self,
        *,
        parent: str,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        state: int | str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[draw_pb2.Inspection]:
        """Lists the visits of a draw in order of code.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListInspections,
            calls.request(
                credit_supervision_service_pb2.ListInspectionsRequest,
                dict(parent=parent, purpose=purpose, page_size=page_size, state=state),
            ),
            "inspections",
            timeout_s,
        )

    async def report_finding(
        self,
        *,
        name: str,
        finding: draw_pb2.Finding,
        timeout_s: float | None = None,
    ) -> draw_pb2.Inspection:
        """Notes what a department found on a visit.

        The same finding again, as a handheld sends it that was offline, changes nothing. An
        inspector reports for a badge of their own (claim badges of the token,
        DEPARTMENT/BADGE), a service for a department of its own (claim departments).
        """
        found: draw_pb2.Inspection = await self._calls.unary(
            self._stub.ReportFinding,
            calls.request(
                credit_supervision_service_pb2.ReportFindingRequest,
                dict(name=name, finding=finding),
            ),
            timeout_s,
        )
        return found

    async def create_handheld(
        self,
        *,
        handheld: handheld_pb2.Handheld,
        handheld_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> handheld_pb2.Handheld:
        """Enters the handheld of an inspector: its visits and form go to it, and the forms that its inspector signs are taken.

        The caller works for the inspector's department (token claim "departments").
        """
        found: handheld_pb2.Handheld = await self._calls.unary(
            self._stub.CreateHandheld,
            calls.request(
                supervision_requests_pb2.CreateHandheldRequest,
                dict(handheld=handheld, handheld_id=handheld_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def list_handhelds(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[handheld_pb2.Handheld]:
        """Lists handhelds in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListHandhelds,
            calls.request(supervision_requests_pb2.ListHandheldsRequest, dict(page_size=page_size)),
            "handhelds",
            timeout_s,
        )

    async def retire_handheld(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> handheld_pb2.Handheld:
        """Retires a handheld that was lost or given back; its sheet is emptied, and what it sends from now on is refused."""
        found: handheld_pb2.Handheld = await self._calls.unary(
            self._stub.RetireHandheld,
            calls.request(supervision_requests_pb2.RetireHandheldRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_taken_forms(
        self,
        *,
        parent: str,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[handheld_pb2.TakenForm]:
        """Lists the forms of a visit as their inspectors signed them.

        Who looked, and why, is in the audit log. Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListTakenForms,
            calls.request(
                supervision_requests_pb2.ListTakenFormsRequest,
                dict(parent=parent, purpose=purpose, page_size=page_size),
            ),
            "taken_forms",
            timeout_s,
        )

    async def create_monitoring_point(
        self,
        *,
        monitoring_point: monitoring_pb2.MonitoringPoint,
        monitoring_point_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> monitoring_pb2.MonitoringPoint:
        """Enters whose readings, or which hospital, are leads about an entity."""
        found: monitoring_pb2.MonitoringPoint = await self._calls.unary(
            self._stub.CreateMonitoringPoint,
            calls.request(
                supervision_requests_pb2.CreateMonitoringPointRequest,
                dict(
                    monitoring_point=monitoring_point,
                    monitoring_point_id=monitoring_point_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    def list_monitoring_points(
        self,
        *,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[monitoring_pb2.MonitoringPoint]:
        """Lists monitoring points in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListMonitoringPoints,
            calls.request(
                supervision_requests_pb2.ListMonitoringPointsRequest,
                dict(purpose=purpose, page_size=page_size),
            ),
            "monitoring_points",
            timeout_s,
        )

    async def retire_monitoring_point(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> monitoring_pb2.MonitoringPoint:
        """Retires a monitoring point: nothing of it is a lead any more."""
        found: monitoring_pb2.MonitoringPoint = await self._calls.unary(
            self._stub.RetireMonitoringPoint,
            calls.request(supervision_requests_pb2.RetireMonitoringPointRequest, dict(name=name)),
            timeout_s,
        )
        return found

    async def create_clue(
        self,
        *,
        clue: clue_pb2.Clue,
        clue_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> clue_pb2.Clue:
        """Takes a clue.

        One that says what an open clue says already is joined to it.
        """
        found: clue_pb2.Clue = await self._calls.unary(
            self._stub.CreateClue,
            calls.request(
                credit_supervision_service_pb2.CreateClueRequest,
                dict(clue=clue, clue_id=clue_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    async def get_clue(
        self,
        *,
        name: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> clue_pb2.Clue:
        """Returns a clue."""
        found: clue_pb2.Clue = await self._calls.unary(
            self._stub.GetClue,
            calls.request(
                credit_supervision_service_pb2.GetClueRequest, dict(name=name, purpose=purpose)
            ),
            timeout_s,
        )
        return found

    def list_clues(
        self,
        *,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        state: int | str | None = None,
        place_code: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[clue_pb2.Clue]:
        """Lists clues, those due first first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListClues,
            calls.request(
                credit_supervision_service_pb2.ListCluesRequest,
                dict(purpose=purpose, page_size=page_size, state=state, place_code=place_code),
            ),
            "clues",
            timeout_s,
        )

    async def advance_clue(
        self,
        *,
        name: str,
        state: int | str | None = None,
        reason: str | None = None,
        outcome: int | str | None = None,
        timeout_s: float | None = None,
    ) -> clue_pb2.Clue:
        """Takes a clue to its next state.

        Only a person may.
        """
        found: clue_pb2.Clue = await self._calls.unary(
            self._stub.AdvanceClue,
            calls.request(
                credit_supervision_service_pb2.AdvanceClueRequest,
                dict(name=name, state=state, reason=reason, outcome=outcome),
            ),
            timeout_s,
        )
        return found

    async def recognize_clue(
        self,
        *,
        name: str,
        department: str | None = None,
        timeout_s: float | None = None,
    ) -> clue_pb2.Clue:
        """Takes a clue's result as one's own (结果互认)."""
        found: clue_pb2.Clue = await self._calls.unary(
            self._stub.RecognizeClue,
            calls.request(
                credit_supervision_service_pb2.RecognizeClueRequest,
                dict(name=name, department=department),
            ),
            timeout_s,
        )
        return found

    async def create_record(
        self,
        *,
        record: record_pb2.Record,
        record_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.Record:
        """Takes a record of a department, decides what may be done with it today, and hands it to whoever is to have it."""
        found: record_pb2.Record = await self._calls.unary(
            self._stub.CreateRecord,
            calls.request(
                record_requests_pb2.CreateRecordRequest,
                dict(record=record, record_id=record_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    async def get_record(
        self,
        *,
        name: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> record_pb2.Record:
        """Returns a record; who looked, and why, is in the audit log."""
        found: record_pb2.Record = await self._calls.unary(
            self._stub.GetRecord,
            calls.request(record_requests_pb2.GetRecordRequest, dict(name=name, purpose=purpose)),
            timeout_s,
        )
        return found

    def list_records(
        self,
        *,
        parent: str,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[record_pb2.Record]:
        """Lists the records of an entity that may be used, those frozen included.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListRecords,
            calls.request(
                record_requests_pb2.ListRecordsRequest,
                dict(parent=parent, purpose=purpose, page_size=page_size),
            ),
            "records",
            timeout_s,
        )

    async def correct_record(
        self,
        *,
        name: str,
        record: record_pb2.Record,
        reason: str | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.Record:
        """Corrects a record; every receiver is given it anew, and acknowledges."""
        found: record_pb2.Record = await self._calls.unary(
            self._stub.CorrectRecord,
            calls.request(
                record_requests_pb2.CorrectRecordRequest,
                dict(name=name, record=record, reason=reason),
            ),
            timeout_s,
        )
        return found

    async def revoke_record(
        self,
        *,
        name: str,
        reason: str | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.Record:
        """Revokes a record; every receiver lets go of it, and acknowledges."""
        found: record_pb2.Record = await self._calls.unary(
            self._stub.RevokeRecord,
            calls.request(record_requests_pb2.RevokeRecordRequest, dict(name=name, reason=reason)),
            timeout_s,
        )
        return found

    def list_record_decisions(
        self,
        *,
        parent: str,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[record_pb2.RecordDecision]:
        """Lists what was decided about a record, from the first on; of ended ones too.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListRecordDecisions,
            calls.request(
                record_requests_pb2.ListRecordDecisionsRequest,
                dict(parent=parent, purpose=purpose, page_size=page_size),
            ),
            "record_decisions",
            timeout_s,
        )

    async def replay_record_decision(
        self,
        *,
        name: str,
        purpose: purpose_pb2.Purpose,
        record: record_pb2.Record | None = None,
        timeout_s: float | None = None,
    ) -> record_requests_pb2.ReplayRecordDecisionResponse:
        """Makes a decision again, under the rules of its day."""
        found: record_requests_pb2.ReplayRecordDecisionResponse = await self._calls.unary(
            self._stub.ReplayRecordDecision,
            calls.request(
                record_requests_pb2.ReplayRecordDecisionRequest,
                dict(name=name, purpose=purpose, record=record),
            ),
            timeout_s,
        )
        return found

    async def create_objection(
        self,
        *,
        objection: record_pb2.Objection,
        objection_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.Objection:
        """Raises an objection: from now on nobody may use the record."""
        found: record_pb2.Objection = await self._calls.unary(
            self._stub.CreateObjection,
            calls.request(
                record_requests_pb2.CreateObjectionRequest,
                dict(objection=objection, objection_id=objection_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    async def get_objection(
        self,
        *,
        name: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> record_pb2.Objection:
        """Returns an objection."""
        found: record_pb2.Objection = await self._calls.unary(
            self._stub.GetObjection,
            calls.request(
                record_requests_pb2.GetObjectionRequest, dict(name=name, purpose=purpose)
            ),
            timeout_s,
        )
        return found

    def list_objections(
        self,
        *,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        state: int | str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[record_pb2.Objection]:
        """Lists objections, those due first first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListObjections,
            calls.request(
                record_requests_pb2.ListObjectionsRequest,
                dict(purpose=purpose, page_size=page_size, state=state),
            ),
            "objections",
            timeout_s,
        )

    async def decide_objection(
        self,
        *,
        name: str,
        state: int | str | None = None,
        reason: str | None = None,
        correction: record_pb2.Record | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.Objection:
        """Decides an objection, as another person than who entered the record."""
        found: record_pb2.Objection = await self._calls.unary(
            self._stub.DecideObjection,
            calls.request(
                record_requests_pb2.DecideObjectionRequest,
                dict(name=name, state=state, reason=reason, correction=correction),
            ),
            timeout_s,
        )
        return found

    async def withdraw_objection(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> record_pb2.Objection:
        """Takes an objection back."""
        found: record_pb2.Objection = await self._calls.unary(
            self._stub.WithdrawObjection,
            calls.request(record_requests_pb2.WithdrawObjectionRequest, dict(name=name)),
            timeout_s,
        )
        return found

    async def create_repair(
        self,
        *,
        repair: record_pb2.Repair,
        repair_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.Repair:
        """Applies for the repair of a record."""
        found: record_pb2.Repair = await self._calls.unary(
            self._stub.CreateRepair,
            calls.request(
                record_requests_pb2.CreateRepairRequest,
                dict(repair=repair, repair_id=repair_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    async def get_repair(
        self,
        *,
        name: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> record_pb2.Repair:
        """Returns an application with its receipts."""
        found: record_pb2.Repair = await self._calls.unary(
            self._stub.GetRepair,
            calls.request(record_requests_pb2.GetRepairRequest, dict(name=name, purpose=purpose)),
            timeout_s,
        )
        return found

    def list_repairs(
        self,
        *,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        state: int | str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[record_pb2.Repair]:
        """Lists applications, those due first first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListRepairs,
            calls.request(
                record_requests_pb2.ListRepairsRequest,
                dict(purpose=purpose, page_size=page_size, state=state),
            ),
            "repairs",
            timeout_s,
        )

    async def decide_repair(
        self,
        *,
        name: str,
        state: int | str | None = None,
        reason: str | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.Repair:
        """Grants or rejects; once granted, the record ends and everybody lets go."""
        found: record_pb2.Repair = await self._calls.unary(
            self._stub.DecideRepair,
            calls.request(
                record_requests_pb2.DecideRepairRequest, dict(name=name, state=state, reason=reason)
            ),
            timeout_s,
        )
        return found

    async def withdraw_repair(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> record_pb2.Repair:
        """Takes an application back."""
        found: record_pb2.Repair = await self._calls.unary(
            self._stub.WithdrawRepair,
            calls.request(record_requests_pb2.WithdrawRepairRequest, dict(name=name)),
            timeout_s,
        )
        return found

    async def create_ruling(
        self,
        *,
        ruling: record_pb2.Ruling,
        ruling_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.Ruling:
        """Enters a court's ruling, and does to the records what it says."""
        found: record_pb2.Ruling = await self._calls.unary(
            self._stub.CreateRuling,
            calls.request(
                record_requests_pb2.CreateRulingRequest,
                dict(ruling=ruling, ruling_id=ruling_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    async def get_ruling(
        self,
        *,
        name: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> record_pb2.Ruling:
        """Returns a ruling."""
        found: record_pb2.Ruling = await self._calls.unary(
            self._stub.GetRuling,
            calls.request(record_requests_pb2.GetRulingRequest, dict(name=name, purpose=purpose)),
            timeout_s,
        )
        return found

    async def create_adverse_use(
        self,
        *,
        adverse_use: record_pb2.AdverseUse,
        adverse_use_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.AdverseUse:
        """Notes that an entity was given notice that a record will be used against it."""
        found: record_pb2.AdverseUse = await self._calls.unary(
            self._stub.CreateAdverseUse,
            calls.request(
                record_requests_pb2.CreateAdverseUseRequest,
                dict(adverse_use=adverse_use, adverse_use_id=adverse_use_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    async def get_adverse_use(
        self,
        *,
        name: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> record_pb2.AdverseUse:
        """Returns an intended adverse use."""
        found: record_pb2.AdverseUse = await self._calls.unary(
            self._stub.GetAdverseUse,
            calls.request(
                record_requests_pb2.GetAdverseUseRequest, dict(name=name, purpose=purpose)
            ),
            timeout_s,
        )
        return found

    def list_adverse_uses(
        self,
        *,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        state: int | str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[record_pb2.AdverseUse]:
        """Lists intended adverse uses in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListAdverseUses,
            calls.request(
                record_requests_pb2.ListAdverseUsesRequest,
                dict(purpose=purpose, page_size=page_size, state=state),
            ),
            "adverse_uses",
            timeout_s,
        )

    async def decide_adverse_use(
        self,
        *,
        name: str,
        state: int | str | None = None,
        reason: str | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.AdverseUse:
        """Decides about an adverse use, as another person, after the time for an answer."""
        found: record_pb2.AdverseUse = await self._calls.unary(
            self._stub.DecideAdverseUse,
            calls.request(
                record_requests_pb2.DecideAdverseUseRequest,
                dict(name=name, state=state, reason=reason),
            ),
            timeout_s,
        )
        return found

    async def create_receiver(
        self,
        *,
        receiver: record_pb2.Receiver,
        receiver_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> record_pb2.Receiver:
        """Enters a receiver; it gets the records that are there, then every change."""
        found: record_pb2.Receiver = await self._calls.unary(
            self._stub.CreateReceiver,
            calls.request(
                record_requests_pb2.CreateReceiverRequest,
                dict(receiver=receiver, receiver_id=receiver_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def list_receivers(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[record_pb2.Receiver]:
        """Lists receivers in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListReceivers,
            calls.request(record_requests_pb2.ListReceiversRequest, dict(page_size=page_size)),
            "receivers",
            timeout_s,
        )

    def list_deliveries(
        self,
        *,
        parent: str,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        include_acknowledged: bool | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[record_pb2.Delivery]:
        """Lists what a receiver is to do, in order.

        A service sees its own alone. Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListDeliveries,
            calls.request(
                record_requests_pb2.ListDeliveriesRequest,
                dict(
                    parent=parent,
                    purpose=purpose,
                    page_size=page_size,
                    include_acknowledged=include_acknowledged,
                ),
            ),
            "deliveries",
            timeout_s,
        )

    async def acknowledge_delivery(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> record_pb2.Delivery:
        """Notes that the caller has done what a delivery says, and what came before it."""
        found: record_pb2.Delivery = await self._calls.unary(
            self._stub.AcknowledgeDelivery,
            calls.request(record_requests_pb2.AcknowledgeDeliveryRequest, dict(name=name)),
            timeout_s,
        )
        return found

    async def create_succession(
        self,
        *,
        succession: entity_pb2.Succession,
        succession_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> entity_pb2.Succession:
        """Notes a merger or a split; the register follows it."""
        found: entity_pb2.Succession = await self._calls.unary(
            self._stub.CreateSuccession,
            calls.request(
                supervision_requests_pb2.CreateSuccessionRequest,
                dict(succession=succession, succession_id=succession_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def list_successions(
        self,
        *,
        parent: str,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[entity_pb2.Succession]:
        """Lists the history of an entity: who came before it and after it.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListSuccessions,
            calls.request(
                supervision_requests_pb2.ListSuccessionsRequest,
                dict(parent=parent, purpose=purpose, page_size=page_size),
            ),
            "successions",
            timeout_s,
        )

    async def import_grades(
        self,
        *,
        scheme: str | None = None,
        source_sha256: str | None = None,
        rows: Iterable[signal_pb2.GradeRow] | None = None,
        timeout_s: float | None = None,
    ) -> supervision_requests_pb2.ImportGradesResponse:
        """Receives grades that the nation or a sector gave."""
        found: supervision_requests_pb2.ImportGradesResponse = await self._calls.unary(
            self._stub.ImportGrades,
            calls.request(
                supervision_requests_pb2.ImportGradesRequest,
                dict(scheme=scheme, source_sha256=source_sha256, rows=rows),
            ),
            timeout_s,
        )
        return found

    def list_grades(
        self,
        *,
        parent: str,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[signal_pb2.Grade]:
        """Lists the grades of an entity that hold today.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListGrades,
            calls.request(
                supervision_requests_pb2.ListGradesRequest,
                dict(parent=parent, purpose=purpose, page_size=page_size),
            ),
            "grades",
            timeout_s,
        )

    def list_scorecards(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[signal_pb2.Scorecard]:
        """Lists the tables of points in force.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListScorecards,
            calls.request(
                supervision_requests_pb2.ListScorecardsRequest, dict(page_size=page_size)
            ),
            "scorecards",
            timeout_s,
        )

    async def get_scorecard(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> signal_pb2.Scorecard:
        """Returns the table of points in force."""
        found: signal_pb2.Scorecard = await self._calls.unary(
            self._stub.GetScorecard,
            calls.request(supervision_requests_pb2.GetScorecardRequest, dict(name=name)),
            timeout_s,
        )
        return found

    async def get_signal(
        self,
        *,
        name: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> signal_pb2.Signal:
        """Computes an entity's risk signal from what may be used of it today, with what it was counted from.

        Who looked, and why, is in the audit log.
        """
        found: signal_pb2.Signal = await self._calls.unary(
            self._stub.GetSignal,
            calls.request(
                supervision_requests_pb2.GetSignalRequest, dict(name=name, purpose=purpose)
            ),
            timeout_s,
        )
        return found

    async def evaluate_signals(
        self,
        *,
        scorecard: str,
        rows: Iterable[signal_pb2.SignalRow] | None = None,
        timeout_s: float | None = None,
    ) -> supervision_requests_pb2.EvaluateSignalsResponse:
        """Scores rows of values by a table."""
        found: supervision_requests_pb2.EvaluateSignalsResponse = await self._calls.unary(
            self._stub.EvaluateSignals,
            calls.request(
                supervision_requests_pb2.EvaluateSignalsRequest,
                dict(scorecard=scorecard, rows=rows),
            ),
            timeout_s,
        )
        return found

    async def evaluate_stability(
        self,
        *,
        scorecard: str,
        month: str | None = None,
        timeout_s: float | None = None,
    ) -> supervision_requests_pb2.EvaluateStabilityResponse:
        """Compares what was scored in a month with what the table was fitted on."""
        found: supervision_requests_pb2.EvaluateStabilityResponse = await self._calls.unary(
            self._stub.EvaluateStability,
            calls.request(
                supervision_requests_pb2.EvaluateStabilityRequest,
                dict(scorecard=scorecard, month=month),
            ),
            timeout_s,
        )
        return found

    async def count_records(
        self,
        *,
        timeout_s: float | None = None,
    ) -> supervision_requests_pb2.CountRecordsResponse:
        """Counts entities with records by place and kind; no number, and no difference of two answers, tells of fewer than five."""
        found: supervision_requests_pb2.CountRecordsResponse = await self._calls.unary(
            self._stub.CountRecords,
            calls.request(supervision_requests_pb2.CountRecordsRequest, {}),
            timeout_s,
        )
        return found

    async def create_emergency(
        self,
        *,
        emergency: emergency_pb2.Emergency,
        emergency_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> emergency_pb2.Emergency:
        """Declares an emergency; its measures hold at once."""
        found: emergency_pb2.Emergency = await self._calls.unary(
            self._stub.CreateEmergency,
            calls.request(
                supervision_requests_pb2.CreateEmergencyRequest,
                dict(emergency=emergency, emergency_id=emergency_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    async def end_emergency(
        self,
        *,
        name: str,
        state: int | str | None = None,
        timeout_s: float | None = None,
    ) -> emergency_pb2.Emergency:
        """Ends an emergency; what it changed is changed back."""
        found: emergency_pb2.Emergency = await self._calls.unary(
            self._stub.EndEmergency,
            calls.request(
                supervision_requests_pb2.EndEmergencyRequest, dict(name=name, state=state)
            ),
            timeout_s,
        )
        return found

    def list_emergencies(
        self,
        *,
        page_size: int | None = None,
        state: int | str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[emergency_pb2.Emergency]:
        """Lists emergencies, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListEmergencies,
            calls.request(
                supervision_requests_pb2.ListEmergenciesRequest,
                dict(page_size=page_size, state=state),
            ),
            "emergencies",
            timeout_s,
        )

    async def create_recognition(
        self,
        *,
        recognition: recognition_pb2.Recognition,
        recognition_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> recognition_pb2.Recognition:
        """Decides whether another department's result stands in for one's own."""
        found: recognition_pb2.Recognition = await self._calls.unary(
            self._stub.CreateRecognition,
            calls.request(
                supervision_requests_pb2.CreateRecognitionRequest,
                dict(recognition=recognition, recognition_id=recognition_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    async def get_recognition(
        self,
        *,
        name: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> recognition_pb2.Recognition:
        """Returns a decision about recognition."""
        found: recognition_pb2.Recognition = await self._calls.unary(
            self._stub.GetRecognition,
            calls.request(
                supervision_requests_pb2.GetRecognitionRequest, dict(name=name, purpose=purpose)
            ),
            timeout_s,
        )
        return found

    def list_recognitions(
        self,
        *,
        purpose: purpose_pb2.Purpose,
        page_size: int | None = None,
        entity: str | None = None,
        receiving_place_code: str | None = None,
        outcome: int | str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[recognition_pb2.Recognition]:
        """Lists decisions about recognition, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListRecognitions,
            calls.request(
                supervision_requests_pb2.ListRecognitionsRequest,
                dict(
                    purpose=purpose,
                    page_size=page_size,
                    entity=entity,
                    receiving_place_code=receiving_place_code,
                    outcome=outcome,
                ),
            ),
            "recognitions",
            timeout_s,
        )

    def watch_clues(
        self,
        *,
        purpose: purpose_pb2.Purpose,
        place_code: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[supervision_requests_pb2.WatchCluesResponse]:
        """Streams the clues that are open, then every change of one.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchClues,
            calls.request(
                supervision_requests_pb2.WatchCluesRequest,
                dict(purpose=purpose, place_code=place_code),
            ),
            timeout_s,
        )

    def watch_inspections(
        self,
        *,
        parent: str,
        purpose: purpose_pb2.Purpose,
        timeout_s: float | None = None,
    ) -> AsyncIterator[supervision_requests_pb2.WatchInspectionsResponse]:
        """Streams the visits of a draw, then every change of one.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchInspections,
            calls.request(
                supervision_requests_pb2.WatchInspectionsRequest,
                dict(parent=parent, purpose=purpose),
            ),
            timeout_s,
        )

    async def verify_audit(
        self,
        *,
        published_number: int | None = None,
        published_sha256: str | None = None,
        timeout_s: float | None = None,
    ) -> credit_supervision_service_pb2.VerifyAuditResponse:
        """Checks the audit log from its first entry to its last."""
        found: credit_supervision_service_pb2.VerifyAuditResponse = await self._calls.unary(
            self._stub.VerifyAudit,
            calls.request(
                credit_supervision_service_pb2.VerifyAuditRequest,
                dict(published_number=published_number, published_sha256=published_sha256),
            ),
            timeout_s,
        )
        return found
