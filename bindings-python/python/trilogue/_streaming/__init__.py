"""Streams of chunks and events."""
