// The listeners of a stream or a run, and the promise of its end.
//
// Nothing is emitted after `end`. An error that reaches neither a listener nor a promise of the caller is an unhandled rejection.

import type { APIUserAbortError } from "../generated/errors.js";

/** The listener of an event. */
export type Listener<Events, Name extends keyof Events> = Events[Name] extends (...args: never) => void
	? Events[Name]
	: never;
type Arguments<Events, Name extends keyof Events> = Parameters<Listener<Events, Name>>;
/** The value of `emitted`: the first argument of the event, or undefined if it has none. */
export type Emitted<Events, Name extends keyof Events> =
	Arguments<Events, Name> extends [] ? undefined : Arguments<Events, Name>[0];

/** The events of every emitter. */
export interface BaseEvents {
	/** The stream is open. */
	connect: () => void;
	/** The stream failed; `end` follows. */
	error: (error: Error) => void;
	/** The stream was aborted; `end` follows. */
	abort: (error: APIUserAbortError) => void;
	/** The last event. */
	end: () => void;
}

interface Entry {
	listener: (...args: unknown[]) => void;
	isOnce: boolean;
}

interface Reader {
	resolve: (result: IteratorResult<unknown, undefined>) => void;
	reject: (error: unknown) => void;
}

/** Listeners by event, the items for a loop over the same stream, and the end. */
export class Emitter {
	ended = false;
	errored = false;
	aborted = false;
	/** The reply accumulated so far. */
	snapshot: unknown;
	readonly #listeners = new Map<PropertyKey, Entry[]>();
	/** Whether the caller has a promise that rejects with an error of the stream. */
	#isAwaited = false;
	/** Items that a loop has not taken yet; undefined before a loop starts. */
	#items: unknown[] | undefined;
	#readers: Reader[] = [];
	readonly #end: Promise<void>;
	#resolveEnd = () => {};
	#rejectEnd = (_error: unknown) => {};

	constructor() {
		this.#end = new Promise((resolve, reject) => {
			this.#resolveEnd = resolve;
			this.#rejectEnd = reject;
		});
		// `fail` reports errors that reach no caller.
		this.#end.catch(() => undefined);
	}

	/** Adds a listener. */
	on(event: PropertyKey, listener: unknown, isOnce = false): void {
		const entries = this.#listeners.get(event) ?? [];
		this.#listeners.set(event, [...entries, { listener: listener as Entry["listener"], isOnce }]);
	}

	/** Adds a listener that is removed before its first call. */
	once(event: PropertyKey, listener: unknown): void {
		this.on(event, listener, true);
	}

	/** Removes a listener; one that was added several times, once. */
	off(event: PropertyKey, listener: unknown): void {
		const entries = this.#listeners.get(event) ?? [];
		const found = entries.findIndex((entry) => entry.listener === listener);
		if (found >= 0) this.#listeners.set(event, entries.toSpliced(found, 1));
	}

	/** Resolves with the first argument of the next such event; rejects with an error of the stream. */
	emitted(event: PropertyKey): Promise<unknown> {
		this.#isAwaited = true;
		return new Promise((resolve, reject) => {
			if (event !== "error") this.on("error", reject, true);
			if (event !== "error" && event !== "abort") this.on("abort", reject, true);
			this.on(event, resolve, true);
		});
	}

	/** Resolves at the end; rejects with an error of the stream. */
	done(): Promise<void> {
		this.#isAwaited = true;
		return this.#end;
	}

	/** Calls the listeners of an event. */
	emit(event: string, ...args: unknown[]): void {
		const entries = this.ended ? undefined : this.#listeners.get(event);
		if (entries === undefined) return;
		this.#listeners.set(
			event,
			entries.filter(({ isOnce }) => !isOnce),
		);
		for (const { listener } of entries) listener(...args);
	}

	/** Passes an item to a loop over the stream. */
	push(item: unknown): void {
		const reader = this.#readers.shift();
		if (reader) reader.resolve({ value: item, done: false });
		else this.#items?.push(item);
	}

	/** Returns the next item, for a loop over the stream. */
	next(): Promise<IteratorResult<unknown, undefined>> {
		this.#isAwaited = true;
		this.#items ??= [];
		if (this.#items.length > 0) return Promise.resolve({ value: this.#items.shift(), done: false });
		if (this.ended) return this.#end.then(() => ({ value: undefined, done: true }));
		return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
	}

	/** Drops the items that a loop has not taken. */
	drop(): void {
		this.#items = [];
	}

	/** Ends the stream. */
	finish(): void {
		if (this.ended) return;
		this.emit("end");
		this.ended = true;
		this.#resolveEnd();
		for (const { resolve } of this.#readers.splice(0)) resolve({ value: undefined, done: true });
	}

	/** Ends the stream with an error. */
	fail(error: unknown): void {
		if (this.ended) return;
		this.errored = true;
		this.aborted = (error as Error | undefined)?.name === "APIUserAbortError";
		const event = this.aborted ? "abort" : "error";
		const hasListener = (this.#listeners.get(event)?.length ?? 0) > 0;
		this.#rejectEnd(error);
		for (const { reject } of this.#readers.splice(0)) reject(error);
		// An unhandled rejection, since nothing else reports the error.
		if (!hasListener && !this.#isAwaited) void Promise.reject(error);
		this.emit(event, error);
		this.emit("end");
		this.ended = true;
	}
}
