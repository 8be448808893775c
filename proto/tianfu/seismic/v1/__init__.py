"""Version 1 of the seismic area: generated code beside its protos."""
