"""``tianfu node-rules``: what a person writes, checked as a node checks it, and signed."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli import keys, node_rule_file, node_rules
from cli.failures import Failure
from edge import settings
from edge.node_rules.rule_sets import NOTHING, PinnedKey, taken
from edge.rules import SignedSet
from tests.edge.node_rules.made import table
from tianfu.fleet.v1 import rule_set_pb2 as pb

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "edge" / "rules" / "pump-house.toml"


def test_the_example_is_made_signed_and_taken_by_a_node(tmp_path: Path) -> None:
    run, seed = CliRunner(), tmp_path / "rules.nk"
    made = run.invoke(keys.app, ["signer", "--out", str(seed)])
    public = made.stdout.strip()
    assert seed.stat().st_mode & 0o077 == 0
    shown = run.invoke(node_rules.app, ["check", str(EXAMPLE)])
    assert "pump-house/flood" in shown.stdout
    printed = run.invoke(node_rules.app, ["sign", str(EXAMPLE), "--seed", str(seed)])
    one = pb.SignedRuleSet.FromString(base64.b64decode(printed.stdout))
    wanted = SignedSet(one.name, one.rule_set, one.signature, one.public_key)
    sets, refused = taken(NOTHING, [wanted], PinnedKey(public), lambda _: None)
    assert (refused, list(sets.kept)) == ({}, ["pump-house"])


def test_the_example_of_a_seismic_station_is_sound() -> None:
    shown = CliRunner().invoke(node_rules.app, ["check", str(EXAMPLE.with_name("gas-valve.toml"))])
    assert (shown.exit_code, "gas-valve/shaken" in shown.stdout) == (0, True)


def test_the_example_fits_the_example_of_settings() -> None:
    file = ROOT / "examples" / "edge" / "pump-house.toml"
    loaded = settings.load(file, {})
    assert loaded.rules is not None
    outputs = {one.name: one.opposes for one in loaded.rules.outputs}
    assert outputs == {"pump": {"inlet"}, "inlet": {"pump"}}
    made = node_rule_file.read(EXAMPLE)
    series = {one.id for driver in loaded.drivers for one in driver.series}
    assert {one.series for rule in made.rules for one in rule.inputs} <= series
    used = {a.switch_output.output for rule in made.rules for a in rule.actions} - {""}
    assert used <= outputs.keys()


def test_a_signer_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "rules.nk").write_text("")
    with pytest.raises(Failure) as caught:
        keys.signer(tmp_path / "rules.nk")
    assert caught.value.reason == "FILE_EXISTS"


@pytest.mark.parametrize(
    ("said", "change"),
    [
        ("unknown key 'versoin'", {"versoin": 2}),
        ("version", {"version": True}),
        ("version", {"version": "1"}),
        ("valid_from", {"valid_from": "yesterday"}),
        ("rule is missing", {"rule": None}),
        ("need a table", {"rule": [1]}),
        ("neither on nor off", {"action": [{"output": "pump", "position": "half"}]}),
        ("hold_s", {"hold_s": float("nan")}),
        ("hold_s", {"hold_s": 90_000}),
        ("input is missing", {"input": 3}),
    ],
)
def test_what_is_wrong_is_said_and_where(said: str, change: dict[str, Any]) -> None:
    made = table()
    into = made if change.keys() & {"versoin", "version", "valid_from", "rule"} else made["rule"][0]
    into |= change
    with pytest.raises(ValueError, match=said):
        node_rule_file.of_table(made)


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("RULE_SET_INVALID", "name = "),
        ("RULE_SET_INVALID", "\x00"),
        ("RULE_SET_EXPRESSION", EXAMPLE.read_text(encoding="utf-8").replace("> 3.2", "> 3")),
    ],
)
def test_a_file_that_is_wrong(tmp_path: Path, reason: str, text: str) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(text)
    if reason == "RULE_SET_EXPRESSION":
        file.write_text(text.replace("level > 3 &&", "level + 3 > 1.0 &&"))
    with pytest.raises(Failure) as caught:
        node_rule_file.read(file)
    assert caught.value.reason == reason
