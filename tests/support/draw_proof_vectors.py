"""Proofs of draws, sound and tampered with: one table for everybody who verifies them.

``python -m tests.support.draw_proof_vectors`` writes them anew into
examples/credit/draw-proof-vectors.json, which the verifiers of Python, of the standard library and
of the console are tested by. Each tells whether a bundle is sound, and at which step it is not.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from py_ecc.bls.point_compression import compress_G1
from py_ecc.optimized_bls12_381 import FQ, b, curve_order, is_inf, is_on_curve, multiply

from tianfu import inspection_beacon, inspection_draw, inspection_proof

FILE: Final = Path(__file__).parents[2] / "examples" / "credit" / "draw-proof-vectors.json"
PUBLISHED: Final = FILE.with_name("draw-proof.json")

Bundle = dict[str, Any]
Change = Callable[[Bundle], object]


class Vector(NamedTuple):
    """A bundle's text; ``step`` is the first that does not hold, empty when all do."""

    name: str
    step: str
    text: str


NONCES: Final = {name: bytes([n * 0x5D]) * 32 for n, name in enumerate(("fire", "market"), 1)}


def by_departments(**changes: Any) -> Bundle:
    """Return a small draw by the bytes of two departments, of weighted entities."""
    commitments = tuple(
        (name, inspection_beacon.nonce_commitment("d", name, nonce))
        for name, nonce in NONCES.items()
    )
    values: dict[str, Any] = {
        "draw_id": "d",
        "time": datetime(2026, 4, 1, tzinfo=UTC),
        "rule": "r/1",
        "beacon": inspection_draw.Beacon(commitments=commitments),
        "strata": (("A", 300), ("B", 500)),
        "departments": (("fire", 1), ("market", 2)),
        "inspectors": tuple((name, f"{name[0]}-{n}") for name in NONCES for n in range(3)),
        "conflicts": frozenset({("f-1", "e3"), ("m-2", "e4")}),
        "entities": tuple(
            inspection_draw.Entity(f"e{n}", "AB"[n % 2], n % 3 + 1) for n in range(7)
        ),
    }
    return inspection_proof.make(
        inspection_draw.Declaration(**values | changes),
        {"nonces": {name: nonce.hex() for name, nonce in NONCES.items()}},
    )


def by_beacon() -> Bundle:
    """Return the published example, whose beacon is a round of quicknet."""
    found: Bundle = json.loads(PUBLISHED.read_bytes())
    return found


def vectors() -> list[Vector]:
    """Return all vectors."""
    return [*_sound(), *_encodings(), *_parts(), *_beacons(), *_declarations(), *_visits()]


def _text(bundle: Any) -> str:
    return json.dumps(bundle, separators=(",", ":"))


def _changed(bundle: Bundle, change: Change) -> str:
    made = copy.deepcopy(bundle)
    change(made)
    return _text(made)


def _sound() -> Iterator[Vector]:
    yield Vector("by-departments", "", _text(by_departments()))
    yield Vector("by-beacon", "", _text(by_beacon()))
    yield Vector("indented", "", json.dumps(by_departments(), indent=2))
    ratios = (("A", 0), ("B", 1000), ("C", 7))
    yield Vector("all-none-and-an-empty-stratum", "", _text(by_departments(strata=ratios)))
    equal = tuple(inspection_draw.Entity(f"e{n}", "A", 1000) for n in range(9))
    yield Vector("equal-weights", "", _text(by_departments(entities=equal)))
    whole = _changed(by_beacon(), lambda made: made["beacon"].update(round=657413.0))
    yield Vector("round-as-657413.0", "", whole)
    escaped = _text(by_departments()).replace("fire", "f\\u0069re")
    yield Vector("escaped-letters", "", escaped)


def _encodings() -> Iterator[Vector]:
    good = _text(by_departments())
    yield Vector("empty", "bundle", "")
    yield Vector("list", "bundle", "[]")
    yield Vector("text", "bundle", '"x"')
    yield Vector("null", "bundle", "null")
    yield Vector("byte-order-mark", "bundle", "\ufeff" + good)
    yield Vector("more-after-it", "bundle", good + "x")
    yield Vector("comma-at-the-end", "bundle", good[:-1] + ",}")
    yield Vector("not-a-number", "bundle", good[:-1] + ',"x":NaN}')
    yield Vector("name-twice", "bundle", good[:-1] + ',"visits":[]}')
    yield Vector("name-twice-escaped", "bundle", good[:-1] + ',"\\u0076isits":[]}')
    twice = good.replace('"nonces":{', '"nonces":{"fire":"' + "0" * 64 + '",')
    yield Vector("department-twice", "bundle", twice)
    deep = good[:-1] + ',"x":' + "[" * 500 + "]" * 500 + "}"
    yield Vector("deep", "bundle", deep)


def _parts() -> Iterator[Vector]:
    good = by_departments()
    for key in good:
        if key != "format":
            yield Vector(f"no-{key}", "bundle", _changed(good, _without(key)))
    cases: list[tuple[str, str, Change]] = [
        ("format", "bundle", lambda m: m.update(format="tianfu-draw-proof/2")),
        ("no-format", "bundle", lambda m: m.pop("format")),
        ("unknown-part", "bundle", lambda m: m.update(note="")),
        ("declaration-text", "declaration", lambda m: m.update(declaration="draw d")),
        ("declaration-null", "declaration", lambda m: m.update(declaration=None)),
        ("line-number", "declaration", lambda m: m["declaration"].append(1)),
        ("commitment", "commitment", lambda m: m.update(commitment="0" * 64)),
        ("commitment-case", "commitment", _upper("commitment")),
        ("commitment-null", "commitment", lambda m: m.update(commitment=None)),
        ("randomness", "randomness", lambda m: m.update(randomness="0" * 64)),
        ("randomness-case", "randomness", _upper("randomness")),
        ("seed", "seed", lambda m: m.update(seed="0" * 64)),
        ("seed-case", "seed", _upper("seed")),
        ("seed-list", "seed", lambda m: m.update(seed=[m["seed"]])),
    ]
    yield from (Vector(name, step, _changed(good, change)) for name, step, change in cases)


def _without(key: str) -> Change:
    return lambda made: made.pop(key)


def _upper(key: str) -> Change:
    return lambda made: made.update({key: made[key].upper()})


def _beacons() -> Iterator[Vector]:
    good, drand = by_departments(), by_beacon()
    signature = drand["beacon"]["signature"]
    nonce = good["beacon"]["nonces"]["fire"]
    infinity = "c0" + "00" * 47
    off_group = _outside_the_group().hex()

    def beacon(**fields: Any) -> Change:
        return lambda made: made["beacon"].update(fields)

    def nonces(**fields: Any) -> Change:
        return lambda made: made["beacon"]["nonces"].update(fields)

    for name, bundle, change in (
        ("beacon-null", good, lambda m: m.update(beacon=None)),
        ("beacon-list", good, lambda m: m.update(beacon=[])),
        ("nonces-null", good, beacon(nonces=None)),
        ("nonces-list", good, beacon(nonces=[])),
        ("nonces-and-more", good, beacon(round=1)),
        ("nonce-other", good, nonces(fire="ff" * 32)),
        ("nonce-short", good, nonces(fire="00")),
        ("nonce-number", good, nonces(fire=1)),
        ("nonce-null", good, nonces(fire=None)),
        ("nonce-case", good, nonces(fire=nonce[:-2] + "0A")),
        ("nonce-spaces", good, nonces(fire=" ".join(nonce[n : n + 2] for n in range(0, 64, 2)))),
        ("nonce-missing", good, lambda m: m["beacon"]["nonces"].pop("fire")),
        ("nonce-of-a-stranger", good, nonces(tax="00" * 32)),
        ("nonce-of-half-a-letter", good, nonces(**{"\ud800": "00" * 32})),
        ("nonce-of-the-prototype", good, nonces(__proto__="00" * 32)),
        ("round-other", drand, beacon(round=657414)),
        ("round-text", drand, beacon(round="657413")),
        ("round-null", drand, beacon(round=None)),
        ("round-list", drand, beacon(round=[657413])),
        ("round-and-more", drand, beacon(randomness="")),
        ("signature-other", drand, beacon(signature="a" + signature[1:])),
        ("signature-case", drand, beacon(signature=signature.upper())),
        ("signature-space", drand, beacon(signature=signature + " ")),
        ("signature-longer", drand, beacon(signature=signature + "00")),
        ("signature-empty", drand, beacon(signature="")),
        ("signature-null", drand, beacon(signature=None)),
        ("signature-infinity", drand, beacon(signature=infinity)),
        ("signature-outside-the-group", drand, beacon(signature=off_group)),
        ("signature-negated", drand, beacon(signature=_negated(signature))),
    ):
        yield Vector(name, "beacon", _changed(bundle, change))
    for name, number in (("round-0", 0), ("round-1", 1), ("round-off-the-calendar", 10**15 - 1)):
        made = _declared(drand, "beacon ", [f"beacon drand-quicknet {number}"])
        made["beacon"]["round"] = number
        yield Vector(name, "beacon", _text(made))
    round_1 = _declared(drand, "beacon ", ["beacon drand-quicknet 1"])
    round_1 = _declared(round_1, "time ", ["time 2023-01-01T00:00:00Z"])
    round_1["beacon"]["round"] = True
    yield Vector("round-true", "beacon", _text(round_1))
    for name, time in (
        ("round-29-s-after", "time 2023-09-15T10:59:34Z"),
        ("declared-in-9999", "time 9999-12-31T23:59:59Z"),
    ):
        yield Vector(name, "beacon", _text(_declared(drand, "time ", [time])))


def _outside_the_group() -> bytes:
    """Return a point of the curve that is none of the signatures' group, compressed."""
    for x in range(1, 100):
        square = FQ(x) ** 3 + b
        y = square ** ((FQ.field_modulus + 1) // 4)
        point = (FQ(x), y, FQ(1))
        if y * y == square and is_on_curve(point, b) and not is_inf(multiply(point, curve_order)):
            return int(compress_G1(point)).to_bytes(48, "big")
    raise ValueError("no such point")


def _negated(signature: str) -> str:
    """Return the other point of the same x: one bit says which it is."""
    return f"{int(signature[:2], 16) ^ 0x20:02x}{signature[2:]}"


def _declared(bundle: Bundle, prefix: str, lines: list[str]) -> Bundle:
    """Return a bundle whose lines of a prefix are others, with the commitment of those."""
    made = copy.deepcopy(bundle)
    old: list[str] = made["declaration"]
    at = next(n for n, line in enumerate(old) if line.startswith(prefix))
    rest = [line for line in old if not line.startswith(prefix)]
    made["declaration"] = rest[:at] + lines + rest[at:]
    return _committed(made)


def _committed(made: Bundle) -> Bundle:
    text = "\n".join(made["declaration"])
    made["commitment"] = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    return made


LINES: Final[list[tuple[str, str, list[str]]]] = [
    ("time-without-zeros", "time ", ["time 2026-4-1T00:00:00Z"]),
    ("time-of-no-day", "time ", ["time 2026-02-30T00:00:00Z"]),
    ("time-24-h", "time ", ["time 2026-04-01T24:00:00Z"]),
    ("time-leap-second", "time ", ["time 2026-04-01T23:59:60Z"]),
    ("time-of-another-zone", "time ", ["time 2026-04-01T00:00:00+00:00"]),
    ("time-with-a-fraction", "time ", ["time 2026-04-01T00:00:00.000Z"]),
    ("time-year-1", "time ", ["time 0001-01-01T00:00:00Z"]),
    ("time-day-alone", "time ", ["time 2026-04-01"]),
    ("time-twice", "time ", ["time 2026-04-01T00:00:00Z", "time 2026-04-01T00:00:01Z"]),
    ("no-time", "time ", []),
    ("no-rule", "rule ", []),
    ("no-draw", "draw ", []),
    ("draw-two-words", "draw ", ["draw d d"]),
    ("draw-empty", "draw ", ["draw "]),
    ("draw-letters", "draw ", ["draw 抽查"]),
    ("draw-wide", "draw ", ["draw \uff44"]),
    ("draw-too-long", "draw ", ["draw " + "d" * 101]),
    ("draw-line-end", "draw ", ["draw d\n"]),
    ("draw-half-a-letter", "draw ", ["draw \ud800"]),
    ("no-beacon", "beacon ", []),
    ("two-rounds", "beacon ", ["beacon drand-quicknet 1", "beacon drand-quicknet 2"]),
    ("round-in-hex", "beacon ", ["beacon drand-quicknet 0x10"]),
    ("round-with-a-zero", "beacon ", ["beacon drand-quicknet 01"]),
    ("round-negative", "beacon ", ["beacon drand-quicknet -1"]),
    ("round-with-an-exponent", "beacon ", ["beacon drand-quicknet 1e3"]),
    ("round-of-16-digits", "beacon ", ["beacon drand-quicknet 1" + "0" * 15]),
    ("round-missing", "beacon ", ["beacon drand-quicknet"]),
    ("other-beacon", "beacon ", ["beacon dice 6"]),
    ("no-strata", "stratum ", []),
    ("per-mille-1001", "stratum ", ["stratum A 1001", "stratum B 500"]),
    ("per-mille-negative", "stratum ", ["stratum A -1", "stratum B 500"]),
    ("per-mille-fraction", "stratum ", ["stratum A 1.5", "stratum B 500"]),
    ("per-mille-with-a-zero", "stratum ", ["stratum A 0300", "stratum B 500"]),
    ("per-mille-missing", "stratum ", ["stratum A", "stratum B 500"]),
    ("stratum-twice", "stratum ", ["stratum A 1", "stratum A 2", "stratum B 500"]),
    ("stratum-unknown", "stratum ", ["stratum A 300"]),
    ("no-departments", "department ", []),
    ("inspectors-0", "department ", ["department fire 0", "department market 2"]),
    ("inspectors-21", "department ", ["department fire 21", "department market 2"]),
    ("department-unknown", "department ", ["department fire 1"]),
    ("department-twice", "department ", [
        "department fire 1", "department fire 2", "department market 2",
    ]),
    ("too-few-inspectors", "department ", ["department fire 1", "department market 4"]),
    ("too-few-without-conflict", "department ", ["department fire 1", "department market 3"]),
    ("no-inspectors", "inspector fire", []),
    ("badge-of-two-departments", "inspector market m-0", ["inspector market f-0"]),
    ("inspector-of-three-words", "inspector fire f-0", ["inspector fire f-0 x"]),
    ("conflict-of-nobody", "conflict ", ["conflict x-1 e3"]),
    ("conflict-of-one-word", "conflict ", ["conflict f-1"]),
    ("no-entities", "entity ", []),
    ("weight-0", "entity e0", ["entity e0 A 0"]),
    ("weight-1001", "entity e0", ["entity e0 A 1001"]),
    ("weight-fraction", "entity e0", ["entity e0 A 1.0"]),
    ("weight-exponent", "entity e0", ["entity e0 A 1e2"]),
    ("weight-signed", "entity e0", ["entity e0 A +1"]),
    ("weight-wide", "entity e0", ["entity e0 A \uff11"]),
    ("weight-missing", "entity e0", ["entity e0 A"]),
    ("entity-twice", "entity e0", ["entity e0 A 1", "entity e0 A 2"]),
    ("entity-in-two-strata", "entity e0", ["entity e0 A 1", "entity e0 B 1"]),
    ("entity-line-twice", "entity e0", ["entity e0 A 1", "entity e0 A 1"]),
    ("entity-two-spaces", "entity e0", ["entity e0  A 1"]),
    ("entity-space-at-the-end", "entity e0", ["entity e0 A 1 "]),
    ("entity-tab", "entity e0", ["entity e0\tA 1"]),
    ("entity-with-a-line-in-it", "entity e0", ["entity e0 A 1\nentity e00 A 1"]),
    ("entities-not-in-order", "entity e0", ["entity e1 B 2", "entity e0 A 1"]),
    ("unknown-kind", "rule ", ["rule r/1", "bribe 1"]),
    ("kind-of-the-prototype", "rule ", ["rule r/1", "constructor 1"]),
    ("empty-line", "rule ", ["rule r/1", ""]),
    ("kinds-not-in-order", "draw ", ["time 2026-04-01T00:00:00Z", "draw d"]),
]  # fmt: skip
"""Lines of a declaration that stand in the place of those of a prefix; none may."""


def _declarations() -> Iterator[Vector]:
    good = by_departments()
    digests = {name: digest for _, name, digest in _beacon_lines(good)}
    fire, market = (f"beacon commit-reveal {name} {digests[name]}" for name in ("fire", "market"))
    strangers = [f"beacon commit-reveal {name} {digests['fire']}" for name in ("a", "b")]
    cases: list[tuple[str, str, list[str]]] = [
        ("one-department-alone", "beacon ", [fire]),
        ("of-who-takes-no-part", "beacon ", strangers),
        ("one-department-twice", "beacon ", [fire, f"beacon commit-reveal fire {'0' * 64}"]),
        ("digest-case", "beacon ", [fire[:-64] + fire[-64:].upper(), market]),
        ("digest-short", "beacon ", [fire[:-1], market]),
        ("both-beacons", "beacon ", [fire, market, "beacon drand-quicknet 657413"]),
        *LINES,
    ]  # fmt: skip
    for name, prefix, lines in cases:
        yield Vector(name, "declaration", _text(_declared(good, prefix, lines)))
    reverse = copy.deepcopy(good)
    reverse["declaration"].reverse()
    yield Vector("reversed", "declaration", _text(_committed(reverse)))
    yield Vector(
        "no-lines", "declaration", _text(_committed(copy.deepcopy(good) | {"declaration": []}))
    )
    yield Vector("another-ratio", "seed", _another_ratio(good))


def _beacon_lines(bundle: Bundle) -> list[list[str]]:
    return [line.split(" ")[1:] for line in bundle["declaration"] if line.startswith("beacon ")]


def _another_ratio(good: Bundle) -> str:
    """Return a bundle whose declaration was changed after the draw, and its commitment with it."""
    return _text(_declared(good, "stratum ", ["stratum A 301", "stratum B 500"]))


def _visits() -> Iterator[Vector]:
    good = by_departments()
    cases: list[tuple[str, Change]] = [
        ("visits-null", lambda m: m.update(visits=None)),
        ("visits-object", lambda m: m.update(visits={})),
        ("visits-none", lambda m: m.update(visits=[])),
        ("visit-missing", lambda m: m["visits"].pop()),
        ("visit-more", lambda m: m["visits"].append(m["visits"][0])),
        ("visits-reversed", lambda m: m["visits"].reverse()),
        ("visit-null", lambda m: m["visits"].__setitem__(0, None)),
        ("visit-with-more", lambda m: m["visits"][0].update(note="")),
        ("visit-without-stratum", lambda m: m["visits"][0].pop("stratum")),
        ("visit-of-another-stratum", lambda m: m["visits"][0].update(stratum="Z")),
        ("visit-odd", lambda m: m["visits"][0].update(stratum=[[[1]]], inspectors=None)),
        ("inspectors-null", lambda m: m["visits"][0].update(inspectors=None)),
        ("inspectors-text", lambda m: _team(m).update(fire=_team(m)["fire"][0])),
        ("inspectors-list", lambda m: m["visits"][0].update(inspectors=[])),
        ("inspectors-in-one", lambda m: _team(m).update(market=["\n".join(_team(m)["market"])])),
        ("inspectors-reversed", lambda m: _team(m)["market"].reverse()),
        ("inspector-other", lambda m: _team(m).update(fire=["f-9"])),
        ("inspector-more", lambda m: _team(m)["fire"].append("f-9")),
        ("inspector-missing", lambda m: _team(m)["market"].pop()),
        ("department-missing", lambda m: _team(m).pop("fire")),
        ("department-more", lambda m: _team(m).update(tax=[])),
    ]
    yield from (Vector(name, "visits", _changed(good, change)) for name, change in cases)


def _team(bundle: Bundle) -> dict[str, Any]:
    found: dict[str, Any] = bundle["visits"][0]["inspectors"]
    return found


def encoded() -> str:
    """Return the file's text: a line for each vector, ASCII alone."""
    lines = ",\n".join(json.dumps(vector._asdict()) for vector in vectors())
    return f"[\n{lines}\n]\n"


if __name__ == "__main__":
    FILE.write_text(encoded(), encoding="ascii")
