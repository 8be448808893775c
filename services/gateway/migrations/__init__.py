"""The gateway schema's migrations."""
