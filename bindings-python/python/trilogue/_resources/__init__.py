"""The parts of a client: chat completions, messages, models."""
