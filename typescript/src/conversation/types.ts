// The types of conversations: settings, turns, calls and totals.

import type { CoreSettings } from "../generated/options.js";
import type { Format } from "../requests/format.js";
import type { RunOptions } from "../tools/tool.js";

export type { Format } from "../requests/format.js";

/** The content of a message: a string, or parts in the conversation's format. */
export type Content = string | readonly object[];

/** The settings of a conversation. */
export interface ConversationSettings extends CoreSettings {
	/** Earlier messages, in either format, which is detected. */
	messages?: readonly object[] | undefined;
}

/** A call that the model made. */
export interface PendingCall {
	id: string;
	name: string;
	/** Missing if the model's arguments are not a JSON object: see `problem`. */
	arguments?: Record<string, unknown>;
	/** Why the call cannot be made, as a text for the model. */
	problem?: string;
}

/** The result of a call. */
export interface ToolResult {
	/** The call's id. */
	id: string;
	/** A string, content parts, or a value that is sent as JSON. */
	content: unknown;
	/** Whether the call failed. */
	is_error?: boolean | undefined;
}

/** A turn as it is stored, with the fields to display. */
export type Turn =
	| { role: "user"; format: Format; content: Content; text: string; [field: string]: unknown }
	| {
			role: "assistant";
			format: Format;
			/** The message of the reply. */
			message: Record<string, unknown>;
			text: string;
			/** The reasoning. */
			reasoning: string;
			calls: PendingCall[];
			/** Why the reply is incomplete: `stopped`, or the name of an error. */
			partial?: string;
			/** The model of the request. */
			model?: string;
			finish?: string;
			usage?: Record<string, unknown>;
			cost?: Record<string, unknown>;
			[field: string]: unknown;
	  }
	| {
			role: "tool";
			format: Format;
			results: { id: string; name: string; content: unknown; is_error: boolean }[];
			[field: string]: unknown;
	  };

/** The tokens of a conversation's replies, including those that were undone. */
export interface ConversationUsage {
	answers: number;
	/** Without tokens of caches. */
	input_tokens: number;
	output_tokens: number;
	cache_read_tokens: number;
	cache_write_tokens: number;
	/** A part of the output. */
	reasoning_tokens: number;
	/** Replies without a usage. */
	unknown: number;
}

/** The cost of a conversation's replies, including those that were undone. */
export interface ConversationCost {
	/** Dollars, as a decimal string. */
	total: string;
	/** Replies that are left out, since their cost is unknown. */
	unknown: number;
	/** Why it is unknown. */
	reasons: string[];
}

/** The options of sending a message. */
export interface SendOptions extends RunOptions {
	/** Parameters of these requests only, in the conversation's format. */
	parameters?: Record<string, unknown> | undefined;
}
