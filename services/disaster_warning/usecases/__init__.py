"""What can be done with warnings: synchronous, in one transaction each, with no I/O of its own."""
