"""Warnings in PostgreSQL."""
