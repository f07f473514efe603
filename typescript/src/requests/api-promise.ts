// The promise that calls return: a result, with the status and headers of its response.

import { REQUEST_ID_HEADERS } from "../generated/constants.js";
import { Items } from "../streaming/items.js";

/** `{status, headers, retries_taken}` of a response, as the core writes it. */
export interface Head {
	status: number;
	headers: [string, string][];
	retries_taken: number;
}

/** A result with the status and headers of its response. */
export interface WithResponse<T> {
	data: T;
	/** HTTP status. */
	status: number;
	readonly headers: Headers;
	/** Status and headers as a `Response` without a body, which has been read. */
	readonly response: Response;
	/** The provider's id of the request. */
	readonly request_id: string | null;
	/** The number of retries. */
	retriesTaken: number;
}

/** Headers that describe the body as it was sent, and not the one that `asResponse` returns. */
const bodyHeaders = ["connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"];

/** A promise of a result that also gives access to the response. */
export class APIPromise<T> extends Promise<T> {
	#whole: Promise<WithResponse<T>>;

	constructor(whole: Promise<WithResponse<T>>) {
		super((resolve, reject) => void whole.then(({ data }) => resolve(data), reject));
		this.#whole = whole;
	}

	// `then`, `catch` and `finally` return plain promises.
	static override get [Symbol.species](): PromiseConstructor {
		return Promise;
	}

	/** Returns the result with status and headers. */
	withResponse(): Promise<WithResponse<T>> {
		// The returned promise reports the error.
		this.catch(() => undefined);
		return this.#whole;
	}

	/**
	 * Returns a `Response` to pass on: status, headers, and the result as JSON, or a stream as server-sent events. The body is the result as
	 * this package decoded it, with its repairs.
	 */
	async asResponse(): Promise<Response> {
		const { data, status, headers } = await this.withResponse();
		const isStream = data instanceof Items;
		const own = new Headers(headers);
		for (const name of bodyHeaders) own.delete(name);
		own.set("content-type", isStream ? "text/event-stream; charset=utf-8" : "application/json");
		return new Response(isStream ? data.toEventStream() : JSON.stringify(data), { status, headers: own });
	}
}

/** Adds status and headers to a result. */
export function withHead<T>(data: T, head: Head): WithResponse<T> {
	let headers: Headers | undefined;
	return {
		data,
		status: head.status,
		get headers() {
			headers ??= new Headers(head.headers);
			return headers;
		},
		get response() {
			return new Response(null, { status: head.status, headers: this.headers });
		},
		get request_id() {
			const name = REQUEST_ID_HEADERS.find((header) => this.headers.has(header));
			return name === undefined ? null : this.headers.get(name);
		},
		retriesTaken: head.retries_taken,
	};
}
