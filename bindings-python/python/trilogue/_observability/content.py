"""Content of requests and replies in the form of OpenTelemetry's conventions for generative AI.

Imported only if the program records content. Both formats become messages of parts, as JSON text; unknown parts stay unchanged.
"""

from __future__ import annotations

from contextlib import suppress
from json import JSONDecodeError, dumps, loads
from typing import Any


def request_attributes(endpoint: str, request: dict[str, Any]) -> dict[str, str]:
    """Return the attributes of a request's content."""
    found: dict[str, Any] = {}
    messages = request.get("messages")
    if isinstance(messages, (list, tuple)):
        found["gen_ai.input.messages"] = [_message(_plain(message)) for message in messages]
    if endpoint == "messages" and request.get("system"):
        found["gen_ai.system_instructions"] = _parts(_plain(request["system"]))
    tools = request.get("tools")
    if isinstance(tools, (list, tuple)) and tools:
        found["gen_ai.tool.definitions"] = [_tool(_plain(tool)) for tool in tools]
    return _texts(found)


def reply_attributes(result: dict[str, Any]) -> dict[str, str]:
    """Return the attribute of a reply's content."""
    if result.get("type") == "message":
        messages = [{**_message(result), "finish_reason": result.get("stop_reason") or "error"}]
    elif isinstance(result.get("choices"), list):
        messages = [
            {**_message(choice.get("message") or {}), "finish_reason": choice.get("finish_reason") or "error"}
            for choice in result["choices"]
        ]
    else:
        return {}
    return _texts({"gen_ai.output.messages": messages})


def _texts(attributes: dict[str, Any]) -> dict[str, str]:
    return {name: dumps(value, ensure_ascii=False, default=str) for name, value in attributes.items()}


def _plain(value: Any) -> Any:
    """Return the dict of an object of this package."""
    return value.to_dict() if hasattr(value, "to_dict") else value


def _message(message: Any) -> dict[str, Any]:
    if not isinstance(message, dict):
        return {"role": "user", "parts": _parts(message)}
    role = str(message.get("role") or "assistant")
    parts: list[Any] = []
    reasoning = message.get("reasoning_content") or message.get("reasoning")
    if isinstance(reasoning, str):
        parts.append({"type": "reasoning", "content": reasoning})
    if role == "tool":
        parts.append(
            {"type": "tool_call_response", "id": message.get("tool_call_id"), "response": message.get("content")}
        )
    else:
        parts += _parts(message.get("content"))
    if isinstance(message.get("refusal"), str):
        parts.append({"type": "refusal", "content": message["refusal"]})
    for call in message.get("tool_calls") or []:
        function = _plain(call).get("function") or _plain(call).get("custom") or {}
        arguments = function.get("arguments", function.get("input"))
        parts.append(_call(_plain(call).get("id"), function.get("name"), arguments))
    name = {"name": message["name"]} if isinstance(message.get("name"), str) else {}
    return {"role": role, "parts": parts, **name}


def _call(number: Any, name: Any, arguments: Any) -> dict[str, Any]:
    if isinstance(arguments, str):
        # A model may write invalid JSON.
        with suppress(JSONDecodeError):
            arguments = loads(arguments)
    return {"type": "tool_call", "id": number, "name": name, "arguments": arguments}


def _parts(content: Any) -> list[Any]:
    if content is None:
        return []
    if not isinstance(content, (list, tuple)):
        return [{"type": "text", "content": content if isinstance(content, str) else str(content)}]
    return [_part(_plain(part)) for part in content]


def _part(part: Any) -> Any:
    if not isinstance(part, dict):
        return {"type": "text", "content": str(part)}
    kind = part.get("type")
    if kind == "text":
        return {"type": "text", "content": part.get("text")}
    if kind == "thinking":
        return {"type": "reasoning", "content": part.get("thinking")}
    if kind == "tool_use":
        return _call(part.get("id"), part.get("name"), part.get("input"))
    if kind == "tool_result":
        return {"type": "tool_call_response", "id": part.get("tool_use_id"), "response": part.get("content")}
    source = part.get("image_url") if kind == "image_url" else part.get("source") if kind == "image" else None
    if isinstance(source, str):
        source = {"url": source}
    if isinstance(source, dict):
        return _image(source)
    return part


def _image(source: dict[str, Any]) -> dict[str, Any]:
    url = str(source.get("url") or "")
    if source.get("type") == "base64":
        return {
            "type": "blob",
            "modality": "image",
            "mime_type": source.get("media_type"),
            "content": source.get("data"),
        }
    if url.startswith("data:") and ";base64," in url:
        kind, _, data = url[5:].partition(";base64,")
        return {"type": "blob", "modality": "image", "mime_type": kind, "content": data}
    return {"type": "uri", "modality": "image", "uri": url}


def _tool(tool: Any) -> Any:
    if not isinstance(tool, dict):
        return {"type": "function", "name": getattr(tool, "name", str(tool))}
    function = tool.get("function")
    if isinstance(function, dict):
        return {"type": "function", **function}
    if "input_schema" in tool:
        rest = {name: value for name, value in tool.items() if name not in {"input_schema", "type"}}
        return {"type": tool.get("type") or "function", **rest, "parameters": tool["input_schema"]}
    return tool
