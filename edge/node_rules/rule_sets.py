"""The sets of rules that a node keeps: each verified, the last good one of a name in force.

One file holds them, and the least version of each name that is still taken: also of one that was
withdrawn, so that nobody brings an old set back. The signature is verified again at each start.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from edge import durable_file
from edge.rules import SignedSet
from edge.warnings.bulletin import raw_key
from tianfu.fleet.v1 import rule_set_pb2 as pb
from tianfu.node_rules import rule_set
from tianfu.node_rules.rule_set import RuleSetRefused

FILE: Final = "rule-sets.json"
NAMES_MAX: Final = 256
"""Names that are remembered; a platform that makes up ever new ones gets no further."""

RULES_MAX: Final = 256
"""Of all sets in force: ten times a second they take a tenth of a core (bench.node_rules)."""


class PinnedKey:
    """The public key that rules are signed with."""

    def __init__(self, nkey: str) -> None:
        """Take a public nkey such as ``UAB…``; raise ValueError when it is none."""
        self.nkey = nkey
        self._key = VerifyKey(raw_key(nkey))

    def check(self, signed: SignedSet) -> None:
        """Raise RuleSetRefused unless ``signed`` was signed with this key."""
        if signed.public_key != self.nkey:
            text = "signed with another key than the one in the settings"
            raise RuleSetRefused("RULE_SET_KEY_UNKNOWN", text)
        try:
            self._key.verify(rule_set.signed_bytes(signed.rule_set), signed.signature)
        except (CryptoError, ValueError, TypeError) as error:
            text = "the signature is not of these bytes"
            raise RuleSetRefused("RULE_SET_SIGNATURE_WRONG", text) from error


@dataclass(frozen=True, slots=True)
class Kept:
    """A set that is followed as far as its time has come."""

    signed: SignedSet
    message: pb.RuleSet


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a set of the plan is not taken."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Sets:
    """All that is kept: sets by name, and the least version that is taken of each name."""

    kept: Mapping[str, Kept]
    floors: Mapping[str, int]


NOTHING: Final = Sets({}, {})
Check = Callable[[pb.RuleSet], None]
"""What the node itself asks of a set: its outputs, its series."""


def opened(signed: SignedSet, key: PinnedKey, check: Check) -> Kept:
    """Return a set that can be followed; raise RuleSetRefused."""
    key.check(signed)
    message = rule_set.read(signed.rule_set)
    if message.name != signed.name:
        text = f"the signed bytes are of {message.name!r}"
        raise RuleSetRefused("RULE_SET_OF_ANOTHER_NAME", text)
    check(message)
    return Kept(signed, message)


def taken(
    sets: Sets, wanted: Iterable[SignedSet], key: PinnedKey, check: Check
) -> tuple[Sets, dict[str, Refusal]]:
    """Return what is kept once a plan wants these, and why others of it are refused.

    A set that the plan no longer names is withdrawn; one whose new version is refused stays as it
    was.
    """
    asked = {each.name: each for each in wanted}
    kept = {name: each for name, each in sets.kept.items() if name in asked}
    floors = dict(sets.floors)
    refused: dict[str, Refusal] = {}
    for name, signed in asked.items():
        try:
            found = opened(signed, key, check)
            _check_version(found, kept.get(name), floors.get(name, 0))
            _check_room(found, kept, floors)
        except RuleSetRefused as error:
            refused[name] = Refusal(error.reason, str(error))
            continue
        kept[name], floors[name] = found, found.message.version
    return Sets(kept, floors), refused


def _check_version(found: Kept, held: Kept | None, floor: int) -> None:
    version = found.message.version
    if version < floor:
        text = f"version {version}; {floor} was in force"
        raise RuleSetRefused("RULE_SET_VERSION_OLD", text)
    if held is not None and held.message.version == version and held.signed != found.signed:
        text = f"version {version} is another one already; raise it with each change"
        raise RuleSetRefused("RULE_SET_VERSION_USED", text)


def _check_room(found: Kept, kept: Mapping[str, Kept], floors: Mapping[str, int]) -> None:
    name = found.message.name
    others = sum(len(each.message.rules) for each in kept.values() if each.message.name != name)
    if others + len(found.message.rules) > RULES_MAX:
        text = f"with it the node would judge more than {RULES_MAX} rules"
        raise RuleSetRefused("RULE_SET_TOO_MANY_RULES", text)
    if name not in floors and len(floors) >= NAMES_MAX:
        text = f"this node has had sets of {NAMES_MAX} names; it takes no further"
        raise RuleSetRefused("RULE_SET_TOO_MANY_NAMES", text)


def save(folder: Path, sets: Sets) -> None:
    """Keep sets through a power cut; raise OSError when the disk takes no more."""
    content = {
        "floors": dict(sets.floors),
        "sets": [
            {
                "name": each.signed.name,
                "rule_set": base64.b64encode(each.signed.rule_set).decode(),
                "signature": base64.b64encode(each.signed.signature).decode(),
                "public_key": each.signed.public_key,
            }
            for each in sets.kept.values()
        ],
    }
    durable_file.replace(folder / FILE, json.dumps(content).encode())
    durable_file.sync_folder(folder)


def load(folder: Path, key: PinnedKey, check: Check) -> tuple[Sets, dict[str, Refusal]]:
    """Return what was kept, and what of it can't be followed any more."""
    refused: dict[str, Refusal] = {}
    try:
        content = json.loads((folder / FILE).read_bytes())
        floors = {str(name): int(version) for name, version in content["floors"].items()}
        listed = [
            SignedSet(
                str(one["name"]),
                base64.b64decode(one["rule_set"]),
                base64.b64decode(one["signature"]),
                str(one["public_key"]),
            )
            for one in content["sets"]
        ]
    except FileNotFoundError:
        return NOTHING, refused
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        text = f"{FILE} can't be read ({type(error).__name__}): rules come with the next plan"
        return NOTHING, {FILE: Refusal("RULE_SETS_DAMAGED", text)}
    sets, refused = taken(replace(NOTHING, floors=floors), listed, key, check)
    return sets, refused
