"""The summary of an unattended run, and the verdict on it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from cli.local.figures import Audit, Figures


@dataclass(frozen=True)
class Summary:
    """What ``tianfu up --for TIME --json`` prints."""

    nodes: int
    produced: int
    stored: int
    dropped: int
    in_flight: int
    missing: int
    duplicates: int
    repeated_batches: int
    refused_batches: int
    # Rows found by counting anew. Those of a run before count too, as in all figures.
    found_rows: int
    p50_ms: float
    p99_ms: float
    readings_per_second: float
    peak_rss_mb: dict[str, float]
    restarts: int
    seconds_to_ready: float

    def to_json(self) -> dict[str, Any]:
        """Return the object to print."""
        return asdict(self)


def summarise(
    figures: Figures,
    audit: Audit,
    *,
    latest: Figures,
    peaks: dict[str, float],
    restarts: int,
    ready_s: float,
) -> Summary:
    """Return the summary: the final account, with rate and latency as they were under load."""
    return Summary(
        nodes=len(figures.steady),
        produced=figures.total("produced"),
        stored=figures.total("stored"),
        dropped=figures.total("dropped"),
        in_flight=figures.total("in_flight"),
        missing=figures.total("missing"),
        duplicates=audit.duplicates,
        repeated_batches=figures.total("repeated"),
        refused_batches=figures.total("refused"),
        found_rows=audit.found,
        p50_ms=round(latest.p50_ms, 1),
        p99_ms=round(latest.p99_ms, 1),
        readings_per_second=round(latest.readings_per_second, 1),
        peak_rss_mb={name: round(mb, 1) for name, mb in sorted(peaks.items())},
        restarts=restarts,
        seconds_to_ready=round(ready_s, 1),
    )


def objections(summary: Summary) -> list[str]:
    """Return what is wrong with a run; nothing, when every reading is accounted for."""
    found = []
    if summary.stored == 0:
        found.append("nothing was stored")
    if summary.missing:
        found.append(f"{summary.missing} batches are missing")
    if summary.duplicates:
        found.append(f"{summary.duplicates} rows or batches are stored twice")
    if summary.produced != summary.stored + summary.dropped:
        found.append(
            f"produced {summary.produced} is not stored {summary.stored} "
            f"+ dropped {summary.dropped}"
        )
    if summary.found_rows != summary.stored:
        found.append(f"the account says {summary.stored} rows, {summary.found_rows} are there")
    return found
