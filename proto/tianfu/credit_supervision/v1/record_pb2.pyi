import datetime

from buf.validate import validate_pb2 as _validate_pb2
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

class RecordKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECORD_KIND_UNSPECIFIED: _ClassVar[RecordKind]
    RECORD_KIND_LICENCE: _ClassVar[RecordKind]
    RECORD_KIND_PENALTY: _ClassVar[RecordKind]
    RECORD_KIND_LIST_ENTRY: _ClassVar[RecordKind]
    RECORD_KIND_COMMITMENT: _ClassVar[RecordKind]
    RECORD_KIND_HONOUR: _ClassVar[RecordKind]

class Severity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEVERITY_UNSPECIFIED: _ClassVar[Severity]
    SEVERITY_SLIGHT: _ClassVar[Severity]
    SEVERITY_GENERAL: _ClassVar[Severity]
    SEVERITY_SERIOUS: _ClassVar[Severity]

class RecordUse(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECORD_USE_UNSPECIFIED: _ClassVar[RecordUse]
    RECORD_USE_PUBLISHED: _ClassVar[RecordUse]
    RECORD_USE_SHARED: _ClassVar[RecordUse]
    RECORD_USE_FROZEN: _ClassVar[RecordUse]
    RECORD_USE_ENDED: _ClassVar[RecordUse]
    RECORD_USE_SUSPENDED: _ClassVar[RecordUse]

class ObjectionState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OBJECTION_STATE_UNSPECIFIED: _ClassVar[ObjectionState]
    OBJECTION_STATE_OPEN: _ClassVar[ObjectionState]
    OBJECTION_STATE_UPHELD: _ClassVar[ObjectionState]
    OBJECTION_STATE_REJECTED: _ClassVar[ObjectionState]
    OBJECTION_STATE_WITHDRAWN: _ClassVar[ObjectionState]

class RepairState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPAIR_STATE_UNSPECIFIED: _ClassVar[RepairState]
    REPAIR_STATE_APPLIED: _ClassVar[RepairState]
    REPAIR_STATE_GRANTED: _ClassVar[RepairState]
    REPAIR_STATE_REJECTED: _ClassVar[RepairState]
    REPAIR_STATE_WITHDRAWN: _ClassVar[RepairState]
    REPAIR_STATE_COMPLETE: _ClassVar[RepairState]

class RulingEffect(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RULING_EFFECT_UNSPECIFIED: _ClassVar[RulingEffect]
    RULING_EFFECT_SUSPEND: _ClassVar[RulingEffect]
    RULING_EFFECT_SET_ASIDE: _ClassVar[RulingEffect]

class AdverseUseState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ADVERSE_USE_STATE_UNSPECIFIED: _ClassVar[AdverseUseState]
    ADVERSE_USE_STATE_NOTICED: _ClassVar[AdverseUseState]
    ADVERSE_USE_STATE_APPROVED: _ClassVar[AdverseUseState]
    ADVERSE_USE_STATE_DROPPED: _ClassVar[AdverseUseState]
    ADVERSE_USE_STATE_LIFTED: _ClassVar[AdverseUseState]

class SubjectForm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SUBJECT_FORM_UNSPECIFIED: _ClassVar[SubjectForm]
    SUBJECT_FORM_CODE: _ClassVar[SubjectForm]
    SUBJECT_FORM_TOKEN: _ClassVar[SubjectForm]

class DeliveryAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DELIVERY_ACTION_UNSPECIFIED: _ClassVar[DeliveryAction]
    DELIVERY_ACTION_PUT: _ClassVar[DeliveryAction]
    DELIVERY_ACTION_HOLD: _ClassVar[DeliveryAction]
    DELIVERY_ACTION_WITHDRAW: _ClassVar[DeliveryAction]
RECORD_KIND_UNSPECIFIED: RecordKind
RECORD_KIND_LICENCE: RecordKind
RECORD_KIND_PENALTY: RecordKind
RECORD_KIND_LIST_ENTRY: RecordKind
RECORD_KIND_COMMITMENT: RecordKind
RECORD_KIND_HONOUR: RecordKind
SEVERITY_UNSPECIFIED: Severity
SEVERITY_SLIGHT: Severity
SEVERITY_GENERAL: Severity
SEVERITY_SERIOUS: Severity
RECORD_USE_UNSPECIFIED: RecordUse
RECORD_USE_PUBLISHED: RecordUse
RECORD_USE_SHARED: RecordUse
RECORD_USE_FROZEN: RecordUse
RECORD_USE_ENDED: RecordUse
RECORD_USE_SUSPENDED: RecordUse
OBJECTION_STATE_UNSPECIFIED: ObjectionState
OBJECTION_STATE_OPEN: ObjectionState
OBJECTION_STATE_UPHELD: ObjectionState
OBJECTION_STATE_REJECTED: ObjectionState
OBJECTION_STATE_WITHDRAWN: ObjectionState
REPAIR_STATE_UNSPECIFIED: RepairState
REPAIR_STATE_APPLIED: RepairState
REPAIR_STATE_GRANTED: RepairState
REPAIR_STATE_REJECTED: RepairState
REPAIR_STATE_WITHDRAWN: RepairState
REPAIR_STATE_COMPLETE: RepairState
RULING_EFFECT_UNSPECIFIED: RulingEffect
RULING_EFFECT_SUSPEND: RulingEffect
RULING_EFFECT_SET_ASIDE: RulingEffect
ADVERSE_USE_STATE_UNSPECIFIED: AdverseUseState
ADVERSE_USE_STATE_NOTICED: AdverseUseState
ADVERSE_USE_STATE_APPROVED: AdverseUseState
ADVERSE_USE_STATE_DROPPED: AdverseUseState
ADVERSE_USE_STATE_LIFTED: AdverseUseState
SUBJECT_FORM_UNSPECIFIED: SubjectForm
SUBJECT_FORM_CODE: SubjectForm
SUBJECT_FORM_TOKEN: SubjectForm
DELIVERY_ACTION_UNSPECIFIED: DeliveryAction
DELIVERY_ACTION_PUT: DeliveryAction
DELIVERY_ACTION_HOLD: DeliveryAction
DELIVERY_ACTION_WITHDRAW: DeliveryAction

class Record(_message.Message):
    __slots__ = ("name", "entity", "kind", "decision_day", "matter", "department", "source_number", "source_sha256", "severities", "fields", "valid_to_day", "revision", "use", "use_reason", "end_day", "repair_from_day", "rule_versions", "content_sha256", "subject_token", "create_time", "update_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    DECISION_DAY_FIELD_NUMBER: _ClassVar[int]
    MATTER_FIELD_NUMBER: _ClassVar[int]
    DEPARTMENT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    SOURCE_SHA256_FIELD_NUMBER: _ClassVar[int]
    SEVERITIES_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    VALID_TO_DAY_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    USE_FIELD_NUMBER: _ClassVar[int]
    USE_REASON_FIELD_NUMBER: _ClassVar[int]
    END_DAY_FIELD_NUMBER: _ClassVar[int]
    REPAIR_FROM_DAY_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    CONTENT_SHA256_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    entity: str
    kind: RecordKind
    decision_day: str
    matter: str
    department: str
    source_number: str
    source_sha256: str
    severities: _containers.RepeatedScalarFieldContainer[Severity]
    fields: _containers.RepeatedScalarFieldContainer[str]
    valid_to_day: str
    revision: int
    use: RecordUse
    use_reason: str
    end_day: str
    repair_from_day: str
    rule_versions: _containers.RepeatedScalarFieldContainer[str]
    content_sha256: str
    subject_token: str
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., entity: _Optional[str] = ..., kind: _Optional[_Union[RecordKind, str]] = ..., decision_day: _Optional[str] = ..., matter: _Optional[str] = ..., department: _Optional[str] = ..., source_number: _Optional[str] = ..., source_sha256: _Optional[str] = ..., severities: _Optional[_Iterable[_Union[Severity, str]]] = ..., fields: _Optional[_Iterable[str]] = ..., valid_to_day: _Optional[str] = ..., revision: _Optional[int] = ..., use: _Optional[_Union[RecordUse, str]] = ..., use_reason: _Optional[str] = ..., end_day: _Optional[str] = ..., repair_from_day: _Optional[str] = ..., rule_versions: _Optional[_Iterable[str]] = ..., content_sha256: _Optional[str] = ..., subject_token: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RecordDecision(_message.Message):
    __slots__ = ("name", "day", "use", "use_reason", "end_day", "rule_versions", "content_sha256", "decide_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    USE_FIELD_NUMBER: _ClassVar[int]
    USE_REASON_FIELD_NUMBER: _ClassVar[int]
    END_DAY_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    CONTENT_SHA256_FIELD_NUMBER: _ClassVar[int]
    DECIDE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    day: str
    use: RecordUse
    use_reason: str
    end_day: str
    rule_versions: _containers.RepeatedScalarFieldContainer[str]
    content_sha256: str
    decide_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., day: _Optional[str] = ..., use: _Optional[_Union[RecordUse, str]] = ..., use_reason: _Optional[str] = ..., end_day: _Optional[str] = ..., rule_versions: _Optional[_Iterable[str]] = ..., content_sha256: _Optional[str] = ..., decide_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Objection(_message.Message):
    __slots__ = ("name", "record", "ground", "evidence_sha256", "state", "due_day", "decider", "reason", "create_time", "decide_time", "rule_version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    GROUND_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_SHA256_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DUE_DAY_FIELD_NUMBER: _ClassVar[int]
    DECIDER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DECIDE_TIME_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    record: str
    ground: str
    evidence_sha256: _containers.RepeatedScalarFieldContainer[str]
    state: ObjectionState
    due_day: str
    decider: str
    reason: str
    create_time: _timestamp_pb2.Timestamp
    decide_time: _timestamp_pb2.Timestamp
    rule_version: str
    def __init__(self, name: _Optional[str] = ..., record: _Optional[str] = ..., ground: _Optional[str] = ..., evidence_sha256: _Optional[_Iterable[str]] = ..., state: _Optional[_Union[ObjectionState, str]] = ..., due_day: _Optional[str] = ..., decider: _Optional[str] = ..., reason: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., decide_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., rule_version: _Optional[str] = ...) -> None: ...

class RepairEvidence(_message.Message):
    __slots__ = ("condition", "sha256")
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    condition: str
    sha256: str
    def __init__(self, condition: _Optional[str] = ..., sha256: _Optional[str] = ...) -> None: ...

class Receipt(_message.Message):
    __slots__ = ("receiver", "acknowledge_time")
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGE_TIME_FIELD_NUMBER: _ClassVar[int]
    receiver: str
    acknowledge_time: _timestamp_pb2.Timestamp
    def __init__(self, receiver: _Optional[str] = ..., acknowledge_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Repair(_message.Message):
    __slots__ = ("name", "record", "evidence", "state", "due_day", "decider", "reason", "withdraw_by_time", "receipts", "late_receivers", "create_time", "decide_time", "rule_version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DUE_DAY_FIELD_NUMBER: _ClassVar[int]
    DECIDER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    WITHDRAW_BY_TIME_FIELD_NUMBER: _ClassVar[int]
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    LATE_RECEIVERS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DECIDE_TIME_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    record: str
    evidence: _containers.RepeatedCompositeFieldContainer[RepairEvidence]
    state: RepairState
    due_day: str
    decider: str
    reason: str
    withdraw_by_time: _timestamp_pb2.Timestamp
    receipts: _containers.RepeatedCompositeFieldContainer[Receipt]
    late_receivers: _containers.RepeatedScalarFieldContainer[str]
    create_time: _timestamp_pb2.Timestamp
    decide_time: _timestamp_pb2.Timestamp
    rule_version: str
    def __init__(self, name: _Optional[str] = ..., record: _Optional[str] = ..., evidence: _Optional[_Iterable[_Union[RepairEvidence, _Mapping]]] = ..., state: _Optional[_Union[RepairState, str]] = ..., due_day: _Optional[str] = ..., decider: _Optional[str] = ..., reason: _Optional[str] = ..., withdraw_by_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., receipts: _Optional[_Iterable[_Union[Receipt, _Mapping]]] = ..., late_receivers: _Optional[_Iterable[str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., decide_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., rule_version: _Optional[str] = ...) -> None: ...

class Ruling(_message.Message):
    __slots__ = ("name", "entity", "court", "case_number", "effect", "records", "until_day", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    COURT_FIELD_NUMBER: _ClassVar[int]
    CASE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    UNTIL_DAY_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    entity: str
    court: str
    case_number: str
    effect: RulingEffect
    records: _containers.RepeatedScalarFieldContainer[str]
    until_day: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., entity: _Optional[str] = ..., court: _Optional[str] = ..., case_number: _Optional[str] = ..., effect: _Optional[_Union[RulingEffect, str]] = ..., records: _Optional[_Iterable[str]] = ..., until_day: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AdverseUse(_message.Message):
    __slots__ = ("name", "record", "measure", "notice_sha256", "state", "decide_from_day", "officer", "decider", "reason", "create_time", "decide_time", "rule_version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    NOTICE_SHA256_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DECIDE_FROM_DAY_FIELD_NUMBER: _ClassVar[int]
    OFFICER_FIELD_NUMBER: _ClassVar[int]
    DECIDER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DECIDE_TIME_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    record: str
    measure: str
    notice_sha256: str
    state: AdverseUseState
    decide_from_day: str
    officer: str
    decider: str
    reason: str
    create_time: _timestamp_pb2.Timestamp
    decide_time: _timestamp_pb2.Timestamp
    rule_version: str
    def __init__(self, name: _Optional[str] = ..., record: _Optional[str] = ..., measure: _Optional[str] = ..., notice_sha256: _Optional[str] = ..., state: _Optional[_Union[AdverseUseState, str]] = ..., decide_from_day: _Optional[str] = ..., officer: _Optional[str] = ..., decider: _Optional[str] = ..., reason: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., decide_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., rule_version: _Optional[str] = ...) -> None: ...

class Receiver(_message.Message):
    __slots__ = ("name", "kinds", "place_code", "is_public", "subject_form", "purpose", "legal_basis", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    IS_PUBLIC_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FORM_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    LEGAL_BASIS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    kinds: _containers.RepeatedScalarFieldContainer[RecordKind]
    place_code: str
    is_public: bool
    subject_form: SubjectForm
    purpose: str
    legal_basis: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., kinds: _Optional[_Iterable[_Union[RecordKind, str]]] = ..., place_code: _Optional[str] = ..., is_public: _Optional[bool] = ..., subject_form: _Optional[_Union[SubjectForm, str]] = ..., purpose: _Optional[str] = ..., legal_basis: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Delivery(_message.Message):
    __slots__ = ("name", "action", "record_name", "revision", "record", "create_time", "due_time", "acknowledge_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    RECORD_NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DUE_TIME_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    action: DeliveryAction
    record_name: str
    revision: int
    record: Record
    create_time: _timestamp_pb2.Timestamp
    due_time: _timestamp_pb2.Timestamp
    acknowledge_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., action: _Optional[_Union[DeliveryAction, str]] = ..., record_name: _Optional[str] = ..., revision: _Optional[int] = ..., record: _Optional[_Union[Record, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., due_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., acknowledge_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
