"""Images that were built here, run as charts have them run: read-only, nobody, without rights.

`make images` builds them before and runs these; they want root and Debian's podman and runc.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Final

import pytest
from typing_extensions import override

from tests.support import charts
from tests.support.batches import batch
from tests.support.nats_server import nats_server
from tests.support.postgres import PostgresServer
from tests.support.schema import service_url
from tests.support.telemetry_process import TelemetryProcess, as_node
from tianfu import subjects
from tools import images

pytestmark = pytest.mark.images

USER: Final = 10001
RUN: Final = (
    *("podman", "--runtime", "runc", "run", "--rm", "--read-only", "--pull=never"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
    # Less than this machine's own, which it lets nobody raise.
    *("--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096"),
)
ITEMS: Final = charts.render("tianfu", {"backup": {"state": "enabled"}})


def name_of(image: str) -> str:
    return f"{images.PREFIX}/{image}:{images.HERE}"


def run(image: str, *words: str, options: tuple[str, ...] = ("--network", "none")) -> Any:
    """Run a command of an image to its end."""
    return subprocess.run(
        [*RUN, *options, name_of(image), *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("image", images.IMAGES)
def test_nobody_runs_it_and_it_can_be_changed_by_nobody(image: str) -> None:
    program = (
        "import os, importlib.util as u\n"
        "print(os.getuid(), os.getgid())\n"
        "for p in ('/x', '/opt/tianfu/x', '/usr/x', '/var/lib/tianfu/x'):\n"
        "    try: open(p, 'w')\n"
        "    except OSError as e: print(e.strerror)\n"
        "print([n for n in ('services', 'operators', 'edge', 'cli', 'pip') if u.find_spec(n)])\n"
    )
    done = run(image, "python", "-c", program)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"{USER} {USER}",
        *["Read-only file system"] * 4,
        str([image]),
    ]


@pytest.mark.parametrize("image", images.IMAGES)
def test_what_it_is_made_of_is_written_down(image: str) -> None:
    stem = images.ROOT / "dist" / "images" / f"{image}-{images.HERE}"
    bill = json.loads(stem.with_suffix(".cdx.json").read_text(encoding="utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    names = {one["name"].lower() for one in bill["components"]}
    assert {"protobuf", "libc6", "python3.11-minimal"} <= names
    assert not {"pytest", "pip", "uv", "hatchling"} & names
    stated = json.loads(stem.with_suffix(".intoto.json").read_text(encoding="utf-8"))
    [subject] = stated["subject"]
    assert f"sha256:{subject['digest']['sha256']}" == images.digest(name_of(image))


def test_the_command_line_has_what_its_job_names() -> None:
    [job] = [one for one in ITEMS if one["kind"] == "CronJob"]
    arguments = charts.containers(job)[0]["args"]
    assert run("cli", *arguments[:4], "--help").returncode == 0
    done = run("cli", *arguments)
    # All that is missing is what the pod mounts: it says so of the first that it reads.
    assert done.returncode != 0
    assert "/etc/tianfu/database-admin/url: No such file or directory" in done.stderr
    named = "from cli.backup.database import _program as p; print(p('pg_dump'))"
    dump = run("cli", "python", "-c", named).stdout.strip()
    assert run("cli", dump, "--version").stdout.startswith("pg_dump (PostgreSQL) 18")
    assert run("cli", "tianfu", "--help").returncode == 0


def test_an_agent_says_its_version() -> None:
    done = run("edge", "tianfu-edge", "--version")
    assert done.returncode == 0, done.stderr
    assert run("edge", "sh", "-c", "test -f /data/edge.toml || echo none").stdout == "none\n"


def test_operators_say_what_they_lack() -> None:
    done = run("operators", "python", "-m", "operators")
    assert "SETTINGS_INVALID" in done.stderr


@pytest.mark.integration
def test_migrations_run_as_their_jobs_say(postgres: PostgresServer) -> None:
    jobs = [one for one in ITEMS if one["kind"] == "Job" and "-migrate-" in one["metadata"]["name"]]
    assert len(jobs) == 6
    for job in jobs:
        [container] = charts.containers(job)
        admin = postgres.url(postgres.create_database())
        service = container["args"][2].removeprefix("services.")
        given = {
            "TIANFU_DATABASE_ADMIN_URL": admin,
            "TIANFU_DATABASE_URL": service_url(admin, service),
        }
        assert given.keys() == {one["name"] for one in container["env"]}
        options = [f"--env={key}={value}" for key, value in given.items()]
        done = run("services", *container["args"], options=("--network", "host", *options))
        assert done.returncode == 0, done.stderr


class TelemetryInAnImage(TelemetryProcess):
    """``services.telemetry`` as its pod runs it; the folder is what the pod's volumes are."""

    @override
    def spawn(self) -> None:
        credentials = Path(self.environment["TIANFU_NATS_CREDENTIALS_FILE"])
        shutil.copy(credentials, self.folder / "user.creds")
        given = {
            **self.environment,
            "TIANFU_NATS_CREDENTIALS_FILE": str(self.folder / "user.creds"),
        }
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, USER, USER)
        named = [
            f"--env={key}={value}" for key, value in given.items() if key.startswith("TIANFU_")
        ]
        volume = ("--network", "host", "--volume", f"{self.folder}:{self.folder}")
        command = [*RUN, *volume, *named, name_of("services"), "python", "-m", "services.telemetry"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)


@pytest.mark.integration
async def test_telemetry_stores_readings_in_its_image(tmp_path: Path) -> None:
    with nats_server(nodes=("gw-1",)) as server:
        process = TelemetryInAnImage(tmp_path, server)
        process.start()
        subject = subjects.reading(subjects.NodeId("gw-1"))
        now_us = int(time.time() * 1e6) - 60_000_000
        async with as_node(server, "gw-1") as link:
            for sequence in (1, 2):
                payload = batch(sequence=sequence, base_us=now_us)
                await link.jetstream().publish(subject, payload)
        process.wait(lambda: process.audit().accounted_readings == 8, "stored")
        assert process.audit().found_rows == 8
        assert process.stop() == 0
