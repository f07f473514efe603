"""Python functions that models call."""
