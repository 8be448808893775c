"""``kubectl tianfu``: the program ``kubectl-tianfu``, which kubectl finds on the path.

It reads and writes by kubectl itself, so it has the rights, the context and the namespace of
whoever calls it. Exit statuses are those of `tianfu`: 0 done, 1 kubectl refused, 2 usage, 3 there
is no such thing, 4 conflict, 5 the cluster was not reached or not in time.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, Final

from operators.edgeapp.api import BACK_TO
from operators.plugin import show

DONE: Final = 0
REFUSED: Final = 1
USAGE: Final = 2
NOTHING: Final = 3
CONFLICT: Final = 4
UNREACHED: Final = 5
# What kubectl says, by the status that we end with: it has 1 for all of them.
SAID: Final = {
    NOTHING: ("NotFound", "doesn't have a resource type"),
    CONFLICT: ("(Conflict)", "(AlreadyExists)"),
    UNREACHED: (
        "Unable to connect to the server",
        "was refused - did you specify",
        "(ServiceUnavailable)",
        "(Timeout)",
        "can't be run",
    ),
}
FIXES: Final = {
    NOTHING: "`kubectl get tianfu` lists what there is here; --namespace names another place",
    CONFLICT: "somebody changed it meanwhile: do it again",
    UNREACHED: "does `kubectl cluster-info` reach the cluster? --context names another",
}
KUBECTL_S: Final = 60.0
READING: Final = ("tree", "why", "history")

NODES: Final = "edgenodes.edge.tianfu.dev"
APPS: Final = "edgeapps.edge.tianfu.dev"
POOLS: Final = "capacitypools.edge.tianfu.dev"
CLAIMS: Final = "capacityclaims.edge.tianfu.dev"


class KubectlFailed(Exception):
    """The words of kubectl, which say what is wrong."""


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    made = argparse.ArgumentParser(prog="kubectl tianfu", description=__doc__.split("\n")[0])
    made.add_argument("--namespace", "-n", default="", help="namespace, as of kubectl")
    made.add_argument("--context", default="", help="context, as of kubectl")
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, what, argument in (
        ("tree", "a node: its conditions, apps and claims", "NODE"),
        ("why", "why a claim waits", "CLAIM"),
        ("pause", "keep every node at the revision that it has", "APP"),
        ("resume", "go on, and let the spec hold again after a roll-back", "APP"),
        ("history", "the revisions that an app can have back", "APP"),
        ("rollback", "have an earlier revision back", "APP"),
    ):
        one = commands.add_parser(name, help=what, description=what)
        one.add_argument("name", metavar=argument)
        if name in READING:
            one.add_argument(
                "--output", "-o", choices=("table", "json"), default="table", help="how to print"
            )
        if name == "rollback":
            one.add_argument("--to", default="", metavar="REVISION", help="which; else the last")
    return made


class Kubectl:
    """kubectl, with the options of the caller."""

    def __init__(self, namespace: str, context: str) -> None:
        """Take the options; empty ones are kubectl's own."""
        self._options = [f"--namespace={namespace}"] if namespace else []
        self._options += [f"--context={context}"] if context else []

    def get(self, kind: str, name: str = "") -> Any:
        """Return an object, or all of a kind."""
        names = [name] if name else []
        return json.loads(self._run("get", kind, *names, "--output=json"))

    def patch(self, kind: str, name: str, patch: Any) -> str:
        """Change an object by a merge patch; return what kubectl says."""
        text = json.dumps(patch)
        return self._run("patch", kind, name, "--type=merge", f"--patch={text}").strip()

    def _run(self, *arguments: str) -> str:
        command = ["kubectl", *self._options, *arguments]
        try:
            done = subprocess.run(  # noqa: S603 - a list of arguments, no shell
                command, capture_output=True, text=True, timeout=KUBECTL_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise KubectlFailed(f"kubectl can't be run: {error}") from error
        if done.returncode:
            raise KubectlFailed(done.stderr.strip() or f"kubectl ended with {done.returncode}")
        return done.stdout


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked; return the exit status."""
    given = parser().parse_args(arguments)
    kubectl = Kubectl(given.namespace, given.context)
    try:
        return _do(given, kubectl)
    except KubectlFailed as error:
        status = status_of(str(error))
        fix = f"  fix: {FIXES[status]}\n" if status in FIXES else ""
        sys.stderr.write(f"error: {str(error).removeprefix('error: ')}\n{fix}")
        return status


def status_of(said: str) -> int:
    """Return the exit status for the words of kubectl."""
    found = (status for status, words in SAID.items() if any(word in said for word in words))
    return next(found, REFUSED)


def _do(given: argparse.Namespace, kubectl: Kubectl) -> int:
    if given.command in READING:
        found, lines = _read(given, kubectl)
        text = json.dumps(found, indent=2, ensure_ascii=False)
        return _say([text] if given.output == "json" else lines)
    match given.command:
        case "rollback":
            return _roll_back(given, kubectl)
        case command:
            progress = "Paused" if command == "pause" else "Running"
            patch: dict[str, Any] = {"spec": {"rollout": {"progress": progress}}}
            if command == "resume":
                patch["metadata"] = {"annotations": {BACK_TO: None}}
            return _say([kubectl.patch(APPS, given.name, patch)])


def _read(given: argparse.Namespace, kubectl: Kubectl) -> tuple[Any, list[str]]:
    """Return what is there, and the lines that a person reads of it."""
    match given.command:
        case "tree":
            node = kubectl.get(NODES, given.name)
            apps, claims = kubectl.get(APPS)["items"], kubectl.get(CLAIMS)["items"]
            mine = [app for app in apps if show.is_for(app, node)]
            held = [one for one in claims if one["spec"].get("nodeName") == given.name]
            found = {"node": node, "apps": mine, "claims": held}
            return found, show.tree(node, apps, claims)
        case "why":
            claim = kubectl.get(CLAIMS, given.name)
            pools = {one["metadata"]["name"]: one for one in kubectl.get(POOLS)["items"]}
            pool = pools.get(claim["spec"]["pool"])
            return {"claim": claim, "pool": pool}, show.why(claim, pool)
        case _:
            app = kubectl.get(APPS, given.name)
            return (app.get("status") or {}).get("history") or [], show.history(app)


def _roll_back(given: argparse.Namespace, kubectl: Kubectl) -> int:
    app = kubectl.get(APPS, given.name)
    known = [line.split()[0] for line in show.history(app)]
    wanted = given.to or show.earlier(app)
    if not wanted or wanted not in known:
        what = f"revision {given.to}" if given.to else "no earlier revision"
        there = ", ".join(known) or "none"
        sys.stderr.write(f"error: {given.name}: {what} is kept; there are {there}\n")
        return NOTHING
    # A rollout that stands still would never get back.
    patch = {
        "metadata": {"annotations": {BACK_TO: wanted}},
        "spec": {"rollout": {"progress": "Running"}},
    }
    return _say([kubectl.patch(APPS, given.name, patch), f"revision {wanted} is wanted back"])


def _say(lines: Sequence[str]) -> int:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return DONE
