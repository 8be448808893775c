"""What the plan wants to run, within which shares: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Wheel:
    """A Python wheel, and the module of it that is run."""

    package: str
    version: str
    sha256: str
    module: str


@dataclass(frozen=True, slots=True)
class Image:
    """An OCI image with its digest."""

    reference: str


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """A GET to 127.0.0.1."""

    port: int
    path: str


@dataclass(frozen=True, slots=True)
class TouchProbe:
    """A file that the program touches."""

    age_max_s: float


@dataclass(frozen=True, slots=True)
class Health:
    """How it is found that a program is well; without a probe, it is while it runs."""

    probe: HttpProbe | TouchProbe | None = None
    interval_s: float = 10.0
    timeout_s: float = 3.0
    failures_max: int = 3
    start_within_s: float = 60.0


@dataclass(frozen=True, slots=True)
class App:
    """A program in one revision.

    ``fingerprint`` tells whether two are the same in all they say; ``payload`` is the message it
    was read from. ``limits`` are in thousandths: cpu of a core, memory of a byte.
    """

    name: str
    revision: int
    artifact: Wheel | Image
    tenant: str
    fingerprint: str
    payload: bytes = field(repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    health: Health = Health()


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the pool's capacity, lent to a tenant; times are the platform's, in Unix us."""

    share_id: str
    epoch: int
    tenant: str
    claim: str
    amounts: Mapping[str, int]
    lease_end_us: int
    is_revoked: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """All that a plan says of programs. ``needs_shares``: they run within shares only."""

    apps: tuple[App, ...] = ()
    shares: tuple[Share, ...] = ()
    needs_shares: bool = False
    update_us: int = 0
    """When the platform wrote the plan: its clock is not before that."""
