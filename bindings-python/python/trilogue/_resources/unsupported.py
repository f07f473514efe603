"""Names of the official clients that this package does not have. Each is an AttributeError that says what to use."""

from __future__ import annotations

_OPENAI = "the `openai` package"
_ANTHROPIC = "the `anthropic` package"
_OTHER = "which has chat completions, messages and models"

#: What to use, by the name of the official clients' member.
_USE = {
    "audio": _OPENAI,
    "batches": _OPENAI,
    "completions": "`client.chat.completions`",
    "containers": _OPENAI,
    "conversations": "`trilogue.Conversation`, or the `openai` package",
    "embeddings": _OPENAI,
    "evals": _OPENAI,
    "files": _OPENAI,
    "fine_tuning": _OPENAI,
    "images": _OPENAI,
    "moderations": _OPENAI,
    "organization": "`default_headers`",
    "project": "`default_headers`",
    "realtime": _OPENAI,
    "responses": "`client.chat.completions`, whose `create`, `parse` and `stream` have the same abilities, or the `openai` package",
    "uploads": _OPENAI,
    "vector_stores": _OPENAI,
    "videos": _OPENAI,
    "webhooks": _OPENAI,
    "assistants": "`trilogue.Conversation`, or the `openai` package",
    "threads": "`trilogue.Conversation`, or the `openai` package",
    "skills": _ANTHROPIC,
    "agents": _ANTHROPIC,
    "get": "the `openai` or the `anthropic` package",
    "post": "`extra_body` and `extra_query`, or the `openai` or the `anthropic` package",
    "sessions": _ANTHROPIC,
    "environments": _ANTHROPIC,
}

#: What to use, by the name of the official packages' member.
_PACKAGE = {
    "OpenAI": "`trilogue.Client` or `trilogue.openai.OpenAI`",
    "AsyncOpenAI": "`trilogue.AsyncClient` or `trilogue.openai.AsyncOpenAI`",
    "Anthropic": "`trilogue.Client` or `trilogue.anthropic.Anthropic`",
    "AsyncAnthropic": "`trilogue.AsyncClient` or `trilogue.anthropic.AsyncAnthropic`",
    "AzureOpenAI": _OPENAI,
    "AsyncAzureOpenAI": _OPENAI,
    "AnthropicBedrock": _ANTHROPIC,
    "AsyncAnthropicBedrock": _ANTHROPIC,
    "AnthropicVertex": _ANTHROPIC,
    "AsyncAnthropicVertex": _ANTHROPIC,
}


#: What to use for batches and stored answers, by the member that has them.
_OF_ENDPOINT: dict[str, dict[str, str]] = {
    "client.chat.completions": dict.fromkeys(("list", "retrieve", "update", "delete", "messages"), _OPENAI),
    "client.messages": {"batches": _ANTHROPIC},
}


def missing(owner: str, name: str) -> AttributeError:
    """Return the error of a member that does not exist, of a part of a client or of the module `trilogue`."""
    use = (
        _OF_ENDPOINT.get(owner, {}).get(name) or _USE.get(name) or (_PACKAGE.get(name) if owner == "trilogue" else None)
    )
    if use is None:
        message = f"module 'trilogue' has no attribute {name!r}" if owner == "trilogue" else f"{owner} has no {name!r}"
    else:
        message = f"{owner}.{name} is not part of trilogue, {_OTHER}; use {use}"
    return AttributeError(message, name=name)
