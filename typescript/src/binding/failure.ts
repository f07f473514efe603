// What every error of this package carries.
//
// Law: plain properties; the core fills them in.

import type { ChatCompletion, Message } from "../generated/types.js";

/** An error as the core describes it. */
export interface ErrorFields {
	kind: string;
	message: string;
	status: number | null;
	code: string | null;
	param: string | null;
	type: string | null;
	/** Empty where there was no answer. */
	headers?: [name: string, value: string][];
	request_id: string | null;
	retryable: boolean;
	retries_taken: number;
	retry_after: number | null;
	body: unknown;
	partial: unknown;
}

/** The parts of an error that arose here and not in the core. */
export function localErrorFields(kind: string, message: string, partial: unknown = null): ErrorFields {
	return {
		kind,
		message,
		status: null,
		code: null,
		param: null,
		type: null,
		request_id: null,
		retryable: false,
		retries_taken: 0,
		retry_after: null,
		body: null,
		partial,
	};
}

/** An error with what is known of it. */
export class Failure extends Error {
	/** HTTP status of the answer, where there was one; 200 for an error inside a stream. */
	readonly status: number | null;
	/** `code` of the provider's error. */
	readonly code: string | null;
	/** `param` of the provider's error. */
	readonly param: string | null;
	/** `type` of the provider's error. */
	readonly type: string | null;
	/** Id of the request at the provider. */
	readonly requestID: string | null;
	/** Whether the same request may succeed later. */
	readonly retryable: boolean;
	/** How often the request was sent again. */
	readonly retriesTaken: number;
	/** How long the server asked to wait, in milliseconds. */
	readonly retryAfter: number | null;
	/** The answer's body: JSON, or text. */
	readonly body: unknown;
	/** What the stream had delivered before the error. */
	readonly partial: ChatCompletion | Message | null;
	readonly #headers: [name: string, value: string][] | undefined;

	constructor(parts: ErrorFields) {
		super(parts.message);
		this.status = parts.status;
		this.code = parts.code;
		this.param = parts.param;
		this.type = parts.type;
		this.requestID = parts.request_id;
		this.retryable = parts.retryable;
		this.retriesTaken = parts.retries_taken;
		this.retryAfter = parts.retry_after === null ? null : parts.retry_after * 1000;
		this.body = parts.body;
		this.partial = parts.partial as ChatCompletion | Message | null;
		this.#headers = parts.headers;
	}

	/** Headers of the answer, where there was one; in a page those that its server exposes. Not shown with the error: they are many. */
	get headers(): Headers | null {
		return this.#headers?.length ? new Headers(this.#headers) : null;
	}
}
