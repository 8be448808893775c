"""The whole platform as its user starts it: real servers, real meters, real agents."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from cli import redaction
from cli.local.folder import Folder, read_json
from tests.support import guides, verbs_of_kinds
from tests.support.gateway_process import Answer, Browser
from tests.support.waiting import until_blocking

ROOT: Final = Path(__file__).parents[2]
# Many times what it takes: the machine may be busy with other tests.
DEADLINE_S: Final = 240.0
EXAMPLES: Final = ROOT / "examples" / "healthcare"

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]


class Platform:
    """One data folder, and what is done to it."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def arguments(self, *arguments: str) -> list[str]:
        return [sys.executable, "-P", "-m", "cli", *arguments, "--data", str(self.data)]

    def tianfu(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.arguments(*arguments),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S * 2,
        )

    def json(self, *arguments: str) -> Any:
        shown = self.tianfu(*arguments, "-o", "json")
        assert shown.returncode == 0, shown.stderr
        return json.loads(shown.stdout)

    @contextmanager
    def up(self) -> Iterator[subprocess.Popen[bytes]]:
        """Start the platform, yield when it is ready, and kill it at last."""
        with (
            (self.data.parent / "up.log").open("w+b") as log,
            subprocess.Popen(
                self.arguments("up", "--no-drill"),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            ) as process,
        ):
            try:
                until_blocking(
                    lambda: b"ready after" in self.said() or process.poll() is not None, DEADLINE_S
                )
                assert process.poll() is None, self.said().decode()
                yield process
            finally:
                process.kill()

    def said(self) -> bytes:
        return (self.data.parent / "up.log").read_bytes()

    def running(self) -> list[psutil.Process]:
        """Return every process that runs in the data folder."""
        found = []
        for process in psutil.process_iter():
            try:
                if str(self.data) in process.cwd() and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def pid_of(self, name: str) -> int:
        listed = self.json("status")["processes"]
        return int(next(each["pid"] for each in listed if each["name"] == name))


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    return Platform(tmp_path_factory.mktemp("platform") / "data")


def test_from_the_first_start_to_a_start_after_everything_was_killed(platform: Platform) -> None:
    first = unattended(platform, "20s")
    assert first["nodes"] == 5  # four gateways and an ambulance
    # 12 meters of 4 series, four times a second, for some 20 s.
    assert first["produced"] > 1000
    assert first["restarts"] == 0
    assert first["p99_ms"] > 0
    assert {"nats", "postgres", "telemetry", "fleet", "meters"} <= set(first["peak_rss_mb"])

    with platform.up() as supervisor:
        assert stored(platform) > first["stored"]
        a_second_one_is_refused(platform, supervisor.pid)
        the_other_commands_find_it(platform)
        a_flood_is_drafted(platform)
        a_node_follows_its_rules(platform)
        programs_of_the_client_find_it(platform)
        the_documentation_holds(platform)
        the_energy_manager_finds_it(platform)
        the_supervisor_finds_it(platform)
        verbs_of_kinds.hold(platform.data)
        restored = a_backup_becomes_a_platform(platform)
        a_crash_is_mended(platform)
        a_device_becomes_a_node(platform)
        a_cluster_is_put_beside_it(platform)
        supervisor.send_signal(signal.SIGINT)
        assert supervisor.wait(DEADLINE_S) == 0
    assert platform.running() == []
    assert b"nothing is left running" in platform.said()

    # What was restored is a platform as any other: it starts, is killed as a whole, starts again.
    with restored.up() as supervisor:
        assert stored(restored) > first["stored"]
        supervisor.kill()
        supervisor.wait(DEADLINE_S)
        until_blocking(lambda: restored.running() == [], DEADLINE_S)

    last = unattended(restored, "5s")
    assert last["stored"] > first["stored"]


def unattended(platform: Platform, run_for: str) -> dict[str, Any]:
    done = platform.tianfu("up", "--no-drill", "--for", run_for, "--json")

    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert done.stdout.count("\n") == 1  # all else is on stderr
    assert result["missing"] == result["duplicates"] == result["in_flight"] == 0
    assert result["produced"] == result["stored"] + result["dropped"]
    assert result["stored"] == result["found_rows"] > 0
    assert platform.running() == []
    return result


def stored(platform: Platform) -> int:
    return sum(each["stored"] for each in platform.json("delivery", "list"))


def a_cluster_is_put_beside_it(platform: Platform) -> None:
    """Do what ``make kube`` does: a real API server, our kinds, our operators, this platform."""
    done = subprocess.run(
        [sys.executable, "tools/kube.py", "--check", "--data", str(platform.data)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_S * 2,
    )
    assert done.returncode == 0, done.stderr
    assert "export KUBECONFIG=" in done.stdout
    assert "checked: edgenode/gw-qingyang-1 was registered" in done.stdout


def a_second_one_is_refused(platform: Platform, supervisor: int) -> None:
    refused = platform.tianfu("up")

    assert refused.returncode == 4
    assert "[STACK_RUNNING]" in refused.stderr
    assert str(supervisor) in refused.stderr


def the_other_commands_find_it(platform: Platform) -> None:
    nodes = platform.json("nodes", "list")
    assert [node["presence"] for node in nodes] == ["online"] * 5

    series = platform.json("series", "list", nodes[0]["node"])
    # And "1", of the alarm that the gateway's own rules raise.
    assert {each["unit"] for each in series} - {"1"} == {"kW", "kW.h", "V", "A", "mm", "m"}

    energy = f"{nodes[0]['node']}/meter-1.energy"
    values = [
        point["value_kW.h"] for point in platform.json("series", "query", energy, "--from", "5m")
    ]
    assert len(values) > 10
    assert values == sorted(values)

    # An agent follows one batch in five, and spans are written within a second.
    found = until_blocking(lambda: whole_trace(platform, nodes[0]["node"]), DEADLINE_S)
    assert next(span["service"] for span in flat(found["roots"])) == "edge"

    the_hospitals_are_there(platform)
    missing = platform.tianfu("nodes", "get", "no-such-node")
    assert (missing.returncode, missing.stdout) == (3, "")
    assert platform.json("delivery", "audit")["agrees"]
    checks = platform.json("doctor")
    assert [check for check in checks if not check["ok"]] == []
    assert {"stream writes", "stream room", "consumers"} <= {check["check"] for check in checks}
    a_bundle_has_no_secrets(platform)


def a_bundle_has_no_secrets(platform: Platform) -> None:
    out = platform.data.parent / "support.tar.gz"
    written = platform.tianfu("support-bundle", "--out", str(out))
    assert written.returncode == 0, written.stderr
    with tarfile.open(out) as archive:
        files = {each.name.partition("/")[2]: archive.extractfile(each) for each in archive}
        texts = {name: file.read().decode() for name, file in files.items() if file is not None}
    assert "tianfu_telemetry_stored_readings_total" in texts["metrics/telemetry.txt"]
    assert '"READINGS"' in texts["nats/jsz.json"]
    assert "serving" in texts["doctor.json"]
    folder = Folder.at(platform.data)
    kept = redaction.secrets_in(read_json(folder.state)) | redaction.secrets_below(folder.keys)
    assert len(kept) > 50
    whole = "\n".join(texts.values())
    assert [secret for secret in kept if secret in whole] == []


def the_energy_manager_finds_it(platform: Platform) -> None:
    """The guide's commands have been run; what they made is there."""
    units = {each["unit"] for each in platform.json("units", "list")}
    assert units == {"plant-1", "plant-2", "park-1", "storage-1"}
    platform.json("units", "audit", "plant-1")
    assert platform.json("quotas", "list", "plant-1")
    assert platform.json("dispatch", "orders")

    # The virtual end node: called, begun at a moment of its own, reported, settled.
    log = platform.data / "logs" / "ven.log"
    until_blocking(lambda: "settled: " in log.read_text(encoding="utf-8"), DEADLINE_S)
    said = log.read_text(encoding="utf-8")
    assert "of what was agreed" in said
    assert "ven-demo reports event" in said


def the_supervisor_finds_it(platform: Platform) -> None:
    """Do what the README says of credit supervision, command by command."""
    company = "91510400MA0004825W"
    [named] = platform.json("credit", "entity", company)
    assert named["entity"] == company
    assert platform.json("credit", "entity", "MA000482-5") == [named]
    [record, *_] = platform.json("credit", "records", company)
    assert record["rules"]
    signal_of = platform.json("credit", "signal", company)
    assert signal_of
    cells = platform.json("credit", "statistics")
    assert cells
    assert all(cell["entities"] == "withheld" or cell["entities"] >= 5 for cell in cells)
    assert platform.json("credit", "repairs") == []
    assert platform.json("credit", "emergencies") == []
    platform.json("credit", "clues", "--place", "5104")
    visits = platform.json("credit", "inspections", "synthetic-1", "--state", "open")
    assert len(visits) > 50
    assert platform.json("credit", "inspections", "synthetic-1", "--state", "reported") == []
    assert platform.json("credit", "recognitions", "--place", "51") == []
    over = platform.tianfu("credit", "void", "synthetic-1", "--reason", "too late")
    assert (over.returncode, "[DRAW_STATE_WRONG]" in over.stderr) == (4, True)
    assert platform.json("credit", "handhelds") == platform.json("credit", "monitors") == []


def the_hospitals_are_there(platform: Platform) -> None:
    """Do what the README says of the region's hospitals."""
    until_blocking(lambda: len(platform.json("beds", "list")) == 3, DEADLINE_S)
    beds = platform.json("beds", "list")
    assert {each["stale"] for each in beds} == {"no"}
    until_blocking(lambda: platform.json("arrivals", "list", "jinjiang-hospital"), DEADLINE_S)
    arrival = platform.json("arrivals", "list", "jinjiang-hospital")[0]
    assert (arrival["node"], arrival["tag"]) == ("jinjiang-ambulance", "red")
    taken = platform.json(
        "arrivals", "acknowledge", "jinjiang-hospital", arrival["arrival"], "--as", "dr-li"
    )
    assert taken["clinician"] == "dr-li"
    bundle, plan = EXAMPLES / "bundle.json", EXAMPLES / "casualty-plan.json"
    taken = platform.json("patients", "import", str(bundle), "--source", "county-his")
    assert taken["observations"] == 8
    again = platform.json("patients", "import", str(bundle), "--source", "county-his")
    assert again["taken before"] == "yes"
    patient = taken["patients"]
    the_same_comes_as_json(platform, bundle)
    [score] = platform.json("patients", "scores", patient)
    assert score["rule"] == "news2/CN/2017-12-19"
    exported = json.loads(platform.tianfu("patients", "export", patient).stdout)
    assert exported["resourceType"] == "Bundle"

    platform.json("casualties", "plan", "bus-1", str(plan))
    found = ("walks=no", "breathing=yes", "respiration_rate=36")
    added = platform.json("casualties", "add", "bus-1", "tag-001", "--place", "school", *found)
    assert added["tag"] == "red"

    def sent() -> bool:
        [casualty] = platform.json("casualties", "list", "bus-1")
        return bool(casualty["hospital"] == "jinjiang-hospital")

    until_blocking(sent, DEADLINE_S)
    verified = platform.json("audit", "verify")
    assert platform.json("audit", "verify", "--head", verified["head"])["sound"] == "yes"


def the_same_comes_as_json(platform: Platform, bundle: Path) -> None:
    """FHIR goes in over JSON as over gRPC, and what is wrong with it is said by its place."""
    state = json.loads((platform.data / "state.json").read_text())
    door = Browser(f"http://127.0.0.1:{state['ports']['gateway http']}")
    token = platform.tianfu("token", "clinician").stdout.strip()
    method = "tianfu.healthcare.v1.HealthcareService/ImportFhir"
    resource = json.loads(bundle.read_text())

    def sent() -> Answer:
        request = {"resource": resource, "source": "county-his"}
        return door.call(method, request, authorization=f"Bearer {token}")

    taken = sent()
    assert (taken.status, taken.json["repeatedBefore"]) == (200, True)
    observed = [
        each["resource"] for each in resource["entry"] if "valueQuantity" in each["resource"]
    ]
    del observed[0]["valueQuantity"]["code"]
    refused = sent()
    assert (refused.status, refused.reason) == (400, "FHIR_RESOURCE_INVALID")
    assert b"valueQuantity.code" in refused.body


def a_flood_is_drafted(platform: Platform) -> None:
    """The river on the first gateway stands above its warning stage: people have it to review."""

    def found() -> list[Any]:
        drafts = platform.json("warnings", "list", "--filter", "channel=live AND event_code=11A01")
        return [each for each in drafts if each["drafter"] == "flood-watch"]

    [draft] = until_blocking(found, DEADLINE_S)
    assert (draft["state"], draft["colour"], draft["version"]) == ("draft", "yellow", 0)
    shown = platform.json("gauges", "show", "510104")
    assert {each["gauge"] for each in shown["gauges"]} == {
        "jinjiang-1/rain-1.amount",
        "jinjiang-1/river-1.stage",
    }
    changed = platform.json(
        "warnings", "update", draft["warning"], "--colour", "orange", "--as", "li"
    )
    assert changed["colour"] == "orange"
    assert platform.tianfu("warnings", "update", draft["warning"]).returncode == 2


def a_node_follows_its_rules(platform: Platform) -> None:
    """The first gateway says that it judges its river by the rules that were signed for it."""

    def found() -> list[Any]:
        sets = platform.json("node-rules", "list", "--node", "jinjiang-1")
        return [each for each in sets if each["state"] == "in force"]

    [one] = until_blocking(found, DEADLINE_S)
    assert (one["set"], one["version"], one["reason"]) == ("river", 1, "")


PROGRAMS: Final = {
    "who_is_there": ("viewer", "nodes/jinjiang-1 510104"),
    "power_by_minute": ("viewer", ".active-power ["),
    "rules_in_force": ("viewer", "refused: WARNING_"),
    "open_alerts": ("clinician", "open: "),
    "draws": ("supervisor", "draws: ["),
    "key_units": ("energy-manager", "units: ["),
}
"""The examples of `tianfu.client`: the role each runs in, and a part of what it prints."""


def the_documentation_holds(platform: Platform) -> None:
    """Run every command of the guides that no other test runs, a page in a folder of its own."""
    for page, blocks in guides.pages().items():
        folder = guides.workplace(platform.data.parent / "guides" / page)
        guides.run(blocks, folder, {"TIANFU_DATA": str(platform.data)})


def programs_of_the_client_find_it(platform: Platform) -> None:
    there = {path.stem for path in (ROOT / "examples" / "client").glob("*.py")}
    assert there == PROGRAMS.keys()
    context = json.loads((platform.data / "context.json").read_text())
    places = {
        f"TIANFU_{name.upper().replace('-', '_')}": address
        for name, address in context.items()
        if isinstance(address, str)
    }
    trusted = {"TIANFU_CA_FILE": str(platform.data / "keys" / "tls" / "ca.pem")}
    for name, (role, printed) in PROGRAMS.items():
        token = platform.tianfu("token", role).stdout.strip()
        done = subprocess.run(
            [sys.executable, str(ROOT / "examples" / "client" / f"{name}.py")],
            env={**os.environ, **places, "TIANFU_TOKEN": token, **trusted},
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S,
        )
        assert done.returncode == 0, done.stderr
        assert printed in done.stdout
    token = platform.tianfu("token", "viewer").stdout.strip()
    guides.run_notebooks(platform.data.parent, {**places, "TIANFU_TOKEN": token, **trusted})


def a_device_becomes_a_node(platform: Platform) -> None:
    """Do what examples/enrolment does, then run the device's agent."""
    device = platform.data.parent / "device"
    tools = Path(sys.executable).parent
    environ = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"}
    script = ROOT / "examples" / "enrolment" / "enrol.sh"
    command = [str(script), "gateway-77", str(device), "--data", str(platform.data)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=DEADLINE_S, env=environ
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok    link: " in done.stdout
    assert "BAD" not in done.stdout

    at_device = [sys.executable, "-m", "edge"]
    config = ["--config", str(device / "edge.toml")]
    with (device / "agent.log").open("wb") as log:
        agent = subprocess.Popen([*at_device, "run", *config], cwd=ROOT, stdout=log, stderr=log)
    try:
        until_blocking(lambda: "gateway-77" in delivered(platform), DEADLINE_S)
        doctor = subprocess.run(
            [*at_device, "doctor", "--json", *config],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=DEADLINE_S,
        )  # fmt: skip
        found = json.loads(doctor.stdout)
        assert doctor.returncode == 0, found
        assert {one["verdict"] for one in found} == {"good"}
    finally:
        agent.terminate()
        assert agent.wait(DEADLINE_S) == 0
    # The same code is good for nobody else.
    again = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=DEADLINE_S, env=environ
    )
    assert again.returncode != 0


def delivered(platform: Platform) -> set[str]:
    """Return the nodes of which readings are stored."""
    return {each["node"] for each in platform.json("delivery", "list") if each["stored"]}


def whole_trace(platform: Platform, node: str) -> Any:
    shown = platform.tianfu("trace", node, "-o", "json")
    if shown.returncode != 0:
        return None
    found = json.loads(shown.stdout)
    names = [span["service"] for span in flat(found["roots"])]
    return found if {"edge", "telemetry"} <= set(names) else None


def flat(branches: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for branch in branches:
        yield branch
        yield from flat(branch["below"])


def a_backup_becomes_a_platform(platform: Platform) -> Platform:
    """Back up while everything works; restore into a folder of its own."""
    out = platform.data.parent / "backups"
    done = platform.tianfu("backup", "--out", str(out), "--keep", "1")
    assert done.returncode == 0, done.stderr
    backup = Path(done.stdout.strip())
    assert "telemetry was stopped for" in done.stderr
    assert stat.S_IMODE(backup.stat().st_mode) == 0o700
    refused = platform.tianfu("restore", str(backup))
    assert "[STACK_RUNNING]" in refused.stderr

    copy = Platform(platform.data.parent / "restored" / "data")
    done = copy.tianfu("restore", str(backup))
    assert done.returncode == 0, done.stderr
    assert copy.running() == []
    refused = copy.tianfu("restore", str(backup))
    assert "[STORE_NOT_EMPTY]" in refused.stderr
    return copy


def a_crash_is_mended(platform: Platform) -> None:
    before = stored(platform)
    killed = platform.pid_of("telemetry")
    os.kill(killed, signal.SIGKILL)

    def is_back() -> bool:
        shown = platform.tianfu("delivery", "list", "-o", "json")
        if shown.returncode != 0:
            return False
        return bool(sum(each["stored"] for each in json.loads(shown.stdout)) > before + 100)

    until_blocking(is_back, DEADLINE_S)
    assert platform.pid_of("telemetry") != killed
    assert b"telemetry ended (killed by SIGKILL)" in platform.said()
