"""What can be done: synchronous, in one transaction each, with no I/O of its own."""
