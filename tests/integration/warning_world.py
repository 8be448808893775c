"""What stands behind a node that follows warnings: buckets of bulletins, the stream of receipts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nats as nats_py

from tests.edge.warnings.signing import COUNTY, DRILL, LIVE, SIGNERS, county_bulletin
from tests.integration.edge_world import Platform
from tests.support.nats_server import NatsServer
from tests.support.warning_devices import Board, Relay
from tianfu import subjects
from tianfu.disaster_warning.v1 import notice_pb2 as pb
from tianfu.subjects import Channel

NODE = subjects.node_id("warned")

AGENT_TOML = """
[node]
id = "warned"
data_dir = "data"
[heartbeat]
interval_s = 1
[[driver]]
kind = "simulated"
[[driver.series]]
id = "t"
unit = "Cel"
"""


def warned(server: NatsServer) -> None:
    """Let the server know the node, with its county's rights."""
    server.add_user("node", NODE, subjects.node_permissions(NODE, COUNTY))
    server.restart()


def warning_toml(
    relay: Relay | None = None, board: Board | None = None, *, more: str = "", log: bool = False
) -> str:
    """Return the settings of a node with some devices."""
    lines = [
        "[warnings]",
        f'place_code = "{COUNTY}"',
        f'live_key = "{LIVE.nkey}"',
        f'drill_key = "{DRILL.nkey}"',
    ]
    if relay is not None:
        lines += [
            "[[warnings.sink]]",
            'kind = "siren"',
            'host = "127.0.0.1"',
            f"port = {relay.port}",
        ]
    if board is not None:
        lines += [
            "[[warnings.sink]]",
            'kind = "board"',
            'host = "127.0.0.1"',
            f"port = {board.port}",
            "timeout_s = 0.5",
            "exercises = true",
        ]
    if log:
        lines += ["[[warnings.sink]]", 'kind = "log"', "exercises = true"]
    return AGENT_TOML + "\n".join(lines) + "\n" + more


def write(folder: Path, text: str) -> Path:
    """Write settings."""
    file = folder / "edge.toml"
    file.write_text(text)
    return file


def environment(server: NatsServer) -> dict[str, str]:
    """Return the variables that point the node at a server."""
    return {
        "TIANFU_EDGE_NATS_URL": server.url,
        "TIANFU_EDGE_NATS_CREDENTIALS_FILE": str(server.credentials("node", NODE)),
    }


@dataclass
class Issuer(Platform):
    """The platform's side: publishes bulletins, and reads what nodes say of them."""

    revisions: dict[Channel, int] = field(default_factory=dict)

    async def begin(self) -> None:
        """Make buckets and streams."""
        js = (await self.client()).jetstream()
        for channel in Channel:
            bucket = subjects.bulletins(channel)
            await js.create_key_value(bucket=bucket, direct=True)
            stream = await js.stream_info(subjects.bucket_stream(bucket))
            source, destination = subjects.bulletin_republish(channel)
            republish = nats_py.js.api.RePublish(src=source, dest=destination)
            await js.update_stream(stream.config.evolve(republish=republish))
        await js.add_stream(name=subjects.RECEIPTS, subjects=[subjects.RECEIPTS_ALL])
        await self.readings_stream()

    async def publish(
        self, *notices: pb.Notice, channel: Channel = Channel.LIVE, payload: bytes = b""
    ) -> None:
        """Publish the county's next bulletin, or some bytes in its place."""
        revision = self.revisions[channel] = self.revisions.get(channel, 0) + 1
        message = county_bulletin(notices, revision, channel=channel)
        signed = payload or SIGNERS[channel].sign(message.SerializeToString())
        js = (await self.client()).jetstream()
        await js.publish(subjects.bulletin_key(channel, COUNTY), signed)

    async def reports(self) -> list[pb.ReceiptReport]:
        """Return all reports of receipts, in the order of the stream."""
        js = (await self.client()).jetstream()
        state = (await js.stream_info(subjects.RECEIPTS)).state
        if not state.messages:
            return []
        messages = [
            await js.get_msg(subjects.RECEIPTS, seq=number)
            for number in range(state.first_seq, state.last_seq + 1)
        ]
        return [pb.ReceiptReport.FromString(message.data) for message in messages]

    async def receipts(self) -> list[tuple[str, int, str, str, str]]:
        """Return warning, version, sink, state and reason of each receipt; check the numbers."""
        reports = await self.reports()
        numbers = [(report.epoch, report.sequence) for report in reports]
        assert len(set(numbers)) == len(numbers), "a report is in the stream twice"
        assert numbers == sorted(numbers)
        assert {report.node for report in reports} <= {NODE}
        return [
            (
                receipt.warning,
                receipt.version,
                pb.Sink.Name(receipt.sink).removeprefix("SINK_"),
                pb.ReceiptState.Name(receipt.state).removeprefix("RECEIPT_STATE_"),
                receipt.reason,
            )
            for report in reports
            for receipt in report.receipts
        ]

    async def has(self, *wanted: tuple[Any, ...]) -> bool:
        """Tell whether receipts that begin so have all come."""
        found = await self.receipts()
        return all(any(one[: len(want)] == want for one in found) for want in wanted)
