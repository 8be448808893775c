"""Contract of the reading area."""
