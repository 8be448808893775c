"""The fleet schema's migrations."""
