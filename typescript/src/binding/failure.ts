// The base class of all errors of this package, and the fields that the core gives them.

import type { APIError } from "../generated/errors.js";
import type { Attempt, ChatCompletion, Message } from "../generated/types.js";

/** The fields of an error, as the core writes them. */
export interface ErrorFields {
	kind: string;
	message: string;
	status: number | null;
	code: string | null;
	param: string | null;
	type: string | null;
	/** Empty if there was no response. */
	headers?: [name: string, value: string][];
	request_id: string | null;
	retryable: boolean;
	retries_taken: number;
	retry_after: number | null;
	body: unknown;
	partial: unknown;
	/** The parts of a reply that do not match its schema. */
	problems?: Fault[];
	/** The attempts of the call. */
	attempts?: Attempt[];
}

/** A part of a value that does not match the schema. */
export interface Fault {
	/** JSON pointer to the part. */
	path: string;
	/** What is wrong with it. */
	message: string;
}

/** The classes by the name of their kind in the core. `generated/errors.ts`, whose exports are public, adds them. */
export const classes: Record<string, new (fields: ErrorFields) => APIError> = {};

/** The fields of an error that is raised in TypeScript. */
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

/** An error of a request or an option. */
export class Failure extends Error {
	/** HTTP status of the response, if there was one; 200 for an error within a stream. */
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
	/** The number of retries before this error. */
	readonly retriesTaken: number;
	/** The delay that the server requested, in milliseconds. */
	readonly retryAfter: number | null;
	/** The body of the response: JSON, or text. */
	readonly body: unknown;
	/** The reply that was accumulated before the error. */
	readonly partial: ChatCompletion | Message | null;
	/** The parts of the reply that do not match the schema, of an `InvalidOutputError`. */
	declare readonly faults?: Fault[];
	readonly #headers: [name: string, value: string][] | undefined;
	readonly #attempts: Attempt[] | undefined;

	constructor(fields: ErrorFields) {
		super(fields.message);
		this.status = fields.status;
		this.code = fields.code;
		this.param = fields.param;
		this.type = fields.type;
		this.requestID = fields.request_id;
		this.retryable = fields.retryable;
		this.retriesTaken = fields.retries_taken;
		this.retryAfter = fields.retry_after === null ? null : fields.retry_after * 1000;
		this.body = fields.body;
		this.partial = fields.partial as ChatCompletion | Message | null;
		this.#headers = fields.headers;
		this.#attempts = fields.attempts;
		if (fields.problems) this.faults = fields.problems;
	}

	/** The provider's description of the error, as the official clients have it: the body of Anthropic's API, or the body's member `error`. */
	get error(): unknown {
		const body = this.body as { type?: unknown; error?: unknown } | string | null;
		return typeof body === "object" && body?.type !== "error" ? (body?.error ?? body) : body;
	}

	/** The attempts of the call; empty if nothing was sent. */
	get attempts(): Attempt[] {
		return this.#attempts ?? [];
	}

	/** Headers of the response, if there was one; in a page those that the server exposes. Consoles do not print them with the error. */
	get headers(): Headers | null {
		return this.#headers?.length ? new Headers(this.#headers) : null;
	}
}
