import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.credit_supervision.v1 import clue_pb2 as _clue_pb2
from tianfu.credit_supervision.v1 import emergency_pb2 as _emergency_pb2
from tianfu.credit_supervision.v1 import record_pb2 as _record_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DrawDeclared(_message.Message):
    __slots__ = ("draw", "commitment", "quicknet_round", "event_time")
    DRAW_FIELD_NUMBER: _ClassVar[int]
    COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    QUICKNET_ROUND_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    draw: str
    commitment: str
    quicknet_round: int
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, draw: _Optional[str] = ..., commitment: _Optional[str] = ..., quicknet_round: _Optional[int] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DrawPublished(_message.Message):
    __slots__ = ("draw", "bundle_sha256", "visit_count", "event_time")
    DRAW_FIELD_NUMBER: _ClassVar[int]
    BUNDLE_SHA256_FIELD_NUMBER: _ClassVar[int]
    VISIT_COUNT_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    draw: str
    bundle_sha256: str
    visit_count: int
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, draw: _Optional[str] = ..., bundle_sha256: _Optional[str] = ..., visit_count: _Optional[int] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DrawVoided(_message.Message):
    __slots__ = ("draw", "departments", "event_time")
    DRAW_FIELD_NUMBER: _ClassVar[int]
    DEPARTMENTS_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    draw: str
    departments: _containers.RepeatedScalarFieldContainer[str]
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, draw: _Optional[str] = ..., departments: _Optional[_Iterable[str]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ClueChanged(_message.Message):
    __slots__ = ("clue", "state", "place_code", "matter", "event_time")
    CLUE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    MATTER_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    clue: str
    state: _clue_pb2.ClueState
    place_code: str
    matter: str
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, clue: _Optional[str] = ..., state: _Optional[_Union[_clue_pb2.ClueState, str]] = ..., place_code: _Optional[str] = ..., matter: _Optional[str] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AuditSealed(_message.Message):
    __slots__ = ("number", "sha256", "event_time")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    number: int
    sha256: str
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, number: _Optional[int] = ..., sha256: _Optional[str] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RecordChanged(_message.Message):
    __slots__ = ("record", "revision", "use", "use_reason", "event_time")
    RECORD_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    USE_FIELD_NUMBER: _ClassVar[int]
    USE_REASON_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    record: str
    revision: int
    use: _record_pb2.RecordUse
    use_reason: str
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, record: _Optional[str] = ..., revision: _Optional[int] = ..., use: _Optional[_Union[_record_pb2.RecordUse, str]] = ..., use_reason: _Optional[str] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ObjectionChanged(_message.Message):
    __slots__ = ("objection", "record", "state", "event_time")
    OBJECTION_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    objection: str
    record: str
    state: _record_pb2.ObjectionState
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, objection: _Optional[str] = ..., record: _Optional[str] = ..., state: _Optional[_Union[_record_pb2.ObjectionState, str]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AdverseUseChanged(_message.Message):
    __slots__ = ("adverse_use", "record", "state", "event_time")
    ADVERSE_USE_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    adverse_use: str
    record: str
    state: _record_pb2.AdverseUseState
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, adverse_use: _Optional[str] = ..., record: _Optional[str] = ..., state: _Optional[_Union[_record_pb2.AdverseUseState, str]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RepairChanged(_message.Message):
    __slots__ = ("repair", "record", "state", "event_time")
    REPAIR_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    repair: str
    record: str
    state: _record_pb2.RepairState
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, repair: _Optional[str] = ..., record: _Optional[str] = ..., state: _Optional[_Union[_record_pb2.RepairState, str]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DeliveryLate(_message.Message):
    __slots__ = ("receiver", "delivery", "record", "due_time", "event_time")
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    DELIVERY_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    DUE_TIME_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    receiver: str
    delivery: int
    record: str
    due_time: _timestamp_pb2.Timestamp
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, receiver: _Optional[str] = ..., delivery: _Optional[int] = ..., record: _Optional[str] = ..., due_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class EmergencyChanged(_message.Message):
    __slots__ = ("emergency", "state", "place_codes", "event_time")
    EMERGENCY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODES_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    emergency: str
    state: _emergency_pb2.EmergencyState
    place_codes: _containers.RepeatedScalarFieldContainer[str]
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, emergency: _Optional[str] = ..., state: _Optional[_Union[_emergency_pb2.EmergencyState, str]] = ..., place_codes: _Optional[_Iterable[str]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SignalDrifted(_message.Message):
    __slots__ = ("rule_version", "item", "index", "month", "event_time")
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    MONTH_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    rule_version: str
    item: str
    index: float
    month: str
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, rule_version: _Optional[str] = ..., item: _Optional[str] = ..., index: _Optional[float] = ..., month: _Optional[str] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
