"""Read the conversations that JavaScript has saved.

Runs after the other tests. Each file must be readable, and must be written again with the same content.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from trilogue import Conversation

files = sorted(path for path in Path(os.environ["TRILOGUE_EXCHANGE"]).glob("*.json") if path.name != "python.json")
if len(files) != int(sys.argv[1]):
    sys.exit(f"{sys.argv[1]} conversations should be there, not {files}")
for file in files:
    text = file.read_text(encoding="utf-8")
    conversation = Conversation.from_json(text)
    roles = [turn.role for turn in conversation.turns]
    if conversation.to_json() != text or roles != ["user", "assistant", "tool", "assistant", "user", "assistant"]:
        sys.exit(f"{file.name} is read as another: {conversation.to_json()}")
