// The events of the emitters of `.stream()` and `runTools`, with the arguments of their listeners. They are those of the official clients.

import type {
	ChatCompletion,
	ChatCompletionChunk,
	ChatMessage,
	ContentBlock,
	Message,
	MessageStreamEvent,
	Usage,
} from "../generated/types.js";
import type { BaseEvents } from "./emitter.js";

/** The name and the arguments of a call. */
export interface FunctionCall {
	name: string;
	/** JSON text. */
	arguments: string;
}

/** The events of a chat completion's stream. Snapshots are the objects that grow, and not copies. */
export interface ChatListeners<Final = ChatCompletion> extends BaseEvents {
	/** A text of the first choice, and its text so far. */
	content: (delta: string, snapshot: string) => void;
	/** A chunk, and the completion so far. */
	chunk: (chunk: ChatCompletionChunk, snapshot: ChatCompletion) => void;
	"content.delta": (event: { delta: string; snapshot: string; parsed: unknown }) => void;
	"content.done": (event: { content: string; parsed: unknown }) => void;
	"refusal.delta": (event: { delta: string; snapshot: string }) => void;
	"refusal.done": (event: { refusal: string }) => void;
	"tool_calls.function.arguments.delta": (event: {
		name: string;
		index: number;
		arguments: string;
		parsed_arguments: unknown;
		arguments_delta: string;
	}) => void;
	"tool_calls.function.arguments.done": (event: {
		name: string;
		index: number;
		arguments: string;
		parsed_arguments: unknown;
	}) => void;
	"logprobs.content.delta": (event: { content: unknown[]; snapshot: unknown[] }) => void;
	"logprobs.content.done": (event: { content: unknown[] }) => void;
	"logprobs.refusal.delta": (event: { refusal: unknown[]; snapshot: unknown[] }) => void;
	"logprobs.refusal.done": (event: { refusal: unknown[] }) => void;
	/** A whole completion. */
	chatCompletion: (completion: Final) => void;
	/** A message of the model, or the result of a call. */
	message: (message: ChatMessage) => void;
	functionToolCall: (call: FunctionCall) => void;
	functionToolCallResult: (content: string) => void;
	finalChatCompletion: (completion: Final) => void;
	finalMessage: (message: ChatMessage) => void;
	finalContent: (content: string) => void;
	finalFunctionToolCall: (call: FunctionCall) => void;
	finalFunctionToolCallResult: (content: string) => void;
	/** The sum over all completions. */
	totalUsage: (usage: Usage) => void;
}

/** The events of a message's stream. Snapshots are the objects that grow, and not copies. */
export interface MessageListeners<Final = Message> extends BaseEvents {
	/** An event as the server sent it, and the message so far. */
	streamEvent: (event: MessageStreamEvent, snapshot: Message) => void;
	/** A text, and the text of its block so far. */
	text: (delta: string, snapshot: string) => void;
	citation: (citation: Record<string, unknown>, snapshot: Record<string, unknown>[]) => void;
	/** A part of the JSON of a call, and its arguments so far. */
	inputJson: (partialJson: string, snapshot: unknown) => void;
	thinking: (delta: string, snapshot: string) => void;
	signature: (signature: string) => void;
	/** A complete block. */
	contentBlock: (block: ContentBlock) => void;
	message: (message: Final) => void;
	finalMessage: (message: Final) => void;
}

/** Values derived from the completions of a stream or a run, after its end. */
export interface Finals {
	/** Reads to the end and returns the last call of a function. */
	finalFunctionToolCall(): Promise<FunctionCall | undefined>;
	/** Reads to the end and returns the last result of a function. */
	finalFunctionToolCallResult(): Promise<string | undefined>;
	/** Reads to the end and returns the sum of the usage of all completions. */
	totalUsage(): Promise<Usage>;
}
