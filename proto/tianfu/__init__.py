"""Tianfu's contract: generated messages, subjects, and the codec of reading batches."""
