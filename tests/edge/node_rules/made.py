"""Sets of rules as tests make them."""

from __future__ import annotations

from typing import Any

from cli import node_rule_file
from edge.rules import SignedSet
from tianfu import nats_keys
from tianfu.fleet.v1 import rule_set_pb2 as pb
from tianfu.nats_keys import KeyKind, KeyPair

SIGNER = nats_keys.generate(KeyKind.USER, b"r" * 32)
STRANGER = nats_keys.generate(KeyKind.USER, b"s" * 32)


def rule(name: str = "high", condition: str = "level > 3.0", **more: Any) -> dict[str, Any]:
    made = {
        "name": name,
        "condition": condition,
        "input": [{"name": "level", "series": "sump.level", "age_max_s": 10}],
        "action": [{"output": "pump", "position": "on"}, {"series": "alarm.sump", "value": 2.0}],
    }
    return made | more


def table(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    from datetime import UTC, datetime

    made = {
        "name": "pump-house",
        "version": 1,
        "valid_from": datetime(2026, 1, 1, tzinfo=UTC),
        "source": "a test",
        "rule": list(rules) or [rule()],
    }
    return made | more


def rule_set(*rules: dict[str, Any], **more: Any) -> pb.RuleSet:
    return node_rule_file.of_table(table(*rules, **more))


def signed_message(made: pb.RuleSet, pair: KeyPair = SIGNER) -> pb.SignedRuleSet:
    return node_rule_file.signed(made, pair)


def signed(made: pb.RuleSet, pair: KeyPair = SIGNER) -> SignedSet:
    one = signed_message(made, pair)
    return SignedSet(one.name, one.rule_set, one.signature, one.public_key)
