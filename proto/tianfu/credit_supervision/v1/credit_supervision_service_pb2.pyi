import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import client_pb2 as _client_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.authz.v1 import authz_pb2 as _authz_pb2
from tianfu.credit_supervision.v1 import clue_pb2 as _clue_pb2
from tianfu.credit_supervision.v1 import draw_pb2 as _draw_pb2
from tianfu.credit_supervision.v1 import emergency_pb2 as _emergency_pb2
from tianfu.credit_supervision.v1 import entity_pb2 as _entity_pb2
from tianfu.credit_supervision.v1 import handheld_pb2 as _handheld_pb2
from tianfu.credit_supervision.v1 import monitoring_pb2 as _monitoring_pb2
from tianfu.credit_supervision.v1 import purpose_pb2 as _purpose_pb2
from tianfu.credit_supervision.v1 import recognition_pb2 as _recognition_pb2
from tianfu.credit_supervision.v1 import record_pb2 as _record_pb2
from tianfu.credit_supervision.v1 import record_requests_pb2 as _record_requests_pb2
from tianfu.credit_supervision.v1 import signal_pb2 as _signal_pb2
from tianfu.credit_supervision.v1 import supervision_requests_pb2 as _supervision_requests_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ImportEntitiesRequest(_message.Message):
    __slots__ = ("rows",)
    ROWS_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[_entity_pb2.EntityRow]
    def __init__(self, rows: _Optional[_Iterable[_Union[_entity_pb2.EntityRow, _Mapping]]] = ...) -> None: ...

class ImportEntitiesResponse(_message.Message):
    __slots__ = ("accepted_count", "faults")
    ACCEPTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    FAULTS_FIELD_NUMBER: _ClassVar[int]
    accepted_count: int
    faults: _containers.RepeatedCompositeFieldContainer[_entity_pb2.RowFault]
    def __init__(self, accepted_count: _Optional[int] = ..., faults: _Optional[_Iterable[_Union[_entity_pb2.RowFault, _Mapping]]] = ...) -> None: ...

class GetEntityRequest(_message.Message):
    __slots__ = ("name", "purpose")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    purpose: _purpose_pb2.Purpose
    def __init__(self, name: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class ListEntitiesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "place_code", "risk_class", "title_part", "purpose")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    RISK_CLASS_FIELD_NUMBER: _ClassVar[int]
    TITLE_PART_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    place_code: str
    risk_class: _entity_pb2.RiskClass
    title_part: str
    purpose: _purpose_pb2.Purpose
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., place_code: _Optional[str] = ..., risk_class: _Optional[_Union[_entity_pb2.RiskClass, str]] = ..., title_part: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class ListEntitiesResponse(_message.Message):
    __slots__ = ("entities", "next_page_token")
    ENTITIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    entities: _containers.RepeatedCompositeFieldContainer[_entity_pb2.Entity]
    next_page_token: str
    def __init__(self, entities: _Optional[_Iterable[_Union[_entity_pb2.Entity, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class LookupEntityRequest(_message.Message):
    __slots__ = ("former_code", "purpose")
    FORMER_CODE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    former_code: str
    purpose: _purpose_pb2.Purpose
    def __init__(self, former_code: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class CountEntitiesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CountEntitiesResponse(_message.Message):
    __slots__ = ("cells",)
    CELLS_FIELD_NUMBER: _ClassVar[int]
    cells: _containers.RepeatedCompositeFieldContainer[EntityCount]
    def __init__(self, cells: _Optional[_Iterable[_Union[EntityCount, _Mapping]]] = ...) -> None: ...

class EntityCount(_message.Message):
    __slots__ = ("place_code", "risk_class", "entity_count", "withheld")
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    RISK_CLASS_FIELD_NUMBER: _ClassVar[int]
    ENTITY_COUNT_FIELD_NUMBER: _ClassVar[int]
    WITHHELD_FIELD_NUMBER: _ClassVar[int]
    place_code: str
    risk_class: _entity_pb2.RiskClass
    entity_count: int
    withheld: bool
    def __init__(self, place_code: _Optional[str] = ..., risk_class: _Optional[_Union[_entity_pb2.RiskClass, str]] = ..., entity_count: _Optional[int] = ..., withheld: _Optional[bool] = ...) -> None: ...

class CreateDrawRequest(_message.Message):
    __slots__ = ("draw", "draw_id", "request_id")
    DRAW_FIELD_NUMBER: _ClassVar[int]
    DRAW_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    draw: _draw_pb2.Draw
    draw_id: str
    request_id: str
    def __init__(self, draw: _Optional[_Union[_draw_pb2.Draw, _Mapping]] = ..., draw_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetDrawRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListDrawsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDrawsResponse(_message.Message):
    __slots__ = ("draws", "next_page_token")
    DRAWS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    draws: _containers.RepeatedCompositeFieldContainer[_draw_pb2.Draw]
    next_page_token: str
    def __init__(self, draws: _Optional[_Iterable[_Union[_draw_pb2.Draw, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RevealNonceRequest(_message.Message):
    __slots__ = ("name", "department", "nonce")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DEPARTMENT_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    department: str
    nonce: bytes
    def __init__(self, name: _Optional[str] = ..., department: _Optional[str] = ..., nonce: _Optional[bytes] = ...) -> None: ...

class PublishDrawRequest(_message.Message):
    __slots__ = ("name", "beacon_signature")
    NAME_FIELD_NUMBER: _ClassVar[int]
    BEACON_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    name: str
    beacon_signature: bytes
    def __init__(self, name: _Optional[str] = ..., beacon_signature: _Optional[bytes] = ...) -> None: ...

class VoidDrawRequest(_message.Message):
    __slots__ = ("name", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class GetDrawProofRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetDrawProofResponse(_message.Message):
    __slots__ = ("chunk",)
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    chunk: bytes
    def __init__(self, chunk: _Optional[bytes] = ...) -> None: ...

class ListInspectionsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "purpose", "state")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    purpose: _purpose_pb2.Purpose
    state: _draw_pb2.InspectionState
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ..., state: _Optional[_Union[_draw_pb2.InspectionState, str]] = ...) -> None: ...

class ListInspectionsResponse(_message.Message):
    __slots__ = ("inspections", "next_page_token")
    INSPECTIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    inspections: _containers.RepeatedCompositeFieldContainer[_draw_pb2.Inspection]
    next_page_token: str
    def __init__(self, inspections: _Optional[_Iterable[_Union[_draw_pb2.Inspection, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ReportFindingRequest(_message.Message):
    __slots__ = ("name", "finding")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FINDING_FIELD_NUMBER: _ClassVar[int]
    name: str
    finding: _draw_pb2.Finding
    def __init__(self, name: _Optional[str] = ..., finding: _Optional[_Union[_draw_pb2.Finding, _Mapping]] = ...) -> None: ...

class CreateClueRequest(_message.Message):
    __slots__ = ("clue", "clue_id", "request_id")
    CLUE_FIELD_NUMBER: _ClassVar[int]
    CLUE_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    clue: _clue_pb2.Clue
    clue_id: str
    request_id: str
    def __init__(self, clue: _Optional[_Union[_clue_pb2.Clue, _Mapping]] = ..., clue_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetClueRequest(_message.Message):
    __slots__ = ("name", "purpose")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    purpose: _purpose_pb2.Purpose
    def __init__(self, name: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class ListCluesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "state", "purpose", "place_code")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    state: _clue_pb2.ClueState
    purpose: _purpose_pb2.Purpose
    place_code: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., state: _Optional[_Union[_clue_pb2.ClueState, str]] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ..., place_code: _Optional[str] = ...) -> None: ...

class ListCluesResponse(_message.Message):
    __slots__ = ("clues", "next_page_token")
    CLUES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    clues: _containers.RepeatedCompositeFieldContainer[_clue_pb2.Clue]
    next_page_token: str
    def __init__(self, clues: _Optional[_Iterable[_Union[_clue_pb2.Clue, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AdvanceClueRequest(_message.Message):
    __slots__ = ("name", "state", "reason", "outcome")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: _clue_pb2.ClueState
    reason: str
    outcome: _clue_pb2.ClueOutcome
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[_clue_pb2.ClueState, str]] = ..., reason: _Optional[str] = ..., outcome: _Optional[_Union[_clue_pb2.ClueOutcome, str]] = ...) -> None: ...

class RecognizeClueRequest(_message.Message):
    __slots__ = ("name", "department")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DEPARTMENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    department: str
    def __init__(self, name: _Optional[str] = ..., department: _Optional[str] = ...) -> None: ...

class VerifyAuditRequest(_message.Message):
    __slots__ = ("published_number", "published_sha256")
    PUBLISHED_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_SHA256_FIELD_NUMBER: _ClassVar[int]
    published_number: int
    published_sha256: str
    def __init__(self, published_number: _Optional[int] = ..., published_sha256: _Optional[str] = ...) -> None: ...

class VerifyAuditResponse(_message.Message):
    __slots__ = ("sound", "number", "sha256", "problem", "check_time")
    SOUND_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    CHECK_TIME_FIELD_NUMBER: _ClassVar[int]
    sound: bool
    number: int
    sha256: str
    problem: str
    check_time: _timestamp_pb2.Timestamp
    def __init__(self, sound: _Optional[bool] = ..., number: _Optional[int] = ..., sha256: _Optional[str] = ..., problem: _Optional[str] = ..., check_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
