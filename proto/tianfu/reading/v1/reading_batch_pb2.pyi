from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Compression(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMPRESSION_UNSPECIFIED: _ClassVar[Compression]
    COMPRESSION_NONE: _ClassVar[Compression]
    COMPRESSION_ZSTD: _ClassVar[Compression]

class Quality(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    QUALITY_GOOD_UNSPECIFIED: _ClassVar[Quality]
    QUALITY_UNCERTAIN: _ClassVar[Quality]
    QUALITY_OUT_OF_RANGE: _ClassVar[Quality]
    QUALITY_STALE: _ClassVar[Quality]
    QUALITY_SUBSTITUTED: _ClassVar[Quality]
    QUALITY_BAD: _ClassVar[Quality]

class Priority(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRIORITY_UNSPECIFIED: _ClassVar[Priority]
    PRIORITY_BULK: _ClassVar[Priority]
    PRIORITY_ROUTINE: _ClassVar[Priority]
    PRIORITY_IMPORTANT: _ClassVar[Priority]
    PRIORITY_URGENT: _ClassVar[Priority]

class DropReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DROP_REASON_UNSPECIFIED: _ClassVar[DropReason]
    DROP_REASON_SPOOL_FULL: _ClassVar[DropReason]
    DROP_REASON_EXPIRED: _ClassVar[DropReason]
    DROP_REASON_DISK_FULL: _ClassVar[DropReason]
    DROP_REASON_SPOOL_DAMAGED: _ClassVar[DropReason]
    DROP_REASON_REFUSED: _ClassVar[DropReason]

class RetentionClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RETENTION_CLASS_STANDARD_UNSPECIFIED: _ClassVar[RetentionClass]
    RETENTION_CLASS_SHORT: _ClassVar[RetentionClass]
    RETENTION_CLASS_LONG: _ClassVar[RetentionClass]
COMPRESSION_UNSPECIFIED: Compression
COMPRESSION_NONE: Compression
COMPRESSION_ZSTD: Compression
QUALITY_GOOD_UNSPECIFIED: Quality
QUALITY_UNCERTAIN: Quality
QUALITY_OUT_OF_RANGE: Quality
QUALITY_STALE: Quality
QUALITY_SUBSTITUTED: Quality
QUALITY_BAD: Quality
PRIORITY_UNSPECIFIED: Priority
PRIORITY_BULK: Priority
PRIORITY_ROUTINE: Priority
PRIORITY_IMPORTANT: Priority
PRIORITY_URGENT: Priority
DROP_REASON_UNSPECIFIED: DropReason
DROP_REASON_SPOOL_FULL: DropReason
DROP_REASON_EXPIRED: DropReason
DROP_REASON_DISK_FULL: DropReason
DROP_REASON_SPOOL_DAMAGED: DropReason
DROP_REASON_REFUSED: DropReason
RETENTION_CLASS_STANDARD_UNSPECIFIED: RetentionClass
RETENTION_CLASS_SHORT: RetentionClass
RETENTION_CLASS_LONG: RetentionClass

class ReadingBatch(_message.Message):
    __slots__ = ("format", "node", "epoch", "sequence", "span", "base_time_us", "clock_offset_us", "series_table", "count", "compression", "series_index", "time_offset_us", "value", "quality", "packed", "drops", "produced_total", "priority")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SPAN_FIELD_NUMBER: _ClassVar[int]
    BASE_TIME_US_FIELD_NUMBER: _ClassVar[int]
    CLOCK_OFFSET_US_FIELD_NUMBER: _ClassVar[int]
    SERIES_TABLE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    COMPRESSION_FIELD_NUMBER: _ClassVar[int]
    SERIES_INDEX_FIELD_NUMBER: _ClassVar[int]
    TIME_OFFSET_US_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    PACKED_FIELD_NUMBER: _ClassVar[int]
    DROPS_FIELD_NUMBER: _ClassVar[int]
    PRODUCED_TOTAL_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    format: int
    node: str
    epoch: int
    sequence: int
    span: int
    base_time_us: int
    clock_offset_us: int
    series_table: bytes
    count: int
    compression: Compression
    series_index: bytes
    time_offset_us: bytes
    value: bytes
    quality: bytes
    packed: bytes
    drops: _containers.RepeatedCompositeFieldContainer[Drop]
    produced_total: int
    priority: Priority
    def __init__(self, format: _Optional[int] = ..., node: _Optional[str] = ..., epoch: _Optional[int] = ..., sequence: _Optional[int] = ..., span: _Optional[int] = ..., base_time_us: _Optional[int] = ..., clock_offset_us: _Optional[int] = ..., series_table: _Optional[bytes] = ..., count: _Optional[int] = ..., compression: _Optional[_Union[Compression, str]] = ..., series_index: _Optional[bytes] = ..., time_offset_us: _Optional[bytes] = ..., value: _Optional[bytes] = ..., quality: _Optional[bytes] = ..., packed: _Optional[bytes] = ..., drops: _Optional[_Iterable[_Union[Drop, _Mapping]]] = ..., produced_total: _Optional[int] = ..., priority: _Optional[_Union[Priority, str]] = ...) -> None: ...

class SeriesTable(_message.Message):
    __slots__ = ("series",)
    SERIES_FIELD_NUMBER: _ClassVar[int]
    series: _containers.RepeatedCompositeFieldContainer[Series]
    def __init__(self, series: _Optional[_Iterable[_Union[Series, _Mapping]]] = ...) -> None: ...

class Series(_message.Message):
    __slots__ = ("series", "unit", "retention_class")
    SERIES_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    RETENTION_CLASS_FIELD_NUMBER: _ClassVar[int]
    series: str
    unit: str
    retention_class: RetentionClass
    def __init__(self, series: _Optional[str] = ..., unit: _Optional[str] = ..., retention_class: _Optional[_Union[RetentionClass, str]] = ...) -> None: ...

class Drop(_message.Message):
    __slots__ = ("priority", "reason", "readings")
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    READINGS_FIELD_NUMBER: _ClassVar[int]
    priority: Priority
    reason: DropReason
    readings: int
    def __init__(self, priority: _Optional[_Union[Priority, str]] = ..., reason: _Optional[_Union[DropReason, str]] = ..., readings: _Optional[int] = ...) -> None: ...
