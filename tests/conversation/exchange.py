"""Reads conversations that the JavaScript tests saved.

Runs after the other tests. Each file must be readable and serialize to the same text.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from trilogue import Conversation

files = sorted(path for path in Path(os.environ["TRILOGUE_EXCHANGE"]).glob("*.json") if path.name != "python.json")
if len(files) != int(sys.argv[1]):
    sys.exit(f"{sys.argv[1]} saved conversations expected, found {files}")
for file in files:
    text = file.read_text(encoding="utf-8")
    conversation = Conversation.from_json(text)
    roles = [turn.role for turn in conversation.turns]
    if conversation.to_json() != text or roles != ["user", "assistant", "tool", "assistant", "user", "assistant"]:
        sys.exit(f"{file.name} differs after reading: {conversation.to_json()}")
