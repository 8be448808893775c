"""Rules as data with dates: which thresholds were in force where, on which day, and by what source.

One TOML file holds one rule with all its versions; the file's name is the rule's id::

    # rainstorm-colours.toml
    [[version]]
    jurisdiction = "CN"             # or a province CN-51, a city CN-51-0100, a county CN-51-0104
    valid_from = 2010-01-01         # the first day in force
    valid_to = 2027-01-01           # optional: the first day no longer in force
    source = "CMA order 16 (2007)"
    verified = true
    [version.parameters]
    blue = { mm = 50, hours = 12 }

Days are those of the jurisdiction, hence of China Standard Time (UTC+08:00, without summer time
since 1991): a rule of 1 July is in force from 30 June 16:00 UTC. Intervals are half open, so a
version that replaces another begins on the very day that the other ends with. Two versions of one
jurisdiction may not overlap; days without any are allowed, and there the wider jurisdiction's rule
holds, if it has one. A version that has been in force is never edited: it gets a ``valid_to``, and
another follows. Each decision stores :attr:`Rule.version`, so that it can be replayed.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from importlib.resources.abc import Traversable
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final, Self

from services.plumbing.refusal import FailedPrecondition, InvalidArgument, NotFound

CHINA_STANDARD_TIME: Final = timezone(timedelta(hours=8), "CST")
"""Whose days the dates of rules are. Fixed: there is no summer time to look up."""

FILE_BYTES_MAX: Final = 1 << 20
"""A rule is a page, at most a table of counties; a larger file is not a rule."""

RULE_ID: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
JURISDICTION: Final = re.compile(r"CN(-[0-9]{2}(-[0-9]{4})?)?")
"""Country, then the GB/T 2260 code's province, then its city and county: 510104 is CN-51-0104."""

_REQUIRED: Final = frozenset({"jurisdiction", "valid_from", "source", "verified", "parameters"})
_KEYS: Final = _REQUIRED | {"valid_to"}


class RuleNotFound(NotFound):
    """No such rule, or none in force there on that day."""

    reason = "RULE_NOT_FOUND"


class InvalidRule(FailedPrecondition):
    """A rule that cannot be used as it is written; ``field`` is where, as file: path."""

    reason = "INVALID_RULE"

    def __init__(self, file: str, where: str, problem: str) -> None:
        super().__init__(
            f"rule file {file}: {where}: {problem}",
            field=f"{file}: {where}",
            metadata={"file": file, "field": where},
        )


class InvalidJurisdiction(InvalidArgument):
    """A text that names no jurisdiction."""

    reason = "INVALID_JURISDICTION"


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of a rule. ``parameters`` are read-only all the way down; lists are tuples.

    ``valid_to`` is the first day on which it is no longer in force, None while no end is known.
    ``verified`` says whether somebody has read the source itself: what is only recalled is carried
    along, and shown as such. ``sha256`` is of the canonical content (see :func:`digest`).
    """

    rule_id: str
    version: str
    jurisdiction: str
    valid_from: date
    valid_to: date | None
    source: str
    verified: bool
    parameters: Mapping[str, Any]
    sha256: str

    def is_in_force(self, at: datetime) -> bool:
        """Return whether it holds at ``at`` (aware), by the jurisdiction's day."""
        day = day_of(at)
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    def number(self, *path: str) -> float:
        """Return the finite number at ``path`` of the parameters; raise InvalidRule if none is."""
        value = self._at(path)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            raise self.invalid(".".join(path), f"need a number, not {value!r}")
        return float(value)

    def numbers(self, *path: str) -> tuple[float, ...]:
        """Return the finite numbers of the list at ``path``; raise InvalidRule otherwise."""
        value = self._at(path)
        if not isinstance(value, tuple) or not all(
            isinstance(each, int | float) and not isinstance(each, bool) and math.isfinite(each)
            for each in value
        ):
            raise self.invalid(".".join(path), f"need a list of numbers, not {value!r}")
        return tuple(float(each) for each in value)

    def text(self, *path: str) -> str:
        """Return the text at ``path`` of the parameters; raise InvalidRule if none is."""
        value = self._at(path)
        if not isinstance(value, str):
            raise self.invalid(".".join(path), f"need a text, not {value!r}")
        return value

    def texts(self, *path: str) -> tuple[str, ...]:
        """Return the texts of the list at ``path``; raise InvalidRule otherwise."""
        value = self._at(path)
        if not isinstance(value, tuple) or not all(isinstance(each, str) for each in value):
            raise self.invalid(".".join(path), f"need a list of texts, not {value!r}")
        return value

    def table(self, *path: str) -> Mapping[str, Any]:
        """Return the table at ``path`` of the parameters; raise InvalidRule if none is."""
        value = self._at(path)
        if not isinstance(value, Mapping):
            raise self.invalid(".".join(path), f"need a table, not {value!r}")
        return value

    def invalid(self, name: str, problem: str) -> InvalidRule:
        """Return the error to raise for a parameter that does not serve its purpose."""
        where = f"version {self.version}: parameters.{name}"
        return InvalidRule(f"{self.rule_id}.toml", where, problem)

    def _at(self, path: tuple[str, ...]) -> Any:
        value: Any = self.parameters
        for depth, key in enumerate(path, 1):
            if not isinstance(value, Mapping) or key not in value:
                raise self.invalid(".".join(path[:depth]), "is missing")
            value = value[key]
        return value


@dataclass(frozen=True)
class RuleBook:
    """All rules of a service, each with its versions. Immutable; read once at the start."""

    _rules: Mapping[str, Mapping[str, tuple[Rule, ...]]]
    """By rule id, then jurisdiction, in order of ``valid_from``."""
    _by_version: Mapping[str, Rule] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Index the versions by their names."""
        object.__setattr__(self, "_by_version", {rule.version: rule for rule in self.list()})

    @classmethod
    def read(cls, folder: Traversable) -> Self:
        """Read every ``*.toml`` of a folder; raise InvalidRule for the first that is wrong.

        ``folder`` is a path, or package data: ``importlib.resources.files(...) / "rules"``.
        """
        files = sorted(
            (each for each in folder.iterdir() if each.name.endswith(".toml")),
            key=lambda each: each.name,
        )
        return cls({each.name.removesuffix(".toml"): _read_file(each) for each in files})

    def in_force(self, rule_id: str, jurisdiction: str, at: datetime) -> Rule:
        """Return the version that holds in ``jurisdiction`` at ``at`` (aware).

        The narrowest jurisdiction that has one in force wins: county, city, province, country.
        Raises RuleNotFound, or InvalidJurisdiction for a text that is none.
        """
        for place in widening(jurisdiction):
            for rule in self._rules.get(rule_id, {}).get(place, ()):
                if rule.is_in_force(at):
                    return rule
        raise RuleNotFound(
            f"no rule {rule_id!r} is in force in {jurisdiction} on {day_of(at)}",
            metadata={"rule_id": rule_id, "jurisdiction": jurisdiction, "day": str(day_of(at))},
        )

    def of_version(self, version: str) -> Rule:
        """Return the rule that a decision has stored as its version; raise RuleNotFound."""
        try:
            return self._by_version[version]
        except KeyError:
            raise RuleNotFound(
                f"no rule has the version {version!r}", metadata={"version": version}
            ) from None

    def list(self) -> tuple[Rule, ...]:
        """Return all versions of all rules: by id, then jurisdiction, then day."""
        return tuple(
            rule
            for _, places in sorted(self._rules.items())
            for _, rules in sorted(places.items())
            for rule in rules
        )


def day_of(at: datetime) -> date:
    """Return the day in China that ``at`` falls on; raise ValueError without a time zone."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone")
    return at.astimezone(CHINA_STANDARD_TIME).date()


def jurisdiction_of(county: str) -> str:
    """Return the jurisdiction of a GB/T 2260 code such as 510104; raise InvalidJurisdiction."""
    if not re.fullmatch(r"[0-9]{6}", county):
        raise InvalidJurisdiction(f"{county!r} is no GB/T 2260 code of six digits")
    return f"CN-{county[:2]}-{county[2:]}"


def widening(jurisdiction: str) -> Iterator[str]:
    """Yield a jurisdiction, then those that it lies in, up to the country."""
    if not JURISDICTION.fullmatch(jurisdiction):
        raise InvalidJurisdiction(
            f"{jurisdiction!r} is no jurisdiction: need CN, CN-51, CN-51-0100 or CN-51-0104"
        )
    country, _, rest = jurisdiction.partition("-")
    province, _, county = rest.partition("-")
    if county:
        yield jurisdiction
        if county[2:] != "00":
            yield f"{country}-{province}-{county[:2]}00"
    if province:
        yield f"{country}-{province}"
    yield country


def digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256, in hex, of a rule's content in its canonical form.

    That is JSON in UTF-8 with sorted keys, no spaces, dates as ISO 8601; so layout, comments and
    the order of keys make no difference, and every value does.
    """
    text = json.dumps(
        content,
        ensure_ascii=False,
        allow_nan=False,
        sort_keys=True,
        separators=(",", ":"),
        default=_iso,
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _iso(value: object) -> str:
    if isinstance(value, date | time):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no value of a rule")


def _read_file(file: Traversable) -> Mapping[str, tuple[Rule, ...]]:
    """Return the versions that a file holds, by jurisdiction; raise InvalidRule."""
    rule_id = file.name.removesuffix(".toml")
    if not RULE_ID.fullmatch(rule_id):
        raise InvalidRule(file.name, "file name", "need small letters, digits and hyphens")
    content = file.read_bytes()
    if len(content) > FILE_BYTES_MAX:
        raise InvalidRule(file.name, "file", f"has more than {FILE_BYTES_MAX} bytes")
    try:
        document = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidRule(file.name, "file", f"is no TOML in UTF-8: {error}") from error
    _refuse_unknown(file.name, "file", document, {"version"})
    tables = document.get("version")
    if not isinstance(tables, list) or not tables or not all(isinstance(t, dict) for t in tables):
        raise InvalidRule(file.name, "version", "need at least one [[version]] table")
    by_place: dict[str, list[Rule]] = {}
    for number, table in enumerate(tables):
        rule = _parse(file.name, f"version[{number}]", rule_id, table)
        by_place.setdefault(rule.jurisdiction, []).append(rule)
    return {place: _in_order(file.name, rules) for place, rules in by_place.items()}


def _parse(file: str, where: str, rule_id: str, table: dict[str, Any]) -> Rule:
    """Return the rule of one ``[[version]]``; raise InvalidRule with the field at fault."""
    _refuse_unknown(file, where, table, _KEYS)
    for key in sorted(_REQUIRED - table.keys()):
        raise InvalidRule(file, f"{where}.{key}", "is missing")
    jurisdiction, source = table["jurisdiction"], table["source"]
    if not isinstance(jurisdiction, str) or not JURISDICTION.fullmatch(jurisdiction):
        raise InvalidRule(
            file, f"{where}.jurisdiction", f"need CN, CN-51 or CN-51-0104, not {jurisdiction!r}"
        )
    if not isinstance(source, str) or not source.strip():
        raise InvalidRule(file, f"{where}.source", "need a text that names the source")
    if not isinstance(table["verified"], bool):
        raise InvalidRule(file, f"{where}.verified", "need true or false")
    if not isinstance(table["parameters"], dict) or not table["parameters"]:
        raise InvalidRule(file, f"{where}.parameters", "need a table that is not empty")
    valid_from = _day(file, f"{where}.valid_from", table["valid_from"])
    valid_to = _day(file, f"{where}.valid_to", table["valid_to"]) if "valid_to" in table else None
    if valid_to is not None and valid_to <= valid_from:
        raise InvalidRule(file, f"{where}.valid_to", f"{valid_to} is not after {valid_from}")
    try:
        sha256 = digest({"rule_id": rule_id, "valid_to": None, **table})
    except ValueError as error:
        raise InvalidRule(file, f"{where}.parameters", "nan and inf are no parameters") from error
    return Rule(
        rule_id=rule_id,
        version=f"{rule_id}/{jurisdiction}/{valid_from}",
        jurisdiction=jurisdiction,
        valid_from=valid_from,
        valid_to=valid_to,
        source=source,
        verified=table["verified"],
        parameters=_frozen(table["parameters"]),
        sha256=sha256,
    )


def _refuse_unknown(
    file: str, where: str, table: Mapping[str, Any], known: frozenset[str] | set[str]
) -> None:
    for key in sorted(table.keys() - known):
        raise InvalidRule(
            file, f"{where}.{key}", f"is unknown; known are {', '.join(sorted(known))}"
        )


def _day(file: str, where: str, value: object) -> date:
    # A datetime is a date to Python; here its time of day would be dropped in silence.
    if not isinstance(value, date) or isinstance(value, datetime):
        raise InvalidRule(file, where, f"need a date such as 2026-04-01, not {value!r}")
    return value


def _in_order(file: str, rules: list[Rule]) -> tuple[Rule, ...]:
    """Return one jurisdiction's versions in order of their days; raise InvalidRule on overlap."""
    rules.sort(key=lambda rule: rule.valid_from)
    for earlier, later in pairwise(rules):
        if earlier.valid_to is None or later.valid_from < earlier.valid_to:
            until = earlier.valid_to or "further notice"
            raise InvalidRule(
                file,
                f"version {later.version}",
                f"overlaps {earlier.version}, in force until {until}",
            )
    return tuple(rules)


def _frozen(value: Any) -> Any:
    """Return a value of TOML that nobody can change any more."""
    if isinstance(value, dict):
        return MappingProxyType({key: _frozen(each) for key, each in value.items()})
    if isinstance(value, list):
        return tuple(_frozen(each) for each in value)
    return value
