"""What whoever backs a platform up, or puts it back, may do on NATS."""

from __future__ import annotations

from tianfu.subjects import Permissions, inbox_prefix


def backup_permissions(name: str) -> Permissions:
    """Return what who backs up may do: read every stream as a whole, and change none.

    A stream's snapshot holds all that nodes and services have said. Whoever has these credentials
    reads it, so they belong where the backups do.
    """
    return Permissions(
        publish=(
            "$JS.API.STREAM.LIST",
            "$JS.API.CONSUMER.LIST.*",
            "$JS.API.STREAM.SNAPSHOT.*",
            "$JS.SNAPSHOT.ACK.>",
        ),
        subscribe=(f"{inbox_prefix('backup', name)}.>",),
    )


def restore_permissions(name: str) -> Permissions:
    """Return what who restores may do: put streams back, and remove those in their place."""
    return Permissions(
        publish=(
            "$JS.API.STREAM.LIST",
            "$JS.API.STREAM.DELETE.*",
            "$JS.API.STREAM.RESTORE.*",
            "$JS.SNAPSHOT.RESTORE.>",
            "$JS.API.CONSUMER.RESET.*.*",
        ),
        subscribe=(f"{inbox_prefix('restore', name)}.>",),
    )
