import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.healthcare.v1 import patient_pb2 as _patient_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AlertFacts(_message.Message):
    __slots__ = ("alert", "kind", "grade", "told_role", "step")
    ALERT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    GRADE_FIELD_NUMBER: _ClassVar[int]
    TOLD_ROLE_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    alert: str
    kind: _patient_pb2.AlertKind
    grade: str
    told_role: str
    step: int
    def __init__(self, alert: _Optional[str] = ..., kind: _Optional[_Union[_patient_pb2.AlertKind, str]] = ..., grade: _Optional[str] = ..., told_role: _Optional[str] = ..., step: _Optional[int] = ...) -> None: ...

class AlertOpened(_message.Message):
    __slots__ = ("facts", "event_time")
    FACTS_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    facts: AlertFacts
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, facts: _Optional[_Union[AlertFacts, _Mapping]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AlertEscalated(_message.Message):
    __slots__ = ("facts", "event_time")
    FACTS_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    facts: AlertFacts
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, facts: _Optional[_Union[AlertFacts, _Mapping]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AlertAcknowledged(_message.Message):
    __slots__ = ("facts", "event_time")
    FACTS_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    facts: AlertFacts
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, facts: _Optional[_Union[AlertFacts, _Mapping]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AlertWithdrawn(_message.Message):
    __slots__ = ("facts", "event_time")
    FACTS_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    facts: AlertFacts
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, facts: _Optional[_Union[AlertFacts, _Mapping]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
