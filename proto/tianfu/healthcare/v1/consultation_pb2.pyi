import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.healthcare.v1 import patient_pb2 as _patient_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ConsultationUrgency(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONSULTATION_URGENCY_UNSPECIFIED: _ClassVar[ConsultationUrgency]
    CONSULTATION_URGENCY_EMERGENCY: _ClassVar[ConsultationUrgency]
    CONSULTATION_URGENCY_ROUTINE: _ClassVar[ConsultationUrgency]

class ConsultationConsent(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONSULTATION_CONSENT_UNSPECIFIED: _ClassVar[ConsultationConsent]
    CONSULTATION_CONSENT_NONE: _ClassVar[ConsultationConsent]
    CONSULTATION_CONSENT_RECORDED: _ClassVar[ConsultationConsent]
    CONSULTATION_CONSENT_DEFERRED: _ClassVar[ConsultationConsent]

class ConsultationState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONSULTATION_STATE_UNSPECIFIED: _ClassVar[ConsultationState]
    CONSULTATION_STATE_DRAFT: _ClassVar[ConsultationState]
    CONSULTATION_STATE_SUBMITTED: _ClassVar[ConsultationState]
    CONSULTATION_STATE_MATERIALS_CHECK: _ClassVar[ConsultationState]
    CONSULTATION_STATE_RETURNED_FOR_MORE: _ClassVar[ConsultationState]
    CONSULTATION_STATE_CONSENT_RECORDED: _ClassVar[ConsultationState]
    CONSULTATION_STATE_INVITED: _ClassVar[ConsultationState]
    CONSULTATION_STATE_ACCEPTED: _ClassVar[ConsultationState]
    CONSULTATION_STATE_DECLINED: _ClassVar[ConsultationState]
    CONSULTATION_STATE_TIMED_OUT: _ClassVar[ConsultationState]
    CONSULTATION_STATE_SCHEDULED: _ClassVar[ConsultationState]
    CONSULTATION_STATE_IN_SESSION: _ClassVar[ConsultationState]
    CONSULTATION_STATE_OPINION_DRAFT: _ClassVar[ConsultationState]
    CONSULTATION_STATE_OPINION_SIGNED: _ClassVar[ConsultationState]
    CONSULTATION_STATE_RETURNED: _ClassVar[ConsultationState]
    CONSULTATION_STATE_ADOPTED: _ClassVar[ConsultationState]
    CONSULTATION_STATE_NOT_ADOPTED: _ClassVar[ConsultationState]
    CONSULTATION_STATE_CLOSED: _ClassVar[ConsultationState]
    CONSULTATION_STATE_CANCELLED: _ClassVar[ConsultationState]

class ConsultationAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONSULTATION_ACTION_UNSPECIFIED: _ClassVar[ConsultationAction]
    CONSULTATION_ACTION_SUBMIT: _ClassVar[ConsultationAction]
    CONSULTATION_ACTION_CHECK_MATERIALS: _ClassVar[ConsultationAction]
    CONSULTATION_ACTION_RETURN_FOR_MORE: _ClassVar[ConsultationAction]
    CONSULTATION_ACTION_RECORD_CONSENT: _ClassVar[ConsultationAction]
    CONSULTATION_ACTION_DEFER_CONSENT: _ClassVar[ConsultationAction]
    CONSULTATION_ACTION_INVITE: _ClassVar[ConsultationAction]
    CONSULTATION_ACTION_ACCEPT: _ClassVar[ConsultationAction]
    CONSULTATION_ACTION_DECLINE: _ClassVar[ConsultationAction]
    CONSULTATION_ACTION_TIME_OUT: _ClassVar[ConsultationAction]
    CONSULTATION_ACTION_SCHEDULE: _ClassVar[ConsultationAction]
    CONSULTATION_ACTION_START: _ClassVar[ConsultationAction]
    CONSULTATION_ACTION_DRAFT_OPINION: _ClassVar[ConsultationAction]
    CONSULTATION_ACTION_SIGN_OPINION: _ClassVar[ConsultationAction]
    CONSULTATION_ACTION_RETURN_OPINION: _ClassVar[ConsultationAction]
    CONSULTATION_ACTION_ADOPT: _ClassVar[ConsultationAction]
    CONSULTATION_ACTION_NOT_ADOPT: _ClassVar[ConsultationAction]
    CONSULTATION_ACTION_CLOSE: _ClassVar[ConsultationAction]
    CONSULTATION_ACTION_CANCEL: _ClassVar[ConsultationAction]

class ConsentScope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONSENT_SCOPE_UNSPECIFIED: _ClassVar[ConsentScope]
    CONSENT_SCOPE_CONSULTATION: _ClassVar[ConsentScope]
    CONSENT_SCOPE_QUALITY: _ClassVar[ConsentScope]
    CONSENT_SCOPE_SHARING: _ClassVar[ConsentScope]

class ConsentDecision(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONSENT_DECISION_UNSPECIFIED: _ClassVar[ConsentDecision]
    CONSENT_DECISION_PERMIT: _ClassVar[ConsentDecision]
    CONSENT_DECISION_DENY: _ClassVar[ConsentDecision]
CONSULTATION_URGENCY_UNSPECIFIED: ConsultationUrgency
CONSULTATION_URGENCY_EMERGENCY: ConsultationUrgency
CONSULTATION_URGENCY_ROUTINE: ConsultationUrgency
CONSULTATION_CONSENT_UNSPECIFIED: ConsultationConsent
CONSULTATION_CONSENT_NONE: ConsultationConsent
CONSULTATION_CONSENT_RECORDED: ConsultationConsent
CONSULTATION_CONSENT_DEFERRED: ConsultationConsent
CONSULTATION_STATE_UNSPECIFIED: ConsultationState
CONSULTATION_STATE_DRAFT: ConsultationState
CONSULTATION_STATE_SUBMITTED: ConsultationState
CONSULTATION_STATE_MATERIALS_CHECK: ConsultationState
CONSULTATION_STATE_RETURNED_FOR_MORE: ConsultationState
CONSULTATION_STATE_CONSENT_RECORDED: ConsultationState
CONSULTATION_STATE_INVITED: ConsultationState
CONSULTATION_STATE_ACCEPTED: ConsultationState
CONSULTATION_STATE_DECLINED: ConsultationState
CONSULTATION_STATE_TIMED_OUT: ConsultationState
CONSULTATION_STATE_SCHEDULED: ConsultationState
CONSULTATION_STATE_IN_SESSION: ConsultationState
CONSULTATION_STATE_OPINION_DRAFT: ConsultationState
CONSULTATION_STATE_OPINION_SIGNED: ConsultationState
CONSULTATION_STATE_RETURNED: ConsultationState
CONSULTATION_STATE_ADOPTED: ConsultationState
CONSULTATION_STATE_NOT_ADOPTED: ConsultationState
CONSULTATION_STATE_CLOSED: ConsultationState
CONSULTATION_STATE_CANCELLED: ConsultationState
CONSULTATION_ACTION_UNSPECIFIED: ConsultationAction
CONSULTATION_ACTION_SUBMIT: ConsultationAction
CONSULTATION_ACTION_CHECK_MATERIALS: ConsultationAction
CONSULTATION_ACTION_RETURN_FOR_MORE: ConsultationAction
CONSULTATION_ACTION_RECORD_CONSENT: ConsultationAction
CONSULTATION_ACTION_DEFER_CONSENT: ConsultationAction
CONSULTATION_ACTION_INVITE: ConsultationAction
CONSULTATION_ACTION_ACCEPT: ConsultationAction
CONSULTATION_ACTION_DECLINE: ConsultationAction
CONSULTATION_ACTION_TIME_OUT: ConsultationAction
CONSULTATION_ACTION_SCHEDULE: ConsultationAction
CONSULTATION_ACTION_START: ConsultationAction
CONSULTATION_ACTION_DRAFT_OPINION: ConsultationAction
CONSULTATION_ACTION_SIGN_OPINION: ConsultationAction
CONSULTATION_ACTION_RETURN_OPINION: ConsultationAction
CONSULTATION_ACTION_ADOPT: ConsultationAction
CONSULTATION_ACTION_NOT_ADOPT: ConsultationAction
CONSULTATION_ACTION_CLOSE: ConsultationAction
CONSULTATION_ACTION_CANCEL: ConsultationAction
CONSENT_SCOPE_UNSPECIFIED: ConsentScope
CONSENT_SCOPE_CONSULTATION: ConsentScope
CONSENT_SCOPE_QUALITY: ConsentScope
CONSENT_SCOPE_SHARING: ConsentScope
CONSENT_DECISION_UNSPECIFIED: ConsentDecision
CONSENT_DECISION_PERMIT: ConsentDecision
CONSENT_DECISION_DENY: ConsentDecision

class Consultation(_message.Message):
    __slots__ = ("name", "patient", "urgency", "inviting_hospital", "question", "state", "consent", "consent_record", "consent_reason", "doctor", "hospital", "asked", "answer_by_time", "scheduled_time", "reason", "opinion", "signed_by", "sign_time", "rule_version", "creator", "create_time", "update_time", "steps")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PATIENT_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    INVITING_HOSPITAL_FIELD_NUMBER: _ClassVar[int]
    QUESTION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    CONSENT_RECORD_FIELD_NUMBER: _ClassVar[int]
    CONSENT_REASON_FIELD_NUMBER: _ClassVar[int]
    DOCTOR_FIELD_NUMBER: _ClassVar[int]
    HOSPITAL_FIELD_NUMBER: _ClassVar[int]
    ASKED_FIELD_NUMBER: _ClassVar[int]
    ANSWER_BY_TIME_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_TIME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    OPINION_FIELD_NUMBER: _ClassVar[int]
    SIGNED_BY_FIELD_NUMBER: _ClassVar[int]
    SIGN_TIME_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    CREATOR_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    name: str
    patient: str
    urgency: ConsultationUrgency
    inviting_hospital: str
    question: str
    state: ConsultationState
    consent: ConsultationConsent
    consent_record: str
    consent_reason: str
    doctor: str
    hospital: str
    asked: _containers.RepeatedScalarFieldContainer[str]
    answer_by_time: _timestamp_pb2.Timestamp
    scheduled_time: _timestamp_pb2.Timestamp
    reason: str
    opinion: str
    signed_by: str
    sign_time: _timestamp_pb2.Timestamp
    rule_version: str
    creator: str
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    steps: _containers.RepeatedCompositeFieldContainer[ConsultationStep]
    def __init__(self, name: _Optional[str] = ..., patient: _Optional[str] = ..., urgency: _Optional[_Union[ConsultationUrgency, str]] = ..., inviting_hospital: _Optional[str] = ..., question: _Optional[str] = ..., state: _Optional[_Union[ConsultationState, str]] = ..., consent: _Optional[_Union[ConsultationConsent, str]] = ..., consent_record: _Optional[str] = ..., consent_reason: _Optional[str] = ..., doctor: _Optional[str] = ..., hospital: _Optional[str] = ..., asked: _Optional[_Iterable[str]] = ..., answer_by_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., scheduled_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ..., opinion: _Optional[str] = ..., signed_by: _Optional[str] = ..., sign_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., rule_version: _Optional[str] = ..., creator: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., steps: _Optional[_Iterable[_Union[ConsultationStep, _Mapping]]] = ...) -> None: ...

class ConsultationStep(_message.Message):
    __slots__ = ("action", "actor", "hospital", "step_time", "state")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    HOSPITAL_FIELD_NUMBER: _ClassVar[int]
    STEP_TIME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    action: ConsultationAction
    actor: str
    hospital: str
    step_time: _timestamp_pb2.Timestamp
    state: ConsultationState
    def __init__(self, action: _Optional[_Union[ConsultationAction, str]] = ..., actor: _Optional[str] = ..., hospital: _Optional[str] = ..., step_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., state: _Optional[_Union[ConsultationState, str]] = ...) -> None: ...

class CreateConsultationRequest(_message.Message):
    __slots__ = ("consultation", "consultation_id", "request_id")
    CONSULTATION_FIELD_NUMBER: _ClassVar[int]
    CONSULTATION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    consultation: Consultation
    consultation_id: str
    request_id: str
    def __init__(self, consultation: _Optional[_Union[Consultation, _Mapping]] = ..., consultation_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetConsultationRequest(_message.Message):
    __slots__ = ("name", "purpose")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    purpose: _patient_pb2.Purpose
    def __init__(self, name: _Optional[str] = ..., purpose: _Optional[_Union[_patient_pb2.Purpose, str]] = ...) -> None: ...

class ListConsultationsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "purpose", "filter")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    purpose: _patient_pb2.Purpose
    filter: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., purpose: _Optional[_Union[_patient_pb2.Purpose, str]] = ..., filter: _Optional[str] = ...) -> None: ...

class ListConsultationsResponse(_message.Message):
    __slots__ = ("consultations", "next_page_token")
    CONSULTATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    consultations: _containers.RepeatedCompositeFieldContainer[Consultation]
    next_page_token: str
    def __init__(self, consultations: _Optional[_Iterable[_Union[Consultation, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AdvanceConsultationRequest(_message.Message):
    __slots__ = ("name", "action", "acting_hospital", "reason", "doctor", "hospital", "scheduled_time", "opinion", "consent_record")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    ACTING_HOSPITAL_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DOCTOR_FIELD_NUMBER: _ClassVar[int]
    HOSPITAL_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_TIME_FIELD_NUMBER: _ClassVar[int]
    OPINION_FIELD_NUMBER: _ClassVar[int]
    CONSENT_RECORD_FIELD_NUMBER: _ClassVar[int]
    name: str
    action: ConsultationAction
    acting_hospital: str
    reason: str
    doctor: str
    hospital: str
    scheduled_time: _timestamp_pb2.Timestamp
    opinion: str
    consent_record: str
    def __init__(self, name: _Optional[str] = ..., action: _Optional[_Union[ConsultationAction, str]] = ..., acting_hospital: _Optional[str] = ..., reason: _Optional[str] = ..., doctor: _Optional[str] = ..., hospital: _Optional[str] = ..., scheduled_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., opinion: _Optional[str] = ..., consent_record: _Optional[str] = ...) -> None: ...

class ExportConsultationRequest(_message.Message):
    __slots__ = ("name", "purpose")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    purpose: _patient_pb2.Purpose
    def __init__(self, name: _Optional[str] = ..., purpose: _Optional[_Union[_patient_pb2.Purpose, str]] = ...) -> None: ...

class ExportConsultationResponse(_message.Message):
    __slots__ = ("bundle",)
    BUNDLE_FIELD_NUMBER: _ClassVar[int]
    bundle: _struct_pb2.Struct
    def __init__(self, bundle: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class Consent(_message.Message):
    __slots__ = ("name", "scope", "decision", "expire_time", "document", "recorder", "create_time", "revoke_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    RECORDER_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    REVOKE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    scope: ConsentScope
    decision: ConsentDecision
    expire_time: _timestamp_pb2.Timestamp
    document: str
    recorder: str
    create_time: _timestamp_pb2.Timestamp
    revoke_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., scope: _Optional[_Union[ConsentScope, str]] = ..., decision: _Optional[_Union[ConsentDecision, str]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., document: _Optional[str] = ..., recorder: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revoke_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CreateConsentRequest(_message.Message):
    __slots__ = ("consent", "consent_id", "request_id", "parent")
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    CONSENT_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    consent: Consent
    consent_id: str
    request_id: str
    parent: str
    def __init__(self, consent: _Optional[_Union[Consent, _Mapping]] = ..., consent_id: _Optional[str] = ..., request_id: _Optional[str] = ..., parent: _Optional[str] = ...) -> None: ...

class ListConsentsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "purpose", "filter", "parent")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    purpose: _patient_pb2.Purpose
    filter: str
    parent: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., purpose: _Optional[_Union[_patient_pb2.Purpose, str]] = ..., filter: _Optional[str] = ..., parent: _Optional[str] = ...) -> None: ...

class ListConsentsResponse(_message.Message):
    __slots__ = ("consents", "next_page_token")
    CONSENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    consents: _containers.RepeatedCompositeFieldContainer[Consent]
    next_page_token: str
    def __init__(self, consents: _Optional[_Iterable[_Union[Consent, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RevokeConsentRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...
