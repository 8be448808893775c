"""Earthquake early warning (地震预警): from station features to decisions. Pure; numpy only.

The way of a pick::

    features ─► tracker ─► association ─► location ─► magnitude ─┐
                   │                                             ├─► counties ─► decisions
                   └────► no_attenuation (in parallel) ──────────┘
"""
