"""The disaster_warning service as a process, with real nats-server and PostgreSQL."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from services.disaster_warning.cap import credentials
from services.disaster_warning.cap.trust import TrustDomain
from tests.support.nats_server import NatsServer, make_key
from tests.support.schema import service_url
from tests.support.service_process import CALL_S, ServiceProcess
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2 as pb
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2_grpc as warning_grpc
from tianfu.disaster_warning.v1 import warning_pb2
from tianfu.operations.v1 import dead_letter_service_pb2_grpc as dead_grpc
from tianfu.subjects import Channel
from tools.ports import free_port

DOMAINS = {Channel.LIVE: TrustDomain.LIVE, Channel.DRILL: TrustDomain.EXERCISE}


class WarningProcess(ServiceProcess):
    """``python -m services.disaster_warning`` over one database; killed and started again."""

    def __init__(self, folder: Path, nats_: NatsServer, admin_url: str) -> None:
        self.metrics_port = free_port()
        environment = {
            "TIANFU_METRICS_ADDRESS": f"127.0.0.1:{self.metrics_port}",
            "TIANFU_DATABASE_URL": service_url(admin_url, "disaster_warning"),
        }
        self.signing_keys: dict[Channel, str] = {}
        for channel in Channel:
            environment |= self._keys(folder, channel)
        super().__init__("disaster-warning", folder, nats_, environment)
        self._admin = {"TIANFU_DATABASE_ADMIN_URL": admin_url}

    def _keys(self, folder: Path, channel: Channel) -> dict[str, str]:
        """Make a channel's keys and return the settings by which the service finds them."""
        key = make_key(folder / f"signing-{channel.value}.nk")
        self.signing_keys[channel] = key.public
        now = datetime.now(UTC)
        made = credentials.make(
            credentials.KeyType.ECDSA_P256,
            common_name=f"test {channel.value}",
            organisation="Tianfu tests",
            domain=DOMAINS[channel],
            valid_from=now - timedelta(days=1),
            valid_to=now + timedelta(days=30),
        )
        key_file = folder / f"cap-{channel.value}-key.pem"
        certificate_file = folder / f"cap-{channel.value}-certificate.pem"
        key_file.write_bytes(made.key_pem())
        certificate_file.write_bytes(made.certificate_pem())
        prefix = f"TIANFU_{channel.name}"
        return {
            f"{prefix}_SIGNING_SEED_FILE": str(key.seed_file),
            f"{prefix}_CAP_KEY_FILE": str(key_file),
            f"{prefix}_CAP_CERTIFICATE_FILE": str(certificate_file),
        }

    def migrate(self) -> None:
        """Make role and schema, as an administrator would."""
        command = [sys.executable, "-m", "services.disaster_warning", "migrate"]
        subprocess.run(command, env=self.environment | self._admin, check=True, capture_output=True)

    def call(self, method: str, request: Any, *roles: str, who: str = "somebody") -> Any:
        """Call an RPC of DisasterWarningService as a person of some roles."""
        token = self.issuer.token(*(roles or ("DUTY_OFFICER",)), sub=who)
        stub = warning_grpc.DisasterWarningServiceStub(self.channel)
        return getattr(stub, method)(
            request, timeout=CALL_S, metadata=(("authorization", f"Bearer {token}"),)
        )

    def letters(self, method: str, request: Any) -> Any:
        """Call an RPC of DeadLetterService."""
        return self.call_on(dead_grpc.DeadLetterServiceStub(self.channel), method, request)

    def draft(self, warning_id: str, **fields: Any) -> warning_pb2.Warning:
        """Draft a warning for two counties of Chengdu that holds for an hour."""
        request_id = fields.pop("request_id", "")
        hold = fields.pop("hold", timedelta(hours=1))
        values = {
            "channel": warning_pb2.WARNING_CHANNEL_LIVE,
            "event_code": "11B03",
            "colour": warning_pb2.COLOUR_YELLOW,
            "area": warning_pb2.Area(place_codes=["510104", "510105"]),
            **fields,
        }
        warning = warning_pb2.Warning(**values)
        if not warning.HasField("expire_time"):
            warning.expire_time.FromDatetime(datetime.now(UTC) + hold)
        request = pb.CreateWarningRequest(
            warning=warning, warning_id=warning_id, request_id=request_id
        )
        made: warning_pb2.Warning = self.call("CreateWarning", request, who="drafter")
        return made

    def sign_off(self, warning_id: str) -> None:
        """Have a draft reviewed and signed by two others."""
        name = f"warnings/{warning_id}"
        review = pb.ReviewWarningRequest(name=name, verdict=pb.VERDICT_APPROVE)
        self.call("ReviewWarning", review, who="reviewer")
        sign = pb.SignWarningRequest(name=name, verdict=pb.VERDICT_APPROVE)
        self.call("SignWarning", sign, "WARNING_AUTHORITY", who="signer")

    def publish(self, warning_id: str) -> warning_pb2.Warning:
        """Publish what is signed off."""
        request = pb.PublishWarningRequest(name=f"warnings/{warning_id}")
        out: warning_pb2.Warning = self.call(
            "PublishWarning", request, "WARNING_SIGNER", who="signer"
        )
        return out

    def issue(self, warning_id: str, **fields: Any) -> warning_pb2.Warning:
        """Take a warning through all hands and publish it."""
        self.draft(warning_id, **fields)
        self.sign_off(warning_id)
        return self.publish(warning_id)

    def metric(self, name: str, **labels: str) -> float:
        """Return a sample of its metrics, 0 when there is none."""
        url = f"http://127.0.0.1:{self.metrics_port}/metrics"
        with urllib.request.urlopen(url, timeout=CALL_S) as answer:
            text = answer.read().decode()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == name and labels.items() <= sample.labels.items():
                    return float(sample.value)
        return 0.0


@contextlib.contextmanager
def warning_process(
    server: NatsServer, admin_url: str, more: Mapping[str, str] | None = None
) -> Iterator[WarningProcess]:
    """Migrate and run the service in a folder of its own, and leave nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="tianfu-warning-"))
    process = WarningProcess(folder, server, admin_url)
    process.environment |= dict(more or {})
    try:
        process.migrate()
        process.start()
        yield process
    finally:
        if process.process is not None:
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)
