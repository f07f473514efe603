"""JSON objects with attribute access: results, events, errors, prices."""
