import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.fleet.v1 import node_pb2 as _node_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DiagnosticCommand(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIAGNOSTIC_COMMAND_UNSPECIFIED: _ClassVar[DiagnosticCommand]
    DIAGNOSTIC_COMMAND_STATUS: _ClassVar[DiagnosticCommand]
    DIAGNOSTIC_COMMAND_DOCTOR: _ClassVar[DiagnosticCommand]
    DIAGNOSTIC_COMMAND_SPOOL: _ClassVar[DiagnosticCommand]
    DIAGNOSTIC_COMMAND_LOGS: _ClassVar[DiagnosticCommand]
    DIAGNOSTIC_COMMAND_PLAN: _ClassVar[DiagnosticCommand]
    DIAGNOSTIC_COMMAND_CLOCK: _ClassVar[DiagnosticCommand]
    DIAGNOSTIC_COMMAND_VERSION: _ClassVar[DiagnosticCommand]
    DIAGNOSTIC_COMMAND_APPS: _ClassVar[DiagnosticCommand]
    DIAGNOSTIC_COMMAND_APP_LOG: _ClassVar[DiagnosticCommand]
    DIAGNOSTIC_COMMAND_LINK: _ClassVar[DiagnosticCommand]

class DiagnosticVerdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIAGNOSTIC_VERDICT_UNSPECIFIED: _ClassVar[DiagnosticVerdict]
    DIAGNOSTIC_VERDICT_GOOD: _ClassVar[DiagnosticVerdict]
    DIAGNOSTIC_VERDICT_DOUBTFUL: _ClassVar[DiagnosticVerdict]
    DIAGNOSTIC_VERDICT_BAD: _ClassVar[DiagnosticVerdict]
DIAGNOSTIC_COMMAND_UNSPECIFIED: DiagnosticCommand
DIAGNOSTIC_COMMAND_STATUS: DiagnosticCommand
DIAGNOSTIC_COMMAND_DOCTOR: DiagnosticCommand
DIAGNOSTIC_COMMAND_SPOOL: DiagnosticCommand
DIAGNOSTIC_COMMAND_LOGS: DiagnosticCommand
DIAGNOSTIC_COMMAND_PLAN: DiagnosticCommand
DIAGNOSTIC_COMMAND_CLOCK: DiagnosticCommand
DIAGNOSTIC_COMMAND_VERSION: DiagnosticCommand
DIAGNOSTIC_COMMAND_APPS: DiagnosticCommand
DIAGNOSTIC_COMMAND_APP_LOG: DiagnosticCommand
DIAGNOSTIC_COMMAND_LINK: DiagnosticCommand
DIAGNOSTIC_VERDICT_UNSPECIFIED: DiagnosticVerdict
DIAGNOSTIC_VERDICT_GOOD: DiagnosticVerdict
DIAGNOSTIC_VERDICT_DOUBTFUL: DiagnosticVerdict
DIAGNOSTIC_VERDICT_BAD: DiagnosticVerdict

class DiagnosisRequest(_message.Message):
    __slots__ = ("request_id", "command", "app", "max_lines", "timeout")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    APP_FIELD_NUMBER: _ClassVar[int]
    MAX_LINES_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    command: DiagnosticCommand
    app: str
    max_lines: int
    timeout: _duration_pb2.Duration
    def __init__(self, request_id: _Optional[str] = ..., command: _Optional[_Union[DiagnosticCommand, str]] = ..., app: _Optional[str] = ..., max_lines: _Optional[int] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class DiagnosisAnswer(_message.Message):
    __slots__ = ("request_id", "node", "reason", "message", "diagnosis")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSIS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    node: str
    reason: str
    message: str
    diagnosis: NodeDiagnosis
    def __init__(self, request_id: _Optional[str] = ..., node: _Optional[str] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., diagnosis: _Optional[_Union[NodeDiagnosis, _Mapping]] = ...) -> None: ...

class NodeDiagnosis(_message.Message):
    __slots__ = ("name", "command", "answer_time", "agent_version", "truncated", "link", "clock", "spool", "plan", "findings", "log_lines", "drivers", "counts")
    NAME_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    ANSWER_TIME_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    LINK_FIELD_NUMBER: _ClassVar[int]
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    SPOOL_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    LOG_LINES_FIELD_NUMBER: _ClassVar[int]
    DRIVERS_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    command: DiagnosticCommand
    answer_time: _timestamp_pb2.Timestamp
    agent_version: str
    truncated: bool
    link: LinkDiagnosis
    clock: ClockDiagnosis
    spool: SpoolDiagnosis
    plan: _node_pb2.PlanReport
    findings: _containers.RepeatedCompositeFieldContainer[DiagnosticFinding]
    log_lines: _containers.RepeatedCompositeFieldContainer[DiagnosticLogLine]
    drivers: _containers.RepeatedCompositeFieldContainer[DriverDiagnosis]
    counts: _containers.RepeatedCompositeFieldContainer[ReasonCount]
    def __init__(self, name: _Optional[str] = ..., command: _Optional[_Union[DiagnosticCommand, str]] = ..., answer_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., agent_version: _Optional[str] = ..., truncated: _Optional[bool] = ..., link: _Optional[_Union[LinkDiagnosis, _Mapping]] = ..., clock: _Optional[_Union[ClockDiagnosis, _Mapping]] = ..., spool: _Optional[_Union[SpoolDiagnosis, _Mapping]] = ..., plan: _Optional[_Union[_node_pb2.PlanReport, _Mapping]] = ..., findings: _Optional[_Iterable[_Union[DiagnosticFinding, _Mapping]]] = ..., log_lines: _Optional[_Iterable[_Union[DiagnosticLogLine, _Mapping]]] = ..., drivers: _Optional[_Iterable[_Union[DriverDiagnosis, _Mapping]]] = ..., counts: _Optional[_Iterable[_Union[ReasonCount, _Mapping]]] = ...) -> None: ...

class LinkDiagnosis(_message.Message):
    __slots__ = ("connected", "server", "sessions", "reason", "events")
    CONNECTED_FIELD_NUMBER: _ClassVar[int]
    SERVER_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    connected: bool
    server: str
    sessions: int
    reason: str
    events: _containers.RepeatedCompositeFieldContainer[LinkEvent]
    def __init__(self, connected: _Optional[bool] = ..., server: _Optional[str] = ..., sessions: _Optional[int] = ..., reason: _Optional[str] = ..., events: _Optional[_Iterable[_Union[LinkEvent, _Mapping]]] = ...) -> None: ...

class LinkEvent(_message.Message):
    __slots__ = ("event_time", "reason", "server")
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SERVER_FIELD_NUMBER: _ClassVar[int]
    event_time: _timestamp_pb2.Timestamp
    reason: str
    server: str
    def __init__(self, event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ..., server: _Optional[str] = ...) -> None: ...

class ClockDiagnosis(_message.Message):
    __slots__ = ("node_time", "offset", "set", "jumps")
    NODE_TIME_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    SET_FIELD_NUMBER: _ClassVar[int]
    JUMPS_FIELD_NUMBER: _ClassVar[int]
    node_time: _timestamp_pb2.Timestamp
    offset: _duration_pb2.Duration
    set: bool
    jumps: int
    def __init__(self, node_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., offset: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., set: _Optional[bool] = ..., jumps: _Optional[int] = ...) -> None: ...

class SpoolDiagnosis(_message.Message):
    __slots__ = ("epoch", "sequence", "produced_readings", "acknowledged_readings", "waiting_readings", "waiting_batches", "dropped_readings", "drops", "used_bytes", "limit_bytes", "disk_failures", "damaged_files")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    PRODUCED_READINGS_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGED_READINGS_FIELD_NUMBER: _ClassVar[int]
    WAITING_READINGS_FIELD_NUMBER: _ClassVar[int]
    WAITING_BATCHES_FIELD_NUMBER: _ClassVar[int]
    DROPPED_READINGS_FIELD_NUMBER: _ClassVar[int]
    DROPS_FIELD_NUMBER: _ClassVar[int]
    USED_BYTES_FIELD_NUMBER: _ClassVar[int]
    LIMIT_BYTES_FIELD_NUMBER: _ClassVar[int]
    DISK_FAILURES_FIELD_NUMBER: _ClassVar[int]
    DAMAGED_FILES_FIELD_NUMBER: _ClassVar[int]
    epoch: str
    sequence: int
    produced_readings: int
    acknowledged_readings: int
    waiting_readings: int
    waiting_batches: int
    dropped_readings: int
    drops: _containers.RepeatedCompositeFieldContainer[SpoolDrop]
    used_bytes: int
    limit_bytes: int
    disk_failures: int
    damaged_files: int
    def __init__(self, epoch: _Optional[str] = ..., sequence: _Optional[int] = ..., produced_readings: _Optional[int] = ..., acknowledged_readings: _Optional[int] = ..., waiting_readings: _Optional[int] = ..., waiting_batches: _Optional[int] = ..., dropped_readings: _Optional[int] = ..., drops: _Optional[_Iterable[_Union[SpoolDrop, _Mapping]]] = ..., used_bytes: _Optional[int] = ..., limit_bytes: _Optional[int] = ..., disk_failures: _Optional[int] = ..., damaged_files: _Optional[int] = ...) -> None: ...

class SpoolDrop(_message.Message):
    __slots__ = ("priority", "reason", "readings")
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    READINGS_FIELD_NUMBER: _ClassVar[int]
    priority: int
    reason: str
    readings: int
    def __init__(self, priority: _Optional[int] = ..., reason: _Optional[str] = ..., readings: _Optional[int] = ...) -> None: ...

class DiagnosticFinding(_message.Message):
    __slots__ = ("check", "verdict", "says", "reason", "fix")
    CHECK_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    SAYS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    FIX_FIELD_NUMBER: _ClassVar[int]
    check: str
    verdict: DiagnosticVerdict
    says: str
    reason: str
    fix: str
    def __init__(self, check: _Optional[str] = ..., verdict: _Optional[_Union[DiagnosticVerdict, str]] = ..., says: _Optional[str] = ..., reason: _Optional[str] = ..., fix: _Optional[str] = ...) -> None: ...

class DiagnosticLogLine(_message.Message):
    __slots__ = ("log_time", "level", "logger", "text", "fields")
    class FieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    LOG_TIME_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    LOGGER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    log_time: _timestamp_pb2.Timestamp
    level: str
    logger: str
    text: str
    fields: _containers.ScalarMap[str, str]
    def __init__(self, log_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., level: _Optional[str] = ..., logger: _Optional[str] = ..., text: _Optional[str] = ..., fields: _Optional[_Mapping[str, str]] = ...) -> None: ...

class DriverDiagnosis(_message.Message):
    __slots__ = ("name", "sent_readings", "failures", "missed", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SENT_READINGS_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    MISSED_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    sent_readings: int
    failures: int
    missed: int
    reason: str
    def __init__(self, name: _Optional[str] = ..., sent_readings: _Optional[int] = ..., failures: _Optional[int] = ..., missed: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class ReasonCount(_message.Message):
    __slots__ = ("reason", "number")
    REASON_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    reason: str
    number: int
    def __init__(self, reason: _Optional[str] = ..., number: _Optional[int] = ...) -> None: ...
