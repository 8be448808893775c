import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import client_pb2 as _client_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.authz.v1 import authz_pb2 as _authz_pb2
from tianfu.fleet.v1 import app_pb2 as _app_pb2
from tianfu.fleet.v1 import capacity_pb2 as _capacity_pb2
from tianfu.fleet.v1 import control_plane_pb2 as _control_plane_pb2
from tianfu.fleet.v1 import diagnosis_pb2 as _diagnosis_pb2
from tianfu.fleet.v1 import enrolment_pb2 as _enrolment_pb2
from tianfu.fleet.v1 import node_pb2 as _node_pb2
from tianfu.fleet.v1 import rule_set_pb2 as _rule_set_pb2
from tianfu.fleet.v1 import update_pb2 as _update_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CreateNodeRequest(_message.Message):
    __slots__ = ("node", "node_id", "request_id")
    NODE_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    node: _node_pb2.Node
    node_id: str
    request_id: str
    def __init__(self, node: _Optional[_Union[_node_pb2.Node, _Mapping]] = ..., node_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetNodeRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListNodesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListNodesResponse(_message.Message):
    __slots__ = ("nodes", "next_page_token", "total_size")
    NODES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedCompositeFieldContainer[_node_pb2.Node]
    next_page_token: str
    total_size: int
    def __init__(self, nodes: _Optional[_Iterable[_Union[_node_pb2.Node, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ...) -> None: ...

class UpdateNodeRequest(_message.Message):
    __slots__ = ("node", "update_mask")
    NODE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    node: _node_pb2.Node
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, node: _Optional[_Union[_node_pb2.Node, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class DeleteNodeRequest(_message.Message):
    __slots__ = ("name", "etag")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    name: str
    etag: str
    def __init__(self, name: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class WatchNodesRequest(_message.Message):
    __slots__ = ("filter", "resume_token")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    filter: str
    resume_token: str
    def __init__(self, filter: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...

class WatchNodesResponse(_message.Message):
    __slots__ = ("change", "node", "resume_token")
    class Change(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CHANGE_UNSPECIFIED: _ClassVar[WatchNodesResponse.Change]
        CHANGE_PRESENT: _ClassVar[WatchNodesResponse.Change]
        CHANGE_DELETED: _ClassVar[WatchNodesResponse.Change]
        CHANGE_CAUGHT_UP: _ClassVar[WatchNodesResponse.Change]
    CHANGE_UNSPECIFIED: WatchNodesResponse.Change
    CHANGE_PRESENT: WatchNodesResponse.Change
    CHANGE_DELETED: WatchNodesResponse.Change
    CHANGE_CAUGHT_UP: WatchNodesResponse.Change
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    change: WatchNodesResponse.Change
    node: _node_pb2.Node
    resume_token: str
    def __init__(self, change: _Optional[_Union[WatchNodesResponse.Change, str]] = ..., node: _Optional[_Union[_node_pb2.Node, _Mapping]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class GetNodePlanRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class UpdateNodePlanRequest(_message.Message):
    __slots__ = ("plan", "update_mask")
    PLAN_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    plan: _node_pb2.NodePlan
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, plan: _Optional[_Union[_node_pb2.NodePlan, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class NodePlanPatch(_message.Message):
    __slots__ = ("name", "apps", "removed_apps", "capacity_mode", "shares", "removed_shares", "rule_sets", "removed_rule_sets", "agent")
    NAME_FIELD_NUMBER: _ClassVar[int]
    APPS_FIELD_NUMBER: _ClassVar[int]
    REMOVED_APPS_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_MODE_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    REMOVED_SHARES_FIELD_NUMBER: _ClassVar[int]
    RULE_SETS_FIELD_NUMBER: _ClassVar[int]
    REMOVED_RULE_SETS_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    apps: _containers.RepeatedCompositeFieldContainer[_app_pb2.NodeApp]
    removed_apps: _containers.RepeatedScalarFieldContainer[str]
    capacity_mode: _capacity_pb2.CapacityMode
    shares: _containers.RepeatedCompositeFieldContainer[_capacity_pb2.CapacityShare]
    removed_shares: _containers.RepeatedScalarFieldContainer[str]
    rule_sets: _containers.RepeatedCompositeFieldContainer[_rule_set_pb2.SignedRuleSet]
    removed_rule_sets: _containers.RepeatedScalarFieldContainer[str]
    agent: _update_pb2.AgentWish
    def __init__(self, name: _Optional[str] = ..., apps: _Optional[_Iterable[_Union[_app_pb2.NodeApp, _Mapping]]] = ..., removed_apps: _Optional[_Iterable[str]] = ..., capacity_mode: _Optional[_Union[_capacity_pb2.CapacityMode, str]] = ..., shares: _Optional[_Iterable[_Union[_capacity_pb2.CapacityShare, _Mapping]]] = ..., removed_shares: _Optional[_Iterable[str]] = ..., rule_sets: _Optional[_Iterable[_Union[_rule_set_pb2.SignedRuleSet, _Mapping]]] = ..., removed_rule_sets: _Optional[_Iterable[str]] = ..., agent: _Optional[_Union[_update_pb2.AgentWish, _Mapping]] = ...) -> None: ...

class PatchNodePlansRequest(_message.Message):
    __slots__ = ("patches",)
    PATCHES_FIELD_NUMBER: _ClassVar[int]
    patches: _containers.RepeatedCompositeFieldContainer[NodePlanPatch]
    def __init__(self, patches: _Optional[_Iterable[_Union[NodePlanPatch, _Mapping]]] = ...) -> None: ...

class PatchNodePlansResponse(_message.Message):
    __slots__ = ("outcomes",)
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    outcomes: _containers.RepeatedCompositeFieldContainer[PatchOutcome]
    def __init__(self, outcomes: _Optional[_Iterable[_Union[PatchOutcome, _Mapping]]] = ...) -> None: ...

class PatchOutcome(_message.Message):
    __slots__ = ("name", "generation", "reason", "message")
    NAME_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    name: str
    generation: int
    reason: str
    message: str
    def __init__(self, name: _Optional[str] = ..., generation: _Optional[int] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class WatchNodePlansRequest(_message.Message):
    __slots__ = ("resume_token",)
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    resume_token: str
    def __init__(self, resume_token: _Optional[str] = ...) -> None: ...

class WatchNodePlansResponse(_message.Message):
    __slots__ = ("change", "plan", "resume_token")
    class Change(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CHANGE_UNSPECIFIED: _ClassVar[WatchNodePlansResponse.Change]
        CHANGE_PRESENT: _ClassVar[WatchNodePlansResponse.Change]
        CHANGE_DELETED: _ClassVar[WatchNodePlansResponse.Change]
        CHANGE_CAUGHT_UP: _ClassVar[WatchNodePlansResponse.Change]
    CHANGE_UNSPECIFIED: WatchNodePlansResponse.Change
    CHANGE_PRESENT: WatchNodePlansResponse.Change
    CHANGE_DELETED: WatchNodePlansResponse.Change
    CHANGE_CAUGHT_UP: WatchNodePlansResponse.Change
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    change: WatchNodePlansResponse.Change
    plan: _node_pb2.NodePlan
    resume_token: str
    def __init__(self, change: _Optional[_Union[WatchNodePlansResponse.Change, str]] = ..., plan: _Optional[_Union[_node_pb2.NodePlan, _Mapping]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class Artifact(_message.Message):
    __slots__ = ("name", "size_bytes", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    size_bytes: int
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., size_bytes: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class UploadArtifactRequest(_message.Message):
    __slots__ = ("name", "data")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    name: str
    data: bytes
    def __init__(self, name: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...

class UploadArtifactResponse(_message.Message):
    __slots__ = ("artifact",)
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    artifact: Artifact
    def __init__(self, artifact: _Optional[_Union[Artifact, _Mapping]] = ...) -> None: ...

class PublishUpdatesRequest(_message.Message):
    __slots__ = ("bundle",)
    BUNDLE_FIELD_NUMBER: _ClassVar[int]
    bundle: _update_pb2.UpdateBundle
    def __init__(self, bundle: _Optional[_Union[_update_pb2.UpdateBundle, _Mapping]] = ...) -> None: ...

class PublishUpdatesResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetArtifactRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class IssueEnrolmentTokenRequest(_message.Message):
    __slots__ = ("name", "ttl")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TTL_FIELD_NUMBER: _ClassVar[int]
    name: str
    ttl: _duration_pb2.Duration
    def __init__(self, name: _Optional[str] = ..., ttl: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class IssueEnrolmentTokenResponse(_message.Message):
    __slots__ = ("token", "expire_time", "update_root_sha256")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_ROOT_SHA256_FIELD_NUMBER: _ClassVar[int]
    token: str
    expire_time: _timestamp_pb2.Timestamp
    update_root_sha256: str
    def __init__(self, token: _Optional[str] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_root_sha256: _Optional[str] = ...) -> None: ...

class IssueStationCredentialsRequest(_message.Message):
    __slots__ = ("name", "public_key")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    name: str
    public_key: str
    def __init__(self, name: _Optional[str] = ..., public_key: _Optional[str] = ...) -> None: ...

class IssueStationCredentialsResponse(_message.Message):
    __slots__ = ("credentials", "gateways", "left_out")
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    GATEWAYS_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    credentials: _enrolment_pb2.NodeCredentials
    gateways: _containers.RepeatedScalarFieldContainer[str]
    left_out: int
    def __init__(self, credentials: _Optional[_Union[_enrolment_pb2.NodeCredentials, _Mapping]] = ..., gateways: _Optional[_Iterable[str]] = ..., left_out: _Optional[int] = ...) -> None: ...

class EnrollRequest(_message.Message):
    __slots__ = ("token", "public_key", "signature")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    token: str
    public_key: str
    signature: bytes
    def __init__(self, token: _Optional[str] = ..., public_key: _Optional[str] = ..., signature: _Optional[bytes] = ...) -> None: ...

class EnrollResponse(_message.Message):
    __slots__ = ("name", "credentials", "plan", "update_root")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    UPDATE_ROOT_FIELD_NUMBER: _ClassVar[int]
    name: str
    credentials: _enrolment_pb2.NodeCredentials
    plan: _node_pb2.NodePlan
    update_root: bytes
    def __init__(self, name: _Optional[str] = ..., credentials: _Optional[_Union[_enrolment_pb2.NodeCredentials, _Mapping]] = ..., plan: _Optional[_Union[_node_pb2.NodePlan, _Mapping]] = ..., update_root: _Optional[bytes] = ...) -> None: ...

class RenewEnrolmentRequest(_message.Message):
    __slots__ = ("name", "public_key", "new_public_key", "signature")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    NEW_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    name: str
    public_key: str
    new_public_key: str
    signature: bytes
    def __init__(self, name: _Optional[str] = ..., public_key: _Optional[str] = ..., new_public_key: _Optional[str] = ..., signature: _Optional[bytes] = ...) -> None: ...

class RenewEnrolmentResponse(_message.Message):
    __slots__ = ("credentials",)
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    credentials: _enrolment_pb2.NodeCredentials
    def __init__(self, credentials: _Optional[_Union[_enrolment_pb2.NodeCredentials, _Mapping]] = ...) -> None: ...

class RenewStationCredentialsRequest(_message.Message):
    __slots__ = ("name", "public_key", "station_public_key", "signature")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    STATION_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    name: str
    public_key: str
    station_public_key: str
    signature: bytes
    def __init__(self, name: _Optional[str] = ..., public_key: _Optional[str] = ..., station_public_key: _Optional[str] = ..., signature: _Optional[bytes] = ...) -> None: ...

class RenewStationCredentialsResponse(_message.Message):
    __slots__ = ("credentials",)
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    credentials: _enrolment_pb2.NodeCredentials
    def __init__(self, credentials: _Optional[_Union[_enrolment_pb2.NodeCredentials, _Mapping]] = ...) -> None: ...

class GetEnrolmentRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class RevokeEnrolmentRequest(_message.Message):
    __slots__ = ("name", "cause")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    cause: str
    def __init__(self, name: _Optional[str] = ..., cause: _Optional[str] = ...) -> None: ...

class DiagnoseNodeRequest(_message.Message):
    __slots__ = ("name", "command", "app", "max_lines")
    NAME_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    APP_FIELD_NUMBER: _ClassVar[int]
    MAX_LINES_FIELD_NUMBER: _ClassVar[int]
    name: str
    command: _diagnosis_pb2.DiagnosticCommand
    app: str
    max_lines: int
    def __init__(self, name: _Optional[str] = ..., command: _Optional[_Union[_diagnosis_pb2.DiagnosticCommand, str]] = ..., app: _Optional[str] = ..., max_lines: _Optional[int] = ...) -> None: ...

class DiagnoseNodeResponse(_message.Message):
    __slots__ = ("diagnosis",)
    DIAGNOSIS_FIELD_NUMBER: _ClassVar[int]
    diagnosis: _diagnosis_pb2.NodeDiagnosis
    def __init__(self, diagnosis: _Optional[_Union[_diagnosis_pb2.NodeDiagnosis, _Mapping]] = ...) -> None: ...

class VerifyAuditRequest(_message.Message):
    __slots__ = ("published_number", "published_sha256")
    PUBLISHED_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_SHA256_FIELD_NUMBER: _ClassVar[int]
    published_number: int
    published_sha256: str
    def __init__(self, published_number: _Optional[int] = ..., published_sha256: _Optional[str] = ...) -> None: ...

class VerifyAuditResponse(_message.Message):
    __slots__ = ("sound", "number", "sha256", "problem", "check_time", "forgotten_number", "forgotten_sha256")
    SOUND_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    CHECK_TIME_FIELD_NUMBER: _ClassVar[int]
    FORGOTTEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FORGOTTEN_SHA256_FIELD_NUMBER: _ClassVar[int]
    sound: bool
    number: int
    sha256: str
    problem: str
    check_time: _timestamp_pb2.Timestamp
    forgotten_number: int
    forgotten_sha256: str
    def __init__(self, sound: _Optional[bool] = ..., number: _Optional[int] = ..., sha256: _Optional[str] = ..., problem: _Optional[str] = ..., check_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., forgotten_number: _Optional[int] = ..., forgotten_sha256: _Optional[str] = ...) -> None: ...

class ReportControlPlaneRequest(_message.Message):
    __slots__ = ("operator", "rollouts", "pools", "whole", "names", "settled")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    ROLLOUTS_FIELD_NUMBER: _ClassVar[int]
    POOLS_FIELD_NUMBER: _ClassVar[int]
    WHOLE_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    SETTLED_FIELD_NUMBER: _ClassVar[int]
    operator: str
    rollouts: _containers.RepeatedCompositeFieldContainer[_control_plane_pb2.Rollout]
    pools: _containers.RepeatedCompositeFieldContainer[_control_plane_pb2.Pool]
    whole: bool
    names: _containers.RepeatedScalarFieldContainer[str]
    settled: _containers.RepeatedCompositeFieldContainer[SettledSteering]
    def __init__(self, operator: _Optional[str] = ..., rollouts: _Optional[_Iterable[_Union[_control_plane_pb2.Rollout, _Mapping]]] = ..., pools: _Optional[_Iterable[_Union[_control_plane_pb2.Pool, _Mapping]]] = ..., whole: _Optional[bool] = ..., names: _Optional[_Iterable[str]] = ..., settled: _Optional[_Iterable[_Union[SettledSteering, _Mapping]]] = ...) -> None: ...

class SettledSteering(_message.Message):
    __slots__ = ("name", "number", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    number: int
    reason: str
    def __init__(self, name: _Optional[str] = ..., number: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class ReportControlPlaneResponse(_message.Message):
    __slots__ = ("wanted",)
    WANTED_FIELD_NUMBER: _ClassVar[int]
    wanted: _containers.RepeatedCompositeFieldContainer[_control_plane_pb2.Rollout]
    def __init__(self, wanted: _Optional[_Iterable[_Union[_control_plane_pb2.Rollout, _Mapping]]] = ...) -> None: ...

class GetRolloutRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListRolloutsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListRolloutsResponse(_message.Message):
    __slots__ = ("rollouts", "next_page_token", "heard_time")
    ROLLOUTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    HEARD_TIME_FIELD_NUMBER: _ClassVar[int]
    rollouts: _containers.RepeatedCompositeFieldContainer[_control_plane_pb2.Rollout]
    next_page_token: str
    heard_time: _timestamp_pb2.Timestamp
    def __init__(self, rollouts: _Optional[_Iterable[_Union[_control_plane_pb2.Rollout, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., heard_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SteerRolloutRequest(_message.Message):
    __slots__ = ("name", "action", "revision")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    name: str
    action: _control_plane_pb2.RolloutAction
    revision: str
    def __init__(self, name: _Optional[str] = ..., action: _Optional[_Union[_control_plane_pb2.RolloutAction, str]] = ..., revision: _Optional[str] = ...) -> None: ...

class GetPoolRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListPoolsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListPoolsResponse(_message.Message):
    __slots__ = ("pools", "next_page_token", "heard_time")
    POOLS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    HEARD_TIME_FIELD_NUMBER: _ClassVar[int]
    pools: _containers.RepeatedCompositeFieldContainer[_control_plane_pb2.Pool]
    next_page_token: str
    heard_time: _timestamp_pb2.Timestamp
    def __init__(self, pools: _Optional[_Iterable[_Union[_control_plane_pb2.Pool, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., heard_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
