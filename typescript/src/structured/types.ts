// The types of typed replies.

import type { APIError } from "../generated/errors.js";
import type { StructuredOptions } from "../generated/options.js";
import type { ChatCompletion, ChatMessage, Choice, Message, MessageUsage, Usage } from "../generated/types.js";

/** How the request asks for JSON. */
export type StructuredMode = NonNullable<StructuredOptions["mode"]>;

/** A growing value: members and items may be missing, strings may become longer. In strict mode, models write null for a missing member. */
export type DeepPartial<T> = unknown extends T
	? T
	: T extends string
		? string
		: T extends readonly (infer Item)[]
			? DeepPartial<Item>[]
			: T extends object
				? { [Key in keyof T]?: DeepPartial<T[Key]> | (undefined extends T[Key] ? null : never) }
				: T;

/** The fields that a typed reply adds to its format. */
export interface Parsed<T, Tokens> {
	/** The value of the reply; null if the model refused or called a tool instead. */
	parsed: T | null;
	/** The usage of each request; null if the endpoint did not report it. */
	tries: (Tokens | null)[];
}

/** A completion with the values of its choices. */
export interface ParsedChatCompletion<T> extends ChatCompletion, Parsed<T, Usage> {
	choices: (Choice & { message: ChatMessage & { parsed: T | null } })[];
}

/** A message with its value. */
export interface ParsedMessage<T> extends Message, Parsed<T, MessageUsage> {}

/** The usage of each request of a reply. */
export type Tries = (Usage | MessageUsage | null)[];

/** An `APIError` of a typed reply. */
export interface StructuredError extends APIError {
	/** The usage of each request. */
	tries: Tries;
}
