// The types of the bodies that the methods of an endpoint take, and of what they return.
//
// A body that is written in place must have the exact types. The strings of one that was created before have the type `string`, as in
// `const messages = [{ role: "user", content: "Hi" }]`: TypeScript widens them. Such a body is accepted too, see `Widened`.

import type {
	ChatCompletion,
	ChatCompletionChunk,
	ChatRequestParam,
	Message,
	MessageEvent,
	MessagesRequestParam,
} from "../generated/types.js";
import type { Format } from "../requests/format.js";
import type { ChatCompletionStream, MessageStream } from "../streaming/helper-streams.js";
import type { Stream } from "../streaming/stream.js";
import type { ParsedChatCompletion, ParsedMessage } from "../structured/types.js";
import type { ChatRunOptions, ChatToolRunner, MessageToolRunner } from "../tools/runner.js";
import type { RunOptions, Tool } from "../tools/tool.js";

/** The types of each format. */
export interface Formats {
	chat: {
		body: ChatRequestParam;
		/** The field of a typed reply's schema. */
		schema: "response_format";
		reply: ChatCompletion;
		items: Stream<ChatCompletionChunk, ChatCompletion>;
		events: ChatCompletionStream;
		runOptions: ChatRunOptions;
		runner: ChatToolRunner;
	};
	messages: {
		body: MessagesRequestParam;
		schema: "output_format";
		reply: Message;
		items: Stream<MessageEvent, Message>;
		events: MessageStream;
		runOptions: RunOptions;
		runner: MessageToolRunner;
	};
}

/** A body with or without a stream. */
export type Body<F extends Format> = Formats[F]["body"] & { stream?: boolean | null };
/** A body that requests a whole reply. */
export type Whole<F extends Format> = Formats[F]["body"] & { stream?: false | null };
/** A body that requests a stream. */
export type Streamed<F extends Format> = Formats[F]["body"] & { stream: true };
/** A body with the schema of a typed reply. */
export type Typed<F extends Format, S> = Omit<Formats[F]["body"], Formats[F]["schema"]> & WithSchema<F, S>;
/** The schema of a typed reply. */
export type WithSchema<F extends Format, S> = { [Field in Formats[F]["schema"]]: S };
/** A body with tools that the client runs. */
export type WithTools<F extends Format> = Omit<Formats[F]["body"], "tools"> & {
	tools: (Tool | NonNullable<Formats[F]["body"]["tools"]>[number])[];
};
/** A typed reply. */
export type ParsedReply<F, T> = F extends "chat" ? ParsedChatCompletion<T> : ParsedMessage<T>;
/** The stream of a typed reply. */
export type ParsedStream<F, T, Input> = F extends "chat"
	? ChatCompletionStream<ParsedChatCompletion<T>, Input>
	: MessageStream<ParsedMessage<T>, Input>;

/** A request for a whole reply. */
export type ChatRequestWhole = Whole<"chat">;
/** A request for a stream. */
export type ChatRequestStreamed = Streamed<"chat">;
/** A request for a reply that matches a schema. */
export type ChatRequestTyped<S> = Typed<"chat", S>;
/** A request with tools that the client runs. */
export type ChatRequestTools = WithTools<"chat">;
/** A request for a whole reply. */
export type MessagesRequestWhole = Whole<"messages">;
/** A request for a stream. */
export type MessagesRequestStreamed = Streamed<"messages">;
/** A request for a reply that matches a schema. */
export type MessagesRequestTyped<S> = Typed<"messages", S>;
/** A request with tools that the client runs. */
export type MessagesRequestTools = WithTools<"messages">;

/** Part of a body in which a string of the type `string` matches any string type. */
type Opened<T> = string extends T
	? never
	: T extends (...args: never) => unknown
		? T
		: T extends readonly (infer Item)[]
			? Opened<Item>[]
			: T extends object
				? { -readonly [Key in keyof T]: Opened<T[Key]> }
				: T;

/**
 * `B`, if it is a `Request` except for the strings in its members, which may have the type `string`; else `never`. Members with a name in `Own`
 * are not compared. For parameters `body: B & Widened<B, Request>`, with a type parameter `const B`.
 */
export type Widened<B, Request, Own = never> =
	{
		[Key in Exclude<keyof B, Own>]: B[Key] extends object ? Opened<B[Key]> : B[Key];
	} extends Omit<Request, Own & string>
		? [Exclude<keyof B, keyof Request | Own>] extends [never]
			? unknown
			: never
		: never;

/** As `Request`, with any messages: for calls that name the type of the parsed reply, so that no type of the body is inferred. */
export type Loose<Request> = Omit<Request, "messages"> & { messages: { role: string; [field: string]: unknown }[] };

/** The reply to a body, by its `stream`. */
export type ReplyTo<B, Whole, Streamed> = "stream" extends keyof B
	? B["stream"] extends true
		? Streamed
		: B["stream"] extends false | null | undefined
			? Whole
			: Whole | Streamed
	: Whole;
