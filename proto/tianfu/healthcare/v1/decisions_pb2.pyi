from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from tianfu.healthcare.v1 import patient_pb2 as _patient_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TriageTag(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRIAGE_TAG_UNSPECIFIED: _ClassVar[TriageTag]
    TRIAGE_TAG_RED: _ClassVar[TriageTag]
    TRIAGE_TAG_YELLOW: _ClassVar[TriageTag]
    TRIAGE_TAG_GREEN: _ClassVar[TriageTag]
    TRIAGE_TAG_BLACK: _ClassVar[TriageTag]
    TRIAGE_TAG_GREY: _ClassVar[TriageTag]

class TriageProtocol(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRIAGE_PROTOCOL_UNSPECIFIED: _ClassVar[TriageProtocol]
    TRIAGE_PROTOCOL_START: _ClassVar[TriageProtocol]
    TRIAGE_PROTOCOL_JUMPSTART: _ClassVar[TriageProtocol]
    TRIAGE_PROTOCOL_SALT: _ClassVar[TriageProtocol]
TRIAGE_TAG_UNSPECIFIED: TriageTag
TRIAGE_TAG_RED: TriageTag
TRIAGE_TAG_YELLOW: TriageTag
TRIAGE_TAG_GREEN: TriageTag
TRIAGE_TAG_BLACK: TriageTag
TRIAGE_TAG_GREY: TriageTag
TRIAGE_PROTOCOL_UNSPECIFIED: TriageProtocol
TRIAGE_PROTOCOL_START: TriageProtocol
TRIAGE_PROTOCOL_JUMPSTART: TriageProtocol
TRIAGE_PROTOCOL_SALT: TriageProtocol

class Value(_message.Message):
    __slots__ = ("number", "code", "yes")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    YES_FIELD_NUMBER: _ClassVar[int]
    number: float
    code: str
    yes: bool
    def __init__(self, number: _Optional[float] = ..., code: _Optional[str] = ..., yes: _Optional[bool] = ...) -> None: ...

class EvaluateScoreRequest(_message.Message):
    __slots__ = ("score", "values")
    class ValuesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Value, _Mapping]] = ...) -> None: ...
    SCORE_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    score: str
    values: _containers.MessageMap[str, Value]
    def __init__(self, score: _Optional[str] = ..., values: _Optional[_Mapping[str, Value]] = ...) -> None: ...

class EvaluateScoreResponse(_message.Message):
    __slots__ = ("figures",)
    FIGURES_FIELD_NUMBER: _ClassVar[int]
    figures: _patient_pb2.ScoreFigures
    def __init__(self, figures: _Optional[_Union[_patient_pb2.ScoreFigures, _Mapping]] = ...) -> None: ...

class EvaluateTriageRequest(_message.Message):
    __slots__ = ("protocol", "findings")
    class FindingsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Value, _Mapping]] = ...) -> None: ...
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    protocol: TriageProtocol
    findings: _containers.MessageMap[str, Value]
    def __init__(self, protocol: _Optional[_Union[TriageProtocol, str]] = ..., findings: _Optional[_Mapping[str, Value]] = ...) -> None: ...

class EvaluateTriageResponse(_message.Message):
    __slots__ = ("tag", "ask", "path", "rule_version")
    TAG_FIELD_NUMBER: _ClassVar[int]
    ASK_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    tag: TriageTag
    ask: str
    path: _containers.RepeatedScalarFieldContainer[str]
    rule_version: str
    def __init__(self, tag: _Optional[_Union[TriageTag, str]] = ..., ask: _Optional[str] = ..., path: _Optional[_Iterable[str]] = ..., rule_version: _Optional[str] = ...) -> None: ...

class CasualtyOrigin(_message.Message):
    __slots__ = ("origin", "red", "yellow", "green", "black", "minutes")
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    RED_FIELD_NUMBER: _ClassVar[int]
    YELLOW_FIELD_NUMBER: _ClassVar[int]
    GREEN_FIELD_NUMBER: _ClassVar[int]
    BLACK_FIELD_NUMBER: _ClassVar[int]
    MINUTES_FIELD_NUMBER: _ClassVar[int]
    origin: str
    red: int
    yellow: int
    green: int
    black: int
    minutes: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, origin: _Optional[str] = ..., red: _Optional[int] = ..., yellow: _Optional[int] = ..., green: _Optional[int] = ..., black: _Optional[int] = ..., minutes: _Optional[_Iterable[float]] = ...) -> None: ...

class HospitalCapacity(_message.Message):
    __slots__ = ("hospital", "red", "yellow", "green", "black")
    HOSPITAL_FIELD_NUMBER: _ClassVar[int]
    RED_FIELD_NUMBER: _ClassVar[int]
    YELLOW_FIELD_NUMBER: _ClassVar[int]
    GREEN_FIELD_NUMBER: _ClassVar[int]
    BLACK_FIELD_NUMBER: _ClassVar[int]
    hospital: str
    red: int
    yellow: int
    green: int
    black: int
    def __init__(self, hospital: _Optional[str] = ..., red: _Optional[int] = ..., yellow: _Optional[int] = ..., green: _Optional[int] = ..., black: _Optional[int] = ...) -> None: ...

class EvaluateDistributionRequest(_message.Message):
    __slots__ = ("origins", "hospitals")
    ORIGINS_FIELD_NUMBER: _ClassVar[int]
    HOSPITALS_FIELD_NUMBER: _ClassVar[int]
    origins: _containers.RepeatedCompositeFieldContainer[CasualtyOrigin]
    hospitals: _containers.RepeatedCompositeFieldContainer[HospitalCapacity]
    def __init__(self, origins: _Optional[_Iterable[_Union[CasualtyOrigin, _Mapping]]] = ..., hospitals: _Optional[_Iterable[_Union[HospitalCapacity, _Mapping]]] = ...) -> None: ...

class CasualtyMove(_message.Message):
    __slots__ = ("origin", "hospital", "tag", "count", "minutes", "nearest", "passed_over", "over_capacity")
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    HOSPITAL_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    MINUTES_FIELD_NUMBER: _ClassVar[int]
    NEAREST_FIELD_NUMBER: _ClassVar[int]
    PASSED_OVER_FIELD_NUMBER: _ClassVar[int]
    OVER_CAPACITY_FIELD_NUMBER: _ClassVar[int]
    origin: str
    hospital: str
    tag: TriageTag
    count: int
    minutes: float
    nearest: str
    passed_over: str
    over_capacity: int
    def __init__(self, origin: _Optional[str] = ..., hospital: _Optional[str] = ..., tag: _Optional[_Union[TriageTag, str]] = ..., count: _Optional[int] = ..., minutes: _Optional[float] = ..., nearest: _Optional[str] = ..., passed_over: _Optional[str] = ..., over_capacity: _Optional[int] = ...) -> None: ...

class CasualtyWait(_message.Message):
    __slots__ = ("origin", "tag", "count")
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    origin: str
    tag: TriageTag
    count: int
    def __init__(self, origin: _Optional[str] = ..., tag: _Optional[_Union[TriageTag, str]] = ..., count: _Optional[int] = ...) -> None: ...

class EvaluateDistributionResponse(_message.Message):
    __slots__ = ("moves", "waits", "rule_version")
    MOVES_FIELD_NUMBER: _ClassVar[int]
    WAITS_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    moves: _containers.RepeatedCompositeFieldContainer[CasualtyMove]
    waits: _containers.RepeatedCompositeFieldContainer[CasualtyWait]
    rule_version: str
    def __init__(self, moves: _Optional[_Iterable[_Union[CasualtyMove, _Mapping]]] = ..., waits: _Optional[_Iterable[_Union[CasualtyWait, _Mapping]]] = ..., rule_version: _Optional[str] = ...) -> None: ...
