// The events of `.stream()` and of `.events`.
//
// Law: types alone; the core makes the events (`core/src/helper.rs`, `core/src/event.rs`), `live.ts` adds `parsed` to them.

import type { ChatCompletionChunk, ContentBlock, EventDelta, Message, MessageUsage } from "./types.js";

/**
 * An event of `chat.completions.stream()`. `choice` is the place among the choices, `index` that among the tool calls. `parsed` is the
 * JSON so far, one value that grows: of tool calls' arguments, and of the text where JSON was asked for.
 */
export type ChatStreamEvent<Partial = unknown> =
	| { type: "chunk"; chunk: ChatCompletionChunk }
	| { type: "content.delta"; choice: number; delta: string; parsed?: Partial }
	| { type: "content.done"; choice: number; content: string; parsed?: Partial }
	| { type: "refusal.delta"; choice: number; delta: string }
	| { type: "refusal.done"; choice: number; refusal: string }
	| {
			type: "tool_calls.function.arguments.delta";
			choice: number;
			index: number;
			name: string;
			arguments_delta: string;
			parsed?: unknown;
	  }
	| {
			type: "tool_calls.function.arguments.done";
			choice: number;
			index: number;
			name: string;
			arguments: string;
			parsed?: unknown;
	  };

/**
 * An event of `messages.stream()`: those of the format, and what they add. `parsed` is the JSON so far, one value that grows: of tool
 * calls' arguments, and of the text where JSON was asked for.
 */
export type MessageStreamEvent<Partial = unknown> =
	| { type: "message_start"; message: Message }
	| { type: "content_block_start"; index: number; content_block: ContentBlock }
	| { type: "content_block_delta"; index: number; delta: EventDelta }
	| { type: "content_block_stop"; index: number; content_block: ContentBlock; parsed?: unknown }
	| { type: "message_delta"; delta: EventDelta; usage?: MessageUsage }
	| { type: "message_stop"; message: Message }
	| { type: "text"; index: number; text: string; parsed?: Partial }
	| { type: "thinking"; index: number; thinking: string }
	| { type: "signature"; index: number; signature: string }
	| { type: "input_json"; index: number; partial_json: string; parsed?: unknown }
	| { type: "citation"; index: number; citation: unknown };

/** An event that does not depend on the format. */
export type NormalEvent =
	| { type: "text"; choice: number; text: string }
	| { type: "reasoning"; choice: number; text: string }
	| { type: "refusal"; choice: number; text: string }
	| { type: "tool_call_start"; choice: number; index: number; id: string; name: string }
	| { type: "tool_call_arguments"; choice: number; index: number; delta: string }
	| { type: "tool_call_done"; choice: number; index: number; id: string; name: string; arguments: string }
	| { type: "usage"; input_tokens: number; output_tokens: number }
	| { type: "finish"; choice: number; reason: string }
	| { type: "raw"; item: Record<string, unknown> };
