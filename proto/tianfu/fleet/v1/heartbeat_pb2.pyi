import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.reading.v1 import reading_batch_pb2 as _reading_batch_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Heartbeat(_message.Message):
    __slots__ = ("node", "instance", "start_time", "send_time", "clock_offset_us", "agent_version", "epoch", "produced_total", "drops", "spooled_readings", "spooled_bytes", "sequence", "plan_generation", "interval_ms")
    NODE_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    SEND_TIME_FIELD_NUMBER: _ClassVar[int]
    CLOCK_OFFSET_US_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    PRODUCED_TOTAL_FIELD_NUMBER: _ClassVar[int]
    DROPS_FIELD_NUMBER: _ClassVar[int]
    SPOOLED_READINGS_FIELD_NUMBER: _ClassVar[int]
    SPOOLED_BYTES_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    PLAN_GENERATION_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_MS_FIELD_NUMBER: _ClassVar[int]
    node: str
    instance: int
    start_time: _timestamp_pb2.Timestamp
    send_time: _timestamp_pb2.Timestamp
    clock_offset_us: int
    agent_version: str
    epoch: int
    produced_total: int
    drops: _containers.RepeatedCompositeFieldContainer[_reading_batch_pb2.Drop]
    spooled_readings: int
    spooled_bytes: int
    sequence: int
    plan_generation: int
    interval_ms: int
    def __init__(self, node: _Optional[str] = ..., instance: _Optional[int] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., send_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., clock_offset_us: _Optional[int] = ..., agent_version: _Optional[str] = ..., epoch: _Optional[int] = ..., produced_total: _Optional[int] = ..., drops: _Optional[_Iterable[_Union[_reading_batch_pb2.Drop, _Mapping]]] = ..., spooled_readings: _Optional[int] = ..., spooled_bytes: _Optional[int] = ..., sequence: _Optional[int] = ..., plan_generation: _Optional[int] = ..., interval_ms: _Optional[int] = ...) -> None: ...

class HeartbeatReply(_message.Message):
    __slots__ = ("receive_time", "reply_time")
    RECEIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    REPLY_TIME_FIELD_NUMBER: _ClassVar[int]
    receive_time: _timestamp_pb2.Timestamp
    reply_time: _timestamp_pb2.Timestamp
    def __init__(self, receive_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reply_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
