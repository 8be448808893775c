"""The telemetry service: readings stored once, counted and queryable."""
