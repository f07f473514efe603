"""`with_raw_response` and `with_streaming_response` of a part of a client."""

from __future__ import annotations

from .._sender import Resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._objects.response import WithRawResponse
    from .._objects.streaming_response import WithStreamingResponse


class ResponseViews(Resource):
    """A part of a client whose methods can also return their responses."""

    @property
    def with_raw_response(self) -> WithRawResponse:
        """The same methods, which return status and headers too."""
        from .._objects.response import WithRawResponse

        return WithRawResponse(self)

    @property
    def with_streaming_response(self) -> WithStreamingResponse:
        """The same methods, each opened by `with`: status, headers, and the body as bytes, texts or lines."""
        from .._objects.streaming_response import WithStreamingResponse

        return WithStreamingResponse(self)
