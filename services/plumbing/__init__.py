"""Mechanisms without a domain noun."""
