import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class UpdateState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UPDATE_STATE_UNSPECIFIED: _ClassVar[UpdateState]
    UPDATE_STATE_CURRENT: _ClassVar[UpdateState]
    UPDATE_STATE_STAGING: _ClassVar[UpdateState]
    UPDATE_STATE_TRYING: _ClassVar[UpdateState]
    UPDATE_STATE_ROLLED_BACK: _ClassVar[UpdateState]
    UPDATE_STATE_REFUSED: _ClassVar[UpdateState]
UPDATE_STATE_UNSPECIFIED: UpdateState
UPDATE_STATE_CURRENT: UpdateState
UPDATE_STATE_STAGING: UpdateState
UPDATE_STATE_TRYING: UpdateState
UPDATE_STATE_ROLLED_BACK: UpdateState
UPDATE_STATE_REFUSED: UpdateState

class UpdateBundle(_message.Message):
    __slots__ = ("files",)
    FILES_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[UpdateFile]
    def __init__(self, files: _Optional[_Iterable[_Union[UpdateFile, _Mapping]]] = ...) -> None: ...

class UpdateFile(_message.Message):
    __slots__ = ("name", "content")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    content: bytes
    def __init__(self, name: _Optional[str] = ..., content: _Optional[bytes] = ...) -> None: ...

class AgentWish(_message.Message):
    __slots__ = ("channel", "version")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    channel: str
    version: str
    def __init__(self, channel: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class AgentReport(_message.Message):
    __slots__ = ("version", "channel", "state", "wanted_version", "since_time", "reason", "message")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    WANTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    SINCE_TIME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    version: str
    channel: str
    state: UpdateState
    wanted_version: str
    since_time: _timestamp_pb2.Timestamp
    reason: str
    message: str
    def __init__(self, version: _Optional[str] = ..., channel: _Optional[str] = ..., state: _Optional[_Union[UpdateState, str]] = ..., wanted_version: _Optional[str] = ..., since_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...
