"""Batches: rows of a file, and the log of their answers. The native runner reads, sends and writes."""
