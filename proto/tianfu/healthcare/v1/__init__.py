"""Version 1 of the disaster_warning area: generated code beside its protos."""
