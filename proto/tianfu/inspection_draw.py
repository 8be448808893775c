"""The draw of a joint random inspection (双随机、一公开): anybody can compute it again.

Only the standard library is used, and only integers and decimals of a stated precision, so that
the same declaration and randomness give the same draw on every machine and in every year.

**Declaration.** Before the draw, everything that it depends on is written down as lines of text::

    draw ID                           one
    time YYYY-MM-DDTHH:MM:SSZ         one: when it was declared
    rule VERSION                      one: the dated rule that the ratios are from
    beacon drand-quicknet ROUND       one, or one line of the next kind for each department
    beacon commit-reveal DEPARTMENT HASH
    stratum NAME PER-MILLE            how many of 1,000 of its entities are drawn, rounded up
    department NAME INSPECTORS        how many of its inspectors go along on each visit
    inspector DEPARTMENT ID
    conflict ID CODE                  an inspector who must not inspect that entity
    entity CODE STRATUM WEIGHT

in this order of kinds, lines of a kind sorted, none twice. The *commitment* is the SHA-256 of the
lines joined by a newline each; it is published before the randomness exists.

**Seed.** SHA-256( commitment || randomness || draw id ).

**Entities.** h = HMAC-SHA-256(seed, code) as a number; u = (h + 1/2) / 2^256; an entity's key is
-ln(1 - u) / weight, and the ceil(n * per-mille / 1000) smallest keys of each stratum are drawn
(Efraimidis and Spirakis 2006). With equal weights that is the order of h, and each entity of a
stratum is drawn with probability k/n.

**Inspectors.** For each entity drawn, in order of code, each department sends those of its
inspectors without a conflict who have the fewest visits so far; HMAC(seed, entity | inspector)
decides between equals.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

WEIGHT_MAX: Final = 1_000
"""Of an entity. Larger ratios are another stratum's business."""

PER_MILLE: Final = 1_000
LINES_MAX: Final = 3_000_000
"""Of a declaration: a province's register fits in one."""

INSPECTORS_MAX: Final = 20
"""Of one department on one visit."""

_EXACT: Final = Context(prec=80, rounding=ROUND_HALF_EVEN)
"""Of the logarithm: ``decimal`` rounds it correctly, so that all machines agree on all 80 digits.
2^256 - h has 78, so nothing before it is rounded. Libraries differ in a float's last bits."""

_HALF: Final = Decimal("0.5")
_SPAN: Final = Decimal(2**256)
_KINDS: Final = (
    "draw", "time", "rule", "beacon", "stratum", "department", "inspector", "conflict", "entity",
)  # fmt: skip
_TOKEN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:-]{0,99}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,14}")
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"

QUICKNET: Final = "drand-quicknet"
COMMIT_REVEAL: Final = "commit-reveal"


class InvalidDeclaration(ValueError):
    """What a draw was declared with can't be drawn from; the message says which line, and why."""

    reason = "INVALID_DECLARATION"


@dataclass(frozen=True, order=True)
class Entity:
    """Who may be inspected: its code, the stratum it is in, and its weight there (1 to 1,000)."""

    code: str
    stratum: str
    weight: int = 1


@dataclass(frozen=True)
class Beacon:
    """What the randomness comes from: a round of drand's quicknet, or departments' nonces.

    ``commitments`` are the departments' hashes, by department, for commit-reveal.
    """

    round: int | None = None
    commitments: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Declaration:
    """All that a draw depends on but its randomness."""

    draw_id: str
    time: datetime
    rule: str
    beacon: Beacon
    strata: tuple[tuple[str, int], ...]
    departments: tuple[tuple[str, int], ...]
    inspectors: tuple[tuple[str, str], ...]
    entities: tuple[Entity, ...]
    conflicts: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    def lines(self) -> list[str]:
        """Return the declaration's text, line by line, in its one order."""
        beacon = self.beacon
        made: dict[str, Iterable[str]] = {
            "draw": [self.draw_id],
            "time": [self.time.astimezone(UTC).strftime(_TIME)],
            "rule": [self.rule],
            "beacon": [f"{QUICKNET} {beacon.round}"]
            if beacon.round is not None
            else [f"{COMMIT_REVEAL} {name} {digest}" for name, digest in beacon.commitments],
            "stratum": [f"{name} {ratio}" for name, ratio in self.strata],
            "department": [f"{name} {count}" for name, count in self.departments],
            "inspector": [f"{department} {badge}" for department, badge in self.inspectors],
            "conflict": [f"{badge} {code}" for badge, code in self.conflicts],
            "entity": [f"{e.code} {e.stratum} {e.weight}" for e in self.entities],
        }
        return [f"{kind} {rest}" for kind in _KINDS for rest in sorted(made[kind])]


@dataclass(frozen=True)
class Visit:
    """An entity that was drawn, and who goes: badges by department, both in sorted order."""

    code: str
    stratum: str
    inspectors: tuple[tuple[str, tuple[str, ...]], ...]


def commitment(lines: Iterable[str]) -> str:
    """Return the SHA-256, in hex, of lines joined by newlines."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def seed_of(committed: str, randomness: bytes, draw_id: str) -> bytes:
    """Return a draw's seed: 32 bytes."""
    return hashlib.sha256(bytes.fromhex(committed) + randomness + draw_id.encode()).digest()


def rank(seed: bytes, name: str) -> int:
    """Return where a name stands in the order that a seed makes: 0 to 2^256 - 1."""
    return int.from_bytes(hmac.digest(seed, name.encode(), "sha256"), "big")


def key(seed: bytes, entity: Entity) -> Decimal:
    """Return an entity's key: the smallest of a stratum are drawn."""
    h = Decimal(rank(seed, entity.code))
    survival = _EXACT.divide(_EXACT.subtract(_EXACT.subtract(_SPAN, h), _HALF), _SPAN)
    return _EXACT.divide(_EXACT.minus(_EXACT.ln(survival)), Decimal(entity.weight))


def sample_size(count: int, per_mille: int) -> int:
    """Return how many of a stratum of ``count`` are drawn: never fewer than the ratio says."""
    return -(-count * per_mille // PER_MILLE)


def drawn_of(seed: bytes, members: Sequence[Entity], size: int) -> list[Entity]:
    """Return the ``size`` of a stratum's members that a seed draws, in order of their keys."""
    if len({each.weight for each in members}) <= 1:
        # The logarithm keeps the order, so equal weights need none.
        return sorted(members, key=lambda each: rank(seed, each.code))[:size]
    return sorted(members, key=lambda each: (key(seed, each), each.code))[:size]


def draw(declaration: Declaration, seed: bytes) -> list[Visit]:
    """Return the visits, in order of code; raise InvalidDeclaration where nobody may go."""
    members: dict[str, list[Entity]] = {name: [] for name, _ in declaration.strata}
    for entity in declaration.entities:
        members[entity.stratum].append(entity)
    drawn = [
        entity
        for name, per_mille in declaration.strata
        for entity in drawn_of(seed, members[name], sample_size(len(members[name]), per_mille))
    ]
    teams: dict[str, list[str]] = {name: [] for name, _ in declaration.departments}
    for department, badge in declaration.inspectors:
        teams[department].append(badge)
    visits: Counter[str] = Counter()
    made = []
    for entity in sorted(drawn):
        sent = []
        for department, count in sorted(declaration.departments):
            free = [b for b in teams[department] if (b, entity.code) not in declaration.conflicts]
            if len(free) < count:
                raise InvalidDeclaration(
                    f"{entity.code}: {department} has {len(free)} inspectors without a conflict, "
                    f"{count} must go"
                )
            order = sorted(
                free, key=lambda badge: (visits[badge], rank(seed, f"{entity.code}|{badge}"), badge)
            )
            chosen = tuple(sorted(order[:count]))
            visits.update(chosen)
            sent.append((department, chosen))
        made.append(Visit(entity.code, entity.stratum, tuple(sent)))
    return made


def parse(lines: Sequence[str]) -> Declaration:
    """Return the declaration of its lines; raise InvalidDeclaration for the first that is wrong."""
    if len(lines) > LINES_MAX:
        raise InvalidDeclaration(f"{len(lines)} lines; at most {LINES_MAX}")
    found: dict[str, list[tuple[int, list[str]]]] = {kind: [] for kind in _KINDS}
    for number, line in enumerate(lines, 1):
        kind, *rest = line.split(" ")
        if kind not in found:
            raise InvalidDeclaration(f"line {number}: unknown kind {kind[:20]!r}")
        found[kind].append((number, rest))
    declaration = Declaration(
        draw_id=_one(found, "draw"),
        time=_time(_one(found, "time")),
        rule=_one(found, "rule"),
        beacon=_beacon(found["beacon"]),
        strata=_counts(found["stratum"], PER_MILLE),
        departments=_counts(found["department"], INSPECTORS_MAX),
        inspectors=tuple(_pair(*each) for each in found["inspector"]),
        conflicts=frozenset(_pair(*each) for each in found["conflict"]),
        entities=tuple(_entity(*each) for each in found["entity"]),
    )
    check(declaration)
    if declaration.lines() != list(lines):
        raise InvalidDeclaration("lines are not in order, or one stands twice")
    return declaration


def check(declaration: Declaration) -> None:
    """Raise InvalidDeclaration when what it says does not fit together.

    Whichever entities are drawn there are inspectors for them: a draw can't get stuck. What it is
    written down as reads back as the same declaration.
    """
    _check_words(declaration)
    strata, departments = dict(declaration.strata), dict(declaration.departments)
    if not strata or not departments or not declaration.entities:
        raise InvalidDeclaration("need at least one stratum, department and entity")
    _single("stratum", [name for name, _ in declaration.strata])
    _single("department", [name for name, _ in declaration.departments])
    _single("inspector", [badge for _, badge in declaration.inspectors])
    _single("entity", [entity.code for entity in declaration.entities])
    _check_entities(declaration, strata.keys())
    _check_teams(declaration)
    committed = {name for name, _ in declaration.beacon.commitments}
    if declaration.beacon.round is None and (len(committed) <= 1 or committed != set(departments)):
        # One department alone, or names that take no part, would choose the randomness.
        raise InvalidDeclaration("commit-reveal needs all departments, of which there are two")


def _check_words(declaration: Declaration) -> None:
    """Raise InvalidDeclaration for what is no word: with a space or a line end, it would be two."""
    words = [declaration.draw_id, declaration.rule]
    words += [name for name, _ in declaration.beacon.commitments]
    words += [name for name, _ in (*declaration.strata, *declaration.departments)]
    for pairs in (declaration.inspectors, declaration.conflicts):
        words += [word for pair in pairs for word in pair]
    words += [word for each in declaration.entities for word in (each.code, each.stratum)]
    for word in words:
        if not _TOKEN.fullmatch(word):
            raise InvalidDeclaration(f"{word[:20]!r}: need letters, digits and ._/:-, 100 at most")
    for department, digest in declaration.beacon.commitments:
        if not _DIGEST.fullmatch(digest):
            raise InvalidDeclaration(f"the commitment of {department} is no SHA-256 in hex")
    for name, ratio in declaration.strata:
        if not 0 <= ratio <= PER_MILLE:
            raise InvalidDeclaration(f"stratum {name}: {ratio} of {PER_MILLE}")
    for name, count in declaration.departments:
        if not 0 <= count <= INSPECTORS_MAX:
            raise InvalidDeclaration(f"{name}: {count} inspectors; at most {INSPECTORS_MAX}")


def _check_entities(declaration: Declaration, strata: Collection[str]) -> None:
    for entity in declaration.entities:
        if entity.stratum not in strata:
            raise InvalidDeclaration(f"entity {entity.code}: no stratum {entity.stratum}")
        if not 1 <= entity.weight <= WEIGHT_MAX:
            raise InvalidDeclaration(f"entity {entity.code}: weight must be 1 to {WEIGHT_MAX}")


def _check_teams(declaration: Declaration) -> None:
    departments = dict(declaration.departments)
    teams = Counter(department for department, _ in declaration.inspectors)
    for department in teams:
        if department not in departments:
            raise InvalidDeclaration(f"inspectors of {department}, which does not take part")
    whose = {badge: department for department, badge in declaration.inspectors}
    barred: Counter[tuple[str, str]] = Counter()
    for badge, code in declaration.conflicts:
        if badge not in whose:
            raise InvalidDeclaration(f"conflict of {badge}, who is no inspector of this draw")
        barred[whose[badge], code] += 1
    for department, count in declaration.departments:
        worst = max((n for (name, _), n in barred.items() if name == department), default=0)
        if teams[department] - worst < count or count < 1:
            raise InvalidDeclaration(
                f"{department}: {teams[department]} inspectors, up to {worst} with a conflict with "
                f"one entity; {max(count, 1)} must be left for each visit"
            )


def _single(kind: str, names: Sequence[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InvalidDeclaration(f"{kind} {twice[0]} stands twice")


def _one(found: dict[str, list[tuple[int, list[str]]]], kind: str) -> str:
    lines = found[kind]
    if len(lines) != 1 or len(lines[0][1]) != 1 or not _TOKEN.fullmatch(lines[0][1][0]):
        raise InvalidDeclaration(f"need one line '{kind} VALUE'")
    return lines[0][1][0]


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise InvalidDeclaration(f"time {text!r}: need such as 2026-04-01T08:00:00Z") from None


def _beacon(lines: list[tuple[int, list[str]]]) -> Beacon:
    rests = [rest for _, rest in lines]
    if len(rests) == 1 and len(rests[0]) == len((QUICKNET, "ROUND")):
        kind, number = rests[0]
        if kind == QUICKNET and _NUMBER.fullmatch(number):
            return Beacon(round=int(number))
    elif rests and all(_is_commitment(each) for each in rests):
        _single("commitment of", [each[1] for each in rests])
        return Beacon(commitments=tuple((each[1], each[2]) for each in rests))
    raise InvalidDeclaration(
        f"beacon: need '{QUICKNET} ROUND', or '{COMMIT_REVEAL} DEPARTMENT HASH' for each department"
    )


def _is_commitment(words: list[str]) -> bool:
    match words:
        case [kind, department, digest]:
            return bool(
                kind == COMMIT_REVEAL and _TOKEN.fullmatch(department) and _DIGEST.fullmatch(digest)
            )
        case _:
            return False


def _counts(lines: list[tuple[int, list[str]]], most: int) -> tuple[tuple[str, int], ...]:
    made = []
    for number, rest in lines:
        name, count = _tokens(number, rest, 2)
        if not _NUMBER.fullmatch(count) or int(count) > most:
            raise InvalidDeclaration(f"line {number}: {count!r} is no number up to {most}")
        made.append((name, int(count)))
    return tuple(made)


def _pair(number: int, rest: list[str]) -> tuple[str, str]:
    first, second = _tokens(number, rest, 2)
    return first, second


def _entity(number: int, rest: list[str]) -> Entity:
    code, stratum, weight = _tokens(number, rest, 3)
    if not _NUMBER.fullmatch(weight):
        raise InvalidDeclaration(f"line {number}: weight {weight!r} is no number")
    return Entity(code, stratum, int(weight))


def _tokens(number: int, rest: list[str], count: int) -> list[str]:
    if len(rest) != count or not all(_TOKEN.fullmatch(each) for each in rest):
        raise InvalidDeclaration(f"line {number}: need {count} words of letters, digits and ._/:-")
    return rest
