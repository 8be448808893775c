"""The drill as people see it: a table on a terminal, a line for each thing that happens elsewhere.

Whatever is shown says that it is an exercise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cli.drill import scenario
from cli.drill.promises import Promise
from cli.drill.report import Hop, cities, epicentre_error_km, hops
from cli.drill.seen import Seen, SolutionSeen, Told

TITLE: Final = "演练 DRILL · nothing of this is happening"
SOLUTIONS_MAX: Final = 5
STYLES: Final = {"red": "bold red", "orange": "dark_orange", "yellow": "yellow", "blue": "blue"}


def render(seen: Seen, now_s: float) -> RenderableType:
    """Return the drill for a terminal."""
    parts: list[RenderableType] = [Text(heading(seen, now_s), style="bold")]
    if seen.solutions:
        parts.append(_solutions(seen))
        parts.append(_cities(seen, now_s))
        parts.append(_way(hops(seen)))
    return Panel(Group(*parts), title=TITLE, border_style="magenta", expand=False)


def heading(seen: Seen, now_s: float) -> str:
    """Return in a line what is played, and how far it is."""
    what = f"M {scenario.TRUE.magnitude} of 2019 played at {scenario.PLACE}"
    if now_s < seen.origin_s:
        return f"{what}: begins in {seen.origin_s - now_s:.0f} s"
    state = f"{what}: {now_s - seen.origin_s:.0f} s after the origin"
    if seen.warning is not None:
        warning = seen.warning
        state += f" · {warning.colour} warning, version {warning.version}, {warning.state}"
        state += f" · {len(warning.counties)} counties"
        if warning.state == "published":
            state += f" · holds for {max(warning.expire_s - now_s, 0):.0f} s"
    return state


def _solutions(seen: Seen) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for name in ("solution", "after origin", "magnitude", "off by", "max intensity", "stations"):
        table.add_column(name, justify="right")
    for each in seen.solutions[-SOLUTIONS_MAX:]:
        table.add_row(
            str(each.number),
            f"{each.solve_s - seen.origin_s:.1f} s",
            magnitude(each),
            f"{epicentre_error_km(each):.0f} km",
            f"{each.max_intensity:.1f}",
            str(len(each.stations)),
        )
    return table


def magnitude(solution: SolutionSeen) -> str:
    """Return a magnitude with its uncertainty."""
    return f"{solution.magnitude:.1f} ± {solution.magnitude_sigma:.1f}"


def _cities(seen: Seen, now_s: float) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    table.add_column("county")
    table.add_column("colour")
    for name in ("intensity", "km", "S wave", "warned ahead", "nodes told"):
        table.add_column(name, justify="right")
    first = None if seen.warning is None else seen.warning.first_alert_s
    told = {each.place_code: each for each in seen.last_told.counties} if seen.last_told else {}
    for each in cities(seen):
        receipts = told.get(each.place_code)
        ahead_s = None if first is None else each.s_arrival_s - first
        table.add_row(
            f"{each.name}",
            Text(each.colour, style=STYLES.get(each.colour, "")),
            f"{each.intensity:.1f}",
            f"{each.distance_km:.0f}",
            countdown(each.s_arrival_s - now_s),
            "" if ahead_s is None else f"{ahead_s:.1f} s" if ahead_s > 0 else "too late",
            f"{receipts.delivered}/{receipts.nodes}" if receipts and receipts.nodes else "",
        )
    return table


def countdown(left_s: float) -> str:
    """Return how long it is until the S wave, or since."""
    return f"in {left_s:.0f} s" if left_s > 0 else f"{-left_s:.0f} s ago"


def _way(way: Iterable[Hop]) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    table.add_column("first alert's way")
    table.add_column("after origin", justify="right")
    table.add_column("took", justify="right")
    for hop in way:
        table.add_row(hop.name, seconds(hop.after_origin_s), milliseconds(hop.took_ms))
    return table


def seconds(value: float | None) -> str:
    """Return seconds, or that they are not known yet."""
    return "…" if value is None else f"{value:.3f} s"


def milliseconds(value: float | None) -> str:
    """Return milliseconds; nothing when there is nothing to take the time from."""
    return "" if value is None else f"{value:.0f} ms"


# -- lines ----------------------------------------------------------------------------------------


def teller(say: Callable[[str], None]) -> Callable[[Seen], None]:
    """Return what says each thing that happens, once."""
    before: list[Seen] = []

    def tell(seen: Seen) -> None:
        for line in news(before[-1] if before else Seen(seen.origin_s), seen):
            say(line)
        before[:] = [seen]

    return tell


def news(before: Seen, seen: Seen) -> list[str]:
    """Return what happened between two looks, a line each."""
    lines = [
        f"drill: solution {each.number} at {each.solve_s - seen.origin_s:.2f} s: "
        f"M {magnitude(each)}, {len(each.stations)} stations, epicentre off by "
        f"{epicentre_error_km(each):.1f} km, most intensity {each.max_intensity:.1f}, "
        f"{len(each.counties)} counties"
        for each in seen.solutions[len(before.solutions) :]
    ]
    lines += [line for told in seen.told if (line := _news_of(before, seen, told))]
    was = before.warning.state if before.warning else ""
    if seen.warning is not None and seen.warning.state != was:
        lines.append(
            f"drill: warning {seen.warning.name} is {seen.warning.state}: {seen.warning.colour}, "
            f"{len(seen.warning.counties)} counties, version {seen.warning.version}"
        )
    if seen.state not in {before.state, "ongoing"}:
        lines.append(f"drill: earthquake {seen.earthquakes[0]} is {seen.state}")
    return lines


def _news_of(before: Seen, seen: Seen, told: Told) -> str:
    known = next((each for each in before.told if each.version == told.version), None)
    if told.complete_s is None or (known is not None and known.complete_s is not None):
        return ""
    nodes = sum(each.nodes for each in told.counties)
    last = "" if told.last_s is None else f", the last at {told.last_s - seen.origin_s:.2f} s"
    return f"drill: version {told.version} is at all {nodes} nodes{last}"


def verdicts(promises: Iterable[Promise]) -> list[str]:
    """Return the promises, a line each."""
    return [
        f"{'kept  ' if each.kept else 'BROKEN'}  {each.asked}: {each.found}" for each in promises
    ]


def closing(seen: Seen) -> list[str]:
    """Return the first alert's way and the cities, for the end of a drill without a terminal."""
    lines = [
        f"  {hop.name:<24} {seconds(hop.after_origin_s):>10} {milliseconds(hop.took_ms):>9}"
        for hop in hops(seen)
    ]
    first = None if seen.warning is None else seen.warning.first_alert_s
    for each in cities(seen):
        ahead = "" if first is None else f", warned {each.s_arrival_s - first:.1f} s ahead"
        lines.append(
            f"  {each.name}: intensity {each.intensity:.1f}, S at "
            f"{each.s_arrival_s - seen.origin_s:.1f} s{ahead}"
        )
    return lines
