"""Contract of the authz area."""
