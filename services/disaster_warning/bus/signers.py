"""Keys that sign bulletins: one world each, so that no exercise can sound as a warning."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import nkeys

from services.plumbing.startup import CannotStart
from tianfu.disaster_warning.v1 import notice_pb2
from tianfu.subjects import Channel


class SigningKeyUnusable(CannotStart):
    """A seed file can't be read as an nkey, or one key is to sign for both channels."""

    reason = "SIGNING_KEY_UNUSABLE"


class BulletinSigner:
    """Signs bulletins with an Ed25519 nkey. Only the subclasses, one a channel, are made."""

    channel: ClassVar[Channel]

    def __init__(self, seed: bytes) -> None:
        """Raise SigningKeyUnusable for what is no seed."""
        try:
            self._pair: Any = nkeys.from_seed(bytearray(seed.strip()))
            self.public_key: str = self._pair.public_key.decode()
        except (nkeys.NkeysError, ValueError, TypeError):
            # Not chained: an error of nkeys may quote the seed.
            raise SigningKeyUnusable(
                f"the seed for {self.channel.value} bulletins is no nkey seed"
            ) from None

    def sign(self, data: bytes) -> bytes:
        """Return a serialised SignedBulletin of a serialised CountyBulletin."""
        signed = notice_pb2.SignedBulletin(
            bulletin=data, signature=self._pair.sign(data), public_key=self.public_key
        )
        return bytes(signed.SerializeToString())


class LiveSigner(BulletinSigner):
    """Signs what the public is told."""

    channel = Channel.LIVE


class DrillSigner(BulletinSigner):
    """Signs what is told in an exercise."""

    channel = Channel.DRILL


def read(live_seed_file: Path, drill_seed_file: Path) -> tuple[LiveSigner, DrillSigner]:
    """Return both signers; raise SigningKeyUnusable when they can't be told apart."""
    live = LiveSigner(live_seed_file.read_bytes())
    drill = DrillSigner(drill_seed_file.read_bytes())
    if live.public_key == drill.public_key:
        raise SigningKeyUnusable("one key signs live and drill bulletins; make another for drills")
    return live, drill
