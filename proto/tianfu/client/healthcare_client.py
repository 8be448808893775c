"""Client of tianfu.healthcare.v1.HealthcareService, made by tools/clientgen.py."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from google.protobuf import struct_pb2
from tianfu.healthcare.v1 import arrival_pb2
from tianfu.healthcare.v1 import casualty_pb2
from tianfu.healthcare.v1 import consultation_pb2
from tianfu.healthcare.v1 import decisions_pb2
from tianfu.healthcare.v1 import exchange_pb2
from tianfu.healthcare.v1 import healthcare_service_pb2
from tianfu.healthcare.v1 import patient_pb2
from tianfu.healthcare.v1 import recognition_pb2
from tianfu.healthcare.v1 import region_pb2
from tianfu.healthcare.v1 import healthcare_service_pb2_grpc
from tianfu.client import calls


class Healthcare:
    """tianfu.healthcare.v1.HealthcareService, call by call."""

    def __init__(self, channel: calls.Channel) -> None:
        self._stub: Any = healthcare_service_pb2_grpc.HealthcareServiceStub(channel.grpc)
        self._calls = channel

    def get_patient(
        self,
        *,
        name: str,
        purpose: int | str,
        timeout_s: float | None = None,
    ) -> patient_pb2.Patient:
        """Returns a patient.

        A caller who is no clinician sees names masked.
        """
        found: patient_pb2.Patient = self._calls.unary(
            self._stub.GetPatient,
            calls.request(
                healthcare_service_pb2.GetPatientRequest, dict(name=name, purpose=purpose)
            ),
            timeout_s,
        )
        return found

    def list_patients(
        self,
        *,
        purpose: int | str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[patient_pb2.Patient]:
        """Lists patients in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListPatients,
            calls.request(
                healthcare_service_pb2.ListPatientsRequest,
                dict(purpose=purpose, page_size=page_size, filter=filter),
            ),
            "patients",
            timeout_s,
        )

    def list_observations(
        self,
        *,
        purpose: int | str,
        parent: str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[patient_pb2.Observation]:
        """Lists a patient's observations, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListObservations,
            calls.request(
                healthcare_service_pb2.ListObservationsRequest,
                dict(purpose=purpose, parent=parent, page_size=page_size, filter=filter),
            ),
            "observations",
            timeout_s,
        )

    def list_scores(
        self,
        *,
        purpose: int | str,
        parent: str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[patient_pb2.Score]:
        """Lists a patient's early-warning scores, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListScores,
            calls.request(
                healthcare_service_pb2.ListScoresRequest,
                dict(purpose=purpose, parent=parent, page_size=page_size, filter=filter),
            ),
            "scores",
            timeout_s,
        )

    def create_oxygen_scale_order(
        self,
        *,
        parent: str,
        oxygen_scale_order: patient_pb2.OxygenScaleOrder,
        oxygen_scale_order_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> patient_pb2.OxygenScaleOrder:
        """Orders the SpO2 scale that a patient is scored on, in the name of the clinician who calls, and scores what was measured by it.

        Calling it again with the same id and order changes nothing.
        """
        found: patient_pb2.OxygenScaleOrder = self._calls.unary(
            self._stub.CreateOxygenScaleOrder,
            calls.request(
                healthcare_service_pb2.CreateOxygenScaleOrderRequest,
                dict(
                    parent=parent,
                    oxygen_scale_order=oxygen_scale_order,
                    oxygen_scale_order_id=oxygen_scale_order_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    def list_oxygen_scale_orders(
        self,
        *,
        purpose: int | str,
        parent: str,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[patient_pb2.OxygenScaleOrder]:
        """Lists a patient's orders of an SpO2 scale, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListOxygenScaleOrders,
            calls.request(
                healthcare_service_pb2.ListOxygenScaleOrdersRequest,
                dict(purpose=purpose, parent=parent, page_size=page_size),
            ),
            "oxygen_scale_orders",
            timeout_s,
        )

    def get_alert(
        self,
        *,
        name: str,
        purpose: int | str,
        timeout_s: float | None = None,
    ) -> patient_pb2.Alert:
        """Returns an alert."""
        found: patient_pb2.Alert = self._calls.unary(
            self._stub.GetAlert,
            calls.request(healthcare_service_pb2.GetAlertRequest, dict(name=name, purpose=purpose)),
            timeout_s,
        )
        return found

    def list_alerts(
        self,
        *,
        purpose: int | str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[patient_pb2.Alert]:
        """Lists alerts, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListAlerts,
            calls.request(
                healthcare_service_pb2.ListAlertsRequest,
                dict(purpose=purpose, page_size=page_size, filter=filter),
            ),
            "alerts",
            timeout_s,
        )

    def watch_alerts(
        self,
        *,
        purpose: int | str,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[healthcare_service_pb2.WatchAlertsResponse]:
        """Streams the open alerts that match, then every change of an alert.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchAlerts,
            calls.request(
                healthcare_service_pb2.WatchAlertsRequest, dict(purpose=purpose, filter=filter)
            ),
            timeout_s,
        )

    def acknowledge_alert(
        self,
        *,
        name: str,
        note: str | None = None,
        timeout_s: float | None = None,
    ) -> patient_pb2.Alert:
        """Takes an alert over, in the name of the clinician who calls.

        Calling it again changes nothing.
        """
        found: patient_pb2.Alert = self._calls.unary(
            self._stub.AcknowledgeAlert,
            calls.request(
                healthcare_service_pb2.AcknowledgeAlertRequest, dict(name=name, note=note)
            ),
            timeout_s,
        )
        return found

    def evaluate_score(
        self,
        *,
        score: str,
        values: Mapping[str, decisions_pb2.Value] | None = None,
        timeout_s: float | None = None,
    ) -> decisions_pb2.EvaluateScoreResponse:
        """Scores what was measured, by a score in force: news2, qsofa or bedside-pews.

        Nothing is stored.
        """
        found: decisions_pb2.EvaluateScoreResponse = self._calls.unary(
            self._stub.EvaluateScore,
            calls.request(decisions_pb2.EvaluateScoreRequest, dict(score=score, values=values)),
            timeout_s,
        )
        return found

    def evaluate_triage(
        self,
        *,
        protocol: int | str,
        findings: Mapping[str, decisions_pb2.Value] | None = None,
        timeout_s: float | None = None,
    ) -> decisions_pb2.EvaluateTriageResponse:
        """Gives a casualty's triage tag, or says what to look at next.

        Nothing is stored.
        """
        found: decisions_pb2.EvaluateTriageResponse = self._calls.unary(
            self._stub.EvaluateTriage,
            calls.request(
                decisions_pb2.EvaluateTriageRequest, dict(protocol=protocol, findings=findings)
            ),
            timeout_s,
        )
        return found

    def evaluate_distribution(
        self,
        *,
        origins: Iterable[decisions_pb2.CasualtyOrigin] | None = None,
        hospitals: Iterable[decisions_pb2.HospitalCapacity] | None = None,
        timeout_s: float | None = None,
    ) -> decisions_pb2.EvaluateDistributionResponse:
        """Finds where each class of casualties goes from each place.

        Nothing is stored.
        """
        found: decisions_pb2.EvaluateDistributionResponse = self._calls.unary(
            self._stub.EvaluateDistribution,
            calls.request(
                decisions_pb2.EvaluateDistributionRequest,
                dict(origins=origins, hospitals=hospitals),
            ),
            timeout_s,
        )
        return found

    def get_hospital(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> region_pb2.Hospital:
        """Returns a hospital."""
        found: region_pb2.Hospital = self._calls.unary(
            self._stub.GetHospital,
            calls.request(region_pb2.GetHospitalRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_hospitals(
        self,
        *,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[region_pb2.Hospital]:
        """Lists hospitals in order of id.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListHospitals,
            calls.request(
                region_pb2.ListHospitalsRequest, dict(page_size=page_size, filter=filter)
            ),
            "hospitals",
            timeout_s,
        )

    def update_hospital(
        self,
        *,
        hospital: region_pb2.Hospital,
        update_mask: str | Sequence[str] | None = None,
        allow_missing: bool | None = None,
        timeout_s: float | None = None,
    ) -> region_pb2.Hospital:
        """Changes a hospital, or registers it: what recognition and casualty plans know of it."""
        found: region_pb2.Hospital = self._calls.unary(
            self._stub.UpdateHospital,
            calls.request(
                region_pb2.UpdateHospitalRequest,
                dict(hospital=hospital, update_mask=update_mask, allow_missing=allow_missing),
            ),
            timeout_s,
        )
        return found

    def report_beds(
        self,
        *,
        parent: str,
        bed_report: region_pb2.BedReport,
        timeout_s: float | None = None,
    ) -> region_pb2.ReportBedsResponse:
        """Takes a hospital's report of what it can take.

        An older one than is known is refused.
        """
        found: region_pb2.ReportBedsResponse = self._calls.unary(
            self._stub.ReportBeds,
            calls.request(region_pb2.ReportBedsRequest, dict(parent=parent, bed_report=bed_report)),
            timeout_s,
        )
        return found

    def get_bed_report(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> region_pb2.BedReport:
        """Returns a hospital's last report, with its age."""
        found: region_pb2.BedReport = self._calls.unary(
            self._stub.GetBedReport,
            calls.request(region_pb2.GetBedReportRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_bed_reports(
        self,
        *,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[region_pb2.BedReport]:
        """Lists the last reports, with their age.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListBedReports,
            calls.request(
                region_pb2.ListBedReportsRequest, dict(page_size=page_size, filter=filter)
            ),
            "bed_reports",
            timeout_s,
        )

    def get_surge_plan(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> region_pb2.SurgePlan:
        """Returns a surge plan."""
        found: region_pb2.SurgePlan = self._calls.unary(
            self._stub.GetSurgePlan,
            calls.request(region_pb2.GetSurgePlanRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_surge_plans(
        self,
        *,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[region_pb2.SurgePlan]:
        """Lists surge plans, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListSurgePlans,
            calls.request(
                region_pb2.ListSurgePlansRequest, dict(page_size=page_size, filter=filter)
            ),
            "surge_plans",
            timeout_s,
        )

    def acknowledge_surge_plan(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> region_pb2.SurgePlan:
        """Takes a surge plan over at the hospital, in the caller's name.

        Calling it again changes nothing.
        """
        found: region_pb2.SurgePlan = self._calls.unary(
            self._stub.AcknowledgeSurgePlan,
            calls.request(region_pb2.AcknowledgeSurgePlanRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def create_arrival(
        self,
        *,
        parent: str,
        arrival: arrival_pb2.Arrival,
        arrival_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> arrival_pb2.Arrival:
        """Announces an ambulance to the hospital that it goes to, and holds a place there."""
        found: arrival_pb2.Arrival = self._calls.unary(
            self._stub.CreateArrival,
            calls.request(
                arrival_pb2.CreateArrivalRequest,
                dict(parent=parent, arrival=arrival, arrival_id=arrival_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def get_arrival(
        self,
        *,
        name: str,
        purpose: int | str,
        timeout_s: float | None = None,
    ) -> arrival_pb2.Arrival:
        """Returns an arrival, with the patient's last score."""
        found: arrival_pb2.Arrival = self._calls.unary(
            self._stub.GetArrival,
            calls.request(arrival_pb2.GetArrivalRequest, dict(name=name, purpose=purpose)),
            timeout_s,
        )
        return found

    def list_arrivals(
        self,
        *,
        purpose: int | str,
        parent: str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[arrival_pb2.Arrival]:
        """Lists a hospital's arrivals, the latest announced first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListArrivals,
            calls.request(
                arrival_pb2.ListArrivalsRequest,
                dict(purpose=purpose, parent=parent, page_size=page_size, filter=filter),
            ),
            "arrivals",
            timeout_s,
        )

    def advance_arrival(
        self,
        *,
        name: str,
        state: int | str,
        eta_time: datetime | None = None,
        timeout_s: float | None = None,
    ) -> arrival_pb2.Arrival:
        """Says when an ambulance is expected now, or that it is there or goes elsewhere.

        Saying the same again changes nothing.
        """
        found: arrival_pb2.Arrival = self._calls.unary(
            self._stub.AdvanceArrival,
            calls.request(
                arrival_pb2.AdvanceArrivalRequest, dict(name=name, state=state, eta_time=eta_time)
            ),
            timeout_s,
        )
        return found

    def acknowledge_arrival(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> arrival_pb2.Arrival:
        """Takes note of an arrival at the hospital, in the caller's name.

        Calling it again changes nothing.
        """
        found: arrival_pb2.Arrival = self._calls.unary(
            self._stub.AcknowledgeArrival,
            calls.request(arrival_pb2.AcknowledgeArrivalRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def create_recognition(
        self,
        *,
        recognition: recognition_pb2.Recognition,
        recognition_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> recognition_pb2.Recognition:
        """Decides whether a result of another hospital is recognised, and keeps the decision.

        Never blocks an order: what is not known leads to an answer, with the step it ended
        at.
        """
        found: recognition_pb2.Recognition = self._calls.unary(
            self._stub.CreateRecognition,
            calls.request(
                recognition_pb2.CreateRecognitionRequest,
                dict(recognition=recognition, recognition_id=recognition_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def get_recognition(
        self,
        *,
        name: str,
        purpose: int | str,
        timeout_s: float | None = None,
    ) -> recognition_pb2.Recognition:
        """Returns a recognition."""
        found: recognition_pb2.Recognition = self._calls.unary(
            self._stub.GetRecognition,
            calls.request(recognition_pb2.GetRecognitionRequest, dict(name=name, purpose=purpose)),
            timeout_s,
        )
        return found

    def list_recognitions(
        self,
        *,
        purpose: int | str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[recognition_pb2.Recognition]:
        """Lists recognitions, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListRecognitions,
            calls.request(
                recognition_pb2.ListRecognitionsRequest,
                dict(purpose=purpose, page_size=page_size, filter=filter),
            ),
            "recognitions",
            timeout_s,
        )

    def evaluate_recognition_figures(
        self,
        *,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        receiver: str | None = None,
        timeout_s: float | None = None,
    ) -> recognition_pb2.EvaluateRecognitionFiguresResponse:
        """Adds up what recognition has come to."""
        found: recognition_pb2.EvaluateRecognitionFiguresResponse = self._calls.unary(
            self._stub.EvaluateRecognitionFigures,
            calls.request(
                recognition_pb2.EvaluateRecognitionFiguresRequest,
                dict(start_time=start_time, end_time=end_time, receiver=receiver),
            ),
            timeout_s,
        )
        return found

    def create_casualty_plan(
        self,
        *,
        casualty_plan: casualty_pb2.CasualtyPlan,
        casualty_plan_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> casualty_pb2.CasualtyPlan:
        """Begins a casualty plan."""
        found: casualty_pb2.CasualtyPlan = self._calls.unary(
            self._stub.CreateCasualtyPlan,
            calls.request(
                casualty_pb2.CreateCasualtyPlanRequest,
                dict(
                    casualty_plan=casualty_plan,
                    casualty_plan_id=casualty_plan_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    def get_casualty_plan(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> casualty_pb2.CasualtyPlan:
        """Returns a casualty plan."""
        found: casualty_pb2.CasualtyPlan = self._calls.unary(
            self._stub.GetCasualtyPlan,
            calls.request(casualty_pb2.GetCasualtyPlanRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_casualty_plans(
        self,
        *,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[casualty_pb2.CasualtyPlan]:
        """Lists casualty plans, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListCasualtyPlans,
            calls.request(
                casualty_pb2.ListCasualtyPlansRequest, dict(page_size=page_size, filter=filter)
            ),
            "casualty_plans",
            timeout_s,
        )

    def close_casualty_plan(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> casualty_pb2.CasualtyPlan:
        """Ends a casualty plan.

        Calling it again changes nothing.
        """
        found: casualty_pb2.CasualtyPlan = self._calls.unary(
            self._stub.CloseCasualtyPlan,
            calls.request(casualty_pb2.CloseCasualtyPlanRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def report_travel_times(
        self,
        *,
        name: str,
        travel_times: Iterable[casualty_pb2.TravelTime],
        timeout_s: float | None = None,
    ) -> casualty_pb2.CasualtyPlan:
        """Takes what is known of the roads; the plan is solved again."""
        found: casualty_pb2.CasualtyPlan = self._calls.unary(
            self._stub.ReportTravelTimes,
            calls.request(
                casualty_pb2.ReportTravelTimesRequest, dict(name=name, travel_times=travel_times)
            ),
            timeout_s,
        )
        return found

    def create_casualty(
        self,
        *,
        casualty: casualty_pb2.Casualty,
        casualty_id: str,
        parent: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> casualty_pb2.Casualty:
        """Takes a casualty with what was found; the plan is solved again."""
        found: casualty_pb2.Casualty = self._calls.unary(
            self._stub.CreateCasualty,
            calls.request(
                casualty_pb2.CreateCasualtyRequest,
                dict(
                    casualty=casualty, casualty_id=casualty_id, parent=parent, request_id=request_id
                ),
            ),
            timeout_s,
        )
        return found

    def list_casualties(
        self,
        *,
        parent: str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[casualty_pb2.Casualty]:
        """Lists a plan's casualties in order of id, each with where it goes and why.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListCasualties,
            calls.request(
                casualty_pb2.ListCasualtiesRequest,
                dict(parent=parent, page_size=page_size, filter=filter),
            ),
            "casualties",
            timeout_s,
        )

    def assess_casualty(
        self,
        *,
        name: str,
        findings: Mapping[str, decisions_pb2.Value] | None = None,
        timeout_s: float | None = None,
    ) -> casualty_pb2.Casualty:
        """Takes what was found of a casualty since; the plan is solved again."""
        found: casualty_pb2.Casualty = self._calls.unary(
            self._stub.AssessCasualty,
            calls.request(casualty_pb2.AssessCasualtyRequest, dict(name=name, findings=findings)),
            timeout_s,
        )
        return found

    def dispatch_casualty(
        self,
        *,
        name: str,
        hospital: str | None = None,
        arrived: bool | None = None,
        timeout_s: float | None = None,
    ) -> casualty_pb2.Casualty:
        """Sends a casualty off, or says that it arrived: the plan no longer moves it."""
        found: casualty_pb2.Casualty = self._calls.unary(
            self._stub.DispatchCasualty,
            calls.request(
                casualty_pb2.DispatchCasualtyRequest,
                dict(name=name, hospital=hospital, arrived=arrived),
            ),
            timeout_s,
        )
        return found

    def create_consultation(
        self,
        *,
        consultation: consultation_pb2.Consultation,
        consultation_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> consultation_pb2.Consultation:
        """Begins a consultation as a draft of the inviting hospital."""
        found: consultation_pb2.Consultation = self._calls.unary(
            self._stub.CreateConsultation,
            calls.request(
                consultation_pb2.CreateConsultationRequest,
                dict(
                    consultation=consultation,
                    consultation_id=consultation_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    def get_consultation(
        self,
        *,
        name: str,
        purpose: int | str,
        timeout_s: float | None = None,
    ) -> consultation_pb2.Consultation:
        """Returns a consultation."""
        found: consultation_pb2.Consultation = self._calls.unary(
            self._stub.GetConsultation,
            calls.request(
                consultation_pb2.GetConsultationRequest, dict(name=name, purpose=purpose)
            ),
            timeout_s,
        )
        return found

    def list_consultations(
        self,
        *,
        purpose: int | str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[consultation_pb2.Consultation]:
        """Lists consultations, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListConsultations,
            calls.request(
                consultation_pb2.ListConsultationsRequest,
                dict(purpose=purpose, page_size=page_size, filter=filter),
            ),
            "consultations",
            timeout_s,
        )

    def advance_consultation(
        self,
        *,
        name: str,
        action: int | str,
        acting_hospital: str,
        reason: str | None = None,
        doctor: str | None = None,
        hospital: str | None = None,
        scheduled_time: datetime | None = None,
        opinion: str | None = None,
        consent_record: str | None = None,
        timeout_s: float | None = None,
    ) -> consultation_pb2.Consultation:
        """Does the next step of a consultation, in the caller's name."""
        found: consultation_pb2.Consultation = self._calls.unary(
            self._stub.AdvanceConsultation,
            calls.request(
                consultation_pb2.AdvanceConsultationRequest,
                dict(
                    name=name,
                    action=action,
                    acting_hospital=acting_hospital,
                    reason=reason,
                    doctor=doctor,
                    hospital=hospital,
                    scheduled_time=scheduled_time,
                    opinion=opinion,
                    consent_record=consent_record,
                ),
            ),
            timeout_s,
        )
        return found

    def export_consultation(
        self,
        *,
        name: str,
        purpose: int | str,
        timeout_s: float | None = None,
    ) -> consultation_pb2.ExportConsultationResponse:
        """Returns a consultation as a FHIR R4 ServiceRequest and Task."""
        found: consultation_pb2.ExportConsultationResponse = self._calls.unary(
            self._stub.ExportConsultation,
            calls.request(
                consultation_pb2.ExportConsultationRequest, dict(name=name, purpose=purpose)
            ),
            timeout_s,
        )
        return found

    def create_consent(
        self,
        *,
        consent: consultation_pb2.Consent,
        consent_id: str,
        parent: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> consultation_pb2.Consent:
        """Records what a patient agrees to or refuses."""
        found: consultation_pb2.Consent = self._calls.unary(
            self._stub.CreateConsent,
            calls.request(
                consultation_pb2.CreateConsentRequest,
                dict(consent=consent, consent_id=consent_id, parent=parent, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def list_consents(
        self,
        *,
        purpose: int | str,
        parent: str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[consultation_pb2.Consent]:
        """Lists a patient's consents, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListConsents,
            calls.request(
                consultation_pb2.ListConsentsRequest,
                dict(purpose=purpose, parent=parent, page_size=page_size, filter=filter),
            ),
            "consents",
            timeout_s,
        )

    def revoke_consent(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> consultation_pb2.Consent:
        """Takes a consent back.

        Calling it again changes nothing.
        """
        found: consultation_pb2.Consent = self._calls.unary(
            self._stub.RevokeConsent,
            calls.request(consultation_pb2.RevokeConsentRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def evaluate_settlement(
        self,
        *,
        lines: Iterable[exchange_pb2.BillLine],
        policy_version: str,
        ratio: str,
        registered: bool | None = None,
        deductible_fen: int | None = None,
        cap_fen: int | None = None,
        case_group: exchange_pb2.CaseGroup | None = None,
        timeout_s: float | None = None,
    ) -> exchange_pb2.EvaluateSettlementResponse:
        """Settles a bill of care away from home: list of the place of care, policy of the insured place.

        Nothing is stored.
        """
        found: exchange_pb2.EvaluateSettlementResponse = self._calls.unary(
            self._stub.EvaluateSettlement,
            calls.request(
                exchange_pb2.EvaluateSettlementRequest,
                dict(
                    lines=lines,
                    policy_version=policy_version,
                    ratio=ratio,
                    registered=registered,
                    deductible_fen=deductible_fen,
                    cap_fen=cap_fen,
                    case_group=case_group,
                ),
            ),
            timeout_s,
        )
        return found

    def import_fhir(
        self,
        *,
        resource: struct_pb2.Struct,
        source: str,
        timeout_s: float | None = None,
    ) -> exchange_pb2.ImportFhirResponse:
        """Takes FHIR R4 resources, each checked against the R4 definitions; all of them or none.

        The same content twice is taken once.
        """
        found: exchange_pb2.ImportFhirResponse = self._calls.unary(
            self._stub.ImportFhir,
            calls.request(exchange_pb2.ImportFhirRequest, dict(resource=resource, source=source)),
            timeout_s,
        )
        return found

    def export_patient(
        self,
        *,
        name: str,
        purpose: int | str,
        timeout_s: float | None = None,
    ) -> exchange_pb2.ExportPatientResponse:
        """Returns what is known of a patient as a FHIR R4 Bundle, masked as GetPatient does."""
        found: exchange_pb2.ExportPatientResponse = self._calls.unary(
            self._stub.ExportPatient,
            calls.request(exchange_pb2.ExportPatientRequest, dict(name=name, purpose=purpose)),
            timeout_s,
        )
        return found

    def list_reports(
        self,
        *,
        purpose: int | str,
        parent: str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[exchange_pb2.Report]:
        """Lists a patient's reports, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListReports,
            calls.request(
                exchange_pb2.ListReportsRequest,
                dict(purpose=purpose, parent=parent, page_size=page_size, filter=filter),
            ),
            "reports",
            timeout_s,
        )

    def update_monitor(
        self,
        *,
        monitor: exchange_pb2.Monitor,
        update_mask: str | Sequence[str] | None = None,
        allow_missing: bool | None = None,
        timeout_s: float | None = None,
    ) -> exchange_pb2.Monitor:
        """Says which monitor hangs on which patient."""
        found: exchange_pb2.Monitor = self._calls.unary(
            self._stub.UpdateMonitor,
            calls.request(
                exchange_pb2.UpdateMonitorRequest,
                dict(monitor=monitor, update_mask=update_mask, allow_missing=allow_missing),
            ),
            timeout_s,
        )
        return found

    def list_monitors(
        self,
        *,
        purpose: int | str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[exchange_pb2.Monitor]:
        """Lists monitors in order of id.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListMonitors,
            calls.request(
                exchange_pb2.ListMonitorsRequest,
                dict(purpose=purpose, page_size=page_size, filter=filter),
            ),
            "monitors",
            timeout_s,
        )

    def watch_resources(
        self,
        *,
        kind: int | str,
        purpose: int | str,
        parent: str | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[exchange_pb2.WatchResourcesResponse]:
        """Streams resources of one kind as they change, from now on or from a token.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchResources,
            calls.request(
                exchange_pb2.WatchResourcesRequest,
                dict(kind=kind, purpose=purpose, parent=parent, filter=filter),
            ),
            timeout_s,
        )

    def verify_audit(
        self,
        *,
        published_number: int | None = None,
        published_hash: str | None = None,
        timeout_s: float | None = None,
    ) -> exchange_pb2.VerifyAuditResponse:
        """Checks the audit log from its first entry to its last."""
        found: exchange_pb2.VerifyAuditResponse = self._calls.unary(
            self._stub.VerifyAudit,
            calls.request(
                exchange_pb2.VerifyAuditRequest,
                dict(published_number=published_number, published_hash=published_hash),
            ),
            timeout_s,
        )
        return found


class AsyncHealthcare:
    """tianfu.healthcare.v1.HealthcareService, awaited."""

    def __init__(self, channel: calls.AsyncChannel) -> None:
        self._stub: Any = healthcare_service_pb2_grpc.HealthcareServiceStub(channel.grpc)
        self._calls = channel

    async def get_patient(
        self,
        *,
        name: str,
        purpose: int | str,
        timeout_s: float | None = None,
    ) -> patient_pb2.Patient:
        """Returns a patient.

        A caller who is no clinician sees names masked.
        """
        found: patient_pb2.Patient = await self._calls.unary(
            self._stub.GetPatient,
            calls.request(
                healthcare_service_pb2.GetPatientRequest, dict(name=name, purpose=purpose)
            ),
            timeout_s,
        )
        return found

    def list_patients(
        self,
        *,
        purpose: int | str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[patient_pb2.Patient]:
        """Lists patients in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListPatients,
            calls.request(
                healthcare_service_pb2.ListPatientsRequest,
                dict(purpose=purpose, page_size=page_size, filter=filter),
            ),
            "patients",
            timeout_s,
        )

    def list_observations(
        self,
        *,
        purpose: int | str,
        parent: str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[patient_pb2.Observation]:
        """Lists a patient's observations, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListObservations,
            calls.request(
                healthcare_service_pb2.ListObservationsRequest,
                dict(purpose=purpose, parent=parent, page_size=page_size, filter=filter),
            ),
            "observations",
            timeout_s,
        )

    def list_scores(
        self,
        *,
        purpose: int | str,
        parent: str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[patient_pb2.Score]:
        """Lists a patient's early-warning scores, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListScores,
            calls.request(
                healthcare_service_pb2.ListScoresRequest,
                dict(purpose=purpose, parent=parent, page_size=page_size, filter=filter),
            ),
            "scores",
            timeout_s,
        )

    async def create_oxygen_scale_order(
        self,
        *,
        parent: str,
        oxygen_scale_order: patient_pb2.OxygenScaleOrder,
        oxygen_scale_order_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> patient_pb2.OxygenScaleOrder:
        """Orders the SpO2 scale that a patient is scored on, in the name of the clinician who calls, and scores what was measured by it.

        Calling it again with the same id and order changes nothing.
        """
        found: patient_pb2.OxygenScaleOrder = await self._calls.unary(
            self._stub.CreateOxygenScaleOrder,
            calls.request(
                healthcare_service_pb2.CreateOxygenScaleOrderRequest,
                dict(
                    parent=parent,
                    oxygen_scale_order=oxygen_scale_order,
                    oxygen_scale_order_id=oxygen_scale_order_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    def list_oxygen_scale_orders(
        self,
        *,
        purpose: int | str,
        parent: str,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[patient_pb2.OxygenScaleOrder]:
        """Lists a patient's orders of an SpO2 scale, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListOxygenScaleOrders,
            calls.request(
                healthcare_service_pb2.ListOxygenScaleOrdersRequest,
                dict(purpose=purpose, parent=parent, page_size=page_size),
            ),
            "oxygen_scale_orders",
            timeout_s,
        )

    async def get_alert(
        self,
        *,
        name: str,
        purpose: int | str,
        timeout_s: float | None = None,
    ) -> patient_pb2.Alert:
        """Returns an alert."""
        found: patient_pb2.Alert = await self._calls.unary(
            self._stub.GetAlert,
            calls.request(healthcare_service_pb2.GetAlertRequest, dict(name=name, purpose=purpose)),
            timeout_s,
        )
        return found

    def list_alerts(
        self,
        *,
        purpose: int | str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[patient_pb2.Alert]:
        """Lists alerts, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListAlerts,
            calls.request(
                healthcare_service_pb2.ListAlertsRequest,
                dict(purpose=purpose, page_size=page_size, filter=filter),
            ),
            "alerts",
            timeout_s,
        )

    def watch_alerts(
        self,
        *,
        purpose: int | str,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[healthcare_service_pb2.WatchAlertsResponse]:
        """Streams the open alerts that match, then every change of an alert.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchAlerts,
            calls.request(
                healthcare_service_pb2.WatchAlertsRequest, dict(purpose=purpose, filter=filter)
            ),
            timeout_s,
        )

    async def acknowledge_alert(
        self,
        *,
        name: str,
        note: str | None = None,
        timeout_s: float | None = None,
    ) -> patient_pb2.Alert:
        """Takes an alert over, in the name of the clinician who calls.

        Calling it again changes nothing.
        """
        found: patient_pb2.Alert = await self._calls.unary(
            self._stub.AcknowledgeAlert,
            calls.request(
                healthcare_service_pb2.AcknowledgeAlertRequest, dict(name=name, note=note)
            ),
            timeout_s,
        )
        return found

    async def evaluate_score(
        self,
        *,
        score: str,
        values: Mapping[str, decisions_pb2.Value] | None = None,
        timeout_s: float | None = None,
    ) -> decisions_pb2.EvaluateScoreResponse:
        """Scores what was measured, by a score in force: news2, qsofa or bedside-pews.

        Nothing is stored.
        """
        found: decisions_pb2.EvaluateScoreResponse = await self._calls.unary(
            self._stub.EvaluateScore,
            calls.request(decisions_pb2.EvaluateScoreRequest, dict(score=score, values=values)),
            timeout_s,
        )
        return found

    async def evaluate_triage(
        self,
        *,
        protocol: int | str,
        findings: Mapping[str, decisions_pb2.Value] | None = None,
        timeout_s: float | None = None,
    ) -> decisions_pb2.EvaluateTriageResponse:
        """Gives a casualty's triage tag, or says what to look at next.

        Nothing is stored.
        """
        found: decisions_pb2.EvaluateTriageResponse = await self._calls.unary(
            self._stub.EvaluateTriage,
            calls.request(
                decisions_pb2.EvaluateTriageRequest, dict(protocol=protocol, findings=findings)
            ),
            timeout_s,
        )
        return found

    async def evaluate_distribution(
        self,
        *,
        origins: Iterable[decisions_pb2.CasualtyOrigin] | None = None,
        hospitals: Iterable[decisions_pb2.HospitalCapacity] | None = None,
        timeout_s: float | None = None,
    ) -> decisions_pb2.EvaluateDistributionResponse:
        """Finds where each class of casualties goes from each place.

        Nothing is stored.
        """
        found: decisions_pb2.EvaluateDistributionResponse = await self._calls.unary(
            self._stub.EvaluateDistribution,
            calls.request(
                decisions_pb2.EvaluateDistributionRequest,
                dict(origins=origins, hospitals=hospitals),
            ),
            timeout_s,
        )
        return found

    async def get_hospital(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> region_pb2.Hospital:
        """Returns a hospital."""
        found: region_pb2.Hospital = await self._calls.unary(
            self._stub.GetHospital,
            calls.request(region_pb2.GetHospitalRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_hospitals(
        self,
        *,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[region_pb2.Hospital]:
        """Lists hospitals in order of id.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListHospitals,
            calls.request(
                region_pb2.ListHospitalsRequest, dict(page_size=page_size, filter=filter)
            ),
            "hospitals",
            timeout_s,
        )

    async def update_hospital(
        self,
        *,
        hospital: region_pb2.Hospital,
        update_mask: str | Sequence[str] | None = None,
        allow_missing: bool | None = None,
        timeout_s: float | None = None,
    ) -> region_pb2.Hospital:
        """Changes a hospital, or registers it: what recognition and casualty plans know of it."""
        found: region_pb2.Hospital = await self._calls.unary(
            self._stub.UpdateHospital,
            calls.request(
                region_pb2.UpdateHospitalRequest,
                dict(hospital=hospital, update_mask=update_mask, allow_missing=allow_missing),
            ),
            timeout_s,
        )
        return found

    async def report_beds(
        self,
        *,
        parent: str,
        bed_report: region_pb2.BedReport,
        timeout_s: float | None = None,
    ) -> region_pb2.ReportBedsResponse:
        """Takes a hospital's report of what it can take.

        An older one than is known is refused.
        """
        found: region_pb2.ReportBedsResponse = await self._calls.unary(
            self._stub.ReportBeds,
            calls.request(region_pb2.ReportBedsRequest, dict(parent=parent, bed_report=bed_report)),
            timeout_s,
        )
        return found

    async def get_bed_report(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> region_pb2.BedReport:
        """Returns a hospital's last report, with its age."""
        found: region_pb2.BedReport = await self._calls.unary(
            self._stub.GetBedReport,
            calls.request(region_pb2.GetBedReportRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_bed_reports(
        self,
        *,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[region_pb2.BedReport]:
        """Lists the last reports, with their age.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListBedReports,
            calls.request(
                region_pb2.ListBedReportsRequest, dict(page_size=page_size, filter=filter)
            ),
            "bed_reports",
            timeout_s,
        )

    async def get_surge_plan(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> region_pb2.SurgePlan:
        """Returns a surge plan."""
        found: region_pb2.SurgePlan = await self._calls.unary(
            self._stub.GetSurgePlan,
            calls.request(region_pb2.GetSurgePlanRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_surge_plans(
        self,
        *,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[region_pb2.SurgePlan]:
        """Lists surge plans, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListSurgePlans,
            calls.request(
                region_pb2.ListSurgePlansRequest, dict(page_size=page_size, filter=filter)
            ),
            "surge_plans",
            timeout_s,
        )

    async def acknowledge_surge_plan(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> region_pb2.SurgePlan:
        """Takes a surge plan over at the hospital, in the caller's name.

        Calling it again changes nothing.
        """
        found: region_pb2.SurgePlan = await self._calls.unary(
            self._stub.AcknowledgeSurgePlan,
            calls.request(region_pb2.AcknowledgeSurgePlanRequest, dict(name=name)),
            timeout_s,
        )
        return found

    async def create_arrival(
        self,
        *,
        parent: str,
        arrival: arrival_pb2.Arrival,
        arrival_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> arrival_pb2.Arrival:
        """Announces an ambulance to the hospital that it goes to, and holds a place there."""
        found: arrival_pb2.Arrival = await self._calls.unary(
            self._stub.CreateArrival,
            calls.request(
                arrival_pb2.CreateArrivalRequest,
                dict(parent=parent, arrival=arrival, arrival_id=arrival_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    async def get_arrival(
        self,
        *,
        name: str,
        purpose: int | str,
        timeout_s: float | None = None,
    ) -> arrival_pb2.Arrival:
        """Returns an arrival, with the patient's last score."""
        found: arrival_pb2.Arrival = await self._calls.unary(
            self._stub.GetArrival,
            calls.request(arrival_pb2.GetArrivalRequest, dict(name=name, purpose=purpose)),
            timeout_s,
        )
        return found

    def list_arrivals(
        self,
        *,
        purpose: int | str,
        parent: str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[arrival_pb2.Arrival]:
        """Lists a hospital's arrivals, the latest announced first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListArrivals,
            calls.request(
                arrival_pb2.ListArrivalsRequest,
                dict(purpose=purpose, parent=parent, page_size=page_size, filter=filter),
            ),
            "arrivals",
            timeout_s,
        )

    async def advance_arrival(
        self,
        *,
        name: str,
        state: int | str,
        eta_time: datetime | None = None,
        timeout_s: float | None = None,
    ) -> arrival_pb2.Arrival:
        """Says when an ambulance is expected now, or that it is there or goes elsewhere.

        Saying the same again changes nothing.
        """
        found: arrival_pb2.Arrival = await self._calls.unary(
            self._stub.AdvanceArrival,
            calls.request(
                arrival_pb2.AdvanceArrivalRequest, dict(name=name, state=state, eta_time=eta_time)
            ),
            timeout_s,
        )
        return found

    async def acknowledge_arrival(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> arrival_pb2.Arrival:
        """Takes note of an arrival at the hospital, in the caller's name.

        Calling it again changes nothing.
        """
        found: arrival_pb2.Arrival = await self._calls.unary(
            self._stub.AcknowledgeArrival,
            calls.request(arrival_pb2.AcknowledgeArrivalRequest, dict(name=name)),
            timeout_s,
        )
        return found

    async def create_recognition(
        self,
        *,
        recognition: recognition_pb2.Recognition,
        recognition_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> recognition_pb2.Recognition:
        """Decides whether a result of another hospital is recognised, and keeps the decision.

        Never blocks an order: what is not known leads to an answer, with the step it ended
        at.
        """
        found: recognition_pb2.Recognition = await self._calls.unary(
            self._stub.CreateRecognition,
            calls.request(
                recognition_pb2.CreateRecognitionRequest,
                dict(recognition=recognition, recognition_id=recognition_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    async def get_recognition(
        self,
        *,
        name: str,
        purpose: int | str,
        timeout_s: float | None = None,
    ) -> recognition_pb2.Recognition:
        """Returns a recognition."""
        found: recognition_pb2.Recognition = await self._calls.unary(
            self._stub.GetRecognition,
            calls.request(recognition_pb2.GetRecognitionRequest, dict(name=name, purpose=purpose)),
            timeout_s,
        )
        return found

    def list_recognitions(
        self,
        *,
        purpose: int | str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[recognition_pb2.Recognition]:
        """Lists recognitions, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListRecognitions,
            calls.request(
                recognition_pb2.ListRecognitionsRequest,
                dict(purpose=purpose, page_size=page_size, filter=filter),
            ),
            "recognitions",
            timeout_s,
        )

    async def evaluate_recognition_figures(
        self,
        *,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        receiver: str | None = None,
        timeout_s: float | None = None,
    ) -> recognition_pb2.EvaluateRecognitionFiguresResponse:
        """Adds up what recognition has come to."""
        found: recognition_pb2.EvaluateRecognitionFiguresResponse = await self._calls.unary(
            self._stub.EvaluateRecognitionFigures,
            calls.request(
                recognition_pb2.EvaluateRecognitionFiguresRequest,
                dict(start_time=start_time, end_time=end_time, receiver=receiver),
            ),
            timeout_s,
        )
        return found

    async def create_casualty_plan(
        self,
        *,
        casualty_plan: casualty_pb2.CasualtyPlan,
        casualty_plan_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> casualty_pb2.CasualtyPlan:
        """Begins a casualty plan."""
        found: casualty_pb2.CasualtyPlan = await self._calls.unary(
            self._stub.CreateCasualtyPlan,
            calls.request(
                casualty_pb2.CreateCasualtyPlanRequest,
                dict(
                    casualty_plan=casualty_plan,
                    casualty_plan_id=casualty_plan_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    async def get_casualty_plan(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> casualty_pb2.CasualtyPlan:
        """Returns a casualty plan."""
        found: casualty_pb2.CasualtyPlan = await self._calls.unary(
            self._stub.GetCasualtyPlan,
            calls.request(casualty_pb2.GetCasualtyPlanRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_casualty_plans(
        self,
        *,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[casualty_pb2.CasualtyPlan]:
        """Lists casualty plans, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListCasualtyPlans,
            calls.request(
                casualty_pb2.ListCasualtyPlansRequest, dict(page_size=page_size, filter=filter)
            ),
            "casualty_plans",
            timeout_s,
        )

    async def close_casualty_plan(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> casualty_pb2.CasualtyPlan:
        """Ends a casualty plan.

        Calling it again changes nothing.
        """
        found: casualty_pb2.CasualtyPlan = await self._calls.unary(
            self._stub.CloseCasualtyPlan,
            calls.request(casualty_pb2.CloseCasualtyPlanRequest, dict(name=name)),
            timeout_s,
        )
        return found

    async def report_travel_times(
        self,
        *,
        name: str,
        travel_times: Iterable[casualty_pb2.TravelTime],
        timeout_s: float | None = None,
    ) -> casualty_pb2.CasualtyPlan:
        """Takes what is known of the roads; the plan is solved again."""
        found: casualty_pb2.CasualtyPlan = await self._calls.unary(
            self._stub.ReportTravelTimes,
            calls.request(
                casualty_pb2.ReportTravelTimesRequest, dict(name=name, travel_times=travel_times)
            ),
            timeout_s,
        )
        return found

    async def create_casualty(
        self,
        *,
        casualty: casualty_pb2.Casualty,
        casualty_id: str,
        parent: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> casualty_pb2.Casualty:
        """Takes a casualty with what was found; the plan is solved again."""
        found: casualty_pb2.Casualty = await self._calls.unary(
            self._stub.CreateCasualty,
            calls.request(
                casualty_pb2.CreateCasualtyRequest,
                dict(
                    casualty=casualty, casualty_id=casualty_id, parent=parent, request_id=request_id
                ),
            ),
            timeout_s,
        )
        return found

    def list_casualties(
        self,
        *,
        parent: str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[casualty_pb2.Casualty]:
        """Lists a plan's casualties in order of id, each with where it goes and why.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListCasualties,
            calls.request(
                casualty_pb2.ListCasualtiesRequest,
                dict(parent=parent, page_size=page_size, filter=filter),
            ),
            "casualties",
            timeout_s,
        )

    async def assess_casualty(
        self,
        *,
        name: str,
        findings: Mapping[str, decisions_pb2.Value] | None = None,
        timeout_s: float | None = None,
    ) -> casualty_pb2.Casualty:
        """Takes what was found of a casualty since; the plan is solved again."""
        found: casualty_pb2.Casualty = await self._calls.unary(
            self._stub.AssessCasualty,
            calls.request(casualty_pb2.AssessCasualtyRequest, dict(name=name, findings=findings)),
            timeout_s,
        )
        return found

    async def dispatch_casualty(
        self,
        *,
        name: str,
        hospital: str | None = None,
        arrived: bool | None = None,
        timeout_s: float | None = None,
    ) -> casualty_pb2.Casualty:
        """Sends a casualty off, or says that it arrived: the plan no longer moves it."""
        found: casualty_pb2.Casualty = await self._calls.unary(
            self._stub.DispatchCasualty,
            calls.request(
                casualty_pb2.DispatchCasualtyRequest,
                dict(name=name, hospital=hospital, arrived=arrived),
            ),
            timeout_s,
        )
        return found

    async def create_consultation(
        self,
        *,
        consultation: consultation_pb2.Consultation,
        consultation_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> consultation_pb2.Consultation:
        """Begins a consultation as a draft of the inviting hospital."""
        found: consultation_pb2.Consultation = await self._calls.unary(
            self._stub.CreateConsultation,
            calls.request(
                consultation_pb2.CreateConsultationRequest,
                dict(
                    consultation=consultation,
                    consultation_id=consultation_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    async def get_consultation(
        self,
        *,
        name: str,
        purpose: int | str,
        timeout_s: float | None = None,
    ) -> consultation_pb2.Consultation:
        """Returns a consultation."""
        found: consultation_pb2.Consultation = await self._calls.unary(
            self._stub.GetConsultation,
            calls.request(
                consultation_pb2.GetConsultationRequest, dict(name=name, purpose=purpose)
            ),
            timeout_s,
        )
        return found

    def list_consultations(
        self,
        *,
        purpose: int | str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[consultation_pb2.Consultation]:
        """Lists consultations, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListConsultations,
            calls.request(
                consultation_pb2.ListConsultationsRequest,
                dict(purpose=purpose, page_size=page_size, filter=filter),
            ),
            "consultations",
            timeout_s,
        )

    async def advance_consultation(
        self,
        *,
        name: str,
        action: int | str,
        acting_hospital: str,
        reason: str | None = None,
        doctor: str | None = None,
        hospital: str | None = None,
        scheduled_time: datetime | None = None,
        opinion: str | None = None,
        consent_record: str | None = None,
        timeout_s: float | None = None,
    ) -> consultation_pb2.Consultation:
        """Does the next step of a consultation, in the caller's name."""
        found: consultation_pb2.Consultation = await self._calls.unary(
            self._stub.AdvanceConsultation,
            calls.request(
                consultation_pb2.AdvanceConsultationRequest,
                dict(
                    name=name,
                    action=action,
                    acting_hospital=acting_hospital,
                    reason=reason,
                    doctor=doctor,
                    hospital=hospital,
                    scheduled_time=scheduled_time,
                    opinion=opinion,
                    consent_record=consent_record,
                ),
            ),
            timeout_s,
        )
        return found

    async def export_consultation(
        self,
        *,
        name: str,
        purpose: int | str,
        timeout_s: float | None = None,
    ) -> consultation_pb2.ExportConsultationResponse:
        """Returns a consultation as a FHIR R4 ServiceRequest and Task."""
        found: consultation_pb2.ExportConsultationResponse = await self._calls.unary(
            self._stub.ExportConsultation,
            calls.request(
                consultation_pb2.ExportConsultationRequest, dict(name=name, purpose=purpose)
            ),
            timeout_s,
        )
        return found

    async def create_consent(
        self,
        *,
        consent: consultation_pb2.Consent,
        consent_id: str,
        parent: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> consultation_pb2.Consent:
        """Records what a patient agrees to or refuses."""
        found: consultation_pb2.Consent = await self._calls.unary(
            self._stub.CreateConsent,
            calls.request(
                consultation_pb2.CreateConsentRequest,
                dict(consent=consent, consent_id=consent_id, parent=parent, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def list_consents(
        self,
        *,
        purpose: int | str,
        parent: str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[consultation_pb2.Consent]:
        """Lists a patient's consents, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListConsents,
            calls.request(
                consultation_pb2.ListConsentsRequest,
                dict(purpose=purpose, parent=parent, page_size=page_size, filter=filter),
            ),
            "consents",
            timeout_s,
        )

    async def revoke_consent(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> consultation_pb2.Consent:
        """Takes a consent back.

        Calling it again changes nothing.
        """
        found: consultation_pb2.Consent = await self._calls.unary(
            self._stub.RevokeConsent,
            calls.request(consultation_pb2.RevokeConsentRequest, dict(name=name)),
            timeout_s,
        )
        return found

    async def evaluate_settlement(
        self,
        *,
        lines: Iterable[exchange_pb2.BillLine],
        policy_version: str,
        ratio: str,
        registered: bool | None = None,
        deductible_fen: int | None = None,
        cap_fen: int | None = None,
        case_group: exchange_pb2.CaseGroup | None = None,
        timeout_s: float | None = None,
    ) -> exchange_pb2.EvaluateSettlementResponse:
        """Settles a bill of care away from home: list of the place of care, policy of the insured place.

        Nothing is stored.
        """
        found: exchange_pb2.EvaluateSettlementResponse = await self._calls.unary(
            self._stub.EvaluateSettlement,
            calls.request(
                exchange_pb2.EvaluateSettlementRequest,
                dict(
                    lines=lines,
                    policy_version=policy_version,
                    ratio=ratio,
                    registered=registered,
                    deductible_fen=deductible_fen,
                    cap_fen=cap_fen,
                    case_group=case_group,
                ),
            ),
            timeout_s,
        )
        return found

    async def import_fhir(
        self,
        *,
        resource: struct_pb2.Struct,
        source: str,
        timeout_s: float | None = None,
    ) -> exchange_pb2.ImportFhirResponse:
        """Takes FHIR R4 resources, each checked against the R4 definitions; all of them or none.

        The same content twice is taken once.
        """
        found: exchange_pb2.ImportFhirResponse = await self._calls.unary(
            self._stub.ImportFhir,
            calls.request(exchange_pb2.ImportFhirRequest, dict(resource=resource, source=source)),
            timeout_s,
        )
        return found

    async def export_patient(
        self,
        *,
        name: str,
        purpose: int | str,
        timeout_s: float | None = None,
    ) -> exchange_pb2.ExportPatientResponse:
        """Returns what is known of a patient as a FHIR R4 Bundle, masked as GetPatient does."""
        found: exchange_pb2.ExportPatientResponse = await self._calls.unary(
            self._stub.ExportPatient,
            calls.request(exchange_pb2.ExportPatientRequest, dict(name=name, purpose=purpose)),
            timeout_s,
        )
        return found

    def list_reports(
        self,
        *,
        purpose: int | str,
        parent: str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[exchange_pb2.Report]:
        """Lists a patient's reports, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListReports,
            calls.request(
                exchange_pb2.ListReportsRequest,
                dict(purpose=purpose, parent=parent, page_size=page_size, filter=filter),
            ),
            "reports",
            timeout_s,
        )

    async def update_monitor(
        self,
        *,
        monitor: exchange_pb2.Monitor,
        update_mask: str | Sequence[str] | None = None,
        allow_missing: bool | None = None,
        timeout_s: float | None = None,
    ) -> exchange_pb2.Monitor:
        """Says which monitor hangs on which patient."""
        found: exchange_pb2.Monitor = await self._calls.unary(
            self._stub.UpdateMonitor,
            calls.request(
                exchange_pb2.UpdateMonitorRequest,
                dict(monitor=monitor, update_mask=update_mask, allow_missing=allow_missing),
            ),
            timeout_s,
        )
        return found

    def list_monitors(
        self,
        *,
        purpose: int | str,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[exchange_pb2.Monitor]:
        """Lists monitors in order of id.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListMonitors,
            calls.request(
                exchange_pb2.ListMonitorsRequest,
                dict(purpose=purpose, page_size=page_size, filter=filter),
            ),
            "monitors",
            timeout_s,
        )

    def watch_resources(
        self,
        *,
        kind: int | str,
        purpose: int | str,
        parent: str | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[exchange_pb2.WatchResourcesResponse]:
        """Streams resources of one kind as they change, from now on or from a token.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchResources,
            calls.request(
                exchange_pb2.WatchResourcesRequest,
                dict(kind=kind, purpose=purpose, parent=parent, filter=filter),
            ),
            timeout_s,
        )

    async def verify_audit(
        self,
        *,
        published_number: int | None = None,
        published_hash: str | None = None,
        timeout_s: float | None = None,
    ) -> exchange_pb2.VerifyAuditResponse:
        """Checks the audit log from its first entry to its last."""
        found: exchange_pb2.VerifyAuditResponse = await self._calls.unary(
            self._stub.VerifyAudit,
            calls.request(
                exchange_pb2.VerifyAuditRequest,
                dict(published_number=published_number, published_hash=published_hash),
            ),
            timeout_s,
        )
        return found
