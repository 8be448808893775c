"""The verbs on running services, reached as one elsewhere is: TLS, and a token of a file."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import yaml

from cli import contexts, main
from cli.failures import Exit
from cli.keyfiles import KeyFiles
from cli.keys import PASSPHRASE_VARIABLE
from cli.keystore import COST_RANDOM
from cli.resources import calls
from cli.updates.repository import Repository
from edge import main as edge_main
from tests.integration.edge_world import running
from tests.integration.test_enrolment import agent_at
from tests.support.agent_wheel import agent_wheel
from tests.support.batches import batch
from tests.support.certificates import authority_of, issued
from tests.support.fleet_process import FleetProcess, enrolment_environment, fleet_process
from tests.support.nats_server import nats_server
from tests.support.postgres import PostgresServer
from tests.support.telemetry_process import TelemetryProcess, as_node
from tests.support.waiting import until
from tianfu import subjects

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
NODE = "gw-1"
LONGEST_S = 120.0
GATEWAY = ("-s", "node_class=gateway", "-s", "place_code=510104")


@dataclass(frozen=True)
class World:
    """A fleet and a telemetry service, and a context that names them."""

    fleet: FleetProcess
    telemetry: TelemetryProcess
    home: Path


@dataclass(frozen=True)
class Done:
    """What a command printed, and how it ended."""

    status: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture(scope="module")
def world(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    shown = issued(folder)
    tls = {
        "TIANFU_TLS_CERTIFICATE_FILE": str(shown.certificate),
        "TIANFU_TLS_KEY_FILE": str(shown.key),
    }
    name = postgres.create_database()
    place = Path(tempfile.mkdtemp(prefix="tianfu-telemetry-"))
    with nats_server(nodes=(NODE,)) as server:
        more = enrolment_environment(folder, server) | tls
        more["TIANFU_UPDATE_ROOT_FILE"] = str(signed_releases(folder))
        with fleet_process(server, postgres.url(name), more, authority_of(folder)) as fleet:
            telemetry = TelemetryProcess(place, server)
            telemetry.issuer = fleet.issuer
            telemetry.authority = authority_of(folder)
            keys = {"TIANFU_TOKEN_KEYS_FILE": str(fleet.issuer.keys_file)}
            telemetry.environment |= {**tls, **keys}
            try:
                telemetry.start()
                stored(telemetry)
                yield World(fleet, telemetry, named(folder / "config", fleet, telemetry))
            finally:
                if telemetry.process is not None:
                    telemetry.kill()
                shutil.rmtree(place, ignore_errors=True)
    postgres.drop_database(name)


def signed_releases(folder: Path) -> Path:
    """Make a folder of releases and the keys that sign them; return the root that nodes believe."""
    (folder / "passphrase").write_text("correct horse battery")
    keys = KeyFiles(folder / "keys", "correct horse battery", COST_RANDOM)
    return Repository(folder / "releases", keys, datetime.now(UTC)).create()


def stored(telemetry: TelemetryProcess) -> None:
    """Have two batches of a node stored."""
    now_us = (int(time.time()) - 60) * 1_000_000

    async def send() -> None:
        async with as_node(telemetry.nats, NODE) as link:
            for sequence in (1, 2):
                await link.jetstream().publish(
                    subjects.reading(subjects.NodeId(NODE)),
                    batch(NODE, sequence=sequence, base_us=now_us),
                )

    asyncio.run(send())
    telemetry.wait(lambda: bool(telemetry.delivery(NODE).stored == 8), "stored")


def named(home: Path, fleet: FleetProcess, telemetry: TelemetryProcess) -> Path:
    """Set a context for the two; return where contexts are kept."""
    token = home.parent / "token"
    token.write_text(fleet.issuer.token("PLATFORM_ENGINEER", "SERVICE"))
    services = {
        "fleet": f"127.0.0.1:{fleet.port}",
        "telemetry": f"127.0.0.1:{telemetry.port}",
    }
    contexts.set_remote(contexts.load(home), "test", services, fleet.authority, token)
    return home


@pytest.fixture
def tianfu(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    monkeypatch.setenv(contexts.FOLDER_VARIABLE, str(world.home))
    monkeypatch.delenv(contexts.CONTEXT_VARIABLE, raising=False)
    monkeypatch.delenv("TIANFU_DATA", raising=False)

    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["tianfu", *arguments])
        with pytest.raises(SystemExit) as caught:
            main.main()
        shown = capsys.readouterr()
        return Done(int(caught.value.code or 0), shown.out, shown.err)

    return run


def environment(world: World, **more: str) -> dict[str, str]:
    return {**os.environ, contexts.FOLDER_VARIABLE: str(world.home), "COLUMNS": "100", **more}


# -- get, describe, create -------------------------------------------------------------------------


def test_a_resource_is_made_found_and_described(tianfu: Run) -> None:
    made = tianfu("create", "node", "made", *GATEWAY, "-s", "labels.site=made-roof")
    assert made == Done(Exit.OK, "nodes/made created\n", "")

    assert tianfu("get", "nodes", "-l", "site=made-roof", "-o", "name").out == "nodes/made\n"
    table = tianfu("get", "nodes", "--filter", "labels.site=made-roof").out.splitlines()
    assert table[0].split()[:2] == ["NAME", "NODE"]
    assert table[1].split()[:2] == ["made", "gateway"]
    (listed,) = json.loads(tianfu("get", "nodes", "-l", "site=made-roof", "-o", "json").out)
    shown = json.loads(tianfu("get", "node", "made", "-o", "json").out)
    assert listed == shown
    assert shown["place_code"] == "510104"
    assert yaml.safe_load(tianfu("get", "nodes/made", "-o", "yaml").out) == shown
    assert "tianfu get nodes/made/plan" in tianfu("describe", "node", "made").out


def test_what_is_there_already_is_a_conflict_and_what_is_not_is_not_found(tianfu: Run) -> None:
    tianfu("create", "node", "twice", *GATEWAY)
    again = tianfu("create", "node", "twice", *GATEWAY)
    assert (again.status, again.out) == (Exit.CONFLICT, "")

    missing = tianfu("get", "nodes", "twice", "none", "-o", "name")
    assert (missing.status, missing.out) == (Exit.NOT_FOUND, "nodes/twice\n")
    assert "NODE_UNKNOWN" in missing.err
    wrong = tianfu("create", "node", "wrong", "-s", "place_code=1")
    assert (wrong.status, wrong.out) == (Exit.USAGE, "")
    assert tianfu("get", "nodes", "--filter", "colour=red").status == Exit.USAGE
    unknown = tianfu("get", "nodes", "-p", "colour=red")
    assert (unknown.status, "FIELD_UNKNOWN" in unknown.err) == (Exit.USAGE, True)


def test_a_list_of_many_pages_is_whole(
    tianfu: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        world.fleet.create(f"page-{number}", labels={"pages": "yes"})
    monkeypatch.setattr(calls, "PAGE", 2)

    assert tianfu("get", "nodes", "-l", "pages=yes", "-o", "name").out.count("\n") == 5


def test_a_kind_without_a_method_for_one_is_found_in_its_list(tianfu: Run) -> None:
    shown = json.loads(tianfu("get", "series", f"{NODE}/active-power", "-o", "json").out)
    assert shown["name"] == f"nodes/{NODE}/series/active-power"

    listed = tianfu("get", "series", "-o", "name").out
    assert listed == tianfu("get", "series", "--parent", NODE, "-o", "name").out
    assert shown["name"] in listed.splitlines()
    missing = tianfu("get", "series", f"{NODE}/none")
    assert (missing.status, "RESOURCE_UNKNOWN" in missing.err) == (Exit.NOT_FOUND, True)
    # Its service has no filter: it is applied here.
    unit = tianfu("get", "series", "--filter", f"unit={shown['unit']}", "-o", "name").out
    assert shown["name"] in unit.splitlines()
    assert tianfu("get", "series", "--filter", "unit=parsec", "-o", "name").out == ""


# -- releases of the agent ------------------------------------------------------------------------


async def test_a_node_that_enrolled_by_a_code_follows_releases_and_a_new_root(
    tianfu: Run, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = world.home.parent
    monkeypatch.setenv(PASSPHRASE_VARIABLE, str(folder / "passphrase"))
    signing = ("--releases", str(folder / "releases"), "--keys", str(folder / "keys"))

    def succeeds(*arguments: str) -> str:
        done = tianfu(*arguments)
        assert done.status == Exit.OK, done.err
        return done.out

    def is_wanted(version: str) -> bool:
        (found,) = json.loads(succeeds("releases", "nodes", "--node", "self-made", "-o", "json"))
        return (found["wanted"], found["reason"]) == (version, "UPDATE_NO_LAUNCHER")

    def publish(version: str) -> None:
        made = agent_wheel(tmp_path, version)
        succeeds("releases", "sign", str(made), "--channel", "candidate", *signing)
        succeeds("releases", "publish", *signing[:2])

    def install(file: Path) -> Path:
        succeeds("nodes", "register", "self-made", "--place", "510104")
        enrol = ("nodes", "enrol", "self-made", "--update-root")
        assert "UPDATE_ROOT_MISMATCH" in tianfu(*enrol, __file__).err
        code = succeeds(*enrol, world.fleet.environment["TIANFU_UPDATE_ROOT_FILE"]).strip()
        assert edge_main.main(["enroll", code, "--need-root-digest", "--config", str(file)]) == 0
        return file

    agent = agent_at(await asyncio.to_thread(install, tmp_path / "edge.toml"))
    async with running(agent):
        await asyncio.to_thread(publish, "9.9.1")
        assign = ("releases", "assign", "--node", "self-made", "--channel", "candidate")
        await asyncio.to_thread(succeeds, *assign)
        await until(partial(asyncio.to_thread, is_wanted, "9.9.1"), LONGEST_S)
        await asyncio.to_thread(succeeds, "releases", "rotate", "root", *signing)
        await asyncio.to_thread(publish, "9.9.2")
        await until(partial(asyncio.to_thread, is_wanted, "9.9.2"), LONGEST_S)


# -- apply, diff -----------------------------------------------------------------------------------


def documents(*names: str, display: str) -> str:
    text: str = yaml.safe_dump_all(
        {
            "@type": "tianfu.fleet.v1.Node",
            "name": f"nodes/{name}",
            "display_name": display,
            "node_class": "NODE_CLASS_GATEWAY",
            "place_code": "510104",
        }
        for name in names
    )
    return text


def test_apply_creates_changes_and_leaves(tianfu: Run, tmp_path: Path) -> None:
    file = tmp_path / "nodes.yaml"
    file.write_text(documents("ap-1", "ap-2", display="one"))
    new = tianfu("diff", "-f", str(file))
    assert (new.status, "+display_name: one" in new.out) == (Exit.DIFFERS, True)
    assert tianfu("apply", "-f", str(file)).out == "nodes/ap-1 created\nnodes/ap-2 created\n"
    assert tianfu("diff", "-f", str(file)) == Done(Exit.OK, "", "")

    tianfu("apply", "node", "ap-2", "-s", "labels.kept=yes")
    file.write_text(documents("ap-1", display="one") + "---\n" + documents("ap-2", display="two"))
    changed = tianfu("diff", "-f", str(file))
    assert changed.status == Exit.DIFFERS
    assert "-display_name: one\n+display_name: two\n" in changed.out
    assert tianfu("apply", "-f", str(file)).out == "nodes/ap-1 unchanged\nnodes/ap-2 changed\n"
    shown = json.loads(tianfu("get", "node", "ap-2", "-o", "json").out)
    # What a document does not state stays.
    assert (shown["display_name"], shown["labels"]) == ("two", {"kept": "yes"})


def test_the_example(tianfu: Run) -> None:
    example = str(ROOT / "examples" / "cli" / "nodes.yaml")

    assert tianfu("diff", "-f", example).status == Exit.DIFFERS
    assert tianfu("apply", "-f", example).out == "nodes/roof-1 created\nnodes/roof-2 created\n"
    assert tianfu("get", "nodes", "-l", "site=roof", "-o", "name").out.split() == [
        "nodes/roof-1",
        "nodes/roof-2",
    ]
    assert tianfu("apply", "-f", example).out == "nodes/roof-1 unchanged\nnodes/roof-2 unchanged\n"


def test_what_was_got_can_be_applied_and_a_stale_one_is_a_conflict(
    tianfu: Run, tmp_path: Path
) -> None:
    tianfu("create", "node", "stale", *GATEWAY)
    file = tmp_path / "node.yaml"
    file.write_text(tianfu("get", "node", "stale", "-o", "yaml").out)
    assert tianfu("apply", "-f", str(file)).out == "nodes/stale unchanged\n"

    tianfu("apply", "node", "stale", "-s", "display_name=meanwhile")
    file.write_text(file.read_text() + "display_name: late\n")
    late = tianfu("apply", "-f", str(file))
    assert (late.status, late.out) == (Exit.CONFLICT, "")
    assert "ETAG_MISMATCH" in late.err


def test_the_one_plan_of_a_node_is_applied(tianfu: Run) -> None:
    tianfu("create", "node", "planned", *GATEWAY)
    made = tianfu("apply", "node-plan", "planned", "-s", "heartbeat_interval=30s")

    assert (made.status, made.out) == (Exit.OK, "nodes/planned/plan changed\n")
    shown = json.loads(tianfu("get", "nodes/planned/plan", "-o", "json").out)
    assert shown["heartbeat_interval"] == "30s"
    again = tianfu("apply", "node-plan", "planned", "-s", "heartbeat_interval=30s")
    assert again.out == "nodes/planned/plan unchanged\n"


def test_what_the_api_does_not_do_is_refused_with_what_it_does(tianfu: Run) -> None:
    refused = tianfu("delete", "draws", "d-1")
    assert refused.status == Exit.USAGE
    assert "VERB_UNSUPPORTED" in refused.err
    assert "VoidDraw" in refused.err
    assert tianfu("create", "series", "a/b").status == Exit.USAGE
    unreached = tianfu("get", "units")
    assert (unreached.status, "UNAVAILABLE" in unreached.err) == (Exit.UNAVAILABLE, True)


# -- delete, wait ----------------------------------------------------------------------------------


def test_delete_and_wait(tianfu: Run) -> None:
    never = tianfu("wait", "node", "gone", "--for", "created", "--timeout", "1s")
    assert (never.status, "WAIT_TIMED_OUT" in never.err) == (Exit.UNAVAILABLE, True)
    tianfu("create", "node", "gone", *GATEWAY)
    assert tianfu("wait", "node", "gone", "--for", "created").out == "nodes/gone created\n"
    there = tianfu("wait", "node", "gone", "--for", "presence=never-seen AND node_class=gateway")
    assert there.status == Exit.OK

    assert tianfu("delete", "node", "gone", "--etag", "of-before").status == Exit.CONFLICT
    assert tianfu("delete", "node", "gone").out == "nodes/gone deleted\n"
    assert tianfu("wait", "node", "gone", "--for", "deleted").status == Exit.OK
    assert tianfu("delete", "node", "gone").status == Exit.NOT_FOUND
    assert tianfu("delete", "node", "gone", "--ignore-missing") == Done(Exit.OK, "", "")


# -- watch -----------------------------------------------------------------------------------------


class Watch:
    """A command that prints until it is interrupted."""

    def __init__(self, world: World, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "cli", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(world),
        )

    def until(self, is_it: Callable[[str], bool]) -> str:
        """Return the first line that is so; a watch that ends before is a failure."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if is_it(line):
                return line
        raise AssertionError(self.process.communicate()[1])

    def end(self) -> int:
        """Press Ctrl-C; return the exit status, and show what was said of any but 0."""
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=LONGEST_S)
        if self.process.returncode:
            raise AssertionError(said)
        return self.process.returncode


def test_watch_tells_what_is_there_what_comes_and_what_goes(tianfu: Run, world: World) -> None:
    world.fleet.create("seen", labels={"watched": "yes"})
    watch = Watch(world, "watch", "nodes", "-l", "watched=yes", "-o", "json")
    first = json.loads(watch.until(lambda line: "nodes/seen" in line))
    assert (first["change"], first["resource"]["name"]) == ("present", "nodes/seen")

    world.fleet.create("comes", labels={"watched": "yes"})
    watch.until(lambda line: "nodes/comes" in line)
    tianfu("delete", "node", "seen")
    gone = json.loads(watch.until(lambda line: '"gone"' in line))
    assert gone["resource"]["name"] == "nodes/seen"
    assert watch.end() == Exit.OK


def test_a_watch_outlives_its_service(world: World) -> None:
    world.fleet.create("stays", labels={"outlives": "yes"})
    watch = Watch(world, "watch", "nodes", "-l", "outlives=yes", "-o", "json")
    watch.until(lambda line: "nodes/stays" in line)
    world.fleet.kill()
    world.fleet.start()
    world.fleet.create("after", labels={"outlives": "yes"})

    watch.until(lambda line: "nodes/after" in line)
    assert watch.end() == Exit.OK


def test_a_kind_that_nothing_watches_is_looked_at(world: World) -> None:
    watch = Watch(world, "get", "deliveries.telemetry", "--watch", "--interval", "0.2")
    line = watch.until(lambda line: line.startswith(NODE))

    assert line.split()[-1] == "present"
    assert watch.end() == Exit.OK


# -- readings --------------------------------------------------------------------------------------


def test_top_prints_once_where_nobody_watches(tianfu: Run) -> None:
    shown = json.loads(tianfu("top", "--interval", "0.2", "-o", "json").out)
    (node,) = [each for each in shown if each["node"] == NODE]

    assert (node["stored"], node["readings_per_s"]) == (8, 0.0)
    assert tianfu("top", "--interval", "0.2").out.splitlines()[0].startswith("NODE")
    assert tianfu("top", "--sort", "colour").status == Exit.USAGE


@pytest.mark.parametrize(("colours", "is_dim"), [("", True), ("1", False)])
def test_top_lives_on_a_terminal_and_gives_it_back(
    world: World, colours: str, is_dim: bool
) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "cli", "top", "--interval", "0.2"],
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(world, NO_COLOR=colours, TERM="xterm"),
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    # Twice: it is drawn again and again.
    while shown.count(b"nodes online") < 2:
        shown += os.read(ours, 4096)
    process.send_signal(signal.SIGINT)
    while not shown.endswith(b"\r\n") or b"?1049l" not in shown:
        try:
            shown += os.read(ours, 4096)
        except OSError:
            # Linux's word for a terminal that nobody has any more.
            break
    os.close(ours)

    assert process.wait(LONGEST_S) == Exit.OK
    assert shown.startswith(b"\x1b[?1049h")
    assert NODE.encode() in shown
    assert b"\x1b[?25h\x1b[?1049l" in shown
    assert (b"\x1b[2m" in shown) is is_dim


def test_a_series_is_plotted(tianfu: Run) -> None:
    shown = tianfu("series", "plot", f"{NODE}/active-power", "--width", "60", "--height", "5")

    assert shown.status == Exit.OK
    assert len(shown.out.splitlines()) == 7
    assert max(len(line) for line in shown.out.splitlines()) <= 60
    assert "4 points" in shown.err
    assert "┤" in shown.out


def test_names_are_completed_from_the_platform(world: World) -> None:
    world.fleet.create("tab-1")
    line = {"COMP_WORDS": "tianfu get nodes tab", "COMP_CWORD": "3"}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "cli"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=environment(world, _TIANFU_COMPLETE="complete_bash", **line),
    )

    assert (done.stdout.split(), done.stderr) == (["tab-1"], "")
