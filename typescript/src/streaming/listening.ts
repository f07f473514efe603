// Listeners of streams and of runs of tools, and the final values that the official clients derive from completions.
//
// The code that calls listeners is loaded with the first listener, to keep pages small.

import type { Format } from "../requests/format.js";
import type { Emitted, Emitter, Listener } from "./emitter.js";
import type { RelaySource } from "./relay.js";

/** The methods for listeners. The first listener makes the stream or the run proceed without a loop. */
export interface Listening<Events> {
	/**
	 * Adds a listener. An error without a listener rejects `done()` and the final values. If the caller awaits none of them, the error is an unhandled
	 * rejection.
	 */
	on<Name extends keyof Events>(event: Name, listener: Listener<Events, Name>): this;
	/** Adds a listener that is called once. */
	once<Name extends keyof Events>(event: Name, listener: Listener<Events, Name>): this;
	/** Removes a listener. */
	off<Name extends keyof Events>(event: Name, listener: Listener<Events, Name>): this;
	/** Resolves with the argument of the next such event. Rejects if there is an error first. */
	emitted<Name extends keyof Events>(event: Name): Promise<Emitted<Events, Name>>;
	/** Resolves at the end. Rejects with an error of the stream or the run. */
	done(): Promise<void>;
	/** Whether the end was reached with listeners. */
	readonly ended: boolean;
	/** Whether there was an error, with listeners. */
	readonly errored: boolean;
	/** Whether it was aborted, with listeners. */
	readonly aborted: boolean;
}

/** The listeners of a stream or a run, which are loaded when they are first used. */
export class Listeners {
	/** The listeners, once they are loaded. */
	emitter: Emitter | undefined;
	#loading: Promise<Emitter> | undefined;
	readonly #source: RelaySource;
	readonly #format: Format;

	constructor(source: RelaySource, format: Format) {
		this.#source = source;
		this.#format = format;
	}

	/** Whether there have been listeners. */
	get isActive(): boolean {
		return this.#loading !== undefined;
	}

	/** Calls `work` with the listeners: at once, if they are loaded. */
	use<T>(work: (emitter: Emitter) => T | PromiseLike<T>): Promise<T> {
		if (this.emitter) return Promise.resolve(work(this.emitter));
		this.#loading ??= import("./relay.js").then(({ listen }) => {
			this.emitter = listen(this.#source, this.#format);
			return this.emitter;
		});
		return this.#loading.then(work);
	}
}

interface Listened {
	readonly listeners: Listeners;
}

/** Adds the methods of `Listening` to a prototype. */
export function addListening(prototype: object): void {
	for (const name of ["on", "once", "off"] as const) {
		const value = function (this: Listened, event: string, listener: unknown) {
			void this.listeners.use((emitter) => emitter[name](event, listener));
			return this;
		};
		Object.defineProperty(prototype, name, { value });
	}
	for (const name of ["emitted", "done"] as const) {
		const value = function (this: Listened, event: string) {
			return this.listeners.use<unknown>((emitter) => emitter[name](event));
		};
		Object.defineProperty(prototype, name, { value });
	}
	for (const name of ["ended", "errored", "aborted"] as const) {
		const get = function (this: Listened) {
			return this.listeners.emitter?.[name] ?? false;
		};
		Object.defineProperty(prototype, name, { get });
	}
}

interface Completed {
	final(): Promise<unknown>;
	allChatCompletions(): readonly unknown[];
	readonly messages: readonly unknown[];
}

/** Adds the methods of `Finals` to a prototype. */
export function addFinals(prototype: object): void {
	for (const name of ["finalFunctionToolCall", "finalFunctionToolCallResult", "totalUsage"] as const) {
		const value = async function (this: Completed) {
			await this.final();
			return (await import("./relay.js"))[name](this.allChatCompletions() as never, this.messages as never);
		};
		Object.defineProperty(prototype, name, { value });
	}
}
