"""What has the form of a secret, or of what is personal, taken out of a text.

Logs hold neither by design; this is the second wall, for what leaves a machine or a node.
"""

from __future__ import annotations

import re
from typing import Final

NAMES: Final = (
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
            rf"(?i)(?P<name>(?:{NAMES})[\w-]*[\"']?\s*[:=]\s*[\"']?)(?![\[{{])[^\s\"',}}\]]+"
        ),
    ),
    # GB 11643, resident's number, and a Chinese mobile telephone's.
    ("RESIDENT", re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{9}[\dXx](?!\d)")),
    ("PHONE", re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")),
)


def without_forms(text: str) -> str:
    """Return a text in which what looks like a secret stands as the name of its form."""
    for form, pattern in _FORMS:
        named = r"\g<name>" if pattern.groups else ""
        text = pattern.sub(f"{named}[{form}]", text)
    return text
