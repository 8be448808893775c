"""What a drill must show, and whether it did. Pure: what was seen goes in, a verdict comes out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from cli.drill import scenario
from cli.drill.seen import Seen

FIRST_ALERT_S: Final = 6.5
"""After the origin. The issue's bar; the third station has the wave at 6.4 s, two suffice."""

END: Final = "end"
"""Name of the promise that is not judged before the warning has ended."""

MAGNITUDE_OFF: Final = 0.6
MAGNITUDE_BY_S: Final = 10.0
"""Within so much of the true magnitude by then: domain.md, Replay 1."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise: what it asks for, what was found, and whether it was kept."""

    name: str
    asked: str
    found: str
    kept: bool

    def to_json(self) -> dict[str, Any]:
        """Return the object to print."""
        return asdict(self)


def judge(seen: Seen) -> list[Promise]:
    """Return every promise with its verdict. What was not seen was not kept."""
    return [
        _first_alert(seen),
        _magnitude(seen),
        _one_warning(seen),
        _receipts(seen),
        _live_channel(seen),
        _end(seen),
    ]


def _first_alert(seen: Seen) -> Promise:
    asked = f"first alert at most {FIRST_ALERT_S} s after the origin"
    first_s = None if seen.warning is None else seen.warning.first_alert_s
    if first_s is None:
        return Promise("first-alert", asked, "no alert", kept=False)
    after_s = first_s - seen.origin_s
    return Promise("first-alert", asked, f"{after_s:.2f} s", kept=0 <= after_s <= FIRST_ALERT_S)


def _magnitude(seen: Seen) -> Promise:
    true = scenario.TRUE.magnitude
    asked = f"magnitude {true} ± {MAGNITUDE_OFF} by {MAGNITUDE_BY_S:.0f} s"
    in_time = [each for each in seen.solutions if each.solve_s - seen.origin_s <= MAGNITUDE_BY_S]
    if not in_time:
        return Promise("magnitude", asked, "no solution by then", kept=False)
    last = in_time[-1]
    found = f"{last.magnitude:.1f} at {last.solve_s - seen.origin_s:.2f} s"
    # To a tenth: magnitudes are told so.
    off = abs(round(last.magnitude, 1) - true)
    return Promise("magnitude", asked, found, kept=off <= MAGNITUDE_OFF + 1e-9)


def _one_warning(seen: Seen) -> Promise:
    asked = "one earthquake, one warning"
    found = f"{len(seen.earthquakes)} earthquakes, {len(seen.warnings)} warnings"
    kept = len(seen.earthquakes) == len(seen.warnings) == 1
    return Promise("one-warning", asked, found, kept=kept)


def _receipts(seen: Seen) -> Promise:
    asked = "each node of the counties told has the version that holds, and says so once"
    told = seen.last_told
    if told is None or not any(each.nodes for each in told.counties):
        return Promise("receipts", asked, "no county with nodes was told", kept=False)
    nodes = sum(each.nodes for each in told.counties)
    delivered = sum(each.delivered for each in told.counties if each.nodes)
    elsewhere = sum(each.delivered for each in told.counties if not each.nodes)
    wrong = [
        each.place_code for each in told.counties if each.nodes and each.delivered != each.nodes
    ]
    found = f"version {told.version}: {delivered} of {nodes} nodes"
    found += f"; differs in {', '.join(wrong)}" if wrong else ""
    found += f"; {elsewhere} where it was not told" if elsewhere else ""
    return Promise("receipts", asked, found, kept=not wrong and not elsewhere)


def _live_channel(seen: Seen) -> Promise:
    asked = "nothing on the public's channel"
    live = seen.live
    found = (
        f"{live.warnings} warnings, {live.earthquakes} earthquakes, {live.features} features, "
        f"{live.bulletins} bulletins"
    )
    kept = (live.warnings, live.earthquakes, live.features, live.bulletins) == (0, 0, 0, 0)
    return Promise("live-channel", asked, found, kept=kept)


def _end(seen: Seen) -> Promise:
    asked = "cancelled or expired when told to be, and nothing delivered after the expiry"
    warning = seen.warning
    if warning is None:
        return Promise(END, asked, "no warning", kept=False)
    late = [
        told.version
        for told in seen.told
        if told.last_s is not None and told.last_s > warning.expire_s
    ]
    told = seen.last_told
    found = f"{warning.state or 'unknown'}, version {warning.version}"
    found += f"; delivered after the expiry: versions {late}" if late else ""
    # An expiry makes no version: a node knows from the beginning when it must be silent.
    is_heard = warning.state == "expired" or (
        warning.state == "cancelled" and told is not None and told.version == warning.version
    )
    return Promise(END, asked, found, kept=is_heard and not late)
