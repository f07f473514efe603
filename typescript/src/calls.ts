// What every endpoint shares: a crossing each way, cancellation, and what came with a reply.
//
// Law: turns a call into one crossing. An abort listener lives as long as what it can abort, and no longer.

import { type BindingOptions, binding, type NativeClient, type NativeStream } from "./binding.js";
import { type ErrorParts, localParts } from "./failure.js";
import { type APIError, fromParts } from "./generated/errors.js";
import type { Estimate, Spent } from "./generated/types.js";
import { Items } from "./items.js";
import type { CallLog, Log } from "./log.js";
import { changesOf, type RequestOptions, type SentOptions } from "./options.js";
import type { Head } from "./stream.js";
import { written } from "./written.js";

/** A result with what came with it. */
export interface WithResponse<T> {
	data: T;
	/** HTTP status. */
	status: number;
	readonly headers: Headers;
	/** Status and headers as a `Response`, whose body has been read. */
	readonly response: Response;
	/** The provider's id of the request. */
	readonly request_id: string | null;
	/** How often the request was sent again. */
	retriesTaken: number;
}

/** A promise of a result, which can tell what came with it. */
export class APIPromise<T> extends Promise<T> {
	#whole: Promise<WithResponse<T>>;

	constructor(whole: Promise<WithResponse<T>>) {
		super((resolve, reject) => void whole.then(({ data }) => resolve(data), reject));
		this.#whole = whole;
	}

	// `then` and its kin make plain promises.
	static override get [Symbol.species](): PromiseConstructor {
		return Promise;
	}

	/** The result with status and headers. */
	withResponse(): Promise<WithResponse<T>> {
		// Whoever asks for the whole gets its error there.
		this.catch(() => undefined);
		return this.#whole;
	}

	/**
	 * The answer as a `Response` to hand on: status, headers, and the result as JSON, or a stream as server-sent events. It is what this
	 * package made of the answer, repairs and all.
	 */
	async asResponse(): Promise<Response> {
		const { data, status, headers } = await this.withResponse();
		const isStream = data instanceof Items;
		// What told of the bytes on the way here would be wrong of these.
		const own = new Headers(headers);
		for (const name of ["connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"])
			own.delete(name);
		own.set("content-type", isStream ? "text/event-stream; charset=utf-8" : "application/json");
		return new Response(isStream ? data.toEventStream() : JSON.stringify(data), { status, headers: own });
	}
}

/** Puts status and headers beside a result. */
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
			return this.headers.get("x-request-id") ?? this.headers.get("request-id");
		},
		retriesTaken: head.retries_taken,
	};
}

interface Reply extends Head {
	value: unknown;
	error?: ErrorParts;
}

/** How many numbers were given, in this thread. */
let calls = 0;

/** What a sender is told besides. */
interface Told {
	key?: (() => string | Promise<string>) | undefined;
	/** Where calls are logged. */
	log?: Log | undefined;
	/** A client that refuses parameters out of range, whose refusals are told as warnings. It sends nothing. */
	strict?: NativeClient | undefined;
	/** Hears of warnings. */
	warn?: ((message: string) => void) | undefined;
}

/** Sends requests through a native client, with a key that may come from a function. */
export class Sender {
	readonly #native: NativeClient;
	readonly #key: (() => string | Promise<string>) | undefined;
	readonly #log: Log | undefined;
	readonly #strict: NativeClient | undefined;
	readonly #warn: ((message: string) => void) | undefined;

	constructor(native: NativeClient, { key, strict, log, warn }: Told = {}) {
		this.#native = native;
		this.#key = key;
		this.#strict = strict;
		this.#log = log;
		this.#warn = warn;
		log?.listen(native);
	}

	/** A whole reply. */
	async call<T>(endpoint: string, body: object, options: RequestOptions = {}): Promise<WithResponse<T>> {
		const number = nextNumber();
		const watch = this.#log?.begin(number, endpoint, body, false);
		const text = await this.#send(number, options, watch, (changes) =>
			this.#native.call(number, endpoint, this.#written(endpoint, body), changes),
		);
		const reply = JSON.parse(text) as Reply;
		if (reply.error) throw failed(reply.error, watch);
		watch?.ended(reply.value);
		return withHead(reply.value as T, reply);
	}

	/** An open stream. */
	async stream(endpoint: string, body: object, options: SentOptions = {}): Promise<NativeStream> {
		const number = nextNumber();
		const watch = this.#log?.begin(number, endpoint, body, true);
		const stream = await this.#send(number, options, watch, (changes) =>
			this.#native.stream(number, endpoint, this.#written(endpoint, body), changes),
		);
		if (typeof stream === "string") throw failed((JSON.parse(stream) as { error: ErrorParts }).error, watch);
		return watch ? watch.over(stream) : stream;
	}

	/** A request as text; what is wrong with its parameters is told, where that is wanted. */
	#written(endpoint: string, body: object): string {
		const text = written(body);
		if (this.#strict && this.#warn) {
			const rest = { ...body } as Record<string, unknown>;
			for (;;) {
				// A refusal names one parameter: without it, the next one is named.
				const told = this.#strict.estimate(endpoint, JSON.stringify(rest), "{}");
				const { error } = JSON.parse(told) as { error?: ErrorParts };
				if (!error?.param || !(error.param in rest)) break;
				this.#warn(`trilogue: ${error.message}`);
				delete rest[error.param];
			}
		}
		return text;
	}

	/** What a request can cost at most. Sends nothing. */
	estimate(endpoint: string, body: object, options: RequestOptions = {}): Estimate {
		const text = this.#native.estimate(endpoint, written(body), JSON.stringify(changesOf(options)));
		const estimate = JSON.parse(text) as Estimate & { error?: ErrorParts };
		if (estimate.error) throw fromParts(estimate.error);
		return estimate;
	}

	/** What the client's answers cost so far. */
	spent(): Spent {
		return JSON.parse(this.#native.spent()) as Spent;
	}

	async #send<T>(
		number: number,
		options: SentOptions,
		watch: CallLog | undefined,
		start: (changes: string) => Promise<T>,
	): Promise<T> {
		const { signal } = options;
		const cancel = () => this.#native.cancel(number);
		try {
			const changes: BindingOptions = { ...changesOf(options), ...watch?.options };
			if (this.#key) changes.api_key = await this.#key();
			if (signal?.aborted) throw aborted();
			signal?.addEventListener("abort", cancel, { once: true });
			return await start(JSON.stringify(changes));
		} catch (error) {
			watch?.failed(error as APIError);
			throw error;
		} finally {
			signal?.removeEventListener("abort", cancel);
		}
	}
}

/** A number that no other call or wait has. */
export function nextNumber(): number {
	calls = (calls + 1) % 2 ** 32;
	return calls;
}

function failed(parts: ErrorParts, watch: CallLog | undefined): APIError {
	const error = fromParts(parts);
	watch?.failed(error);
	return error;
}

/** Does one of the core's pure operations on requests and replies. */
export function assist<T>(operation: string, input: object): T {
	const output = JSON.parse(binding().assist(operation, JSON.stringify(input))) as T & { error?: ErrorParts };
	if (output.error) throw fromParts(output.error);
	return output;
}

/** An error that arose here and not in the core. */
export function failure(kind: string, message: string, partial: unknown = null): APIError {
	return fromParts(localParts(kind, message, partial));
}

/** The error of a cancelled request. */
export function aborted(partial: unknown = null): APIError {
	return failure("APIUserAbortError", "the request was cancelled", partial);
}
