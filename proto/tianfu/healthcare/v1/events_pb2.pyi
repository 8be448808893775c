import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.healthcare.v1 import arrival_pb2 as _arrival_pb2
from tianfu.healthcare.v1 import consultation_pb2 as _consultation_pb2
from tianfu.healthcare.v1 import decisions_pb2 as _decisions_pb2
from tianfu.healthcare.v1 import patient_pb2 as _patient_pb2
from tianfu.healthcare.v1 import recognition_pb2 as _recognition_pb2
from tianfu.healthcare.v1 import region_pb2 as _region_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AlertFacts(_message.Message):
    __slots__ = ("alert", "kind", "grade", "told_role", "step")
    ALERT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    GRADE_FIELD_NUMBER: _ClassVar[int]
    TOLD_ROLE_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    alert: str
    kind: _patient_pb2.AlertKind
    grade: str
    told_role: str
    step: int
    def __init__(self, alert: _Optional[str] = ..., kind: _Optional[_Union[_patient_pb2.AlertKind, str]] = ..., grade: _Optional[str] = ..., told_role: _Optional[str] = ..., step: _Optional[int] = ...) -> None: ...

class AlertOpened(_message.Message):
    __slots__ = ("facts", "event_time")
    FACTS_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    facts: AlertFacts
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, facts: _Optional[_Union[AlertFacts, _Mapping]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AlertEscalated(_message.Message):
    __slots__ = ("facts", "event_time")
    FACTS_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    facts: AlertFacts
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, facts: _Optional[_Union[AlertFacts, _Mapping]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AlertAcknowledged(_message.Message):
    __slots__ = ("facts", "event_time")
    FACTS_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    facts: AlertFacts
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, facts: _Optional[_Union[AlertFacts, _Mapping]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AlertWithdrawn(_message.Message):
    __slots__ = ("facts", "event_time")
    FACTS_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    facts: AlertFacts
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, facts: _Optional[_Union[AlertFacts, _Mapping]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RecognitionDecided(_message.Message):
    __slots__ = ("recognition", "producer", "receiver", "item", "outcome", "step", "event_time")
    RECOGNITION_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    recognition: str
    producer: str
    receiver: str
    item: str
    outcome: _recognition_pb2.RecognitionOutcome
    step: _recognition_pb2.RecognitionStep
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, recognition: _Optional[str] = ..., producer: _Optional[str] = ..., receiver: _Optional[str] = ..., item: _Optional[str] = ..., outcome: _Optional[_Union[_recognition_pb2.RecognitionOutcome, str]] = ..., step: _Optional[_Union[_recognition_pb2.RecognitionStep, str]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RecognitionRevoked(_message.Message):
    __slots__ = ("recognition", "producer", "receiver", "item", "outcome", "step", "event_time")
    RECOGNITION_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    recognition: str
    producer: str
    receiver: str
    item: str
    outcome: _recognition_pb2.RecognitionOutcome
    step: _recognition_pb2.RecognitionStep
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, recognition: _Optional[str] = ..., producer: _Optional[str] = ..., receiver: _Optional[str] = ..., item: _Optional[str] = ..., outcome: _Optional[_Union[_recognition_pb2.RecognitionOutcome, str]] = ..., step: _Optional[_Union[_recognition_pb2.RecognitionStep, str]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SurgeOrdered(_message.Message):
    __slots__ = ("surge_plan", "hospital", "place_code", "warning", "earthquake", "drill", "actions", "event_time", "intensity", "s_arrival_time")
    SURGE_PLAN_FIELD_NUMBER: _ClassVar[int]
    HOSPITAL_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    WARNING_FIELD_NUMBER: _ClassVar[int]
    EARTHQUAKE_FIELD_NUMBER: _ClassVar[int]
    DRILL_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    INTENSITY_FIELD_NUMBER: _ClassVar[int]
    S_ARRIVAL_TIME_FIELD_NUMBER: _ClassVar[int]
    surge_plan: str
    hospital: str
    place_code: str
    warning: str
    earthquake: str
    drill: bool
    actions: _containers.RepeatedScalarFieldContainer[_region_pb2.SurgeActionKind]
    event_time: _timestamp_pb2.Timestamp
    intensity: float
    s_arrival_time: _timestamp_pb2.Timestamp
    def __init__(self, surge_plan: _Optional[str] = ..., hospital: _Optional[str] = ..., place_code: _Optional[str] = ..., warning: _Optional[str] = ..., earthquake: _Optional[str] = ..., drill: _Optional[bool] = ..., actions: _Optional[_Iterable[_Union[_region_pb2.SurgeActionKind, str]]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., intensity: _Optional[float] = ..., s_arrival_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SurgeStoodDown(_message.Message):
    __slots__ = ("surge_plan", "hospital", "place_code", "warning", "earthquake", "drill", "event_time")
    SURGE_PLAN_FIELD_NUMBER: _ClassVar[int]
    HOSPITAL_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    WARNING_FIELD_NUMBER: _ClassVar[int]
    EARTHQUAKE_FIELD_NUMBER: _ClassVar[int]
    DRILL_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    surge_plan: str
    hospital: str
    place_code: str
    warning: str
    earthquake: str
    drill: bool
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, surge_plan: _Optional[str] = ..., hospital: _Optional[str] = ..., place_code: _Optional[str] = ..., warning: _Optional[str] = ..., earthquake: _Optional[str] = ..., drill: _Optional[bool] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class BedsReported(_message.Message):
    __slots__ = ("hospital", "emergency", "casualties", "event_time")
    HOSPITAL_FIELD_NUMBER: _ClassVar[int]
    EMERGENCY_FIELD_NUMBER: _ClassVar[int]
    CASUALTIES_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    hospital: str
    emergency: _region_pb2.EmergencyStatus
    casualties: _region_pb2.ColourCounts
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, hospital: _Optional[str] = ..., emergency: _Optional[_Union[_region_pb2.EmergencyStatus, str]] = ..., casualties: _Optional[_Union[_region_pb2.ColourCounts, _Mapping]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CasualtyPlanSolved(_message.Message):
    __slots__ = ("casualty_plan", "revision", "moved", "waiting", "event_time")
    CASUALTY_PLAN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    MOVED_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    casualty_plan: str
    revision: int
    moved: int
    waiting: int
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, casualty_plan: _Optional[str] = ..., revision: _Optional[int] = ..., moved: _Optional[int] = ..., waiting: _Optional[int] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ConsultationAdvanced(_message.Message):
    __slots__ = ("consultation", "state", "action", "inviting_hospital", "hospital", "event_time")
    CONSULTATION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    INVITING_HOSPITAL_FIELD_NUMBER: _ClassVar[int]
    HOSPITAL_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    consultation: str
    state: _consultation_pb2.ConsultationState
    action: _consultation_pb2.ConsultationAction
    inviting_hospital: str
    hospital: str
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, consultation: _Optional[str] = ..., state: _Optional[_Union[_consultation_pb2.ConsultationState, str]] = ..., action: _Optional[_Union[_consultation_pb2.ConsultationAction, str]] = ..., inviting_hospital: _Optional[str] = ..., hospital: _Optional[str] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ArrivalAdvanced(_message.Message):
    __slots__ = ("arrival", "hospital", "place_code", "node", "tag", "state", "eta_time", "event_time")
    ARRIVAL_FIELD_NUMBER: _ClassVar[int]
    HOSPITAL_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ETA_TIME_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    arrival: str
    hospital: str
    place_code: str
    node: str
    tag: _decisions_pb2.TriageTag
    state: _arrival_pb2.ArrivalState
    eta_time: _timestamp_pb2.Timestamp
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, arrival: _Optional[str] = ..., hospital: _Optional[str] = ..., place_code: _Optional[str] = ..., node: _Optional[str] = ..., tag: _Optional[_Union[_decisions_pb2.TriageTag, str]] = ..., state: _Optional[_Union[_arrival_pb2.ArrivalState, str]] = ..., eta_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
