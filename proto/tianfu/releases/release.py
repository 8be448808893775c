"""A release of the agent: a version, and the wheels that are installed for it.

Two kinds of small JSON files are signed, as targets of TUF: ``releases/VERSION.json`` lists wheels
with sum and size, ``channels/CHANNEL.json`` says which version a channel is at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

VERSION_PATTERN: Final = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+[a-z0-9.+-]{0,40}")
"""As spec.agent.version of an EdgeNode."""

CHANNEL_PATTERN: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")
WHEEL_PATTERN: Final = re.compile(
    r"(?P<name>[A-Za-z0-9_.]{1,100})-(?P<version>[A-Za-z0-9_.!+]{1,64})(?:-[0-9][A-Za-z0-9_.]{0,15})?"
    r"-(?P<python>[a-z0-9_.]{1,40})-(?P<abi>[a-z0-9_.]{1,40})-(?P<platform>[A-Za-z0-9_.]{1,200})\.whl"
)
SUM_PATTERN: Final = re.compile(r"[0-9a-f]{64}")

AGENT: Final = "tianfu"
"""The package of the agent itself, without which there is no release."""

STABLE: Final = "stable"
"""The channel of a node that is told none."""

WHEELS_MAX: Final = 128
"""Of one release: a node has 45 packages (packaging/wheels.toml), each for two machines."""

WHEEL_BYTES_MAX: Final = 64 << 20
"""As an artifact's, which is what a wheel is sent as."""

FILE_BYTES_MAX: Final = 64 << 10
"""Of one file: 128 wheels with names of 200 characters."""


class ReleaseInvalid(ValueError):
    """A file of a release that says nothing sensible; ``reason`` is RELEASE_INVALID."""

    reason = "RELEASE_INVALID"


@dataclass(frozen=True, slots=True)
class ReleaseWheel:
    """One wheel: its file's name, the SHA-256 of its bytes in hex, and how many bytes."""

    name: str
    sha256: str
    size_bytes: int

    @property
    def package(self) -> str:
        """Return the package's name in lower case, words joined by ``-``."""
        return normal(_parsed(self.name)["name"])

    @property
    def platform(self) -> str:
        """Return the tags of the machines it is for, such as ``any``."""
        return str(_parsed(self.name)["platform"])

    def suits(self, python_tag: str, machine: str) -> bool:
        """Say whether it may be for an interpreter such as ``cp311`` on a machine: pip decides."""
        parsed = _parsed(self.name)
        generic = {python_tag, "py3", f"py3{python_tag.removeprefix('cp3')}"}
        is_stable = "abi3" in parsed["abi"].split(".")
        pythons = set(parsed["python"].split("."))
        if not (pythons & generic or (is_stable and any(p.startswith("cp3") for p in pythons))):
            return False
        return any(tag == "any" or tag.endswith(machine) for tag in parsed["platform"].split("."))


@dataclass(frozen=True, slots=True)
class Release:
    """A version and its wheels; one of them is the agent's."""

    version: str
    wheels: tuple[ReleaseWheel, ...]


def release_path(version: str) -> str:
    """Return the target's path of a release; raise ReleaseInvalid for what is no version."""
    return f"releases/{checked(VERSION_PATTERN, version, 'version')}.json"


def channel_path(channel: str) -> str:
    """Return the target's path of a channel; raise ReleaseInvalid for what is no channel."""
    return f"channels/{checked(CHANNEL_PATTERN, channel, 'channel')}.json"


def rendered(release: Release) -> bytes:
    """Return a release as it is signed."""
    wheels = [
        {"name": one.name, "sha256": one.sha256, "size": one.size_bytes} for one in release.wheels
    ]
    return _json({"version": release.version, "wheels": wheels})


def rendered_channel(version: str) -> bytes:
    """Return a channel as it is signed."""
    return _json({"version": checked(VERSION_PATTERN, version, "version")})


def parsed(data: bytes) -> Release:
    """Return the release that a file states; raise ReleaseInvalid."""
    table = _table(data)
    wheels = table.get("wheels")
    if not isinstance(wheels, list) or not 1 <= len(wheels) <= WHEELS_MAX:
        raise ReleaseInvalid(f"a release has 1 to {WHEELS_MAX} wheels")
    version = checked(VERSION_PATTERN, table.get("version"), "version")
    made = Release(version, tuple(map(_wheel, wheels)))
    if len({one.name for one in made.wheels}) < len(made.wheels):
        raise ReleaseInvalid("a wheel is named twice")
    if sum(one.package == AGENT for one in made.wheels) != 1:
        raise ReleaseInvalid(f"a release has one wheel of {AGENT}, not more nor fewer")
    return made


def parsed_channel(data: bytes) -> str:
    """Return the version that a channel's file states; raise ReleaseInvalid."""
    return checked(VERSION_PATTERN, _table(data).get("version"), "version")


def checked(pattern: re.Pattern[str], value: object, what: str) -> str:
    """Return ``value`` when it is a text of this form; raise ReleaseInvalid."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ReleaseInvalid(f"{what} {str(value)[:64]!r} is none")
    return value


def normal(name: str) -> str:
    """Return a package's name as packages are compared by."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _wheel(table: object) -> ReleaseWheel:
    if not isinstance(table, Mapping):
        raise ReleaseInvalid("a wheel is no table")
    size = table.get("size")
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= WHEEL_BYTES_MAX:
        raise ReleaseInvalid(f"a wheel has 1 to {WHEEL_BYTES_MAX} bytes")
    name = checked(WHEEL_PATTERN, table.get("name"), "wheel")
    return ReleaseWheel(name, checked(SUM_PATTERN, table.get("sha256"), "sum"), size)


def _parsed(name: str) -> re.Match[str]:
    found = WHEEL_PATTERN.fullmatch(name)
    if found is None:
        raise ReleaseInvalid(f"wheel {name[:64]!r} is none")
    return found


def _table(data: bytes) -> Mapping[str, Any]:
    if len(data) > FILE_BYTES_MAX:
        raise ReleaseInvalid(f"{len(data)} bytes; at most {FILE_BYTES_MAX}")
    try:
        table = json.loads(data)
    except (ValueError, RecursionError):
        raise ReleaseInvalid("no JSON") from None
    if not isinstance(table, Mapping):
        raise ReleaseInvalid("no JSON object")
    return table


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, indent=1).encode() + b"\n"
