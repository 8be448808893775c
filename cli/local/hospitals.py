"""The region's hospitals of the local platform: ``python -m cli.local.hospitals DATA``.

It does what hospitals' systems do: registers three hospitals, sends FHIR R4 bundles of made-up
patients (carebundle, seeded, the same at each start), and reports beds every minute. Whatever can't
be reached yet is tried again.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import carebundle

from cli.clinical import PURPOSE, ROLE
from cli.connection import Platform, metadata_of, platform
from cli.failures import Failure
from cli.local import ambulance
from cli.local.folder import Folder
from tianfu.healthcare.v1 import arrival_pb2, decisions_pb2, exchange_pb2, region_pb2

# Id, title, county (GB/T 2260), WGS-84 degrees, casualties it can take: red, yellow, green.
HOSPITALS: Final = (
    ("jinjiang-hospital", "锦江区人民医院", "510104", 30.656, 104.083, (4, 12, 40)),
    ("wuhou-hospital", "武侯区人民医院", "510107", 30.642, 104.044, (6, 20, 60)),
    ("wenchuan-hospital", "汶川县人民医院", "513221", 31.477, 103.590, (1, 4, 15)),
)
ITEMS: Final = ("potassium", "sodium", "glucose", "hba1c", "chest-ct")
SEEDS: Final = (1, 2, 3)
SOURCE: Final = "jinjiang-his"
SINCE: Final = datetime(2024, 1, 1, tzinfo=UTC)

REPORT_S: Final = 60.0
"""Between reports of beds: a report is believed for five minutes in an incident."""

RUN_S: Final = 480
"""Of one run of the ambulance."""

RETRY_S: Final = 2.0


def hospital(place: int) -> region_pb2.Hospital:
    """Return one of the hospitals as it is registered."""
    own, title, county, latitude, longitude, _ = HOSPITALS[place]
    since = region_pb2.Period()
    since.start_time.FromDatetime(SINCE)
    return region_pb2.Hospital(
        name=f"hospitals/{own}",
        title=title,
        place_code=county,
        latitude=latitude,
        longitude=longitude,
        active=[since],
        catalogue=[region_pb2.CatalogueEntry(item=each, period=since) for each in ITEMS],
        certificates=[
            region_pb2.QualityCertificate(
                certificate=f"eqa-2024-{own}-{each}",
                item=each,
                scope=region_pb2.MARK_SCOPE_PROVINCE,
                period=since,
            )
            for each in ITEMS
        ],
    )


def bed_report(place: int, now: datetime) -> region_pb2.BedReport:
    """Return what a hospital can take now."""
    red, yellow, green = HOSPITALS[place][5]
    report = region_pb2.BedReport(
        emergency=region_pb2.EMERGENCY_STATUS_OPEN,
        casualties=region_pb2.ColourCounts(red=red, yellow=yellow, green=green),
        beds=[
            region_pb2.BedCount(
                type=region_pb2.BED_TYPE_ICU,
                baseline=4 * red,
                available=red,
                surge_day=2 * red,
                surge_three_days=3 * red,
            ),
            region_pb2.BedCount(
                type=region_pb2.BED_TYPE_WARD, baseline=10 * green, available=green
            ),
        ],
        offload_minutes=8,
    )
    report.report_time.FromDatetime(now)
    return report


def bundle(seed: int) -> dict[str, Any]:
    """Return a made-up patient's bundle, the same each time."""
    made: dict[str, Any] = json.loads(carebundle.to_json(carebundle.generate_bundle(seed=seed)))
    return made


def monitor(patient: str) -> exchange_pb2.UpdateMonitorRequest:
    """Return the request that says who lies in the ambulance."""
    own = exchange_pb2.Monitor(
        name=f"monitors/{ambulance.MONITOR}",
        node=ambulance.NODE,
        series_prefix=ambulance.PREFIX,
        patient=patient,
    )
    return exchange_pb2.UpdateMonitorRequest(monitor=own, allow_missing=True)


def run_id(number: int) -> str:
    """Return the id of a run of the ambulance: each begins anew when the former has ended."""
    return f"run-{number}"


def announce(services: Platform, patient: str, now: datetime) -> None:
    """Have the ambulance announced to the hospital that it goes to, or there at the run's end.

    A run takes RUN_S by the clock, whenever this program is started: what is said twice is one.
    """
    number, since_s = divmod(int(now.timestamp()), RUN_S)
    parent = f"hospitals/{HOSPITALS[0][0]}"
    made = arrival_pb2.Arrival(
        node=ambulance.NODE, patient=patient, tag=decisions_pb2.TRIAGE_TAG_RED
    )
    # On the road it is later by a tenth than was thought first.
    made.eta_time.FromDatetime(now + timedelta(seconds=1.1 * (RUN_S - since_s)))
    request = arrival_pb2.CreateArrivalRequest(
        parent=parent, arrival=made, arrival_id=run_id(number)
    )
    name = f"{parent}/arrivals/{run_id(number)}"
    services.call(services.healthcare.CreateArrival, request)
    moved = arrival_pb2.AdvanceArrivalRequest(
        name=name, state=arrival_pb2.ARRIVAL_STATE_ANNOUNCED, eta_time=made.eta_time
    )
    services.call(services.healthcare.AdvanceArrival, moved)
    asked = arrival_pb2.ListArrivalsRequest(
        parent=parent,
        purpose=PURPOSE,
        filter=f"state=ANNOUNCED AND node={ambulance.NODE}",
    )
    for each in services.call(services.healthcare.ListArrivals, asked).arrivals:
        if each.name != name:
            there = arrival_pb2.AdvanceArrivalRequest(
                name=each.name, state=arrival_pb2.ARRIVAL_STATE_ARRIVED
            )
            services.call(services.healthcare.AdvanceArrival, there)


def introduce(services: Platform, registrar: Platform) -> str:
    """Register the hospitals, send the bundles, hang up the ambulance's monitor.

    Return who lies in the ambulance.

    Doing so again changes nothing of note.
    """
    for place in range(len(HOSPITALS)):
        request = region_pb2.UpdateHospitalRequest(hospital=hospital(place), allow_missing=True)
        registrar.call(registrar.healthcare.UpdateHospital, request)
    carried = ""
    for seed in SEEDS:
        sent = exchange_pb2.ImportFhirRequest(source=SOURCE)
        sent.resource.update(bundle(seed))
        [patient, *_] = services.call(services.healthcare.ImportFhir, sent).patients
        if seed == ambulance.SEED:
            services.call(services.healthcare.UpdateMonitor, monitor(patient))
            carried = str(patient)
    return carried


def report_all(services: Platform, folder: Folder) -> None:
    """Report the beds of every hospital, each in its own name."""
    for place, (own, *_) in enumerate(HOSPITALS):
        request = region_pb2.ReportBedsRequest(
            parent=f"hospitals/{own}", bed_report=bed_report(place, datetime.now(UTC))
        )
        own_token = metadata_of(folder, ROLE, "his", own)
        services.call(services.healthcare.ReportBeds, request, metadata=own_token)


def main(data: Path) -> None:
    """Send until SIGTERM or SIGINT."""
    stop, carried = threading.Event(), ""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        wait_s = REPORT_S
        try:
            # A token lives for minutes: each round has its own.
            with platform(data, ROLE, "his") as services, platform(data) as registrar:
                carried = carried or introduce(services, registrar)
                report_all(services, Folder.at(data))
                announce(services, carried, datetime.now(UTC))
        except Failure as failure:
            sys.stderr.write(f"hospitals: {failure.reason}, trying again\n")
            wait_s = RETRY_S
        stop.wait(wait_s)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
