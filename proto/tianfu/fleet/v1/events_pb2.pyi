import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.fleet.v1 import node_pb2 as _node_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NodeCreated(_message.Message):
    __slots__ = ("node", "node_class", "place_code", "event_time")
    NODE_FIELD_NUMBER: _ClassVar[int]
    NODE_CLASS_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    node: str
    node_class: _node_pb2.NodeClass
    place_code: str
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, node: _Optional[str] = ..., node_class: _Optional[_Union[_node_pb2.NodeClass, str]] = ..., place_code: _Optional[str] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class NodeDeleted(_message.Message):
    __slots__ = ("node", "event_time")
    NODE_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    node: str
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, node: _Optional[str] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class NodePresenceChanged(_message.Message):
    __slots__ = ("node", "previous", "presence", "event_time", "place_code")
    NODE_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    node: str
    previous: _node_pb2.Presence
    presence: _node_pb2.Presence
    event_time: _timestamp_pb2.Timestamp
    place_code: str
    def __init__(self, node: _Optional[str] = ..., previous: _Optional[_Union[_node_pb2.Presence, str]] = ..., presence: _Optional[_Union[_node_pb2.Presence, str]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., place_code: _Optional[str] = ...) -> None: ...

class NodePlace(_message.Message):
    __slots__ = ("node", "place_code", "change_time")
    NODE_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    CHANGE_TIME_FIELD_NUMBER: _ClassVar[int]
    node: str
    place_code: str
    change_time: _timestamp_pb2.Timestamp
    def __init__(self, node: _Optional[str] = ..., place_code: _Optional[str] = ..., change_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class NodeIdentityChanged(_message.Message):
    __slots__ = ("node", "identity_state", "event_time")
    NODE_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_STATE_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    node: str
    identity_state: _node_pb2.IdentityState
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, node: _Optional[str] = ..., identity_state: _Optional[_Union[_node_pb2.IdentityState, str]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
