"""Disaster warning: from a P wave, a gauge or a person to a warning, and its receipts."""
