"""What is wrong with a document: one finding a fault, all of them together."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from typing_extensions import override


class Gravity(enum.Enum):
    """Whether a finding makes the document unusable."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault. ``rule`` never changes its name; ``path`` is as ``alert/info[1]/area[2]``."""

    rule: str
    path: str
    message: str
    severity: Gravity = Gravity.ERROR

    @override
    def __str__(self) -> str:
        return f"{self.severity.value} {self.rule} at {self.path}: {self.message}"


def errors_of(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that make the document unusable."""
    return tuple(each for each in findings if each.severity is Gravity.ERROR)
