"""The local platform's gauges: what the agent sends is what the service watches."""

from __future__ import annotations

from pathlib import Path

from cli.local import gauges
from cli.local.folder import Folder
from edge.settings import load
from services.disaster_warning.bus import gauge_file
from services.disaster_warning.model.gauge_list import FACTORS, Quantity
from tianfu import subjects


def test_list_and_agent_speak_of_the_same_series(tmp_path: Path) -> None:
    folder = Folder.at(tmp_path)
    folder.make()
    node = subjects.node_id("jinjiang-1")
    listed = gauge_file.read(gauges.write_list(folder, node, "510104"), {"510104"})
    settings = tmp_path / "edge.toml"
    head = [f'[node]\nid = "{node}"\ndata_dir = "data"\n[nats]\nurl = "nats://127.0.0.1:1"']
    settings.write_text("\n".join([*head, *gauges.agent_lines()]))

    [driver] = load(settings, {}).drivers

    sent = {(one.id, one.unit) for one in driver.series}
    slots = listed.slots
    assert {key.series for key in slots} == {name for name, _ in sent}
    assert all(
        unit in FACTORS[slots[key].quantity]
        for key in slots
        for name, unit in sent
        if name == key.series
    )
    assert {slot.quantity for slot in slots.values()} == {Quantity.RAIN, Quantity.LEVEL}
