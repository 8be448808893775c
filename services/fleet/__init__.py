"""The fleet service: which nodes there are, and how they are."""
