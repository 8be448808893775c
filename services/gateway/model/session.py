"""A browser's session: what is known of whoever signed in, and how long it is good. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

IDLE_MAX: Final = timedelta(hours=8)
"""Without a request: a shift. OWASP's guide has 15 to 30 minutes for banks; a duty officer who is
signed out at night while an earthquake begins is the greater harm, and publishing takes three."""

AGE_MAX: Final = timedelta(hours=12)
"""Whatever happens: then one signs in again."""

TOUCH_EVERY: Final = timedelta(minutes=1)
"""How often being seen is written down."""

RENEW_BEFORE: Final = timedelta(seconds=60)
"""Before an access token ends it is renewed, so that none ends on the way to a service."""


@dataclass(frozen=True)
class Session:
    """One signed-in browser. Times are aware; ``csrf`` goes with every call that it makes."""

    digest: bytes
    subject: str
    shown_name: str
    roles: tuple[str, ...]
    csrf: str
    access_token: str
    access_expire_time: datetime
    refresh_token: str
    create_time: datetime
    seen_time: datetime

    def is_good(self, now: datetime) -> bool:
        """Say whether it may still be used."""
        return now < self.create_time + AGE_MAX and now < self.seen_time + IDLE_MAX

    def needs_renewal(self, now: datetime) -> bool:
        """Say whether its access token is about to end, or has."""
        return now >= self.access_expire_time - RENEW_BEFORE

    def needs_touch(self, now: datetime) -> bool:
        """Say whether that it was seen is to be written down."""
        return now >= self.seen_time + TOUCH_EVERY


def digest_of(handle: str) -> bytes:
    """Return under which name a session is kept whose handle a browser shows."""
    return hashlib.sha256(handle.encode("utf-8", "surrogateescape")).digest()


def safe_return(path: str) -> str:
    """Return a path of this origin to go back to after signing in; "/" for anything else.

    Two slashes, or a slash and a backslash, lead to another host; browsers drop control
    characters.
    """
    if len(path) > RETURN_LENGTH_MAX or not path.startswith("/"):
        return "/"
    if path.startswith(("//", "/\\")) or any(ord(c) < 0x20 or ord(c) == 0x7F for c in path):  # noqa: PLR2004 - control characters
        return "/"
    return path


RETURN_LENGTH_MAX: Final = 2_000
"""Links that reproduce a view carry it in the address."""
