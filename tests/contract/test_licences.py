"""What is shipped asks nobody to publish their source: no GPL, no AGPL, LGPL by choice alone."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[2]
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SHIPPED: Final = sorted(PROJECT["optional-dependencies"].keys() - {"dev"})

COPYLEFT: Final = re.compile(
    r"(?<!L)(?<!lesser )\bA?GPL|affero|(?<!lesser )general public", re.IGNORECASE
)
LESSER: Final = re.compile(r"LGPL|lesser general public", re.IGNORECASE)
# Each is used as a library of its own, which whoever runs it may replace.
LESSER_TAKEN: Final = {
    "asyncua": {"opcua"},
    "python-can": {"can"},
}

WORDING: Final = {"MIT": "Permission is hereby granted, free of charge"}
"""By what a licence is known where its text alone is there, as of pyrage 1.4."""


def licence_of(name: str) -> str:
    """Return all that a distribution says of its licence."""
    said = metadata.metadata(name)
    classifiers = [each for each in _all(said, "Classifier") if each.startswith("License")]
    texts = [each.splitlines()[0] for each in _all(said, "License") if each]
    found = [*_all(said, "License-Expression"), *texts, *classifiers]
    return "; ".join(found or _of_files(name, _all(said, "License-File")))


def _of_files(name: str, files: list[str]) -> list[str]:
    """Return the licences whose whole texts come along, of those whose wording is known."""
    own = metadata.distribution(name)
    texts = [own.read_text(f"licenses/{each}") or "" for each in files]
    return [kind for text in texts for kind, words in WORDING.items() if words in text]


def _all(said: metadata.PackageMetadata, name: str) -> list[str]:
    found: list[str] = said.get_all(name, [])
    return found


def needs(name: str, extras: set[str]) -> Iterator[tuple[str, set[str]]]:
    """Return what a distribution needs here, with which extras."""
    for line in metadata.requires(name) or []:
        wanted = Requirement(line)
        environments = [{"extra": extra} for extra in extras or {""}]
        if wanted.marker is None or any(wanted.marker.evaluate(each) for each in environments):
            yield canonicalize_name(wanted.name), set(wanted.extras)


def shipped(extra: str) -> set[str]:
    """Return the distributions that one extra brings."""
    found: set[str] = set()
    asked = list(needs("tianfu", {extra}))
    seen: set[tuple[str, tuple[str, ...]]] = set()
    while asked:
        name, extras = asked.pop()
        if (name, tuple(sorted(extras))) in seen:
            continue
        seen.add((name, tuple(sorted(extras))))
        found.add(name)
        asked += needs(name, extras)
    return found


@pytest.mark.parametrize("extra", SHIPPED)
def test_what_is_shipped_is_free_to_be_used(extra: str) -> None:
    brought = shipped(extra)
    assert brought
    said = {name: licence_of(name) for name in brought}
    assert [name for name, licence in said.items() if not licence] == []
    # An offer of two licences is taken by its better one.
    free = {name for name, licence in said.items() if re.search(r"\b(MIT|BSD|Apache)", licence)}
    barred = {name for name, licence in said.items() if COPYLEFT.search(licence)} - free
    assert barred == set()
    lesser = {name for name, licence in said.items() if LESSER.search(licence)} - free
    assert lesser == {name for name, extras in LESSER_TAKEN.items() if extra in extras}


@pytest.mark.parametrize(
    ("licence", "barred"),
    [
        ("GPL-3.0-only", True),
        ("AGPL-3.0", True),
        ("GNU General Public License v3 (GPLv3)", True),
        ("GNU Affero General Public License v3", True),
        ("LGPL-3.0", False),
        ("GNU Lesser General Public License v3", False),
        ("Apache-2.0", False),
    ],
)
def test_licences_are_told_apart(licence: str, *, barred: bool) -> None:
    assert bool(COPYLEFT.search(licence)) is barred
