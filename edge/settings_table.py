"""Check one table of a settings file, collecting every error instead of stopping at the first."""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from edge import toml_lines

T = TypeVar("T")

NO_DEFAULT: Final[Any] = object()
"""A key that must be given."""


@dataclass(frozen=True, order=True)
class SettingsError:
    """What is wrong, on which line, and what to do; ``reason`` is a stable code."""

    line: int
    where: str
    reason: str
    message: str

    def render(self, file: str) -> str:
        """Return the error as one line for a terminal."""
        return f"{file}:{self.line}: {self.where}: {self.message} [{self.reason}]"


@dataclass
class Errors:
    """All errors of a file, with the means to find their lines."""

    lines: dict[toml_lines.Path, int] = field(default_factory=dict)
    found: list[SettingsError] = field(default_factory=list)

    def add(self, path: toml_lines.Path, reason: str, message: str) -> None:
        """Note one error at ``path``."""
        line = toml_lines.nearest_line(self.lines, path)
        self.found.append(SettingsError(line, spelled(path), reason, message))


def spelled(path: toml_lines.Path) -> str:
    """Return a path as people write it: ``driver[0].series[2].unit``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "file"


def did_you_mean(word: str, known: list[str]) -> str:
    """Return a hint that names the nearest of ``known``, or an empty string."""
    nearest = _nearest(word, known)
    return f"; did you mean {nearest!r}?" if nearest else ""


def _nearest(word: str, known: list[str]) -> str | None:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    # A forgotten unit (interval for interval_s) is the commonest slip, and not always near enough.
    longer = [name for name in known if name.startswith(f"{word}_")]
    return longer[0] if longer else close[0] if close else None


class Table:
    """One table of the file. Ask for each key it may have, then call ``done``."""

    def __init__(self, data: dict[str, Any], path: toml_lines.Path, errors: Errors) -> None:
        """Take the table's values, its place in the file and where errors go."""
        self._data = data
        self._known: list[str] = []
        self._missing: list[str] = []
        self.path = path
        self.errors = errors

    def fail(self, key: str, reason: str, message: str) -> None:
        """Note an error about one key."""
        self.errors.add((*self.path, key), reason, message)

    def has(self, key: str) -> bool:
        """Tell whether the key is given."""
        return key in self._data

    def says(self, key: str, value: str) -> bool:
        """Tell whether the key is given with just this value."""
        return bool(self._data.get(key) == value)

    def text(
        self, key: str, default: Any = NO_DEFAULT, *, pattern: str = "", need: str = ""
    ) -> str:
        """Return a string that matches ``pattern``; ``need`` says the pattern in words."""
        value = self._take(key, default, str, "a string")
        # What may be left out may be empty too; nothing else may.
        is_judged = pattern and key in self._data and value is not None and value != default
        if is_judged and not re.fullmatch(pattern, value):
            self.fail(key, "ID_INVALID", f"{value!r}: need {need}")
        return value or ""

    def number(
        self,
        key: str,
        default: Any = NO_DEFAULT,
        *,
        low: float = -math.inf,
        high: float = math.inf,
    ) -> float:
        """Return a finite number within ``low`` and ``high``."""
        value = self._take(key, default, (int, float), "a number")
        if value is None:
            return 0.0
        return float(self._ranged(key, value, low, high))

    def optional_number(self, key: str) -> float | None:
        """Return a finite number, or None when the key is not given."""
        return self.number(key) if key in self._data else self._take(key, None, (int, float), "")

    def integer(self, key: str, default: Any = NO_DEFAULT, *, low: int, high: int) -> int:
        """Return a whole number within ``low`` and ``high``."""
        value = self._take(key, default, int, "a whole number")
        return 0 if value is None else int(self._ranged(key, value, low, high))

    def flag(self, key: str, default: Any = NO_DEFAULT) -> bool:
        """Return true or false."""
        return bool(self._take(key, default, bool, "true or false"))

    def choice(self, key: str, choices: dict[str, T], default: str | None = None) -> T:
        """Return what the given word stands for."""
        fallback = NO_DEFAULT if default is None else default
        word = self._take(key, fallback, str, f"one of {', '.join(choices)}")
        if word in choices:
            return choices[word]
        if word is not None:
            hint = did_you_mean(word, list(choices))
            self.fail(key, "VALUE_UNKNOWN", f"{word!r}: need one of {', '.join(choices)}{hint}")
        return next(iter(choices.values()))

    def file(self, key: str, folder: Path) -> Path | None:
        """Return a path, relative to ``folder``, or None when it is not given."""
        name = self.text(key, "")
        return folder / Path(name).expanduser() if name else None

    def texts(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return an array of strings that are not empty."""
        found = self._take(key, None, list, "an array of strings")
        if found is None:
            return default
        if not all(isinstance(one, str) and one for one in found):
            self.fail(key, "VALUE_TYPE", "need strings that are not empty")
            return default
        return tuple(found)

    def table(self, key: str) -> Table:
        """Return a table within this one; an empty one when it is not given."""
        value = self._take(key, {}, dict, f"a table [{key}]")
        return Table(value or {}, (*self.path, key), self.errors)

    def tables(self, key: str) -> list[Table]:
        """Return an array of tables within this one."""
        value = self._take(key, [], list, f"tables [[{key}]]") or []
        found = []
        for position, element in enumerate(value):
            path = (*self.path, key, position)
            if isinstance(element, dict):
                found.append(Table(element, path, self.errors))
            else:
                self.errors.add(path, "VALUE_TYPE", f"need a table, not {_kind(element)}")
        return found

    def done(self) -> None:
        """Report the keys that are missing and those nobody asked for."""
        meant = set()
        for key in self._data:
            if key not in self._known:
                free = [name for name in self._known if name not in self._data]
                nearest = _nearest(key, free) or _nearest(key, self._known)
                meant.add(nearest)
                hint = f"; did you mean {nearest!r}?" if nearest else ""
                self.fail(key, "KEY_UNKNOWN", f"unknown key{hint}")
        for key in self._missing:
            if key not in meant:  # a misspelt key is one error, not two
                self.fail(key, "KEY_MISSING", "must be given")

    # -- pieces ------------------------------------------------------------------------------

    def _take(self, key: str, default: Any, kinds: Any, need: str) -> Any:
        self._known.append(key)
        if key not in self._data:
            if default is NO_DEFAULT:
                self._missing.append(key)
                return None
            return default
        value = self._data[key]
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            self.fail(key, "VALUE_TYPE", f"need {need}, not {_kind(value)}")
            return None if default is NO_DEFAULT else default
        return value

    def _ranged(self, key: str, value: float, low: float, high: float) -> float:
        if not math.isfinite(value):
            self.fail(key, "VALUE_RANGE", f"{value} is not a finite number")
        elif not low <= value <= high:
            self.fail(key, "VALUE_RANGE", f"{value} is outside {low}..{high}")
        else:
            return value
        return low if math.isfinite(low) else 0


def _kind(value: object) -> str:
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}
    names |= {dict: "a table", list: "an array"}
    return names.get(type(value), type(value).__name__)
