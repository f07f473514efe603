"""Answers that are read into instances of a type."""
