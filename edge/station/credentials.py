"""What a leaf server shows to the hub, kept good by the station's agent, by the node's own key.

The file lies in the station's folder and is replaced in its place. nats-server reads it at each
connection, so that it goes on with the new ones when the former end, three minutes after; nobody at
the station is cut off. A file that a person put in the place that the settings name goes before
what we were given, if it was signed later.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from typing_extensions import override

from edge import durable_file
from edge.clock import MICROSECONDS, Clock
from edge.counters import Counters
from edge.enrolment.identity import Identity
from edge.enrolment.renewal import LOOK_EVERY_S, SPREAD, Renewing
from tianfu import nats_jwt, nats_keys
from tianfu.nats_jwt import TokenMalformed
from tianfu.nats_keys import KeyKind, KeyPair, SeedInvalid

FILE: Final = "leaf.creds"
NEXT_SEED: Final = "leaf.next.nk"
PRIVATE: Final = 0o600
FILE_BYTES_MAX: Final = 64 << 10
"""A token that speaks for 64 gateways has some 30 KB."""

BACKDATED_S: Final = 60
"""A token counts from a minute before it was signed, as the fleet service has it."""

DUE: Final = 2 / 3
"""Of a token's life, after which it is renewed: as for nodes, ten days are left of thirty."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a file of credentials says: Unix seconds; ``expires`` is None for one without an end."""

    issued: int
    expires: int | None
    text: str

    def due_us(self, share: float) -> int | None:
        """Return when to renew, Unix microseconds; ``share`` in 0..1 spreads stations' renewals."""
        if self.expires is None:
            return None
        signed = self.issued + BACKDATED_S
        renew = signed + (self.expires - signed) * DUE
        return int((renew + (self.expires - renew) * SPREAD * share) * MICROSECONDS)


def read(file: Path) -> Shown | None:
    """Return what a file of credentials says, None where there are none that can be read."""
    try:
        with file.open("rb") as stream:
            text = stream.read(FILE_BYTES_MAX).decode("ascii")
        claims = nats_jwt.read(nats_jwt.split_credentials(text)[0])
    except (OSError, UnicodeDecodeError, TokenMalformed):
        return None
    return Shown(claims.issued, claims.expires, text)


class LeafCredentials(Renewing):
    """The credentials of one station's leaf server."""

    def __init__(
        self,
        folder: Path,
        given: Path | None,
        holder: Callable[[], Identity | None],
        *,
        clock: Clock,
        counters: Counters,
        offset_us: Callable[[], int],
        jitter: Callable[[], float],
        random_bits: Callable[[int], int],
    ) -> None:
        """Take the file of the settings, if there is one, and who says what identity there is."""
        super().__init__(clock=clock, counters=counters, offset_us=offset_us, jitter=jitter)
        self._folder = folder
        self._given = given
        self._holder = holder
        self._random_bits = random_bits
        self._share = jitter()
        self._shown: Shown | None = None

    @property
    def file(self) -> Path:
        """Where nats-server reads them."""
        return self._folder / FILE

    def choose(self) -> None:
        """Take the later of what the settings name and what we were given; blocks for the disk."""
        given = None if self._given is None else read(self._given)
        self._shown = read(self.file)
        if given is not None and (self._shown is None or given.issued > self._shown.issued):
            self._write(FILE, given.text)
            self._shown = given

    def status(self) -> dict[str, Any]:
        """Return what there is to say of them; no secret is in it."""
        shown = self._shown
        return {
            "issue_us": 0 if shown is None else shown.issued * MICROSECONDS,
            "expire_us": 0 if shown is None else (shown.expires or 0) * MICROSECONDS,
            "renewed_here": self._holder() is not None,
            "reason": self.reason,
        }

    @override
    def _wait_s(self) -> float:
        if self._holder() is None:
            return LOOK_EVERY_S  # those of a person, who renews them
        if self._shown is None:
            return 0.0
        due_us = self._shown.due_us(self._share)
        if due_us is None:
            return LOOK_EVERY_S
        # Known at least: when they were signed.
        now_us = max(self._now_us(), self._shown.issued * MICROSECONDS)
        return max(0.0, min((due_us - now_us) / MICROSECONDS, LOOK_EVERY_S))

    @override
    async def _renew(self) -> bool:
        # h2 and ssl are for a call a month: not for the agent's memory before.
        from edge.enrolment import enrolling  # noqa: PLC0415 - as said above
        from edge.enrolment.unary_call import CallFailed, CallRefused  # noqa: PLC0415 - as above

        holder = self._holder()
        if holder is None:
            return False
        try:
            # On the card before the platform hears of it: a lost answer is asked for anew.
            key = self._pending() or self._new_key()
            token = await enrolling.renew_station(holder, key)
            self._write(FILE, nats_jwt.credentials(token, key.seed))
        except (CallRefused, CallFailed) as error:
            if error.reason == "STATION_KEY_TAKEN":
                (self._folder / NEXT_SEED).unlink(missing_ok=True)
            self._failed("leaf server's credentials", error.reason, str(error))
            return False
        except OSError as error:
            self._failed("leaf server's credentials", "STATION_CREDENTIALS_UNWRITTEN", str(error))
            return False
        (self._folder / NEXT_SEED).unlink(missing_ok=True)
        self._shown = read(self.file)
        self._share = self._jitter()
        self.reason = ""
        self._counters.add("STATION_CREDENTIALS_RENEWED")
        log.info("leaf server's credentials renewed")
        return True

    def _pending(self) -> KeyPair | None:
        try:
            return KeyPair((self._folder / NEXT_SEED).read_text(encoding="ascii"), KeyKind.USER)
        except (OSError, SeedInvalid, UnicodeDecodeError):
            return None

    def _new_key(self) -> KeyPair:
        raw = self._random_bits(nats_keys.SEED_BYTES * 8).to_bytes(nats_keys.SEED_BYTES, "big")
        key = nats_keys.generate(KeyKind.USER, raw)
        self._write(NEXT_SEED, key.seed)
        return key

    def _write(self, name: str, text: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._folder / f"{name}.new"
        fresh.touch(mode=PRIVATE)
        fresh.chmod(PRIVATE)
        durable_file.replace(self._folder / name, text.encode())
        durable_file.sync_folder(self._folder)
