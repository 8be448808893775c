"""Sinks: where a node makes warnings known. Each speaks to one kind of device."""
