"""Credit supervision in PostgreSQL."""
