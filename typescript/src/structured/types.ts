// The types of typed replies and their options.

import type { APIError } from "../generated/errors.js";
import type { ChatCompletion, ChatMessage, Choice, Message, MessageUsage, Usage } from "../generated/types.js";

/** How the request asks for JSON. */
export type StructuredMode = "json_schema" | "json_object" | "tool";

/** The options of a typed reply. */
export interface StructuredOptions {
	/** `json_schema` (default): the endpoint enforces the schema; `json_object`: JSON mode; `tool`: a tool that the model must call. */
	mode?: StructuredMode | undefined;
	/** Whether to derive the schema that strict mode requires. Default true. */
	strict?: boolean | undefined;
}

/** The options of a whole typed reply. */
export interface ParseOptions extends StructuredOptions {
	/** What to do with a reply that does not match: fail (`raise`, default), or ask the model to correct it. */
	onInvalid?: "raise" | "reask" | undefined;
	/** The maximum number of further requests. Default 2. */
	maxReasks?: number | undefined;
}

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
