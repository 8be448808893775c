"""The proof of a draw: a bundle that is published, and what makes anybody believe it.

A bundle is JSON::

    {"format": "tianfu-draw-proof/1",
     "declaration": ["draw …", …],     the lines, see inspection_draw
     "commitment": hex,                of the lines; published before the draw
     "beacon": {"round": n, "signature": hex}, or {"nonces": {department: hex}},
     "randomness": hex, "seed": hex,
     "visits": [{"entity": code, "stratum": name, "inspectors": {department: [badge, …]}}, …]}

Everything after ``beacon`` follows from what stands before it; it is stated so that a reader sees
it and a verifier can name the first place where it does not.

What a bundle can't show by itself is *when* its commitment was published. Whoever wrote it down at
the time, or has the event in which it went out, gives it to ``verify``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from tianfu import inspection_beacon, inspection_draw
from tianfu.inspection_beacon import BeaconRefused
from tianfu.inspection_draw import Declaration, InvalidDeclaration, Visit

FORMAT: Final = "tianfu-draw-proof/1"
BYTES_MAX: Final = 512 << 20
"""Of a bundle: the register of a province, some three million lines, fits."""

LEAD: Final = timedelta(seconds=30)
"""Between a declaration and its round: ten rounds, so that no clock is near enough to matter."""

_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*")
_KEYS: Final = {
    "format", "declaration", "commitment", "beacon", "randomness", "seed", "visits",
}  # fmt: skip


class ProofRefused(ValueError):
    """The bundle proves nothing. ``step`` names where the first discrepancy is."""

    reason = "PROOF_REFUSED"

    def __init__(self, step: str, problem: str) -> None:
        super().__init__(f"{step}: {problem}")
        self.step = step
        self.problem = problem


@dataclass(frozen=True)
class Verified:
    """What a good bundle shows. ``steps`` are (step, what was found), in the order checked."""

    declaration: Declaration
    commitment: str
    seed: str
    visits: tuple[Visit, ...]
    steps: tuple[tuple[str, str], ...]


def make(declaration: Declaration, beacon: dict[str, Any]) -> dict[str, Any]:
    """Return the bundle of a draw: always the same for the same declaration and beacon.

    Raises BeaconRefused, or InvalidDeclaration.
    """
    lines = declaration.lines()
    committed = inspection_draw.commitment(lines)
    randomness = randomness_of(declaration, beacon)
    seed = inspection_draw.seed_of(committed, randomness, declaration.draw_id)
    return {
        "format": FORMAT,
        "declaration": lines,
        "commitment": committed,
        "beacon": beacon,
        "randomness": randomness.hex(),
        "seed": seed.hex(),
        "visits": [_visit(each) for each in inspection_draw.draw(declaration, seed)],
    }


def encode(bundle: dict[str, Any]) -> bytes:
    """Return a bundle's bytes: one line for each entry, so that two can be compared."""
    return (json.dumps(bundle, ensure_ascii=False, indent=0, sort_keys=True) + "\n").encode()


def visits_of(bundle: dict[str, Any]) -> list[Visit]:
    """Return the visits of a bundle that ``make`` has made."""
    return [
        Visit(
            each["entity"],
            each["stratum"],
            tuple((name, tuple(badges)) for name, badges in sorted(each["inspectors"].items())),
        )
        for each in bundle["visits"]
    ]


def verify(data: bytes, published: str | None = None) -> Verified:
    """Check a bundle from its bytes; raise ProofRefused with the first discrepancy.

    ``published`` is the commitment as it was written down before the draw.
    """
    bundle = _decode(data)
    lines = bundle["declaration"]
    steps: list[tuple[str, str]] = []
    declaration = _step("declaration", lambda: inspection_draw.parse(lines))
    steps.append(("declaration", f"{len(declaration.entities)} entities, rule {declaration.rule}"))
    committed = inspection_draw.commitment(lines)
    if bundle["commitment"] != committed:
        raise ProofRefused("commitment", f"the declaration's is {committed}")
    if published is not None and published.lower() != committed:
        raise ProofRefused("commitment", "is not the one that was published before the draw")
    known = "as published" if published else "not compared with one published before"
    steps.append(("commitment", f"{committed}, {known}"))
    randomness = _step("beacon", lambda: randomness_of(declaration, bundle["beacon"]))
    steps.append(("beacon", _told(declaration)))
    if bundle["randomness"] != randomness.hex():
        raise ProofRefused("randomness", f"the beacon gives {randomness.hex()}")
    seed = inspection_draw.seed_of(committed, randomness, declaration.draw_id)
    if bundle["seed"] != seed.hex():
        raise ProofRefused("seed", f"must be {seed.hex()}")
    steps.append(("seed", seed.hex()))
    visits = _step("visits", lambda: inspection_draw.draw(declaration, seed))
    _compare([_visit(each) for each in visits], bundle["visits"])
    steps.append(("visits", f"{len(visits)} drawn, each with its inspectors"))
    return Verified(declaration, committed, seed.hex(), tuple(visits), tuple(steps))


def randomness_of(declaration: Declaration, beacon: Any) -> bytes:
    """Return the randomness that a beacon gives this draw; raise BeaconRefused otherwise."""
    if not isinstance(beacon, dict):
        raise BeaconRefused("need an object")
    expected = declaration.beacon
    if expected.round is None:
        nonces = beacon.get("nonces")
        if set(beacon) != {"nonces"} or not isinstance(nonces, dict):
            raise BeaconRefused("need the departments' nonces")
        return inspection_beacon.combined_randomness(
            declaration.draw_id,
            dict(expected.commitments),
            {str(name): _bytes(f"nonce of {name}", text) for name, text in nonces.items()},
        )
    if set(beacon) != {"round", "signature"}:
        raise BeaconRefused("need a round and its signature")
    if beacon["round"] != expected.round or isinstance(beacon["round"], bool):
        raise BeaconRefused(f"round {beacon['round']!r}; declared was {expected.round}")
    if inspection_beacon.time_of(expected.round) - declaration.time < LEAD:
        raise BeaconRefused(
            f"round {expected.round} is not at least {LEAD.seconds} s after the declaration, so "
            "whoever declared could have known it"
        )
    return inspection_beacon.quicknet_randomness(
        expected.round, _bytes("signature", beacon["signature"])
    )


def _decode(data: bytes) -> dict[str, Any]:
    if len(data) > BYTES_MAX:
        raise ProofRefused("bundle", f"{len(data)} bytes; at most {BYTES_MAX}")
    try:
        bundle = json.loads(data.decode(), object_pairs_hook=_members, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ProofRefused("bundle", "is no JSON in UTF-8, or a name stands twice") from None
    if not isinstance(bundle, dict) or bundle.get("format") != FORMAT:
        raise ProofRefused("bundle", f"its format is not {FORMAT}")
    if set(bundle) != _KEYS:
        odd = min(set(bundle) ^ _KEYS)
        raise ProofRefused("bundle", f"{odd!r} is {'missing' if odd in _KEYS else 'unknown'}")
    lines = bundle["declaration"]
    if not isinstance(lines, list) or not all(isinstance(each, str) for each in lines):
        raise ProofRefused("declaration", "need a list of lines")
    return bundle


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; raise ValueError for a name that stands twice: readers choose another."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name stands twice")
    return made


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def _step(name: str, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except (InvalidDeclaration, BeaconRefused) as error:
        raise ProofRefused(name, str(error)) from None


def _told(declaration: Declaration) -> str:
    number = declaration.beacon.round
    if number is None:
        return f"{len(declaration.beacon.commitments)} departments revealed what they had committed"
    made = inspection_beacon.time_of(number)
    return f"quicknet round {number} of {made:%Y-%m-%d %H:%M:%S} UTC, signature verified"


def _visit(visit: Visit) -> dict[str, Any]:
    return {
        "entity": visit.code,
        "stratum": visit.stratum,
        "inspectors": {department: list(badges) for department, badges in visit.inspectors},
    }


def _compare(expected: Sequence[dict[str, Any]], found: Any) -> None:
    """Raise ProofRefused for the first visit that is not the one the seed gives."""
    if not isinstance(found, list):
        raise ProofRefused("visits", "need a list")
    for number, visit in enumerate(expected):
        where = f"visits[{number}]"
        if number >= len(found):
            raise ProofRefused(where, f"{visit['entity']} was drawn and is missing")
        other = found[number]
        if not isinstance(other, dict) or other.get("entity") != visit["entity"]:
            raise ProofRefused(where, f"the seed draws {visit['entity']}")
        if other != visit:
            raise ProofRefused(where, f"{visit['entity']}: the seed sends {visit['inspectors']}")
    if len(found) > len(expected):
        raise ProofRefused(f"visits[{len(expected)}]", "was not drawn")


def _bytes(name: str, text: Any) -> bytes:
    if not isinstance(text, str) or not _HEX.fullmatch(text):
        raise BeaconRefused(f"{name}: no bytes in small hex digits")
    return bytes.fromhex(text)
