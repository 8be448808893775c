"""The gateway as a process before a real fleet service, with a real issuer, and browsers to it."""

from __future__ import annotations

import contextlib
import html
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from cli.local import issuer as local_issuer
from cli.local import tokens
from cli.local.folder import Folder
from tests.support.fleet_process import FleetProcess
from tests.support.nats_server import NatsServer
from tests.support.schema import service_url
from tests.support.waiting import until_blocking
from tools.ports import free_port

DEADLINE_S = 120.0
CLIENT_ID = "tianfu-console"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def reason(self) -> str:
        """The reason code of a failure, from its ErrorInfo or from the gateway's own JSON."""
        if "reason" in self.json:
            return str(self.json["reason"])
        import base64

        from google.rpc import error_details_pb2

        for detail in self.json["details"]:
            if detail["type"] == "google.rpc.ErrorInfo":
                raw = base64.b64decode(detail["value"] + "===")
                return str(error_details_pb2.ErrorInfo.FromString(raw).reason)
        return ""


@dataclass
class Browser:
    """Keeps cookies as a browser does, and follows nothing by itself."""

    origin: str
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""

    def ask(self, method: str, url: str, body: bytes | None = None, **headers: str) -> Answer:
        parts = urlsplit(url if "://" in url else self.origin + url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=DEADLINE_S)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies and f"{parts.scheme}://{parts.netloc}" == self.origin:
            sent["cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                key, _, kept = value.split(";")[0].partition("=")
                self.cookies[key] = kept
                if "Max-Age=0" in value:
                    del self.cookies[key]
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, content)

    def sign_in(self, subject: str, return_to: str = "/") -> Answer:
        """Sign in as a person of the local issuer; return the gateway's last answer."""
        sent = self.ask("GET", "/auth/sign-in?" + urlencode({"return_to": return_to}))
        assert sent.status == 302, sent.body
        page = self.ask("GET", sent.headers["location"])
        fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', page.body.decode()))
        form = {html.unescape(k): html.unescape(v) for k, v in fields.items()}
        where = sent.headers["location"].split("?")[0]
        back = self.ask("POST", where, urlencode({**form, "person": subject}).encode())
        assert back.status == 303, back.body
        done = self.ask("GET", back.headers["location"])
        session = self.ask("GET", "/auth/session")
        self.csrf = session.json.get("csrf", "")
        return done

    def call(self, method: str, request: Mapping[str, Any], **headers: str) -> Answer:
        """Call an RPC with JSON, as the console's page would."""
        own = {"content_type": "application/json", "x_tianfu_csrf": self.csrf}
        return self.ask("POST", f"/{method}", json.dumps(request).encode(), **{**own, **headers})


class GatewayProcess:
    """``python -m services.gateway`` before a fleet service."""

    def __init__(self, folder: Path, fleet: FleetProcess, admin_url: str, data: Folder) -> None:
        self.folder = folder
        self.fleet = fleet
        self.port, self.issuer_port = free_port(), free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.static = folder / "static"
        (self.static / "assets").mkdir(parents=True)
        (self.static / "index.html").write_text("<!doctype html><title>console</title>")
        (self.static / "assets" / "main-abc123.js").write_text("'use strict';" * 200)
        self.issuer_settings = local_issuer.Settings(
            issuer=tokens.ISSUER,
            audience=tokens.AUDIENCE,
            port=self.issuer_port,
            client_id=CLIENT_ID,
            redirect_uri=f"{self.origin}/auth/callback",
            key_file=str(data.keys / tokens.PRIVATE_NAME),
        )
        discovery = f"http://127.0.0.1:{self.issuer_port}/.well-known/openid-configuration"
        self.environment = {
            **os.environ,
            "TIANFU_GATEWAY_ADDRESS": f"127.0.0.1:{self.port}",
            "TIANFU_PUBLIC_URL": self.origin,
            "TIANFU_BACKENDS": f"fleet=127.0.0.1:{fleet.port},telemetry=127.0.0.1:{free_port()}",
            "TIANFU_DATABASE_URL": service_url(admin_url, "gateway"),
            "TIANFU_DATABASE_ADMIN_URL": admin_url,
            "TIANFU_TOKEN_KEYS_FILE": str(folder / "keys.json"),
            "TIANFU_OIDC_DISCOVERY_URL": discovery,
            "TIANFU_STATIC_DIR": str(self.static),
            "TIANFU_REQUESTS_PER_SECOND": "20",
            "TIANFU_REQUESTS_BURST": "60",
        }
        self.issuer: subprocess.Popen[bytes] | None = None
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / "gateway.log"

    def start_issuer(self) -> None:
        path = self.folder / "issuer.json"
        path.write_text(json.dumps(self.issuer_settings.to_json()))
        self.issuer = subprocess.Popen([sys.executable, "-m", "cli.local.issuer", str(path)])
        until_blocking(lambda: _answers(self.issuer_port), DEADLINE_S)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.gateway"],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        until_blocking(self._ready, DEADLINE_S)

    def _ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError(f"the gateway ended:\n{self.log.read_text()[-4000:]}")
        with contextlib.suppress(OSError):
            return Browser(self.origin).ask("GET", "/healthz").status == 200
        return False

    def end(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        status = self.process.wait(DEADLINE_S)
        self.process = None
        return status

    def migrate(self) -> None:
        command = [sys.executable, "-m", "services.gateway", "migrate"]
        subprocess.run(command, env=self.environment, check=True, capture_output=True)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/keys")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@contextlib.contextmanager
def gateway_process(server: NatsServer, admin_url: str) -> Iterator[GatewayProcess]:
    """Run issuer, fleet and gateway in a folder of their own, and leave nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="tianfu-gateway-"))
    data = Folder.at(folder / "data")
    data.make()
    tokens.ensure_keys(data)
    believed = {
        "TIANFU_TOKEN_KEYS_FILE": str(data.keys / tokens.PUBLIC_NAME),
        "TIANFU_TOKEN_ISSUER": tokens.ISSUER,
    }
    fleet = FleetProcess(folder, server, admin_url, believed)
    gateway = GatewayProcess(folder, fleet, admin_url, data)
    try:
        fleet.migrate()
        gateway.migrate()
        gateway.start_issuer()
        fleet.start()
        gateway.start()
        yield gateway
    finally:
        if gateway.process is not None:
            gateway.end(signal.SIGTERM)
        if gateway.issuer is not None:
            gateway.issuer.kill()
            gateway.issuer.wait()
        if fleet.process is not None:
            fleet.stop()
        shutil.rmtree(folder)
