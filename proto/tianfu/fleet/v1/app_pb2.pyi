import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AppState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    APP_STATE_UNSPECIFIED: _ClassVar[AppState]
    APP_STATE_PREPARING: _ClassVar[AppState]
    APP_STATE_STARTING: _ClassVar[AppState]
    APP_STATE_READY: _ClassVar[AppState]
    APP_STATE_BACKING_OFF: _ClassVar[AppState]
    APP_STATE_FAILED: _ClassVar[AppState]
    APP_STATE_ROLLED_BACK: _ClassVar[AppState]
    APP_STATE_WAITING: _ClassVar[AppState]
    APP_STATE_STOPPED: _ClassVar[AppState]
APP_STATE_UNSPECIFIED: AppState
APP_STATE_PREPARING: AppState
APP_STATE_STARTING: AppState
APP_STATE_READY: AppState
APP_STATE_BACKING_OFF: AppState
APP_STATE_FAILED: AppState
APP_STATE_ROLLED_BACK: AppState
APP_STATE_WAITING: AppState
APP_STATE_STOPPED: AppState

class NodeApp(_message.Message):
    __slots__ = ("name", "revision", "wheel", "image", "settings", "resources_milli", "tenant", "health_check")
    class SettingsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class ResourcesMilliEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    WHEEL_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_MILLI_FIELD_NUMBER: _ClassVar[int]
    TENANT_FIELD_NUMBER: _ClassVar[int]
    HEALTH_CHECK_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    wheel: WheelArtifact
    image: ImageArtifact
    settings: _containers.ScalarMap[str, str]
    resources_milli: _containers.ScalarMap[str, int]
    tenant: str
    health_check: AppHealthCheck
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., wheel: _Optional[_Union[WheelArtifact, _Mapping]] = ..., image: _Optional[_Union[ImageArtifact, _Mapping]] = ..., settings: _Optional[_Mapping[str, str]] = ..., resources_milli: _Optional[_Mapping[str, int]] = ..., tenant: _Optional[str] = ..., health_check: _Optional[_Union[AppHealthCheck, _Mapping]] = ...) -> None: ...

class WheelArtifact(_message.Message):
    __slots__ = ("package", "version", "sha256", "module")
    PACKAGE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    MODULE_FIELD_NUMBER: _ClassVar[int]
    package: str
    version: str
    sha256: str
    module: str
    def __init__(self, package: _Optional[str] = ..., version: _Optional[str] = ..., sha256: _Optional[str] = ..., module: _Optional[str] = ...) -> None: ...

class ImageArtifact(_message.Message):
    __slots__ = ("reference",)
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    reference: str
    def __init__(self, reference: _Optional[str] = ...) -> None: ...

class AppHealthCheck(_message.Message):
    __slots__ = ("http", "touch", "interval", "timeout", "failures_max", "start_within")
    HTTP_FIELD_NUMBER: _ClassVar[int]
    TOUCH_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    FAILURES_MAX_FIELD_NUMBER: _ClassVar[int]
    START_WITHIN_FIELD_NUMBER: _ClassVar[int]
    http: HttpProbe
    touch: TouchProbe
    interval: _duration_pb2.Duration
    timeout: _duration_pb2.Duration
    failures_max: int
    start_within: _duration_pb2.Duration
    def __init__(self, http: _Optional[_Union[HttpProbe, _Mapping]] = ..., touch: _Optional[_Union[TouchProbe, _Mapping]] = ..., interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., failures_max: _Optional[int] = ..., start_within: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class HttpProbe(_message.Message):
    __slots__ = ("port", "path")
    PORT_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    port: int
    path: str
    def __init__(self, port: _Optional[int] = ..., path: _Optional[str] = ...) -> None: ...

class TouchProbe(_message.Message):
    __slots__ = ("age_max",)
    AGE_MAX_FIELD_NUMBER: _ClassVar[int]
    age_max: _duration_pb2.Duration
    def __init__(self, age_max: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class AppReport(_message.Message):
    __slots__ = ("name", "desired_revision", "revision", "state", "since_time", "reason", "message", "restarts", "unenforced")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESIRED_REVISION_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SINCE_TIME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RESTARTS_FIELD_NUMBER: _ClassVar[int]
    UNENFORCED_FIELD_NUMBER: _ClassVar[int]
    name: str
    desired_revision: int
    revision: int
    state: AppState
    since_time: _timestamp_pb2.Timestamp
    reason: str
    message: str
    restarts: int
    unenforced: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., desired_revision: _Optional[int] = ..., revision: _Optional[int] = ..., state: _Optional[_Union[AppState, str]] = ..., since_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., restarts: _Optional[int] = ..., unenforced: _Optional[_Iterable[str]] = ...) -> None: ...
