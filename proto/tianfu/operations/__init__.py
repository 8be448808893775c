"""Contract of the operations area."""
