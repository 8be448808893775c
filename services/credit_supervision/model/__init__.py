"""Decisions of credit supervision: pure values and functions. Times come in as parameters."""
