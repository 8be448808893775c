"""Sets of rules: which are taken, which are refused and why, and what a node keeps of them."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.node_rules import rule_sets
from edge.node_rules.rule_sets import NOTHING, PinnedKey, Sets
from edge.rules import SignedSet
from tests.edge.node_rules.made import SIGNER, STRANGER, rule, rule_set, signed
from tianfu.fleet.v1 import rule_set_pb2 as pb
from tianfu.node_rules import rule_set as contract
from tianfu.node_rules.rule_set import RuleSetRefused

KEY = PinnedKey(SIGNER.public_key)


def anything(message: pb.RuleSet) -> None:
    del message


def taken(sets: Sets, *wanted: SignedSet) -> tuple[Sets, dict[str, str]]:
    found, refused = rule_sets.taken(sets, wanted, KEY, anything)
    return found, {name: each.reason for name, each in refused.items()}


def versions(sets: Sets) -> dict[str, int]:
    return {name: each.message.version for name, each in sets.kept.items()}


GOOD = signed(rule_set())


@pytest.mark.parametrize(
    ("reason", "wanted"),
    [
        ("RULE_SET_KEY_UNKNOWN", signed(rule_set(), STRANGER)),
        (
            "RULE_SET_SIGNATURE_WRONG",
            replace(signed(rule_set(), STRANGER), public_key=SIGNER.public_key),
        ),
        ("RULE_SET_SIGNATURE_WRONG", replace(GOOD, rule_set=GOOD.rule_set + b"\x30\x01")),
        ("RULE_SET_SIGNATURE_WRONG", replace(GOOD, signature=b"")),
        ("RULE_SET_OF_ANOTHER_NAME", replace(GOOD, name="other")),
        ("RULE_SET_EXPRESSION", signed(rule_set(rule(condition="level >")))),
        ("RULE_SET_EXPRESSION", signed(rule_set(rule(condition="pressure > 1.0")))),
        ("RULE_SET_INVALID", signed(rule_set(rule(), rule()))),
        ("RULE_SET_INVALID", signed(rule_set(version=0))),
        ("RULE_SET_INVALID", signed(rule_set(valid_to=datetime(2025, 1, 1, tzinfo=UTC)))),
        (
            "RULE_SET_INVALID",
            signed(rule_set(rule(action=[{"series": "sump.level", "value": 1.0}]))),
        ),
    ],
)
def test_what_is_refused(reason: str, wanted: SignedSet) -> None:
    sets, refused = taken(NOTHING, wanted)
    assert (dict(sets.kept), list(refused.values())) == ({}, [reason])


def test_the_last_good_set_stays_when_a_new_one_is_refused() -> None:
    sets, _ = taken(NOTHING, signed(rule_set(version=2)))
    for wanted, reason in (
        (signed(rule_set(version=3), STRANGER), "RULE_SET_KEY_UNKNOWN"),
        (signed(rule_set(version=1)), "RULE_SET_VERSION_OLD"),
        (signed(rule_set(rule(hold_s=1), version=2)), "RULE_SET_VERSION_USED"),
    ):
        sets, refused = taken(sets, wanted)
        assert (versions(sets), refused) == ({"pump-house": 2}, {"pump-house": reason})


def test_a_set_that_was_withdrawn_does_not_come_back_older() -> None:
    sets, _ = taken(NOTHING, signed(rule_set(version=2)))
    sets, _ = taken(sets)
    assert versions(sets) == {}
    assert taken(sets, signed(rule_set(version=1)))[1] == {"pump-house": "RULE_SET_VERSION_OLD"}
    assert versions(taken(sets, signed(rule_set(version=2)))[0]) == {"pump-house": 2}


def test_a_node_judges_no_more_rules_than_it_can_pay_for() -> None:
    many = [rule(name=f"r-{n}") for n in range(64)]
    sets, refused = taken(NOTHING, *(signed(rule_set(*many, name=f"s-{n}")) for n in range(5)))
    assert (len(sets.kept), refused) == (4, {"s-4": "RULE_SET_TOO_MANY_RULES"})


def test_what_is_kept_is_verified_again(tmp_path: Path) -> None:
    sets, _ = taken(NOTHING, signed(rule_set(version=7)))
    rule_sets.save(tmp_path, sets)
    assert rule_sets.load(tmp_path, KEY, anything) == (sets, {})
    other, refused = rule_sets.load(tmp_path, PinnedKey(STRANGER.public_key), anything)
    assert (versions(other), refused["pump-house"].reason) == ({}, "RULE_SET_KEY_UNKNOWN")
    assert other.floors == {"pump-house": 7}


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"floors": {"a": null}, "sets": []}', "\x00"])
def test_a_damaged_file_is_said_and_is_no_end(tmp_path: Path, content: str) -> None:
    (tmp_path / rule_sets.FILE).write_text(content)
    sets, refused = rule_sets.load(tmp_path, KEY, anything)
    assert sets == NOTHING
    assert [each.reason for each in refused.values()] == ["RULE_SETS_DAMAGED"]


def test_without_a_file_there_is_nothing(tmp_path: Path) -> None:
    assert rule_sets.load(tmp_path, KEY, anything) == (NOTHING, {})


@given(st.binary(max_size=300), st.integers(0, 200), st.binary(max_size=3))
def test_whatever_bytes_come_are_a_set_or_are_refused(
    noise: bytes, position: int, put: bytes
) -> None:
    payload = GOOD.rule_set[:position] + put + GOOD.rule_set[position + len(put) :]
    for each in (noise, payload):
        with contextlib.suppress(RuleSetRefused):
            contract.read(each)


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists, max_leaves=5))
def test_whatever_the_file_holds_the_agent_starts(content: Any) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / rule_sets.FILE).write_text(json.dumps({"floors": content, "sets": content}))
        assert rule_sets.load(Path(folder), KEY, anything)[0].kept == {}
