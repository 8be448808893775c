from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Purpose(_message.Message):
    __slots__ = ("purpose", "legal_basis")
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    LEGAL_BASIS_FIELD_NUMBER: _ClassVar[int]
    purpose: str
    legal_basis: str
    def __init__(self, purpose: _Optional[str] = ..., legal_basis: _Optional[str] = ...) -> None: ...
