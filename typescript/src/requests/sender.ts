// Sends requests through a native client.
//
// A call is one crossing into the core. Once its signal is aborted, it ends with an `APIUserAbortError`, and a stream that it opened is closed.

import { type BindingOptions, type NativeClient, type NativeStream, nextNumber } from "../binding/binding.js";
import { cancelledError, parseError } from "../binding/errors.js";
import type { ErrorFields } from "../binding/failure.js";
import { outcome } from "../binding/operations.js";
import { errorFrom } from "../generated/errors.js";
import type { Estimate, LimitsState, Spent } from "../generated/types.js";
import type { CallObserver } from "../observers/call-observer.js";
import { runTrace } from "../observers/exporters.js";
import type { Log } from "../observers/log.js";
import { Observers } from "../observers/observers.js";
import { onAbort } from "./abort.js";
import { type Head, type WithResponse, withHead } from "./api-promise.js";
import { Cancellation } from "./cancellation.js";
import { toJSON } from "./json.js";
import { type RequestOptions, type SentOptions, toRequestOptions } from "./options.js";

/** A whole reply, or its error, as the core writes it. */
interface ReplyEnvelope extends Head {
	value: unknown;
	error?: ErrorFields;
}

/** The options of a sender. */
export interface SenderOptions {
	/** Returns the key of each request. */
	key?: (() => string | Promise<string>) | undefined;
	/** Logs calls and warnings. */
	log?: Log | undefined;
	/** Whether parameters out of range are warned of. */
	checksParameters?: boolean;
}

/** Sends requests through a native client. */
export class Sender {
	readonly #native: NativeClient;
	readonly #options: SenderOptions;
	readonly #observers: Observers;

	constructor(native: NativeClient, options: SenderOptions = {}) {
		this.#native = native;
		this.#options = options;
		this.#observers = new Observers(native, options.log);
	}

	/** Requests a whole reply. */
	async call<T>(endpoint: string, body: object, options: RequestOptions = {}): Promise<WithResponse<T>> {
		const number = nextNumber();
		const observer = this.#observers.begin(number, endpoint, body, false, (options as SentOptions)[runTrace]);
		const call = new Cancellation();
		const text = await this.#send(number, options, observer, call, (changes) =>
			this.#native.call(number, endpoint, this.#toJSON(endpoint, body), changes),
		);
		const reply = JSON.parse(text) as ReplyEnvelope;
		// Cancelled after the reply had arrived: the error carries it, since the caller has paid for it.
		if (call.isCancelled) throw logged(cancelledError(reply.error ? reply.error.partial : reply.value), observer);
		if (reply.error) throw logged(errorFrom(reply.error), observer);
		observer?.replied(reply.value);
		return withHead(reply.value as T, reply);
	}

	/** Opens a stream. `call` cancels it while it is being opened. */
	async stream(
		endpoint: string,
		body: object,
		options: SentOptions = {},
		call: Cancellation = new Cancellation(),
	): Promise<NativeStream> {
		const number = nextNumber();
		const observer = this.#observers.begin(number, endpoint, body, true, options[runTrace]);
		const stream = await this.#send(number, options, observer, call, (changes) =>
			this.#native.stream(number, endpoint, this.#toJSON(endpoint, body), changes),
		);
		if (call.isCancelled) {
			if (typeof stream !== "string") stream.cancel();
			throw logged(cancelledError(), observer);
		}
		if (typeof stream === "string") throw logged(parseError(stream), observer);
		return observer ? observer.watch(stream) : stream;
	}

	/** The JSON text of a body. Warns of parameters out of range if the client's option says so. */
	#toJSON(endpoint: string, body: object): string {
		const text = toJSON(body);
		const { checksParameters, log } = this.#options;
		if (checksParameters && log) {
			const findings = this.#native.core.findings(endpoint, text).split("\n");
			for (const message of findings) if (message) log.warn(message);
		}
		return text;
	}

	/** Estimates the highest possible cost of a request. Sends nothing. */
	estimate(endpoint: string, body: object, options: RequestOptions = {}): Estimate {
		const text = this.#native.core.estimate(endpoint, toJSON(body), JSON.stringify(toRequestOptions(options)));
		return outcome<Estimate>(text);
	}

	/** The cost of the client's replies so far. */
	spent(): Spent {
		return JSON.parse(this.#native.core.spent()) as Spent;
	}

	/** The state of the client's rate limits. */
	limits(): LimitsState {
		return JSON.parse(this.#native.core.limits()) as LimitsState;
	}

	async #send<T>(
		number: number,
		options: SentOptions,
		observer: CallObserver | undefined,
		call: Cancellation,
		start: (changes: string) => Promise<T>,
	): Promise<T> {
		const withdraw = onAbort(options.signal, () => call.cancel());
		try {
			const changes: BindingOptions = { ...toRequestOptions(options), ...observer?.options };
			if (observer?.headers) changes.extra_headers = { ...observer.headers, ...(changes.extra_headers as object) };
			call.check();
			if (this.#native.ready) await call.race(this.#native.ready());
			call.check();
			const { key } = this.#options;
			if (key) changes.api_key = await call.race(key());
			call.check();
			call.action = () => this.#native.cancel(number);
			return await start(JSON.stringify(changes));
		} catch (error) {
			throw logged(error, observer);
		} finally {
			call.action = undefined;
			withdraw();
		}
	}
}

/** Passes an error that ends a call to its observer: the core's, or what a function of the program threw. */
function logged<E>(error: E, observer: CallObserver | undefined): E {
	observer?.failed(error);
	return error;
}
