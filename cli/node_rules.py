"""``tianfu node-rules``."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli import node_rule_file, output
from cli.connection import ROLE_DEFAULT, Platform, platform
from cli.failures import Exit, Failure
from cli.local import credentials
from cli.local.folder import Folder
from cli.names import node_name, since, words
from cli.output import Format
from tianfu.fleet.v1 import fleet_service_pb2 as service_pb
from tianfu.fleet.v1 import rule_set_pb2 as pb
from tianfu.nats_keys import KeyKind, KeyPair, SeedInvalid

COLUMNS: Final = ["node", "set", "version", "state", "since", "reason", "message"]
PATCHES_MAX: Final = 200
EPILOG: Final = """\
Examples:
  tianfu node-rules check examples/edge/rules/pump-house.toml
  tianfu node-rules publish examples/edge/rules/pump-house.toml --node jinjiang-1
  tianfu node-rules list --node jinjiang-1
  tianfu node-rules withdraw pump-house --node jinjiang-1
"""

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)
FileArgument = Annotated[Path, typer.Argument(help="The set of rules, TOML.")]
NodeOption = Annotated[list[str], typer.Option("--node", help="A node's id; may be repeated.")]
SeedOption = Annotated[
    Path | None,
    typer.Option("--seed", help="The seed that signs; the local platform's without it."),
]


@app.callback()
def node_rules() -> None:
    """Rules that nodes judge their own readings by, with nobody else in sight."""


@app.command("check")
def check(file: FileArgument, output_format: output.FormatOption = Format.TABLE) -> None:
    """Check a set as a node does, and print what is in it."""
    made = node_rule_file.read(file)
    output.rows(
        ["rule", "inputs", "condition", "actions"],
        [
            {
                "rule": f"{made.name}/{rule.name}",
                "inputs": ", ".join(f"{one.name}={one.series}" for one in rule.inputs),
                "condition": rule.condition,
                "actions": ", ".join(map(_action, rule.actions)),
            }
            for rule in made.rules
        ],
        output_format,
    )


@app.command("publish")
def publish(
    file: FileArgument,
    node: NodeOption,
    seed: SeedOption = None,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Sign a set and put it into nodes' plans, in the place of an older version.

    A node takes it up within seconds, or when it is back; `list` says what became of it.
    """
    made = node_rule_file.read(file)
    pair = signer(seed or credentials.rules_seed_file(Folder.at(data)))
    signed = node_rule_file.signed(made, pair)
    patches = [
        service_pb.NodePlanPatch(name=f"{node_name(each)}/plan", rule_sets=[signed])
        for each in node
    ]
    with platform(data, role) as services:
        patch_plans(services, patches, output_format)


@app.command("withdraw")
def withdraw(
    name: Annotated[str, typer.Argument(help="The set's name.")],
    node: NodeOption,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Take a set out of nodes' plans: what it had begun ends there, its outputs go safe."""
    patches = [
        service_pb.NodePlanPatch(name=f"{node_name(each)}/plan", removed_rule_sets=[name])
        for each in node
    ]
    with platform(data, role) as services:
        patch_plans(services, patches, output_format)


@app.command("list")
def list_sets(
    node: NodeOption,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Show the sets of nodes' plans, and what the nodes say of them."""
    records: list[dict[str, Any]] = []
    with platform(data, role) as services:
        for each in node:
            request = service_pb.GetNodePlanRequest(name=f"{node_name(each)}/plan")
            plan = services.call(services.fleet.GetNodePlan, request)
            said = {one.name: one for one in plan.report.rule_sets}
            names = sorted({*said, *(one.name for one in plan.rule_sets)})
            records += [_record(each, name, said.get(name)) for name in names]
    output.rows(COLUMNS, records, output_format)


@app.command("sign")
def sign(
    file: FileArgument, seed: Annotated[Path, typer.Option(help="The seed that signs.")]
) -> None:
    """Print a set signed, in base64: for a machine that never meets the platform."""
    signed = node_rule_file.signed(node_rule_file.read(file), signer(seed))
    typer.echo(base64.b64encode(signed.SerializeToString()).decode())


def signer(file: Path) -> KeyPair:
    """Return the key in a seed's file; raise Failure."""
    try:
        return KeyPair(file.read_text(encoding="ascii"), KeyKind.USER)
    except OSError as error:
        raise Failure(
            "SEED_UNREADABLE",
            f"{file}: {error.strerror}",
            "`tianfu keys signer --out FILE` makes one",
            status=Exit.USAGE,
        ) from error
    except (SeedInvalid, UnicodeDecodeError):
        raise Failure("SEED_INVALID", f"{file} holds no seed", status=Exit.USAGE) from None


def patch_plans(
    services: Platform, patches: list[service_pb.NodePlanPatch], output_format: Format
) -> None:
    """Patch plans, show what became of each; raise Failure when one was refused."""
    outcomes: list[service_pb.PatchOutcome] = []
    for first in range(0, len(patches), PATCHES_MAX):
        request = service_pb.PatchNodePlansRequest(patches=patches[first : first + PATCHES_MAX])
        outcomes += services.call(services.fleet.PatchNodePlans, request).outcomes
    output.rows(
        ["node", "generation", "reason", "message"],
        [
            {
                "node": each.name.split("/")[1],
                "generation": each.generation,
                "reason": each.reason,
                "message": each.message,
            }
            for each in outcomes
        ],
        output_format,
    )
    refused = [each for each in outcomes if each.reason]
    if refused:
        raise Failure(refused[0].reason, f"{refused[0].name}: {refused[0].message}")


def _record(node: str, name: str, said: pb.RuleSetReport | None) -> dict[str, Any]:
    if said is None:
        blank: dict[str, Any] = dict.fromkeys(COLUMNS, "")
        return {**blank, "node": node, "set": name, "state": "nothing said yet"}
    return {
        "node": node,
        "set": name,
        "version": said.version,
        "state": words(pb.RuleSetState, said.state, "RULE_SET_STATE_"),
        "since": since(said, "since_time"),
        "reason": said.reason,
        "message": said.message,
    }


def _action(action: pb.RuleAction) -> str:
    if action.HasField("send_reading"):
        return f"send {action.send_reading.series}={action.send_reading.value:g}"
    switch = action.switch_output
    return f"{switch.output} {words(pb.OutputPosition, switch.position, 'OUTPUT_POSITION_')}"
