"""The settings of the command line, as clients and as fields of requests in either format. The core and the server check their values."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._generated.constants import MODEL_VARIABLE

if TYPE_CHECKING:
    from typing import Literal

    from trilogue import AsyncClient, Client


def default_model() -> str:
    """Return the model of the environment variable, or the one that is used without it."""
    return os.environ.get(MODEL_VARIABLE) or "openai-gpt-oss-120b"


@dataclass
class Settings:
    """The options of `ask` and `chat`."""

    model: str
    base_url: str | None = None
    key_variable: str | None = None
    format: str = "openai"
    system: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    reasoning_effort: str | None = None
    #: Additional fields of the body, by name.
    fields: dict[str, Any] = field(default_factory=dict[str, Any])
    plain: bool = False
    no_reasoning: bool = False

    def client(self) -> AsyncClient:
        """Return an asynchronous client. Raises ConfigurationError if the key or the base URL is missing or wrong."""
        from trilogue import AsyncClient

        return AsyncClient(api_key=self._key(), base_url=self.base_url)

    def blocking_client(self) -> Client:
        """Return a blocking client. Raises ConfigurationError as `client` does."""
        from trilogue import Client

        return Client(api_key=self._key(), base_url=self.base_url)

    def _key(self) -> str | None:
        return os.environ.get(self.key_variable, "") if self.key_variable else None

    @property
    def schema_argument(self) -> str:
        """The argument of `parse` that takes a schema."""
        return "output_format" if self.format == "anthropic" else "response_format"

    @property
    def wire_format(self) -> Literal["chat", "messages"]:
        """The package's name of the format."""
        return "messages" if self.format == "anthropic" else "chat"

    def streamed(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments of a streamed `create`, which request the usage of the answer."""
        if self.format != "openai" or "stream_options" in self.fields:
            return request
        return {"stream_options": {"include_usage": True}, **request}

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of a request."""
        parameters: dict[str, Any] = {"temperature": self.temperature, "max_tokens": self.max_tokens}
        if self.format == "anthropic":
            parameters["output_config"] = {"effort": self.reasoning_effort} if self.reasoning_effort else None
        else:
            parameters["reasoning_effort"] = self.reasoning_effort
        return {**{name: value for name, value in parameters.items() if value is not None}, **self.fields}
