"""Early-warning scores: one arithmetic and one set of tables for a ward's server and an ambulance.

The tables are rules with dates (``tables/*.toml``); ``scale`` is the arithmetic, in integers and
with the standard library alone, so that a node without a link counts what the service counts.
"""
