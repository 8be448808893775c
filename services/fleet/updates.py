"""Signed releases of the agent, shown to all nodes by one key: nodes judge what is in them.

The service could be taken over without a node installing anything, so it only bounds what it is
given: TUF's rules are the nodes' (`tianfu.releases`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import nats.errors
import nats.js.errors
from nats.aio.client import Client

from services.fleet.artifacts import FULL_CODES
from services.plumbing.refusal import InvalidArgument, ResourceExhausted, Unavailable
from services.plumbing.startup import CannotStart
from services.plumbing.streams import jetstream
from tianfu import subjects
from tianfu.fleet.v1 import update_pb2

BUNDLE_BYTES_MAX: Final = 544 << 10
"""Files of 512 KiB, which is what nodes take, with their names; NATS takes a megabyte."""

BUCKET_BYTES: Final = 16 << 20


ROOT_BYTES_MAX: Final = 32 << 10
"""Of the root's file: what nodes take (`tianfu.releases.trust`)."""


class RootUnusable(CannotStart):
    """The file holds no root of signed releases."""

    reason = "UPDATE_ROOT_UNUSABLE"


class BundleTooLarge(InvalidArgument):
    """No node would take so much."""

    reason = "UPDATE_TOO_LARGE"


class BundleInvalid(InvalidArgument):
    """Two files have one name."""

    reason = "UPDATE_MALFORMED"


class UpdatesFull(ResourceExhausted):
    """There is no space for a publication."""

    reason = "UPDATES_FULL"


class UpdatesUnavailable(Unavailable):
    """NATS does not take a publication now."""

    reason = "UPDATES_UNAVAILABLE"


def read_root(file: Path | None) -> bytes:
    """Return the root that devices are handed, empty when there is none; raise RootUnusable.

    That it is signed is looked at by who made it and by who pins it; here a mix-up of files is
    found before a device is handed it.
    """
    if file is None:
        return b""
    data = file.read_bytes()
    try:
        if len(data) > ROOT_BYTES_MAX or json.loads(data)["signed"]["_type"] != "root":
            raise ValueError("another kind of file")  # noqa: TRY301 - one way for all that is none
    except (ValueError, KeyError, TypeError) as error:
        text = f"{file}: no root.json as `tianfu keys updates` makes it"
        raise RootUnusable(text) from error
    return data


class Updates:
    """Publishes releases."""

    def __init__(self, link: Client) -> None:
        self._link = link

    async def publish(self, bundle: update_pb2.UpdateBundle) -> None:
        """Put a bundle in the place of the one before; raise a refusal."""
        names = [one.name for one in bundle.files]
        if len(set(names)) < len(names):
            raise BundleInvalid("a file is there twice", field="bundle.files")
        payload = bundle.SerializeToString(deterministic=True)
        if len(payload) > BUNDLE_BYTES_MAX:
            text = f"{len(payload)} bytes; at most {BUNDLE_BYTES_MAX}"
            raise BundleTooLarge(text, field="bundle")
        try:
            await jetstream(self._link).publish(subjects.UPDATES_KEY, payload)
        except nats.js.errors.APIError as error:
            if error.err_code in FULL_CODES:
                raise UpdatesFull("there is no space for releases") from error
            raise UpdatesUnavailable("NATS does not take releases now; try again") from error
        except (nats.errors.Error, nats.js.errors.Error, TimeoutError) as error:
            raise UpdatesUnavailable("NATS does not take releases now; try again") from error
