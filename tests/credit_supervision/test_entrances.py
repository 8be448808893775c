"""Every entrance with made-up input: what is wrong is told with a reason, no more."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime
from typing import Any

import protovalidate
import pytest
from google.protobuf.message import DecodeError, Message
from hypothesis import given
from hypothesis import strategies as st

from services.credit_supervision.bus.events import TYPES, EventMalformed, event_of
from services.credit_supervision.model import grades
from services.credit_supervision.model.grades import Grade, GradeRow
from services.credit_supervision.model.register import Fault
from services.credit_supervision.rpc import record_encoding, supervision_encoding
from services.credit_supervision.usecases.refused import RecordRefused
from services.plumbing.refusal import Refusal
from tianfu import subjects
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2 as pb
from tianfu.credit_supervision.v1 import record_pb2
from tianfu.energy.v1 import events_pb2 as energy_events
from tianfu.inspection_proof import ProofRefused, verify

TODAY = date(2026, 6, 1)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SERVICE = pb.DESCRIPTOR.services_by_name["CreditSupervisionService"]


@given(st.binary(max_size=300), st.sampled_from([*TYPES, "tianfu.v1.event.energy.other"]))
def test_an_event_is_taken_or_malformed(data: bytes, subject: str) -> None:
    with contextlib.suppress(EventMalformed):
        assert event_of(subject, data).IsInitialized()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"credit_code": "91510400MA0000000X"}, id="code"),
        pytest.param({"matter": "Shut Plant"}, id="matter"),
        pytest.param({"place_code": "5104"}, id="place"),
        pytest.param({"report": ""}, id="report"),
    ],
)
def test_a_lead_that_can_not_be_a_clue_is_refused(change: dict[str, str]) -> None:
    subject = subjects.event("energy", "clue-raised")
    good = {
        "report": "shut/meter-1/2026-06-01",
        "credit_code": "91510400204360956E",
        "matter": "operating-while-shut",
        "place_code": "510402",
        "evidence_sha256": "a" * 64,
    }
    assert event_of(subject, energy_events.ClueRaised(**good).SerializeToString())
    with pytest.raises(EventMalformed):
        event_of(subject, energy_events.ClueRaised(**(good | change)).SerializeToString())


@given(
    st.builds(
        GradeRow,
        line=st.integers(1, 9),
        code=st.sampled_from(["91510400204360956E", " 91510400204360956e ", "x", ""]),
        letter=st.text(max_size=3) | st.sampled_from("ABCDabcd"),
        day=st.text(max_size=12) | st.dates().map(str),
        valid_to=st.text(max_size=12) | st.dates().map(str),
    )
)
def test_a_grade_is_taken_or_a_fault(row: GradeRow) -> None:
    found = grades.check(row, "national", "a" * 64, TODAY)

    if isinstance(found, Fault):
        assert found.reason.isupper()
    else:
        assert isinstance(found, Grade)
        assert found.day <= TODAY
        assert found.valid_to is None or found.valid_to >= found.day


@given(st.binary(max_size=200))
def test_a_record_is_read_or_refused(data: bytes) -> None:
    message = record_pb2.Record()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return
    try:
        protovalidate.validate(message)
    except protovalidate.ValidationError:
        return
    with contextlib.suppress(RecordRefused):
        assert record_encoding.record_from(message, "r-1").day


@given(st.binary(max_size=200))
def test_a_proof_is_verified_or_refused(data: bytes) -> None:
    with pytest.raises(ProofRefused):
        verify(data)


DECODERS: dict[str, Any] = {
    "CreateSuccession": lambda m: supervision_encoding.succession_from(m.succession, "s"),
    "CreateRecognition": lambda m: supervision_encoding.result_from(m.recognition),
    "EvaluateSignals": lambda m: [supervision_encoding.values_from(r) for r in m.rows],
    "CreateReceiver": lambda m: record_encoding.receiver_from(m.receiver, "r", bytes(32), NOW),
}


@pytest.mark.parametrize("name", DECODERS)
@given(data=st.binary(max_size=120))
def test_what_passes_a_requests_rules_can_be_decoded(name: str, data: bytes) -> None:
    """Requests that protovalidate lets through never make the encodings raise but a Refusal."""
    message: Message = SERVICE.methods_by_name[name].input_type._concrete_class()
    try:
        message.ParseFromString(data)
        protovalidate.validate(message)
    except (DecodeError, protovalidate.ValidationError):
        return
    with contextlib.suppress(Refusal):
        DECODERS[name](message)
