// The types of the bodies that the methods of an endpoint take.
//
// A body that is written in place must have the exact types. The strings of one that was made before have the type `string`, as in
// `const messages = [{ role: "user", content: "Hi" }]`: TypeScript widens them. Such a body is accepted too, see `Widened`.

import type { ChatCompletionToolUnionParam, ChatRequestParam, MessagesRequestParam } from "../generated/types.js";
import type { Tool } from "../tools/toolbox.js";

/** A request for a whole reply. */
export type ChatRequestWhole = ChatRequestParam & { stream?: false | null };
/** A request for a stream. */
export type ChatRequestStreamed = ChatRequestParam & { stream: true };
/** A request for a reply that matches a schema. */
export type ChatRequestTyped<S> = Omit<ChatRequestParam, "response_format"> & { response_format: S };
/** A request with tools that the client runs. */
export type ChatRequestTools = Omit<ChatRequestParam, "tools"> & {
	tools: (Tool | ChatCompletionToolUnionParam | Record<string, unknown>)[];
};

/** A request for a whole reply. */
export type MessagesRequestWhole = MessagesRequestParam & { stream?: false | null };
/** A request for a stream. */
export type MessagesRequestStreamed = MessagesRequestParam & { stream: true };
/** A request for a reply that matches a schema. */
export type MessagesRequestTyped<S> = MessagesRequestParam & { output_format: S };
/** A request with tools that the client runs. */
export type MessagesRequestTools = Omit<MessagesRequestParam, "tools"> & {
	tools: (Tool | Record<string, unknown>)[];
};

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
 * `unknown` if `Body` is a `Request` except for the strings in its members, which may have the type `string`; else `never`. Members with a
 * name in `Own` are not compared. For `Body & Widened<Body, Request>`, with a type parameter `const Body`.
 */
export type Widened<Body, Request, Own = never> =
	{
		[Key in Exclude<keyof Body, Own>]: Body[Key] extends object ? Opened<Body[Key]> : Body[Key];
	} extends Omit<Request, Own & string>
		? [Exclude<keyof Body, keyof Request | Own>] extends [never]
			? unknown
			: never
		: never;

/** As `Request`, with any messages: for calls that name the type of the parsed reply, which leaves no type of the body to infer. */
export type Loose<Request> = Omit<Request, "messages"> & { messages: { role: string; [field: string]: unknown }[] };

/** The reply to a body, by its `stream`. */
export type Reply<Body, Whole, Streamed> = "stream" extends keyof Body
	? Body["stream"] extends true
		? Streamed
		: Body["stream"] extends false | null | undefined
			? Whole
			: Whole | Streamed
	: Whole;
