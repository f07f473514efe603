"""Conversations with a model, and the streams of their answers."""
