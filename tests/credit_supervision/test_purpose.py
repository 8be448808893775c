"""No read of what is about an entity without a purpose and its legal basis: by the contract."""

from __future__ import annotations

from typing import Any

import protovalidate
import pytest
from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, MethodDescriptor

from tianfu.credit_supervision.v1 import credit_supervision_service_pb2 as pb
from tianfu.credit_supervision.v1 import purpose_pb2

SERVICE = pb.DESCRIPTOR.services_by_name["CreditSupervisionService"]
READS = ("Get", "List", "Watch")

ABOUT_NOBODY = frozenset(
    {
        "GetDraw", "ListDraws", "GetDrawProof",  # public: the proof is for anybody to verify
        "GetScorecard", "ListScorecards", "ListReceivers", "ListHandhelds", "ListEmergencies",
    }
)  # fmt: skip
"""Reads that show rules, receivers, devices and emergencies."""


def reads() -> list[MethodDescriptor]:
    return [each for each in SERVICE.methods if each.name.startswith(READS)]


def violations(message: Any) -> set[str]:
    """Return the fields that the contract refuses."""
    try:
        protovalidate.validate(message)
    except protovalidate.ValidationError as error:
        paths = [each.proto.field for each in error.violations]
        return {".".join(part.field_name for part in path.elements) for path in paths if path}
    return set()


def asks_why(message: Descriptor) -> bool:
    field = message.fields_by_name.get("purpose")
    return field is not None and field.message_type is purpose_pb2.Purpose.DESCRIPTOR


def test_each_read_states_whether_it_is_about_somebody() -> None:
    without = {each.name for each in reads() if not asks_why(each.input_type)}
    assert without == ABOUT_NOBODY


@pytest.mark.parametrize(
    "name", [each.name for each in SERVICE.methods if asks_why(each.input_type)]
)
def test_a_call_without_purpose_or_legal_basis_is_refused(name: str) -> None:
    make = message_factory.GetMessageClass(SERVICE.methods_by_name[name].input_type)
    assert "purpose" in violations(make())
    for stated, missing in (
        (purpose_pb2.Purpose(legal_basis="market-regulation-law-32"), "purpose.purpose"),
        (purpose_pb2.Purpose(purpose="inspection-planning"), "purpose.legal_basis"),
    ):
        assert missing in violations(make(purpose=stated))
    whole = purpose_pb2.Purpose(
        purpose="inspection-planning", legal_basis="market-regulation-law-32"
    )
    assert not {each for each in violations(make(purpose=whole)) if each.startswith("purpose")}
