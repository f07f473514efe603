"""What the user asked for on the command line, as clients and requests.

Law: names of options become names of the two formats' fields, and nothing more: what is right the core and the server decide.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trilogue import AsyncClient, Client

    from .conversation import Entry

#: The model that is asked unless another is named.
MODEL = "openai-gpt-oss-120b"
#: Anthropic's format wants a limit with every request.
_MAX_TOKENS = 4096


@dataclass
class Settings:
    """Options of a program that asks a model."""

    model: str = field(default_factory=lambda: os.environ.get("MODELSLAB_MODEL") or MODEL)
    base_url: str | None = None
    key_variable: str | None = None
    format: str = "openai"
    system: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    reasoning_effort: str | None = None
    #: Further fields of the body, by name.
    fields: dict[str, Any] = field(default_factory=dict[str, Any])
    plain: bool = False
    no_reasoning: bool = False

    def client(self) -> AsyncClient:
        """Return a client. Raises ConfigurationError where the key or the address is missing or wrong."""
        from trilogue import AsyncClient

        return AsyncClient(api_key=self._key(), base_url=self.base_url)

    def blocking_client(self) -> Client:
        """Return a client whose calls wait. Raises as `client`."""
        from trilogue import Client

        return Client(api_key=self._key(), base_url=self.base_url)

    def _key(self) -> str | None:
        return os.environ.get(self.key_variable, "") if self.key_variable else None

    @property
    def schema_argument(self) -> str:
        """The argument of `parse` that takes a schema."""
        return "output_format" if self.format == "anthropic" else "response_format"

    def request(self, entries: list[Entry]) -> dict[str, Any]:
        """Return the arguments of `create` for a conversation, but for `stream`."""
        said = [{"role": entry.role, "content": entry.as_sent()} for entry in entries]
        request: dict[str, Any] = {"model": self.model, "temperature": self.temperature}
        if self.format == "anthropic":
            request |= {"max_tokens": self.max_tokens or _MAX_TOKENS, "system": self.system, "messages": said}
            if self.reasoning_effort:
                request["output_config"] = {"effort": self.reasoning_effort}
        else:
            role = [{"role": "system", "content": self.system}] if self.system else []
            request |= {"max_tokens": self.max_tokens, "messages": [*role, *said]}
            request["reasoning_effort"] = self.reasoning_effort
        return {**request, **self.fields}

    def streamed(self, entries: list[Entry]) -> dict[str, Any]:
        """Return the arguments of a streamed `create`: the price of the answer comes with it where the server knows how."""
        usage = {"stream_options": {"include_usage": True}} if self.format == "openai" else {}
        return {**usage, **self.request(entries)}
