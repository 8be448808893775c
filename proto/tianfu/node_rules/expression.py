"""Expressions over readings: CEL, of which a part is taken whose cost is known before it is run.

No lists, maps, texts, fields or calls but ``double`` and ``int``: so nothing loops, nothing grows,
and a judgement costs no more than the expression is long. Numbers are doubles and are written
``3.0``: CEL does not mix them with whole ones.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from importlib import machinery, util
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import ModuleType

PACKAGE: Final = "cel"
COMPILED: Final = f"{PACKAGE}.{PACKAGE}"
"""The name under which the package imports its compiled part."""

LENGTH_MAX: Final = 1024
DEPTH_MAX: Final = 24
"""Brackets in brackets; the library's parser takes some 90."""

OPERATORS_MAX: Final = 256
FORBIDDEN: Final = re.compile(r"[^A-Za-z0-9_ \t\r\n()<>=!&|?:+\-*/%.,]")
"""Left out: brackets of lists and maps, quotes, and all that is no ASCII."""

FIELD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\s*\.|\.\s*[A-Za-z_]|\)\s*\.")
FUNCTIONS: Final = frozenset(
    {
        "_&&_", "_||_", "!_", "_?_:_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_",
        "_+_", "_-_", "_*_", "_/_", "_%_", "-_", "double", "int",
    }
)  # fmt: skip
SAMPLES: Final = (0.0, 1.0, -1.0, 1e6, -1e6, 37.5)
"""Values that every input has in turn when an expression is tried."""


class ExpressionRefused(ValueError):
    """No expression that a node takes; ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the reason code and the sentence."""
        super().__init__(message)
        self.reason = reason


class ExpressionFailed(ArithmeticError):
    """An expression gave no truth value of these readings, such as by a division of whole zeros."""


def is_installed() -> bool:
    """Tell whether the library is there: extra [rules]."""
    return util.find_spec(PACKAGE) is not None


class Expression:
    """One expression, read once and judged as often as there are readings."""

    def __init__(self, text: str, names: Iterable[str]) -> None:
        """Take an expression over ``names``; raise ExpressionRefused when it is none."""
        self.text = text
        known = frozenset(names)
        _bounded(text)
        try:
            program = _library().compile(text)
        except (ValueError, RuntimeError, TypeError) as error:
            first = str(error).splitlines()[0][:200]
            raise ExpressionRefused("EXPRESSION_SYNTAX", first) from error
        references = program.references()
        strange = sorted(set(references["variables"]) - known)
        if strange:
            raise ExpressionRefused(
                "EXPRESSION_NAME_UNKNOWN",
                f"{strange[0]!r} is none of its inputs: {', '.join(sorted(known))}",
            )
        calls = sorted(set(references["functions"]) - FUNCTIONS)
        if calls:
            raise ExpressionRefused("EXPRESSION_CALL_UNKNOWN", f"{calls[0]!r} is not allowed here")
        self._program: Any = program
        self._try(known)

    def judge(self, values: Mapping[str, float]) -> bool:
        """Return what it says of ``values``; raise ExpressionFailed when it says nothing."""
        try:
            found = self._program.execute(dict(values))
        except (ArithmeticError, ValueError, TypeError, RuntimeError) as error:
            raise ExpressionFailed(str(error).splitlines()[0][:200]) from error
        if not isinstance(found, bool):
            raise ExpressionFailed(f"gives {type(found).__name__}, not true or false")
        return found

    def _try(self, names: frozenset[str]) -> None:
        """Refuse what gives no truth value, before the day on which it is needed."""
        for sample in SAMPLES:
            try:
                self.judge(dict.fromkeys(names, sample))
            except ExpressionFailed as error:
                raise ExpressionRefused("EXPRESSION_NOT_BOOLEAN", str(error)) from error


def _bounded(text: str) -> None:
    if not 0 < len(text) <= LENGTH_MAX:
        raise ExpressionRefused(
            "EXPRESSION_TOO_LONG", f"{len(text)} characters; need 1 to {LENGTH_MAX}"
        )
    wrong = FORBIDDEN.search(text)
    if wrong or "//" in text:
        raise ExpressionRefused(
            "EXPRESSION_SYNTAX", f"{wrong[0] if wrong else '//'!r} is not allowed in an expression"
        )
    if FIELD.search(text):
        raise ExpressionRefused("EXPRESSION_SYNTAX", "an input has no fields and no methods")
    depth = deepest = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        deepest = max(deepest, depth)
    operators = len(re.findall(r"[<>=!&|?:+\-*/%]+", text))
    if deepest > DEPTH_MAX or operators > OPERATORS_MAX:
        raise ExpressionRefused("EXPRESSION_TOO_DEEP", f"more than {DEPTH_MAX} brackets deep")


def _library() -> ModuleType:
    """Return the library's compiled part alone.

    The package itself loads a command line for terminals, 26 MB of a node's 60. The compiled part
    can be loaded once a process, so it stands where the package would have it.
    """
    there = sys.modules.get(COMPILED)
    if there is not None:
        return there
    package = util.find_spec(PACKAGE)
    if package is None or package.origin is None:
        raise ExpressionRefused(
            "PACKAGE_MISSING", "needs CEL: install the extra, pip install 'tianfu[rules]'"
        )
    folder = str(Path(package.origin).parent)
    kinds = (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES)
    found = machinery.FileFinder(folder, kinds).find_spec(PACKAGE)
    if found is None or found.loader is None:
        raise ExpressionRefused("PACKAGE_MISSING", "the package cel has no compiled part")
    module = util.module_from_spec(found)
    found.loader.exec_module(module)
    sys.modules[COMPILED] = module
    return module
