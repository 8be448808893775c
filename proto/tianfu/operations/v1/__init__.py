"""Version 1 of the operations area: generated code beside its protos."""
