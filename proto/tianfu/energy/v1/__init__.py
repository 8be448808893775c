"""Version 1 of the energy area: generated code beside its protos."""
