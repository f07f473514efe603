"""The command line: `python -m trilogue chat`, `ask` and `claude-code`.

A program on top of the package's public API, imported by `__main__` only. It needs no dependency; `rich` and `prompt_toolkit`
(`trilogue[chat]`) are used if they are installed.
"""
