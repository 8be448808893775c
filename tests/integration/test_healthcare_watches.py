"""Watches of resources: as they change, as filters mean, and to whom patients let them be shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from tests.support import region
from tests.support.postgres import PostgresServer
from tests.support.region_world import Region, region_world
from tests.support.rpc import details
from tianfu.healthcare.v1 import (
    consultation_pb2,
    exchange_pb2,
    healthcare_service_pb2,
    healthcare_service_pb2_grpc,
    patient_pb2,
)

pytestmark = pytest.mark.integration

TREATMENT, QUALITY = patient_pb2.PURPOSE_TREATMENT, patient_pb2.PURPOSE_QUALITY


@pytest.fixture(scope="module")
def place(postgres: PostgresServer) -> Iterator[Region]:
    with region_world(postgres) as made:
        yield made


def test_a_watch_shows_each_sort_as_it_changes_and_goes_on_where_it_ended(place: Region) -> None:
    stub = healthcare_service_pb2_grpc.HealthcareServiceStub(place.service.channel)
    metadata = place.service.metadata("CLINICIAN")
    patient = place.patient()

    def watch(kind: int, parent: str = "", token: str = "") -> Any:
        request = exchange_pb2.WatchResourcesRequest(
            kind=exchange_pb2.WatchKind.ValueType(kind),
            parent=parent,
            purpose=TREATMENT,
            resume_token=token,
        )
        return stub.WatchResources(request, timeout=60, metadata=metadata)

    results, beds = watch(exchange_pb2.WATCH_KIND_OBSERVATION, patient), watch(7)
    tokens = [next(results).resume_token, next(beds).resume_token]
    place.register(region.hospital("watched"))
    place.report("watched", region.bed_report(red=4))
    place.potassium(patient, 4.4)
    seen = next(results)
    reported = next(beds)
    results.cancel()
    beds.cancel()
    place.potassium(patient, 4.5, "corrected")
    resumed = watch(exchange_pb2.WATCH_KIND_OBSERVATION, patient, seen.resume_token)
    corrected = next(resumed)
    resumed.cancel()

    assert all(tokens)
    assert seen.observation.result.number == 4.4
    assert reported.bed_report.casualties.red == 4
    assert corrected.observation.result.number == 4.5


def test_a_watch_passes_over_what_its_filter_does_not_mean(place: Region) -> None:
    place.register(region.hospital("here", "511902"))
    place.register(region.hospital("there", "510105"))
    stub = healthcare_service_pb2_grpc.HealthcareServiceStub(place.service.channel)
    metadata = place.service.metadata("CLINICIAN")
    request = exchange_pb2.WatchResourcesRequest(
        kind=exchange_pb2.WATCH_KIND_BED_REPORT, filter="place=511902", purpose=TREATMENT
    )
    watch = stub.WatchResources(request, timeout=60, metadata=metadata)
    next(watch)
    place.report("there", region.bed_report(red=1))
    place.report("here", region.bed_report(red=7))
    seen = next(watch)
    watch.cancel()

    assert seen.bed_report.name == "hospitals/here/bedReport"
    request.filter = "bed=7"
    refused = stub.WatchResources(request, timeout=60, metadata=metadata)
    with pytest.raises(grpc.RpcError) as error:
        next(refused)
    info = details(error.value).info
    assert info is not None
    assert info.reason == "FILTER_INVALID"


def test_who_withholds_consent_is_in_no_list_and_no_watch_for_quality(place: Region) -> None:
    agrees, refuses = place.patient(), place.patient()
    withheld = place.consent(refuses, "withheld", scope=2)
    place.call("RevokeConsent", consultation_pb2.RevokeConsentRequest(name=withheld.name))
    stub = healthcare_service_pb2_grpc.HealthcareServiceStub(place.service.channel)
    metadata = place.service.metadata("CLINICIAN")
    watch = stub.WatchResources(
        exchange_pb2.WatchResourcesRequest(
            kind=exchange_pb2.WATCH_KIND_OBSERVATION, purpose=QUALITY
        ),
        timeout=60,
        metadata=metadata,
    )
    next(watch)
    place.potassium(refuses, 7.4)
    place.potassium(agrees, 4.4)
    seen = next(watch)
    watch.cancel()

    listed = healthcare_service_pb2.ListPatientsRequest(purpose=QUALITY, page_size=1000)
    names = {each.name for each in place.call("ListPatients", listed).patients}
    alerts = healthcare_service_pb2.ListAlertsRequest(purpose=QUALITY, page_size=1000)
    patients = {each.patient for each in place.call("ListAlerts", alerts).alerts}
    treated = healthcare_service_pb2.ListAlertsRequest(purpose=TREATMENT, page_size=1000)

    assert seen.observation.name.startswith(f"{agrees}/")
    assert agrees in names
    assert refuses not in names
    assert refuses not in patients
    assert refuses in {each.patient for each in place.call("ListAlerts", treated).alerts}
    # Each patient whose result a watch showed is in the log, and the other as refused.
    kept = place.service.audited()
    assert ("resources.watched", agrees) in kept
    assert ("resources.watched", refuses) not in kept
    assert ("patients.refused", refuses) in kept
