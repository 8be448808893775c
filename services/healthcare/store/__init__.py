"""Healthcare in PostgreSQL."""
