"""Take secrets and what may be personal out of a text that leaves the machine.

Logs hold neither by design; this is the second wall. Forms are looked for, and every secret that
the platform keeps itself, to the letter.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Final

SECRET_MIN: Final = 12
"""Characters from which on a kept text is taken out wherever it stands: a shorter one would take
words of the language with it. All that the platform makes itself is longer."""

_NAMES: Final = (
    "password|passwd|passphrase|secret|token|api[_-]?key|private[_-]?key|seed|authorization"
)
_FORMS: Final = (
    # Whole, or cut off: then its lines of base64, also within a line of JSON.
    (
        "PEM",
        re.compile(
            r"-----BEGIN [A-Z ]+-----"
            r"(?:.*?-----END [A-Z ]+-----|(?:(?:\s|\\n)*[A-Za-z0-9+/=]{8,}(?![^\s\\\"]))*)",
            re.DOTALL,
        ),
    ),
    ("JWT", re.compile(r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?")),
    # Of NATS: operator, account, server, cluster, user and curve seeds.
    ("SEED", re.compile(r"\bS[OANCUX][A-Z2-7]{40,}\b")),
    ("USERINFO", re.compile(r"(?<=://)[^/\s@]+(?=@)")),
    ("BEARER", re.compile(r"(?i)(?<=bearer )[\w.~+/-]{8,}=*")),
    (
        "VALUE",
        re.compile(
            rf"(?i)(?P<name>(?:{_NAMES})[\w-]*[\"']?\s*[:=]\s*[\"']?)(?![\[{{])[^\s\"',}}\]]+"
        ),
    ),
    # GB 11643, resident's number, and a Chinese mobile telephone's.
    ("RESIDENT", re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{9}[\dXx](?!\d)")),
    ("PHONE", re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")),
)


def secrets_in(stored: Any) -> set[str]:
    """Return every text under names of secrets in what a JSON file holds."""
    found: set[str] = set()
    named = re.compile(rf"(?i){_NAMES}")

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
    for form, pattern in _FORMS:
        named = r"\g<name>" if pattern.groups else ""
        text = pattern.sub(f"{named}[{form}]", text)
    return text
