"""Version 1 of the fleet area: generated code beside its protos."""
