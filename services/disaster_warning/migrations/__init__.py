"""The disaster_warning schema's migrations."""
