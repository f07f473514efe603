"""The terminal client: `python -m trilogue chat` and `python -m trilogue ask`.

Law: a program on top of the package's public surface, loaded by `__main__` alone. It shows answers and keeps a conversation; what
requests and replies mean is the core's matter. It runs without any dependency; `rich` and `prompt_toolkit` make it pretty where
they are installed (`trilogue[chat]`), and are imported only then.
"""
