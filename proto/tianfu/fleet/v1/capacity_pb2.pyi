import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CapacityMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAPACITY_MODE_UNSPECIFIED: _ClassVar[CapacityMode]
    CAPACITY_MODE_NODE_OWN: _ClassVar[CapacityMode]
    CAPACITY_MODE_SHARES: _ClassVar[CapacityMode]

class ShareUse(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SHARE_USE_UNSPECIFIED: _ClassVar[ShareUse]
    SHARE_USE_ACTIVE: _ClassVar[ShareUse]
    SHARE_USE_REVOKED: _ClassVar[ShareUse]

class ShareState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SHARE_STATE_UNSPECIFIED: _ClassVar[ShareState]
    SHARE_STATE_HELD: _ClassVar[ShareState]
    SHARE_STATE_RELEASED: _ClassVar[ShareState]
    SHARE_STATE_ENDED: _ClassVar[ShareState]
    SHARE_STATE_REFUSED: _ClassVar[ShareState]
CAPACITY_MODE_UNSPECIFIED: CapacityMode
CAPACITY_MODE_NODE_OWN: CapacityMode
CAPACITY_MODE_SHARES: CapacityMode
SHARE_USE_UNSPECIFIED: ShareUse
SHARE_USE_ACTIVE: ShareUse
SHARE_USE_REVOKED: ShareUse
SHARE_STATE_UNSPECIFIED: ShareState
SHARE_STATE_HELD: ShareState
SHARE_STATE_RELEASED: ShareState
SHARE_STATE_ENDED: ShareState
SHARE_STATE_REFUSED: ShareState

class CapacityShare(_message.Message):
    __slots__ = ("share_id", "epoch", "tenant", "claim", "amounts_milli", "lease_end_time", "use")
    class AmountsMilliEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    SHARE_ID_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    TENANT_FIELD_NUMBER: _ClassVar[int]
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    AMOUNTS_MILLI_FIELD_NUMBER: _ClassVar[int]
    LEASE_END_TIME_FIELD_NUMBER: _ClassVar[int]
    USE_FIELD_NUMBER: _ClassVar[int]
    share_id: str
    epoch: int
    tenant: str
    claim: str
    amounts_milli: _containers.ScalarMap[str, int]
    lease_end_time: _timestamp_pb2.Timestamp
    use: ShareUse
    def __init__(self, share_id: _Optional[str] = ..., epoch: _Optional[int] = ..., tenant: _Optional[str] = ..., claim: _Optional[str] = ..., amounts_milli: _Optional[_Mapping[str, int]] = ..., lease_end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., use: _Optional[_Union[ShareUse, str]] = ...) -> None: ...

class ShareReport(_message.Message):
    __slots__ = ("share_id", "epoch", "state", "since_time", "reason")
    SHARE_ID_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SINCE_TIME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    share_id: str
    epoch: int
    state: ShareState
    since_time: _timestamp_pb2.Timestamp
    reason: str
    def __init__(self, share_id: _Optional[str] = ..., epoch: _Optional[int] = ..., state: _Optional[_Union[ShareState, str]] = ..., since_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...
