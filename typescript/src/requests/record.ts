// The record of a call, as the core makes it (`core/src/record`): the same in every language.

/** A request of a call. Times are in milliseconds. */
export interface RecordedAttempt {
	/** The base URL of the endpoint. */
	base_url: string;
	model: string | null;
	/** The HTTP status; null without an answer. */
	status: number | null;
	/** The provider's id of the request. */
	request_id: string | null;
	/** The class of the error that ended the attempt. */
	error: string | null;
	message: string | null;
	/** How long the attempt waited for the client's rate limits. */
	queued_ms: number;
	/** From sending to the end of the answer, or to the error. */
	elapsed_ms: number;
	input_tokens: number | null;
	output_tokens: number | null;
	/** In dollars, as a decimal string; null if it is unknown. */
	cost: string | null;
	/** When the attempt began to wait for the client's rate limits, in milliseconds since the start of the call. */
	started_ms: number;
}

/** What happened to a call. Contains no key, and nothing of what was said. Times are in milliseconds. */
export interface CallRecord {
	/** `chat`, `messages`, `count_tokens`, `models` or `models/ID`. */
	endpoint: string;
	/** The base URL of the client; attempts name those that were used. */
	base_url: string;
	/** The requested model. */
	model: string | null;
	is_stream: boolean;
	/** How the call ended. `closed`: the caller closed the stream before its end; `cancelled`: before it began. */
	outcome: "complete" | "failed" | "cancelled" | "closed";
	/** The class of the error that ended the call. */
	error: string | null;
	message: string | null;
	/** When the call began, since 1970. */
	started_ms: number;
	elapsed_ms: number;
	/** How long the attempts waited for rate limits. */
	queued_ms: number;
	/** When the first chunk or event was received, since the start of the call; null for a whole reply. */
	first_item_ms: number | null;
	/** How many chunks or events were received; null for a whole reply. */
	items: number | null;
	unit: "chunks" | "events" | null;
	attempts: RecordedAttempt[];
	/** Input tokens, cached or not; null if the endpoint did not report them. */
	input_tokens: number | null;
	cache_read_tokens: number | null;
	cache_write_tokens: number | null;
	output_tokens: number | null;
	reasoning_tokens: number | null;
	/** In dollars, as a decimal string; null if it is unknown. */
	cost: string | null;
	/** The finish reason of each choice; `error` for one that was cut. */
	finish_reasons: string[];
	/** The provider's id of the reply. */
	response_id: string | null;
	/** The model that answered. */
	response_model: string | null;
}
