"""How the command line shows answers: plain text, or Markdown with `rich`."""
