"""Version 1 of the authz area: generated code beside its protos."""
