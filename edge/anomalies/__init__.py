"""Odd hours of a load or flow, noticed on the node itself."""
