"""Rules for nodes as a person writes them (TOML), made into what is signed."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from cli.failures import Exit, Failure
from tianfu.fleet.v1 import rule_set_pb2 as pb
from tianfu.nats_keys import KeyPair
from tianfu.node_rules import rule_set
from tianfu.node_rules.rule_set import RuleSetRefused

FILE_BYTES_MAX: Final = 1 << 18
POSITIONS: Final = {"on": pb.OUTPUT_POSITION_ON, "off": pb.OUTPUT_POSITION_OFF}
EXAMPLE: Final = "examples/edge/rules/pump-house.toml shows one"


def read(file: Path) -> pb.RuleSet:
    """Return the set that a file states, checked as the node checks it; raise Failure."""
    try:
        text = file.read_bytes()[: FILE_BYTES_MAX + 1].decode()
    except OSError as error:
        raise Failure("FILE_UNREADABLE", f"{file}: {error.strerror}", status=Exit.USAGE) from error
    except UnicodeDecodeError:
        raise _invalid(file, "no UTF-8 text") from None
    if len(text) > FILE_BYTES_MAX:
        raise _invalid(file, f"more than {FILE_BYTES_MAX} bytes")
    try:
        made = of_table(tomllib.loads(text))
        rule_set.check(made)
    except RuleSetRefused as error:
        raise Failure(error.reason, f"{file}: {error}", EXAMPLE, status=Exit.USAGE) from error
    except ValueError as error:
        raise _invalid(file, str(error)) from error
    return made


def signed(made: pb.RuleSet, pair: KeyPair) -> pb.SignedRuleSet:
    """Return a set as nodes get it."""
    payload = made.SerializeToString(deterministic=True)
    if len(payload) > rule_set.BYTES_MAX:
        text = f"the set has {len(payload)} bytes; at most {rule_set.BYTES_MAX}"
        raise Failure("RULE_SET_TOO_LARGE", text, "make two of it", status=Exit.USAGE)
    return pb.SignedRuleSet(
        name=made.name,
        rule_set=payload,
        signature=pair.sign(rule_set.signed_bytes(payload)),
        public_key=pair.public_key,
    )


def of_table(table: dict[str, Any]) -> pb.RuleSet:
    """Return the set that a table states; raise ValueError for what it may not hold."""
    taken = _Taken(table, "the set")
    made = pb.RuleSet(
        name=taken.text("name"),
        version=taken.value("version", int),
        valid_from_time=taken.time("valid_from"),
        source=taken.text("source"),
        verified=taken.value("verified", bool, default=False),
    )
    if "valid_to" in table:
        made.valid_to_time.CopyFrom(taken.time("valid_to"))
    made.rules.extend(_rule(each) for each in taken.tables("rule"))
    taken.done()
    return made


def _rule(table: Any) -> pb.NodeRule:
    named = table.get("name", "?") if isinstance(table, dict) else table
    taken = _Taken(table, f"rule {named!r}")
    made = pb.NodeRule(name=taken.text("name"), condition=taken.text("condition"))
    taken.duration("hold_s", made.hold)
    made.inputs.extend(_input(each, taken.where) for each in taken.tables("input"))
    made.actions.extend(_action(each, taken.where) for each in taken.tables("action"))
    taken.done()
    return made


def _input(table: dict[str, Any], where: str) -> pb.RuleInput:
    taken = _Taken(table, f"{where}, an input")
    made = pb.RuleInput(name=taken.text("name"), series=taken.text("series"))
    taken.duration("age_max_s", made.age_max)
    taken.done()
    return made


def _action(table: dict[str, Any], where: str) -> pb.RuleAction:
    taken = _Taken(table, f"{where}, an action")
    made = pb.RuleAction()
    if "output" in table:
        made.switch_output.output = taken.text("output")
        word = taken.text("position")
        if word not in POSITIONS:
            raise ValueError(f"{taken.where}: position {word!r} is neither on nor off")
        made.switch_output.position = POSITIONS[word]
        taken.duration("duration_s", made.switch_output.duration)
    else:
        made.send_reading.series = taken.text("series")
        made.send_reading.value = float(taken.value("value", (int, float), default=1.0))
    if "interlock" in table:
        made.interlock.condition = taken.text("interlock")
    if "interval_min_s" in table:
        taken.duration("interval_min_s", made.interlock.interval_min)
    taken.done()
    return made


class _Taken:
    """A table of which each key is asked for, so that a misspelt one is found."""

    def __init__(self, table: Any, where: str) -> None:
        if not isinstance(table, dict):
            raise ValueError(f"{where}: need a table")  # noqa: TRY004 - of what a person wrote
        self._left = dict(table)
        self.where = where

    def value(self, key: str, kind: Any, *, default: Any = None) -> Any:
        found = self._left.pop(key, default)
        is_right = isinstance(found, kind) and (kind is bool or not isinstance(found, bool))
        if not is_right:
            raise ValueError(f"{self.where}: {key} is missing, or of the wrong kind")
        return found

    def text(self, key: str) -> str:
        return str(self.value(key, str))

    def tables(self, key: str) -> list[Any]:
        return list(self.value(key, list))

    def time(self, key: str) -> Timestamp:
        moment = self.value(key, datetime)
        if moment.tzinfo is None:
            raise ValueError(f"{self.where}: {key} needs an offset, such as +08:00")
        made = Timestamp()
        made.FromDatetime(moment.astimezone(UTC))
        return made

    def duration(self, key: str, into: Duration) -> None:
        if key in self._left:
            seconds = float(self.value(key, (int, float)))
            if not 0 <= seconds <= rule_set.DAY_S:
                raise ValueError(f"{self.where}: {key} is not 0 to a day")
            into.FromNanoseconds(round(seconds * 1e9))
            into.SetInParent()

    def done(self) -> None:
        if self._left:
            raise ValueError(f"{self.where}: unknown key {min(self._left)!r}")


def _invalid(file: Path, why: str) -> Failure:
    return Failure("RULE_SET_INVALID", f"{file}: {why}", EXAMPLE, status=Exit.USAGE)
