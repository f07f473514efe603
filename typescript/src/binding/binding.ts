// The interface that both binary modules satisfy: the addon in Node, wasm elsewhere.
//
// Law: JSON text crosses, once a network read. What the texts hold is written down in `core/src/border.rs`.

import { errorFrom } from "../generated/errors.js";
import { localErrorFields } from "./failure.js";

/** The client's options as the core names them; times in seconds. */
export type BindingOptions = Record<string, unknown>;

/** An open stream. */
export interface NativeStream {
	/** `{status, headers, retries_taken}`. */
	head(): string;
	/** What was read already, as `nextBatch`; an empty text where nothing was. Not in a page, where nothing reads ahead. */
	tryBatch?(): string | null | undefined;
	/** As `tryBatch`, for `nextEvents`. */
	tryEvents?(view: string): string | null | undefined;
	/** `{items, done}` or `{error}`; nothing after the end. */
	nextBatch(): Promise<string | null | undefined>;
	/** As `nextBatch`, the items being events: `normal`, or `helper` for those of `.stream()`. */
	nextEvents(view: string): Promise<string | null | undefined>;
	/** What was accumulated so far; nothing, or an empty text, before anything came. */
	snapshot(): Promise<string | null | undefined>;
	cancel(): void;
}

/** A client. */
export interface NativeClient {
	/** Resolves when calls can be made, where the module is still loading; rejects where an option is missing or wrong. */
	ready?(): Promise<void>;
	readonly baseUrl: string;
	/** What the client's answers cost so far. */
	spent(): string;
	/** What a request can cost at most, or `{error}`. */
	estimate(endpoint: string, body: string, options: string): string;
	/** Lets `bell` be called where `heard` has something new, of calls whose options have a `watch`. */
	observe(bell: () => void): void;
	/** What happened to watched calls since this was asked last: `number kind text`, a line each. */
	heard(): string;
	/** `{value, status, headers, retries_taken}` or `{error}`; `number` is for `cancel`. */
	call(number: number, endpoint: string, body: string, options: string): Promise<string>;
	/** The stream, or `{error}`; `number` is for `cancel`. */
	stream(number: number, endpoint: string, body: string, options: string): Promise<NativeStream | string>;
	/** Gives a call up that has not ended. */
	cancel(number: number): void;
}

/** A binary module. */
export interface Binding {
	/** Resolves when the module has been loaded, where the import didn't wait for it. */
	ready?(): Promise<void>;
	/** `{error}` where an option is missing or wrong. */
	check(options: BindingOptions): string | null | undefined;
	make(options: BindingOptions): NativeClient;
	/** One of the core's pure operations on requests and replies; `{error}` where it fails. */
	assist(operation: string, input: string): string;
}

let installed: Binding | undefined;

/** Sets the module that serves. */
export function install(binding: Binding): void {
	installed = binding;
}

/** The module that this entry installed. Throws a `ConfigurationError` where none is there yet. */
export function binding(): Binding {
	return installed ?? notLoaded();
}

/** Throws the error of a module that isn't there yet. */
export function notLoaded(): never {
	const message =
		"the wasm module isn't loaded yet: `await ready()` of 'trilogue' comes first, or `await init(…)` of 'trilogue/slim'";
	throw errorFrom(localErrorFields("ConfigurationError", message));
}

/**
 * Resolves when the package is loaded. Only in browsers and their workers there is something to wait for: calls wait by themselves, and from
 * then on wrong options are errors at construction, and what needs no request, as `client.spent`, can be read.
 */
export async function ready(): Promise<void> {
	await binding().ready?.();
}
