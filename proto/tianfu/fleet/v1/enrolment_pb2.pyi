import datetime

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

class EnrolmentState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENROLMENT_STATE_UNSPECIFIED: _ClassVar[EnrolmentState]
    ENROLMENT_STATE_NONE: _ClassVar[EnrolmentState]
    ENROLMENT_STATE_ENROLLED: _ClassVar[EnrolmentState]
    ENROLMENT_STATE_REVOKED: _ClassVar[EnrolmentState]
ENROLMENT_STATE_UNSPECIFIED: EnrolmentState
ENROLMENT_STATE_NONE: EnrolmentState
ENROLMENT_STATE_ENROLLED: EnrolmentState
ENROLMENT_STATE_REVOKED: EnrolmentState

class Enrolment(_message.Message):
    __slots__ = ("name", "state", "public_key", "enrol_time", "renew_time", "expire_time", "revoke_time", "revoke_cause", "revoke_applied")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    ENROL_TIME_FIELD_NUMBER: _ClassVar[int]
    RENEW_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    REVOKE_TIME_FIELD_NUMBER: _ClassVar[int]
    REVOKE_CAUSE_FIELD_NUMBER: _ClassVar[int]
    REVOKE_APPLIED_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: EnrolmentState
    public_key: str
    enrol_time: _timestamp_pb2.Timestamp
    renew_time: _timestamp_pb2.Timestamp
    expire_time: _timestamp_pb2.Timestamp
    revoke_time: _timestamp_pb2.Timestamp
    revoke_cause: str
    revoke_applied: bool
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[EnrolmentState, str]] = ..., public_key: _Optional[str] = ..., enrol_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., renew_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revoke_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revoke_cause: _Optional[str] = ..., revoke_applied: _Optional[bool] = ...) -> None: ...

class NodeCredentials(_message.Message):
    __slots__ = ("nats_token", "expire_time", "renew_time", "issue_time", "nats_urls")
    NATS_TOKEN_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    RENEW_TIME_FIELD_NUMBER: _ClassVar[int]
    ISSUE_TIME_FIELD_NUMBER: _ClassVar[int]
    NATS_URLS_FIELD_NUMBER: _ClassVar[int]
    nats_token: str
    expire_time: _timestamp_pb2.Timestamp
    renew_time: _timestamp_pb2.Timestamp
    issue_time: _timestamp_pb2.Timestamp
    nats_urls: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, nats_token: _Optional[str] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., renew_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., issue_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., nats_urls: _Optional[_Iterable[str]] = ...) -> None: ...

class EnrolmentProof(_message.Message):
    __slots__ = ("purpose", "name", "token_digest", "public_key", "new_public_key")
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TOKEN_DIGEST_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    NEW_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    purpose: str
    name: str
    token_digest: bytes
    public_key: str
    new_public_key: str
    def __init__(self, purpose: _Optional[str] = ..., name: _Optional[str] = ..., token_digest: _Optional[bytes] = ..., public_key: _Optional[str] = ..., new_public_key: _Optional[str] = ...) -> None: ...
