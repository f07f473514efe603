"""`client.beta`: the methods that the official clients have there, which are those of the client itself.

`beta.messages` adds `tool_runner`.
"""

from __future__ import annotations

from .._sender import Resource
from .chat import AsyncChat, Chat
from .endpoint import send_betas
from .messages import AsyncMessages, Messages
from .models import AsyncModels, Models
from .unsupported import missing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .._sender import Sender
    from .._tools.beta import AsyncToolMessageRunner, ToolMessageRunner


class BetaMessages(Messages):
    """Messages, in Anthropic's format."""

    def tool_runner(
        self,
        *,
        messages: Iterable[Any],
        model: str,
        tools: Iterable[Any],
        max_iterations: int | None = None,
        stream: bool = False,
        thread: Any = None,
        **request: Any,
    ) -> ToolMessageRunner[Any]:
        """Request an answer, run the functions that the model calls, send their results, and repeat until the model answers.

        Iterate over the runner for the message of each step, with `stream` for its stream; or call its `until_done()` for the last message.

        Args:
            messages: The conversation so far, oldest message first.
            model: Model id.
            tools: Functions (see `trilogue.beta_tool`). Dicts are tools that the provider runs, and are sent unchanged.
            max_iterations: The highest number of requests; by default unlimited.
            stream: Whether each answer is streamed.
            thread: Has no effect: each request has the whole conversation.
            request: The other arguments of `create`.

        """
        from .._tools.beta import ToolMessageRunner

        del thread
        arguments = send_betas({**request, "messages": messages, "model": model})
        return ToolMessageRunner(self._sender, arguments, tools, max_iterations=max_iterations, stream=stream)


class AsyncBetaMessages(AsyncMessages):
    """Messages, in Anthropic's format."""

    def tool_runner(
        self,
        *,
        messages: Iterable[Any],
        model: str,
        tools: Iterable[Any],
        max_iterations: int | None = None,
        stream: bool = False,
        thread: Any = None,
        **request: Any,
    ) -> AsyncToolMessageRunner[Any]:
        """Request an answer, run the functions that the model calls, and repeat until the model answers. See `BetaMessages.tool_runner`."""
        from .._tools.beta import AsyncToolMessageRunner

        del thread
        arguments = send_betas({**request, "messages": messages, "model": model})
        return AsyncToolMessageRunner(self._sender, arguments, tools, max_iterations=max_iterations, stream=stream)


class Beta(Resource):
    """Chat completions, messages and models, as `client.beta` of the official clients has them."""

    def __init__(self, sender: Sender) -> None:
        super().__init__(sender)
        #: Chat completions.
        self.chat = Chat(sender)
        #: Messages, in Anthropic's format.
        self.messages = BetaMessages(sender)
        #: Models that the endpoint offers.
        self.models = Models(sender)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise missing("client.beta", name)


class AsyncBeta(Resource):
    """Chat completions, messages and models, as `client.beta` of the official clients has them."""

    def __init__(self, sender: Sender) -> None:
        super().__init__(sender)
        #: Chat completions.
        self.chat = AsyncChat(sender)
        #: Messages, in Anthropic's format.
        self.messages = AsyncBetaMessages(sender)
        #: Models that the endpoint offers.
        self.models = AsyncModels(sender)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise missing("client.beta", name)
