"""Version 1 of the telemetry area: generated code beside its protos."""
