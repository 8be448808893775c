"""Rules that a node judges its own readings by, with nobody else in sight."""
