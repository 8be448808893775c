"""Take secrets and what may be personal out of a text that leaves the machine.

Logs hold neither by design; this is the second wall. Forms are looked for, and every secret that
the platform keeps itself, to the letter.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Final

from tianfu.redaction import NAMES, without_forms

SECRET_MIN: Final = 12
"""Characters from which on a kept text is taken out wherever it stands: a shorter one would take
words of the language with it. All that the platform makes itself is longer."""


def secrets_in(stored: Any) -> set[str]:
    """Return every text under names of secrets in what a JSON file holds."""
    found: set[str] = set()
    named = re.compile(rf"(?i){NAMES}")

    def look(value: Any, *, is_secret: bool) -> None:
        match value:
            case dict():
                for key, each in value.items():
                    look(each, is_secret=is_secret or bool(named.search(str(key))))
            case list():
                for each in value:
                    look(each, is_secret=is_secret)
            case str() if is_secret:
                found.add(value)
            case _:
                pass

    look(stored, is_secret=False)
    return kept(found)


def secrets_below(folder: Path) -> set[str]:
    """Return every line of every file in a folder of keys."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return kept(
        line.strip()
        for path in files
        for line in path.read_bytes().decode("utf-8", "replace").splitlines()
    )


def kept(texts: Iterable[str]) -> set[str]:
    """Return the texts that are long enough to be taken out to the letter."""
    return {text for text in texts if len(text) >= SECRET_MIN}


def redact(text: str, secrets: Collection[str]) -> str:
    """Return a text without these secrets and without what looks like one, each by its form."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "[KEPT]")
    return without_forms(text)
