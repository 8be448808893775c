"""Drivers: where raw values come from. Each speaks one protocol and knows nothing else."""
