"""A real Prometheus for a test: Debian's, scraping what it is told, in a folder of its own."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.waiting import until_blocking
from tools.ports import free_port

DEADLINE_S = 60.0


def program(name: str) -> str:
    """Return the path of `prometheus` or `promtool`."""
    found = shutil.which(name)
    if found is None:
        raise RuntimeError(f"{name} is not on PATH; Debian has it: apt-get install prometheus")
    return found


@dataclass(frozen=True)
class Prometheus:
    """One that runs."""

    url: str

    def get(self, path: str, **query: str) -> Any:
        """Return the data of an answer of its API."""
        full = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(full, timeout=DEADLINE_S) as answer:  # noqa: S310 - our own
            return json.load(answer)["data"]

    def up(self) -> set[str]:
        """Return the services that it can scrape."""
        found = self.get("query", query="up == 1")["result"]
        return {one["metric"]["service"] for one in found}

    def metrics(self) -> set[str]:
        """Return the names of all metrics that its targets speak of, also without a sample."""
        return {one["metric"] for one in self.get("targets/metadata")}


@contextlib.contextmanager
def scraping(folder: Path, targets: Mapping[str, str], rules: Path) -> Iterator[Prometheus]:
    """Run one that scrapes HOST:PORT of each service and evaluates the rules."""
    folder.mkdir()
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "scrape_configs": [
            {
                "job_name": "tianfu",
                "static_configs": [
                    {"targets": [address], "labels": {"service": service}}
                    for service, address in targets.items()
                ],
            }
        ],
    }
    path = folder / "prometheus.yml"
    path.write_text(yaml.safe_dump(config))
    port = free_port()
    command = [
        program("prometheus"),
        f"--config.file={path}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    found = Prometheus(f"http://127.0.0.1:{port}")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until_blocking(lambda: _answers(found), DEADLINE_S)
        yield found
    finally:
        process.terminate()
        process.wait(DEADLINE_S)


def _answers(server: Prometheus) -> bool:
    with contextlib.suppress(OSError):
        server.get("query", query="1")
        return True
    return False
