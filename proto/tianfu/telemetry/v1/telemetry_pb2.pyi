import datetime

from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.reading.v1 import reading_batch_pb2 as _reading_batch_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Series(_message.Message):
    __slots__ = ("name", "unit", "retention_class", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    RETENTION_CLASS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    unit: str
    retention_class: _reading_batch_pb2.RetentionClass
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., unit: _Optional[str] = ..., retention_class: _Optional[_Union[_reading_batch_pb2.RetentionClass, str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Delivery(_message.Message):
    __slots__ = ("name", "produced", "stored", "drops", "dropped", "in_flight", "missing_ranges", "missing_batches", "repeated_batches", "conflicting_batches", "refused_batches", "refused_readings", "epochs", "store_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PRODUCED_FIELD_NUMBER: _ClassVar[int]
    STORED_FIELD_NUMBER: _ClassVar[int]
    DROPS_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    IN_FLIGHT_FIELD_NUMBER: _ClassVar[int]
    MISSING_RANGES_FIELD_NUMBER: _ClassVar[int]
    MISSING_BATCHES_FIELD_NUMBER: _ClassVar[int]
    REPEATED_BATCHES_FIELD_NUMBER: _ClassVar[int]
    CONFLICTING_BATCHES_FIELD_NUMBER: _ClassVar[int]
    REFUSED_BATCHES_FIELD_NUMBER: _ClassVar[int]
    REFUSED_READINGS_FIELD_NUMBER: _ClassVar[int]
    EPOCHS_FIELD_NUMBER: _ClassVar[int]
    STORE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    produced: int
    stored: int
    drops: _containers.RepeatedCompositeFieldContainer[_reading_batch_pb2.Drop]
    dropped: int
    in_flight: int
    missing_ranges: _containers.RepeatedCompositeFieldContainer[MissingRange]
    missing_batches: int
    repeated_batches: int
    conflicting_batches: int
    refused_batches: int
    refused_readings: int
    epochs: _containers.RepeatedCompositeFieldContainer[EpochDelivery]
    store_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., produced: _Optional[int] = ..., stored: _Optional[int] = ..., drops: _Optional[_Iterable[_Union[_reading_batch_pb2.Drop, _Mapping]]] = ..., dropped: _Optional[int] = ..., in_flight: _Optional[int] = ..., missing_ranges: _Optional[_Iterable[_Union[MissingRange, _Mapping]]] = ..., missing_batches: _Optional[int] = ..., repeated_batches: _Optional[int] = ..., conflicting_batches: _Optional[int] = ..., refused_batches: _Optional[int] = ..., refused_readings: _Optional[int] = ..., epochs: _Optional[_Iterable[_Union[EpochDelivery, _Mapping]]] = ..., store_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class EpochDelivery(_message.Message):
    __slots__ = ("epoch", "high_water_sequence", "last_sequence", "produced", "stored", "dropped")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    HIGH_WATER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    PRODUCED_FIELD_NUMBER: _ClassVar[int]
    STORED_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    high_water_sequence: int
    last_sequence: int
    produced: int
    stored: int
    dropped: int
    def __init__(self, epoch: _Optional[int] = ..., high_water_sequence: _Optional[int] = ..., last_sequence: _Optional[int] = ..., produced: _Optional[int] = ..., stored: _Optional[int] = ..., dropped: _Optional[int] = ...) -> None: ...

class MissingRange(_message.Message):
    __slots__ = ("epoch", "first_sequence", "last_sequence")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    first_sequence: int
    last_sequence: int
    def __init__(self, epoch: _Optional[int] = ..., first_sequence: _Optional[int] = ..., last_sequence: _Optional[int] = ...) -> None: ...

class IngestStatus(_message.Message):
    __slots__ = ("stored_readings", "stored_since_start", "readings_per_second", "repeated_batches", "refused_batches", "latency_p50", "latency_p99", "pending_batches", "start_time", "nodes")
    class RefusedBatchesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    STORED_READINGS_FIELD_NUMBER: _ClassVar[int]
    STORED_SINCE_START_FIELD_NUMBER: _ClassVar[int]
    READINGS_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    REPEATED_BATCHES_FIELD_NUMBER: _ClassVar[int]
    REFUSED_BATCHES_FIELD_NUMBER: _ClassVar[int]
    LATENCY_P50_FIELD_NUMBER: _ClassVar[int]
    LATENCY_P99_FIELD_NUMBER: _ClassVar[int]
    PENDING_BATCHES_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    stored_readings: int
    stored_since_start: int
    readings_per_second: float
    repeated_batches: int
    refused_batches: _containers.ScalarMap[str, int]
    latency_p50: _duration_pb2.Duration
    latency_p99: _duration_pb2.Duration
    pending_batches: int
    start_time: _timestamp_pb2.Timestamp
    nodes: int
    def __init__(self, stored_readings: _Optional[int] = ..., stored_since_start: _Optional[int] = ..., readings_per_second: _Optional[float] = ..., repeated_batches: _Optional[int] = ..., refused_batches: _Optional[_Mapping[str, int]] = ..., latency_p50: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., latency_p99: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., pending_batches: _Optional[int] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., nodes: _Optional[int] = ...) -> None: ...
