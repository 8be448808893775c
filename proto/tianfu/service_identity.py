"""Who a service is to another: a URI in its certificate, ``spiffe://tianfu/service/NAME``."""

from __future__ import annotations

from typing import Final

from tianfu.subjects import InvalidName, token

PREFIX: Final = "spiffe://tianfu/service/"


def service_uri(service: str) -> str:
    """Return the URI of a service; raise InvalidName for what is no name of one."""
    return f"{PREFIX}{token(service)}"


def service_of(uri: str) -> str | None:
    """Return the service that a URI names, None when it names none."""
    if not uri.startswith(PREFIX):
        return None
    try:
        return token(uri.removeprefix(PREFIX))
    except InvalidName:
        return None
