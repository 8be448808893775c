"""What the gateway keeps in PostgreSQL: sessions, and the audit log."""
