"""Version 1 of the reading area: generated code beside its protos."""
