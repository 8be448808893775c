"""The healthcare service with a NATS server that has the stream of events, and how tests ask it."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import carebundle
import grpc
import pytest

from tests.support import region
from tests.support.healthcare_process import HealthcareProcess, healthcare_process
from tests.support.nats_server import NatsServer, nats_server
from tests.support.postgres import PostgresServer
from tianfu.healthcare.v1 import consultation_pb2, exchange_pb2, region_pb2

OWN: Final[Mapping[str, Callable[[Any], str]]] = {
    "CreateRecognition": lambda request: str(request.recognition.receiver),
    "ReportBeds": lambda request: str(request.parent),
}
"""In which hospital's name a method is called."""


@dataclass
class Region:
    """The service, with a NATS server that has the stream of events."""

    service: HealthcareProcess
    nats: NatsServer
    numbers: Iterator[int]

    def call(
        self, method: str, request: Any, *roles: str, who: str = "dr-li", of: str | None = None
    ) -> Any:
        """Call an RPC, as somebody of the hospital that the request is about or of another."""
        own = OWN[method](request).partition("/")[2] if of is None and method in OWN else of
        return self.service.call(method, request, *roles, who=who, of=own)

    def refused(
        self, method: str, request: Any, *roles: str, who: str = "dr-li", of: str | None = None
    ) -> str:
        """Call an RPC that is refused; return the status."""
        with pytest.raises(grpc.RpcError) as error:
            self.call(method, request, *roles, who=who, of=of)
        return f"{error.value.code().name}"

    def register(self, hospital: region_pb2.Hospital) -> region_pb2.Hospital:
        """Register a hospital."""
        request = region_pb2.UpdateHospitalRequest(hospital=hospital, allow_missing=True)
        made: region_pb2.Hospital = self.call("UpdateHospital", request, "PLATFORM_ENGINEER")
        return made

    def report(self, own: str, report: region_pb2.BedReport) -> region_pb2.BedReport:
        """Report a hospital's beds."""
        request = region_pb2.ReportBedsRequest(parent=f"hospitals/{own}", bed_report=report)
        made: region_pb2.BedReport = self.call("ReportBeds", request).bed_report
        return made

    def consent(self, patient: str, own: str, scope: int = 1) -> consultation_pb2.Consent:
        """Record that a patient agrees to a consultation, or to what else there is to agree to."""
        request = consultation_pb2.CreateConsentRequest(
            parent=patient,
            consent_id=own,
            consent=consultation_pb2.Consent(
                scope=consultation_pb2.ConsentScope.ValueType(scope),
                decision=consultation_pb2.CONSENT_DECISION_PERMIT,
            ),
        )
        made: consultation_pb2.Consent = self.call("CreateConsent", request)
        return made

    def bundle(self, seed: int = 1) -> dict[str, Any]:
        """Return a bundle of a patient of its own."""
        made: dict[str, Any] = json.loads(carebundle.to_json(carebundle.generate_bundle(seed=seed)))
        return made

    def send(self, resource: Any, source: str = "his") -> exchange_pb2.ImportFhirResponse:
        """Send FHIR."""
        request = exchange_pb2.ImportFhirRequest(source=source)
        request.resource.update(resource)
        made: exchange_pb2.ImportFhirResponse = self.call("ImportFhir", request)
        return made

    def patient(self) -> str:
        """Return a new patient."""
        name = f"X{next(self.numbers)}"
        found = self.send(
            {"resourceType": "Patient", "identifier": [{"system": "urn:t", "value": name}]}
        )
        return str(found.patients[0])

    def potassium(
        self, patient: str, value: float, status: str = "final"
    ) -> exchange_pb2.ImportFhirResponse:
        """Send a potassium of a fixed moment."""
        return self.send(
            {
                "resourceType": "Observation",
                "identifier": [{"value": "order-1"}],
                "status": status,
                "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3"}]},
                "subject": {"reference": patient.replace("patients/", "Patient/")},
                "effectiveDateTime": "2026-11-20T08:00:00+08:00",
                "valueQuantity": {
                    "value": value,
                    "unit": "mmol/L",
                    "system": "http://unitsofmeasure.org",
                    "code": "mmol/L",
                },
            }
        )


@contextlib.contextmanager
def region_world(postgres: PostgresServer) -> Iterator[Region]:
    """Run the service over a database of its own, and leave nothing behind."""
    name = postgres.create_database()
    with nats_server() as nats:
        region.make_events(nats)
        with healthcare_process(nats, postgres.url(name)) as service:
            yield Region(service, nats, itertools.count())
    postgres.drop_database(name)
