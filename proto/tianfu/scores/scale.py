"""A score as data: items with bands of points, added up, and never more than what is known.

A value is first brought to the chart's resolution (a temperature to 0.1 Cel, a rate to 1 /min),
ties to even, and looked up as an integer: so a scalar, a vector and an offline node agree to the
bit. What is missing or implausible is named and never guessed: the total is then a lower bound,
and ``high`` says what it may be at most.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Value = float | int | str | None
"""A number for a measure, a code for a coded item or a context; None for not measured."""

ITEMS_MAX: Final = 16
"""Items of a score: what is missing fits 16 bits. NEWS2 and Bedside PEWS have seven each."""


class InvalidScale(ValueError):
    """A table that can't be used as it is written; the message says which part."""


class InvalidInput(ValueError):
    """An input that the score does not know: an unknown name, or a code that is none of its."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Points by value under conditions: ``points[i]`` up to ``bounds[i]``, the last one above.

    Bounds are inclusive, ascending, in units of the item's resolution. ``when`` are pairs of a
    context's or coded item's name and the code that it must have.
    """

    when: tuple[tuple[str, str], ...]
    bounds: tuple[int, ...]
    points: tuple[int, ...]

    def of(self, key: int) -> int:
        """Return the points of a value in units of the resolution."""
        return self.points[bisect_left(self.bounds, key)]

    def applies(self, inputs: Mapping[str, Value]) -> bool:
        """Return whether it may apply: no condition is known to fail."""
        return all(inputs.get(name) in (code, None) for name, code in self.when)


@dataclass(frozen=True, slots=True)
class Measure:
    """A number with its UCUM ``unit`` and LOINC code; plausible within ``low``..``high``.

    ``per_unit`` is the resolution: 1 for whole numbers, 10 for tenths.
    """

    name: str
    unit: str
    loinc: str
    per_unit: int
    low: float
    high: float
    tables: tuple[Steps, ...]

    def key(self, value: float) -> int | None:
        """Return the value in units of the resolution, None when it is not plausible."""
        if not self.low <= value <= self.high:
            return None
        return round(value * self.per_unit)


@dataclass(frozen=True, slots=True)
class Coded:
    """An item of codes, each with its points; ``loinc`` is empty where there is none."""

    name: str
    loinc: str
    codes: tuple[str, ...]
    points: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """A clinical risk, from a total on."""

    name: str
    from_total: int


@dataclass(frozen=True, slots=True)
class SingleRule:
    """A single item of ``points`` lifts a total below ``below`` to ``band``."""

    points: int
    below: int
    band: str


@dataclass(frozen=True, slots=True)
class Score:
    """What a score came to, with all that it was made of.

    ``total`` is a lower bound unless ``is_complete``; ``high`` the upper one. ``parts`` has None
    for an item whose points are not known. ``band`` is that of ``total``: at least that.
    """

    version: str
    total: int
    high: int
    band: str
    parts: Mapping[str, int | None]
    missing: tuple[str, ...]
    implausible: tuple[str, ...]
    single: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Return whether every item is known."""
        return all(points is not None for points in self.parts.values())


@dataclass(frozen=True, slots=True)
class Scale:
    """One version of a score."""

    version: str
    context: Mapping[str, tuple[str, ...]]
    """What selects tables beside items, with the codes it may have: an SpO2 scale, an age group."""
    items: tuple[Measure | Coded, ...]
    bands: tuple[Band, ...]
    single: SingleRule | None

    @classmethod
    def parse(cls, version: str, parameters: Mapping[str, Any]) -> Scale:
        """Read a rule's parameters; raise InvalidScale for what cannot be."""
        try:
            context = {k: tuple(v) for k, v in parameters.get("context", {}).items()}
            items = tuple(_item(name, each) for name, each in parameters["items"].items())
            bands = tuple(Band(b["name"], b["from_total"]) for b in parameters["bands"])
            found = parameters.get("single")
            single = None if found is None else SingleRule(**found)
        except (KeyError, TypeError, IndexError) as error:
            raise InvalidScale(f"{version}: {type(error).__name__}: {error}") from error
        scale = cls(version, context, items, bands, single)
        scale._check()
        return scale

    def item(self, name: str) -> Measure | Coded:
        """Return an item; raise InvalidInput when there is none of this name."""
        for each in self.items:
            if each.name == name:
                return each
        raise InvalidInput(f"{self.version} has no item {name!r}")

    def codes(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the names that take codes, context first, with the codes."""
        yield from self.context.items()
        yield from ((each.name, each.codes) for each in self.items if isinstance(each, Coded))

    def score(self, inputs: Mapping[str, Value]) -> Score:
        """Return the score of what was measured; raise InvalidInput for what it does not know."""
        self._check_inputs(inputs)
        parts: dict[str, int | None] = {}
        missing, implausible = [], []
        total = high = 0
        for item in self.items:
            value = inputs.get(item.name)
            if value is None or value != value:  # noqa: PLR0124 - NaN, and nothing else
                missing.append(item.name)
                candidates = _all_points(item, inputs)
                least, most = min(candidates), max(candidates)
            elif isinstance(item, Coded):
                least = most = item.points[item.codes.index(str(value))]
            else:
                key = item.key(float(value))
                if key is None:
                    implausible.append(item.name)
                    candidates = _all_points(item, inputs)
                else:
                    candidates = [each.of(key) for each in item.tables if each.applies(inputs)]
                least, most = min(candidates), max(candidates)
            known = least == most and item.name not in missing and item.name not in implausible
            parts[item.name] = least if known else None
            total, high = total + least, high + most
        single = self._single(parts)
        return Score(
            version=self.version,
            total=total,
            high=high,
            band=self.band(total, lifted=bool(single)),
            parts=parts,
            missing=(*missing, *(n for n in self.context if inputs.get(n) is None)),
            implausible=tuple(implausible),
            single=single,
        )

    def band(self, total: int, *, lifted: bool) -> str:
        """Return the band of a total; ``lifted`` says that a single item has the points for it."""
        if lifted and self.single is not None and total < self.single.below:
            return self.single.band
        return next(each.name for each in reversed(self.bands) if each.from_total <= total)

    def _single(self, parts: Mapping[str, int | None]) -> tuple[str, ...]:
        if self.single is None:
            return ()
        return tuple(name for name, points in parts.items() if points == self.single.points)

    def _check_inputs(self, inputs: Mapping[str, Value]) -> None:
        codes = dict(self.codes())
        measures = {each.name for each in self.items if isinstance(each, Measure)}
        for name, value in inputs.items():
            if name in measures:
                if value is not None and (isinstance(value, bool | str)):
                    raise InvalidInput(f"{self.version}: {name} must be a number")
            elif name not in codes:
                known = ", ".join(sorted({*codes, *measures}))
                raise InvalidInput(f"{self.version} has no item {name!r}; it has {known}")
            elif value is not None and value not in codes[name]:
                raise InvalidInput(f"{self.version}: {name} must be one of {codes[name]}")

    def _check(self) -> None:
        """Raise InvalidScale unless each value under each context has exactly one number."""
        if not 0 < len(self.items) <= ITEMS_MAX:
            raise InvalidScale(f"{self.version}: need 1 to {ITEMS_MAX} items")
        starts = [each.from_total for each in self.bands]
        if not starts or starts[0] != 0 or starts != sorted(set(starts)):
            raise InvalidScale(f"{self.version}: bands must begin at 0 and ascend")
        codes = dict(self.codes())
        for item in self.items:
            if isinstance(item, Measure):
                names = sorted({name for each in item.tables for name, _ in each.when})
                for chosen in _combinations(names, codes):
                    count = sum(each.applies(chosen) for each in item.tables)
                    if count != 1:
                        raise InvalidScale(f"{self.version}: {item.name}: {count} for {chosen}")


def _combinations(
    names: Sequence[str], codes: Mapping[str, tuple[str, ...]]
) -> Iterator[dict[str, Value]]:
    if not names:
        yield {}
        return
    if names[0] not in codes:
        raise InvalidScale(f"no context and no coded item is named {names[0]!r}")
    for rest in _combinations(names[1:], codes):
        for code in codes[names[0]]:
            yield {**rest, names[0]: code}


def _all_points(item: Measure | Coded, inputs: Mapping[str, Value]) -> list[int]:
    """Return all points that an item can have while its value is not known."""
    if isinstance(item, Coded):
        return list(item.points)
    return [points for each in item.tables if each.applies(inputs) for points in each.points]


def _item(name: str, table: Mapping[str, Any]) -> Measure | Coded:
    loinc = table.get("loinc", "")
    if "codes" in table:
        codes = table["codes"]
        return Coded(name, loinc, tuple(codes), tuple(codes.values()))
    per_unit = 10 ** table.get("decimals", 0)
    return Measure(
        name=name,
        unit=table["unit"],
        loinc=loinc,
        per_unit=per_unit,
        low=table["plausible"][0],
        high=table["plausible"][1],
        tables=tuple(_steps(name, per_unit, each) for each in table["tables"]),
    )


def _steps(name: str, per_unit: int, table: Mapping[str, Any]) -> Steps:
    bounds = tuple(round(bound * per_unit) for bound, _ in table["up_to"])
    if list(bounds) != sorted(set(bounds)):
        raise InvalidScale(f"{name}: bounds must ascend: {bounds}")
    exact = zip(bounds, table["up_to"], strict=True)
    if any(not math.isclose(key / per_unit, bound) for key, (bound, _) in exact):
        raise InvalidScale(f"{name}: a bound is finer than the resolution")
    points = (*(points for _, points in table["up_to"]), table["above"])
    return Steps(tuple(sorted(table.get("when", {}).items())), bounds, points)
