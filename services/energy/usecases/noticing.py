"""Anomalies and clues: each told of once, however often it is found again."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final

from services.energy.model.records import derived
from services.energy.ports import Transaction
from services.plumbing.audit_chain import Entry
from tianfu import subjects
from tianfu.energy.v1 import events_pb2
from tianfu.energy.v1 import unit_pb2 as pb

AREA: Final = "energy"


def notice(
    tx: Transaction,
    *,
    unit_id: str,
    meter: str,
    kind: str,
    explanation: str,
    start: datetime,
    end: datetime,
    rule_version: str,
    now: datetime,
) -> bool:
    """Keep an anomaly and tell of it; return False when it is known by meter, kind and begin."""
    anomaly_id = derived("anomaly", unit_id, meter, kind, start.isoformat())
    message = pb.Anomaly(
        name=f"anomalies/{anomaly_id}",
        unit=f"units/{unit_id}",
        meter=meter,
        kind=kind,
        explanation=explanation,
        rule_version=rule_version,
    )
    message.start_time.FromDatetime(start)
    message.end_time.FromDatetime(end)
    message.create_time.FromDatetime(now)
    if not tx.add_anomaly(anomaly_id, unit_id, message.SerializeToString(deterministic=True)):
        return False
    event = events_pb2.AnomalyFound(anomaly=message)
    event.event_time.FromDatetime(now)
    tx.emit(subjects.event(AREA, "anomaly-found"), event, f"energy-anomaly-{anomaly_id}")
    return True


def raise_clue(
    tx: Transaction,
    unit_id: str,
    matter: str,
    explanation: str,
    report: str,
    rule_version: str,
    *,
    now: datetime,
) -> None:
    """Tell credit supervision of a lead; a unit without a credit code is no legal person."""
    unit = tx.unit(unit_id)
    if unit is None or not unit.credit_code:
        return
    evidence = hashlib.sha256(f"{explanation}|{rule_version}".encode()).hexdigest()
    event = events_pb2.ClueRaised(
        report=report,
        credit_code=unit.credit_code,
        matter=matter,
        place_code=unit.place_code,
        explanation=explanation,
        evidence_sha256=evidence,
    )
    event.event_time.FromDatetime(now)
    tx.emit(subjects.event(AREA, "clue-raised"), event, f"energy-clue-{report}")
    tx.audit(Entry(now, AREA, "clues.raise", f"units/{unit_id}", details={"matter": matter}))
