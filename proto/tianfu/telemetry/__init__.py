"""Contract of the telemetry area."""
