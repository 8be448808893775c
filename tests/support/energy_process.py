"""The energy service as a process, with real nats-server and PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import nats
from nats.js.api import RetentionPolicy, StorageType, StreamConfig

from cli import openadr_clients as openadr_clients_file
from tests.support.nats_server import NatsServer
from tests.support.schema import service_url
from tests.support.service_process import CALL_S, ServiceProcess
from tianfu import batch_encoder, nats_keys, subjects
from tianfu.batch_encoder import BatchBuilder, Identity, SeriesKey
from tianfu.disaster_warning.v1 import events_pb2 as warning_events
from tianfu.disaster_warning.v1 import warning_pb2
from tianfu.energy.v1 import dispatch_pb2, energy_service_pb2_grpc, unit_pb2
from tianfu.energy.v1 import energy_service_pb2 as pb
from tianfu.nats_keys import KeyKind
from tools.ports import free_port

INTERVAL: Final = timedelta(minutes=15)
CST: Final = timedelta(hours=8)
AT_ONCE: Final = 100
"""Messages that wait for their stream's word at a time."""


OPENADR_CLIENTS: Final = (
    ("utility", "bl", ""),
    ("ven-a", "ven", "units/openadr-a"),
    ("ven-b", "ven", "units/openadr-b"),
)


def openadr_secret(client_id: str) -> str:
    """Return the secret of a client of OpenADR 3."""
    return f"{client_id}-secret-of-a-test-with-many-characters"


def openadr_clients() -> str:
    """Return the file of clients of OpenADR 3."""
    return "\n".join(
        openadr_clients_file.table(*each, openadr_secret(each[0])) for each in OPENADR_CLIENTS
    )


class EnergyProcess(ServiceProcess):
    """``python -m services.energy`` over one database; killed and started again."""

    def __init__(self, folder: Path, nats_: NatsServer, admin_url: str) -> None:
        self.metrics_port = free_port()
        pair = nats_keys.generate(KeyKind.USER)
        self.public_key = pair.public_key
        seed = folder / "setpoints.nk"
        seed.write_text(pair.seed)
        self.openadr_port = free_port()
        self.hook_port = free_port()
        clients = folder / "openadr-clients.toml"
        clients.write_text(openadr_clients())
        environment = {
            "TIANFU_OPENADR_ADDRESS": f"127.0.0.1:{self.openadr_port}",
            "TIANFU_OPENADR_CLIENTS_FILE": str(clients),
            "TIANFU_OPENADR_WEBHOOK_HOSTS": f"127.0.0.1:{self.hook_port}",
            "TIANFU_METRICS_ADDRESS": f"127.0.0.1:{self.metrics_port}",
            "TIANFU_DATABASE_URL": service_url(admin_url, "energy"),
            "TIANFU_SETPOINT_SEED_FILE": str(seed),
        }
        super().__init__("energy", folder, nats_, environment)
        self._admin = {"TIANFU_DATABASE_ADMIN_URL": admin_url}
        self.sequence = 0

    def migrate(self) -> None:
        """Make role and schema, as an administrator would."""
        command = [sys.executable, "-m", "services.energy", "migrate"]
        subprocess.run(command, env=self.environment | self._admin, check=True, capture_output=True)

    def call(self, method: str, request: Any, *roles: str, who: str = "manager") -> Any:
        """Call an RPC, as somebody of every role of energy unless told otherwise."""
        held = roles or ("ENERGY_MANAGER", "GRID_DISPATCHER", "STATION_OPERATOR")
        token = self.issuer.token(*held, sub=who)
        stub = energy_service_pb2_grpc.EnergyServiceStub(self.channel)
        return getattr(stub, method)(
            request, timeout=CALL_S, metadata=(("authorization", f"Bearer {token}"),)
        )

    def metrics(self) -> str:
        """Return all that its metrics say."""
        url = f"http://127.0.0.1:{self.metrics_port}/metrics"
        with urllib.request.urlopen(url, timeout=CALL_S) as answer:
            return str(answer.read().decode())

    # -- what there is ----------------------------------------------------------------------------

    def unit(self, unit_id: str, **fields: Any) -> unit_pb2.Unit:
        """Make a unit."""
        stated = {"display_name": unit_id, "place_code": "510104", **fields}
        request = pb.CreateUnitRequest(unit_id=unit_id, unit=unit_pb2.Unit(**stated))
        made: unit_pb2.Unit = self.call("CreateUnit", request)
        return made

    def meter(self, unit_id: str, meter_id: str, node: str = "", **fields: Any) -> unit_pb2.Meter:
        """Make a meter of electricity at the unit's entry, of the node's series of its name."""
        stated = {
            "energy": "electricity",
            "level": unit_pb2.METERING_LEVEL_UNIT,
            "series": f"nodes/{node}/series/{meter_id}" if node else "",
            "register_max": 1e6,
            **fields,
        }
        request = pb.CreateMeterRequest(
            parent=f"units/{unit_id}", meter_id=meter_id, meter=unit_pb2.Meter(**stated)
        )
        made: unit_pb2.Meter = self.call("CreateMeter", request)
        return made

    def asset(self, asset_id: str, node: str, equipment: int, **fields: Any) -> None:
        """Make a piece of equipment."""
        stated = {"node": f"nodes/{node}", "place_code": "510104", "equipment": equipment, **fields}
        request = pb.CreateAssetRequest(asset_id=asset_id, asset=dispatch_pb2.Asset(**stated))
        self.call("CreateAsset", request)

    def intervals(self, meter: str, start: datetime, end: datetime) -> list[unit_pb2.Interval]:
        """Return a meter's intervals."""
        request = pb.ListIntervalsRequest(parent=meter, page_size=1000)
        request.start_time.FromDatetime(start)
        request.end_time.FromDatetime(end)
        return list(self.call("ListIntervals", request).intervals)

    def orders(self, cause: str = "") -> list[dispatch_pb2.Order]:
        """Return orders, the first first."""
        request = pb.ListOrdersRequest(cause=cause, page_size=1000)
        return list(self.call("ListOrders", request).orders)[::-1]

    # -- what comes in ----------------------------------------------------------------------------

    def publish(self, *messages: tuple[str, bytes, str]) -> None:
        """Publish subject, payload and message id, each confirmed by its stream."""

        async def send() -> None:
            credentials = str(self.nats.credentials("test", "admin"))
            link = await nats.connect(self.nats.url, user_credentials=credentials)
            js = link.jetstream(timeout=CALL_S)

            async def one(subject: str, payload: bytes, name: str) -> None:
                headers = {"Nats-Msg-Id": name} if name else None
                await js.publish(subject, payload, headers=headers, timeout=CALL_S)

            for first in range(0, len(messages), AT_ONCE):
                # Tasks begin in order, and each writes before it waits: so the stream has them.
                await asyncio.gather(*(one(*each) for each in messages[first : first + AT_ONCE]))
            await link.close()

        asyncio.run(send())

    def batch(
        self, node: str, series: str, readings: Sequence[tuple[datetime, float]]
    ) -> list[tuple[str, bytes, str]]:
        """Return a node's next batches, to be published: each spans half an hour at most."""
        made: list[tuple[str, bytes, str]] = []
        left = list(readings)
        while left:
            self.sequence += 1
            builder = BatchBuilder()
            first = left[0][0]
            while left and abs(left[0][0] - first) < timedelta(minutes=30):
                when, value = left.pop(0)
                builder.add(SeriesKey(series, "kW.h"), round(when.timestamp() * 1e6), value, 0)
            payload = batch_encoder.encode(
                builder.message(), Identity(node, 7, self.sequence), produced_total=0, drops=[]
            )
            subject = subjects.reading(subjects.node_id(node))
            made.append((subject, payload, f"{node}-7-{self.sequence}"))
        return made


def warning_event(
    warning: str,
    version: int,
    counties: dict[str, int],
    *,
    kind: str = "issued",
    exercise: bool = False,
    event_code: str = "11C02",
    valid: timedelta = timedelta(minutes=5),
    intensities: Mapping[str, float] | None = None,
) -> tuple[str, bytes, str]:
    """Return an event of a warning as the service of disaster warning publishes it, of now.

    ``counties`` are colours by place, ``intensities`` what is forecast there, if that is known.
    """
    drill, live = warning_pb2.WARNING_CHANNEL_DRILL, warning_pb2.WARNING_CHANNEL_LIVE
    facts = warning_events.WarningFacts(
        warning=warning,
        version=version,
        channel=drill if exercise else live,
        event_code=event_code,
        earthquake=f"eq-{warning}" if event_code == "11C02" else "",
        counties=[
            warning_pb2.CountyTarget(
                place_code=place, colour=warning_pb2.Colour.Name(colour), share=1.0
            )
            for place, colour in counties.items()
        ],
    )
    for place, intensity in (intensities or {}).items():
        facts.shaking.counties.add(place_code=place, intensity=intensity)
    now = datetime.now(UTC)
    facts.send_time.FromDatetime(now)
    facts.expire_time.FromDatetime(now + valid)
    event = getattr(warning_events, f"Warning{kind.title()}")(facts=facts)
    subject = subjects.event("disaster-warning", f"warning-{kind}")
    return subject, event.SerializeToString(), f"{warning}-{version}-{kind}"


async def make_streams(server: NatsServer) -> None:
    """Make the streams whose owners do not run here: readings and events."""
    link = await nats.connect(server.url, user_credentials=str(server.credentials("test", "admin")))
    js = link.jetstream(timeout=CALL_S)
    for name, pattern in (
        (subjects.READINGS, subjects.READINGS_ALL),
        (subjects.EVENTS, subjects.EVENTS_ALL),
    ):
        await js.add_stream(
            StreamConfig(
                name=name,
                subjects=[pattern],
                storage=StorageType.FILE,
                retention=RetentionPolicy.LIMITS,
                allow_direct=True,
            )
        )
    await link.close()


@contextlib.contextmanager
def energy_process(server: NatsServer, admin_url: str) -> Iterator[EnergyProcess]:
    """Migrate and run the service in a folder of its own, and leave nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="tianfu-energy-"))
    process = EnergyProcess(folder, server, admin_url)
    try:
        asyncio.run(make_streams(server))
        process.migrate()
        process.start()
        yield process
    finally:
        if process.process is not None:
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)
