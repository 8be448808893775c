"""The region's hospitals that `tianfu up` runs: what they send is what the service takes."""

from __future__ import annotations

from datetime import UTC, datetime

import protovalidate
import pytest

from cli.local import hospitals as local
from services.healthcare.model import beds, fhir_r4
from services.healthcare.usecases import hospitals
from tianfu.healthcare.v1 import region_pb2

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.mark.parametrize("place", range(len(local.HOSPITALS)))
def test_a_hospital_and_its_beds_are_what_the_service_takes(place: int) -> None:
    report = local.bed_report(place, NOW)
    hospital = local.hospital(place)

    for request in (
        region_pb2.UpdateHospitalRequest(hospital=hospital),
        region_pb2.ReportBedsRequest(parent=hospital.name, bed_report=report),
    ):
        assert protovalidate.collect_violations(request) == []
    capacity = hospitals.capacity(hospital.name, report)
    assert beds.checked(capacity, None, NOW) == capacity
    assert hospitals.institution(hospital).jurisdiction.startswith("CN-51-")
    assert hospitals.certificates(hospital)


def test_the_bundles_are_the_same_at_each_start_and_taken_whole() -> None:
    first, again = ([local.bundle(seed) for seed in local.SEEDS] for _ in range(2))

    assert first == again
    for resource in first:
        assert len(fhir_r4.check(resource)) > 30
