from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Audience(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUDIENCE_UNSPECIFIED: _ClassVar[Audience]
    AUDIENCE_ROLES: _ClassVar[Audience]
    AUDIENCE_AUTHENTICATED: _ClassVar[Audience]
    AUDIENCE_ANYONE: _ClassVar[Audience]

class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLE_UNSPECIFIED: _ClassVar[Role]
    ROLE_PLATFORM_ENGINEER: _ClassVar[Role]
    ROLE_FIELD_ENGINEER: _ClassVar[Role]
    ROLE_SERVICE: _ClassVar[Role]
    ROLE_VIEWER: _ClassVar[Role]
    ROLE_SOURCE: _ClassVar[Role]
    ROLE_APP_OWNER: _ClassVar[Role]
    ROLE_DUTY_OFFICER: _ClassVar[Role]
    ROLE_WARNING_SIGNER: _ClassVar[Role]
    ROLE_WARNING_AUTHORITY: _ClassVar[Role]
    ROLE_CLINICIAN: _ClassVar[Role]
    ROLE_SUPERVISOR: _ClassVar[Role]
    ROLE_INSPECTOR: _ClassVar[Role]
    ROLE_AUDITOR: _ClassVar[Role]
    ROLE_ENERGY_MANAGER: _ClassVar[Role]
    ROLE_GRID_DISPATCHER: _ClassVar[Role]
    ROLE_STATION_OPERATOR: _ClassVar[Role]
AUDIENCE_UNSPECIFIED: Audience
AUDIENCE_ROLES: Audience
AUDIENCE_AUTHENTICATED: Audience
AUDIENCE_ANYONE: Audience
ROLE_UNSPECIFIED: Role
ROLE_PLATFORM_ENGINEER: Role
ROLE_FIELD_ENGINEER: Role
ROLE_SERVICE: Role
ROLE_VIEWER: Role
ROLE_SOURCE: Role
ROLE_APP_OWNER: Role
ROLE_DUTY_OFFICER: Role
ROLE_WARNING_SIGNER: Role
ROLE_WARNING_AUTHORITY: Role
ROLE_CLINICIAN: Role
ROLE_SUPERVISOR: Role
ROLE_INSPECTOR: Role
ROLE_AUDITOR: Role
ROLE_ENERGY_MANAGER: Role
ROLE_GRID_DISPATCHER: Role
ROLE_STATION_OPERATOR: Role
RULE_FIELD_NUMBER: _ClassVar[int]
rule: _descriptor.FieldDescriptor

class Rule(_message.Message):
    __slots__ = ("audience", "roles")
    AUDIENCE_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    audience: Audience
    roles: _containers.RepeatedScalarFieldContainer[Role]
    def __init__(self, audience: _Optional[_Union[Audience, str]] = ..., roles: _Optional[_Iterable[_Union[Role, str]]] = ...) -> None: ...
