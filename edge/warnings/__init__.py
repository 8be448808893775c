"""Warnings on the node: heard, verified, decided on once, made known, and receipted."""
