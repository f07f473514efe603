// The interface of both binary modules: the addon in Node, wasm elsewhere.
//
// JSON text crosses, once per network read; `core/src/ffi` defines its contents.

import { createError } from "./errors.js";
import type { Fetch } from "./fetch.js";
import type { NativeBatch } from "./native-batch.js";

/** The client's options under the core's names; times in seconds. */
export type BindingOptions = Record<string, unknown>;

/** What a read of a stream returns: its items, events that are the same for both formats, or the events of `.stream()`. */
export const View = { items: 0, normalEvents: 1, helperEvents: 2 } as const;
export type View = (typeof View)[keyof typeof View];

/** An open stream. */
export interface NativeStream {
	/** `{status, headers, retries_taken}`. */
	head(): string;
	/** As `next`, for what was read ahead; an empty text if nothing was. Missing over wasm, which reads nothing ahead. */
	tryNext?(view: View): string | null | undefined;
	/** `{items, done}` or `{error}`; no text after the end. */
	next(view: View): Promise<string | null | undefined>;
	/** The reply accumulated so far; no text, or an empty one, before the first item. */
	snapshot(): Promise<string | null | undefined>;
	cancel(): void;
	/** The hook of the client for the stream's items, which the streams over this one call before they return an item. */
	onItem?: ((item: unknown) => unknown) | undefined;
}

/** The methods of a client that send nothing, as the binary module implements them. */
export interface ClientCore {
	readonly baseUrl: string;
	/** The cost of the client's replies so far. */
	spent(): string;
	/** The state of the client's rate limits. */
	limits(): string;
	/** The highest possible cost of a request, or `{error}`. */
	estimate(endpoint: string, body: string, options: string): string;
	/** The parameters of a request that are out of range: a message on each line. */
	findings(endpoint: string, body: string): string;
}

/** A client. */
export interface NativeClient {
	/** Resolves when calls can be made, if the module is still loading; rejects if an option is missing or wrong. */
	ready?(): Promise<void>;
	readonly core: ClientCore;
	/** Calls `observer` whenever `notices` returns something new. Notices come of calls whose options have a `notice_id`. */
	observe(observer: () => void): void;
	/** Takes the notices about calls, one per line: `number level text`, or `number record {…}` for the record of a call that has ended. */
	notices(): string;
	/** `{value, status, headers, retries_taken}` or `{error}`; `number` is for `cancel`. */
	call(number: number, endpoint: string, body: string, options: string): Promise<string>;
	/** The stream, or `{error}`; `number` is for `cancel`. */
	stream(number: number, endpoint: string, body: string, options: string): Promise<NativeStream | string>;
	/**
	 * Starts a batch: of the rows of the file `input`, or without one of rows that are handed over; or `{error}`. Missing over wasm.
	 */
	batch?(
		input: string | undefined,
		log: string | undefined,
		options: string,
		request: string,
		hasReports: boolean,
	): Promise<NativeBatch | string>;
	/** Reports the record of a call that failed before it reached this client, with the class and the message of its error. */
	recordFailure(
		number: number,
		endpoint: string,
		model: string | undefined,
		isStreamed: boolean,
		error: string,
		message: string,
	): void;
	/** Cancels a call that has not ended. */
	cancel(number: number): void;
}

/** A binary module. */
export interface Binding {
	/** Resolves when the module has been loaded, if the import did not wait for it. */
	ready?(): Promise<void>;
	/** `{error}` if an option is missing or wrong, or not supported together with a `fetch` of the caller. */
	check(options: BindingOptions, fetch?: Fetch): string | null | undefined;
	/** Creates a client. With a `fetch` of the caller, all requests go through it. `observes`: some of its calls have a `notice_id`. */
	make(options: BindingOptions, fetch?: Fetch, observes?: boolean): NativeClient;
	/** Runs an operation of a client (`Operations`), or of native hosts; returns `{error}` if it fails. */
	operation(name: string, input: string): string;
	/** Resolves when `answerOperation` can be called, if its module is not loaded with the client. */
	answersReady?(): Promise<void>;
	/** Runs an operation of typed answers and runs of tools (`AnswerOperations`); returns `{error}` if it fails. */
	answerOperation(name: string, input: string): string;
}

let installed: Binding | undefined;

/** Sets the module that all clients use. */
export function install(binding: Binding): void {
	installed = binding;
}

/** The module that the entry point installed. Throws a `ConfigurationError` if there is none yet. */
export function binding(): Binding {
	return installed ?? notLoaded();
}

/** Throws the error of a module that has not been loaded. */
export function notLoaded(): never {
	const message =
		"the wasm module is not loaded yet: call `await ready()` of 'trilogue' first, or `await init(…)` of 'trilogue/slim'";
	throw createError("ConfigurationError", message);
}

/**
 * Resolves when the package is loaded. Only needed in browsers and their workers, and only before operations that send no request, such as
 * `client.spent`: calls wait for the module by themselves. Once it is loaded, wrong options throw at construction.
 */
export async function ready(): Promise<void> {
	await binding().ready?.();
}

/** Resolves when the operations of typed answers and runs of tools can be called: a page loads them when they are first needed. */
export async function answersReady(): Promise<void> {
	await binding().answersReady?.();
}

/** The last number of a call or a wait, in this thread. */
let lastNumber = 0;

/** Returns a number that no other call or wait of this thread has. */
export function nextNumber(): number {
	lastNumber = (lastNumber + 1) % 2 ** 32;
	return lastNumber;
}
