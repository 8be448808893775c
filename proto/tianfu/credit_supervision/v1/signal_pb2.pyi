import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GradeLetter(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GRADE_LETTER_UNSPECIFIED: _ClassVar[GradeLetter]
    GRADE_LETTER_A: _ClassVar[GradeLetter]
    GRADE_LETTER_B: _ClassVar[GradeLetter]
    GRADE_LETTER_C: _ClassVar[GradeLetter]
    GRADE_LETTER_D: _ClassVar[GradeLetter]

class StabilityLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STABILITY_LEVEL_UNSPECIFIED: _ClassVar[StabilityLevel]
    STABILITY_LEVEL_STABLE: _ClassVar[StabilityLevel]
    STABILITY_LEVEL_WATCH: _ClassVar[StabilityLevel]
    STABILITY_LEVEL_ALARM: _ClassVar[StabilityLevel]
    STABILITY_LEVEL_TOO_FEW: _ClassVar[StabilityLevel]
GRADE_LETTER_UNSPECIFIED: GradeLetter
GRADE_LETTER_A: GradeLetter
GRADE_LETTER_B: GradeLetter
GRADE_LETTER_C: GradeLetter
GRADE_LETTER_D: GradeLetter
STABILITY_LEVEL_UNSPECIFIED: StabilityLevel
STABILITY_LEVEL_STABLE: StabilityLevel
STABILITY_LEVEL_WATCH: StabilityLevel
STABILITY_LEVEL_ALARM: StabilityLevel
STABILITY_LEVEL_TOO_FEW: StabilityLevel

class Grade(_message.Message):
    __slots__ = ("name", "scheme", "letter", "grade_day", "valid_to_day", "source_sha256", "update_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SCHEME_FIELD_NUMBER: _ClassVar[int]
    LETTER_FIELD_NUMBER: _ClassVar[int]
    GRADE_DAY_FIELD_NUMBER: _ClassVar[int]
    VALID_TO_DAY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_SHA256_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    scheme: str
    letter: GradeLetter
    grade_day: str
    valid_to_day: str
    source_sha256: str
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., scheme: _Optional[str] = ..., letter: _Optional[_Union[GradeLetter, str]] = ..., grade_day: _Optional[str] = ..., valid_to_day: _Optional[str] = ..., source_sha256: _Optional[str] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GradeRow(_message.Message):
    __slots__ = ("line", "code", "letter", "grade_day", "valid_to_day")
    LINE_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    LETTER_FIELD_NUMBER: _ClassVar[int]
    GRADE_DAY_FIELD_NUMBER: _ClassVar[int]
    VALID_TO_DAY_FIELD_NUMBER: _ClassVar[int]
    line: int
    code: str
    letter: str
    grade_day: str
    valid_to_day: str
    def __init__(self, line: _Optional[int] = ..., code: _Optional[str] = ..., letter: _Optional[str] = ..., grade_day: _Optional[str] = ..., valid_to_day: _Optional[str] = ...) -> None: ...

class ScorecardItem(_message.Message):
    __slots__ = ("item", "edges", "points", "missing_points", "direction", "expected_shares")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    EDGES_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    MISSING_POINTS_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_SHARES_FIELD_NUMBER: _ClassVar[int]
    item: str
    edges: _containers.RepeatedScalarFieldContainer[float]
    points: _containers.RepeatedScalarFieldContainer[float]
    missing_points: float
    direction: int
    expected_shares: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, item: _Optional[str] = ..., edges: _Optional[_Iterable[float]] = ..., points: _Optional[_Iterable[float]] = ..., missing_points: _Optional[float] = ..., direction: _Optional[int] = ..., expected_shares: _Optional[_Iterable[float]] = ...) -> None: ...

class Scorecard(_message.Message):
    __slots__ = ("name", "rule_version", "source", "verified", "base_points", "items")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    BASE_POINTS_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    name: str
    rule_version: str
    source: str
    verified: bool
    base_points: float
    items: _containers.RepeatedCompositeFieldContainer[ScorecardItem]
    def __init__(self, name: _Optional[str] = ..., rule_version: _Optional[str] = ..., source: _Optional[str] = ..., verified: _Optional[bool] = ..., base_points: _Optional[float] = ..., items: _Optional[_Iterable[_Union[ScorecardItem, _Mapping]]] = ...) -> None: ...

class SignalItem(_message.Message):
    __slots__ = ("item", "value", "points", "lineage")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    LINEAGE_FIELD_NUMBER: _ClassVar[int]
    item: str
    value: float
    points: float
    lineage: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, item: _Optional[str] = ..., value: _Optional[float] = ..., points: _Optional[float] = ..., lineage: _Optional[_Iterable[str]] = ...) -> None: ...

class SignalReason(_message.Message):
    __slots__ = ("item", "loss", "better_from", "gain")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    LOSS_FIELD_NUMBER: _ClassVar[int]
    BETTER_FROM_FIELD_NUMBER: _ClassVar[int]
    GAIN_FIELD_NUMBER: _ClassVar[int]
    item: str
    loss: float
    better_from: float
    gain: float
    def __init__(self, item: _Optional[str] = ..., loss: _Optional[float] = ..., better_from: _Optional[float] = ..., gain: _Optional[float] = ...) -> None: ...

class Signal(_message.Message):
    __slots__ = ("name", "score", "planning_class", "items", "reasons", "rule_version", "compute_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    PLANNING_CLASS_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    COMPUTE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    score: float
    planning_class: str
    items: _containers.RepeatedCompositeFieldContainer[SignalItem]
    reasons: _containers.RepeatedCompositeFieldContainer[SignalReason]
    rule_version: str
    compute_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., score: _Optional[float] = ..., planning_class: _Optional[str] = ..., items: _Optional[_Iterable[_Union[SignalItem, _Mapping]]] = ..., reasons: _Optional[_Iterable[_Union[SignalReason, _Mapping]]] = ..., rule_version: _Optional[str] = ..., compute_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SignalRow(_message.Message):
    __slots__ = ("row_id", "values")
    class ValuesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    ROW_ID_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    row_id: str
    values: _containers.ScalarMap[str, float]
    def __init__(self, row_id: _Optional[str] = ..., values: _Optional[_Mapping[str, float]] = ...) -> None: ...

class ItemStability(_message.Message):
    __slots__ = ("item", "index", "level", "value_count", "expected_shares", "reference_month")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    VALUE_COUNT_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_SHARES_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_MONTH_FIELD_NUMBER: _ClassVar[int]
    item: str
    index: float
    level: StabilityLevel
    value_count: int
    expected_shares: _containers.RepeatedScalarFieldContainer[float]
    reference_month: str
    def __init__(self, item: _Optional[str] = ..., index: _Optional[float] = ..., level: _Optional[_Union[StabilityLevel, str]] = ..., value_count: _Optional[int] = ..., expected_shares: _Optional[_Iterable[float]] = ..., reference_month: _Optional[str] = ...) -> None: ...
