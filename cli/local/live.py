"""The live view of a running platform: a table on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cli import durations
from cli.drill import view as drill_view
from cli.drill.seen import Seen
from cli.local.figures import Figures

# More rows than this do not fit a terminal; `tianfu delivery list` has them all.
ROWS_MAX: Final = 12
NEXT: Final = "tianfu nodes list · delivery list · warnings list · drill earthquake · status"
PRESENCE_STYLE: Final = {"online": "green", "silent": "yellow", "offline": "red"}


@dataclass(frozen=True)
class View:
    """What is shown."""

    figures: Figures
    addresses: Mapping[str, str]
    restarts: int
    up_s: float
    left_s: float | None = None
    # What is seen of the drill, and the time it is seen at.
    drill: Seen | None = None
    now_s: float = 0.0
    # Why the figures are old, when a service does not answer.
    trouble: str = ""


def render(view: View) -> RenderableType:
    """Return the view for a terminal."""
    parts: list[RenderableType] = [
        _account(view),
        _nodes(view.figures),
        _addresses(view.addresses),
        Text.assemble(("next, elsewhere: ", "dim"), NEXT),
    ]
    if view.drill is not None:
        parts.insert(0, drill_view.render(view.drill, view.now_s))
    if view.trouble:
        parts.insert(0, Text(view.trouble, style="bold red"))
    title = f"tianfu · up {durations.show(view.up_s)}"
    if view.left_s is not None:
        title += f" · {durations.show(max(view.left_s, 0))} to go"
    return Panel(Group(*parts), title=title, subtitle="Ctrl-C stops it", expand=False)


def _account(view: View) -> Table:
    figures = view.figures
    missing, dropped = figures.total("missing"), figures.total("dropped")
    first = (
        ("nodes online", f"{figures.online}/{len(figures.steady)}", ""),
        ("readings/s", f"{figures.readings_per_second:,.0f}", "bold"),
        ("latency p50/p99", f"{figures.p50_ms:.0f}/{figures.p99_ms:.0f} ms", ""),
        ("restarts", str(view.restarts), "yellow" if view.restarts else ""),
    )
    second = (
        ("produced", f"{figures.total('produced'):,}", ""),
        ("stored", f"{figures.total('stored'):,}", "bold"),
        ("dropped", f"{dropped:,}", "yellow" if dropped else ""),
        ("in flight", f"{figures.total('in_flight'):,}", ""),
        ("missing", f"{missing:,}", "bold red" if missing else "bold green"),
    )
    table = Table.grid(padding=(0, 3))
    for row in (first, second):
        table.add_row(*(labelled(*each) for each in row))
    return table


def labelled(label: str, value: str, style: str) -> Text:
    """Return a figure with its name before it."""
    return Text.assemble((f"{label} ", "dim"), (value, style))


def _nodes(figures: Figures) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    table.add_column("node")
    table.add_column("presence")
    for name in ("produced", "stored", "dropped", "in flight", "missing", "repeated"):
        table.add_column(name, justify="right")
    shown = [node for node in figures.nodes if not node.is_drill or node.produced]
    for node in shown[:ROWS_MAX]:
        table.add_row(
            node.node,
            Text(node.presence, style=PRESENCE_STYLE.get(node.presence, "dim")),
            *(
                f"{number:,}"
                for number in (
                    node.produced,
                    node.stored,
                    node.dropped,
                    node.in_flight,
                    node.missing,
                    node.repeated,
                )
            ),
        )
    if len(shown) > ROWS_MAX:
        table.add_row(f"… {len(shown) - ROWS_MAX} more")
    return table


def _addresses(addresses: Mapping[str, str]) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, address in addresses.items():
        table.add_row(Text(name, style="dim"), Text(address))
    return table


def line(view: View) -> str:
    """Return the view as one line, for logs and pipes."""
    if view.trouble:
        return view.trouble
    figures = view.figures
    return (
        f"{durations.show(view.up_s)}: nodes {figures.online}/{len(figures.steady)} online, "
        f"{figures.readings_per_second:.0f} readings/s, "
        f"produced {figures.total('produced')}, stored {figures.total('stored')}, "
        f"dropped {figures.total('dropped')}, in flight {figures.total('in_flight')}, "
        f"missing {figures.total('missing')}, repeated {figures.total('repeated')}, "
        f"p50 {figures.p50_ms:.0f} ms, p99 {figures.p99_ms:.0f} ms, restarts {view.restarts}"
    )
