"""Make Grafana's dashboards as code: ``charts/tianfu/files/dashboards/*.json``.

``python tools/dashboards.py`` writes them; ``--check`` says whether they would change. A panel is
a title, a unit and expressions; every metric in one exists (tests/integration/test_chart_runs.py).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final, NamedTuple

from grafana_foundation_sdk.builders import dashboard, prometheus, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, GridPos
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

FOLDER: Final = Path(__file__).parents[1] / "charts" / "tianfu" / "files" / "dashboards"
WIDTH: Final = 12
HEIGHT: Final = 8
ACROSS: Final = 2
LETTERS: Final = "ABCDEFGH"


class Panel(NamedTuple):
    """What one panel shows: series by their legends.

    With ``rows_by`` it is a table of the last values: a row for each value of those labels, a
    column for each legend.
    """

    title: str
    unit: str
    series: dict[str, str]
    says: str
    rows_by: tuple[str, ...] = ()


def share(bad: str) -> dict[str, str]:
    """Return the series of an objective's share of bad events, over an hour and over a day."""
    return {
        "{{service}} 1 h": f"tianfu:{bad}:bad_ratio_1h",
        "{{service}} 1 d": f"tianfu:{bad}:bad_ratio_1d",
    }


def quantiles(metric: str, by: str = "") -> dict[str, str]:
    """Return p50 and p99 of a histogram of seconds."""
    group = f"le, {by}" if by else "le"
    rate = f"sum by ({group}) (rate({metric}_bucket[5m]))"
    legend = f"{{{{{by}}}}} " if by else ""
    return {f"{legend}p{q}": f"histogram_quantile({q / 100}, {rate})" for q in (50, 99)}


BOARDS: Final[dict[str, tuple[str, list[Panel]]]] = {
    "platform": (
        "Tianfu: platform",
        [
            Panel("Services there", "short", {"{{service}}": 'up{job="tianfu"}'}, "1 is there."),
            Panel(
                "Calls",
                "reqps",
                {"{{service}}": "sum by (service) (rate(tianfu_rpc_handled_total[5m]))"},
                "gRPC calls that ended, well or not.",
            ),
            Panel(
                "Share of calls that failed by our fault",
                "percentunit",
                share("rpc_availability"),
                "Objective: at most 0.1 % in 30 days.",
            ),
            Panel(
                "Duration of calls", "s", quantiles("tianfu_rpc_duration_seconds", "service"), ""
            ),
            Panel(
                "Refusals by reason",
                "reqps",
                {"{{reason}}": "sum by (reason) (rate(tianfu_rpc_refused_total[5m]))"},
                "What callers did wrong, or were not allowed.",
            ),
            Panel(
                "Dead letters",
                "short",
                {
                    "{{service}} {{reason}}": "sum by (service, reason)"
                    " (increase(tianfu_dead_letters_total[1h]))"
                },
                "Messages refused in the last hour; `tianfu dead-letters list` shows them.",
            ),
            Panel("Memory", "bytes", {"{{service}}": "process_resident_memory_bytes"}, ""),
            Panel(
                "Processor",
                "short",
                {"{{service}}": "rate(process_cpu_seconds_total[5m])"},
                "Cores.",
            ),
        ],
    ),
    "nats": (
        "Tianfu: NATS and PostgreSQL",
        [
            Panel("Connected to NATS", "short", {"{{service}}": "tianfu_nats_connected"}, ""),
            Panel(
                "Reconnects",
                "short",
                {"{{service}}": "increase(tianfu_nats_reconnects_total[15m])"},
                "",
            ),
            Panel(
                "Errors of NATS",
                "short",
                {
                    "{{service}} {{kind}}": "sum by (service, kind)"
                    " (increase(tianfu_nats_errors_total[15m]))"
                },
                "permission is a defect or an attack.",
            ),
            Panel(
                "Events published",
                "ops",
                {"{{service}}": "rate(tianfu_outbox_published_total[5m])"},
                "From the outbox, exactly as they were committed.",
            ),
            Panel(
                "Outbox had to stop",
                "short",
                {"{{service}}": "increase(tianfu_outbox_failures_total[15m])"},
                "",
            ),
            Panel(
                "Transactions",
                "ops",
                {
                    "{{service}} {{outcome}}": "sum by (service, outcome)"
                    " (rate(tianfu_database_transactions_total[5m]))"
                },
                "",
            ),
        ],
    ),
    "telemetry": (
        "Tianfu: readings",
        [
            Panel(
                "Readings stored",
                "ops",
                {"readings/s": "sum(rate(tianfu_telemetry_stored_readings_total[1m]))"},
                "",
            ),
            Panel(
                "Measured to queryable",
                "s",
                quantiles("tianfu_telemetry_latency_seconds"),
                "Nodes that come back after a cut are late by design.",
            ),
            Panel(
                "Share of batches later than a second",
                "percentunit",
                share("readings_freshness"),
                "Objective: at most 5 % in 30 days.",
            ),
            Panel(
                "Batches by outcome",
                "ops",
                {"{{outcome}}": "sum by (outcome) (rate(tianfu_telemetry_batches_total[5m]))"},
                "Repeated ones cost a look and no row.",
            ),
            Panel(
                "Batches refused",
                "short",
                {
                    "{{reason}}": "sum by (reason)"
                    " (increase(tianfu_telemetry_refused_batches_total[1h]))"
                },
                "",
            ),
            Panel(
                "Blocks that ClickHouse did not take",
                "short",
                {"blocks": "increase(tianfu_telemetry_store_failures_total[15m])"},
                "",
            ),
        ],
    ),
    "warnings": (
        "Tianfu: warnings",
        [
            Panel(
                "Stations there",
                "short",
                {"{{channel}}": "tianfu_seismic_stations"},
                "Three locate.",
            ),
            Panel(
                "Features to decision",
                "s",
                quantiles("tianfu_seismic_processing_seconds", "channel"),
                "Objective: 99 % within 0.1 s.",
            ),
            Panel(
                "Due to confirmed",
                "s",
                quantiles("tianfu_warning_dissemination_seconds", "channel"),
                "Objective: 99.9 % within 1 s.",
            ),
            Panel(
                "Bulletins",
                "ops",
                {"{{channel}}": "sum by (channel) (rate(tianfu_warning_bulletins_total[5m]))"},
                "",
            ),
            Panel(
                "Bulletins that failed",
                "short",
                {
                    "{{channel}}": "sum by (channel)"
                    " (increase(tianfu_warning_bulletin_failures_total[15m]))"
                },
                "",
            ),
            Panel(
                "Calls asked for",
                "short",
                {"calls": "increase(tianfu_warning_calls_total[1h])"},
                "",
            ),
            Panel(
                "Receipts by county",
                "short",
                {
                    **{
                        state: f'sum by (county, name) (tianfu_warning_receipts{{state="{state}"}})'
                        for state in ("sent", "delivered", "acknowledged", "failed", "outstanding")
                    },
                    "level called": "max by (county, name)"
                    " (tianfu_warning_receipts_unanswered_level)",
                },
                "Nodes, for the warnings to the public that hold. Called where nobody has"
                " acknowledged: 1 village, 2 township, 3 county.",
                rows_by=("county", "name"),
            ),
            Panel(
                "Receipts outstanding",
                "short",
                {
                    "{{name}}": "topk(10, sum by (name)"
                    ' (tianfu_warning_receipts{state="outstanding"}) > 0)'
                },
                "Nodes that report and have not said that they have a warning; the ten counties"
                " with the most.",
            ),
            Panel(
                "Receipts counted apart",
                "short",
                {
                    "{{reason}}": "sum by (reason)"
                    " (increase(tianfu_warning_receipts_apart_total[1h]))"
                },
                "Of nodes that claim a county not theirs, or that the fleet does not know.",
            ),
        ],
    ),
    "healthcare": (
        "Tianfu: healthcare",
        [
            Panel(
                "Node to stored",
                "s",
                quantiles("tianfu_healthcare_message_delay_seconds"),
                "Objective: 99 % within a second.",
            ),
            Panel(
                "Alerts opened",
                "short",
                {"alerts": "increase(tianfu_healthcare_alerts_total[1h])"},
                "",
            ),
            Panel(
                "Alerts that went to the next",
                "short",
                {"escalations": "increase(tianfu_healthcare_escalations_total[1h])"},
                "Nobody acknowledged in time.",
            ),
            Panel(
                "Results in units that no limit knows",
                "short",
                {"results": "increase(tianfu_healthcare_uncompared_observations_total[1h])"},
                "",
            ),
        ],
    ),
    "fleet": (
        "Tianfu: fleet",
        [
            Panel("Nodes registered", "short", {"nodes": "tianfu_fleet_nodes"}, ""),
            Panel(
                "Heartbeats", "ops", {"heartbeats": "rate(tianfu_fleet_heartbeats_total[5m])"}, ""
            ),
            Panel(
                "Writes of presence",
                "ops",
                {"writes": "rate(tianfu_fleet_presence_writes_total[5m])"},
                "Transitions only: heartbeats write nothing.",
            ),
            Panel(
                "Keys not yet turned out",
                "short",
                {"keys": "tianfu_fleet_keys_to_turn_out"},
                "More than 0 for a minute is an alert.",
            ),
        ],
    ),
}


def curves_of(panel: Panel, place: GridPos) -> timeseries.Panel:
    """Return a panel that shows series over time."""
    shown = timeseries.Panel().title(panel.title).description(panel.says)
    shown = shown.unit(panel.unit).min(0).grid_pos(place)
    for letter, (legend, expression) in zip(LETTERS, panel.series.items(), strict=False):
        query = prometheus.Dataquery().ref_id(letter).expr(expression).legend_format(legend)
        shown = shown.with_target(query)
    return shown


def rows_of(panel: Panel, place: GridPos) -> table.Panel:
    """Return a panel that shows last values as a table."""
    shown = table.Panel().title(panel.title).description(panel.says)
    shown = shown.unit(panel.unit).grid_pos(place)
    names = {}
    for letter, (legend, expression) in zip(LETTERS, panel.series.items(), strict=False):
        names[f"Value #{letter}"] = legend
        query = prometheus.Dataquery().ref_id(letter).expr(expression)
        shown = shown.with_target(query.instant().format(PromQueryFormat.TABLE))
    columns = [*panel.rows_by, *names]
    order = {
        "excludeByName": {"Time": True},
        "indexByName": {name: number for number, name in enumerate(columns)},
        "renameByName": names,
    }
    return shown.with_transformation(
        DataTransformerConfig(id_val="merge", options={})
    ).with_transformation(DataTransformerConfig(id_val="organize", options=order))


def built(name: str) -> str:
    """Return a dashboard as JSON."""
    title, panels = BOARDS[name]
    board = (
        dashboard.Dashboard(title)
        .uid(f"tianfu-{name}")
        .tags(["tianfu"])
        .refresh("30s")
        .time("now-1h", "now")
        .readonly()
    )
    for number, panel in enumerate(panels):
        place = GridPos(
            h=HEIGHT, w=WIDTH, x=WIDTH * (number % ACROSS), y=HEIGHT * (number // ACROSS)
        )
        shown = rows_of(panel, place) if panel.rows_by else curves_of(panel, place)
        board = board.with_panel(shown)
    text = JSONEncoder(sort_keys=True, indent=1).encode(board.build())
    return json.dumps(json.loads(text), indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write the dashboards, or compare them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in BOARDS:
        path = FOLDER / f"{name}.json"
        if "--check" not in sys.argv[1:]:
            path.write_text(built(name), encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != built(name):
            sys.exit(f"error: {path} is behind tools/dashboards.py: run it")


if __name__ == "__main__":
    main()
