// What every endpoint shares: a crossing each way, cancellation, and what came with a reply.
//
// Rule: a call is one crossing. Once its signal is aborted it ends with `APIUserAbortError`, and what it opened is closed.

import { type BindingOptions, binding, type NativeClient, type NativeStream } from "../binding/binding.js";
import { type ErrorFields, localErrorFields } from "../binding/failure.js";
import { type APIError, errorFrom } from "../generated/errors.js";
import type { Estimate, Spent } from "../generated/types.js";
import { Items } from "../streaming/items.js";
import type { Head } from "../streaming/stream.js";
import { onAbort } from "./abort.js";
import { written } from "./json.js";
import { type CallLog, type Log, listenForWarnings } from "./log.js";
import { changesOf, type RequestOptions, type SentOptions } from "./options.js";

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
	error?: ErrorFields;
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
		if (log) log.listen(native);
		else if (warn) listenForWarnings(native, warn);
	}

	/** A whole reply. */
	async call<T>(endpoint: string, body: object, options: RequestOptions = {}): Promise<WithResponse<T>> {
		const number = nextNumber();
		const watch = this.#log?.begin(number, endpoint, body, false);
		const call = new Cancellation();
		const text = await this.#send(number, options, watch, call, (changes) =>
			this.#native.call(number, endpoint, this.#written(endpoint, body), changes),
		);
		const reply = JSON.parse(text) as Reply;
		// Cancelled when the answer was on its way here: the caller paid for it, so that it is not lost.
		if (call.isCancelled) throw logged(aborted(reply.error ? reply.error.partial : reply.value), watch);
		if (reply.error) throw logged(errorFrom(reply.error), watch);
		watch?.ended(reply.value);
		return withHead(reply.value as T, reply);
	}

	/** An open stream. `call` gives it up while it is being opened. */
	async stream(
		endpoint: string,
		body: object,
		options: SentOptions = {},
		call: Cancellation = new Cancellation(),
	): Promise<NativeStream> {
		const number = nextNumber();
		const watch = this.#log?.begin(number, endpoint, body, true);
		const stream = await this.#send(number, options, watch, call, (changes) =>
			this.#native.stream(number, endpoint, this.#written(endpoint, body), changes),
		);
		if (call.isCancelled) {
			if (typeof stream !== "string") stream.cancel();
			throw logged(aborted(), watch);
		}
		if (typeof stream === "string")
			throw logged(errorFrom((JSON.parse(stream) as { error: ErrorFields }).error), watch);
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
				const { error } = JSON.parse(told) as { error?: ErrorFields };
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
		const estimate = JSON.parse(text) as Estimate & { error?: ErrorFields };
		if (estimate.error) throw errorFrom(estimate.error);
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
		call: Cancellation,
		start: (changes: string) => Promise<T>,
	): Promise<T> {
		const withdraw = onAbort(options.signal, () => call.cancel());
		try {
			const changes: BindingOptions = { ...changesOf(options), ...watch?.options };
			call.check();
			if (this.#native.ready) await unlessCancelled(call, this.#native.ready());
			call.check();
			if (this.#key) changes.api_key = await unlessCancelled(call, this.#key());
			call.check();
			call.action = () => this.#native.cancel(number);
			return await start(JSON.stringify(changes));
		} catch (error) {
			throw logged(error as APIError, watch);
		} finally {
			call.action = undefined;
			withdraw();
		}
	}
}

/**
 * A call that can be given up at any moment: before it is sent, while it waits for its answer, and when that is on its way to the caller.
 */
export class Cancellation {
	#isCancelled = false;
	/** What `cancel` does from now on. Must not throw. */
	action: (() => void) | undefined;

	get isCancelled(): boolean {
		return this.#isCancelled;
	}

	/** Gives the call up. */
	cancel(): void {
		this.#isCancelled = true;
		this.action?.();
	}

	/** Throws the error of a call that was given up. */
	check(): void {
		if (this.#isCancelled) throw aborted();
	}
}

/** The outcome of `work`, or an error as soon as the call is cancelled. */
function unlessCancelled<T>(call: Cancellation, work: T | Promise<T>): Promise<T> {
	return new Promise((resolve, reject) => {
		call.action = () => reject(aborted());
		Promise.resolve(work).then(resolve, reject);
	});
}

/** A number that no other call or wait has. */
export function nextNumber(): number {
	calls = (calls + 1) % 2 ** 32;
	return calls;
}

/** An error that ends a call, which its log is to show. */
function logged<E extends APIError>(error: E, watch: CallLog | undefined): E {
	watch?.failed(error);
	return error;
}

/** Does one of the core's pure operations on requests and replies. */
export function assist<T>(operation: string, input: object): T {
	const output = JSON.parse(binding().assist(operation, JSON.stringify(input))) as T & { error?: ErrorFields };
	if (output.error) throw errorFrom(output.error);
	return output;
}

/** An error that arose here and not in the core. */
export function failure(kind: string, message: string, partial: unknown = null): APIError {
	return errorFrom(localErrorFields(kind, message, partial));
}

/** The error of a cancelled request. */
export function aborted(partial: unknown = null): APIError {
	return failure("APIUserAbortError", "the request was cancelled", partial);
}
