"""Rights as nats-server understands them, not only as we write them."""

from __future__ import annotations

import nats
import pytest

from tests.support.nats_server import nats_server
from tests.support.waiting import until
from tianfu import subjects

pytestmark = pytest.mark.integration


async def test_a_user_without_rights_may_do_nothing() -> None:
    """An empty list of rights means everything to nats-server 2.15; ours must mean nothing."""
    with nats_server() as server:
        nobody = server.add_user(
            "service", "nobody", subjects.Permissions(publish=(), subscribe=())
        )
        errors: list[str] = []

        async def note(error: Exception) -> None:
            errors.append(str(error).lower())

        link = await nats.connect(
            server.url, user_credentials=str(nobody.credentials), error_cb=note
        )
        try:
            await link.publish("anything", b"")
            await link.subscribe("anything")
            await link.flush()
            await until(lambda: any("publish" in e for e in errors))
            await until(lambda: any("subscription" in e for e in errors))
        finally:
            await link.close()
