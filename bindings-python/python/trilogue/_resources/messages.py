"""`client.messages`."""

from __future__ import annotations

from .._generated.types import Message, MessageEvent, TokenCount
from .._sender import result_of, run_blocking
from .endpoint import AsyncEndpoint, BlockingEndpoint, Endpoint, Format, send_betas
from .signatures import describe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Messages(Endpoint):
    """The methods of messages alone, for either client."""

    _format = Format("messages", Message, MessageEvent, "output_format")

    _adapt = staticmethod(send_betas)

    async def _count_tokens(self, messages: Any, model: str, request: dict[str, Any]) -> TokenCount:
        request.update(model=model, messages=messages)
        return result_of(TokenCount, await self._sender.call("count_tokens", self._adapt(request)))


class Messages(_Messages, BlockingEndpoint):
    """Messages, in Anthropic's format."""

    def count_tokens(self, *, messages: Any, model: str, **request: Any) -> TokenCount:
        """Return the number of tokens of a prompt, as the server counts them."""
        return run_blocking(self._count_tokens(messages, model, request))


class AsyncMessages(_Messages, AsyncEndpoint):
    """Messages, in Anthropic's format."""

    async def count_tokens(self, *, messages: Any, model: str, **request: Any) -> TokenCount:
        """Return the number of tokens of a prompt, as the server counts them."""
        return await self._count_tokens(messages, model, request)


describe(Messages, "Messages")
describe(AsyncMessages, "Messages")
