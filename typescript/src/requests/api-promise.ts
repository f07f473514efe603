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
	static override readonly name: string = "APIPromise";

	readonly #whole: Promise<WithResponse<T>>;
	#data: Promise<T> | undefined;

	constructor(whole: Promise<WithResponse<T>>) {
		// `then` below replaces the promise of the base class.
		super((resolve) => resolve(undefined as T));
		this.#whole = whole;
	}

	// `catch` and `finally` return plain promises, as `then` does.
	static override get [Symbol.species](): PromiseConstructor {
		return Promise;
	}

	// V8 adds the callers to the stack of an error only if they alone wait for each promise, so no promise is derived before it is used.
	// biome-ignore lint/suspicious/noThenProperty: a promise
	override then<A = T, B = never>(
		onFulfilled?: ((data: T) => A | PromiseLike<A>) | null,
		onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
	): Promise<A | B> {
		this.#data ??= this.#whole.then(({ data }) => data);
		return this.#data.then(onFulfilled, onRejected);
	}

	/** Returns the result with status and headers. */
	withResponse(): Promise<WithResponse<T>> {
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

/** Adds status and headers to a result, and to a reply the id of its request as `_request_id`, which JSON and loops do not contain. */
export function withHead<T>(data: T, head: Head): WithResponse<T> {
	let headers: Headers | undefined;
	const whole: WithResponse<T> = {
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
	if (typeof data === "object" && data !== null && !(data instanceof Items)) {
		Object.defineProperty(data, "_request_id", { get: () => whole.request_id, configurable: true });
	}
	return whole;
}
