"""Hooks of a client: functions of a program that see its requests, its responses, and the items of its streams.

Invariant: a hook runs in the call that it belongs to, before the step that it precedes, and an exception of it ends that call only: nothing is
sent, or the stream is closed. Imported only if a client has a hook.
"""
