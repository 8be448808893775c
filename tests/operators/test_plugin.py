"""``kubectl tianfu`` over a kubectl that answers from files."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from cli import failures, rollouts
from operators.plugin import main as plugin
from operators.plugin.main import main

KUBECTL = """#!/bin/sh
printf '%s\\n' "$*" >> "$0.log"
case "$*" in
  *"get edgenodes"*gw-1*) cat "$0.node";;
  *"get edgeapps"*demo*) cat "$0.app";;
  *"get edgeapps"*) printf '{"items": [%s]}' "$(cat "$0.app")";;
  *"get capacityclaims"*ward*) cat "$0.claim";;
  *"get capacityclaims"*) printf '{"items": [%s]}' "$(cat "$0.claim")";;
  *"get capacitypools"*) printf '{"items": [%s]}' "$(cat "$0.pool")";;
  *patch*) echo "patched";;
  *) echo 'Error from server (NotFound): it is not there' >&2; exit 1;;
esac
"""


def condition(kind: str, status: str, reason: str, message: str = "") -> dict[str, str]:
    return {"type": kind, "status": status, "reason": reason, "message": message}


NODE = {
    "metadata": {"name": "gw-1", "labels": {}},
    "spec": {"class": "Gateway", "place": "510104", "runtime": {"type": "Standalone"}},
    "status": {"conditions": [condition("Connected", "True", "Heard")]},
}
APP = {
    "metadata": {"name": "demo"},
    "spec": {"selector": {"places": ["5101"]}, "tenant": "health"},
    "status": {
        "revision": "new",
        "stableRevision": "old",
        "desired": 3,
        "ready": 1,
        "history": [
            {"revision": "new", "number": 2, "template": "{}"},
            {"revision": "old", "number": 1, "template": "{}"},
        ],
        "conditions": [condition("Progressing", "True", "RollingOut", "at step 1 of 2")],
    },
}
CLAIM = {
    "metadata": {"name": "ward"},
    "spec": {
        "pool": "wenchuan",
        "tenant": "health",
        "nodeName": "gw-1",
        "amounts": [{"name": "cpu", "quantity": "4"}],
    },
    "status": {"conditions": [condition("Pending", "True", "PoolFull", "nothing is free")]},
}
POOL = {
    "metadata": {"name": "wenchuan"},
    "spec": {"resources": [{"name": "cpu", "quantity": "16"}]},
    "status": {
        "tenants": [
            {"name": "energy", "used": [{"name": "cpu", "quantity": "12"}]},
            {"name": "health", "used": []},
        ]
    },
}


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "kubectl"
    program.write_text(KUBECTL)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    given: dict[str, Any] = {"node": NODE, "app": APP, "claim": CLAIM, "pool": POOL}
    for name, one in given.items():
        (tmp_path / f"kubectl.{name}").write_text(json.dumps(one))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return program


def said(program: Path) -> list[str]:
    return Path(f"{program}.log").read_text().splitlines()


def test_a_node_as_a_tree(kubectl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-n", "city", "tree", "gw-1"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "EdgeNode gw-1  Gateway 510104 Standalone",
        "├─ Connected=True  Heard",
        "├─ EdgeApp demo  revision new: 3 desired, 0 updated, 1 ready, 0 offline",
        "│  └─ Progressing=True  RollingOut: at step 1 of 2",
        "└─ CapacityClaim ward  pool wenchuan: no share",
        "   └─ Pending=True  PoolFull: nothing is free",
    ]
    assert said(kubectl)[0] == "--namespace=city get edgenodes.edge.tianfu.dev gw-1 --output=json"


@pytest.mark.usefixtures("kubectl")
def test_why_a_claim_waits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", "ward"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "ward waits: PoolFull: nothing is free",
        "it asks for cpu 4; pool wenchuan has cpu 16",
        "  energy: used cpu 12",
        "* health: uses nothing",
    ]


@pytest.mark.parametrize(
    ("arguments", "patch"),
    [
        pytest.param(["pause", "demo"], {"spec": {"rollout": {"progress": "Paused"}}}, id="pause"),
        pytest.param(
            ["resume", "demo"],
            {
                "spec": {"rollout": {"progress": "Running"}},
                "metadata": {"annotations": {"edge.tianfu.dev/back-to": None}},
            },
            id="resume",
        ),
        pytest.param(
            ["rollback", "demo"],
            {
                "metadata": {"annotations": {"edge.tianfu.dev/back-to": "old"}},
                "spec": {"rollout": {"progress": "Running"}},
            },
            id="rollback",
        ),
        pytest.param(
            ["rollback", "demo", "--to", "new"],
            {
                "metadata": {"annotations": {"edge.tianfu.dev/back-to": "new"}},
                "spec": {"rollout": {"progress": "Running"}},
            },
            id="rollback-to",
        ),
    ],
)
def test_rollouts_are_steered(kubectl: Path, arguments: list[str], patch: Any) -> None:
    assert main(arguments) == 0
    last = said(kubectl)[-1]
    head, _, text = last.partition("--patch=")
    assert head.strip() == "patch edgeapps.edge.tianfu.dev demo --type=merge"
    assert json.loads(text) == patch


@pytest.mark.usefixtures("kubectl")
def test_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tree", "nobody"]) == 3
    assert "NotFound" in capsys.readouterr().err
    assert main(["rollback", "demo", "--to", "never"]) == 3
    assert "there are new, old" in capsys.readouterr().err
    assert main(["history", "demo"]) == 0
    assert capsys.readouterr().out == "new  number 2  rolled out\nold  number 1  stable\n"


@pytest.mark.usefixtures("kubectl")
@pytest.mark.parametrize(
    ("arguments", "keys"),
    [(["tree", "gw-1"], ["node", "apps", "claims"]), (["why", "ward"], ["claim", "pool"])],
)
def test_what_is_shown_is_there_for_programs(
    capsys: pytest.CaptureFixture[str], arguments: list[str], keys: list[str]
) -> None:
    assert main([*arguments, "-o", "json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == keys


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ('Error from server (NotFound): edgenodes "x" not found', 3),
        ('error: the server doesn\'t have a resource type "edgenodes"', 3),
        ("Error from server (Conflict): the object has been modified", 4),
        ("Unable to connect to the server: dial tcp: i/o timeout", 5),
        (
            "The connection to the server a:1 was refused - did you specify the right host?",
            5,
        ),
        ("kubectl can't be run: no such file", 5),
        ("Error from server (Forbidden): no", 1),
    ],
)
def test_kubectls_words_have_the_statuses_of_tianfu(words: str, status: int) -> None:
    assert plugin.status_of(words) == status


def test_the_plugin_is_in_step_with_the_command_line() -> None:
    statuses = {
        plugin.DONE: failures.Exit.OK,
        plugin.REFUSED: failures.Exit.FAILED,
        plugin.USAGE: failures.Exit.USAGE,
        plugin.NOTHING: failures.Exit.NOT_FOUND,
        plugin.CONFLICT: failures.Exit.CONFLICT,
        plugin.UNREACHED: failures.Exit.UNAVAILABLE,
    }
    assert all(int(ours) == theirs for ours, theirs in statuses.items())

    steps = {str(command.name) for command in rollouts.app.registered_commands} - {"list", "get"}
    help_text = plugin.parser().format_help()
    assert steps == {"pause", "resume", "rollback"}
    assert all(step in help_text for step in steps)
