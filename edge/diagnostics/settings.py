"""Settings of what the platform may ask a node about itself."""

from __future__ import annotations

from dataclasses import dataclass

from edge.settings_table import Table


@dataclass(frozen=True, slots=True)
class DiagnosticsSettings:
    """Whether questions are answered at all, and whether apps' own output is told.

    What an app prints is its maker's affair, and may hold what must not leave the site: it is kept
    here unless the node's owner says otherwise.
    """

    answers: bool = True
    app_logs: bool = False


def parse(root: Table) -> DiagnosticsSettings:
    """Return the settings; without a table the node answers, and keeps what apps print."""
    table = root.table("diagnostics")
    found = DiagnosticsSettings(
        answers=table.flag("answers", default=True), app_logs=table.flag("app_logs", default=False)
    )
    table.done()
    return found
