"""Contract of the fleet area."""
