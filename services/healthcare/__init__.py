"""Healthcare: vital signs, results that are trusted elsewhere, and a bed for each casualty.

It supports decisions and takes none: every output shows its inputs, its rule and what is missing.
"""
