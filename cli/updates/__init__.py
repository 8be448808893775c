"""Releases of the agent: signed here, published to nodes."""
